"""What can be told of a new image: classifiers that learn the clusters as if they were labels, and what a run reports.

What labels are worth is in `few_labels`, `supervised` and `audit`, what is kept for new images in `predicting`.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.pipeline import make_pipeline as make_unit_pipeline
from sklearn.svm import SVC

from report_lib.classification.audit import Part, Removal
from report_lib.classification.few_labels import Curve
from report_lib.classification.label_choice import Choice
from report_lib.classification.supervised import Score
from report_lib.common.metrics import Interval, apply_map, contingency, majority_map, paired_difference, wilson_interval
from report_lib.common.models import OneUnit
from report_lib.common.parallel import at_once

HIDDEN_UNITS, NETWORK_EPOCHS = 100, 40


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
    n_images, n_learnt : int
        Train images that were used, and those of them that were not held out.
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

    n_images: int
    n_learnt: int
    holdout: Interval
    folds: list[Interval]
    stratified: bool
    report: ClassReport
    test_clusters: np.ndarray
    fidelity: Interval


def make_pipeline(name: str, scaler: object, *, n_components: int, n_estimators: int, random_state: int) -> Pipeline:
    """Put every step that learns into one pipeline, so that each fold fits all of them anew.

    Parameters
    ----------
    name : {"random_forest", "svm", "mlp"}
    scaler : estimator
        Unfitted, such as `reduction.PixelScaler`.
    n_estimators : int
        Trees of the Random Forest.
    """
    if name == "random_forest":
        classifier: object = RandomForestClassifier(n_estimators, random_state=random_state)
    elif name == "svm":
        classifier = make_unit_pipeline(OneUnit(), SVC(C=10.0, kernel="rbf"))
    else:
        network = MLPClassifier((HIDDEN_UNITS,), max_iter=NETWORK_EPOCHS, random_state=random_state)
        classifier = make_unit_pipeline(OneUnit(), network)
    steps = [("scaler", scaler), ("pca", PCA(n_components, svd_solver="covariance_eigh")), (name, classifier)]
    return Pipeline(steps)


def make_pipelines(names: Sequence[str], scaler: object, **options: int) -> dict[str, Pipeline]:
    """Return `make_pipeline` of each name."""
    return {name: make_pipeline(name, clone(scaler), **options) for name in names}


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
        n_images=len(train),
        n_learnt=len(fit_rows),
        holdout=_share_equal(held, clusters[held_rows]),
        folds=folds,
        stratified=stratified,
        report=ClassReport(*report),
        test_clusters=predicted,
        fidelity=_share_equal(predicted, test_clusters),
    )


def learn_all(pipelines: dict[str, Pipeline], *data: np.ndarray, **options: object) -> dict[str, PseudoLabelResult]:
    """Do `learn_clusters` with each pipeline, by name; several at once."""
    results = at_once((_quietly, (pipeline, *data), options) for pipeline in pipelines.values())
    return dict(zip(pipelines, results, strict=True))


def _quietly(*data: object, **options: object) -> PseudoLabelResult:
    with warnings.catch_warnings():
        # A network's budget of epochs is meant to be spent, and is no failure to converge.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return learn_clusters(*data, **options)


def _share_equal(a: np.ndarray, b: np.ndarray) -> Interval:
    return wilson_interval(int(np.sum(a == b)), len(a))


def most_faithful(results: dict[str, PseudoLabelResult]) -> str:
    """Return the name of the classifier that repeats the clusters best on the part held out."""
    return max(results, key=lambda name: results[name].holdout.value)


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


def judge(
    results: dict[str, PseudoLabelResult],
    clusters: dict[str, np.ndarray],
    train_labels: np.ndarray,
    test_labels: np.ndarray,
    n_classes: int,
) -> Truth:
    """Hold what classifiers learnt from clusters against the true classes.

    Parameters
    ----------
    clusters : dict with `train` and `test`
        Of all images.
    """
    n_clusters = int(max(clusters["train"].max(), clusters["test"].max())) + 1
    mapping = majority_map(contingency(train_labels, clusters["train"], n_classes, n_clusters))
    own = apply_map(mapping, clusters["test"]) == test_labels
    right = {name: apply_map(mapping, result.test_clusters) == test_labels for name, result in results.items()}
    return Truth(
        {name: wilson_interval(int(found.sum()), len(found)) for name, found in right.items()},
        ceiling=wilson_interval(int(own.sum()), len(own)),
        below={name: paired_difference(found, own) for name, found in right.items()},
    )


def report_metrics(
    *,
    pseudo: dict[str, PseudoLabelResult],
    truth: Truth | None,
    curves: dict[str, Curve],
    scores: Sequence[Score],
    parts: dict[str, Part],
    removal: Removal | None,
    choice: Choice,
    unlike: dict[str, float],
    agreement: float,
    on_map: dict[str, float | None],
) -> dict[str, object]:
    """Gather the numbers that the phase shows, under the names of `metrics.json`; what was not done is left out."""
    numbers: dict[str, object] = {"pseudo_labels": pseudo_label_metrics(pseudo, truth)}
    if curves:
        numbers |= efficiency_metrics(curves)
    if scores:
        numbers["supervised"] = supervised_metrics(scores)
    if removal is not None:
        numbers["audit"] = audit_metrics(parts, removal)
    numbers["label_next"] = {"rows": choice.rows, "clusters": choice.clusters, "stands_for": choice.stands_for}
    if unlike:
        numbers["model"] = {"called_unlike": unlike, "same_cluster_as_the_run": agreement}
    return numbers | {"map": on_map}


def pseudo_label_metrics(results: dict[str, PseudoLabelResult], truth: Truth | None) -> dict[str, object]:
    """Gather what was learnt from clusters, under the names of `metrics.json`."""
    numbers = {}
    for name, result in results.items():
        scores = {"fidelity": result.fidelity, "holdout_fidelity": result.holdout}
        if truth is not None:
            scores |= {"accuracy": truth.accuracy[name], "ceiling": truth.ceiling}
        numbers[name] = {
            **{key: score.value for key, score in scores.items()},
            "intervals_95": {key: score.as_dict() for key, score in scores.items()},
            "fold_fidelity": [fold.value for fold in result.folds],
            "n_images": result.n_images,
            "report": {key: getattr(result.report, key) for key in ("precision", "recall", "f1", "support")},
        }
    return numbers


def efficiency_metrics(curves: dict[str, Curve]) -> dict[str, object]:
    """Gather learning curves: by description and number of labels the mean accuracy, its interval and its spread."""
    scores = {name: curve.accuracy for name, curve in curves.items()}
    return {
        "label_efficiency": {name: {n: score.value for n, score in own.items()} for name, own in scores.items()},
        "label_efficiency_intervals_95": {
            name: {n: score.as_dict() for n, score in own.items()} for name, own in scores.items()
        },
        "label_efficiency_spread": {name: curve.spread for name, curve in curves.items()},
    }


def supervised_metrics(scores: Sequence[Score]) -> dict[str, object]:
    """Gather what all labels give, by classifier."""
    return {
        one.predictions.name: {
            "accuracy": one.accuracy.value,
            "interval_95": one.accuracy.as_dict(),
            "n_images": one.predictions.n_images,
            "precision": one.precision,
            "recall": one.recall,
            "f1": one.f1,
            "macro_f1": one.macro_f1,
            "confusion": one.confusion,
            "calibration_error": None if one.calibration is None else one.calibration.expected_error,
            "p_value_against_reference": one.p_value,
        }
        for one in scores
    }


def audit_metrics(parts: dict[str, Part], removal: Removal) -> dict[str, object]:
    """Gather what an audit of the labels found."""
    right = removal.with_all
    return {
        "out_of_fold_accuracy": float(np.mean(parts["train"].predicted == parts["train"].labels)),
        "likely_label_errors": {name: int(part.issue.sum()) for name, part in parts.items()},
        "far_from_class": {name: int(part.far.sum()) for name, part in parts.items()},
        "removal": {
            "accuracy": float(right.mean()),
            "gain_without_train_suspects": _with_ends(removal.gain),
            "gain_without_as_many_others": _with_ends(removal.gain_of_others),
            "accuracy_on_kept_test_images": float(right[removal.kept].mean()) if removal.kept.any() else None,
        },
    }


def _with_ends(interval: Interval) -> dict[str, object]:
    return {"value": interval.value, "interval_95": interval.as_dict()}
