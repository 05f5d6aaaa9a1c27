from typing import ClassVar

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split

from report_lib import classification
from report_lib.reduction import PixelScaler


def pipeline(n_components=3):
    return classification.make_pipeline(PixelScaler(), n_components=n_components, n_estimators=15, random_state=0)


def learn(X, clusters, test, test_clusters, **options):
    options = {"n_folds": 3, "holdout_size": 0.25, "random_state": 0, **options}
    return classification.learn_clusters(pipeline(), X, clusters, test, test_clusters, **options)


def test_clear_clusters_are_learnt(blobs):
    X, labels = blobs
    result = learn(X[::2], labels[::2], X[1::2], labels[1::2])
    assert result.fidelity.value >= 0.97
    assert len(result.folds) == 3
    assert (result.n_images, result.n_learnt) == (90, 67)
    assert result.stratified
    assert result.report.support.sum() == round(0.25 * 90 + 0.5)


def test_meaningless_clusters_are_not_learnt(rng, blobs):
    X, _ = blobs
    noise = rng.integers(0, 3, len(X))
    result = learn(X[::2], noise[::2], X[1::2], noise[1::2])
    assert result.fidelity.value < 0.5
    assert max(fold.value for fold in result.folds) < 0.6


def test_report_is_scikit_learns_on_the_held_out_rows(rng, blobs):
    X, labels = blobs
    clusters = np.where(rng.random(180) < 0.2, rng.integers(0, 3, 180), labels)
    result = learn(X, clusters, X, clusters)
    fit, held = train_test_split(np.arange(180), test_size=0.25, random_state=0, stratify=clusters)
    fitted = pipeline().fit(X[fit], clusters[fit])
    expected = precision_recall_fscore_support(clusters[held], fitted.predict(X[held]), zero_division=0.0)
    np.testing.assert_allclose(result.report.f1, expected[2])
    np.testing.assert_allclose(result.report.precision, expected[0])
    assert result.holdout.value == pytest.approx((fitted.predict(X[held]) == clusters[held]).mean())


def test_folds_are_scikit_learns(blobs, rng):
    X, labels = blobs
    clusters = np.where(rng.random(180) < 0.2, rng.integers(0, 3, 180), labels)
    result = learn(X, clusters, X, clusters)
    splits = StratifiedKFold(3, shuffle=True, random_state=0)
    expected = cross_val_score(pipeline(), X, clusters, cv=splits)
    assert [fold.value for fold in result.folds] == pytest.approx(expected)


class Spy(PixelScaler):
    """A scaler that notes how many rows each fit of it sees."""

    seen: ClassVar[list[int]] = []

    def fit(self, X, y=None):
        Spy.seen.append(len(X))
        return super().fit(X)


def test_every_step_is_fitted_anew_on_what_is_not_held_out(blobs):
    X, labels = blobs
    Spy.seen.clear()
    spied = classification.make_pipeline(Spy(), n_components=3, n_estimators=5, random_state=0)
    classification.learn_clusters(spied, X, labels, X, labels, n_folds=3, holdout_size=0.25, random_state=0)
    assert sorted(Spy.seen) == [120, 120, 120, 135]


def test_a_hold_out_smaller_than_the_clusters(blobs):
    X, labels = blobs
    assert learn(X, labels, X, labels, holdout_size=0.01).report.support.sum() == 2


def test_a_cluster_too_small_to_be_spread(blobs):
    X, labels = blobs
    clusters = labels.copy()
    clusters[0] = 3
    result = learn(X, clusters, X, clusters)
    assert not result.stratified
    assert len(result.report.f1) == 4


def test_report_metrics_leave_out_what_needs_labels(blobs):
    X, labels = blobs
    result = learn(X, labels, X, labels)
    numbers = classification.report_metrics(result, None, None)["pseudo_labels"]["random_forest"]
    assert "accuracy" not in numbers
    assert numbers["fidelity"] == result.fidelity.value
    with_truth = classification.report_metrics(result, result.fidelity, result.holdout)
    assert with_truth["pseudo_labels"]["random_forest"]["ceiling"] == result.holdout.value
