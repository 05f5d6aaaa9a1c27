"""Clusters as dense places: DBSCAN at several radii, HDBSCAN, and what both say of rows that they have not seen."""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import HDBSCAN
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted

from report_lib.clustering.methods import MAP, PCA
from report_lib.clustering.representations import Plane, Representation, thinned
from report_lib.clustering.silhouettes import silhouette_scores
from report_lib.common.arrays import sample_rows
from report_lib.common.keep import kept
from report_lib.common.metrics import NOISE

# Rows whose neighbours are looked for at a time.
BLOCK = 2048


class PredictingDBSCAN(ClusterMixin, BaseEstimator):
    """DBSCAN that also says to which cluster an unseen row belongs.

    Ester, Kriegel, Sander and Xu, A density-based algorithm for discovering clusters, 1996. A new row takes the
    cluster of the nearest core point within `eps`; without one it is noise.

    Parameters
    ----------
    eps : float
        Radius of a neighbourhood.
    min_samples : int
        Rows within `eps`, the row itself counted, that make it a core point.

    Attributes
    ----------
    labels_ : ndarray of shape (n,), int64
        -1 is noise.
    core_sample_indices_ : ndarray of int
    """

    def __init__(self, eps: float = 0.5, *, min_samples: int = 5):
        self.eps = eps
        self.min_samples = min_samples

    def fit(self, X: np.ndarray, y: object = None, *, neighbors: csr_matrix | None = None) -> "PredictingDBSCAN":
        """Learn from rows; `neighbors`, distances within `eps` as `radius_graph` has them, save searching them again."""
        graph = radius_graph(X, self.eps) if neighbors is None else neighbors
        core = np.diff(graph.indptr) >= self.min_samples
        self.labels_, self.core_sample_indices_ = _joined(graph, core), np.flatnonzero(core)
        self._core = np.asarray(X)[self.core_sample_indices_]
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Assign rows to clusters; -1 is noise."""
        check_is_fitted(self, "labels_")
        if len(self._core) == 0:
            return np.full(len(X), NOISE)
        distance, nearest = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(self._core).kneighbors(X)
        clusters = self.labels_[self.core_sample_indices_][nearest[:, 0]]
        return np.where(distance[:, 0] <= self.eps, clusters, NOISE)


class PredictingHDBSCAN(ClusterMixin, BaseEstimator):
    """HDBSCAN that also says to which cluster an unseen row belongs.

    Campello, Moulavi and Sander, Density-based clustering based on hierarchical density estimates, 2013. A new row
    takes the cluster of the nearest row that has one, if it is no farther than that cluster is sparse: the largest
    distance, among its rows, to neighbour number `min_samples`. Else it is noise.

    Parameters
    ----------
    min_cluster_size : int
        Rows of the smallest group that counts as a cluster.
    min_samples : int
        Neighbours, the row itself counted, that measure how dense a place is.

    Attributes
    ----------
    labels_ : ndarray of shape (n,), int64
        -1 is noise.
    """

    def __init__(self, min_cluster_size: int = 5, *, min_samples: int = 5):
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples

    def fit(self, X: np.ndarray, y: object = None) -> "PredictingHDBSCAN":
        """Learn from rows."""
        model = HDBSCAN(self.min_cluster_size, min_samples=self.min_samples, copy=True).fit(X)
        self.labels_ = model.labels_.astype(np.int64)
        self.n_features_in_ = X.shape[1]
        rows = np.flatnonzero(self.labels_ != NOISE)
        self._core, self._core_labels = np.asarray(X)[rows], self.labels_[rows]
        reach = (
            NearestNeighbors(n_neighbors=self.min_samples).fit(X).kneighbors(self._core)[0][:, -1] if len(rows) else []
        )
        self._reach = np.zeros(int(self.labels_.max()) + 1)
        np.maximum.at(self._reach, self._core_labels, reach)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Assign rows to clusters; -1 is noise."""
        check_is_fitted(self, "labels_")
        if len(self._core) == 0:
            return np.full(len(X), NOISE)
        distance, nearest = NearestNeighbors(n_neighbors=1).fit(self._core).kneighbors(X)
        clusters = self._core_labels[nearest[:, 0]]
        # A copy of a row is at no distance but for rounding.
        near = self._reach[clusters] + 1e-5 * np.abs(self._core).max()
        return np.where(distance[:, 0] <= near, clusters, NOISE)


def radius_graph(X: np.ndarray, radius: float) -> csr_matrix:
    """Distances between all rows within `radius`, a row's own among them.

    Of 10,000 rows there may be ten million: they are gathered block by block, and counted in 32 bits.
    """
    near, blocks = NearestNeighbors(radius=radius, algorithm="brute").fit(X), []
    for start in range(0, len(X), BLOCK):
        found = near.radius_neighbors_graph(X[start : start + BLOCK], mode="distance")
        own = csr_matrix((found.data, found.indices.astype(np.int32), found.indptr), shape=found.shape)
        blocks.append(own)
    graph = vstack(blocks, format="csr")
    # None is without itself, as rounding might have it.
    graph.setdiag(0)
    return graph


def _joined(graph: csr_matrix, core: np.ndarray) -> np.ndarray:
    """Return the cluster of each row: core points that reach one another, in the order of the first; -1 is noise.

    Others take the first cluster that one of their core points is in, as scikit-learn has it, which keeps several copies of
    the graph. Here each core point takes the least name among its neighbours', and the name of whom it is named after, until
    nobody's changes.
    """
    nobody = len(core)
    names, before = np.where(core, np.arange(nobody, dtype=np.int32), np.int32(nobody)), None
    while before is None or (names != before).any():
        before, least = names, np.minimum.reduceat(names[graph.indices], graph.indptr[:-1])
        names = np.where(core, least, nobody)
        names[core] = names[names[core]]
    reached = np.minimum.reduceat(names[graph.indices], graph.indptr[:-1])
    first = np.unique(names[core])
    return np.where(reached < nobody, np.searchsorted(first, reached), NOISE)


@dataclass(frozen=True)
class KDistances:
    """Distance from each row to its k-th neighbour, itself counted, in ascending order; the elbow of that curve.

    Attributes
    ----------
    k : int
    distances : ndarray of shape (n,), float64
    knee : int or None
        Row of the knee (Satopää et al., Finding a "kneedle" in a haystack, 2011); None where there is none.
    """

    k: int
    distances: np.ndarray
    knee: int | None

    @property
    def knee_eps(self) -> float | None:
        """Distance at the knee."""
        return None if self.knee is None else float(self.distances[self.knee])


def k_distances(X: np.ndarray, k: int) -> KDistances:
    """Sort the distances to the k-th neighbour and find the knee."""
    from kneed import KneeLocator

    distances = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X).kneighbors(X)[0][:, -1]
    distances = np.sort(distances.astype(np.float64))
    if distances[0] == distances[-1]:
        return KDistances(k, distances, None)
    knee = KneeLocator(np.arange(len(distances)), distances, curve="convex", direction="increasing").knee
    return KDistances(k, distances, None if knee is None else int(knee))


@dataclass(frozen=True)
class DBSCANSweep:
    """DBSCAN at several radii on the same rows.

    Attributes
    ----------
    eps, silhouette, noise : ndarray of shape (m,), float64
        Silhouette of the rows that are not noise; share of rows that are.
    n_clusters, n_clustered, n_outside : ndarray of shape (m,), int
        Number of clusters; rows that are not noise; those of them that are not in the largest cluster.
    best : PredictingDBSCAN
        The fit with the largest silhouette over all rows, noise counted as 0, so that a few rows in tight clumps do not
        win over a grouping of all; where none has two clusters, the one with most clusters.
    best_index : int
    """

    eps: np.ndarray
    n_clusters: np.ndarray
    silhouette: np.ndarray
    noise: np.ndarray
    n_clustered: np.ndarray
    n_outside: np.ndarray
    best: PredictingDBSCAN = field(repr=False)
    best_index: int

    @property
    def overall(self) -> np.ndarray:
        """Mean silhouette of all rows at each radius, noise counted as 0: what chooses; NaN for fewer than two clusters."""
        return self.silhouette * (1 - self.noise)

    @property
    def found_groups(self) -> bool:
        """Whether any radius gave at least two clusters."""
        return bool((self.n_clusters >= 2).any())


def sweep_dbscan(X: np.ndarray, eps: np.ndarray, *, min_samples: int) -> DBSCANSweep:
    """Fit DBSCAN at each radius; neighbours are searched once, at the largest."""
    eps = np.unique(np.asarray(eps, dtype=np.float64))
    neighbors, fits = radius_graph(X, eps[-1]), []
    for radius in eps[::-1]:
        neighbors = _within(neighbors, radius)
        fits.insert(0, PredictingDBSCAN(float(radius), min_samples=min_samples).fit(X, neighbors=neighbors))
    labelings = np.stack([fit.labels_ for fit in fits])
    n_clusters = labelings.max(axis=1) + 1
    silhouette = silhouette_scores(X, labelings)
    kept = [labels[labels != NOISE] for labels in labelings]
    n_clustered = np.array([len(labels) for labels in kept])
    largest = np.array([np.bincount(labels, minlength=1).max() for labels in kept])
    overall = silhouette * n_clustered
    best = int(np.nanargmax(overall)) if np.isfinite(overall).any() else int(np.argmax(n_clusters))
    return DBSCANSweep(
        eps=eps,
        n_clusters=n_clusters,
        silhouette=silhouette,
        noise=1 - n_clustered / len(X),
        n_clustered=n_clustered,
        n_outside=n_clustered - largest,
        best=fits[best],
        best_index=best,
    )


def _within(graph: csr_matrix, radius: float) -> csr_matrix:
    """Keep the distances of a graph that are within a smaller radius."""
    keep = graph.data <= radius
    # No row is empty: its own distance is 0.
    starts = np.concatenate([[0], np.cumsum(np.add.reduceat(keep, graph.indptr[:-1], dtype=np.int32))])
    return csr_matrix((graph.data[keep], graph.indices[keep], starts), shape=graph.shape)


def candidate_eps(distances: KDistances, percentiles: list[float]) -> np.ndarray:
    """Return radii worth trying: percentiles of the k-distances and their knee, without those that copies bring to 0."""
    radii = np.unique(np.percentile(distances.distances, percentiles))
    if distances.knee_eps is not None:
        radii = np.union1d(radii, [distances.knee_eps])
    positive = radii[radii > 1e-6 * distances.distances[-1]]
    return positive if len(positive) else np.array([max(float(distances.distances[-1]), 1e-6)])


@dataclass(frozen=True)
class Density:
    """What DBSCAN makes of a sample of one description.

    Attributes
    ----------
    representation : Representation
    rows : ndarray of int
        The sample.
    distances : KDistances
    sweep : DBSCANSweep
    """

    representation: Representation
    rows: np.ndarray
    distances: KDistances
    sweep: DBSCANSweep

    @property
    def where(self) -> str:
        """Where they were looked for, as titles say it."""
        return (
            "on the map" if self.representation.title == MAP else f"on {self.representation.train.shape[1]} components"
        )

    @property
    def plane(self) -> Plane:
        """As much of the sample as a browser draws."""
        return Plane(self.representation, thinned(self.rows))

    @property
    def groups(self) -> np.ndarray:
        """What the best radius says of the images in `plane`."""
        return thinned(self.sweep.best.labels_)

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        sweep = self.sweep
        tried = {
            "eps": sweep.eps, "n_clusters": sweep.n_clusters, "n_clustered": sweep.n_clustered,
            "n_outside_largest": sweep.n_outside, "noise": sweep.noise, "silhouette": sweep.silhouette,
        }  # fmt: skip
        best = {name: values[sweep.best_index] for name, values in tried.items()}
        return {**tried, "knee_eps": self.distances.knee_eps, "best": best}


@kept
def try_radii(
    representations: dict[str, Representation],
    *,
    n_images: int,
    min_samples: int,
    percentiles: list[float],
    random_state: int,
) -> dict[str, Density]:
    """Try DBSCAN on a sample of the principal components and of the map, at the knee of the k-distances and percentiles.

    Returns
    -------
    dict of str to Density
        By title of the description.
    """
    tried = {}
    for own in (representations[title] for title in (PCA, MAP) if title in representations):
        rows = sample_rows(len(own.train), n_images, random_state)
        distances = k_distances(own.train[rows], min_samples)
        sweep = sweep_dbscan(own.train[rows], candidate_eps(distances, percentiles), min_samples=min_samples)
        tried[own.title] = Density(own, rows, distances, sweep)
    return tried
