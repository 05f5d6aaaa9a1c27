"""What is kept of a result is the result, and nothing but results can be kept."""

import datetime
import json
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier

from report_lib.clustering.panel import Criterion
from report_lib.common import values
from report_lib.common.neighbors import Neighbors


def there_and_back(value):
    tree, arrays = values.take_apart(value)
    return values.put_together(json.loads(json.dumps(tree)), {name: array.copy() for name, array in arrays.items()})


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 0.1 + 0.2, float("inf"), "text", [1, [2]], (1, "a"), {"a": (1, 2)}, {1: 2, (3, 4): None}, range(2, 9, 3)],
)  # fmt: skip
def test_plain_values_keep_value_and_type(value):
    found = there_and_back(value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64", "bool", "<U3", ">f8"])
def test_arrays_keep_bytes_shape_and_dtype(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    found = there_and_back({"x": array})["x"]
    assert found.dtype == array.dtype
    assert found.shape == (2, 3)
    assert found.tobytes() == array.tobytes()


def test_numbers_of_numpy_stay_what_they_are():
    found = there_and_back(np.float32(0.1))
    assert type(found) is np.float32
    assert found == np.float32(0.1)


def test_objects_of_the_library_come_back_with_their_methods():
    own = Criterion("silhouette", np.array([0.1, np.nan, 0.3]))
    np.testing.assert_array_equal(there_and_back(own).ranks, [2, 3, 1])


def test_estimators_and_sparse_matrices_answer_as_before(blobs):
    rows, _ = blobs
    fitted = KMeans(3, n_init=1, random_state=0).fit(rows)
    np.testing.assert_array_equal(there_and_back(fitted).predict(rows), fitted.predict(rows))
    matrix = csr_matrix(np.eye(3))
    assert (there_and_back(matrix) != matrix).nnz == 0


def test_a_network_comes_back_with_its_weights(images):
    from report_lib.reduction.autoencoders import Autoencoder

    rows = images[0].reshape(40, -1)
    fitted = Autoencoder("dense-8-4", max_epochs=1, random_state=0).fit(rows)
    np.testing.assert_array_equal(there_and_back({"model": fitted})["model"].transform(rows), fitted.transform(rows))


def test_an_array_that_stands_in_two_places_is_kept_once():
    array = np.zeros(5)
    assert len(values.take_apart([array, array, Neighbors(array, array)])[1]) == 1


@pytest.mark.parametrize("value", [datetime.date(2020, 1, 1), lambda: 0, np.array([object()]), iter([1])])
def test_what_is_no_result_cannot_be_kept(value):
    with pytest.raises(values.CannotBeKept):
        values.take_apart([value])


def test_what_keeps_more_than_attributes_cannot_be_kept(blobs):
    with pytest.raises(values.CannotBeKept, match=r"_tree\.Tree|RandomState"):
        values.take_apart(RandomForestClassifier(2, random_state=0).fit(*blobs).estimators_[0])


@pytest.mark.parametrize(
    "path", ["os:system", "subprocess:Popen", "report_lib.nothing:X", "numpy:zeros", "builtins:eval"]
)
def test_no_class_from_elsewhere_is_built(path):
    with pytest.raises(values.CannotBeKept):
        values.put_together({"object": path, "attributes": {"dict": []}}, {})
    with pytest.raises(values.CannotBeKept):
        values.put_together({"type": path}, {})


def test_equal_content_has_one_digest_and_other_content_another():
    one = {"x": np.arange(4.0), "k": 3}
    assert values.digest(one) == values.digest({"x": np.arange(8.0)[:4], "k": 3})
    others = [
        {"x": np.arange(4.0), "k": 4}, {"x": np.arange(4.0, dtype=np.float32), "k": 3}, {"x": np.arange(4.0)[None], "k": 3},
        {"x": np.array([0.0, 1, 2, 4]), "k": 3}, {"x": np.arange(4.0), "j": 3}, {"x": [0.0, 1.0, 2.0, 3.0], "k": 3},
    ]  # fmt: skip
    assert len({values.digest(other) for other in [one, *others]}) == 7


def test_each_of_many_numbers_counts():
    numbers = [np.float64(n) for n in range(50)]
    assert len({values.digest([*numbers[:i], np.float64(-1), *numbers[i + 1 :]]) for i in range(50)}) == 50


def test_two_equal_arrays_are_as_one_that_stands_in_two_places():
    array = np.arange(4.0)
    assert values.digest([array, array]) == values.digest([array, array.copy()])


def test_the_order_of_memory_counts_and_comes_back():
    array = np.arange(6.0).reshape(2, 3)
    assert values.digest(np.asfortranarray(array)) != values.digest(array)
    assert values.digest(array[:, :2]) == values.digest(array[:, :2].copy())


def test_what_was_worked_out_lazily_is_no_content(monkeypatch):
    @dataclass
    class Lazy:
        x: int
        more: dict = field(default_factory=dict)

        @cached_property
        def double(self):
            return 2 * self.x

    monkeypatch.setattr(values, "HOMES", (Lazy.__module__.split(".")[0],))
    one, other = Lazy(2), Lazy(2)
    assert one.double == 4
    assert values.digest(one) == values.digest(other)
