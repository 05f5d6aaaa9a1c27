"""Every score is held against scikit-learn's own, or against a number that can be worked out by hand."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as sk

from report_lib.clustering.fitting import Clusters
from report_lib.common import metrics


@pytest.fixture
def labelled(rng):
    labels = rng.integers(0, 4, 500)
    clusters = np.where(rng.random(500) < 0.7, (labels + 1) % 4, rng.integers(0, 5, 500))
    return labels, clusters


def test_contingency_equals_scikit_learns(labelled):
    labels, clusters = labelled
    table = metrics.contingency(labels, clusters, 4, 5)
    np.testing.assert_array_equal(table[:, :-1], sk.cluster.contingency_matrix(labels, clusters))
    assert table[:, -1].sum() == 0


def test_contingency_keeps_noise_apart():
    table = metrics.contingency(np.array([0, 1, 1]), np.array([0, -1, 0]), 2, 1)
    np.testing.assert_array_equal(table, [[1, 0], [1, 1]])


def test_ari_and_nmi_equal_scikit_learns(labelled):
    labels, clusters = labelled
    table = metrics.contingency(labels, clusters, 4, 5)
    assert metrics.adjusted_rand(table) == pytest.approx(sk.adjusted_rand_score(labels, clusters), abs=1e-12)
    assert metrics.normalized_mutual_info(table) == pytest.approx(
        sk.normalized_mutual_info_score(labels, clusters), abs=1e-12
    )


def test_ari_and_nmi_of_a_stack_are_those_of_each(rng):
    stack = rng.integers(0, 20, size=(3, 4, 5))
    for name in ("adjusted_rand", "normalized_mutual_info"):
        function = getattr(metrics, name)
        np.testing.assert_allclose(function(stack), [function(t) for t in stack])


def test_hungarian_accuracy_takes_each_class_once():
    # The first cluster is mostly class 0 and the second too: only one of them may be named so.
    table = np.array([[50, 30, 0], [10, 5, 0], [0, 0, 5]])
    assert metrics.hungarian_accuracy(table) == pytest.approx((50 + 5) / 100)


def test_noise_counts_as_wrong():
    table = np.array([[40, 0, 10], [0, 30, 20]])
    assert metrics.hungarian_accuracy(table) == pytest.approx(0.7)


def test_majority_map_and_its_use():
    mapping = metrics.majority_map(np.array([[50, 30, 0, 0], [10, 35, 0, 9]]))
    np.testing.assert_array_equal(mapping, [0, 1, -1])
    np.testing.assert_array_equal(metrics.apply_map(mapping, np.array([1, 0, 2, -1])), [1, 0, -1, -1])


def test_all_noise_scores_nothing():
    noise = np.full(6, -1)
    labels = np.array([0, 1, 0, 1, 0, 1])
    scores = metrics.score_clusters(noise, noise, 0, train_labels=labels, test_labels=labels, n_classes=2)
    assert (scores.coverage, scores.accuracy.value, scores.majority_accuracy.value) == (0.0, 0.0, 0.0)
    assert scores.ari.value == pytest.approx(sk.adjusted_rand_score(labels, noise))
    assert np.isnan([scores.clustered["ari"], scores.clustered["ami"]]).all()


def test_purity_and_recall():
    table = np.array([[8, 1, 1], [2, 9, 0]])
    np.testing.assert_allclose(metrics.purity(table), [0.8, 0.9])
    np.testing.assert_allclose(metrics.best_recall(table), [0.8, 9 / 11])


@pytest.mark.parametrize(("right", "n"), [(0, 10), (3, 10), (950, 1000), (10, 10)])
def test_wilson_interval_equals_scipys(right, n):
    interval = metrics.wilson_interval(right, n)
    expected = binomtest(right, n).proportion_ci(method="wilson")
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert interval.value == right / n


def test_bootstrap_interval_agrees_with_the_exact_one():
    # With two pure clusters, Hungarian accuracy is a plain share of images, for which an exact interval is known.
    table = np.array([[450, 50, 0], [50, 450, 0]])
    accuracy = metrics.bootstrap_intervals(table, random_state=0)["accuracy"]
    exact = binomtest(900, 1000).proportion_ci(method="exact")
    assert accuracy.value == 0.9
    assert (accuracy.low, accuracy.high) == pytest.approx((exact.low, exact.high), abs=0.005)


def test_bootstrap_is_seeded():
    table = np.array([[45, 5, 1], [5, 44, 0]])
    assert metrics.bootstrap_intervals(table, random_state=1) == metrics.bootstrap_intervals(table, random_state=1)
    assert metrics.bootstrap_intervals(table, random_state=1) != metrics.bootstrap_intervals(table, random_state=2)


def test_scores_of_a_renamed_truth_are_perfect(rng):
    labels = rng.integers(0, 5, 300)
    renamed = (labels + 2) % 5
    scores = metrics.score_clusters(renamed, renamed, 5, train_labels=labels, test_labels=labels, n_classes=5).as_dict()
    for name in ("accuracy", "majority_accuracy", "ari", "nmi", "ami"):
        assert scores[name] == pytest.approx(1.0)


def test_the_majority_map_is_learnt_on_train_alone():
    train, test = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    scores = metrics.score_clusters(
        train, test, 2, train_labels=np.array([0, 0, 1, 1]), test_labels=np.array([1, 1, 0, 0]), n_classes=2
    )
    assert scores.majority_accuracy.value == 0.0
    assert scores.accuracy.value == 1.0


@pytest.fixture
def noisy(labelled, rng):
    """Train labels and clusters, then those of test images, with noise among both."""
    labels, clusters = labelled
    found = np.where(rng.random(500) < 0.2, -1, clusters)
    return labels[:300], found[:300], labels[300:], found[300:]


def test_scores_of_the_clustered_leave_noise_out(noisy):
    train_labels, train, labels, test = noisy
    scores = metrics.score_clusters(train, test, 5, train_labels=train_labels, test_labels=labels, n_classes=4)
    kept = test >= 0
    assert scores.coverage == kept.mean() < 1
    assert scores.clustered["ari"] == pytest.approx(sk.adjusted_rand_score(labels[kept], test[kept]))
    assert scores.clustered["ami"] == pytest.approx(sk.adjusted_mutual_info_score(labels[kept], test[kept]))
    assert scores.as_dict()["clustered_only"] == scores.clustered
    assert scores.clustered["ari"] > scores.ari.value


def test_plain_scores_are_those_with_intervals(noisy):
    train_labels, train, labels, test = noisy
    plain = metrics.plain_scores(train, test, 5, train_labels, labels, 4)
    full = metrics.score_clusters(train, test, 5, train_labels=train_labels, test_labels=labels, n_classes=4).as_dict()
    assert plain == pytest.approx({name: full[name] for name in plain})
    assert plain["ari"] == pytest.approx(sk.adjusted_rand_score(labels, test))
    assert plain["nmi"] == pytest.approx(sk.normalized_mutual_info_score(labels, test))
    assert plain["ami"] == pytest.approx(sk.adjusted_mutual_info_score(labels, test))
    assert plain["accuracy"] <= plain["majority_accuracy"]


def test_without_labels_only_what_needs_none_is_said():
    scores = metrics.score_clusters(np.array([0, 1]), np.array([0, -1]), 2).as_dict()
    assert scores == {"n_clusters": 2, "coverage": 0.5}


def test_agreement_is_scikit_learns(labelled):
    labels, clusters = labelled
    found = metrics.agreement({"a": [labels, clusters], "b": [clusters, clusters]})
    ari = sk.adjusted_rand_score(labels, clusters)
    np.testing.assert_allclose(found, [[ari, (ari + 1) / 2], [(ari + 1) / 2, 1.0]])
    np.testing.assert_array_equal(metrics.agreement({"a": [labels]}), [[1.0]])


def test_every_refit_is_scored(labelled):
    labels, clusters = labelled
    refits = {"a": [Clusters(5, clusters, clusters), Clusters(4, labels, labels)]}
    found = metrics.refit_scores(refits, labels, 4)
    assert found["a"]["ari"] == pytest.approx([sk.adjusted_rand_score(labels, clusters), 1.0])
    assert metrics.refit_scores(refits, None, 0) == {"a": {}}


def test_nmi_intervals_cover_the_truth(rng):
    """The index of a sample is too large; an interval that ignores this would miss the truth nearly always."""
    population = np.full((6, 6), 0.2 / 30)
    np.fill_diagonal(population, 0.8 / 6)
    truth = float(metrics.normalized_mutual_info(population))
    tables = rng.multinomial(600, population.ravel(), size=60).reshape(60, 6, 6)
    tables = np.concatenate([tables, np.zeros((60, 6, 1), int)], axis=2)
    found = [metrics.bootstrap_intervals(table, n_resamples=200)["nmi"] for table in tables]
    assert np.mean([interval.low <= truth <= interval.high for interval in found]) >= 0.8
    assert all(interval.low <= interval.value <= interval.high for interval in found)
