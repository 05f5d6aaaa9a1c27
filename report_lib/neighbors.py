"""The k-nearest-neighbour graph: made once a run, used by maps, clusters and outlier scores."""

from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import NearestNeighbors


@dataclass(frozen=True)
class Neighbors:
    """The nearest images of each image, itself left out.

    Attributes
    ----------
    indices : ndarray of shape (n, k), int32
        Rows of the neighbours, the nearest first.
    distances : ndarray of shape (n, k), float32
        Euclidean.
    """

    indices: np.ndarray
    distances: np.ndarray


def nearest(X: np.ndarray, k: int) -> Neighbors:
    """Find the k nearest rows of each row, exactly.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    k : int
        Less than n.

    Raises
    ------
    ValueError
        When there are not more rows than neighbours asked for.
    """
    distances, indices = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X).kneighbors()
    return Neighbors(indices.astype(np.int32), distances.astype(np.float32))
