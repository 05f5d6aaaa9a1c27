"""Each criterion is that of someone else's library, and the panel counts their votes rightly."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, silhouette_samples, silhouette_score
from sklearn.mixture import GaussianMixture

from report_lib.clustering import panel
from report_lib.clustering.graph_clustering import Resolutions
from report_lib.clustering.panel import Criterion, KMeansSweep, Panel


@pytest.fixture
def sweep(blobs):
    return panel.sweep_kmeans(blobs[0], range(2, 6), n_init=3, random_state=0)


def communities(by_number):
    return Resolutions(np.zeros(1), np.zeros(1, int), np.zeros(1), by_number)


def made(*criteria, ks=(2, 3, 4, 5)):
    return Panel(np.array(ks), [Criterion(f"c{i}", np.array(values, float)) for i, values in enumerate(criteria)])


def test_sweep_is_kmeans_for_each_k(blobs, sweep):
    X, _ = blobs
    np.testing.assert_array_equal(sweep.n_clusters, [2, 3, 4, 5])
    for k, inertia, silhouette in zip(sweep.n_clusters, sweep.inertia, sweep.silhouette, strict=True):
        fit = KMeans(int(k), n_init=3, random_state=0).fit(X)
        assert inertia == pytest.approx(fit.inertia_, rel=1e-6)
        assert silhouette == pytest.approx(silhouette_score(X, fit.labels_), abs=1e-5)
    assert (sweep.best, sweep.n_images) == (3, 180)


def test_variance_ratio_and_silhouettes_by_cluster_are_scikit_learns(blobs, sweep):
    X, _ = blobs
    for i, k in enumerate(sweep.n_clusters):
        labels = KMeans(int(k), n_init=3, random_state=0).fit(X).labels_
        assert sweep.calinski_harabasz[i] == pytest.approx(calinski_harabasz_score(X, labels), rel=1e-4)
        samples = silhouette_samples(X.astype(float), labels)
        np.testing.assert_allclose(sweep.by_cluster[i], [samples[labels == c].mean() for c in range(k)], atol=2e-5)


def test_the_band_of_the_silhouette_runs_from_the_worst_cluster_to_the_best(blobs, sweep):
    X, _ = blobs
    silhouette = panel.put_together(sweep).criteria[0]
    for i, k in enumerate(sweep.n_clusters):
        labels = KMeans(int(k), n_init=3, random_state=0).fit(X).labels_
        samples = silhouette_samples(X.astype(float), labels)
        means = [samples[labels == c].mean() for c in range(k)]
        assert (silhouette.low[i], silhouette.high[i]) == pytest.approx((min(means), max(means)), abs=2e-5)
        assert silhouette.low[i] <= silhouette.values[i] <= silhouette.high[i]


def test_halves_of_plain_groups_agree_at_their_number_alone(blobs):
    found = panel.stability(blobs[0], [2, 3, 4], n_pairs=3, n_init=2, random_state=0)
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found[1], 1.0)
    assert found[2].max() < 1.0
    np.testing.assert_array_equal(found, panel.stability(blobs[0], [2, 3, 4], n_pairs=3, n_init=2, random_state=0))


def test_halves_of_what_has_no_groups_disagree(rng):
    X = rng.normal(size=(120, 6)).astype(np.float32)
    assert panel.stability(X, [5], n_pairs=2, n_init=2, random_state=0).max() < 0.7


def test_the_criterion_of_the_mixture_is_scikit_learns_and_finds_plain_groups(blobs):
    X = blobs[0].astype(float)
    found = np.array(list(panel.mixture_bic(blobs[0], [2, 3, 4], random_state=0)))
    floor = 1e-6 * X.var(axis=0).mean()
    expected = [GaussianMixture(k, reg_covar=floor, random_state=0).fit(X).bic(X) for k in (2, 3, 4)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.argmin() == 1


def test_ranks_begin_at_the_best_and_end_with_what_is_not_defined():
    np.testing.assert_array_equal(Criterion("c", np.array([0.2, np.nan, 0.5, 0.2, 0.1])).ranks, [2.5, 5, 1, 2.5, 4])
    lowest = Criterion("c", np.array([0.2, np.nan, 0.5, np.nan, 0.1]), highest=False)
    np.testing.assert_array_equal(lowest.ranks, [2, 4.5, 3, 4.5, 1])


def test_every_criterion_suggests_its_best_and_the_smallest_of_equals():
    result = made([1, 3, 3, 2], [np.nan, 1, 2, 2], [4, 3, 2, 1])
    assert result.suggested == {"c0": 3, "c1": 4, "c2": 2}


def test_the_best_mean_rank_wins_and_the_smallest_of_equals():
    result = made([4, 3, 2, 1], [1, 3, 4, 2], [1, 4, 3, 2])
    np.testing.assert_allclose(result.mean_rank, [3, 5 / 3, 2, 10 / 3])
    assert result.best == 3
    level = made([4, 3, 2, 1], [1, 2, 3, 4])
    np.testing.assert_allclose(level.mean_rank, 2.5)
    assert level.best == 2


def test_the_panel_holds_what_a_run_asked_for(sweep):
    assert [c.name for c in panel.put_together(sweep).criteria] == ["silhouette", "Calinski–Harabasz"]
    halves = np.array([[0.5, 0.7], [1.0, 1.0], [0.2, 0.9], [0.1, 0.2]])
    bic, by_k = np.array([9.0, 2.0, 3.0, 4.0]), {5: 0.1, 4: 0.2, 3: 0.6, 2: 0.4}
    result = panel.put_together(sweep, halves=halves, bic=bic, communities=communities(by_k))
    _, _, stable, mixture, modular = result.criteria
    np.testing.assert_allclose(stable.values, [0.6, 1.0, 0.55, 0.15])
    np.testing.assert_allclose([stable.low, stable.high], [[0.5, 1.0, 0.2, 0.1], [0.7, 1.0, 0.9, 0.2]])
    np.testing.assert_array_equal(mixture.ranks, [4, 1, 2, 3])
    assert not mixture.highest
    np.testing.assert_array_equal(modular.values, [0.4, 0.6, 0.2, 0.1])
    assert set(result.suggested.values()) == {3}
    assert result.best == 3
    np.testing.assert_array_equal(result.n_clusters, [2, 3, 4, 5])


def test_a_criterion_that_is_defined_for_no_number_suggests_none(sweep):
    """Resolutions so low that Leiden never finds that many communities leave modularity without a value."""
    result = panel.put_together(sweep, communities=communities(dict.fromkeys((2, 3, 4, 5), np.nan)))
    assert "modularity" not in result.suggested
    np.testing.assert_array_equal(result.mean_rank, panel.put_together(sweep).mean_rank)


def test_rows_that_are_all_the_same_speak_for_no_more_than_the_fewest_clusters():
    sweep = panel.sweep_kmeans(np.ones((20, 3), np.float32), range(2, 4), n_init=1, random_state=0)
    result = panel.put_together(sweep)
    assert result.best == 2
    assert np.isfinite(result.mean_rank).all()
    assert all(np.isnan(own).all() for own in sweep.by_cluster)


def test_copies_of_a_few_rows_are_as_many_clusters():
    X = np.repeat(np.eye(3, dtype=np.float32), 8, axis=0)
    sweep = panel.sweep_kmeans(X, range(2, 6), n_init=1, random_state=0)
    assert sweep.silhouette[1:] == pytest.approx(1.0)
    result = panel.put_together(sweep, bic=np.array(list(panel.mixture_bic(X, [2, 3, 4, 5], random_state=0))))
    assert all(np.isfinite(c.values).all() for c in (result.criteria[0], result.criteria[2]))
    assert (sweep.best, result.suggested["silhouette"], result.best) == (3, 3, 3)


def test_a_ratio_without_variance_inside_clusters_is_the_best_there_is():
    ratio = np.array([40.0, np.inf, np.inf])
    blank = np.array([0.5, 0.5, 0.5])
    sweep = KMeansSweep(np.array([2, 3, 4]), np.array([9.0, 0, 0]), blank, ratio, [blank[:2], blank, blank], 30)
    assert panel.put_together(sweep).suggested["Calinski–Harabasz"] == 3
