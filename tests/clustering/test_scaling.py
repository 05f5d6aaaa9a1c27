"""Three scalings are what they say, and refits after each are compared and scored rightly."""

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from report_lib.clustering import scaling
from report_lib.clustering.fitting import Clusters
from report_lib.common import arrays
from report_lib.reduction import linear


@pytest.fixture
def labelled(rng):
    labels = rng.integers(0, 4, 500)
    clusters = np.where(rng.random(500) < 0.7, (labels + 1) % 4, rng.integers(0, 5, 500))
    return labels, clusters


def test_scaling_variants(rng):
    images = rng.integers(0, 256, size=(90, 3, 4)).astype(np.uint8)
    m = linear.moments(arrays.flatten(images))
    variants = scaling.describe(m, images, images[:20], 4)
    assert list(variants) == ["min-max", "whitened", "standard"]
    np.testing.assert_allclose(variants["whitened"][0].std(axis=0, ddof=1), 1.0, rtol=1e-3)
    expected = PCA(4, svd_solver="full").fit_transform(
        StandardScaler().fit_transform(images.reshape(90, -1).astype(float))
    )
    np.testing.assert_allclose(np.abs(variants["standard"][0]), np.abs(expected), atol=5e-3)


def test_whitening_leaves_out_components_without_variance(rng):
    images = rng.integers(0, 256, size=(90, 3, 4)).astype(np.uint8)
    images[:, 0] = 7
    m = linear.moments(arrays.flatten(images))
    whitened, _ = scaling.describe(m, images, images, 12)["whitened"]
    assert np.isfinite(whitened).all()
    np.testing.assert_allclose(whitened[:, :8].std(axis=0, ddof=1), 1.0, rtol=1e-3)
    assert (whitened[:, 8:] == 0).all()


def test_compare_scalings_clusters_each(blobs):
    X, labels = blobs
    variants = {"a": (X, X), "b": (X * 3, X * 3)}
    compared = scaling.refits(variants, n_clusters=3, n_refits=2, random_state=0)
    assert [len(fits) for fits in compared.values()] == [2, 2]
    assert len(compared["a"][0].train) == 90
    for a, b in zip(compared["a"], compared["b"], strict=True):
        assert adjusted_rand_score(labels, b.test) == 1.0
        assert adjusted_rand_score(a.test, b.test) == 1.0


def test_agreement_is_scikit_learns(labelled):
    labels, clusters = labelled
    first, second = Clusters(4, labels, labels), Clusters(5, clusters, clusters)
    found = scaling.agreement({"a": [first, second], "b": [second, second]})
    ari = sk.adjusted_rand_score(labels, clusters)
    np.testing.assert_allclose(found, [[ari, (ari + 1) / 2], [(ari + 1) / 2, 1.0]])
    np.testing.assert_array_equal(scaling.agreement({"a": [first]}), [[1.0]])


def test_every_refit_is_scored(labelled):
    labels, clusters = labelled
    refits = {"a": [Clusters(5, clusters, clusters), Clusters(4, labels, labels)]}
    found = scaling.score(refits, labels, 4)
    assert found["a"]["ari"] == pytest.approx([sk.adjusted_rand_score(labels, clusters), 1.0])
    assert scaling.score(refits, None, 0) == {"a": {}}
