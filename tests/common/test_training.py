"""What networks share: pixels are scaled exactly, the device and the precision are found, nothing is left changed."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from report_lib.common import training

CPU = torch.device("cpu")


# --- the range of pixels --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", training.KEPT_DTYPES)
def test_pixels_are_brought_to_the_unit_in_float32(dtype):
    found = training.to_unit(np.array([[2, 4], [12, 7]], dtype=dtype), 2.0, 12.0, CPU)
    assert found.dtype == torch.float32
    np.testing.assert_array_equal(found, np.float32([[0, 0.2], [1, 0.5]]))


def test_what_lies_beyond_the_range_is_cut():
    found = training.to_unit(np.array([[-5.0, 0.0, 10.0, 11.0]]), 0.0, 10.0, CPU)
    assert found.tolist() == [[0, 0, 1, 1]]


def test_a_range_of_nothing_divides_by_nothing():
    assert training.to_unit(np.array([[7, 7]], np.uint8), 7.0, 7.0, CPU).tolist() == [[0, 0]]


def test_float64_far_from_zero_keeps_its_digits():
    rows = 1e9 + np.array([[0.0, 0.25, 1.0]])
    assert training.to_unit(rows, 1e9, 1e9 + 1, CPU).tolist() == [[0, 0.25, 1]]


def test_rows_are_not_changed_in_place():
    rows = np.array([[1.0, 3.0]], np.float32)
    training.to_unit(rows, 1.0, 3.0, CPU).add_(5)
    assert rows.tolist() == [[1, 3]]


# --- shapes and parameters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "n", "shape"), [(None, 49, (7, 7)), ((7, 5), 35, (7, 5)), ([2, 3], 6, (2, 3))])
def test_the_shape_of_images(given, n, shape):
    assert training.square_shape(given, n) == shape


@pytest.mark.parametrize(("given", "n"), [(None, 35), ((7, 5), 36)])
def test_rows_that_are_no_such_images_are_refused(given, n):
    with pytest.raises(ValueError, match=rf"rows of {n} pixels are no images of .*; give image_shape"):
        training.square_shape(given, n)


def settings(**changes):
    return SimpleNamespace(**{"steps": 3, "learning_rate": 0.1, "precision": "auto", **changes})


def test_parameters_in_their_range_are_accepted():
    training.check_parameters(settings(), "steps")
    training.check_parameters(settings(steps=np.int32(1), learning_rate=1e-9, precision="bfloat16"), "steps")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps is 0; it takes a whole number, at least 1"),
        ({"steps": 2.0}, "steps is 2.0; it takes a whole number"),
        ({"steps": "3"}, "steps is '3'; it takes a whole number"),
        ({"learning_rate": float("inf")}, "learning_rate is inf; it takes a number above 0"),
        ({"precision": "float16"}, "precision is 'float16'; it takes auto, float32 or bfloat16"),
    ],
)
def test_parameters_out_of_their_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        training.check_parameters(settings(**changes), "steps")


# --- where, and how exactly -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cuda", "mps", "found"), [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_a_graphics_processor_is_taken_where_there_is_one(cuda, mps, found, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert training.find_device("auto").type == found


def test_a_device_that_is_named_is_taken():
    assert training.find_device("cpu") == CPU


def test_a_device_that_is_not_there_is_refused_in_one_line(monkeypatch):
    def absent(*_, **__):
        raise AssertionError("Torch not compiled with CUDA enabled\nand more")

    monkeypatch.setattr(torch, "zeros", absent)
    with pytest.raises(
        ValueError, match=r"^device 'cuda' is not to be had here: Torch not compiled with CUDA enabled$"
    ):
        training.find_device("cuda")


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_precision_that_is_named_is_taken(name, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert training.find_precision(name, CPU) == name


@pytest.mark.parametrize(
    ("able", "found"),
    [({}, "float32"), ({"avx512_bf16": False, "amx_bf16": False}, "float32"), ({"avx2": True}, "float32"),
     ({"avx512_bf16": True}, "bfloat16"), ({"amx_bf16": True}, "bfloat16")],
)  # fmt: skip
def test_a_processor_computes_in_bfloat16_where_it_can(able, found, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert training.find_precision("auto", CPU) == found
    assert training.find_precision("auto", torch.device("mps")) == "float32"


@pytest.mark.parametrize(("able", "found"), [(True, "bfloat16"), (False, "float32")])
def test_a_graphics_processor_computes_in_bfloat16_where_it_need_not_emulate_it(able, found, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *, including_emulation: able or including_emulation)
    assert training.find_precision("auto", torch.device("cuda")) == found


# --- nothing is left changed ----------------------------------------------------------------------------------------


def test_what_is_drawn_depends_on_the_seed_alone():
    torch.manual_seed(3)
    with training.reproducible(7):
        first = torch.rand(4)
    torch.manual_seed(4)
    with training.reproducible(7):
        assert torch.equal(torch.rand(4), first)
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.rand(4), torch.rand(4, generator=torch.Generator().manual_seed(4)))


def test_everything_is_put_back_after_an_error_too():
    torch.manual_seed(3)
    before = torch.get_rng_state()

    @training.reproducible(7)
    def fail():
        raise RuntimeError(f"after {torch.rand(1)}")

    with pytest.raises(RuntimeError, match="after"):
        fail()
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.are_deterministic_algorithms_enabled()


# --- epochs and batches ---------------------------------------------------------------------------------------------


def test_every_image_is_given_once_and_the_loss_is_the_mean_of_all():
    estimator = SimpleNamespace(learning_rate=0.1, max_epochs=2, precision_="float32")
    line, given = nn.Linear(1, 1), []

    def batch(rows):
        given.append(rows.tolist())
        x = torch.tensor(rows, dtype=torch.float32)[:, None]
        return x, 3 * x

    lessons = training.Lessons(
        line, torch.optim.Adam(line.parameters()), batch, nn.functional.mse_loss, estimator, n_batches=2
    )
    batches, before = np.array_split(np.arange(5), 2), line.weight.detach().clone()
    x = torch.arange(5.0)[:, None]
    expected = ((line(x) - 3 * x) ** 2).mean().item()
    assert lessons.mean_loss(batches, learn=False) == pytest.approx(expected)
    assert torch.equal(line.weight, before)
    lessons.mean_loss(batches, learn=True)
    assert not torch.equal(line.weight, before)
    assert given == [[0, 1, 2], [3, 4]] * 2


# --- kept and loaded ------------------------------------------------------------------------------------------------


class Line(training.NetworkEstimator):
    """The least that can be kept: a parameter or two, an attribute, one linear layer."""

    _kept = ("seen_",)

    def __init__(self, sizes=(2, 1), random_state=None):
        self.sizes, self.random_state = sizes, random_state

    def fit(self, X, y=None):
        return self

    def _network(self):
        return nn.Linear(*map(int, self.sizes)).train()


def kept_line(**options):
    line = Line(**options)
    line.seen_, line.network_ = np.array([1.5, 2.5]), nn.Linear(2, 1)
    return line, line.arrays()


def test_parameters_attributes_and_weights_come_back():
    line, arrays = kept_line(sizes=(np.int64(2), 1), random_state=np.random.RandomState(0))
    assert {value.dtype.kind for value in arrays.values()} == {"U", "f"}
    assert set(arrays) == {"about", "weights.weight", "weights.bias"}
    loaded = Line.from_arrays(**arrays)
    assert (loaded.sizes, loaded.random_state, loaded.seen_) == ((2, 1), None, [1.5, 2.5])
    assert torch.equal(loaded.network_.weight, line.network_.weight)
    assert not loaded.network_.training


def test_attributes_that_nobody_asked_for_are_refused():
    _, arrays = kept_line()

    class Other(Line):
        _kept = ("seen_", "more_")

    with pytest.raises(ValueError, match="other attributes"):
        Other.from_arrays(**arrays)


def test_weights_of_another_network_are_refused():
    _, arrays = kept_line()
    del arrays["weights.bias"]
    with pytest.raises(RuntimeError, match="bias"):
        Line.from_arrays(**arrays)


@pytest.mark.parametrize(("value", "found"), [([1, 2], (1, 2)), ([], ()), (3, 3), ("ab", "ab"), (None, None)])
def test_lists_become_tuples_and_nothing_else_does(value, found):
    assert training.as_tuple(value) == found
