"""What each cluster looks like: its mean, the images at its heart, and those at its border."""

from dataclasses import dataclass

import numpy as np

from report_lib.clustering.fitting import Clusters
from report_lib.clustering.representations import Representation, sample
from report_lib.common.keep import kept
from report_lib.common.metrics import NOISE
from report_lib.common.neighbors import Neighbors, nearest, votes

# Images of a cluster among which its medoid is looked for, at most: the search takes the square of their number.
MOST_FOR_MEDOID = 1000
NOBODY = -1
# A margin below this is near a border: three neighbours in four, by weight, are in one's own cluster.
DOUBT = 0.5


@dataclass(frozen=True)
class Cards:
    """One card a cluster.

    Attributes
    ----------
    means : ndarray of shape (n_clusters, h, w), float32
    typical, border : ndarray of shape (n_clusters, n_shown), int
        Rows of train images: the nearest to the medoid, itself first; those of the smallest margin. -1 where a cluster
        has fewer images.
    margin : ndarray of shape (n,), float64
        Of each train image: the share of its nearest that are in its own cluster, the nearer the weightier, less that
        of the strongest other cluster; NaN for noise and where nobody looked. From 1, deep inside, to -1.
    doubtful : ndarray of shape (n_clusters,), float64
        Share of each cluster's images whose margin is below a half.
    """

    means: np.ndarray
    typical: np.ndarray
    border: np.ndarray
    margin: np.ndarray
    doubtful: np.ndarray


def margins(graph: Neighbors, labels: np.ndarray) -> np.ndarray:
    """Return how far inside its cluster each image lies, by its neighbours; shape (n,), NaN for noise."""
    n = max(int(labels.max()) + 1, 1)
    share = votes(graph, labels, n)
    rows = np.flatnonzero(labels != NOISE)
    own = share[rows, labels[rows]]
    share[rows, labels[rows]] = 0.0
    found = np.full(len(labels), np.nan)
    found[rows] = own - share[rows].max(axis=1)
    return found


@kept
def describe(
    images: np.ndarray, on: Representation, clusters: Clusters, *, k: int, random_state: int, n_shown: int = 5
) -> Cards:
    """Describe each cluster by images.

    Parameters
    ----------
    images : ndarray of shape (n, h, w)
        Train images.
    on : Representation
        Where the clusters were found. Without neighbours, they are looked for among a sample of images alone, and the
        cards are made from it.
    clusters : Clusters
        Of all train images.
    k : int
        Neighbours looked for where there are none yet.
    """
    if on.graph is not None:
        seen, graph = np.arange(len(images)), on.graph
    else:
        seen = sample(len(images), random_state)
        graph = nearest(on.train[seen], k)
    margin = np.full(len(images), np.nan)
    margin[seen] = margins(graph, clusters.train[seen])
    means, typical, border, doubtful = [], [], [], []
    for i in range(clusters.n_clusters):
        rows = seen[clusters.train[seen] == i]
        means.append(images[clusters.train == i].mean(axis=0, dtype=np.float64))
        typical.append(_filled(rows[_around_medoid(on.train[rows])], n_shown))
        border.append(_filled(rows[np.argsort(margin[rows], kind="stable")], n_shown))
        doubtful.append(float(np.mean(margin[rows] < DOUBT)) if len(rows) else np.nan)
    shape = (clusters.n_clusters, n_shown)
    return Cards(
        np.array(means, np.float32).reshape(-1, *images.shape[1:]), np.array(typical, int).reshape(shape),
        np.array(border, int).reshape(shape), margin, np.array(doubtful),
    )  # fmt: skip


def _around_medoid(X: np.ndarray) -> np.ndarray:
    """Order rows by their distance to the medoid: the row of the least total distance to all, or to a regular sample."""
    if len(X) == 0:
        return np.empty(0, int)
    some = X[:: -(-len(X) // MOST_FOR_MEDOID)].astype(np.float64)
    squares = np.square(some).sum(axis=1)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * some @ some.T, 0))
    medoid = some[apart.sum(axis=1).argmin()]
    return np.argsort(np.square(X - medoid).sum(axis=1), kind="stable")


def _filled(rows: np.ndarray, n: int) -> np.ndarray:
    return np.concatenate([rows[:n], np.full(max(0, n - len(rows)), NOBODY)])


def pictures(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return images by rows of any shape, blank for -1; shape (rows.size, h, w), float32."""
    flat = rows.ravel()
    found = images[flat].astype(np.float32)
    found[flat == NOBODY] = images.min()
    return found
