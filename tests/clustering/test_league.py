"""The numbers of the league table are scikit-learn's, or can be counted by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

from report_lib.clustering import league
from report_lib.clustering.fitting import Clusters, Fitted, fit_all
from report_lib.clustering.panel import Panel
from report_lib.clustering.representations import Representation
from report_lib.common import published
from report_lib.common.prose import MEASURES

SCORES = {"ari": adjusted_rand_score, "nmi": normalized_mutual_info_score, "ami": adjusted_mutual_info_score}


@pytest.fixture
def labels(rng):
    return rng.integers(0, 3, 80), rng.integers(0, 3, 50)


def blurred(rng, labels, share, n):
    """The classes, some of them replaced at random."""
    return np.where(rng.random(len(labels)) < share, rng.integers(0, n, len(labels)), labels)


@pytest.fixture
def fitted(rng, labels):
    """A method fitted to all train images, three times, and one that samples them and leaves some as noise."""
    all_fits = [Clusters(4, blurred(rng, labels[0], 0.3, 4), blurred(rng, labels[1], share, 4))
                for share in (0.6, 0.1, 0.4)]  # fmt: skip
    rows = np.arange(5, 45)
    test = np.where(rng.random(50) < 0.4, -1, labels[1])
    sampled = Clusters(3, blurred(rng, labels[0][rows], 0.2, 3), test, rows=rows)
    return [
        Fitted("kmeans", "PCA", all_fits, 0.1, [None] * 3),
        Fitted("hdbscan", "UMAP", [sampled], 0.2, [None]),
    ]


def test_scores_of_every_seed_are_scikit_learns(fitted, labels):
    rows = league.score(fitted, *labels, 3, random_state=0)
    assert [row.name for row in rows] == ["kmeans on PCA", "hdbscan on UMAP"]
    for row in rows:
        for name, score in SCORES.items():
            expected = [score(labels[1], one.test) for one in row.fitted.fits]
            np.testing.assert_allclose(row.by_seed[name], expected, atol=1e-12)
        np.testing.assert_allclose(row.by_seed["coverage"], [(one.test >= 0).mean() for one in row.fitted.fits])
    np.testing.assert_array_equal(rows[0].by_seed["n_clusters"], [4, 4, 4])


def test_the_scores_are_of_the_typical_fit(fitted, labels):
    for row in league.score(fitted, *labels, 3, random_state=0):
        best = row.fitted.typical
        assert best == (1 if row.fitted.method == "kmeans" else 0)
        for name in ("accuracy", "majority_accuracy", "ari", "nmi"):
            interval = getattr(row.scores, name)
            assert interval.value == pytest.approx(row.by_seed[name][best])
            assert interval.low <= interval.value <= interval.high
            assert interval.low < interval.high
        assert row.scores.ami == pytest.approx(row.by_seed["ami"][best])


def test_means_hold_the_seeds_and_the_draw_of_test_images(fitted, labels):
    kmeans, hdbscan = league.score(fitted, *labels, 3, random_state=0)
    assert kmeans.right.shape == (3, 50)
    np.testing.assert_allclose(kmeans.right.mean(axis=1), kmeans.by_seed["accuracy"])
    for name, own in kmeans.mean.items():
        single = getattr(kmeans.scores, name)
        seeds = stats.t.interval(0.95, 2, 0.0, stats.sem(kmeans.by_seed[name]))[1]
        assert own.value == pytest.approx(kmeans.by_seed[name].mean())
        below, above = np.hypot(seeds, [single.value - single.low, single.high - single.value])
        assert own.low == pytest.approx(max(-1 if name == "ari" else 0, own.value - below))
        assert own.high == pytest.approx(min(1, own.value + above))
    # Of one seed nothing is known but what it is on these images.
    assert hdbscan.mean == {name: getattr(hdbscan.scores, name) for name in hdbscan.mean}
    assert kmeans.as_dict()["mean_intervals_95"]["ari"] == kmeans.mean["ari"].as_dict()


def test_a_cluster_is_named_after_the_train_images_that_the_fit_saw(fitted, labels):
    row = league.score(fitted, *labels, 3, random_state=0)[1]
    kept = row.fitted.kept
    known = labels[0][kept.rows]
    names = np.array([np.bincount(known[kept.train == i]).argmax() for i in range(3)])
    right = np.where(kept.test >= 0, names[kept.test], -1) == labels[1]
    assert row.scores.majority_accuracy.value == row.by_seed["majority_accuracy"][0] == pytest.approx(right.mean())


def test_scores_of_the_clustered_leave_noise_out(fitted, labels):
    row = league.score(fitted, *labels, 3, random_state=0)[1]
    kept = row.fitted.kept.test >= 0
    assert 0.3 < row.scores.coverage < 0.9
    assert row.scores.clustered == {"ari": pytest.approx(1.0), "ami": pytest.approx(1.0)}
    assert row.scores.ari.value == pytest.approx(adjusted_rand_score(labels[1], row.fitted.kept.test))
    assert row.scores.ari.value < 0.9
    assert row.scores.accuracy.value == pytest.approx(kept.mean())


def test_numbers_for_metrics_json(fitted, labels):
    kmeans, hdbscan = (row.as_dict() for row in league.score(fitted, *labels, 3, random_state=0))
    assert (kmeans["method"], kmeans["on"], kmeans["n_clusters"]) == ("kmeans", "PCA", 4)
    ari = [adjusted_rand_score(labels[1], one.test) for one in fitted[0].fits]
    assert kmeans["mean"]["ari"] == pytest.approx(np.mean(ari))
    assert kmeans["standard_deviation"]["ari"] == pytest.approx(np.std(ari, ddof=1))
    assert kmeans["ari"] == pytest.approx(ari[1])
    # One seed has no spread.
    assert hdbscan["standard_deviation"] == dict.fromkeys(("n_clusters", "coverage", *MEASURES))
    assert hdbscan["clustered_only"]["ari"] == pytest.approx(1.0)


def test_without_labels_only_numbers_of_clusters_and_coverage(fitted):
    for row in league.score(fitted, None, None, 0, random_state=0):
        assert set(row.by_seed) == {"n_clusters", "coverage"}
        assert row.scores.table is None
        assert set(row.as_dict()) == {
            "n_clusters", "coverage", "method", "on", "by_seed", "mean", "mean_intervals_95", "standard_deviation",
        }  # fmt: skip


def test_all_noise_is_scored_as_nothing_found(labels):
    noise = Clusters(0, np.full(10, -1), np.full(50, -1), rows=np.arange(10))
    (row,) = league.score([Fitted("dbscan", "PCA", [noise], 0.1, [None])], *labels, 3, random_state=0)
    assert (row.scores.n_clusters, row.scores.coverage, row.scores.accuracy.value) == (0, 0.0, 0.0)
    assert row.by_seed["accuracy"][0] == row.by_seed["majority_accuracy"][0] == 0.0
    assert row.by_seed["ari"][0] == pytest.approx(adjusted_rand_score(labels[1], noise.test))
    assert np.isnan(list(row.scores.clustered.values())).all()


def test_numbers_taken_for_classes_by_hand():
    found = Clusters(3, np.arange(3), np.array([0, 1, 2, 2, -1, 0]))
    rows = league.score([Fitted("kmeans", "PCA", [found], 0.1)], None, None, 0, random_state=0)
    for labels, share in (
        ([0, 1, 1, 2, 2, 1], 0.5),
        ([1, 2, 0, 0, 0, 1], 0.0),
    ):  # right but under other numbers: all wrong
        chosen = league.choose(rows, "kmeans", {"PCA": None}, np.array(labels))
        assert chosen.numbers_as_classes == share
    assert league.choose(rows, "kmeans", {"PCA": None}, None).numbers_as_classes is None


def test_published_figures_are_shares_best_first():
    for found in published.CLUSTERING.values():
        assert all(0 < one.accuracy < 1 and 0 < one.nmi < 1 for one in found)
        assert [one.accuracy for one in found] == sorted((one.accuracy for one in found), reverse=True)
        assert any("K-Means" in one.method for one in found)


def test_the_method_is_scored_again_at_another_number_of_clusters(blobs):
    X, labels = blobs
    space = Representation("PCA", X[::2], X[1::2])
    known = labels[::2], labels[1::2], 3
    (own,) = fit_all({"PCA": space}, ["kmeans"], n_seeds=2, random_state=1, n_clusters=3, n_init=1)
    (row,) = league.score([own], *known, random_state=1)
    found = {k: league.at_number(row, {"PCA": space}, looked_at(k), *known, random_state=1) for k in (3, 2)}
    assert found[3] is None
    assert (found[2].scores.n_clusters, found[2].fitted.method, len(found[2].right)) == (2, "kmeans", 1)
    # Two of three groups that nobody could confuse are one cluster.
    assert found[2].mean["accuracy"].value == pytest.approx(2 / 3)
    assert row.mean["accuracy"].value == 1.0
    assert league.at_number(row, {"PCA": space}, replace(looked_at(2), support=None), *known, random_state=1) is None
    own.options.pop("n_clusters")
    assert league.at_number(row, {"PCA": space}, looked_at(2), *known, random_state=1) is None


def looked_at(best):
    """A panel that halves of the images support this number in."""
    return Panel(np.array([2, 3]), [], support=SimpleNamespace(number=best))
