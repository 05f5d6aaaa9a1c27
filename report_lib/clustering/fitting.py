"""Every clustering method on every description, several times, by one interface.

A method is fitted to train images, once for each seed, and says of train and test images alike which cluster they
belong to. Of its fits the most typical is kept, the one that agrees most with the others; labels have no say in it.
"""

import inspect
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from report_lib.clustering.density import Density, PredictingDBSCAN, PredictingHDBSCAN
from report_lib.clustering.graph_clustering import GraphClustering, vote
from report_lib.clustering.methods import METHODS, titled
from report_lib.clustering.representations import Representation
from report_lib.common.arrays import sample_rows
from report_lib.common.keep import kept
from report_lib.common.metrics import NOISE, rand_between
from report_lib.common.models import kmeans, seeds_of_fits
from report_lib.common.parallel import at_once

MIXTURE_STEPS = 100


@dataclass(frozen=True)
class Clusters:
    """A clustering of train images and what it says of test images, the largest cluster first; -1 is noise.

    Attributes
    ----------
    n_clusters : int
    train, test : ndarray of shape (n,), int64
    centers : ndarray of shape (n_clusters, d), or None
    rows : ndarray of int, or None
        Which train images `train` speaks of; None for all.
    modularity : float
        Of clusters of a graph.
    """

    n_clusters: int
    train: np.ndarray
    test: np.ndarray
    centers: np.ndarray | None = None
    rows: np.ndarray | None = None
    modularity: float = np.nan

    @property
    def sizes(self) -> np.ndarray:
        """Train images in each cluster, noise left out."""
        return np.bincount(self.train[self.train != NOISE], minlength=self.n_clusters)

    def of_train(self, values: np.ndarray | None) -> np.ndarray | None:
        """Return those of values of all train images that belong to `train`."""
        return values if values is None or self.rows is None else values[self.rows]


@dataclass(frozen=True)
class Fitted:
    """One method on one description.

    Attributes
    ----------
    method, on : str
        Name of the method, title of the description.
    fits : list of Clusters
        One a seed.
    seconds : float
        A fit took, with the neighbours that it needs, on average.
    models : sequence of estimators
        In the order of `fits`, where they were fitted to samples and may be asked about the rest.
    options : dict of str to object
        Parameters of the run that it was fitted with.
    """

    method: str
    on: str
    fits: list[Clusters]
    seconds: float
    models: Sequence[Any] = field(default=(), repr=False)
    options: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def kept(self) -> Clusters:
        """The most typical fit: by its adjusted Rand index with the others on test images, the first of equals."""
        return self.fits[self.typical]

    @cached_property
    def typical(self) -> int:
        """Its position."""
        agreement = [[rand_between(one.test, other.test) for other in self.fits] for one in self.fits]
        return int(np.argmax(np.sum(agreement, axis=1).round(9)))

    @property
    def title(self) -> str:
        """Method and description, for readers."""
        return titled(self.method, self.on)


@kept
def fit_all(
    representations: dict[str, Representation],
    methods: Sequence[str],
    *,
    n_seeds: int,
    random_state: int,
    **options: Any,
) -> list[Fitted]:
    """Fit every method on every description where it is tried, with the same seeds.

    Parameters
    ----------
    representations : dict of str to Representation
        By title.
    methods : sequence of str
        Names in `METHODS`.
    **options
        Parameters of the run, of which each method takes those that its function names.
    """
    seeds, calls = seeds_of_fits(random_state, n_seeds), []
    for method in (METHODS[name] for name in methods):
        own = {name: options[name] for name in inspect.signature(method.fit).parameters if name in options}
        on = [representations[place] for place in method.places if place in representations]
        calls += [(_fit, (method.name, there, seeds), own) for there in on]
    # What is alone, or has threads of its own, is fitted here. Of the others graphs take longest, so they are begun first.
    here = [i for i, (_, (name, *_), _) in enumerate(calls) if len(calls) == 1 or METHODS[name].threaded]
    others = [i for i in reversed(range(len(calls))) if i not in here]
    elsewhere = at_once([calls[i] for i in others])
    fitted = {i: _fit(*calls[i][1], **calls[i][2]) for i in here}
    fitted |= zip(others, elsewhere, strict=True)
    return [fitted[i] for i in range(len(calls))]


def _fit(method: str, on: Representation, seeds: Sequence[int], **own: Any) -> Fitted:
    return replace(METHODS[method].fit(on, seeds=seeds, **own), options=own)


def times(fitted: Sequence[Fitted]) -> list[dict[str, object]]:
    """Return how long a fit of each method took, as the page tabulates it."""
    return [{"name": own.title, "fit": own.seconds} for own in fitted]


def by_size(n_clusters: int, train: np.ndarray, test: np.ndarray, **more: Any) -> Clusters:
    """Sort clusters by size, the largest first; those without train images go."""
    rank, n = _ranks(n_clusters, train)
    if more.get("centers") is not None:
        more["centers"] = more["centers"][np.argsort(rank[:-1], kind="stable")[n_clusters - n :]]
    return Clusters(n, rank[train], rank[test], **more)


def _ranks(n_clusters: int, train: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the new number of each cluster, -1 for an empty one and, at the end, for noise; and how many have images."""
    sizes = np.bincount(train[train != NOISE], minlength=n_clusters)
    n = int(np.count_nonzero(sizes))
    rank = np.full(n_clusters + 1, NOISE)
    rank[np.argsort(-sizes, kind="stable")[:n]] = np.arange(n)
    return rank, n


def fit_kmeans(representation: Representation, *, n_clusters: int, n_init: int, seeds: Sequence[int]) -> Fitted:
    """Fit K-Means to all train images."""
    start = time.perf_counter()
    models = [kmeans(representation.train, n_clusters, n_init=n_init, random_state=seed) for seed in seeds]
    seconds = (time.perf_counter() - start) / len(models)
    fits = [
        by_size(n_clusters, m.labels_.astype(np.int64), m.predict(representation.test).astype(np.int64),
                centers=m.cluster_centers_)
        for m in models
    ]  # fmt: skip
    return Fitted("kmeans", representation.title, fits, seconds)


def fit_mixture(X: np.ndarray, n_clusters: int, random_state: int) -> GaussianMixture:
    """Fit Gaussians, each with a covariance of its own, from one K-Means start.

    Variances are kept from falling below a millionth of the rows', so that copies of an image are no cluster of
    infinite density.
    """
    X = np.asarray(X, np.float64)
    floor = max(1e-6 * float(X.var(axis=0).mean()), 1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture = GaussianMixture(n_clusters, reg_covar=floor, max_iter=MIXTURE_STEPS, random_state=random_state)
        return mixture.fit(X)


def fit_gaussian_mixture(
    representation: Representation, *, n_clusters: int, n_mixture: int, mixture_components: int, seeds: Sequence[int]
) -> Fitted:
    """Fit a Gaussian mixture to samples of train images in the first dimensions."""
    thin = representation.first(mixture_components)
    train, test = np.asarray(thin.train, np.float64), np.asarray(thin.test, np.float64)
    start = time.perf_counter()
    samples = [train[sample_rows(len(train), n_mixture, seed)] for seed in seeds]
    models = [fit_mixture(X, n_clusters, seed) for X, seed in zip(samples, seeds, strict=True)]
    seconds = (time.perf_counter() - start) / len(models)
    fits = [by_size(n_clusters, m.predict(train), m.predict(test)) for m in models]
    return Fitted("gaussian_mixture", representation.title, fits, seconds, models)


def fit_dbscan(
    representation: Representation,
    *,
    densities: dict[str, Density],
    dbscan_min_samples: int,
    dbscan_n_images: int,
    seeds: Sequence[int],
) -> Fitted:
    """Fit DBSCAN to samples of train images, at the best radius of those tried on the description."""
    eps = float(densities[representation.title].sweep.best.eps)
    model, start = PredictingDBSCAN(eps, min_samples=dbscan_min_samples), time.perf_counter()
    samples = [sample_rows(len(representation.train), dbscan_n_images, seed) for seed in seeds]
    models = [clone(model).fit(representation.train[rows]) for rows in samples]
    return _density("dbscan", representation, models, samples, (time.perf_counter() - start) / len(models))


def fit_hdbscan(
    representation: Representation,
    *,
    hdbscan_share: float,
    dbscan_min_samples: int,
    dbscan_n_images: int,
    hdbscan_components: int,
    seeds: Sequence[int],
) -> Fitted:
    """Fit HDBSCAN to samples of train images in the first dimensions; a cluster has at least that share of them."""
    size = max(2, round(hdbscan_share * min(dbscan_n_images, len(representation.train))))
    thin = representation.first(hdbscan_components)
    model, start = PredictingHDBSCAN(size, min_samples=dbscan_min_samples), time.perf_counter()
    samples = [sample_rows(len(representation.train), dbscan_n_images, seed) for seed in seeds]
    models = [clone(model).fit(thin.train[rows]) for rows in samples]
    return _density("hdbscan", thin, models, samples, (time.perf_counter() - start) / len(models))


def _density(
    method: str, representation: Representation, models: list[Any], samples: list[np.ndarray], seconds: float
) -> Fitted:
    fits = [
        by_size(int(m.labels_.max()) + 1, m.labels_, m.predict(representation.test), rows=rows)
        for m, rows in zip(models, samples, strict=True)
    ]
    return Fitted(method, representation.title, fits, seconds, models)


def fit_graph(representation: Representation, *, n_clusters: int, seeds: Sequence[int]) -> Fitted:
    """Cluster the graph of all train images."""
    start = time.perf_counter()
    k = representation.graph.indices.shape[1]
    model = GraphClustering(n_clusters, n_neighbors=k, n_starts=len(seeds), random_state=seeds[0])
    model.fit(representation.train, edges=representation.edges)
    seconds = representation.seconds + (time.perf_counter() - start) / len(seeds)
    fits = [
        by_size(n_clusters, labels, vote(representation.test_graph, labels), modularity=float(score))
        for labels, score in zip(model.partitions_, model.modularity_, strict=True)
    ]
    return Fitted("graph", representation.title, fits, seconds)


def for_all(fitted: Fitted, representation: Representation) -> Clusters:
    """Return the kept fit with a word on every train image, also where it was fitted to a sample of them.

    Clusters keep their numbers, so that what is known of them stays true.
    """
    kept = fitted.kept
    if kept.rows is None:
        return kept
    model = fitted.models[fitted.typical]
    rank = _ranks(int(model.labels_.max()) + 1, model.labels_)[0]
    return replace(kept, train=rank[model.predict(representation.train[:, : model.n_features_in_])], rows=None)


def recurrence(fitted: Fitted) -> np.ndarray:
    """How well each cluster of the kept fit is found again in the other fits, by the test images in it.

    The largest Jaccard overlap with a cluster of another fit, mean over the others (Hennig, Cluster-wise assessment of
    cluster stability, 2007); NaN where there is no other fit, or no test image.
    """
    kept, others = fitted.kept, [fit for i, fit in enumerate(fitted.fits) if i != fitted.typical]
    if not others:
        return np.full(kept.n_clusters, np.nan)
    return np.mean([_overlap(kept, other) for other in others], axis=0)


def _overlap(first: Clusters, second: Clusters) -> np.ndarray:
    a, b = (np.eye(fit.n_clusters + 1)[fit.test][:, : fit.n_clusters] for fit in (first, second))
    both = a.T @ b
    either = a.sum(axis=0)[:, None] + b.sum(axis=0) - both
    best = (both / np.maximum(either, 1)).max(axis=1, initial=0.0)
    return np.where(a.sum(axis=0) > 0, best, np.nan)
