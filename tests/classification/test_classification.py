"""Clusters are learnt as scikit-learn would, each fold anew, and every number of the phase has its name."""

from typing import ClassVar

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from report_lib.classification import pseudo_labels, supervised
from report_lib.classification.audit import Part, Removal
from report_lib.classification.few_labels import Curve
from report_lib.classification.label_choice import Choice
from report_lib.common.metrics import wilson_interval
from report_lib.common.models import OneUnit
from report_lib.reduction.linear import PixelScaler

KINDS = ("random_forest", "svm", "mlp")
SIZES = {"n_components": 3, "n_estimators": 15, "random_state": 0}


def pipeline(name="random_forest", scaler=None):
    return pseudo_labels.make_pipeline(name, scaler or PixelScaler(), **SIZES)


def learn(X, clusters, test, test_clusters, **options):
    options = {"n_folds": 3, "holdout_size": 0.25, "random_state": 0, **options}
    made = pipeline(options.pop("name", "random_forest"))
    return pseudo_labels.learn_clusters(made, X, clusters, test, test_clusters, **options)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", KINDS)
def test_clear_clusters_are_learnt(name, blobs):
    X, labels = blobs
    result = learn(X[::2], labels[::2], X[1::2], labels[1::2], name=name)
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


def classifier(name):
    return {
        "random_forest": RandomForestClassifier(n_estimators=15, random_state=0),
        "svm": SVC(C=10.0, kernel="rbf"),
        "mlp": MLPClassifier(hidden_layer_sizes=(100,), max_iter=pseudo_labels.NETWORK_EPOCHS, random_state=0),
    }[name]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", KINDS)
def test_each_pipeline_is_scaling_components_and_the_classifier(name, blobs):
    X, labels = blobs
    fitted = pipeline(name).fit(X[::2], labels[::2])
    assert list(fitted.named_steps) == ["scaler", "pca", name]
    span = X[::2].max() - X[::2].min()
    pca = PCA(3, svd_solver="full").fit((X[::2] - X[::2].min()) / span)
    train, test = (pca.transform((part - X[::2].min()) / span) for part in (X[::2], X[1::2]))
    np.testing.assert_allclose(np.abs(fitted[:-1].transform(X[1::2])), np.abs(test), atol=1e-4)
    # Components have a sign of their own; whoever learns from them is given the same ones.
    Z = [fitted[:-1].transform(part) for part in (X[::2], X[1::2])]
    if name != "random_forest":
        unit = np.sqrt(train.var(axis=0).mean())
        Z = [(part - Z[0].mean(axis=0)) / unit for part in Z]
    known = classifier(name).fit(Z[0].astype(np.float32), labels[::2])
    np.testing.assert_array_equal(fitted.predict(X[1::2]), known.predict(Z[1].astype(np.float32)))
    assert fitted.score(X[1::2], labels[1::2]) > 0.97


def test_pipelines_by_name_share_nothing_that_learns():
    scaler = PixelScaler("standard")
    made = pseudo_labels.make_pipelines(KINDS, scaler, **SIZES)
    assert list(made) == list(KINDS)
    scalers = [one.named_steps["scaler"] for one in made.values()]
    assert len({id(one) for one in [*scalers, scaler]}) == 4
    assert {one.kind for one in scalers} == {"standard"}


class Spy:
    """Notes how many rows each fit of whatever it is mixed into sees."""

    seen: ClassVar[dict[str, list[int]]] = {}

    def fit(self, X, y=None, **options):
        Spy.seen.setdefault(type(self).__name__, []).append(len(X))
        return super().fit(X, y, **options)

    def fit_transform(self, X, y=None):
        return self.fit(X, y).transform(X)


class SpiedScaler(Spy, PixelScaler):
    pass


class SpiedPCA(Spy, PCA):
    pass


class SpiedUnit(Spy, OneUnit):
    pass


class SpiedForest(Spy, RandomForestClassifier):
    pass


class SpiedMachine(Spy, SVC):
    pass


class SpiedNetwork(Spy, MLPClassifier):
    pass


SPIES = {"random_forest": ("SpiedForest",), "svm": ("SpiedUnit", "SpiedMachine"), "mlp": ("SpiedUnit", "SpiedNetwork")}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", KINDS)
def test_every_step_is_fitted_anew_on_what_is_not_held_out(name, blobs, monkeypatch):
    X, labels = blobs
    Spy.seen.clear()
    spies = {"PCA": SpiedPCA, "OneUnit": SpiedUnit, "SVC": SpiedMachine}
    spies |= {"RandomForestClassifier": SpiedForest, "MLPClassifier": SpiedNetwork}
    for kind, spy in spies.items():
        monkeypatch.setattr(pseudo_labels, kind, spy)
    spied = pipeline(name, SpiedScaler())
    pseudo_labels.learn_clusters(spied, X, labels, X, labels, n_folds=3, holdout_size=0.25, random_state=0)
    fits = {step: sorted(seen) for step, seen in Spy.seen.items()}
    assert fits == {step: [120, 120, 120, 135] for step in ("SpiedScaler", "SpiedPCA", *SPIES[name])}
    assert not hasattr(spied.named_steps["scaler"], "offset_")


def test_several_at_once_are_one_by_one(blobs):
    X, labels = blobs
    options = {"n_folds": 3, "holdout_size": 0.25, "random_state": 0}
    made = pseudo_labels.make_pipelines(["svm", "random_forest"], PixelScaler(), **SIZES)
    both = pseudo_labels.learn_all(made, X, labels, X[:50], labels[:50], **options)
    assert list(both) == ["svm", "random_forest"]
    for name, found in both.items():
        alone = learn(X, labels, X[:50], labels[:50], name=name)
        np.testing.assert_array_equal(found.test_clusters, alone.test_clusters)
        assert (found.fidelity, found.folds, found.holdout) == (alone.fidelity, alone.folds, alone.holdout)


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


# --- numbers --------------------------------------------------------------------------------------------------------


def test_clusters_are_held_against_the_true_classes(blobs):
    X, labels = blobs
    # Cluster 1 is class 0, cluster 0 is classes 1 and 2; the latter has fewer train images.
    clusters = np.where(labels == 0, 1, 0)
    train = np.r_[0:60, 60:120, 120:150]
    results = {name: learn(X[train], clusters[train], X, clusters, name=name) for name in ("random_forest", "svm")}
    told = {"train": clusters[train], "test": clusters}
    truth = pseudo_labels.judge(results, told, labels[train], labels, 3)
    assert truth.ceiling == wilson_interval(120, 180)
    for name, result in results.items():
        said = np.where(result.test_clusters == 1, 0, 1)
        assert truth.accuracy[name] == wilson_interval(int(np.sum(said == labels)), 180)


def test_numbers_of_pseudo_labels_leave_out_what_needs_labels(blobs):
    X, labels = blobs
    results = {"svm": learn(X, labels, X, labels, name="svm")}
    numbers = pseudo_labels.pseudo_label_metrics(results, None)["svm"]
    assert "accuracy" not in numbers
    assert numbers["fidelity"] == results["svm"].fidelity.value
    assert numbers["intervals_95"]["holdout_fidelity"] == results["svm"].holdout.as_dict()
    assert numbers["fold_fidelity"] == [fold.value for fold in results["svm"].folds]
    assert (numbers["n_images"], list(numbers["report"])) == (180, ["precision", "recall", "f1", "support"])
    truth = pseudo_labels.Truth({"svm": wilson_interval(3, 4)}, wilson_interval(4, 5), {})
    with_truth = pseudo_labels.pseudo_label_metrics(results, truth)["svm"]
    assert (with_truth["accuracy"], with_truth["ceiling"]) == (0.75, 0.8)
    assert with_truth["intervals_95"]["ceiling"] == wilson_interval(4, 5).as_dict()


def made_scores():
    proba = np.array([[0.75, 0.25], [0.5, 0.5], [0.0, 1.0]], np.float32)
    some = supervised.Predictions("mlp", "network", 7, proba.argmax(axis=1), proba, {}, None)
    other = supervised.Predictions("svc", "vectors", 5, np.array([1, 1, 1]), None, {}, None)
    return supervised.score([other, some], np.array([0, 0, 1]), 2)


def test_numbers_of_learning_curves():
    right = np.array([[True, True, False, False], [True, True, True, True]])
    numbers = pseudo_labels.efficiency_metrics({"pca": Curve({3: right, 9: right[1:]})})
    assert list(numbers) == ["label_efficiency", "label_efficiency_intervals_95", "label_efficiency_spread"]
    accuracy, intervals, spread = (own["pca"] for own in numbers.values())
    assert accuracy == {3: 0.75, 9: 1.0}
    assert spread == {3: pytest.approx(np.sqrt(2) / 4), 9: 0.0}
    assert intervals[9] == wilson_interval(4, 4).as_dict()
    assert 0 <= intervals[3]["low"] < 0.75 < intervals[3]["high"] <= 1


def test_numbers_of_classifiers():
    numbers = pseudo_labels.supervised_metrics(made_scores())
    assert list(numbers) == ["mlp", "svc"]
    assert (numbers["mlp"]["accuracy"], numbers["svc"]["accuracy"]) == (1.0, 1 / 3)
    assert (numbers["mlp"]["n_images"], numbers["svc"]["n_images"]) == (7, 5)
    # Classes 0 and 1 of the other: nothing, and precision 1/3 at recall 1.
    assert numbers["svc"]["macro_f1"] == pytest.approx((0 + 0.5) / 2)
    assert numbers["mlp"]["calibration_error"] == pytest.approx((0.25 + 0.5 + 0) / 3)
    assert numbers["svc"]["calibration_error"] is None
    assert [numbers[name]["p_value_against_reference"] for name in ("mlp", "svc")] == [0.5, None]


def made_audit():
    labels, ones = np.array([0, 1, 1, 0]), np.ones(4)
    train = Part(labels, np.array([0, 1, 0, 0]), np.eye(2)[labels], ones, labels == 1, ones, labels == 2)
    test = Part(labels, labels, np.eye(2)[labels], ones, np.arange(4) == 3, ones, labels == 0)
    before, after = np.array([True, False, False, False]), np.array([True, True, True, False])
    return {"train": train, "test": test}, Removal(before, after, before, kept=np.array([True, True, True, False]))


def test_numbers_of_the_audit():
    numbers = pseudo_labels.audit_metrics(*made_audit())
    assert numbers["out_of_fold_accuracy"] == 0.75
    assert numbers["likely_label_errors"] == {"train": 2, "test": 1}
    assert numbers["far_from_class"] == {"train": 0, "test": 2}
    removal = numbers["removal"]
    assert (removal["accuracy"], removal["accuracy_on_kept_test_images"]) == (0.25, 1 / 3)
    assert removal["gain_without_train_suspects"]["value"] == 0.5
    assert removal["gain_without_as_many_others"] == {"value": 0.0, "interval_95": {"low": 0.0, "high": 0.0}}


def test_where_no_test_image_is_kept_there_is_no_accuracy_on_them():
    parts, removal = made_audit()
    none = Removal(removal.with_all, removal.without_suspects, removal.without_others, kept=np.zeros(4, bool))
    assert pseudo_labels.audit_metrics(parts, none)["removal"]["accuracy_on_kept_test_images"] is None


def test_the_report_leaves_out_what_was_not_done(blobs):
    X, labels = blobs
    rows = np.array([4, 2])
    options = {
        "pseudo": {"svm": learn(X, labels, X, labels, name="svm")}, "truth": None, "curves": {}, "scores": [], "parts": {},
        "removal": None, "choice": Choice(rows, rows, rows), "unlike": {}, "agreement": 1.0,
        "on_map": {"same_nearby": 0.5},
    }  # fmt: skip
    numbers = pseudo_labels.report_metrics(**options)
    assert list(numbers) == ["pseudo_labels", "label_next", "map"]
    assert numbers["label_next"]["rows"].tolist() == [4, 2]
    parts, removal = made_audit()
    done = {"curves": {"pca": Curve({3: np.ones((2, 2), bool)})}, "scores": made_scores(), "parts": parts}
    done |= {"removal": removal, "unlike": {"inverted": 0.9}, "agreement": 0.5}
    every = pseudo_labels.report_metrics(**{**options, **done})
    assert set(every) - set(numbers) == {
        "label_efficiency", "label_efficiency_intervals_95", "label_efficiency_spread", "supervised", "audit", "model",
    }  # fmt: skip
    assert every["model"] == {"called_unlike": {"inverted": 0.9}, "same_cluster_as_the_run": 0.5}
