"""Every score is held against scikit-learn's own, or against a number that can be worked out by hand."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as sk

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


def test_contingency_leaves_unknown_labels_out(labelled):
    labels, clusters = labelled
    some = np.where(np.arange(500) % 3 == 0, -1, labels)
    known = some >= 0
    np.testing.assert_array_equal(
        metrics.contingency(some, clusters, 4, 5)[:, :-1],
        sk.cluster.contingency_matrix(labels[known], clusters[known]),
    )


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


def test_where_all_is_noise_no_cluster_holds_any_of_a_class():
    table = metrics.contingency(np.array([0, 0, 1]), np.array([-1, -1, -1]), 2, 0)
    np.testing.assert_array_equal(table, [[2], [1]])
    np.testing.assert_array_equal(metrics.best_recall(table), [0, 0])
    assert metrics.purity(table).shape == (0,)
