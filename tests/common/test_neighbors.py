"""The graph of neighbours is exact, and so are the votes of the neighbours."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from report_lib.common import neighbors
from report_lib.common.neighbors import Neighbors, nearest, nearest_of_many, nearest_to, nearest_to_few, votes, weights


def test_neighbours_are_the_nearest_others(rng):
    X = rng.normal(size=(50, 4)).astype(np.float32)
    distances = cdist(X, X)
    np.fill_diagonal(distances, np.inf)
    found = nearest(X, 7)
    np.testing.assert_array_equal(found.indices, distances.argsort(axis=1)[:, :7])
    np.testing.assert_allclose(found.distances, np.sort(distances, axis=1)[:, :7], rtol=1e-5)
    assert (found.indices.dtype, found.distances.dtype) == (np.int32, np.float32)


def test_a_copy_is_a_neighbour_and_the_row_itself_is_not():
    X = np.array([[0.0], [0.0], [5.0]], dtype=np.float32)
    found = nearest(X, 1)
    assert found.indices[:2, 0].tolist() == [1, 0]
    assert found.distances[:2, 0].tolist() == [0.0, 0.0]


def test_more_neighbours_than_rows():
    with pytest.raises(ValueError, match="n_neighbors"):
        nearest(np.zeros((3, 2), np.float32), 3)


def test_neighbours_of_other_rows_are_scikit_learns(rng):
    X, rows = rng.normal(size=(60, 4)).astype(np.float32), rng.normal(size=(9, 4)).astype(np.float32)
    found = nearest_to(X, rows, 5)
    distances, indices = NearestNeighbors(n_neighbors=5, algorithm="kd_tree").fit(X).kneighbors(rows)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-5)
    assert (found.indices.dtype, found.distances.dtype) == (np.int32, np.float32)


def test_other_rows_may_have_copies_and_as_many_neighbours_as_there_are_rows(rng):
    X = rng.normal(size=(4, 3)).astype(np.float32)
    found = nearest_to(X, X, 4)
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(4))
    assert (np.sort(found.indices, axis=1) == np.arange(4)).all()


def graph(indices, distances):
    return Neighbors(np.array(indices, np.int32), np.array(distances, np.float32))


def test_weights_are_shares_of_closeness():
    np.testing.assert_allclose(weights(graph([[0, 1, 2]], [[1.0, 2.0, 4.0]])), [[4 / 7, 2 / 7, 1 / 7]])


def test_copies_have_all_the_weight_and_it_is_finite():
    found = weights(graph([[0, 1, 2], [0, 1, 2]], [[0.0, 0.0, 3.0], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(found[0], [0.5, 0.5, 0.0], atol=1e-6)
    np.testing.assert_allclose(found[1], 1 / 3)


def test_votes_by_hand():
    labels = np.array([0, 1, 1, -1])
    found = votes(graph([[0, 1, 2], [0, 1, 3], [3, 3, 3]], [[1, 2, 4], [1, 1, 1], [1, 1, 1]]), labels, 3)
    # The nearest of the first row outvotes two others; noise votes for none, and its weight is lost.
    np.testing.assert_allclose(found, [[4 / 7, 3 / 7, 0], [1 / 3, 1 / 3, 0], [0, 0, 0]], atol=1e-6)


def test_votes_are_scikit_learns_vote_by_distance(rng):
    X, rows = rng.normal(size=(80, 3)).astype(np.float32), rng.normal(size=(20, 3)).astype(np.float32)
    labels = rng.integers(0, 4, 80)
    found = votes(nearest_to(X, rows, 6), labels, 4)
    expected = KNeighborsClassifier(6, weights="distance").fit(X, labels).predict_proba(rows)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_neighbours_of_few_rows_are_the_same_to_the_last_bit(rng):
    X, rows = rng.normal(size=(900, 20)).astype(np.float32), rng.normal(size=(40, 20)).astype(np.float32)
    found, known = nearest_to_few(X, rows, 7), nearest_to(X, rows, 7)
    np.testing.assert_array_equal(found.indices, known.indices)
    np.testing.assert_array_equal(found.distances, known.distances)
    assert (found.indices.dtype, found.distances.dtype) == (np.int32, np.float32)


def test_of_equally_near_rows_the_first_is_taken():
    found = nearest_to_few(np.float32([[5], [0], [0], [9]]), np.float32([[0], [9]]), 1)
    assert found.indices[:, 0].tolist() == [1, 3]
    assert found.distances[:, 0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("k", [1, 15])
def test_among_many_rows_the_nearest_are_the_same(rng, monkeypatch, k):
    """Far from the origin squares nearly cancel in single precision, and some rows are there more often than asked for."""
    X = (rng.normal(size=(600, 12)) + 300).astype(np.float32)
    X[:40], rows = X[0], (rng.normal(size=(70, 12)) + 300).astype(np.float32)
    few = nearest.kept_function(X, k), nearest_to(X, rows, k)
    monkeypatch.setattr(neighbors, "MANY", 600)
    monkeypatch.setattr(neighbors, "BLOCK", 5_000)
    for own, known in zip((nearest.kept_function(X, k), nearest_to(X, rows, k)), few, strict=True):
        # Where distances are equal, any of the rows will do.
        exact = cdist(X if len(own.indices) == 600 else rows, X)
        found = np.take_along_axis(exact, own.indices.astype(int), axis=1)
        np.testing.assert_allclose(own.distances, found, atol=1e-5)
        np.testing.assert_allclose(found, np.take_along_axis(exact, known.indices.astype(int), axis=1), atol=2e-3)
        assert (np.diff(own.distances, axis=1) >= 0).all()
    own, itself = nearest.kept_function(X, k).indices, np.arange(600)[:, None]
    assert not (own == itself).any()
    assert all(len(set(row)) == k for row in own.tolist())


@pytest.mark.parametrize(("n", "k"), [(3, 1), (40, 40), (900, 7), (1024, 5), (1500, 1100), (5000, 15)])
def test_the_nearest_are_scikit_learns_to_the_last_bit(n, k, rng):
    X, rows = rng.normal(size=(n, 20)).astype(np.float32), rng.normal(size=(300, 20)).astype(np.float32)
    found, known = nearest_of_many(X, rows, k), nearest_to(X, rows, k)
    np.testing.assert_array_equal(found.indices, known.indices)
    np.testing.assert_array_equal(found.distances, known.distances)
    assert (found.indices.dtype, found.distances.dtype) == (np.int32, np.float32)


def test_of_equally_near_rows_the_first_are_taken():
    found = nearest_of_many(np.ones((3000, 4), np.float32), np.zeros((2, 4), np.float32), 3)
    assert found.indices.tolist() == [[0, 1, 2]] * 2
    assert found.distances.tolist() == [[2.0, 2.0, 2.0]] * 2


def test_rows_far_from_the_origin_are_told_apart_where_single_precision_cannot(rng):
    # Their squared lengths are a hundred million times their squared distances.
    X = (1e4 + rng.integers(0, 9, (2000, 6)) / 8).astype(np.float32)
    rows = (1e4 + rng.integers(0, 9, (50, 6)) / 8).astype(np.float32)
    squares = np.square(rows[:, None].astype(np.float64) - X).sum(axis=2)
    order = np.argsort(squares, axis=1, kind="stable")[:, :9]
    found = nearest_of_many(X, rows, 9)
    np.testing.assert_array_equal(found.indices, order)
    np.testing.assert_allclose(found.distances, np.sqrt(np.take_along_axis(squares, order, axis=1)), rtol=1e-6)
    products = (X**2).sum(axis=1) - 2 * rows @ X.T
    assert (np.argsort(products, axis=1, kind="stable")[:, :9] != order).mean() > 0.2


def test_a_row_has_the_same_nearest_whatever_else_is_asked_for(rng):
    X, rows = rng.normal(size=(2500, 30)).astype(np.float32), rng.normal(size=(300, 30)).astype(np.float32)
    whole, few = nearest_of_many(X, rows, 6), nearest_to_few(X, rows, 6)
    one = [nearest_of_many(X, rows[i : i + 1], 6) for i in (0, 127, 128, 299)]
    for i, own in zip((0, 127, 128, 299), one, strict=True):
        for name in ("indices", "distances"):
            assert getattr(own, name)[0].tobytes() == getattr(whole, name)[i].tobytes()
    np.testing.assert_array_equal(whole.indices, few.indices)
    np.testing.assert_array_equal(whole.distances, few.distances)
