"""Dense places are those that scikit-learn finds, and unseen rows go where they must."""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors

from report_lib.clustering import density
from report_lib.clustering.density import PredictingDBSCAN, PredictingHDBSCAN, k_distances, sweep_dbscan
from report_lib.clustering.representations import Representation
from report_lib.common.arrays import sample_rows


def test_dbscan_sweep_is_dbscan_at_each_radius(rng):
    X = np.concatenate([rng.normal(c, 0.4, (50, 3)) for c in (0, 4, 8)] + [rng.uniform(-4, 12, (30, 3))])
    eps = np.array([0.3, 0.6, 0.9, 3.0])
    sweep = sweep_dbscan(X, eps, min_samples=5)
    overall = []
    for i, e in enumerate(eps):
        labels = DBSCAN(eps=e, min_samples=5).fit(X).labels_
        kept, sizes = labels >= 0, np.bincount(labels[labels >= 0])
        assert sweep.n_clusters[i] == labels.max() + 1
        assert sweep.noise[i] == pytest.approx((labels == -1).mean())
        assert (sweep.n_clustered[i], sweep.n_outside[i]) == (kept.sum(), kept.sum() - sizes.max())
        silhouette = silhouette_score(X[kept], labels[kept]) if labels.max() > 0 else np.nan
        assert sweep.silhouette[i] == pytest.approx(silhouette, abs=1e-5, nan_ok=True)
        overall.append(silhouette * kept.mean())
    best = DBSCAN(eps=eps[sweep.best_index], min_samples=5).fit(X)
    np.testing.assert_array_equal(sweep.best.labels_, best.labels_)
    assert sweep.best_index == np.nanargmax(overall)


@pytest.mark.parametrize("min_samples", [1, 3, 8])
def test_rows_on_a_border_go_where_scikit_learn_has_them(min_samples, rng):
    # Bodies that grow together, in no order, with copies and with rows that several of them reach.
    X = np.concatenate([rng.normal(rng.uniform(0, 6, 2), 0.3, (30, 2)) for _ in range(12)]).astype(np.float32)
    X = rng.permutation(np.concatenate([X, X[:20]]))
    graph = density.radius_graph(X, 2.0)
    for eps in (1.5, 0.6, 0.35, 0.2, 0.1, 0.05):
        graph = density._within(graph, eps)
        expected = DBSCAN(eps=eps, min_samples=min_samples).fit(X)
        for model in (
            PredictingDBSCAN(eps, min_samples=min_samples).fit(X, **given) for given in ({}, {"neighbors": graph})
        ):
            np.testing.assert_array_equal(model.labels_, expected.labels_)
            np.testing.assert_array_equal(model.core_sample_indices_, expected.core_sample_indices_)


def test_the_graph_of_distances_is_scikit_learns_block_by_block(rng, monkeypatch):
    monkeypatch.setattr(density, "BLOCK", 16)
    X = rng.normal(size=(50, 3))
    found = density.radius_graph(X, 1.5)
    known = NearestNeighbors(radius=1.5, algorithm="brute").fit(X).radius_neighbors_graph(X, mode="distance")
    np.testing.assert_allclose(found.toarray(), known.toarray(), atol=1e-6)
    np.testing.assert_array_equal(found.indptr, known.indptr)
    assert found.indices.dtype == np.int32


def test_a_few_tight_clumps_do_not_win_over_a_grouping_of_all(rng):
    """Noise counts as zero: the silhouette of what is left may be higher and yet speak of few."""
    wide = np.concatenate([rng.normal(c, 1.0, (60, 2)) for c in (0, 12)])
    X = np.concatenate([wide, [[0, 0]] * 4 + [[12, 12]] * 4 + rng.normal(0, 0.001, (8, 2))])
    sweep = sweep_dbscan(X, np.array([0.02, 3.0]), min_samples=4)
    assert sweep.n_clusters.tolist() == [2, 2]
    assert sweep.silhouette[0] > 0.99 > sweep.silhouette[1] > 0.8
    assert sweep.noise[0] > 0.9
    assert sweep.noise[1] == 0.0
    assert (sweep.best_index, sweep.best.eps) == (1, 3.0)
    assert sweep.found_groups


def test_dbscan_predicts_by_the_nearest_core_point(rng):
    X = np.concatenate([rng.normal(0, 0.3, (40, 2)), rng.normal(6, 0.3, (40, 2))])
    model = PredictingDBSCAN(0.5, min_samples=4).fit(X)
    core = model.core_sample_indices_
    np.testing.assert_array_equal(model.predict(X[core]), model.labels_[core])
    found = model.predict(np.array([[0.0, 0.0], [6.0, 6.0], [3.0, 3.0]]))
    assert found[2] == -1
    assert found[0] != found[1]
    assert -1 not in found[:2]


def test_dbscan_of_nothing_but_noise(rng):
    X = rng.uniform(0, 100, (30, 4))
    sweep = sweep_dbscan(X, np.array([0.01, 0.02]), min_samples=3)
    assert not sweep.found_groups
    assert (sweep.noise == 1.0).all()
    np.testing.assert_array_equal(sweep.best.predict(X[:3]), [-1, -1, -1])
    assert (sweep.n_clustered.tolist(), sweep.n_outside.tolist()) == ([0, 0], [0, 0])


def test_dbscan_of_one_body(rng):
    sweep = sweep_dbscan(rng.normal(size=(50, 2)), np.array([5.0]), min_samples=3)
    assert not sweep.found_groups
    assert sweep.n_clusters.tolist() == [1]
    assert np.isnan(sweep.silhouette).all()


def test_k_distances_are_those_of_the_kth_neighbour_itself_counted(rng):
    X = rng.normal(size=(60, 3))
    found = k_distances(X, 4)
    expected = np.sort(NearestNeighbors(n_neighbors=4).fit(X).kneighbors(X)[0][:, 3])
    np.testing.assert_allclose(found.distances, expected, atol=1e-6)


def test_the_knee_of_a_made_curve():
    # Ninety points a step apart and ten far out: the distances bend after ninety.
    X = np.concatenate([np.arange(90.0), 200.0 * 2.0 ** np.arange(10)])[:, None]
    found = k_distances(X, 2)
    assert 85 <= found.knee <= 95
    assert found.knee_eps == found.distances[found.knee]


def test_equal_distances_have_no_knee():
    found = k_distances(np.repeat(np.eye(4), 5, axis=0), 3)
    assert (found.knee, found.knee_eps) == (None, None)


def test_candidate_radii_are_percentiles_and_the_knee(rng):
    found = k_distances(rng.normal(size=(60, 3)), 4)
    expected = sorted([np.median(found.distances), found.knee_eps, found.distances[-1]])
    np.testing.assert_allclose(density.candidate_eps(found, [50.0, 100.0]), expected)


def test_copies_give_no_radius_of_zero(rng):
    X = np.concatenate([np.zeros((50, 3)), rng.normal(size=(30, 3))])
    radii = density.candidate_eps(k_distances(X, 4), [10.0, 50.0, 90.0])
    assert (radii > 1e-3).all()
    nothing = k_distances(np.zeros((20, 3)), 4)
    assert sweep_dbscan(np.zeros((20, 3)), density.candidate_eps(nothing, [50.0]), min_samples=3).eps[0] > 0


def test_what_is_reported_is_of_the_sample_at_its_best_radius(rng):
    X = np.concatenate([rng.normal(c, 0.4, (50, 2)) for c in (0, 6)])
    options = {"n_images": 50, "min_samples": 3, "percentiles": [20.0, 98.0], "random_state": 0}
    densities = density.try_radii({"PCA": Representation("PCA", X, X[:1]), "other": None}, **options)
    assert list(densities) == ["PCA"]
    found, rows = densities["PCA"], sample_rows(100, 50, 0)
    np.testing.assert_array_equal(found.rows, rows)
    distances = k_distances(X[rows], 3)
    low, high = np.percentile(distances.distances, [20, 98])
    np.testing.assert_array_equal(found.sweep.eps, sorted([low, distances.knee_eps, high]))
    numbers, labels = found.as_dict(), DBSCAN(eps=found.sweep.best.eps, min_samples=3).fit(X[rows]).labels_
    assert numbers["best"]["eps"] == found.sweep.best.eps
    assert numbers["best"]["n_clusters"] == labels.max() + 1 == 2
    assert numbers["best"]["noise"] == pytest.approx((labels < 0).mean())
    assert numbers["best"]["n_clustered"] == (labels >= 0).sum()
    assert numbers["best"]["n_outside_largest"] == (labels >= 0).sum() - np.bincount(labels[labels >= 0]).max()
    assert [len(numbers[key]) for key in ("eps", "n_clusters", "noise", "silhouette", "n_clustered")] == [3] * 5


def test_hdbscan_is_scikit_learns(blobs, rng):
    X = np.concatenate([blobs[0], rng.uniform(-6, 14, (40, 5)).astype(np.float32)])
    model = PredictingHDBSCAN(15, min_samples=4).fit(X)
    expected = HDBSCAN(15, min_samples=4, copy=True).fit(X).labels_
    np.testing.assert_array_equal(model.labels_, expected)
    assert (model.labels_.dtype, model.labels_.max(), model.n_features_in_) == (np.int64, 2, 5)
    assert 0 < (model.labels_ == -1).sum() < 60


def test_hdbscan_predicts_members_into_their_clusters_and_remote_rows_as_noise(blobs):
    X, labels = blobs
    model = PredictingHDBSCAN(15, min_samples=4).fit(X[::2])
    members = model.labels_ >= 0
    # Each member is its own nearest row, and no cluster is denser than at distance zero.
    np.testing.assert_array_equal(model.predict(X[::2][members]), model.labels_[members])
    found = model.predict(X[1::2])
    kept = found >= 0
    assert kept.mean() > 0.8
    assert len(np.unique(np.column_stack([found, labels[1::2]])[kept], axis=0)) == 3
    far = np.array([[50.0] * 5, [-40.0, 0, 0, 0, 0], [4.5, 4.5, 4.5, 4.5, 0]])
    np.testing.assert_array_equal(model.predict(far), [-1, -1, -1])


def test_hdbscan_reaches_as_far_as_its_cluster_is_sparse():
    """On a line, a dense and a sparse cluster: the same step out of each is noise here and a member there."""
    X = np.concatenate([np.arange(30) * 0.1, 100 + np.arange(30) * 2.0])[:, None]
    model = PredictingHDBSCAN(10, min_samples=3).fit(X)
    dense, sparse = model.labels_[5], model.labels_[45]
    assert -1 not in (dense, sparse)
    # Neighbour number three, the row itself counted, is one step away inside and two at the end of the line.
    rows = np.array([[-0.19], [-0.21], [158 + 3.9], [158 + 4.1]])
    np.testing.assert_array_equal(model.predict(rows), [dense, -1, sparse, -1])


def test_hdbscan_of_nothing_but_noise(rng):
    X = rng.uniform(0, 100, (30, 4))
    model = PredictingHDBSCAN(14, min_samples=3).fit(X)
    assert (model.labels_ == -1).all()
    np.testing.assert_array_equal(model.predict(X[:4]), [-1] * 4)


@pytest.mark.parametrize("model", [PredictingDBSCAN(1e-3, min_samples=3), PredictingHDBSCAN(5, min_samples=3)])
def test_images_that_are_all_the_same_are_one_body_or_noise(model):
    X = np.full((20, 4), 0.3, np.float32)
    model.fit(X)
    assert len(np.unique(model.labels_)) == 1
    np.testing.assert_array_equal(model.predict(X), model.labels_)


@pytest.mark.parametrize("n_features", [4, 30])
def test_copies_are_predicted_into_the_cluster_that_they_are(n_features):
    """A cluster of copies reaches no farther than zero, and rounding must not throw its members out."""
    for seed in range(3):
        kinds = 9 * np.random.default_rng(seed).normal(size=(20, n_features))
        X = np.repeat(kinds, 6, axis=0).astype(np.float32)
        model = PredictingHDBSCAN(5, min_samples=3).fit(X)
        assert model.labels_.max() == 19
        np.testing.assert_array_equal(model.predict(X), model.labels_)
        np.testing.assert_array_equal([model.predict(X[i : i + 1])[0] for i in range(0, 120, 6)], model.labels_[::6])
