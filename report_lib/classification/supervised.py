"""What all labels give: the classic classifiers of arXiv 1708.07747, Table 3, and what two small networks do better.

Every step that learns sees train images only; test images are classified once.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from report_lib.common.arrays import sample_rows
from report_lib.common.errors import ReportError
from report_lib.common.metrics import Interval, wilson_interval
from report_lib.common.models import OneUnit, fit_within_budget
from report_lib.common.parallel import at_once

# Steps of logistic regression, which would go on for minutes: more change little.
LOGISTIC_STEPS = 30
# Networks see every image ten times, and few images more often, in batches of 200.
EPOCHS, LEAST_STEPS, BATCH = 10, 1500, 200
SHAPE_UNITS = 256
CONV_BATCH, LEAST_CONV_STEPS = 256, 400
N_BINS = 15
TITLES = {
    "logistic_regression": "logistic regression",
    "knn": "5 nearest neighbours",
    "random_forest": "Random Forest",
    "mlp": "network, 100 units",
    "svc": "support vector machine",
    "gradients": "network on gradients",
    "conv": "convolutional network",
}
# What grows faster than the number of images, and so may be given fewer.
SLOW = ("knn", "random_forest", "svc")
# What is fitted in a process of its own, as it uses one thread.
ALONE = ("mlp", "svc")


@dataclass(frozen=True)
class Predictions:
    """What a classifier says of the test images.

    Attributes
    ----------
    name, title : str
        In the parameters, and for readers.
    n_images : int
        Train images that it learnt from.
    classes : ndarray of shape (n_test,), int64
    proba : ndarray of shape (n_test, n_classes), float32, or None
        None where a classifier gives no probabilities.
    seconds : dict of str to float
        `fit`, and `predict` for all test images.
    model : estimator
    """

    name: str
    title: str
    n_images: int
    classes: np.ndarray
    proba: np.ndarray | None
    seconds: dict[str, float]
    model: Any


def epochs_for(n_images: int) -> int:
    """Return how often a network sees each of so many images."""
    return max(EPOCHS, math.ceil(LEAST_STEPS / math.ceil(n_images / BATCH)))


def classic(name: str, n_images: int, random_state: int) -> Any:
    """Return a classifier of Table 3 for so many images, unfitted, behind the scaling that it is published with."""
    models = {
        "logistic_regression": lambda: LogisticRegression(C=1.0, max_iter=LOGISTIC_STEPS),
        "knn": lambda: KNeighborsClassifier(5, weights="distance", p=2),
        "random_forest": lambda: RandomForestClassifier(
            100, criterion="entropy", max_depth=100, n_jobs=-1, random_state=random_state
        ),
        "mlp": lambda: MLPClassifier((100,), max_iter=epochs_for(n_images), random_state=random_state),
        "svc": lambda: SVC(C=10.0, kernel="rbf", cache_size=500),
    }
    # In float32: in float64 all pixels would take twice the memory and no classifier is the better for it.
    single = FunctionTransformer(np.asarray, kw_args={"dtype": np.float32})
    return make_pipeline(single, StandardScaler(), models[name]())


def shape_network(n_images: int, random_state: int) -> Any:
    """Return a network of one hidden layer for descriptions of so many images, unfitted."""
    options = {"max_iter": epochs_for(n_images), "learning_rate_init": 2e-3, "random_state": random_state}
    return make_pipeline(OneUnit(), MLPClassifier((SHAPE_UNITS,), **options))


def fit_classic(
    names: Sequence[str],
    train: np.ndarray,
    labels: np.ndarray,
    test: np.ndarray,
    *,
    n_classes: int,
    n_slow: int,
    random_state: int,
) -> list[Predictions]:
    """Fit the classic classifiers to pixels.

    Parameters
    ----------
    train, test : ndarray of shape (n, d)
        Pixels, unscaled.
    n_slow : int
        Train images that the slow ones, `SLOW`, learn from, at most.
    """
    names = [name for name in names if name not in ("gradients", "conv")]
    few = sample_rows(len(train), n_slow, random_state)
    rows = {name: few if name in SLOW else np.arange(len(train)) for name in names}
    alone = [name for name in names if name in ALONE]
    calls = [
        (_fit, (classic(name, len(rows[name]), random_state), train[rows[name]], labels[rows[name]], test), {})
        for name in alone
    ]
    elsewhere: Iterator[Any] = at_once(calls) if calls else iter(())
    found = {
        name: _fit(classic(name, len(rows[name]), random_state), train[rows[name]], labels[rows[name]], test)
        for name in names
        if name not in alone
    }
    found |= {name: next(elsewhere) for name in alone}
    return [describe(name, *found[name], len(rows[name]), n_classes) for name in names]


def fit_all(
    names: Sequence[str],
    train: np.ndarray,
    labels: np.ndarray,
    test: np.ndarray,
    *,
    codes: tuple[np.ndarray, np.ndarray] | None,
    n_classes: int,
    n_slow: int,
    conv: dict[str, Any],
    random_state: int,
) -> tuple[list[Predictions], dict[str, str]]:
    """Fit every classifier that is asked for.

    Parameters
    ----------
    train, test : ndarray of shape (n, h, w)
    codes : (train, test) or None
        Descriptions of shape, where there are any.
    conv : dict
        Options of the convolutional network.

    Returns
    -------
    found : list of Predictions
    absent : dict of str to str
        By title, why a classifier could not be had.
    """
    pixels, absent = [part.reshape(len(part), -1) for part in (train, test)], {}
    size = {"n_classes": n_classes}
    found = fit_classic(names, pixels[0], labels, pixels[1], **size, n_slow=n_slow, random_state=random_state)
    if "gradients" in names and codes is None:
        absent[TITLES["gradients"]] = "the run made no graph of shapes"
    elif "gradients" in names:
        found.append(fit_one("gradients", shape_network(len(train), random_state), codes[0], labels, codes[1], **size))
    if "conv" in names:
        try:
            network = conv_classifier(train.shape[1:], len(train), **conv, random_state=random_state)
            found.append(fit_one("conv", network, pixels[0], labels, pixels[1], **size))
        except ReportError as error:
            absent[TITLES["conv"]] = str(error)
    return found, absent


def fit_one(
    name: str, model: Any, train: np.ndarray, labels: np.ndarray, test: np.ndarray, *, n_classes: int
) -> Predictions:
    """Fit a classifier to all train images, or codes of them, and classify the test images."""
    return describe(name, *_fit(model, train, labels, test), len(train), n_classes)


def _fit(
    model: Any, train: np.ndarray, labels: np.ndarray, test: np.ndarray
) -> tuple[Any, np.ndarray, dict[str, float]]:
    start = time.perf_counter()
    fit_within_budget(model, train, labels)
    middle = time.perf_counter()
    gives = hasattr(model, "predict_proba")
    answer = model.predict_proba(test) if gives else model.predict(test)
    return model, answer, {"fit": middle - start, "predict": time.perf_counter() - middle}


def describe(
    name: str, model: Any, answer: np.ndarray, seconds: dict[str, float], n_images: int, n_classes: int
) -> Predictions:
    """Bring what a classifier answered, classes or probabilities of the classes that it met, to one form."""
    if answer.ndim == 1:
        return Predictions(name, TITLES[name], n_images, answer.astype(np.int64), None, seconds, model)
    proba = np.zeros((len(answer), n_classes), np.float32)
    proba[:, model.classes_] = answer
    return Predictions(name, TITLES[name], n_images, proba.argmax(axis=1), proba, seconds, model)


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


def reference(found: Sequence[Predictions]) -> Predictions:
    """Return what the others are compared with: the last of `TITLES` that is there, named before any score was seen."""
    return max(found, key=lambda one: list(TITLES).index(one.name))


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
                wilson_interval(int(right[one.name].sum()), len(labels)),
                *report,
                confusion=confusion_matrix(labels, one.classes, labels=kinds),
                calibration=None if one.proba is None else calibration(one.proba, labels),
                p_value=p_values.get(one.name),
            )
        )
    return scores


def looked_at(scores: Sequence[Score]) -> Score | None:
    """Return the one that is looked at closely: the convolutional network, else the first of `TITLES` from the end.

    None is chosen by its score, which the test images would choose.
    """
    found = {one.predictions.name: one for one in scores if one.predictions.proba is not None}
    return next((found[name] for name in reversed(TITLES) if name in found), None)


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjust p-values for their number (Holm, A simple sequentially rejective multiple test procedure, 1979)."""
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    found = np.empty(len(p))
    found[order] = np.minimum(adjusted, 1.0)
    return found


def confident_mistakes(proba: np.ndarray, labels: np.ndarray, n: int) -> np.ndarray:
    """Return rows of the test images that are wrong with the highest probability, the surest first."""
    wrong = np.flatnonzero(proba.argmax(axis=1) != labels)
    return wrong[np.argsort(-proba[wrong].max(axis=1), kind="stable")[:n]]


def examples(proba: np.ndarray, labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Return for each cell of the confusion matrix the row of the surest test image in it, -1 for an empty cell."""
    classes, found = proba.argmax(axis=1), np.full((n_classes, n_classes), -1)
    order = np.argsort(proba.max(axis=1), kind="stable")
    found[labels[order], classes[order]] = order
    return found


def conv_classifier(
    image_shape: tuple[int, int], n_images: int, *, filters: tuple[int, ...], max_epochs: int, random_state: int
) -> Any:
    """Return the convolutional network for so many images, unfitted; few images are seen more often.

    Raises
    ------
    ReportError
        When PyTorch is not installed or does not load.
    """
    try:
        from report_lib.classification.networks import ConvClassifier
    except (ImportError, OSError) as error:
        raise ReportError("PyTorch is not installed, or does not load; `pip install torch` brings it") from error
    epochs = max(max_epochs, math.ceil(LEAST_CONV_STEPS / math.ceil(n_images / CONV_BATCH)))
    options = {"batch_size": CONV_BATCH, "precision": "auto", "random_state": random_state}
    return ConvClassifier(filters, image_shape=image_shape, max_epochs=epochs, **options)
