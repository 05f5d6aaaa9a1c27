"""How many clusters: several criteria, each on the data that it is made for, and what they say together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import rankdata

from report_lib.clustering.fitting import fit_mixture
from report_lib.clustering.graph_clustering import Edges, Resolutions, sweep_resolutions
from report_lib.clustering.number import Support, support
from report_lib.clustering.representations import Representation, Shapes
from report_lib.clustering.silhouettes import over_rows, silhouettes
from report_lib.common.arrays import sample_rows
from report_lib.common.keep import kept
from report_lib.common.metrics import rand_between
from report_lib.common.models import kmeans, seeds_of_fits
from report_lib.common.parallel import at_once

# What a run asks for that leaves the number open.
AUTO = "auto"
# The criterion that decides where a run leaves the number open.
SUPPORT = "halves of the graph"


@dataclass(frozen=True)
class KMeansSweep:
    """K-Means for several numbers of clusters on the same rows.

    Attributes
    ----------
    n_clusters : ndarray of shape (m,), int
    inertia, silhouette, calinski_harabasz : ndarray of shape (m,), float64
    by_cluster : list of m ndarrays
        Mean silhouette of each cluster.
    n_images : int
    """

    n_clusters: np.ndarray
    inertia: np.ndarray
    silhouette: np.ndarray
    calinski_harabasz: np.ndarray
    by_cluster: list[np.ndarray]
    n_images: int

    @property
    def best(self) -> int:
        """Number of clusters with the largest silhouette; the smallest where there is none."""
        return int(self.n_clusters[np.nan_to_num(self.silhouette, nan=-np.inf).argmax()])

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        return {
            "best_k": self.best,
            "best_silhouette": np.nan_to_num(self.silhouette, nan=-np.inf).max(),
            "inertia": dict(zip(self.n_clusters, self.inertia, strict=True)),
            "n_images": self.n_images,
            "silhouette": dict(zip(self.n_clusters, self.silhouette, strict=True)),
        }


def sweep_kmeans(X: np.ndarray, n_clusters: Sequence[int], *, n_init: int, random_state: int) -> KMeansSweep:
    """Fit K-Means for each number of clusters; silhouettes are exact, on all rows.

    Calinski and Harabasz, A dendrite method for cluster analysis, 1974: variance between clusters over variance
    inside, each by its degrees of freedom.
    """
    ks, n = np.array(n_clusters), len(X)
    fits = [kmeans(X, int(k), n_init=n_init, random_state=random_state) for k in ks]
    labelings = np.stack([fit.labels_ for fit in fits])
    inertia = np.array([float(fit.inertia_) for fit in fits])
    total = float(n * X.var(axis=0, dtype=np.float64).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = ((total - inertia) / (ks - 1)) / (inertia / (n - ks))
    by_cluster = silhouettes(X, labelings)
    sizes = [np.bincount(labels, minlength=len(own)) for labels, own in zip(labelings, by_cluster, strict=True)]
    silhouette = [over_rows(own, size) for own, size in zip(by_cluster, sizes, strict=True)]
    return KMeansSweep(ks, inertia, np.array(silhouette), ratio, by_cluster, n)


def stability(X: np.ndarray, n_clusters: Sequence[int], *, n_pairs: int, n_init: int, random_state: int) -> np.ndarray:
    """Compare K-Means fitted to one half of the rows with K-Means fitted to the other, on all: adjusted Rand index.

    Ben-Hur, Elisseeff and Guyon, A stability based method for discovering structure in clustered data, 2002.

    Returns
    -------
    ndarray of shape (len(n_clusters), n_pairs)
    """
    found = np.empty((len(n_clusters), n_pairs))
    for j, seed in enumerate(seeds_of_fits(random_state, n_pairs)):
        order = np.random.default_rng([random_state, j]).permutation(len(X))
        halves = np.array_split(order, 2)
        for i, k in enumerate(n_clusters):
            one, other = (kmeans(X[rows], int(k), n_init=n_init, random_state=seed).predict(X) for rows in halves)
            found[i, j] = rand_between(one, other)
    return found


def mixture_bic(X: np.ndarray, n_clusters: Sequence[int], *, random_state: int) -> Iterator[float]:
    """Bayesian information criterion of a Gaussian mixture with each number of components; the lower, the better.

    Schwarz, Estimating the dimension of a model, 1978. Fits begin at once; each is waited for when its value is taken.
    """
    return at_once((_bic, (X, int(k), random_state), {}) for k in n_clusters)


def _bic(X: np.ndarray, k: int, random_state: int) -> float:
    return float(fit_mixture(X, k, random_state).bic(X))


@dataclass(frozen=True)
class Criterion:
    """What one criterion says of each number of clusters.

    Attributes
    ----------
    name : str
    values : ndarray of shape (m,), float64
    highest : bool
        Whether the highest value is the best, or the lowest.
    low, high : ndarray of shape (m,), or None
        Spread of the value, where it has one.
    spread : str
        Over what.
    """

    name: str
    values: np.ndarray
    highest: bool = True
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    spread: str = ""

    @property
    def ranks(self) -> np.ndarray:
        """1 for the best; what is not defined comes last."""
        signed = -self.values if self.highest else self.values
        return rankdata(np.where(np.isnan(signed), np.inf, signed))


@dataclass(frozen=True)
class Panel:
    """Several criteria for the number of clusters.

    Attributes
    ----------
    n_clusters : ndarray of shape (m,), int
    criteria : list of Criterion
    sweep : KMeansSweep, or None
    communities : Resolutions, or None
        What some of them come from.
    support : Support, or None
        What decides where a run leaves the number open.
    given : int, or None
        What the run was told, where it does not leave the number open.
    """

    n_clusters: np.ndarray
    criteria: list[Criterion]
    sweep: KMeansSweep | None = None
    communities: Resolutions | None = None
    support: Support | None = None
    given: int | None = None

    @property
    def suggested(self) -> dict[str, int]:
        """The number of clusters that each criterion likes best; the smallest of equals."""
        return {c.name: int(self.n_clusters[c.ranks.argmin()]) for c in self.criteria}

    @property
    def mean_rank(self) -> np.ndarray:
        """Mean over the criteria of the rank of each number of clusters; shape (m,)."""
        return np.mean([c.ranks for c in self.criteria] or [np.zeros(len(self.n_clusters))], axis=0)

    @property
    def best(self) -> int:
        """The number of clusters that is supported best, else the one with the best mean rank; the smallest of equals."""
        return self.tied[0] if self.support is None else self.support.number

    @property
    def tied(self) -> list[int]:
        """All numbers of clusters with the best mean rank."""
        return [int(k) for k in self.n_clusters[np.isclose(self.mean_rank, self.mean_rank.min())]]

    @property
    def number(self) -> int:
        """The number of clusters that was given, else the best."""
        return self.best if self.given is None else self.given

    def led_by(self, support: Support | None) -> "Panel":
        """Return the panel with one more criterion, which decides where no number is given; itself without that."""
        if support is None:
            return self
        values, ends = (np.full((n, len(self.n_clusters)), np.nan) for n in (1, 2))
        at = np.searchsorted(self.n_clusters, support.n_clusters)
        values[0, at], ends[0, at], ends[1, at] = support.values, support.above.min(axis=1), support.above.max(axis=1)
        heard = Criterion(SUPPORT, values[0], True, *ends, "over pairs of halves")
        return replace(self, criteria=[*self.criteria, heard], support=support)

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        found = {
            "best": self.best,
            "given": self.given,
            "mean_rank": dict(zip(self.n_clusters, self.mean_rank, strict=True)),
            "suggested": self.suggested,
            "tied": self.tied,
            "values": {c.name: dict(zip(self.n_clusters, c.values, strict=True)) for c in self.criteria},
        }
        return found if self.support is None else found | {"support": self.support.as_dict()}


@kept
def gather(
    train: np.ndarray,
    n_clusters: Sequence[int],
    methods: Sequence[str],
    edges: Edges | None,
    *,
    resolutions: Sequence[float],
    n_sweep: int,
    n_init_sweep: int,
    n_halves: int,
    n_mixture: int,
    mixture_components: int,
    random_state: int,
) -> Panel:
    """Hear every criterion that a run can have: of K-Means, of a mixture where it is one of the methods, of the graph.

    Parameters
    ----------
    train : ndarray of shape (n, d)
        Principal components, of which samples are taken.
    edges : Edges, or None
        Of the graph of shapes.
    resolutions, n_sweep, n_init_sweep, n_halves, n_mixture, mixture_components
        As the run's parameters of these names.
    """
    points = train[sample_rows(len(train), n_sweep, random_state)]
    options = {"n_init": n_init_sweep, "random_state": random_state}
    bic = None
    if "gaussian_mixture" in methods:
        few = train[sample_rows(len(train), n_mixture, random_state), :mixture_components]
        bic = mixture_bic(few, n_clusters, random_state=random_state)
    sweep = sweep_kmeans(points, n_clusters, **options)
    halves = stability(points, n_clusters, n_pairs=n_halves, **options) if n_halves else None
    bic = None if bic is None else np.array(list(bic))
    communities = sweep_resolutions(edges, resolutions, n_clusters, random_state=random_state)
    return put_together(sweep, halves=halves, bic=bic, communities=communities)


def decide(
    panel: Panel,
    described: dict[str, Representation],
    images: np.ndarray,
    shapes: Shapes | None,
    *,
    asked: int | str,
    random_state: int,
) -> Panel:
    """Hear the halves of the graphs, which decide where a run asks for `auto`; parameters as `number.support` has them."""
    found = support(described, images, shapes, panel.n_clusters, random_state=random_state)
    return replace(panel.led_by(found), given=None if asked == AUTO else asked)


def put_together(
    sweep: KMeansSweep,
    *,
    halves: np.ndarray | None = None,
    bic: np.ndarray | None = None,
    communities: Resolutions | None = None,
) -> Panel:
    """Put the criteria together; those that a run did not ask for, or that have no value, are left out.

    Parameters
    ----------
    halves : ndarray of shape (m, n_pairs)
        As `stability` gives it.
    bic : ndarray of shape (m,)
    communities : Resolutions
    """
    ends = [np.array([end(own) if np.isfinite(own).any() else np.nan for own in sweep.by_cluster])
            for end in (np.nanmin, np.nanmax)]  # fmt: skip
    criteria = [
        Criterion("silhouette", sweep.silhouette, True, *ends, "from the least to the most separate cluster"),
        Criterion("Calinski–Harabasz", sweep.calinski_harabasz),
    ]
    if halves is not None:
        ends = halves.min(axis=1), halves.max(axis=1)
        criteria.append(Criterion("stability", halves.mean(axis=1), True, *ends, "over pairs of halves"))
    if bic is not None:
        criteria.append(Criterion("mixture BIC", bic, False))
    if communities is not None:
        values = [communities.by_number[int(k)] for k in sweep.n_clusters]
        criteria.append(Criterion("modularity", np.array(values)))
    return Panel(sweep.n_clusters, [c for c in criteria if not np.isnan(c.values).all()], sweep, communities)
