"""One interface for all that an image can be described with, and the same questions put to each.

A representation turns rows of raw pixels into codes and codes back into rows of raw pixels: the pixels themselves,
principal components, truncated SVD, autoencoders. Errors are measured in pixels, whose range in the train images
counts as 1.
"""

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.metrics import pairwise_distances_argmin_min

from report_lib.common import metrics, representations
from report_lib.common.arrays import CHUNK, flatten, sample_rows
from report_lib.common.errors import ReportError
from report_lib.common.models import draws, kmeans, seeds_for, small_network
from report_lib.common.parallel import at_once
from report_lib.reduction.linear import LinearReducer, Moments, PixelScaler, moments

log = logging.getLogger(__name__)
# Images a training step, and the share of them that is held out to choose the epoch.
BATCH, HELD_OUT = 256, 0.1
TRAINING = ("loss_curve", "best_epoch", "stopped", "precision")


class Linear(TransformerMixin, BaseEstimator):
    """Pixels, scaled, or the first components of PCA or truncated SVD; raw pixels in, codes out.

    Parameters
    ----------
    kind : {"pixels", "pca", "svd"}
    scaling : str
        As in `PixelScaler`.
    n_components : int
        Of `pca` and `svd`.

    Attributes
    ----------
    scaler_ : PixelScaler
    reducer_ : LinearReducer or None
    """

    def __init__(self, kind: str = "pixels", *, scaling: str = "min-max", n_components: int = 100):
        self.kind = kind
        self.scaling = scaling
        self.n_components = n_components

    def fit(self, X: np.ndarray, y: object = None) -> "Linear":
        """Learn from rows of shape (n, d)."""
        # The phase has moments, PCA and SVD already. All is learnt anew from the images, as an autoencoder is, so that
        # the time of fitting is what it would cost by itself.
        m = moments(X)
        self.scaler_, self.reducer_ = PixelScaler(self.scaling).fit_moments(m), None
        if self.kind != "pixels":
            scaled = m.scaled(self.scaler_.offset_, self.scaler_.scale_)
            self.reducer_ = LinearReducer(self.n_components, center=self.kind == "pca").fit_moments(scaled)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the codes of rows, float32."""
        scaled = self.scaler_.transform(X)
        return scaled if self.reducer_ is None else self.reducer_.transform(scaled)

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """Rebuild rows of raw pixels from codes or from their first columns, float32."""
        return self.scaler_.inverse_transform(Z if self.reducer_ is None else self.reducer_.inverse_transform(Z))


@dataclass(frozen=True)
class Representation:
    """One description of the images.

    Attributes
    ----------
    name, title : str
        In the parameters, and for readers.
    model : estimator with `transform` and `inverse_transform`
    code_shape : tuple of int
        Of one image.
    train, test : ndarray of shape (n, product of `code_shape`), float32
        Codes.
    test_mse : float
        Mean squared error of rebuilding all test images.
    seconds : dict
        `fit` and `encode` (all train images).
    """

    name: str
    title: str
    model: object
    code_shape: tuple[int, ...]
    train: np.ndarray
    test: np.ndarray
    test_mse: float
    seconds: dict[str, float]

    @property
    def size(self) -> int:
        """Numbers in the code of one image."""
        return math.prod(self.code_shape)

    @property
    def active(self) -> int:
        """How many of them are not the same for all train images."""
        return int((self.train.max(axis=0) > self.train.min(axis=0)).sum())


def fit_representations(
    names: Sequence[str],
    train: np.ndarray,
    test: np.ndarray,
    m: Moments,
    *,
    scaling: str,
    n_components: int,
    steps: dict[str, int],
    precision: str,
    random_state: int,
) -> tuple[list[Representation], dict[str, str]]:
    """Learn each representation from the train images, and encode train and test images.

    Parameters
    ----------
    names : sequence of str
        As `representations` has them; what needs PyTorch is left out where it is not installed.
    train, test : ndarray of shape (n, h, w)
    m : Moments
        Of the train images, unscaled.
    scaling, n_components
        Of PCA and truncated SVD.
    steps : dict of str to int
        Of training, for `dense` and `conv` autoencoders, at most; so that few images are seen more often than many.
    precision : str
    random_state : int

    Returns
    -------
    found : list of Representation
    absent : dict of str to str
        By title, why a representation could not be had: there is no PyTorch, or training came to nothing.
    """
    found, absent = [], {}
    for name in names:
        title = representations.parse(name).title
        try:
            model = _model(name, train.shape, scaling, n_components, steps, precision, random_state)
            start = time.perf_counter()
            model.fit(flatten(train))
        except ReportError as error:
            if str(error) not in absent.values():
                log.warning("%s left out: %s", title, error)
            absent[title] = str(error)
            continue
        fit_seconds = time.perf_counter() - start
        shape = representations.parse(name).code_shape(train.shape[1:], n_components)
        found.append(_describe(name, model, shape, train, test, m, fit_seconds))
    return found, absent


def _describe(name, model, shape, train, test, m, fit_seconds) -> Representation:
    start = time.perf_counter()
    codes = encode(model, train)
    seconds = {"fit": fit_seconds, "encode": time.perf_counter() - start}
    test_codes = encode(model, test)
    error = rebuilding_error(model, test, test_codes, m)
    return Representation(name, representations.parse(name).title, model, shape, codes, test_codes, error, seconds)


def _model(name, shape, scaling, n_components, steps, precision, random_state) -> object:
    parsed = representations.parse(name)
    kind, sizes = parsed.kind, parsed.sizes
    if not parsed.is_learnt:
        count = sizes[0] if sizes else n_components
        return Linear(kind, scaling="min-max" if kind == "pixels" else scaling, n_components=count)
    ConvAutoencoder, DenseAutoencoder = _autoencoders()
    epochs = max(1, round(steps[kind] / math.ceil((1 - HELD_OUT) * shape[0] / BATCH)))
    options = {
        "max_epochs": epochs,
        "patience": max(3, epochs // 10),
        "batch_size": BATCH,
        "validation_fraction": HELD_OUT,
        "precision": precision,
        "random_state": random_state,
    }
    if kind == "dense":
        return DenseAutoencoder(sizes, **options)
    return ConvAutoencoder(sizes, image_shape=shape[1:], **options)


def _autoencoders() -> tuple[type, type]:
    try:
        from report_lib.reduction.autoencoders import ConvAutoencoder, DenseAutoencoder
    except (ImportError, OSError) as error:
        raise ReportError("PyTorch is not installed, or does not load; `pip install torch` brings it") from error
    return ConvAutoencoder, DenseAutoencoder


def described(
    names: Sequence[str],
    train: np.ndarray,
    test: np.ndarray,
    autoencoders: dict[str, object],
    *,
    scaling: str,
    n_components: int,
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield name, train codes and test codes of one description after the other, so that one is in memory at a time.

    Parameters
    ----------
    names : sequence of str
        Autoencoders that are not among those given are left out; what is linear is learnt from the train images.
    train, test : ndarray of shape (n, h, w)
    autoencoders : dict of str to estimator
        By name, fitted.
    """
    for name in names:
        model = autoencoders.get(name)
        if model is None and not representations.parse(name).is_learnt:
            model = _model(name, train.shape, scaling, n_components, {}, "auto", 0).fit(flatten(train))
        if model is not None:
            yield name, encode(model, train), encode(model, test)


def learnt(found: Sequence[Representation]) -> list[Representation]:
    """Return those that are autoencoders."""
    return [r for r in found if representations.parse(r.name).is_learnt]


def encode(model: object, images: np.ndarray) -> np.ndarray:
    """Return the codes of images, chunk by chunk; shape (n, size of the code), float32."""
    rows = flatten(images)
    return np.concatenate([model.transform(rows[i : i + CHUNK]) for i in range(0, len(rows), CHUNK)])


def rebuilding_error(model: object, images: np.ndarray, codes: np.ndarray, m: Moments) -> float:
    """Return the mean squared error of rebuilding images from their codes; the range of the train pixels is 1."""
    rows, total = flatten(images), 0.0
    for i in range(0, len(rows), CHUNK):
        difference = model.inverse_transform(codes[i : i + CHUNK]) - rows[i : i + CHUNK]
        total += float(np.square(difference, dtype=np.float64).sum())
    return total / rows.size / (m.high - m.low) ** 2


@dataclass(frozen=True)
class PCACurve:
    """What PCA leaves out with each number of components, to hold other descriptions of the same size against.

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

    def beaten_by(self, found: Sequence[Representation]) -> dict[str, bool]:
        """Return by title whether each has a smaller error, by half a percent at least; only those `at` has a value for."""
        errors = {r.title: (r.test_mse, self.at(r.size)) for r in found}
        return {title: bool(own < 0.995 * pca) for title, (own, pca) in errors.items() if pca is not None}


def rebuild(found: Sequence[Representation], images: np.ndarray) -> np.ndarray:
    """Set images above what each representation makes of them; shape (1 + len(found), n, h, w), float32."""
    rebuilt = [r.model.inverse_transform(r.model.transform(flatten(images))).reshape(images.shape) for r in found]
    return np.stack([images.astype(np.float32), *rebuilt])


def walk(found: Sequence[Representation], images: np.ndarray, n_steps: int) -> np.ndarray:
    """Go from the first of two images to the second in a straight line through each code space, decoded on the way.

    Returns
    -------
    ndarray of shape (len(found), n_steps, h, w), float32
    """
    share = np.linspace(0, 1, n_steps, dtype=np.float32)[:, None]
    steps = []
    for r in found:
        a, b = r.model.transform(flatten(images))
        steps.append(r.model.inverse_transform((1 - share) * a + share * b).reshape(n_steps, *images.shape[1:]))
    return np.stack(steps)


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


def middles(
    found: Sequence[Representation], test: np.ndarray, train: np.ndarray, m: Moments, *, n_pairs: int, random_state: int
) -> Middles:
    """Mix the codes of random pairs of test images half and half, decode them, and look for the nearest train image."""
    n_pairs = min(n_pairs, len(test) // 2)
    rows = np.random.default_rng(random_state).permutation(len(test))[: 2 * n_pairs]
    pairs, pixels = flatten(test)[rows], flatten(train).astype(np.float32)

    def distance(pictures: np.ndarray) -> metrics.Interval:
        nearest = pairwise_distances_argmin_min(pictures.astype(np.float32), pixels)[1]
        return metrics.mean_interval(nearest / math.sqrt(pixels.shape[1]) / (m.high - m.low))

    made = {}
    for r in found:
        codes = r.model.transform(pairs)
        made[r.title] = distance(r.model.inverse_transform((codes[:n_pairs] + codes[n_pairs:]) / 2))
    return Middles(made, distance(pairs[:n_pairs]), n_pairs)


def code_images(r: Representation, images: np.ndarray) -> np.ndarray:
    """Return images beside the channels of their codes, enlarged to the same size; shape (n, 1 + channels, h, w).

    Images are brought to [0, 1] together, and so is each channel, over all the images.
    """
    h, w = images.shape[1:]
    codes = r.model.transform(flatten(images)).reshape(len(images), *r.code_shape)
    factor = (-(-h // codes.shape[2]), -(-w // codes.shape[3]))
    large = codes.repeat(factor[0], axis=2).repeat(factor[1], axis=3)[:, :, :h, :w]
    pictures = np.concatenate([images[:, None].astype(np.float32), large], axis=1)
    low, high = (end(pictures, axis=(0, 2, 3), keepdims=True) for end in (np.min, np.max))
    return (pictures - low) / np.maximum(high - low, 1e-12)


def kmeans_scores(
    found: Sequence[Representation],
    test_labels: np.ndarray,
    n_classes: int,
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
        By title: `accuracy` (Hungarian), `nmi` and `ari`, arrays of shape (n_repeats,).
    """
    scores = {}
    for r in found:
        tables = []
        for seed in seeds_for(random_state, n_repeats):
            rows = sample_rows(len(r.train), n_images, seed)
            clusters = kmeans(r.train[rows], n_clusters, n_init=1, random_state=seed).predict(r.test)
            tables.append(metrics.contingency(test_labels, clusters, n_classes, n_clusters))
        scores[r.title] = {
            "accuracy": np.array([metrics.hungarian_accuracy(table) for table in tables]),
            "nmi": metrics.normalized_mutual_info(np.stack(tables)),
            "ari": metrics.adjusted_rand(np.stack(tables)),
        }
    return scores


@dataclass(frozen=True)
class FewLabels:
    """What a small network makes of each representation, taught few labels.

    Attributes
    ----------
    n_labels : int
    right : dict of str to ndarray of shape (n_repeats, n_test), bool
        By title: whether each test image was classified rightly.
    """

    n_labels: int
    right: dict[str, np.ndarray]

    def arrays(self) -> dict[str, np.ndarray]:
        """Return `right` by number of labels and title, as `few_labels.measured` takes it."""
        return {f"{self.n_labels}/{title}": own for title, own in self.right.items()}

    @property
    def accuracy(self) -> dict[str, metrics.Interval]:
        """Mean accuracy over the repeats."""
        return {title: metrics.mean_over_draws(own) for title, own in self.right.items()}

    @property
    def advantage(self) -> dict[str, metrics.Interval]:
        """Accuracy less that of the first representation, on the same draws and images; all but the first."""
        first, *others = self.right
        return {title: metrics.difference_over_draws(self.right[title], self.right[first]) for title in others}


def few_labels(
    found: Sequence[Representation],
    train_labels: np.ndarray,
    test_labels: np.ndarray,
    *,
    label_share: float,
    n_repeats: int,
    random_state: int,
) -> FewLabels:
    """Teach a small network the labels of a few train images, several times, and test it on all test images.

    Each repeat draws the labelled images anew, the same for all representations.
    """
    n = len(train_labels)
    n_labels = max(1, round(label_share * n))
    drawn = draws(n, n_labels, n_repeats, random_state)
    calls = ((small_network, (r.train[rows], train_labels[rows], seed), {}) for r in found for seed, rows in drawn)
    networks, right = at_once(calls), {}
    for r in found:
        right[r.title] = np.stack([next(networks).predict(r.test) for _ in drawn]) == test_labels
    return FewLabels(n_labels, right)


def arrays(found: Sequence[Representation]) -> dict[str, np.ndarray]:
    """Return the autoencoders as arrays that can be kept without pickling, each under `name/`."""
    return {f"{r.name}/{key}": value for r in learnt(found) for key, value in r.model.arrays().items()}


def from_arrays(kept: dict[str, np.ndarray]) -> dict[str, object]:
    """Return the autoencoders that `arrays` came from, by name; none are none, with or without PyTorch."""
    if not kept:
        return {}
    ConvAutoencoder, DenseAutoencoder = _autoencoders()
    parts: dict[str, dict[str, np.ndarray]] = {}
    for key, value in kept.items():
        name, part = key.split("/", 1)
        parts.setdefault(name, {})[part] = value
    kinds = {"dense": DenseAutoencoder, "conv": ConvAutoencoder}
    return {name: kinds[representations.parse(name).kind].from_arrays(**own) for name, own in parts.items()}


def report_metrics(
    found: Sequence[Representation],
    grouped: dict[str, dict[str, np.ndarray]],
    few: FewLabels | None,
) -> dict[str, object]:
    """Gather the numbers of the comparison, under the names of `metrics.json`."""
    numbers, accuracies = {}, few.accuracy if few is not None else {}
    for r in found:
        own: dict[str, object] = {"code_size": r.size, "active": r.active, "test_mse": r.test_mse}
        if representations.parse(r.name).is_learnt:
            own["training"] = {name: getattr(r.model, f"{name}_") for name in TRAINING}
        if r.title in grouped:
            own["kmeans"] = grouped[r.title]
        if few is not None:
            accuracy = accuracies[r.title]
            own["few_labels"] = {
                "n_labels": few.n_labels,
                "accuracy": accuracy.value,
                "interval_95": accuracy.as_dict(),
                "draws": few.right[r.title].mean(axis=1),
            }
        numbers[r.name] = own
    return numbers
