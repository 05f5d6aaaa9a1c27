"""Silhouettes are scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples, silhouette_score

from report_lib.clustering import silhouettes
from report_lib.clustering.silhouettes import silhouette_scores


def test_silhouettes_are_scikit_learns(rng, monkeypatch):
    monkeypatch.setattr(silhouettes, "BLOCK_BYTES", 4 * 150 * 40)
    X = rng.normal(size=(150, 6)).astype(np.float32) + 30
    labelings = np.stack([rng.integers(0, k, 150) for k in (2, 3, 7)])
    labelings[2, :20] = -1
    found = silhouette_scores(X, labelings)
    for i, labels in enumerate(labelings):
        kept = labels >= 0
        assert found[i] == pytest.approx(silhouette_score(X[kept].astype(float), labels[kept]), abs=2e-5)


def test_each_clusters_silhouette_is_the_mean_of_scikit_learns(rng, monkeypatch):
    monkeypatch.setattr(silhouettes, "BLOCK_BYTES", 4 * 90 * 20)
    X = rng.normal(size=(90, 4)).astype(np.float32)
    labelings = np.stack([rng.integers(0, k, 90) for k in (3, 5)])
    labelings[0, ::9] = -1
    for labels, found in zip(labelings, silhouettes.silhouettes(X, labelings), strict=True):
        kept = labels >= 0
        samples = silhouette_samples(X[kept].astype(float), labels[kept])
        expected = [samples[labels[kept] == i].mean() for i in range(labels.max() + 1)]
        np.testing.assert_allclose(found, expected, atol=2e-5)


def test_silhouettes_of_lone_rows_are_zero_as_scikit_learn_has_it():
    X = np.array([[0.0], [0.1], [5.0]])
    labels = np.array([0, 0, 1])
    assert silhouette_scores(X, labels)[0] == pytest.approx(silhouette_score(X, labels), abs=1e-6)


def test_silhouettes_that_are_not_defined():
    X = np.arange(8.0).reshape(4, 2)
    labelings = np.array([[0, 0, 0, 0], [0, 1, 2, 3], [-1, -1, -1, -1], [0, -1, -1, -1]])
    assert np.isnan(silhouette_scores(X, labelings)).all()
    assert [len(own) for own in silhouettes.silhouettes(X, labelings)] == [1, 4, 0, 1]


def test_an_empty_cluster_has_no_silhouette_and_takes_no_part(rng):
    X, labels = rng.normal(size=(30, 3)), rng.integers(0, 3, 30)
    gap = np.where(labels == 2, 3, labels)
    (found,) = silhouettes.silhouettes(X, gap)
    assert np.isnan(found).tolist() == [False, False, True, False]
    assert silhouette_scores(X, gap)[0] == pytest.approx(silhouette_score(X, labels), abs=2e-5)
