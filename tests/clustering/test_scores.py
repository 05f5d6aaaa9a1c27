"""What a clustering is worth is what scikit-learn says, or can be counted by hand."""

import numpy as np
import pytest
from sklearn import metrics as sk

from report_lib.clustering.fitting import Clusters
from report_lib.clustering.scores import plain_scores, score_clusters


@pytest.fixture
def labelled(rng):
    labels = rng.integers(0, 4, 500)
    clusters = np.where(rng.random(500) < 0.7, (labels + 1) % 4, rng.integers(0, 5, 500))
    return labels, clusters


def test_all_noise_scores_nothing():
    noise = np.full(6, -1)
    labels = np.array([0, 1, 0, 1, 0, 1])
    scores = score_clusters(Clusters(0, noise, noise), labels, labels, 2)
    assert (scores.coverage, scores.accuracy.value, scores.majority_accuracy.value) == (0.0, 0.0, 0.0)
    assert scores.ari.value == pytest.approx(sk.adjusted_rand_score(labels, noise))
    assert np.isnan([scores.clustered["ari"], scores.clustered["ami"]]).all()


def test_scores_of_a_renamed_truth_are_perfect(rng):
    labels = rng.integers(0, 5, 300)
    renamed = (labels + 2) % 5
    scores = score_clusters(Clusters(5, renamed, renamed), labels, labels, 5).as_dict()
    for name in ("accuracy", "majority_accuracy", "ari", "nmi", "ami"):
        assert scores[name] == pytest.approx(1.0)


def test_what_a_cluster_is_called_is_learnt_on_train_alone():
    train, test = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    scores = score_clusters(Clusters(2, train, test), np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]), 2)
    assert scores.majority_accuracy.value == scores.accuracy.value == 0.0
    assert scores.ari.value == 1.0


@pytest.fixture
def noisy(labelled, rng):
    """Train labels and clusters, then those of test images, with noise among both."""
    labels, clusters = labelled
    found = np.where(rng.random(500) < 0.2, -1, clusters)
    return labels[:300], found[:300], labels[300:], found[300:]


def test_scores_of_the_clustered_leave_noise_out(noisy):
    train_labels, train, labels, test = noisy
    scores = score_clusters(Clusters(5, train, test), train_labels, labels, 4)
    kept = test >= 0
    assert scores.coverage == kept.mean() < 1
    assert scores.clustered["ari"] == pytest.approx(sk.adjusted_rand_score(labels[kept], test[kept]))
    assert scores.clustered["ami"] == pytest.approx(sk.adjusted_mutual_info_score(labels[kept], test[kept]))
    assert scores.as_dict()["clustered_only"] == scores.clustered
    assert scores.clustered["ari"] > scores.ari.value


def test_plain_scores_are_those_with_intervals(noisy):
    train_labels, train, labels, test = noisy
    plain = plain_scores(Clusters(5, train, test), train_labels, labels, 4)
    full = score_clusters(Clusters(5, train, test), train_labels, labels, 4).as_dict()
    assert plain == pytest.approx({name: full[name] for name in plain})
    assert plain["ari"] == pytest.approx(sk.adjusted_rand_score(labels, test))
    assert plain["nmi"] == pytest.approx(sk.normalized_mutual_info_score(labels, test))
    assert plain["ami"] == pytest.approx(sk.adjusted_mutual_info_score(labels, test))
    assert plain["accuracy"] <= plain["majority_accuracy"]


def test_without_labels_only_what_needs_none_is_said():
    scores = score_clusters(Clusters(2, np.array([0, 1]), np.array([0, -1])), None, None, 0).as_dict()
    assert scores == {"n_clusters": 2, "coverage": 0.5}
