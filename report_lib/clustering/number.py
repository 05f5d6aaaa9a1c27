"""How many clusters the images have, chosen without labels where a run asks for `auto`.

Modularity times agreement of halves, by which `graphs` chooses the graph, is looked at for every number of clusters on both
graphs, and set against what a reference without groups reaches: images from one Gaussian with the mean and the covariance
of the images. The number is taken that is farthest above it. This is the gap of Tibshirani, Walther and Hastie (Estimating
the number of clusters in a data set via the gap statistic, 2001) for the stability of Lange, Roth, Braun and Buhmann
(Stability-based validation of clustering solutions, 2004). There is nothing in it to be tuned.

It was chosen by scores, on 40 sets: Fashion-MNIST, MNIST and digits, subsets of 2 to 10 of their classes, 300 to 3,000
images, noisy, blurred, shifted and unbalanced ones, and made images of 2 to 12 groups; 23 more were made afterwards.
Counted is where the number is the true one or one beside it, or the clusters agree with the classes within 0.02 of the
best number tried (adjusted mutual information); and what is lost of that on average, of 40 and of 23:

    this                                        31    0.037    17    0.051
    with adjusted mutual information, not Rand  31    0.033    16    0.069
    without the reference                       27    0.052    16    0.058
    prediction strength of 0.8 at least         27    0.115    13    0.143
    gap of the eigenvalues of the graph         24    0.090
    agreement of halves less the reference      22    0.120    13    0.157
    mean rank of the five criteria              21    0.099    14    0.158
    agreement of halves                         20    0.159     9    0.207
    silhouette of K-Means                       19    0.173    10    0.194
    modularity                                  18    0.119    10    0.120
    Leiden's own number, at resolution 1        18    0.129
    stability of K-Means                        17    0.187    11    0.183

On 16 sets without groups (one Gaussian, pixels shuffled among images, noise) it says so 15 times, and never on the 63.

What the reference does not have is images that pass into one another without a step: a bar at any angle, a spot anywhere,
one class alone. They are cut into pieces far apart, more than one Gaussian is, but other halves cut them elsewhere.
So it is also told how far halves agree on the clusters taken, against what Tibshirani and Walther (Cluster validation by
prediction strength, 2005) ask for. Fashion-MNIST, MNIST and digits have 0.89 to 0.94 on the better graph; bars, spots and
single classes of the three 0.74 at most, but for the 1 of the digits, which is written in two ways. `make calibrate`
tries it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from report_lib.clustering.graph_clustering import Edges, communities, jaccard_edges, merge, vote, with_surplus
from report_lib.clustering.graph_clustering import modularity as modularity_of
from report_lib.clustering.methods import HOG, PCA
from report_lib.clustering.representations import Representation, Shapes
from report_lib.common.arrays import flatten, sample_rows
from report_lib.common.metrics import rand_between
from report_lib.common.models import seeds_of_fits
from report_lib.common.neighbors import nearest, nearest_to
from report_lib.common.parallel import at_once

# Train images that are looked at, at most, and pairs of halves of them.
MOST, PAIRS = 2_500, 2
# From this agreement of halves on, borders between clusters are found again by other images.
AGREED = 0.8
# Resolutions that are tried: the first, the factor from one to the next, and how many.
FIRST, STEP, STEPS = 0.014, 1.25, 40


@dataclass(frozen=True)
class Evidence:
    """What speaks for each number of clusters on one description.

    Attributes
    ----------
    own, reference : ndarray of shape (m, n_pairs), float64
        Modularity times agreement of halves, of the images and of the reference, by number and pair of halves.
    agreed : ndarray of shape (m, n_pairs), float64
        Agreement of halves alone, of the images.
    """

    own: np.ndarray
    reference: np.ndarray
    agreed: np.ndarray

    @property
    def above(self) -> np.ndarray:
        """How far each pair is above the mean of the reference; shape (m, n_pairs)."""
        return self.own - self.reference.mean(axis=1, keepdims=True)

    def as_dict(self, n_clusters: np.ndarray) -> dict[str, object]:
        """Return the means over pairs of halves, by number of clusters."""
        means = {"images": self.own.mean(axis=1), "reference": self.reference.mean(axis=1)}
        return {name: dict(zip(n_clusters, values, strict=True)) for name, values in means.items()}


@dataclass(frozen=True)
class Support:
    """How far each number of clusters is supported, and which of them best.

    Attributes
    ----------
    n_clusters : ndarray of shape (m,), int
    by_title : dict of str to Evidence
        By the title of the description, in the order of the table of methods.
    """

    n_clusters: np.ndarray
    by_title: dict[str, Evidence]

    @property
    def above(self) -> np.ndarray:
        """How far each pair of halves is above the reference, on the better description; shape (m, n_pairs)."""
        found = np.stack([own.above for own in self.by_title.values()])
        return found[self._better, np.arange(len(self.n_clusters))]

    @property
    def values(self) -> np.ndarray:
        """Its mean over pairs of halves; shape (m,)."""
        return self.above.mean(axis=1)

    @property
    def number(self) -> int:
        """The number of clusters that is supported best; the smallest of equals."""
        return int(self.n_clusters[self.values.argmax()])

    @property
    def on(self) -> str:
        """Title of the description on which it is."""
        return list(self.by_title)[self._better[self.values.argmax()]]

    @property
    def best(self) -> tuple[float, float]:
        """Modularity times agreement there, of the images and of the reference."""
        own, at = self.by_title[self.on], self.values.argmax()
        return float(own.own[at].mean()), float(own.reference[at].mean())

    @property
    def nearly(self) -> list[int]:
        """The other numbers that some pair of halves puts as high as some pair puts the best."""
        lowest = self.above[self.values.argmax()].min()
        return [int(k) for k in self.n_clusters[self.above.max(axis=1) >= lowest] if k != self.number]

    @property
    def lead(self) -> float | None:
        """How far the best is above the next best; None where one number was tried."""
        ranked = np.sort(self.values)
        return float(ranked[-1] - ranked[-2]) if len(ranked) > 1 else None

    @property
    def is_there(self) -> bool:
        """Whether every pair of halves puts the best above all that the reference reaches, with any number."""
        reached = max(own.reference.max() for own in self.by_title.values())
        return bool(self.by_title[self.on].own[self.values.argmax()].min() > reached)

    @property
    def agreement(self) -> float:
        """Adjusted Rand index of what two halves make of all images, with the best number; mean over pairs of halves."""
        return float(self.by_title[self.on].agreed[self.values.argmax()].mean())

    @property
    def found_again(self) -> bool:
        """Whether other images would put the borders between clusters where these do."""
        return self.agreement >= AGREED

    @property
    def _better(self) -> np.ndarray:
        """Position of the description that supports each number best; shape (m,)."""
        return np.stack([own.above.mean(axis=1) for own in self.by_title.values()]).argmax(axis=0)

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        return {
            "number": self.number,
            "on": self.on,
            "lead": self.lead,
            "nearly": self.nearly,
            "supported": self.is_there,
            "agreement": self.agreement,
            "found_again": self.found_again,
            "by_representation": {title: own.as_dict(self.n_clusters) for title, own in self.by_title.items()},
        }


def support(
    described: dict[str, Representation],
    images: np.ndarray,
    shapes: Shapes | None,
    n_clusters: Sequence[int],
    *,
    random_state: int,
) -> Support | None:
    """See how far each number of clusters is supported; None where a run has no graphs.

    Parameters
    ----------
    described : dict of str to Representation
        By title.
    images : ndarray of shape (n, h, w)
        The train images.
    """
    if shapes is None:
        return None
    rows = sample_rows(len(images), MOST, random_state)
    # Clusters of two images in each half, and as many neighbours as there are.
    k = min(described[HOG].graph.indices.shape[1], len(rows) // 2 - 1)
    ks = np.array([number for number in n_clusters if len(rows) // 2 >= 2 * number])
    if not len(ks) or k < 1:
        return None
    own = {title: described[title].train[rows] for title in (HOG, PCA)}
    plain = _described(flatten(images[rows]), own[PCA], shapes, random_state)
    seeds = seeds_of_fits(random_state, PAIRS)
    calls = [(pair, (X, ks, k, seed), {}) for codes in (own, plain) for X in codes.values() for seed in seeds]
    found = np.stack(list(at_once(calls))).reshape(2, len(own), PAIRS, 2, len(ks))
    # From pair by pair to number by number: the product of both sets of images, and the agreement of the images' own.
    products, agreed = found[..., 0, :].swapaxes(2, 3), found[0, ..., 1, :].swapaxes(1, 2)
    return Support(ks, {title: Evidence(*products[:, i], agreed[i]) for i, title in enumerate(own)})


def weights_of_draws(n: int, *, random_state: int) -> np.ndarray:
    """Return weights of n centred rows whose sums are draws from one Gaussian with the covariance of the rows.

    Weights, and not draws, because what is a sum of images is the same sum of their components.

    Returns
    -------
    ndarray of shape (n, n), float32
    """
    return (np.random.default_rng(random_state).normal(size=(n, n)) / np.sqrt(n)).astype(np.float32)


def _described(pixels: np.ndarray, codes: np.ndarray, shapes: Shapes, random_state: int) -> dict[str, np.ndarray]:
    """Describe images drawn from one Gaussian with the mean and the covariance of the images, by title."""
    mixed, mean = weights_of_draws(len(pixels), random_state=random_state), pixels.mean(axis=0, dtype=np.float32)
    drawn = mean + mixed @ (pixels - mean)
    return {HOG: shapes.model.transform(drawn), PCA: mixed @ (codes - codes.mean(axis=0))}


@dataclass(frozen=True)
class Half:
    """What the graph of half of the rows makes of all of them, for several numbers of clusters.

    Attributes
    ----------
    found : list of m ndarrays of shape (n,), int64
    modularity : ndarray of shape (m,), float64
        Of the half's own graph.
    """

    found: list[np.ndarray]
    modularity: np.ndarray


def pair(X: np.ndarray, n_clusters: Sequence[int], n_neighbors: int, random_state: int) -> np.ndarray:
    """Cut the graphs of two halves of the rows into each number of clusters; their modularity times their agreement.

    Agreement is the adjusted Rand index of what either half makes of all rows, modularity the mean of both graphs'.

    Returns
    -------
    ndarray of shape (2, len(n_clusters)), float64
        The product, and the agreement alone.
    """
    return supported_by(*cut_halves(X, n_clusters, n_neighbors, random_state))


def supported_by(one: Half, other: Half) -> np.ndarray:
    """Return the same of two halves that are cut already."""
    agreed = np.array([rand_between(a, b) for a, b in zip(one.found, other.found, strict=True)])
    return np.stack([np.maximum(agreed, 0) * np.maximum((one.modularity + other.modularity) / 2, 0), agreed])


def cut_halves(X: np.ndarray, n_clusters: Sequence[int], n_neighbors: int, random_state: int) -> tuple[Half, Half]:
    """Cut the graphs of two halves of the rows into each number of clusters."""
    order = np.random.default_rng(random_state).permutation(len(X))
    one, other = (_half(X, rows, n_clusters, n_neighbors, random_state) for rows in np.array_split(order, 2))
    return one, other


def _half(X: np.ndarray, rows: np.ndarray, n_clusters: Sequence[int], n_neighbors: int, random_state: int) -> Half:
    edges = jaccard_edges(nearest(X[rows], n_neighbors))
    # Each half also judges its own rows by their neighbours, as it does those of the other.
    near, found = nearest_to(X[rows], X, n_neighbors), list(cuts(edges, n_clusters, random_state=random_state))
    modularity = np.array([modularity_of(edges.between(own)) for own in found])
    return Half([vote(near, labels) for labels in found], modularity)


def cuts(edges: Edges, n_clusters: Sequence[int], *, random_state: int) -> Iterator[np.ndarray]:
    """Cut a graph into each of several numbers of clusters, in ascending order, as `GraphClustering` does.

    Each begins at the resolution where the one before it had enough communities, so that they share the search.
    """
    parts, step = edges.parts, 0
    found = communities(edges, resolution=FIRST, random_state=random_state)
    for k in n_clusters:
        wanted = with_surplus(parts, k)
        while found.max() + 1 < wanted and step < STEPS:
            step += 1
            found = communities(edges, resolution=FIRST * STEP**step, random_state=random_state)
        yield merge(edges, found, k, resolution=FIRST * STEP**step)
