"""Clusters are learnt as scikit-learn would, each fold anew, and every number has its name."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from report_lib.classification import pseudo
from report_lib.classification.classifiers import PSEUDO, PSEUDO_EPOCHS, Setting
from report_lib.common.metrics import wilson_interval
from report_lib.data.images import ImageSet

KINDS = tuple(PSEUDO)


def pipeline(name="random_forest"):
    return pseudo.make_pipeline(name, "min-max", n_components=3, setting=Setting(180, 0, n_estimators=15))


def learn(X, clusters, test, test_clusters, **options):
    options = {"n_folds": 3, "holdout_size": 0.25, "random_state": 0, **options}
    made = pipeline(options.pop("name", "random_forest"))
    return pseudo.learn_clusters(made, X, clusters, test, test_clusters, **options)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", KINDS)
def test_clear_clusters_are_learnt(name, blobs):
    X, labels = blobs
    result = learn(X[::2], labels[::2], X[1::2], labels[1::2], name=name)
    assert result.fidelity.value >= 0.97
    assert len(result.folds) == 3
    assert result.n_images == 90
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
        "mlp": MLPClassifier(hidden_layer_sizes=(100,), max_iter=PSEUDO_EPOCHS, random_state=0),
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


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", KINDS)
def test_what_is_held_out_changes_nothing_that_was_learnt(name, blobs):
    """Other pixels in the held-out rows, and the classifier fitted to the rest says the same of the test images."""
    X, labels = blobs
    _, held = train_test_split(np.arange(180), test_size=0.25, random_state=0, stratify=labels)
    spoilt = X.copy()
    spoilt[held] = 1000 * spoilt[held][:, ::-1]
    first, second = (learn(pixels, labels, X, labels, name=name) for pixels in (X, spoilt))
    np.testing.assert_array_equal(first.test_clusters, second.test_clusters)
    assert second.holdout.value < 0.9 < first.holdout.value


def images_of(blobs, **labels):
    X, _ = blobs
    return ImageSet("made", X.reshape(-1, 1, 5), X[:50].reshape(-1, 1, 5), **labels)


def taught(blobs, images, names=("svm", "random_forest")):
    clusters = {"train": blobs[1], "test": blobs[1][:50]}
    options = {"n_folds": 3, "holdout_size": 0.25, "random_state": 0, "n_components": 3, "n_estimators": 15}
    return pseudo.learn(names, images, clusters, scaling="min-max", n_images=1000, **options), clusters


def test_several_at_once_are_one_by_one(blobs):
    X, labels = blobs
    both, _ = taught(blobs, images_of(blobs))
    assert list(both.results) == ["svm", "random_forest"]
    for name, found in both.results.items():
        alone = learn(X, labels, X[:50], labels[:50], name=name)
        assert found.name == name
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


def test_clusters_are_held_against_the_true_classes(blobs):
    X, labels = blobs
    # Cluster 1 is class 0, cluster 0 is classes 1 and 2; the latter has fewer train images.
    clusters = np.where(labels == 0, 1, 0)
    train = np.r_[0:60, 60:120, 120:150]
    results = {name: learn(X[train], clusters[train], X, clusters, name=name) for name in ("random_forest", "svm")}
    images = ImageSet("made", X[train], X, labels[train], labels, ("a", "b", "c"))
    judged = pseudo.judge(pseudo.PseudoLabels(results), {"train": clusters[train], "test": clusters}, images)
    assert judged.truth.ceiling == wilson_interval(120, 180)
    for name, result in results.items():
        said = np.where(result.test_clusters == 1, 0, 1)
        assert judged.truth.accuracy[name] == wilson_interval(int(np.sum(said == labels)), 180)


def test_numbers_leave_out_what_needs_labels(blobs):
    images = images_of(blobs)
    found, clusters = taught(blobs, images, ["svm"])
    assert pseudo.judge(found, clusters, images) is found
    numbers, result = found.as_dict()["pseudo_labels"]["svm"], found.results["svm"]
    assert "accuracy" not in numbers
    assert numbers["fidelity"] == result.fidelity.value
    assert numbers["intervals_95"]["holdout_fidelity"] == result.holdout.as_dict()
    assert numbers["fold_fidelity"] == [fold.value for fold in result.folds]
    assert (numbers["n_images"], list(numbers["report"])) == (180, ["precision", "recall", "f1", "support"])
    truth = pseudo.Truth({"svm": wilson_interval(3, 4)}, wilson_interval(4, 5), {})
    with_truth = pseudo.PseudoLabels(found.results, truth).as_dict()["pseudo_labels"]["svm"]
    assert (with_truth["accuracy"], with_truth["ceiling"]) == (0.75, 0.8)
    assert with_truth["intervals_95"]["ceiling"] == wilson_interval(4, 5).as_dict()
