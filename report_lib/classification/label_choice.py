"""Which images to label first, so that few labels tell the most: the middles of clusters, then of ever smaller parts.

Typical images of all groups teach more than random ones when labels are few (Hacohen, Dekel and Weinshall, Active
learning on a budget, 2022). No label is looked at.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.metrics import pairwise_distances_argmin

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
        About how many train images of its cluster are nearer to it than to the others.
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
    """Choose n train images: the middle of each cluster, then the middles of parts that hold none yet.

    Clusters are parted again and again, each time into twice as many parts, as many of each cluster as it has a share of.
    So whoever stops early has labelled what a shorter list would have held.

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
        The larger cluster or part before the smaller.
    """
    sizes = np.bincount(clusters[clusters != NOISE])
    rng, n = np.random.default_rng(random_state), min(n, int(sizes.sum()))
    pools = [rng.permutation(np.flatnonzero(clusters == cluster)) for cluster in range(len(sizes))]
    chosen, n_parts = np.empty(0, np.int64), int(np.count_nonzero(sizes))
    while len(chosen) < n and n_parts < 2 * sizes.sum():
        parted = zip(pools, shares(sizes, min(n_parts, int(sizes.sum()))).tolist(), strict=True)
        found = [_middles(codes, rows, k, chosen, random_state) for rows, k in parted]
        rows, counts = (np.concatenate(own) for own in zip(*found, strict=True))
        chosen = np.concatenate([chosen, rows[np.argsort(-counts, kind="stable")]])
        n_parts *= 2
    chosen = chosen[:n]
    return Choice(chosen, clusters[chosen].astype(np.int64), _stands_for(codes, pools, chosen))


def shares(sizes: np.ndarray, n: int) -> np.ndarray:
    """Divide n among clusters by their sizes, at least one to each where there are enough, the largest first.

    By the largest size for each next one given, which is Adams' method of apportionment: none gets more than it has.
    """
    given = np.zeros(len(sizes), np.int64)
    for _ in range(n):
        claim = np.where(given == 0, sizes * float(sizes.sum()), sizes / np.maximum(given, 1))
        given[np.argmax(np.where(given < sizes, claim, -1))] += 1
    return given


def _middles(
    codes: np.ndarray, rows: np.ndarray, n_parts: int, chosen: np.ndarray, random_state: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the row nearest to the centre of each part of a cluster that holds no chosen one, and the parts' sizes."""
    if n_parts == 0:
        return np.empty(0, np.int64), np.empty(0)
    size, rows = len(rows), np.sort(rows[: max(MOST_PARTED, n_parts)])
    seen = codes[rows]
    if n_parts == 1:
        labels, centers = np.zeros(len(rows), np.int64), seen.mean(axis=0, keepdims=True)
    else:
        fitted = kmeans(seen, n_parts, n_init=1, random_state=random_state)
        labels, centers = fitted.labels_, fitted.cluster_centers_
    apart = np.square(seen - centers[labels]).sum(axis=1)
    order = np.lexsort((apart, labels))
    parts, first, counts = np.unique(labels[order], return_index=True, return_counts=True)
    free = ~np.isin(parts, labels[np.isin(rows, chosen)])
    return rows[order[first[free]]], counts[free] * size / len(rows)


def _stands_for(codes: np.ndarray, pools: list[np.ndarray], chosen: np.ndarray) -> np.ndarray:
    found = np.zeros(len(chosen), np.int64)
    for rows in pools:
        own, seen = np.flatnonzero(np.isin(chosen, rows)), rows[: max(MOST_PARTED, len(chosen))]
        if len(own):
            nearest = pairwise_distances_argmin(codes[seen], codes[chosen[own]])
            found[own] = np.round(np.bincount(nearest, minlength=len(own)) * len(rows) / len(seen))
    return found
