"""Which images to label first, so that few labels tell the most: the middles of clusters, then of their parts.

Typical images of all groups teach more than random ones when labels are few (Hacohen, Dekel and Weinshall, Active
learning on a budget, 2022). No label is looked at.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from report_lib.common.metrics import NOISE
from report_lib.common.models import kmeans

# Images of a cluster that its parts are looked for among, at most; drawn at random.
MOST_PARTED = 3000


@dataclass(frozen=True)
class Choice:
    """Train images to label, the most telling first.

    Attributes
    ----------
    rows : ndarray of shape (n,), int64
        Train images.
    clusters : ndarray of shape (n,), int64
        The cluster of each.
    stands_for : ndarray of shape (n,), int64
        About how many train images its part of the cluster has.
    """

    COLUMNS: ClassVar = ("rank", "row", "cluster", "stands_for")

    rows: np.ndarray
    clusters: np.ndarray
    stands_for: np.ndarray

    def as_dict(self) -> dict[str, dict[str, np.ndarray]]:
        """Return the numbers, under the names of `metrics.json`."""
        return {"label_next": dict(vars(self))}

    def table(self, rows: np.ndarray) -> list[tuple[object, ...]]:
        """Return one row an image, in the order of `COLUMNS`; ranks and clusters are counted from 1.

        Parameters
        ----------
        rows : ndarray of shape (n_train,), int
            Where each train image stands in the file that a person has.
        """
        columns = (rows[self.rows].tolist(), self.clusters.tolist(), self.stands_for.tolist())
        found = enumerate(zip(*columns, strict=True), 1)
        return [(rank, row, f"C{cluster + 1}", n) for rank, (row, cluster, n) in found]


def choose(codes: np.ndarray, clusters: np.ndarray, n: int, *, random_state: int) -> Choice:
    """Choose n train images: of each cluster as many as it has a share of, each the middle of a part of it.

    Parameters
    ----------
    codes : ndarray of shape (n_train, d)
        Where the parts are looked for, with K-Means.
    clusters : ndarray of shape (n_train,), int
        Noise, -1, is left out.
    n : int
        At most the number of images that are in clusters.

    Returns
    -------
    Choice
        The first part of each cluster comes first, the larger cluster before the smaller, then the second of each, and
        so on; so that whoever stops early has seen something of each cluster.
    """
    sizes = np.bincount(clusters[clusters != NOISE])
    rng, found = np.random.default_rng(random_state), []
    for cluster, n_parts in enumerate(shares(sizes, min(n, int(sizes.sum()))).tolist()):
        rows = np.flatnonzero(clusters == cluster)
        if n_parts > 1 and len(rows) > MOST_PARTED:
            rows = np.sort(rng.permutation(rows)[: max(MOST_PARTED, n_parts)])
        middles, counts = _middles(codes[rows], n_parts, random_state)
        counts = np.round(counts * sizes[cluster] / max(len(rows), 1)).astype(np.int64)
        turns = enumerate(zip(rows[middles], counts, strict=True))
        found += [(turn, -sizes[cluster], cluster, row, count) for turn, (row, count) in turns]
    rows, of, counts = (
        np.array([(row, cluster, count) for _, _, cluster, row, count in sorted(found)], np.int64).reshape(-1, 3).T
    )
    return Choice(rows, of, counts)


def shares(sizes: np.ndarray, n: int) -> np.ndarray:
    """Divide n among clusters by their sizes, at least one to each where there are enough, the largest first.

    By the largest size for each next one given, which is Adams' method of apportionment: none gets more than it has.
    """
    given = np.zeros(len(sizes), np.int64)
    for _ in range(n):
        claim = np.where(given == 0, sizes * float(sizes.sum()), sizes / np.maximum(given, 1))
        given[np.argmax(np.where(given < sizes, claim, -1))] += 1
    return given


def _middles(codes: np.ndarray, n_parts: int, random_state: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the row nearest to the centre of each part, and how many rows the part has, the largest part first."""
    if n_parts == 1:
        middle = np.square(codes - codes.mean(axis=0)).sum(axis=1).argmin()
        return np.array([middle]), np.array([len(codes)])
    if n_parts == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    fitted = kmeans(codes, n_parts, n_init=1, random_state=random_state)
    apart = np.square(codes - fitted.cluster_centers_[fitted.labels_]).sum(axis=1)
    order = np.lexsort((apart, fitted.labels_))
    _, first, counts = np.unique(fitted.labels_[order], return_index=True, return_counts=True)
    largest = np.argsort(-counts, kind="stable")
    return order[first][largest], counts[largest]
