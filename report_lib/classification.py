"""What can be told of a new image: a classifier that learns the clusters as if they were labels."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import Pipeline

from report_lib.metrics import Interval, wilson_interval


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


def make_pipeline(scaler: object, *, n_components: int, n_estimators: int, random_state: int) -> Pipeline:
    """Put every step that learns into one pipeline, so that each fold fits all of them anew.

    Parameters
    ----------
    scaler : estimator
        Unfitted, such as `reduction.PixelScaler`.
    """
    return Pipeline(
        [
            ("scaler", scaler),
            ("pca", PCA(n_components, svd_solver="covariance_eigh")),
            ("forest", RandomForestClassifier(n_estimators, n_jobs=-1, random_state=random_state)),
        ]
    )


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


def _share_equal(a: np.ndarray, b: np.ndarray) -> Interval:
    return wilson_interval(int(np.sum(a == b)), len(a))


def report_metrics(result: PseudoLabelResult, accuracy: Interval | None, ceiling: Interval | None) -> dict[str, object]:
    """Gather the numbers that the phase shows, under the names of `metrics.json`."""
    scores = {"fidelity": result.fidelity, "holdout_fidelity": result.holdout}
    if accuracy is not None:
        scores |= {"accuracy": accuracy, "ceiling": ceiling}
    return {
        "pseudo_labels": {
            "random_forest": {
                **{name: score.value for name, score in scores.items()},
                "intervals_95": {name: score.as_dict() for name, score in scores.items()},
                "fold_fidelity": [fold.value for fold in result.folds],
                "n_images": result.n_images,
                "report": {name: getattr(result.report, name) for name in ("precision", "recall", "f1", "support")},
            }
        }
    }
