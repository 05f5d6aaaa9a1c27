"""Clusters as communities of the nearest-neighbour graph: Jaccard weights, Leiden, and merging down to a number.

Levine et al., Data-driven phenotypic dissection of AML, 2015 (the graph); Traag, Waltman and van Eck, From Louvain to
Leiden, 2019 (its communities); Reichardt and Bornholdt, Statistical mechanics of community detection, 2006 (the
resolution); Lancichinetti and Fortunato, Consensus clustering in complex networks, 2012 (their consensus).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, identity
from scipy.sparse.csgraph import connected_components
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted

from report_lib.common.neighbors import Neighbors, nearest, nearest_to, votes
from report_lib.common.parallel import at_once

if TYPE_CHECKING:
    import igraph

BLOCK = 2**17
# A part of the graph that no edge joins to the rest is an island if it is below this share of an even cluster.
ISLAND = 0.25
# Leiden is asked for about this many times the clusters wanted; the surplus is merged.
SURPLUS = 1.2
# Runs of Leiden that a partition is the consensus of, of one round each.
CONSENSUS = 3
# The resolution of step 0, the factor of a step, where the search for one begins, and how far it goes.
FIRST, STEP, FIRST_STEP, LOWEST_STEP, HIGHEST_STEP = 0.2, 1.25, -1, -25, 40


@dataclass(frozen=True)
class Edges:
    """An undirected weighted graph.

    Attributes
    ----------
    n : int
        Nodes.
    pairs : ndarray of shape (n_edges, 2), int32
    weights : ndarray of shape (n_edges,), float64
    """

    n: int
    pairs: np.ndarray
    weights: np.ndarray

    @cached_property
    def graph(self) -> "igraph.Graph":
        """The graph as igraph has it, without weights; kept, as making it takes a third of an iteration of Leiden."""
        import igraph

        graph = igraph.Graph(self.n)
        graph.add_edges(self.pairs.astype(np.int64))
        return graph

    def __getstate__(self) -> dict[str, object]:
        """Return what goes to other processes: not igraph's graph, which is made there."""
        return {name: value for name, value in vars(self).items() if name != "graph"}

    @property
    def parts(self) -> np.ndarray:
        """Sizes of the parts that no edge joins."""
        ones = np.ones(len(self.pairs), np.int8)
        joined = csr_matrix((ones, self.pairs.T), shape=(self.n, self.n))
        return np.bincount(connected_components(joined, directed=False)[1])

    @property
    def n_parts(self) -> int:
        """How many they are."""
        return len(self.parts)

    def between(self, labels: np.ndarray) -> np.ndarray:
        """Share of all weight between each two clusters, symmetric and summing to 1; shape (n_clusters, n_clusters)."""
        n = int(labels.max()) + 1
        a, b = labels[self.pairs].T
        found = np.bincount(a * n + b, self.weights, n * n).reshape(n, n)
        return (found + found.T) / max(2 * self.weights.sum(), np.finfo(float).tiny)


def jaccard_edges(graph: Neighbors) -> Edges:
    """Join each row with its nearest; the weight is the share of neighbours that both have, themselves counted."""
    n, k = graph.indices.shape
    starts = np.arange(0, n * k + 1, k)
    near = csr_matrix((np.ones(n * k, np.float32), graph.indices.ravel(), starts), shape=(n, n))
    joined = near.maximum(near.T).tocoo()
    upper = joined.row < joined.col
    a, b = joined.row[upper], joined.col[upper]
    around = near + identity(n, dtype=np.float32, format="csr")
    # Edge by edge, in blocks: the product of all rows with all would hold every pair that has a neighbour in common.
    steps = range(0, len(a), BLOCK)
    shared = [around[a[i : i + BLOCK]].multiply(around[b[i : i + BLOCK]]).sum(axis=1) for i in steps]
    both = np.concatenate([np.asarray(own, np.float64).ravel() for own in shared]) if shared else np.zeros(0)
    return Edges(n, np.column_stack([a, b]).astype(np.int32), both / (2 * (k + 1) - both))


def modularity(between: np.ndarray) -> float:
    """Weight inside clusters less what chance would put there (Newman, Analysis of weighted networks, 2004).

    Parameters
    ----------
    between : ndarray of shape (n_clusters, n_clusters)
        As `Edges.between` gives it.
    """
    return float(np.trace(between) - np.square(between.sum(axis=1)).sum())


def communities(edges: Edges, *, resolution: float, random_state: int, n_iterations: int = 2) -> np.ndarray:
    """Find communities with Leiden; a higher resolution gives more of them.

    Returns
    -------
    ndarray of shape (n,), int64
    """
    import igraph

    # igraph has one generator for all that it does.
    igraph.set_random_number_generator(random.Random(random_state))
    found = edges.graph.community_leiden(
        objective_function="modularity",
        weights=edges.weights.tolist(),
        resolution=resolution,
        n_iterations=n_iterations,
    )
    return np.asarray(found.membership, np.int64)


def consensus(edges: Edges, *, resolution: float, random_state: int) -> np.ndarray:
    """Find the communities that several runs of Leiden agree on.

    One run may settle on either of two partitions that are almost equally good. Here each edge is weighed by the share of
    runs that have both its ends in one community, and communities are looked for once more.

    Returns
    -------
    ndarray of shape (n,), int64
    """
    seeds = np.random.SeedSequence(random_state).generate_state(CONSENSUS).tolist()
    runs = [communities(edges, resolution=resolution, random_state=seed, n_iterations=1) for seed in seeds]
    a, b = edges.pairs.T
    together = np.mean([labels[a] == labels[b] for labels in runs], axis=0)
    kept = together > 0
    agreed = Edges(edges.n, edges.pairs[kept], (edges.weights * together)[kept])
    return communities(agreed, resolution=resolution, random_state=random_state)


def merge(edges: Edges, labels: np.ndarray, n_clusters: int, *, resolution: float) -> np.ndarray:
    """Merge clusters two by two, each time those whose union costs the least modularity at that resolution.

    Clauset, Newman and Moore, Finding community structure in very large networks, 2004, from clusters on.
    """
    between = edges.between(labels)
    target = np.arange(len(between))
    while len(between) > n_clusters:
        strength = between.sum(axis=1)
        gain = between - resolution * np.outer(strength, strength)
        np.fill_diagonal(gain, -np.inf)
        a, b = sorted(np.unravel_index(gain.argmax(), gain.shape))
        between[a] += between[b]
        between[:, a] += between[:, b]
        between = np.delete(np.delete(between, b, axis=0), b, axis=1)
        target = np.where(target == b, a, target - (target > b))
    return target[labels]


@dataclass(frozen=True)
class Resolutions:
    """Communities at several resolutions.

    Attributes
    ----------
    resolution, modularity : ndarray of shape (m,), float64
        Modularity is the usual one, at resolution 1, so that it can be compared.
    n_clusters : ndarray of shape (m,), int
    by_number : dict of int to float
        The highest modularity found for each number of clusters asked for, after merging; NaN where there is none.
    n_parts : int
        Parts of the graph that no edge joins.
    """

    resolution: np.ndarray
    n_clusters: np.ndarray
    modularity: np.ndarray
    by_number: dict[int, float]
    n_parts: int = 1

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        return {"resolution": self.resolution, "n_clusters": self.n_clusters, "modularity": self.modularity}


def sweep_resolutions(
    edges: Edges | None, resolutions: Sequence[float], n_clusters: Sequence[int], *, random_state: int
) -> Resolutions | None:
    """Find communities at each resolution, and merge them down to each number of clusters; None without a graph."""
    if edges is None:
        return None
    calls = [(communities, (edges,), {"resolution": r, "random_state": random_state}) for r in resolutions]
    found = list(at_once(calls))
    by_number = {}
    for k in n_clusters:
        fine = [(labels, r) for labels, r in zip(found, resolutions, strict=True) if labels.max() + 1 >= k]
        merged = [modularity(edges.between(merge(edges, labels, k, resolution=r))) for labels, r in fine]
        by_number[int(k)] = max(merged, default=np.nan)
    return Resolutions(
        np.asarray(resolutions, float),
        np.array([int(labels.max()) + 1 for labels in found]),
        np.array([modularity(edges.between(labels)) for labels in found]),
        by_number,
        edges.n_parts,
    )


class GraphClustering(ClusterMixin, BaseEstimator):
    """Leiden communities of the Jaccard graph of nearest neighbours, merged to as many as are asked for.

    A resolution is looked for that gives about a fifth more communities than that; the surplus of the consensus of several
    runs is merged. Asking
    Leiden for the very number would tie the result to one resolution, where a small remote group may take the place
    of a large one.

    Parameters
    ----------
    n_clusters : int
    n_neighbors : int
        Less than the number of rows.
    n_starts : int
        Partitions, each of seeds of its own; that of highest modularity is kept.
    random_state : int

    Attributes
    ----------
    labels_ : ndarray of shape (n,), int64
        Of the start that is kept.
    partitions_ : ndarray of shape (n_starts, n), int64
    modularity_ : ndarray of shape (n_starts,), float64
    resolution_ : float
    n_parts_ : int
        Parts of the graph that no edge joins. Where there are more than clusters, the smallest are put together.
    """

    def __init__(self, n_clusters: int = 10, *, n_neighbors: int = 15, n_starts: int = 5, random_state: int = 0):
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.n_starts = n_starts
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: object = None, *, edges: Edges | None = None) -> "GraphClustering":
        """Learn from rows; their graph's `edges`, where known, save looking for neighbours again.

        Raises
        ------
        ValueError
            When more clusters are asked for than there are rows, or as many neighbours.
        """
        if self.n_clusters > len(X):
            raise ValueError(f"n_clusters is {self.n_clusters}, but there are only {len(X)} rows")
        self._rows, self.n_features_in_ = X, X.shape[1]
        edges = edges or jaccard_edges(nearest(X, self.n_neighbors))
        seeds = np.random.SeedSequence(self.random_state).generate_state(self.n_starts).tolist()
        self.n_parts_ = edges.n_parts
        self.resolution_ = find_resolution(edges, self.n_clusters, seeds[:2])
        calls = [(consensus, (edges,), {"resolution": self.resolution_, "random_state": seed}) for seed in seeds]
        merged = [merge(edges, labels, self.n_clusters, resolution=self.resolution_) for labels in at_once(calls)]
        self.partitions_ = np.stack(merged)
        self.modularity_ = np.array([modularity(edges.between(labels)) for labels in merged])
        self.labels_ = self.partitions_[self.modularity_.argmax()]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Assign rows to clusters by a vote of the nearest rows learnt from, the nearer the weightier."""
        check_is_fitted(self, "labels_")
        return vote(nearest_to(self._rows, X, self.n_neighbors), self.labels_)


def vote(graph: Neighbors, labels: np.ndarray) -> np.ndarray:
    """Return the label that most of the weight of each row's neighbours has."""
    return votes(graph, labels, int(labels.max()) + 1).argmax(axis=1)


def with_surplus(parts: np.ndarray, n_clusters: int) -> int:
    """Return how many communities leave a surplus to merge, in a graph whose parts that no edge joins have these sizes.

    Islands do not count: they would make up the number while the body of the rows stays whole.
    """
    return int(np.ceil(SURPLUS * n_clusters)) + int((parts < ISLAND * parts.sum() / n_clusters).sum())


def find_resolution(edges: Edges, n_clusters: int, seeds: Sequence[int]) -> float:
    """Look for the lowest resolution, of steps of a quarter, that gives a surplus of communities with every seed.

    Four steps are looked through at a time, from just below the usual ones; where even the lowest gives enough, four below
    it, and where none does, four above. Where none at all does, it is the highest.
    """
    needed = with_surplus(edges.parts, n_clusters)
    begin, lowest, found = FIRST_STEP, FIRST_STEP, None
    while LOWEST_STEP <= begin <= HIGHEST_STEP and (found is None or found == lowest):
        lowest = min(lowest, begin)
        first = next((s for s in range(begin, begin + 4) if _gives(edges, _at(s), seeds, needed)), None)
        found = found if first is None else first
        begin = begin + 4 if found is None else lowest - 4
    return _at(begin - 1 if found is None else found)


def _gives(edges: Edges, resolution: float, seeds: Sequence[int], n: int) -> bool:
    """Say whether there are n communities with every seed."""
    return all(communities(edges, resolution=resolution, random_state=seed).max() + 1 >= n for seed in seeds)


def _at(step: int) -> float:
    return FIRST * STEP**step
