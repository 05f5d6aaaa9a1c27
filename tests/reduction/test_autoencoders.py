"""Autoencoders are scikit-learn estimators, do what PyTorch's own layers do, and stop when they should."""

import io
import logging
import math

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from report_lib.common.errors import ReportError
from report_lib.reduction.autoencoders import Autoencoder, Upsample


@pytest.fixture
def rows(rng):
    """200 rows of 48 pixels (8 x 6) that two hidden numbers make, in uint8."""
    codes, axes = rng.random((200, 2)), rng.random((2, 48))
    return np.round(codes @ axes / (codes @ axes).max() * 200 + 20).astype(np.uint8)


def dense(**options):
    return Autoencoder("dense-16-6", **{"max_epochs": 3, "batch_size": 32, "random_state": 0, **options})


def conv(**options):
    return Autoencoder("conv-4-3", **{"image_shape": (8, 6), "max_epochs": 2, "random_state": 0, **options})


# --- what the networks compute --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(10, 14), (9, 13)])
def test_upsampling_is_nearest_upsampling_and_a_convolution(size):
    torch.manual_seed(0)
    layer, x = Upsample(3, 2), torch.randn(4, 3, 5, 7)
    plain = nn.functional.conv2d(nn.Upsample(scale_factor=2)(x), layer.conv.weight, layer.conv.bias, padding=1)
    torch.testing.assert_close(layer(x, size), plain[..., : size[0], : size[1]], rtol=1e-5, atol=1e-5)


def test_the_convolutional_network_is_the_one_that_is_usually_written(rows):
    fitted = conv().fit(rows)
    net = fitted.network_
    encoder = nn.Sequential(net.encoder[0], nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
                            net.encoder[1], nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True))  # fmt: skip
    up = nn.Upsample(scale_factor=2)
    x = torch.tensor((rows - fitted.low_) / (fitted.high_ - fitted.low_), dtype=torch.float32).reshape(-1, 1, 8, 6)
    with torch.no_grad():
        code = encoder(x)
        hidden = torch.relu(net.decoder[0].conv(up(torch.relu(net.first(code))))[..., :3])
        pixels = torch.sigmoid(net.decoder[1].conv(up(hidden)))
    assert code.shape[1:] == fitted.code_shape_ == (3, 2, 2)
    np.testing.assert_allclose(fitted.transform(rows), code.flatten(1), rtol=1e-4, atol=1e-5)
    expected = pixels.flatten(1).numpy() * (fitted.high_ - fitted.low_) + fitted.low_
    np.testing.assert_allclose(fitted.inverse_transform(fitted.transform(rows)), expected, rtol=1e-4, atol=1e-3)


def test_the_dense_network_has_the_layers_that_it_is_named_after(rows):
    shapes = [tuple(value.shape) for value in dense().fit(rows).network_.state_dict().values() if value.ndim == 2]
    assert shapes == [(16, 48), (6, 16), (16, 6), (48, 16)]
    wide = Autoencoder("dense-8", max_epochs=1, random_state=0).fit(rows)
    assert [tuple(v.shape) for v in wide.network_.state_dict().values() if v.ndim == 2] == [(8, 48), (48, 8)]


def held_out_loss(fitted, rows):
    """The mean binary cross-entropy of the half of the rows that is held out of training, by the weights kept."""
    p = torch.tensor((fitted.inverse_transform(fitted.transform(rows)) - fitted.low_) / (fitted.high_ - fitted.low_))
    x = torch.tensor((rows - fitted.low_) / (fitted.high_ - fitted.low_), dtype=torch.float32)
    losses = nn.functional.binary_cross_entropy(p.clamp(1e-6, 1 - 1e-6), x, reduction="none").mean(dim=1).numpy()
    seed = int(np.random.RandomState(0).randint(2**31))
    order = torch.randperm(200, generator=torch.Generator().manual_seed(seed)).numpy()
    return losses[order[:100]].mean()


def test_the_loss_is_the_binary_cross_entropy_of_the_held_out_rows(rows):
    fitted = dense(validation_fraction=0.5).fit(rows)
    assert fitted.loss_curve_[fitted.best_epoch_ - 1]["validation"] == pytest.approx(
        held_out_loss(fitted, rows), rel=1e-4
    )


def test_two_hidden_numbers_are_found_as_well_as_pca_finds_them(rows):
    fitted = dense(max_epochs=200, patience=200).fit(rows)
    error = np.mean((fitted.inverse_transform(fitted.transform(rows)) - rows) ** 2)
    one = PCA(1).fit(rows)
    assert error < np.mean((one.inverse_transform(one.transform(rows)) - rows) ** 2) / 2
    assert fitted.loss_curve_[-1]["train"] < fitted.loss_curve_[0]["train"]


# --- as scikit-learn has it -----------------------------------------------------------------------------------------


@parametrize_with_checks([Autoencoder("dense-1", max_epochs=1, validation_fraction=0.2, random_state=0)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("make", [dense, conv])
def test_same_seed_same_bytes(make, rows):
    first, second, other = make().fit(rows), clone(make()).fit(rows), make(random_state=1).fit(rows)
    assert first.transform(rows).tobytes() == second.transform(rows).tobytes()
    assert first.loss_curve_ == second.loss_curve_
    assert first.transform(rows).tobytes() != other.transform(rows).tobytes()


def test_training_leaves_the_callers_random_numbers_alone(rows):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    dense().fit(rows)
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.are_deterministic_algorithms_enabled()


def test_in_a_pipeline(rows):
    piped = make_pipeline(FunctionTransformer(lambda X: X / 255.0), dense()).fit(rows)
    codes = piped.transform(rows)
    assert codes.shape == (200, 6)
    assert codes.dtype == np.float32
    assert list(piped[-1].get_feature_names_out())[:2] == ["autoencoder0", "autoencoder1"]


@pytest.mark.parametrize("shape", [(7, 5), (4, 4), (9, 12)])
def test_images_of_any_size(shape, rng):
    X = rng.random((40, math.prod(shape))).astype(np.float32)
    fitted = Autoencoder("conv-4-3", image_shape=shape, max_epochs=1, random_state=0).fit(X)
    assert fitted.code_shape_ == (3, -(-shape[0] // 4), -(-shape[1] // 4))
    assert fitted.inverse_transform(fitted.transform(X)).shape == X.shape


def test_any_range_of_pixels_comes_back(rows):
    shifted = rows.astype(np.float64) * 3 - 500
    fitted, plain = dense().fit(shifted), dense().fit(rows)
    np.testing.assert_allclose(
        fitted.inverse_transform(fitted.transform(shifted)),
        plain.inverse_transform(plain.transform(rows)) * 3 - 500, rtol=1e-3, atol=0.5,
    )  # fmt: skip


def test_images_without_any_contrast():
    flat = np.full((10, 16), 7, dtype=np.uint8)
    fitted = Autoencoder("dense-2", max_epochs=1, random_state=0).fit(flat)
    np.testing.assert_array_equal(fitted.inverse_transform(fitted.transform(flat)), 7)


def test_bfloat16_learns_nearly_the_same(rows):
    exact, rough = (dense(max_epochs=10, precision=precision).fit(rows) for precision in ("float32", "bfloat16"))
    assert (exact.precision_, rough.precision_) == ("float32", "bfloat16")
    assert rough.loss_curve_[-1]["validation"] == pytest.approx(exact.loss_curve_[-1]["validation"], rel=0.05)
    assert rough.transform(rows).dtype == np.float32
    assert dense(precision="auto").fit(rows).precision_ in ("float32", "bfloat16")


# --- kept and loaded ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [dense, conv])
def test_loaded_again_it_gives_the_same_codes(make, rows):
    fitted = make().fit(rows)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **fitted.arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as kept:
        loaded = type(fitted).from_arrays(**kept)
    assert loaded.transform(rows).tobytes() == fitted.transform(rows).tobytes()
    Z = fitted.transform(rows)
    assert loaded.inverse_transform(Z).tobytes() == fitted.inverse_transform(Z).tobytes()
    assert loaded.get_params() == fitted.get_params()
    assert loaded.loss_curve_ == fitted.loss_curve_


# --- when to stop ---------------------------------------------------------------------------------------------------


def test_the_best_epoch_is_kept(rows):
    # So large a rate that a later epoch is worse than one before it.
    fitted = dense(max_epochs=8, patience=8, learning_rate=1.0, validation_fraction=0.5).fit(rows)
    losses = [epoch["validation"] for epoch in fitted.loss_curve_]
    assert (fitted.best_epoch_, fitted.stopped_) == (int(np.argmin(losses)) + 1, "budget")
    assert losses[-1] > min(losses)
    assert held_out_loss(fitted, rows) == pytest.approx(min(losses), rel=1e-4)


def test_training_ends_when_nothing_is_gained(rows):
    fitted = dense(max_epochs=9, patience=2, learning_rate=1e-30).fit(rows)
    assert (fitted.best_epoch_, fitted.stopped_, len(fitted.loss_curve_)) == (1, "no progress", 3)


def test_a_loss_that_is_no_number_ends_training_and_what_was_good_is_kept(rows, caplog):
    with caplog.at_level(logging.WARNING):
        fitted = dense(max_epochs=5, batch_size=200, learning_rate=1e15).fit(rows)
    assert (fitted.best_epoch_, fitted.stopped_, len(fitted.loss_curve_)) == (1, "not a number", 1)
    assert "not a number in epoch 2; epoch 1 is kept" in caplog.text
    assert np.isfinite(fitted.transform(rows)).all()


def test_a_loss_that_is_no_number_from_the_start(rows):
    with pytest.raises(
        ReportError, match="dense autoencoder 16-6: the loss was not a number in epoch 1, and there is nothing"
    ):
        dense(learning_rate=1e30).fit(rows)


# --- what does not fit ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (Autoencoder("dense-49"), "a code of 49 numbers is larger than an image of 48 pixels"),
        (dense(max_epochs=0), "max_epochs is 0; it takes a whole number, at least 1"),
        (dense(batch_size=0), "batch_size is 0"),
        (dense(validation_fraction=1.0), "validation_fraction is 1.0; it takes a share between 0 and 1"),
        (dense(max_epochs=2.5), "max_epochs is 2.5; it takes a whole number"),
        (dense(learning_rate=0.0), "learning_rate is 0.0; it takes a number above 0"),
        (dense(device="nonsense"), "device 'nonsense' is not to be had here"),
        (dense(precision="half"), "precision is 'half'; it takes auto, float32 or bfloat16"),
        (Autoencoder("pca-4"), "'pca-4' is no autoencoder"),
        (Autoencoder("dense-0"), "'dense-0' is no representation"),
        (Autoencoder("conv-4-4"), "rows of 48 pixels are no images of 6 × 6; give image_shape"),
        (Autoencoder("conv-4-4", image_shape=(5, 5)), "no images of 5 × 5"),
        (Autoencoder("conv-4-4-4-4", image_shape=(8, 6)), "at least 16 × 16 pixels, not 8 × 6; give fewer layers"),
        (Autoencoder("conv-8-17", image_shape=(8, 6)), "larger than the image; end with at most 16 filters"),
    ],
)
def test_what_does_not_fit_is_refused(estimator, message, rows):
    with pytest.raises(ValueError, match=message):
        estimator.fit(rows)


def test_codes_of_another_size_are_refused(rows):
    with pytest.raises(ValueError, match=r"codes have the shape \(n, 6\), not \(200, 48\)"):
        dense().fit(rows).inverse_transform(rows)


def test_pixels_far_from_zero_keep_their_contrast(rows):
    near, far = (dense().fit(rows.astype(np.float64) + offset).loss_curve_[-1]["train"] for offset in (0, 1e8))
    assert far == pytest.approx(near, rel=1e-3)


@pytest.mark.parametrize("state", [np.int64(3), np.random.RandomState(0), None])
def test_whatever_the_random_state_it_can_be_kept(state, rows):
    fitted = Autoencoder("dense-4", max_epochs=1, random_state=state).fit(rows)
    loaded = Autoencoder.from_arrays(**fitted.arrays())
    assert loaded.transform(rows).tobytes() == fitted.transform(rows).tobytes()


def test_the_callers_wish_for_reproducible_steps_is_kept(rows):
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        dense().fit(rows)
        assert torch.is_deterministic_algorithms_warn_only_enabled()
    finally:
        torch.use_deterministic_algorithms(False)
