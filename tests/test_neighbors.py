"""The graph of neighbours is exact."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from report_lib.neighbors import nearest


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
