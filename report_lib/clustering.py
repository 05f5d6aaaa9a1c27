"""What groups the images fall into, found without labels."""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import DBSCAN, KMeans
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted

from report_lib.metrics import NOISE

# A block of distances of this many bytes stays in memory at a time.
BLOCK_BYTES = 64 * 2**20


def silhouette_scores(X: np.ndarray, labelings: np.ndarray) -> np.ndarray:
    """Mean silhouette of several clusterings of the same rows, from one pass over all pairwise distances.

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
    ndarray of shape (m,), float64
        NaN for a clustering with fewer than two clusters, or with every row alone.
    """
    X = np.asarray(X, dtype=np.float32) - X.mean(axis=0, dtype=np.float64).astype(np.float32)
    labelings = np.atleast_2d(labelings)
    memberships, starts = _stack_memberships(labelings)
    sizes = memberships.sum(axis=0, dtype=np.float64)
    squares = np.einsum("ij,ij->i", X, X)
    totals = np.zeros(len(labelings))
    for rows in _row_blocks(len(X)):
        distances = _distances(X[rows], X, squares[rows], squares)
        distances[np.arange(len(distances)), rows] = 0.0
        sums = distances @ memberships
        for i, labels in enumerate(labelings):
            own = slice(starts[i], starts[i + 1])
            totals[i] += _silhouette_sum(sums[:, own], sizes[own], labels[rows])
    clustered = (labelings != NOISE).sum(axis=1)
    valid = (np.diff(starts) >= 2) & (np.diff(starts) < clustered)
    return np.where(valid, totals / np.maximum(clustered, 1), np.nan)


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


def _silhouette_sum(sums: np.ndarray, sizes: np.ndarray, labels: np.ndarray) -> float:
    rows = np.flatnonzero(labels != NOISE)
    if len(sizes) < 2 or len(rows) == 0:
        return 0.0
    sums, own = sums[rows].astype(np.float64), labels[rows]
    here = np.arange(len(rows))
    inside = sums[here, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[here, own] = np.inf
    outside = means.min(axis=1)
    scores = np.where(sizes[own] > 1, (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-30), 0.0)
    return float(scores.sum())


@dataclass(frozen=True)
class KMeansSweep:
    """K-Means for several numbers of clusters on the same rows.

    Attributes
    ----------
    n_clusters : ndarray of shape (m,), int
    inertia, silhouette : ndarray of shape (m,), float64
    n_images : int
    """

    n_clusters: np.ndarray
    inertia: np.ndarray
    silhouette: np.ndarray
    n_images: int

    @property
    def best(self) -> int:
        """Number of clusters with the largest silhouette."""
        return int(self.n_clusters[np.nanargmax(self.silhouette)])


def sweep_kmeans(X: np.ndarray, *, k_min: int, k_max: int, n_init: int, random_state: int) -> KMeansSweep:
    """Fit K-Means for every K from `k_min` to `k_max`; silhouettes are exact, on all rows."""
    ks = np.arange(k_min, k_max + 1)
    fits = [KMeans(int(k), n_init=n_init, random_state=random_state).fit(X) for k in ks]
    silhouette = silhouette_scores(X, np.stack([fit.labels_ for fit in fits]))
    return KMeansSweep(ks, np.array([float(fit.inertia_) for fit in fits]), silhouette, len(X))


@dataclass(frozen=True)
class Clusters:
    """A clustering of train images and what it says of test images; -1 is noise.

    Attributes
    ----------
    n_clusters : int
    train, test : ndarray of shape (n,), int64
    centers : ndarray of shape (n_clusters, d), or None
    """

    n_clusters: int
    train: np.ndarray
    test: np.ndarray
    centers: np.ndarray | None = None

    @property
    def sizes(self) -> np.ndarray:
        """Train images in each cluster, noise left out."""
        return np.bincount(self.train[self.train != NOISE], minlength=self.n_clusters)


def fit_kmeans(train: np.ndarray, test: np.ndarray, *, n_clusters: int, n_init: int, random_state: int) -> Clusters:
    """Fit K-Means to train features and assign test features to the nearest centre; largest cluster first."""
    model = KMeans(n_clusters, n_init=n_init, random_state=random_state).fit(train)
    order = np.argsort(-np.bincount(model.labels_, minlength=n_clusters), kind="stable")
    rank = np.argsort(order)
    centers = model.cluster_centers_[order]
    return Clusters(n_clusters, rank[model.labels_], rank[model.predict(test)], centers)


def compare_scalings(
    variants: dict[str, tuple[np.ndarray, np.ndarray]], *, n_clusters: int, n_refits: int, random_state: int
) -> dict[str, list[Clusters]]:
    """Refit K-Means several times after each scaling of `reduction.scaling_variants`.

    Each refit draws half of the train rows and has a seed of its own, the same for every scaling, so that what
    scaling changes can be told from what refitting changes.
    """
    n = len(next(iter(variants.values()))[0])
    found: dict[str, list[Clusters]] = {name: [] for name in variants}
    for refit in range(n_refits):
        rows = np.random.default_rng([random_state, refit]).permutation(n)[: max(n // 2, n_clusters)]
        for name, (train, test) in variants.items():
            fitted = fit_kmeans(train[rows], test, n_clusters=n_clusters, n_init=3, random_state=random_state + refit)
            found[name].append(fitted)
    return found


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
        """Learn from rows; `neighbors`, distances within at least `eps`, saves searching them again."""
        if neighbors is None:
            neighbors = radius_graph(X, self.eps)
        model = DBSCAN(eps=self.eps, min_samples=self.min_samples, metric="precomputed").fit(neighbors)
        self.labels_, self.core_sample_indices_ = model.labels_.astype(np.int64), model.core_sample_indices_
        self._core = np.asarray(X)[self.core_sample_indices_]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Assign rows to clusters; -1 is noise."""
        check_is_fitted(self, "labels_")
        if len(self._core) == 0:
            return np.full(len(X), NOISE)
        distance, nearest = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(self._core).kneighbors(X)
        clusters = self.labels_[self.core_sample_indices_][nearest[:, 0]]
        return np.where(distance[:, 0] <= self.eps, clusters, NOISE)


def radius_graph(X: np.ndarray, radius: float) -> csr_matrix:
    """Distances between all rows within `radius`, sorted row by row, as DBSCAN takes them."""
    return NearestNeighbors(radius=radius, algorithm="brute").fit(X).radius_neighbors_graph(
        X, mode="distance", sort_results=True
    )  # fmt: skip


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
        The fit with the largest silhouette; where none has two clusters, the one with most clusters.
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
    valid = np.isfinite(silhouette)
    best = int(np.nanargmax(silhouette)) if valid.any() else int(np.argmax(n_clusters))
    kept = [labels[labels != NOISE] for labels in labelings]
    n_clustered = np.array([len(labels) for labels in kept])
    largest = np.array([np.bincount(labels, minlength=1).max() for labels in kept])
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
    starts = np.concatenate([[0], np.cumsum(keep)])[graph.indptr]
    return csr_matrix((graph.data[keep], graph.indices[keep], starts), shape=graph.shape)


def candidate_eps(distances: KDistances, percentiles: list[float]) -> np.ndarray:
    """Return radii worth trying: percentiles of the k-distances, those that copies of images bring to zero left out."""
    radii = np.unique(np.percentile(distances.distances, percentiles))
    positive = radii[radii > 1e-6 * distances.distances[-1]]
    return positive if len(positive) else np.array([max(float(distances.distances[-1]), 1e-6)])


def dbscan_clusters(sweep: DBSCANSweep, test: np.ndarray) -> Clusters:
    """Return the best DBSCAN of a sweep as clusters, with what it says of test features."""
    return Clusters(int(sweep.best.labels_.max()) + 1, sweep.best.labels_, sweep.best.predict(test))


def report_metrics(
    sweep: KMeansSweep,
    clusters: Clusters,
    kmeans,
    density: DBSCANSweep,
    distances: KDistances,
    dbscan,
    scalings,
    agreement,
) -> dict[str, object]:
    """Gather the numbers that the phase shows, under the names of `metrics.json`."""
    best = density.best_index
    names = list(scalings)
    return {
        "chosen": "kmeans",
        "sweep": {
            "best_k": sweep.best,
            "best_silhouette": np.nanmax(sweep.silhouette),
            "inertia": dict(zip(sweep.n_clusters, sweep.inertia, strict=True)),
            "n_images": sweep.n_images,
            "silhouette": dict(zip(sweep.n_clusters, sweep.silhouette, strict=True)),
        },
        "methods": {
            "kmeans": {**kmeans.as_dict(), "sizes": clusters.sizes},
            "dbscan": {**dbscan.as_dict(), "eps": density.eps[best], "n_clustered": density.n_clustered[best],
                       "n_outside_largest": density.n_outside[best], "n_radii": len(density.eps),
                       "noise": density.noise[best], "silhouette": density.silhouette[best]},
        },
        "dbscan_sweep": {
            "eps": density.eps, "knee_eps": distances.knee_eps, "n_clusters": density.n_clusters,
            "n_clustered": density.n_clustered, "n_outside_largest": density.n_outside,
            "noise": density.noise, "silhouette": density.silhouette,
        },
        "scaling": {
            name: {**scalings[name], "agreement": dict(zip(names, agreement[i], strict=True))}
            for i, name in enumerate(names)
        },
    }  # fmt: skip
