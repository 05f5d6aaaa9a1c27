"""What scaling does to K-Means: the same images after three scalings, refitted several times after each."""

from dataclasses import dataclass

import numpy as np

from report_lib.clustering.fitting import Clusters, fit_kmeans
from report_lib.clustering.representations import Representation
from report_lib.common.arrays import flatten, sample_rows
from report_lib.common.keep import kept
from report_lib.common.metrics import contingency, rand_between, table_scores
from report_lib.common.models import seeds_of_fits
from report_lib.data.images import ImageSet
from report_lib.reduction.linear import LinearRepresentation, Moments, PixelScaler, encode, fit_reducer

# Starts of K-Means for each refit, and train images that the refits draw from, at most.
STARTS, MOST = 3, 10_000


@dataclass(frozen=True)
class Scalings:
    """How refits of K-Means agree, after the same scaling and after another.

    Attributes
    ----------
    agreement : ndarray of shape (m, m)
        Mean adjusted Rand index between two refits.
    scores : dict of str to dict
        By scaling, `ari` and `nmi` against the classes, arrays with one entry a refit; empty without labels.
    n_images : int
        That each refit learnt from.
    """

    agreement: np.ndarray
    scores: dict[str, dict[str, np.ndarray]]
    n_images: int

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        return {
            name: {**own, "agreement": dict(zip(self.scores, row, strict=True))}
            for (name, own), row in zip(self.scores.items(), self.agreement, strict=True)
        }


@kept
def compare(
    images: ImageSet,
    moments: dict[str, np.ndarray | float],
    *,
    n_components: int,
    n_images: int,
    n_clusters: int,
    n_refits: int,
    random_state: int,
) -> Scalings:
    """Scale the images in three ways, and see what K-Means makes of each.

    Parameters
    ----------
    moments : dict
        Moments of all train images, unscaled, as they are kept.
    n_components : int
        That K-Means sees.
    n_images : int
        Train images that the refits draw from, at most.
    """
    train = images.train_images[sample_rows(len(images.train_images), min(n_images, MOST), random_state)]
    variants = describe(Moments(**moments), train, images.test_images, n_components)
    fits = refits(variants, n_clusters=n_clusters, n_refits=n_refits, random_state=random_state)
    scores = score(fits, images.test_labels, len(images.class_names))
    return Scalings(agreement(fits), scores, len(train) // 2)


def describe(
    m: Moments, train: np.ndarray, test: np.ndarray, n_components: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Describe the same images after three scalings, to see what scaling does to distances.

    Parameters
    ----------
    m : Moments
        Of all train images, unscaled.
    train, test : ndarray of shape (n, h, w)
    n_components : int

    Returns
    -------
    dict of str to (train, test)
        Arrays of shape (n, n_components), float32: `min-max`, `standard` (each pixel to variance 1), and
        `whitened` (min-max, then each component to variance 1, as the textbook pipeline has it).
    """
    variants = {}
    for kind in ("min-max", "standard"):
        scaler = PixelScaler(kind).fit_moments(m)
        pca = fit_reducer(flatten(train), m, scaler)
        model = LinearRepresentation(scaler, pca.first(n_components))
        variants[kind] = tuple(encode(model, part) for part in (train, test))
        if kind == "min-max":
            # A component without variance holds rounding errors, which whitening would blow up.
            variance = pca.explained_variance_[:n_components]
            deviation = np.sqrt(np.where(variance > 1e-6 * variance[0], variance, np.inf)).astype(np.float32)
            variants["whitened"] = tuple(part / deviation for part in variants[kind])
    return variants


def refits(
    variants: dict[str, tuple[np.ndarray, np.ndarray]], *, n_clusters: int, n_refits: int, random_state: int
) -> dict[str, list[Clusters]]:
    """Refit K-Means several times after each scaling of `describe`.

    Each refit draws half of the train rows and has a seed of its own, the same for every scaling, so that what
    scaling changes can be told from what refitting changes.
    """
    n = len(next(iter(variants.values()))[0])
    fits: dict[str, list[Clusters]] = {name: [] for name in variants}
    for refit, seed in enumerate(seeds_of_fits(random_state, n_refits)):
        rows = np.random.default_rng([random_state, refit]).permutation(n)[: max(n // 2, n_clusters)]
        for name, (train, test) in variants.items():
            half = Representation(name, train[rows], test)
            fits[name].append(fit_kmeans(half, n_clusters=n_clusters, n_init=STARTS, seeds=[seed]).kept)
    return fits


def agreement(fits: dict[str, list[Clusters]]) -> np.ndarray:
    """Compare ways of grouping the same test images, each refitted several times; needs no truth.

    Returns
    -------
    ndarray of shape (m, m)
        Mean adjusted Rand index between a refit of one way and another refit of the other; on the diagonal, between
        refits of the same way, which is how far refitting alone moves the groups. 1 where there is one refit only.
    """
    return np.array([[_mean_agreement(a, b) for b in fits.values()] for a in fits.values()])


def _mean_agreement(a: list[Clusters], b: list[Clusters]) -> float:
    pairs = [rand_between(x.test, y.test) for i, x in enumerate(a) for j, y in enumerate(b) if i != j]
    return float(np.mean(pairs)) if pairs else 1.0


def score(
    fits: dict[str, list[Clusters]], test_labels: np.ndarray | None, n_classes: int
) -> dict[str, dict[str, np.ndarray]]:
    """Score every refit of every way on test images, as `Scalings` holds it."""
    if test_labels is None:
        return {name: {} for name in fits}
    scores = {}
    for name, own in fits.items():
        tables = [table_scores(contingency(test_labels, fit.test, n_classes, fit.n_clusters)) for fit in own]
        scores[name] = {key: np.array([table[key] for table in tables]) for key in ("ari", "nmi")}
    return scores
