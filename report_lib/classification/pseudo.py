"""Classifiers that learn the clusters as if they were labels, and how well they repeat them."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import Pipeline

from report_lib.classification.classifiers import PSEUDO, Setting
from report_lib.common.arrays import UNKNOWN, flatten, sample_rows
from report_lib.common.keep import kept
from report_lib.common.metrics import Interval, apply_map, contingency, majority_map, paired_difference, wilson_interval
from report_lib.common.parallel import at_once
from report_lib.data.images import ImageSet
from report_lib.reduction.linear import PixelScaler


@dataclass(frozen=True)
class ClassReport:
    """Precision, recall, F1 and count of each cluster on held-out images; arrays of shape (n_clusters,)."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


@dataclass(frozen=True)
class PseudoLabelResult:
    """A classifier trained on clusters, and how well it repeats them.

    Attributes
    ----------
    name : str
        In `classifiers.PSEUDO`.
    n_images : int
        Train images that were used.
    holdout : Interval
        Fidelity on the held-out share.
    folds : list of Interval
        Fidelity in each fold of the cross-validation.
    stratified : bool
        Whether every cluster was large enough to be spread over the folds.
    report : ClassReport
        On the held-out share.
    test_clusters : ndarray of shape (n_test,), int64
        Clusters predicted for the test images.
    fidelity : Interval
        Agreement with the clusters of the test images.
    """

    name: str
    n_images: int
    holdout: Interval
    folds: list[Interval]
    stratified: bool
    report: ClassReport
    test_clusters: np.ndarray
    fidelity: Interval


@dataclass(frozen=True)
class Truth:
    """What pseudo-labels are worth against the true classes of the test images.

    Attributes
    ----------
    accuracy : dict of str to Interval
        By classifier; each cluster stands for the commonest class of its train images.
    ceiling : Interval
        The same of the clusters themselves.
    below : dict of str to Interval
        By classifier, its accuracy less that of the clusters, on the same images.
    """

    accuracy: dict[str, Interval]
    ceiling: Interval
    below: dict[str, Interval]


@dataclass(frozen=True)
class PseudoLabels:
    """What classifiers learnt from clusters, by name; `truth` is None without labels, and before they are judged."""

    results: dict[str, PseudoLabelResult]
    truth: Truth | None = None

    @property
    def most_faithful(self) -> PseudoLabelResult:
        """The classifier that repeats the clusters best on the part held out."""
        return max(self.results.values(), key=lambda result: result.holdout.value)

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, under the names of `metrics.json`."""
        return {"pseudo_labels": {name: self._numbers(result) for name, result in self.results.items()}}

    def _numbers(self, result: PseudoLabelResult) -> dict[str, Any]:
        scores = {"fidelity": result.fidelity, "holdout_fidelity": result.holdout}
        if self.truth is not None:
            scores |= {"accuracy": self.truth.accuracy[result.name], "ceiling": self.truth.ceiling}
        return {
            **{key: score.value for key, score in scores.items()},
            "intervals_95": {key: score.as_dict() for key, score in scores.items()},
            "fold_fidelity": [fold.value for fold in result.folds],
            "n_images": result.n_images,
            "report": vars(result.report),
        }


def make_pipeline(name: str, scaling: str, *, n_components: int, setting: Setting) -> Pipeline:
    """Put every step that learns into one pipeline, so that each fold fits all of them anew."""
    # A covariance of more pixels than there are images takes far longer than the images themselves.
    few = setting.n_images < math.prod(setting.image_shape)
    pca = PCA(n_components, svd_solver="full" if few else "covariance_eigh")
    return Pipeline([("scaler", PixelScaler(scaling)), ("pca", pca), (name, PSEUDO[name].build(setting))])


def learn_clusters(
    pipeline: Pipeline,
    train: np.ndarray,
    clusters: np.ndarray,
    test: np.ndarray,
    test_clusters: np.ndarray,
    *,
    n_folds: int,
    holdout_size: float,
    random_state: int,
) -> PseudoLabelResult:
    """Train on clusters as pseudo-labels; judge by hold-out, by cross-validation and on test images.

    Parameters
    ----------
    train, test : ndarray of shape (n, d)
        Pixels in rows, unscaled.
    clusters, test_clusters : ndarray of shape (n,), int
        What a clustering fitted on train images says of each.
    """
    stratified = bool(np.unique(clusters, return_counts=True)[1].min() >= max(2, n_folds))
    splitter = StratifiedKFold if stratified else KFold
    splits = splitter(n_folds, shuffle=True, random_state=random_state)
    guessed = cross_val_predict(clone(pipeline), train, clusters, cv=splits)
    folds = [_share_equal(guessed[held], clusters[held]) for _, held in splits.split(train, clusters)]
    n_held = int(np.ceil(len(train) * holdout_size))
    spread = stratified and min(n_held, len(train) - n_held) >= len(np.unique(clusters))
    fit_rows, held_rows = train_test_split(
        np.arange(len(train)),
        test_size=holdout_size,
        random_state=random_state,
        stratify=clusters if spread else None,
    )
    fitted = clone(pipeline).fit(train[fit_rows], clusters[fit_rows])
    held = fitted.predict(train[held_rows])
    predicted = fitted.predict(test)
    n_clusters = int(max(clusters.max(), test_clusters.max())) + 1
    report = precision_recall_fscore_support(clusters[held_rows], held, labels=np.arange(n_clusters), zero_division=0.0)
    return PseudoLabelResult(
        name=pipeline.steps[-1][0],
        n_images=len(train),
        holdout=_share_equal(held, clusters[held_rows]),
        folds=folds,
        stratified=stratified,
        report=ClassReport(*report),
        test_clusters=predicted,
        fidelity=_share_equal(predicted, test_clusters),
    )


@kept
def learn(
    names: Sequence[str],
    images: ImageSet,
    clusters: dict[str, np.ndarray],
    *,
    scaling: str,
    n_images: int,
    n_components: int,
    n_estimators: int,
    random_state: int,
    **options: Any,
) -> PseudoLabels:
    """Teach classifiers the clusters of a sample of the train images; several at once.

    Parameters
    ----------
    clusters : dict with `train` and `test`
    n_images : int
        Train images that they learn from, at most.
    **options
        Of `learn_clusters`.
    """
    train, test = flatten(images.train_images), flatten(images.test_images)
    rows = sample_rows(len(train), n_images, random_state)
    setting = Setting(len(rows), random_state, images.image_shape, n_estimators=n_estimators)
    pipelines = [make_pipeline(name, scaling, n_components=n_components, setting=setting) for name in names]
    data = train[rows], clusters["train"][rows], test, clusters["test"]
    options |= {"random_state": random_state}
    results = at_once((_quietly, (pipeline, *data), options) for pipeline in pipelines)
    return PseudoLabels(dict(zip(names, results, strict=True)))


def _quietly(*data: object, **options: object) -> PseudoLabelResult:
    # A network's budget of epochs is meant to be spent, and is no failure to converge.
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return learn_clusters(*data, **options)


def _share_equal(a: np.ndarray, b: np.ndarray) -> Interval:
    return wilson_interval(int(np.sum(a == b)), len(a))


@kept
def judge(pseudo: PseudoLabels, clusters: dict[str, np.ndarray], images: ImageSet) -> PseudoLabels:
    """Hold what classifiers learnt from clusters against the true classes, where there are any."""
    if not images.has_labels:
        return pseudo
    n_clusters = int(max(clusters["train"].max(), clusters["test"].max())) + 1
    counts = contingency(images.train_labels, clusters["train"], len(images.class_names), n_clusters)
    mapping = majority_map(counts)
    known = images.test_labels != UNKNOWN

    def hits(found: np.ndarray) -> np.ndarray:
        return (apply_map(mapping, found) == images.test_labels)[known]

    by_cluster = hits(clusters["test"])
    right = {name: hits(result.test_clusters) for name, result in pseudo.results.items()}
    truth = Truth(
        {name: wilson_interval(int(own.sum()), len(own)) for name, own in right.items()},
        ceiling=wilson_interval(int(by_cluster.sum()), len(by_cluster)),
        below={name: paired_difference(own, by_cluster) for name, own in right.items()},
    )
    return replace(pseudo, truth=truth)
