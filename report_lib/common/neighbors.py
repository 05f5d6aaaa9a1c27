"""The k-nearest-neighbour graph: made once a run, used by maps and clusters."""

from dataclasses import dataclass

import numpy as np

from report_lib.common.keep import kept

# Among so many rows faiss finds them in half the processor time of scikit-learn, and so many more that rounding drops none.
MANY, SPARE = 20_000, 8
# Numbers that are subtracted at once.
BLOCK = 2**22


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


@kept
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
    return nearest_to(X, None, k)


def nearest_to(X: np.ndarray, rows: np.ndarray | None, k: int) -> Neighbors:
    """Find the k rows of `X` that are nearest to each of other rows, exactly; None asks for each of `X` the others."""
    if len(X) >= MANY:
        return nearest_of_many(X, rows, k)
    # Imported here: who asks for few rows does without, and it takes a second.
    from sklearn.neighbors import NearestNeighbors

    distances, indices = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X).kneighbors(rows)
    return Neighbors(indices.astype(np.int32), distances.astype(np.float32))


def nearest_of_many(X: np.ndarray, rows: np.ndarray | None, k: int) -> Neighbors:
    """Find the same as `nearest_to`, but that of rows that are equally near the first ones are taken.

    Distances are summed up one by one, so that they are the same whatever else is asked for, in whichever process.
    """
    import faiss

    asked, middle = X if rows is None else rows, X.mean(axis=0)
    # faiss rounds sums of squares that nearly cancel, the less the nearer to the origin all is.
    there = (np.ascontiguousarray(own - middle, np.float32) for own in (asked, X))
    found = faiss.knn(*there, min(k + 1 + SPARE, len(X)))[1]
    indices, distances = np.empty((len(asked), k), np.int32), np.empty((len(asked), k), np.float32)
    step = max(1, BLOCK // (found.shape[1] * X.shape[1]))
    for i in range(0, len(asked), step):
        near = found[i : i + step]
        apart = np.subtract(X[near], asked[i : i + step, None], dtype=np.float64)
        apart = np.square(apart, out=apart).sum(axis=2)
        if rows is None:
            apart[near == np.arange(i, i + len(near))[:, None]] = np.inf
        order = np.lexsort((near, apart))[:, :k]
        indices[i : i + step] = np.take_along_axis(near, order, axis=1)
        # Rounded where scikit-learn rounds.
        squares = np.take_along_axis(apart, order, axis=1).astype(np.float32)
        distances[i : i + step] = np.sqrt(squares.astype(np.float64))
    return Neighbors(indices, distances)


def nearest_to_few(X: np.ndarray, rows: np.ndarray, k: int) -> Neighbors:
    """Find the same as `nearest_to` for few rows, by NumPy alone; of rows of `X` that are equally near, the first."""
    wide, asked = X.astype(np.float64), rows.astype(np.float64)
    squares = (asked**2).sum(axis=1)[:, None] - 2 * asked @ wide.T + (wide**2).sum(axis=1)
    # Rounded where scikit-learn rounds.
    rounded = np.maximum(squares, 0).astype(np.float32)
    indices = np.argsort(rounded, axis=1, kind="stable")[:, :k]
    distances = np.sqrt(np.take_along_axis(rounded, indices, axis=1).astype(np.float64))
    return Neighbors(indices.astype(np.int32), distances.astype(np.float32))


def weights(graph: Neighbors) -> np.ndarray:
    """Weigh neighbours by their closeness; each row sums to 1. Shape (n, k), float64."""
    near = 1 / np.maximum(graph.distances.astype(np.float64), 1e-6)
    return near / near.sum(axis=1, keepdims=True)


def votes(graph: Neighbors, labels: np.ndarray, n_labels: int) -> np.ndarray:
    """Return the share of the weight of each row's neighbours that has each label.

    Parameters
    ----------
    graph : Neighbors
        Its indices point into `labels`.
    labels : ndarray of int
        -1, noise, votes for none.

    Returns
    -------
    ndarray of shape (n, n_labels), float64
    """
    n, k = graph.indices.shape
    chosen = labels[graph.indices]
    flat = np.repeat(np.arange(n), k) * n_labels + chosen.ravel()
    kept = chosen.ravel() >= 0
    return np.bincount(flat[kept], weights(graph).ravel()[kept], n * n_labels).reshape(n, n_labels)
