"""Silhouettes of several clusterings at once, exact, on all rows."""

import numpy as np

from report_lib.common.metrics import NOISE

# A block of distances of this many bytes stays in memory at a time.
BLOCK_BYTES = 64 * 2**20


def silhouettes(X: np.ndarray, labelings: np.ndarray) -> list[np.ndarray]:
    """Mean silhouette of each cluster, for several clusterings of the same rows, from one pass over all distances.

    Rousseeuw, Silhouettes: a graphical aid to the interpretation and validation of cluster analysis, 1987. The
    distances from a row to each cluster, for all clusterings, are one product of a block of the distance matrix with
    the stacked memberships.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    labelings : ndarray of shape (m, n), int
        Noise (-1) is left out of the clustering that it belongs to.

    Returns
    -------
    list of m ndarrays of shape (n_clusters,), float64
        NaN throughout a clustering with fewer than two clusters, or with every row alone, and for an empty cluster.
    """
    X = np.asarray(X, dtype=np.float32) - X.mean(axis=0, dtype=np.float64).astype(np.float32)
    labelings = np.atleast_2d(labelings)
    memberships, starts = _stack_memberships(labelings)
    sizes = memberships.sum(axis=0, dtype=np.float64)
    squares = np.einsum("ij,ij->i", X, X)
    totals = np.zeros(len(sizes))
    for rows in _row_blocks(len(X)):
        distances = _distances(X[rows], X, squares[rows], squares)
        distances[np.arange(len(distances)), rows] = 0.0
        sums = distances @ memberships
        for i, labels in enumerate(labelings):
            own = slice(starts[i], starts[i + 1])
            totals[own] += _silhouette_sums(sums[:, own], sizes[own], labels[rows])
    with np.errstate(invalid="ignore"):
        means = np.split(np.where(sizes > 0, totals / sizes, np.nan), starts[1:-1])
    clustered = (labelings != NOISE).sum(axis=1)
    return [own if 2 <= len(own) < n else np.full(len(own), np.nan) for own, n in zip(means, clustered, strict=True)]


def silhouette_scores(X: np.ndarray, labelings: np.ndarray) -> np.ndarray:
    """Mean silhouette over the rows of several clusterings, noise left out; shape (m,), NaN where there is none."""
    labelings = np.atleast_2d(labelings)
    sizes = [np.bincount(labels[labels != NOISE]) for labels in labelings]
    means = silhouettes(X, labelings)
    return np.array([over_rows(own, n) for own, n in zip(means, sizes, strict=True)])


def over_rows(means: np.ndarray, sizes: np.ndarray) -> float:
    """Return the mean over rows of the means of clusters; NaN where there is none."""
    if not np.isfinite(means).any():
        return np.nan
    return float(np.nansum(means * sizes) / sizes.sum())


def _stack_memberships(labelings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    widths = labelings.max(axis=1) + 1
    starts = np.concatenate([[0], np.cumsum(widths)])
    memberships = np.zeros((labelings.shape[1], starts[-1]), dtype=np.float32)
    for start, labels in zip(starts, labelings, strict=False):
        rows = np.flatnonzero(labels != NOISE)
        memberships[rows, start + labels[rows]] = 1.0
    return memberships, starts


def _row_blocks(n: int) -> list[np.ndarray]:
    return np.array_split(np.arange(n), max(1, -(-n * n * 4 // BLOCK_BYTES)))


def _distances(A: np.ndarray, B: np.ndarray, a_squares: np.ndarray, b_squares: np.ndarray) -> np.ndarray:
    product = A @ B.T
    product *= -2.0
    product += a_squares[:, None]
    product += b_squares
    return np.sqrt(np.maximum(product, 0.0, out=product), out=product)


def _silhouette_sums(sums: np.ndarray, sizes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Sum of the silhouettes of some rows, cluster by cluster."""
    rows = np.flatnonzero(labels != NOISE)
    if len(sizes) < 2 or len(rows) == 0:
        return np.zeros(len(sizes))
    sums, own = sums[rows].astype(np.float64), labels[rows]
    here = np.arange(len(rows))
    inside = sums[here, own] / np.maximum(sizes[own] - 1, 1)
    means = np.divide(sums, sizes, out=np.full_like(sums, np.inf), where=sizes > 0)
    means[here, own] = np.inf
    outside = means.min(axis=1)
    scores = np.where(sizes[own] > 1, (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-30), 0.0)
    return np.bincount(own, scores, len(sizes))
