"""Images out of place and copies are found, and are listed and shown with their rows."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from report_lib.classification import unusual
from report_lib.classification.unusual import Distances
from report_lib.clustering.representations import Representation
from report_lib.data.images import ImageSet


def looked(X, labels):
    return unusual.to_own_class(labels, None, X, labels)


def test_distances_are_to_the_nearest_of_the_own_class(blobs):
    X, labels = blobs
    labels[[3, 70]] = 1, 2
    distances = cdist(X, X)
    np.fill_diagonal(distances, np.inf)
    distances[labels[:, None] != labels] = np.inf
    found = looked(X, labels).distance
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.sort(distances, axis=1)[:, :5].mean(axis=1), rtol=1e-4)


def test_test_images_are_set_against_train_images_of_their_class(blobs):
    X, y = blobs
    train, test = X[::2], X[1::2]
    images = ImageSet("made", train[:, None], test[:, None], y[::2], y[1::2], ("a", "b", "c"))
    found = unusual.distances(images, Representation("PCA", train, test))
    distances = np.where(y[1::2][:, None] == y[::2], cdist(test, train), np.inf)
    np.testing.assert_allclose(found["test"].distance, np.sort(distances, axis=1)[:, :5].mean(axis=1), rtol=1e-4)
    np.testing.assert_array_equal(found["train"].distance, looked(train, y[::2]).distance)
    # A copy of a train image has that one, at no distance, among its nearest; the train image itself has not.
    copied = unusual.to_own_class(y[::2], train.copy(), train, y[::2])
    assert (copied.distance < found["train"].distance).all()


def test_a_class_of_few_images_has_fewer_neighbours(blobs):
    X, y = blobs
    rows = np.r_[0:60, 60:63, 120]
    few = X[rows]
    found = looked(few, y[rows])
    np.testing.assert_allclose(found.distance[60:63], cdist(few[60:63], few[60:63]).sum(axis=1) / 2, rtol=1e-4)
    assert np.isnan(found.distance[63])
    assert not found.far[63]


def test_planted_outliers_are_found_and_the_farthest_comes_first(blobs):
    X, y = blobs
    X[100] += 40
    X[20] -= 15
    found = looked(X, y)
    assert found.strangers[:2].tolist() == [100, 20]
    assert len(found.strangers) <= 4


def test_the_fence_is_tukeys_outer_one_class_by_class(blobs):
    X, y = blobs
    X[y == 1] *= 3
    found = looked(X, y)
    for own in range(3):
        rows = y == own
        low, high = np.percentile(found.distance[rows], [25, 75])
        np.testing.assert_array_equal(found.far[rows], found.distance[rows] > high + 3 * (high - low))


def test_a_test_image_of_a_class_that_no_train_image_has(blobs):
    X, y = blobs
    found = unusual.to_own_class(np.array([3, 0, 1]), X[[5, 6, 70]], X, y)
    assert np.isnan(found.distance).tolist() == [True, False, False]
    assert found.far.tolist() == [False, False, False]


# --- the list, and the pictures -------------------------------------------------------------------------------------


def far_of(labels, distance, far):
    """Distances of which it is known which are far."""
    made = Distances(np.array(labels), np.float32(distance))
    vars(made)["far"] = np.array(far)
    return made


def pictured(train_labels, test_labels, **rows):
    labels = np.array(train_labels), np.array(test_labels)
    n_train, n_test = map(len, labels)
    train, test = np.arange(n_train).reshape(-1, 1, 1), 100 + np.arange(n_test).reshape(-1, 1, 1)
    return ImageSet("made", train, test, *labels, ("a", "b", "c"), **rows)


def found_pairs(pairs, rms):
    return {"pairs": np.array(pairs, int).reshape(-1, 2), "rms": np.array(rms, float)}


def test_far_images_come_first_then_copies_each_with_its_row():
    train = far_of([0, 1, 2, 1], [1, 2, 3.5, 4.5], [False, False, True, True])
    test = far_of([0, 0, 1, 2], [7, 1, 1, 1], [True, False, False, False])
    images = pictured(train.labels, test.labels)
    found = unusual.rows_of(
        {"train": train, "test": test}, found_pairs([[0, 3], [2, 4], [5, 7]], [0.0, 0.5, 0.0]), images
    )
    assert found == [
        ("train", 3, "far", "b", 4.5, "", ""),
        ("train", 2, "far", "c", 3.5, "", ""),
        ("test", 0, "far", "a", 7.0, "", ""),
        ("train", 0, "copy", "a", 1.0, "train", 3),
        ("train", 2, "near-copy", "c", 3.5, "test", 0),
        ("test", 1, "copy", "a", 1.0, "test", 3),
    ]
    assert {len(row) for row in found} == {len(unusual.COLUMNS)}
    assert unusual.rows_of(None, found_pairs([], []), images) is None


def test_rows_are_those_of_the_file_that_the_parts_were_drawn_from():
    own = {part: far_of([0, 1], [1, 1], [True, True]) for part in ("train", "test")}
    images = pictured([0, 1], [0, 1], train_rows=np.array([5, 2]), test_rows=np.array([9, 7]))
    found = unusual.rows_of(own, found_pairs([[1, 2]], [0.0]), images)
    assert [row[:2] for row in found[:4]] == [("train", 5), ("train", 2), ("test", 9), ("test", 7)]
    assert (found[4][:3], found[4][-2:]) == (("train", 2, "copy"), ("test", 9))


def test_copies_are_shown_those_with_two_labels_first():
    images = pictured([0, 0, 2, 1], [0, 1], train_rows=np.array([10, 11, 12, 13]))
    found = unusual.copies_of(found_pairs([[0, 1], [0, 4], [2, 5]], [0.0, 0.01, 0.02]), images, most=2)
    assert (found.n_pairs, found.n_exact, found.n_disagreeing) == (3, 1, 1)
    assert found.called == [("train #12", "test #1"), ("train #10", "train #11")]
    assert found.labels.tolist() == [[2, 1], [0, 0]]
    assert found.images[:, :, 0, 0].tolist() == [[2, 101], [0, 1]]
    none = unusual.copies_of(found_pairs([], []), images)
    assert (none.n_pairs, none.images.shape) == (0, (0, 2, 1, 1))


@pytest.mark.parametrize("names", [None, np.array(["a/x.png", "a/y.png"])])
def test_images_with_names_are_called_by_them(names):
    images = pictured([0, 1], [0], train_names=names, test_names=None if names is None else np.array(["z.png"]))
    found = unusual.copies_of(found_pairs([[1, 2]], [0.0]), images)
    assert found.called == [("train #1", "test #0")] if names is None else [("train y", "test z")]
