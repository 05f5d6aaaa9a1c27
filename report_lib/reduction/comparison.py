"""One interface for all that an image can be represented by, and the same questions put to each.

A representation turns rows of raw pixels into codes and codes back into rows of raw pixels: the pixels themselves,
principal components, truncated SVD, autoencoders. Errors are measured in pixels, whose range in the train images
counts as 1.
"""

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min

from report_lib.common import metrics
from report_lib.common.arrays import CHUNK, chunks, flatten
from report_lib.common.errors import ReportError
from report_lib.common.keep import kept
from report_lib.common.models import draws, kmeans
from report_lib.common.parallel import at_once
from report_lib.common.representations import RepresentationName, parse
from report_lib.data.images import ImageSet
from report_lib.reduction import linear
from report_lib.reduction.few_labels import Curve, network_curve
from report_lib.understanding.measure import pick_examples as pick_examples

if TYPE_CHECKING:
    from report_lib.reduction.autoencoders import Autoencoder

log = logging.getLogger(__name__)
# Images a training step, and the share of them that is held out to choose the epoch.
BATCH, HELD_OUT = 256, 0.1
TRAINING = ("loss_curve", "best_epoch", "stopped", "precision")


@dataclass(frozen=True)
class FittedRepresentation:
    """One representation of the images.

    Attributes
    ----------
    spec : RepresentationName
    model : LinearRepresentation or Autoencoder
    code_shape : tuple of int
        Of one image.
    train, test : ndarray of shape (n, product of `code_shape`), float32
        Codes.
    test_mse : float
        Mean squared error of rebuilding all test images.
    seconds : dict
        `fit` and `encode` (all train images).
    """

    spec: RepresentationName
    model: linear.Encoder
    code_shape: tuple[int, ...]
    train: np.ndarray
    test: np.ndarray
    test_mse: float
    seconds: dict[str, float]

    @property
    def name(self) -> str:
        """Its name in the parameters."""
        return self.spec.name

    @property
    def title(self) -> str:
        """Its name for readers."""
        return self.spec.title

    @property
    def size(self) -> int:
        """Numbers in the code of one image."""
        return math.prod(self.code_shape)

    @property
    def active(self) -> int:
        """How many of them are not the same for all train images."""
        return int((self.train.max(axis=0) > self.train.min(axis=0)).sum())

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        numbers = {"code_size": self.size, "active": self.active, "test_mse": self.test_mse}
        if self.spec.is_learnt:
            numbers["training"] = {name: getattr(self.model, f"{name}_") for name in TRAINING}
        return numbers


Learnt = tuple["Autoencoder | None", str, float]


def begin(
    names: Sequence[str], train: np.ndarray, *, steps: dict[str, int], precision: str, random_state: int
) -> Iterator[tuple[str, Learnt]]:
    """Begin to train the autoencoders among representations in the background, each in a process of one thread.

    Parameters
    ----------
    names : sequence of str
    train : ndarray of shape (n, h, w)
    steps : dict of str to int
        Of training, for `dense` and `conv` autoencoders, at most; so that few images are seen more often than many.
    precision : str
    random_state : int

    Returns
    -------
    iterator of (str, tuple)
        Name; and the autoencoder or None, why there is none, and the seconds that it took.
    """
    # Those with convolutions take longest, so they are begun first.
    specs = sorted((spec for spec in map(parse, names) if spec.is_learnt), key=lambda spec: spec.kind != "conv")
    options = {"precision": precision, "random_state": random_state}
    trained = at_once((_train, (spec, train), {"n_steps": steps[spec.kind], **options}) for spec in specs)
    return zip([spec.name for spec in specs], trained, strict=True)


@kept
def fit_representations(
    names: Sequence[str],
    train: np.ndarray,
    test: np.ndarray,
    reduction: linear.Reduction,
    *,
    n_components: int,
    autoencoders: dict[str, Learnt],
) -> tuple[list[FittedRepresentation], dict[str, str]]:
    """Fit the linear representations, and encode train and test images by all.

    Parameters
    ----------
    names : sequence of str
        As `representations` has them; what needs PyTorch is left out where it is not installed.
    train, test : ndarray of shape (n, h, w)
    reduction : Reduction
        Of the train images: PCA and truncated SVD are scaled as it is.
    n_components : int
        Of PCA and truncated SVD, where their names do not say.
    autoencoders : dict of str to tuple
        By name, what `begin` came to.

    Returns
    -------
    fitted : list of FittedRepresentation
    missing : dict of str to str
        By title, why a representation could not be had: there is no PyTorch, or training came to nothing.
    """
    fitted, missing = [], {}
    for spec in map(parse, names):
        start = time.perf_counter()
        if spec.is_learnt:
            model, why, seconds = autoencoders[spec.name]
        else:
            model, why = _fit_linear(spec, train, reduction.scaler.kind, n_components), ""
            seconds = time.perf_counter() - start
        if why:
            if why not in missing.values():
                log.warning("%s left out: %s", spec.title, why)
            missing[spec.title] = why
            continue
        start = time.perf_counter()
        codes = linear.encode(model, train)
        took = {"fit": seconds, "encode": time.perf_counter() - start}
        shape, test_codes = spec.code_shape(train.shape[1:], n_components), linear.encode(model, test)
        error = rebuilding_error(model, test, test_codes, reduction.moments)
        fitted.append(FittedRepresentation(spec, model, shape, codes, test_codes, error, took))
    return fitted, missing


def _fit_linear(spec: RepresentationName, train: np.ndarray, scaling: str, n_components: int) -> linear.Encoder:
    # The phase has moments, PCA and SVD already. All is learnt anew from the images, as an autoencoder is, so that
    # the time of fitting is what it would cost by itself.
    scaling = "min-max" if spec.kind == "pixels" else scaling
    return linear.fit_linear(flatten(train), spec.kind, scaling=scaling, n_components=[n_components, *spec.sizes][-1])


@kept
def _train(spec: RepresentationName, train: np.ndarray, *, n_steps: int, precision: str, random_state: int) -> Learnt:
    epochs = max(1, round(n_steps / math.ceil((1 - HELD_OUT) * len(train) / BATCH)))
    model, why, start = None, "", time.perf_counter()
    try:
        model = _autoencoder_class()(
            spec.name, image_shape=train.shape[1:], max_epochs=epochs, patience=max(3, epochs // 10), batch_size=BATCH,
            validation_fraction=HELD_OUT, precision=precision, random_state=random_state,
        )  # fmt: skip
        model.fit(flatten(train))
    except ReportError as error:
        model, why = None, str(error)
    return model, why, time.perf_counter() - start


def _autoencoder_class() -> "type[Autoencoder]":
    try:
        from report_lib.reduction.autoencoders import Autoencoder
    except (ImportError, OSError) as error:
        raise ReportError("PyTorch is not installed, or does not load; `pip install torch` brings it") from error
    return Autoencoder


def described(
    names: Sequence[str],
    train: np.ndarray,
    test: np.ndarray,
    autoencoders: "dict[str, Autoencoder]",
    *,
    scaling: str,
    n_components: int,
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield name, train codes and test codes of one representation after the other: one is in memory at a time.

    Parameters
    ----------
    names : sequence of str
        Autoencoders that are not among those given are left out; what is linear is learnt from the train images.
    train, test : ndarray of shape (n, h, w)
    autoencoders : dict of str to Autoencoder
        By name, fitted.
    """
    for spec in map(parse, names):
        model = autoencoders.get(spec.name)
        if not spec.is_learnt:
            model = _fit_linear(spec, train, scaling, n_components)
        if model is not None:
            yield spec.name, linear.encode(model, train), linear.encode(model, test)


def learnt(fitted: Sequence[FittedRepresentation]) -> list[FittedRepresentation]:
    """Return those that are autoencoders."""
    return [r for r in fitted if r.spec.is_learnt]


def rebuilding_error(model: linear.Encoder, images: np.ndarray, codes: np.ndarray, m: linear.Moments) -> float:
    """Return the mean squared error of rebuilding images from their codes; the range of the train pixels is 1."""
    rows, total = flatten(images), 0.0
    for i in range(0, len(rows), CHUNK):
        difference = model.inverse_transform(codes[i : i + CHUNK]) - rows[i : i + CHUNK]
        total += float(np.square(difference, dtype=np.float64).sum())
    return total / rows.size / (m.high - m.low) ** 2


@dataclass(frozen=True)
class PCACurve:
    """What PCA leaves out with each number of components, to hold other representations of the same size against.

    Attributes
    ----------
    counts : sequence of int
        Numbers of components, ascending.
    mse : ndarray of shape (len(counts),)
        Mean squared error of rebuilding all test images, the range of the train pixels being 1.
    """

    counts: Sequence[int]
    mse: np.ndarray

    def at(self, size: int) -> float | None:
        """Return the error with as many components as a code has numbers; None where the curve has no such count."""
        return dict(zip(self.counts, self.mse, strict=True)).get(size)

    def is_beaten_by(self, size: int, error: float) -> bool | None:
        """Return whether a code has a smaller error, by half a percent at least; None where `at` has no value."""
        pca = self.at(size)
        return None if pca is None else bool(error < 0.995 * pca)


def pca_curve(fitted: Sequence[FittedRepresentation], pca: linear.Reduction, test: np.ndarray) -> PCACurve | None:
    """Measure PCA at about thirty sizes, and at those of the representations; None where there are none."""
    if not fitted:
        return None
    sizes = [r.size for r in fitted]
    counts = linear.code_sizes(min(test[0].size, 2 * max(sizes)), sizes)
    return PCACurve(counts, linear.pixel_mse(pca, test, counts))


@kept
def rebuild_all(
    learnt: Sequence[FittedRepresentation], pca: linear.Reduction, images: np.ndarray, counts: Sequence[int]
) -> dict[str, np.ndarray]:
    """Rebuild images from several numbers of principal components, and from every autoencoder.

    Returns
    -------
    dict of str to ndarray of shape (n, h, w), float32
        By title and size, the originals first.
    """
    linearly = {f"PCA ({k})": linear.rebuild(pca.first(k), images) for k in counts}
    return {"original": images.astype(np.float32), **linearly} | {
        f"{r.title} ({r.size})": linear.rebuild(r.model, images) for r in learnt
    }


def walk(fitted: Sequence[FittedRepresentation], images: np.ndarray, n_steps: int) -> dict[str, np.ndarray]:
    """Go from the first image to the last in a straight line through each code space, decoded on the way.

    Returns
    -------
    dict of str to ndarray of shape (n_steps, h, w), float32
        By title.
    """
    share, ends = np.linspace(0, 1, n_steps, dtype=np.float32)[:, None], flatten(images[[0, -1]])
    steps = {}
    for r in fitted:
        a, b = r.model.transform(ends)
        steps[r.title] = r.model.inverse_transform((1 - share) * a + share * b).reshape(n_steps, *images.shape[1:])
    return steps


@dataclass(frozen=True)
class Middles:
    """How far the pictures half way between two images are from the nearest train image.

    Distances are root mean squares over the pixels, whose range in the train images counts as 1.

    Attributes
    ----------
    distance : dict of str to metrics.Interval
        By title; the mean over pairs of test images.
    real : metrics.Interval
        The same of the test images themselves.
    n_pairs : int
    """

    distance: dict[str, metrics.Interval]
    real: metrics.Interval
    n_pairs: int


@kept
def middles(
    fitted: Sequence[FittedRepresentation],
    test: np.ndarray,
    train: np.ndarray,
    m: linear.Moments,
    *,
    n_pairs: int,
    random_state: int,
) -> Middles | None:
    """Mix the codes of random pairs of test images half and half, decode them, and look for the nearest train image."""
    if not fitted:
        return None
    n_pairs = min(n_pairs, len(test) // 2)
    rows = np.random.default_rng(random_state).permutation(len(test))[: 2 * n_pairs]
    pairs = flatten(test)[rows]

    def distance(pictures: np.ndarray) -> metrics.Interval:
        pictures = pictures.astype(np.float32)
        nearest = reduce(
            np.minimum, (pairwise_distances_argmin_min(pictures, part)[1] for part in chunks(flatten(train)))
        )
        return metrics.mean_interval(nearest / math.sqrt(pictures.shape[1]) / (m.high - m.low))

    distances = {}
    for r in fitted:
        codes = r.model.transform(pairs)
        distances[r.title] = distance(r.model.inverse_transform((codes[:n_pairs] + codes[n_pairs:]) / 2))
    return Middles(distances, distance(pairs[:n_pairs]), n_pairs)


@kept
def kmeans_scores(
    fitted: Sequence[FittedRepresentation],
    images: ImageSet,
    *,
    n_clusters: int,
    n_images: int,
    n_repeats: int,
    random_state: int,
) -> dict[str, dict[str, np.ndarray]]:
    """Cluster each representation with K-Means, several times, and score the clusters of the test images.

    Each repeat has a seed and a sample of train images of its own, the same for all representations.

    Returns
    -------
    dict of str to dict
        By title: `accuracy` (Hungarian), `nmi` and `ari`, arrays of shape (n_repeats,). Empty without labels.
    """
    scores, drawn = {}, draws(len(images.train_images), n_images, n_repeats, random_state)
    for r in fitted if images.has_labels else []:
        fits = (kmeans(r.train[rows], n_clusters, n_init=1, random_state=seed) for seed, rows in drawn)
        clusters = [fit.predict(r.test) for fit in fits]
        tables = [metrics.contingency(images.test_labels, c, len(images.class_names), n_clusters) for c in clusters]
        found = [metrics.table_scores(table) for table in tables]
        scores[r.title] = {name: np.array([own[name] for own in found]) for name in found[0]}
    return scores


@kept
def few_labels(
    fitted: Sequence[FittedRepresentation],
    images: ImageSet,
    *,
    label_share: float,
    n_repeats: int,
    random_state: int,
) -> dict[str, Curve]:
    """Teach a small network the labels of a few train images, as `network_curve` does; by title, empty without labels."""
    if not images.has_labels:
        return {}
    train_labels, n_known = images.train_labels, int(images.labelled["train"].sum())
    options = {"counts": [max(1, round(label_share * n_known))], "n_draws": n_repeats, "random_state": random_state}
    return {r.title: network_curve(r.train, train_labels, r.test, images.test_labels, **options) for r in fitted}


def arrays(fitted: Sequence[FittedRepresentation]) -> dict[str, np.ndarray]:
    """Return the autoencoders as arrays that can be kept without pickling, each under `name/`."""
    return {f"{r.name}/{key}": value for r in learnt(fitted) for key, value in r.model.arrays().items()}


def from_arrays(kept: dict[str, np.ndarray]) -> "dict[str, Autoencoder]":
    """Return the autoencoders that `arrays` came from, by name; none are none, with or without PyTorch."""
    parts: dict[str, dict[str, np.ndarray]] = {}
    for key, value in kept.items():
        name, part = key.split("/", 1)
        parts.setdefault(name, {})[part] = value
    return {name: _autoencoder_class().from_arrays(**part) for name, part in parts.items()}


def times(fitted: Sequence[FittedRepresentation]) -> list[dict[str, object]]:
    """Return what each took, for a table of times."""
    return [{"name": r.title, **r.seconds} for r in fitted]


def gather(
    fitted: Sequence[FittedRepresentation], grouped: dict[str, dict[str, np.ndarray]], curves: dict[str, Curve]
) -> dict[str, dict[str, object]]:
    """Return the numbers of the comparison by the names of the representations, as `metrics.json` has them.

    Parameters
    ----------
    grouped : dict
        As `kmeans_scores` gives it.
    curves : dict
        As `few_labels` gives it.
    """
    numbers = {r.name: r.as_dict() for r in fitted}
    for r in fitted:
        if grouped:
            numbers[r.name]["kmeans"] = grouped[r.title]
        if curves:
            numbers[r.name]["few_labels"] = curves[r.title].as_dict()
    return numbers
