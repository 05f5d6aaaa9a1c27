"""What all labels give: the classic classifiers of arXiv 1708.07747, Table 3, and what two small networks do better.

Every step that learns sees train images only; test images are classified once.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from report_lib.classification.classifiers import CLASSIFIERS, Setting
from report_lib.classification.classifiers import published as published_for
from report_lib.clustering.representations import Representation
from report_lib.common.arrays import flatten, sample_rows
from report_lib.common.errors import ReportError
from report_lib.common.keep import kept
from report_lib.common.metrics import Interval, wilson_interval
from report_lib.common.models import fit_within_budget
from report_lib.common.parallel import Call, at_once
from report_lib.data.images import ImageSet

N_BINS = 15


@dataclass(frozen=True)
class Predictions:
    """What a classifier says of the test images.

    Attributes
    ----------
    name : str
        In `classifiers.CLASSIFIERS`.
    n_images : int
        Train images that it learnt from.
    classes : ndarray of shape (n_test,), int64
    proba : ndarray of shape (n_test, n_classes), float32, or None
        None where a classifier gives no probabilities.
    seconds : dict of str to float
        `fit`, and `predict` for all test images.
    network : NetworkEstimator, or None
        The fitted network of images, which new images can be shown.
    """

    name: str
    n_images: int
    classes: np.ndarray
    proba: np.ndarray | None
    seconds: dict[str, float]
    network: Any = None

    @property
    def title(self) -> str:
        """What readers call the classifier."""
        return CLASSIFIERS[self.name].title


def begin(
    names: Sequence[str],
    images: ImageSet,
    shape: Representation | None,
    *,
    n_slow: int,
    conv_filters: Sequence[int],
    conv_epochs: int,
    random_state: int,
) -> "Underway":
    """Begin to fit every classifier that is asked for, in the background; none without labels.

    Parameters
    ----------
    shape : Representation or None
        Oriented gradients, where there are any.
    n_slow : int
        Train images that the slow ones learn from, at most.
    """
    conv = images.image_shape, tuple(conv_filters), conv_epochs
    n_train, settings, absent = len(images.train_images), {}, {}
    for name in names if images.has_labels else ():
        own = CLASSIFIERS[name]
        setting = Setting(min(n_slow, n_train) if own.slow else n_train, random_state, *conv)
        try:
            if own.on == "hog" and shape is None:
                raise ReportError("the run made no graph of shapes")
            own.build(setting)
            settings[name] = setting
        except ReportError as error:
            absent[own.title] = str(error)

    def call(name: str) -> Call:
        on_hog = CLASSIFIERS[name].on == "hog"
        train, test = (shape.train, shape.test) if on_hog else map(flatten, (images.train_images, images.test_images))
        rows = sample_rows(n_train, settings[name].n_images, random_state)
        return _fit, (name, settings[name], train[rows], images.train_labels[rows], test), {}

    from_longest = sorted(settings, key=list(CLASSIFIERS).index, reverse=True)
    return Underway(images, settings, absent, zip(from_longest, at_once(map(call, from_longest)), strict=True))


@kept
def _fit(name: str, setting: Setting, train: np.ndarray, labels: np.ndarray, test: np.ndarray) -> tuple[Any, ...]:
    """Fit and ask, in a thread of its own: several wait for one another, in small matrices for longer than one takes.

    Returns
    -------
    tuple
        The fitted network of images, or None; the classes met; probabilities of test images, or their classes; seconds.
    """
    model, start = CLASSIFIERS[name].build(setting), time.perf_counter()
    fit_within_budget(model, train, labels)
    middle = time.perf_counter()
    answer = model.predict_proba(test) if hasattr(model, "predict_proba") else model.predict(test)
    seconds = {"fit": middle - start, "predict": time.perf_counter() - middle}
    return model if hasattr(model, "network_") else None, model.classes_, answer, seconds


def _predictions(
    name: str,
    n_images: int,
    n_classes: int,
    network: Any,
    met: np.ndarray,
    answer: np.ndarray,
    seconds: dict[str, float],
) -> Predictions:
    """Bring what a classifier answered, classes or probabilities of the classes that it met, to one form."""
    if answer.ndim == 1:
        return Predictions(name, n_images, answer.astype(np.int64), None, seconds, network)
    proba = np.zeros((len(answer), n_classes), np.float32)
    proba[:, met] = answer
    return Predictions(name, n_images, proba.argmax(axis=1), proba, seconds, network)


@dataclass(frozen=True)
class Calibration:
    """How often a classifier is right when it says how sure it is.

    Attributes
    ----------
    confidence, accuracy : ndarray of shape (n_bins,)
        Means of each bin of the highest probability, bins of equal width; NaN for an empty one.
    count : ndarray of shape (n_bins,), int
    expected_error : float
        Mean distance between the two, weighted by count (Guo et al., On calibration of modern neural networks, 2017).
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray
    expected_error: float


def calibration(proba: np.ndarray, labels: np.ndarray, *, n_bins: int = N_BINS) -> Calibration:
    """Set the highest probability of each image against whether it was right; bins are open below, closed above."""
    sure, right = proba.max(axis=1).astype(np.float64), proba.argmax(axis=1) == labels
    # Rounded, as 0.6 in float32 lies a little above the edge that it stands for.
    at = np.clip(np.ceil(np.round(sure * n_bins, 4)).astype(int) - 1, 0, n_bins - 1)
    count = np.bincount(at, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(at, sure, n_bins) / count
        accuracy = np.bincount(at, right, n_bins) / count
    gap = np.nan_to_num(np.abs(confidence - accuracy))
    return Calibration(confidence, accuracy, count, float((gap * count).sum() / count.sum()))


def mcnemar(right: np.ndarray, other: np.ndarray) -> float:
    """Return the p-value that two classifiers are equally often right on the same images.

    The exact test on the images that only one of them has right (McNemar, Note on the sampling error of the difference
    between correlated proportions or percentages, 1947).
    """
    only, other_only = int(np.sum(right & ~other)), int(np.sum(~right & other))
    return float(binomtest(only, only + other_only).pvalue) if only + other_only else 1.0


@dataclass(frozen=True)
class Score:
    """How right a classifier is on the test images.

    Attributes
    ----------
    predictions : Predictions
    labels : ndarray of shape (n_test,), int
        The true classes.
    accuracy : Interval
    precision, recall, f1 : ndarray of shape (n_classes,)
        0 where there is nothing to divide by.
    support : ndarray of shape (n_classes,), int
    confusion : ndarray of shape (n_classes, n_classes), int64
        True classes in rows, predicted ones in columns.
    calibration : Calibration or None
    p_value : float or None
        McNemar's, against the reference, adjusted for their number; None for the reference itself.
    """

    predictions: Predictions
    labels: np.ndarray
    accuracy: Interval
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray
    confusion: np.ndarray
    calibration: Calibration | None
    p_value: float | None

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the classes that have test images."""
        return float(self.f1[self.support > 0].mean())

    def mistakes(self, n: int) -> np.ndarray:
        """Return rows of the test images that are wrong with the highest probability, the surest first."""
        wrong = np.flatnonzero(self.predictions.classes != self.labels)
        return wrong[np.argsort(-self.predictions.proba[wrong].max(axis=1), kind="stable")[:n]]

    def examples(self) -> np.ndarray:
        """Return for each cell of the confusion matrix the row of the surest test image in it, -1 for an empty cell."""
        found = np.full(self.confusion.shape, -1)
        order = np.argsort(self.predictions.proba.max(axis=1), kind="stable")
        found[self.labels[order], self.predictions.classes[order]] = order
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, under the names of `metrics.json`."""
        return {
            "accuracy": self.accuracy.value,
            "interval_95": self.accuracy.as_dict(),
            "n_images": self.predictions.n_images,
            **{name: getattr(self, name) for name in ("precision", "recall", "f1", "macro_f1", "confusion")},
            "calibration_error": None if self.calibration is None else self.calibration.expected_error,
            "p_value_against_reference": self.p_value,
        }


def reference(found: Sequence[Predictions]) -> Predictions:
    """Return what the others are compared with: the last of the table that is there, named before any score was seen."""
    return max(found, key=lambda one: list(CLASSIFIERS).index(one.name))


def score(found: Sequence[Predictions], labels: np.ndarray, n_classes: int) -> list[Score]:
    """Score classifiers on the test images, the most accurate first, each compared with the `reference`."""
    right = {one.name: one.classes == labels for one in found}
    order = sorted(found, key=lambda one: -int(right[one.name].sum()))
    first = reference(found)
    others = [one.name for one in order if one is not first]
    adjusted = holm([mcnemar(right[name], right[first.name]) for name in others])
    p_values = dict(zip(others, adjusted.tolist(), strict=True))
    kinds, scores = np.arange(n_classes), []
    for one in order:
        report = precision_recall_fscore_support(labels, one.classes, labels=kinds, zero_division=0.0)
        scores.append(
            Score(
                one,
                labels,
                wilson_interval(int(right[one.name].sum()), len(labels)),
                *report,
                confusion=confusion_matrix(labels, one.classes, labels=kinds),
                calibration=None if one.proba is None else calibration(one.proba, labels),
                p_value=p_values.get(one.name),
            )
        )
    return scores


@dataclass(frozen=True)
class League:
    """Every classifier that was asked for, on the test images.

    Attributes
    ----------
    scores : list of Score
        The most accurate first.
    absent : dict of str to str
        By title, why a classifier could not be had.
    published : dict of str to float
        By name, what others have published on these images.
    n_train : int
        Train images that there are.
    """

    scores: list[Score]
    absent: dict[str, str]
    published: dict[str, float]
    n_train: int

    @property
    def models(self) -> dict[str, Predictions]:
        """Fitted classifiers, and what they said, by name."""
        return {one.predictions.name: one.predictions for one in self.scores}

    @property
    def sure(self) -> list[Score]:
        """Those that give probabilities."""
        return [one for one in self.scores if one.predictions.proba is not None]

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, under the names of `metrics.json`."""
        return {"supervised": {one.predictions.name: one.as_dict() for one in self.scores}}


def looked_at(league: League | None) -> Score | None:
    """Return the one that is looked at closely: of those with probabilities the last of the table.

    None is chosen by its score, which the test images would choose.
    """
    found = {one.predictions.name: one for one in league.sure} if league else {}
    return next((found[name] for name in reversed(CLASSIFIERS) if name in found), None)


def times(league: League | None) -> list[dict[str, Any]]:
    """Return the seconds of each, in the order of the table of classifiers."""
    found = league.models if league else {}
    return [{"name": found[name].title, **found[name].seconds} for name in CLASSIFIERS if name in found]


@dataclass(frozen=True)
class Underway:
    """Classifiers that learn in the background.

    Attributes
    ----------
    images : ImageSet
    settings : dict of str to Setting
        By name, in the order asked for.
    absent : dict of str to str
        By title, why a classifier could not be had.
    answers : iterator of (str, tuple)
        Name, and what `_fit` returns.
    """

    images: ImageSet
    settings: dict[str, Setting]
    absent: dict[str, str]
    answers: Iterator[tuple[str, tuple[Any, ...]]]

    def finish(self) -> League | None:
        """Wait for them, and score them on the test images; None where there are none."""
        n_classes = len(self.images.class_names)
        found = {name: _predictions(name, self.settings[name].n_images, n_classes, *own) for name, own in self.answers}
        if not found:
            return None
        scores = score([found[name] for name in self.settings], self.images.test_labels, n_classes)
        return League(scores, self.absent, published_for(self.images.title), len(self.images.train_images))


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjust p-values for their number (Holm, A simple sequentially rejective multiple test procedure, 1979)."""
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    found = np.empty(len(p))
    found[order] = np.minimum(adjusted, 1.0)
    return found
