import numpy as np
import pytest
from sklearn.cluster import DBSCAN, KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.neighbors import NearestNeighbors

from report_lib import clustering


def test_silhouettes_are_scikit_learns(rng, monkeypatch):
    monkeypatch.setattr(clustering, "BLOCK_BYTES", 4 * 150 * 40)
    X = rng.normal(size=(150, 6)).astype(np.float32) + 30
    labelings = np.stack([rng.integers(0, k, 150) for k in (2, 3, 7)])
    labelings[2, :20] = -1
    found = clustering.silhouette_scores(X, labelings)
    for i, labels in enumerate(labelings):
        kept = labels >= 0
        assert found[i] == pytest.approx(silhouette_score(X[kept].astype(float), labels[kept]), abs=2e-5)


def test_silhouettes_of_lone_rows_are_zero_as_scikit_learn_has_it():
    X = np.array([[0.0], [0.1], [5.0]])
    labels = np.array([0, 0, 1])
    assert clustering.silhouette_scores(X, labels)[0] == pytest.approx(silhouette_score(X, labels), abs=1e-6)


def test_silhouettes_that_are_not_defined():
    X = np.arange(8.0).reshape(4, 2)
    labelings = np.array([[0, 0, 0, 0], [0, 1, 2, 3], [-1, -1, -1, -1], [0, -1, -1, -1]])
    assert np.isnan(clustering.silhouette_scores(X, labelings)).all()


def test_sweep_is_kmeans_for_each_k(blobs):
    X, _ = blobs
    sweep = clustering.sweep_kmeans(X, k_min=2, k_max=5, n_init=3, random_state=0)
    np.testing.assert_array_equal(sweep.n_clusters, [2, 3, 4, 5])
    for k, inertia, silhouette in zip(sweep.n_clusters, sweep.inertia, sweep.silhouette, strict=True):
        fit = KMeans(int(k), n_init=3, random_state=0).fit(X)
        assert inertia == pytest.approx(fit.inertia_, rel=1e-6)
        assert silhouette == pytest.approx(silhouette_score(X, fit.labels_), abs=1e-5)
    assert sweep.best == 3


def test_kmeans_numbers_clusters_by_size(rng):
    X = np.concatenate([rng.normal(0, 1, (20, 2)), rng.normal(30, 1, (60, 2))]).astype(np.float32)
    found = clustering.fit_kmeans(X, X[:5], n_clusters=2, n_init=2, random_state=0)
    np.testing.assert_array_equal(found.sizes, [60, 20])
    np.testing.assert_array_equal(found.test, [1] * 5)
    np.testing.assert_allclose(found.centers[0], X[20:].mean(axis=0), rtol=1e-3)


def test_kmeans_assigns_test_rows_to_the_nearest_center(blobs):
    X, labels = blobs
    found = clustering.fit_kmeans(X[::2], X[1::2], n_clusters=3, n_init=3, random_state=0)
    assert adjusted_rand_score(labels[1::2], found.test) == 1.0
    nearest = ((X[1::2, None] - found.centers) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(found.test, nearest)


def test_dbscan_sweep_is_dbscan_at_each_radius(rng):
    X = np.concatenate([rng.normal(c, 0.4, (50, 3)) for c in (0, 4, 8)] + [rng.uniform(-4, 12, (30, 3))])
    eps = np.array([0.3, 0.6, 0.9, 3.0])
    sweep = clustering.sweep_dbscan(X, eps, min_samples=5)
    for i, e in enumerate(eps):
        expected = DBSCAN(eps=e, min_samples=5).fit(X)
        assert sweep.n_clusters[i] == expected.labels_.max() + 1
        assert sweep.noise[i] == pytest.approx((expected.labels_ == -1).mean())
    best = DBSCAN(eps=eps[sweep.best_index], min_samples=5).fit(X)
    np.testing.assert_array_equal(sweep.best.labels_, best.labels_)
    assert sweep.silhouette[sweep.best_index] == np.nanmax(sweep.silhouette)


def test_dbscan_predicts_by_the_nearest_core_point(rng):
    X = np.concatenate([rng.normal(0, 0.3, (40, 2)), rng.normal(6, 0.3, (40, 2))])
    model = clustering.PredictingDBSCAN(0.5, min_samples=4).fit(X)
    core = model.core_sample_indices_
    np.testing.assert_array_equal(model.predict(X[core]), model.labels_[core])
    found = model.predict(np.array([[0.0, 0.0], [6.0, 6.0], [3.0, 3.0]]))
    assert found[2] == -1
    assert found[0] != found[1]
    assert -1 not in found[:2]


def test_dbscan_of_nothing_but_noise(rng):
    X = rng.uniform(0, 100, (30, 4))
    sweep = clustering.sweep_dbscan(X, np.array([0.01, 0.02]), min_samples=3)
    assert not sweep.found_groups
    assert (sweep.noise == 1.0).all()
    np.testing.assert_array_equal(sweep.best.predict(X[:3]), [-1, -1, -1])
    assert clustering.dbscan_clusters(sweep, X[:3]).n_clusters == 0


def test_dbscan_of_one_body(rng):
    sweep = clustering.sweep_dbscan(rng.normal(size=(50, 2)), np.array([5.0]), min_samples=3)
    assert not sweep.found_groups
    assert sweep.n_clusters.tolist() == [1]


def test_k_distances_are_those_of_the_kth_neighbour_itself_counted(rng):
    X = rng.normal(size=(60, 3))
    found = clustering.k_distances(X, 4)
    expected = np.sort(NearestNeighbors(n_neighbors=4).fit(X).kneighbors(X)[0][:, 3])
    np.testing.assert_allclose(found.distances, expected, atol=1e-6)


def test_the_knee_of_a_made_curve():
    # Ninety points a step apart and ten far out: the distances bend after ninety.
    X = np.concatenate([np.arange(90.0), 200.0 * 2.0 ** np.arange(10)])[:, None]
    found = clustering.k_distances(X, 2)
    assert 85 <= found.knee <= 95
    assert found.knee_eps == found.distances[found.knee]


def test_equal_distances_have_no_knee():
    found = clustering.k_distances(np.repeat(np.eye(4), 5, axis=0), 3)
    assert (found.knee, found.knee_eps) == (None, None)


def test_candidate_radii_are_percentiles(rng):
    found = clustering.k_distances(rng.normal(size=(60, 3)), 4)
    np.testing.assert_allclose(
        clustering.candidate_eps(found, [50.0, 100.0]), [np.median(found.distances), found.distances[-1]]
    )


def test_compare_scalings_clusters_each(blobs):
    X, labels = blobs
    variants = {"a": (X, X), "b": (X * 3, X * 3)}
    found = clustering.compare_scalings(variants, n_clusters=3, n_refits=2, random_state=0)
    assert [len(fits) for fits in found.values()] == [2, 2]
    assert len(found["a"][0].train) == 90
    for a, b in zip(found["a"], found["b"], strict=True):
        assert adjusted_rand_score(labels, b.test) == 1.0
        assert adjusted_rand_score(a.test, b.test) == 1.0


def test_copies_give_no_radius_of_zero(rng):
    X = np.concatenate([np.zeros((50, 3)), rng.normal(size=(30, 3))])
    radii = clustering.candidate_eps(clustering.k_distances(X, 4), [10.0, 50.0, 90.0])
    assert (radii > 1e-3).all()
    nothing = clustering.k_distances(np.zeros((20, 3)), 4)
    assert (
        clustering.sweep_dbscan(np.zeros((20, 3)), clustering.candidate_eps(nothing, [50.0]), min_samples=3).eps[0] > 0
    )
