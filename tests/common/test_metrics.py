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


@pytest.mark.parametrize("n", [0, 1, 2, 500])
def test_the_index_of_two_clusterings_equals_scikit_learns(n, rng):
    one = rng.integers(-1, 4, n)
    other = np.where(rng.random(n) < 0.6, one, rng.integers(-1, 6, n))
    assert metrics.rand_between(one, other) == pytest.approx(sk.adjusted_rand_score(one, other), abs=1e-12)


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


def test_clusters_are_matched_with_classes_one_to_one():
    # The first two clusters are mostly class 0: the second takes what is left of class 1, the third has the most of 2.
    table = np.array([[50, 30, 0, 1], [10, 5, 0, 2], [0, 0, 5, 0]])
    np.testing.assert_array_equal(metrics.matched_map(table), [0, 1, 2])
    np.testing.assert_array_equal(metrics.matched_map(table[:2]), [0, 1, -1])
    np.testing.assert_array_equal(metrics.matched_map(table[:, [0, 3]]), [0])


def test_matched_accuracy_covers_the_truth(rng):
    """Clusters are matched on train images: what that is worth on all images lies in 95% of the intervals of test images."""
    share = np.array([[0.2, 0.04, 0.01, 0], [0.03, 0.2, 0.02, 0], [0.01, 0.09, 0.1, 0], [0.1, 0.09, 0.1, 0.01]])
    covered = []
    for _ in range(1000):
        train, test = (rng.multinomial(n, share.ravel()).reshape(4, 4) for n in (600, 300))
        mapping = metrics.matched_map(train)
        named = mapping[:-1] >= 0 if len(mapping) == 4 else mapping >= 0
        places = mapping[named], np.flatnonzero(named)
        own = metrics.wilson_interval(int(test[places].sum()), 300)
        covered.append(own.low <= share[places].sum() <= own.high)
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.parametrize(("spread", "n_seeds"), [(0.05, 5), (0.02, 3), (0.0, 4)])
def test_a_mean_over_seeds_covers_the_mean_of_all_seeds(rng, spread, n_seeds):
    """At least as often as it says; where seeds and images vary alike, more often."""
    covered = []
    for _ in range(1000):
        chance = np.clip(0.6 + spread * rng.normal(size=n_seeds), 0, 1)
        hardness = rng.random(400)
        own = metrics.mean_over_draws(hardness < chance[:, None])
        covered.append(own.low <= 0.6 <= own.high)
    assert 0.93 <= np.mean(covered) <= 0.995


def test_the_mean_nmi_of_seeds_covers_the_truth_on_few_test_images(rng):
    """Of few images mutual information comes out too large: an interval with its mean in the middle covers half of the time."""
    share = np.append(np.full((10, 10), 0.4 / 90), np.zeros((10, 1)), axis=1)
    np.fill_diagonal(share, 0.06)
    truth, covered, centred = float(metrics.normalized_mutual_info(share)), [], []
    for i in range(150):
        tables = rng.multinomial(200, share.ravel(), size=3).reshape(3, 10, 11)
        single = metrics.bootstrap_intervals(tables[0], n_resamples=300, random_state=i)["nmi"]
        own = metrics.over_seeds(metrics.normalized_mutual_info(tables), single)
        covered.append(own.low <= truth <= own.high)
        centred.append(abs(own.value - truth) <= (own.high - own.low) / 2)
    assert np.mean(covered) >= 0.9
    assert np.mean(centred) < 0.7


def test_of_one_model_the_mean_has_wilsons_interval(rng):
    right = rng.random((1, 80)) < 0.7
    assert metrics.mean_over_draws(right) == metrics.wilson_interval(int(right.sum()), 80)
    other = rng.random((1, 80)) < 0.5
    assert metrics.difference_over_draws(right, other) == metrics.paired_difference(right[0], other[0])


def test_of_many_comparisons_few_come_out_by_chance(rng):
    """Ten methods that are alike: one is called worse in 5% of the cases, not in 30%."""
    wrong = {"holm": 0, "alone": 0}
    for _ in range(300):
        first, others = rng.random((1, 400)) < 0.7, rng.random((10, 1, 400)) < 0.7
        wrong["holm"] += any(own.low > 0 or own.high < 0 for own in metrics.ahead([first] * 10, others))
        wrong["alone"] += any(
            own.low > 0 or own.high < 0 for own in (metrics.difference_over_draws(first, own) for own in others)
        )
    assert wrong["holm"] <= 25 < wrong["alone"]


def test_a_clear_lead_is_called_one(rng):
    first = rng.random((5, 1000)) < 0.9
    near, far = first ^ (rng.random((5, 1000)) < 0.01), rng.random((5, 1000)) < 0.5
    lead = metrics.ahead([first, first], [near, far])
    assert lead[1].low > 0.3
    assert lead[0].value == pytest.approx(first.mean() - near.mean())
    # The clearer one is held to half of 5%, what is left then to all of it.
    assert lead[1] == metrics.difference_over_draws(first, far, confidence=0.975)
    assert lead[0] == metrics.difference_over_draws(first, near)


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
