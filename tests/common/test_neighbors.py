"""The graph of neighbours is exact, and so are the votes of the neighbours."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from report_lib.common.neighbors import Neighbors, nearest, nearest_to, nearest_to_few, votes, weights


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
