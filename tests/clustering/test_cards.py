"""What a card shows of a cluster is what brute force finds."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from report_lib.clustering import cards, representations
from report_lib.clustering.fitting import Clusters
from report_lib.clustering.representations import Representation
from report_lib.common.neighbors import Neighbors, nearest

# With neighbours that are known, there is nothing to sample and nothing to look for.
ALL = {"k": 1, "random_state": 0}


def make(images, X, k, labels, *, n_shown):
    """Cards from the neighbours of all rows."""
    clusters = Clusters(int(labels.max()) + 1, labels, labels[:1])
    return cards.describe(images, Representation("x", X, X[:1], nearest(X, k)), clusters, **ALL, n_shown=n_shown)


@pytest.fixture
def made(blobs, rng):
    """Cards of three groups of images with ten images of noise, and what they were made of."""
    X, labels = blobs
    train = labels.copy()
    train[::18] = -1
    images = rng.integers(10, 256, (180, 4, 3)).astype(np.uint8)
    graph = nearest(X, 6)
    found = cards.describe(
        images, Representation("x", X, X[:1], graph), Clusters(3, train, train[:1]), **ALL, n_shown=5
    )
    return found, images, X, graph, train


def test_margin_by_hand():
    graph = Neighbors(np.array([[1, 2], [0, 2], [0, 3], [2, 1], [0, 1], [2, 4]], np.int32),
                      np.array([[1, 1], [1, 3], [1, 3], [1, 1], [1, 1], [1, 3]], np.float32))  # fmt: skip
    labels = np.array([0, 0, 1, -1, 2, 0])
    # Row 0: half its weight in its own, half in the next. Row 1: three quarters to one. Row 2: its heaviest neighbour is
    # in another cluster, the other is noise and speaks for none. Row 4: both in one other. Row 5: in two others, of which
    # the stronger counts.
    np.testing.assert_allclose(cards.margins(graph, labels), [0.0, 0.5, -0.75, np.nan, -1.0, -0.75])


def test_margin_is_own_votes_less_the_strongest_other(made):
    found, _, _, graph, train = made
    assert np.isnan(found.margin[train < 0]).all()
    for i in np.flatnonzero(train >= 0)[:40]:
        near = 1 / graph.distances[i].astype(float)
        share = [near[train[graph.indices[i]] == c].sum() / near.sum() for c in range(3)]
        own = share.pop(train[i])
        assert found.margin[i] == pytest.approx(own - max(share))
    for c in range(3):
        assert found.doubtful[c] == np.mean(found.margin[train == c] < 0.5)


def test_margins_of_one_cluster_and_of_none():
    graph = nearest(np.arange(6.0)[:, None], 2)
    np.testing.assert_allclose(cards.margins(graph, np.zeros(6, int)), 1.0)
    assert np.isnan(cards.margins(graph, np.full(6, -1))).all()


def test_means_are_of_the_images_of_a_cluster(made):
    found, images, _, _, train = made
    assert found.means.dtype == np.float32
    for c in range(3):
        np.testing.assert_allclose(found.means[c], images[train == c].mean(axis=0), rtol=1e-6)


def test_the_medoid_has_the_least_distance_to_all_and_its_nearest_follow(made):
    found, _, X, _, train = made
    for c in range(3):
        rows = np.flatnonzero(train == c)
        apart = cdist(X[rows].astype(float), X[rows].astype(float))
        medoid = apart.sum(axis=1).argmin()
        assert found.typical[c, 0] == rows[medoid]
        np.testing.assert_array_equal(found.typical[c], rows[apart[medoid].argsort()[:5]])


def test_the_medoid_of_many_images_is_that_of_a_regular_sample(rng, monkeypatch):
    monkeypatch.setattr(cards, "MOST_FOR_MEDOID", 20)
    X = rng.normal(size=(50, 3)).astype(np.float32)
    found = make(np.zeros((50, 2, 2)), X, 3, np.zeros(50, int), n_shown=3)
    some = X[::3].astype(float)
    assert found.typical[0, 0] == 3 * cdist(some, some).sum(axis=1).argmin()


def test_the_border_is_where_margins_are_smallest(rng):
    X = rng.normal(size=(60, 2)).astype(np.float32)
    labels = (X[:, 0] > 0).astype(int)
    found = make(np.zeros((60, 2, 2)), X, 5, labels, n_shown=4)
    np.testing.assert_allclose(found.doubtful, [np.mean(found.margin[labels == c] < 0.5) for c in range(2)])
    assert 0 < found.doubtful.min() < 0.5
    for c in range(2):
        rows = np.flatnonzero(labels == c)
        assert (labels[found.border[c]] == c).all()
        np.testing.assert_allclose(found.margin[found.border[c]], np.sort(found.margin[rows])[:4])


def test_a_small_cluster_leaves_places_blank():
    X = np.array([[0.0], [1.0], [0.4], [9.0], [9.5]], np.float32)
    images = np.arange(5 * 4, dtype=np.uint8).reshape(5, 2, 2) + 7
    found = make(images, X, 2, np.array([0, 0, 0, 1, 1]), n_shown=4)
    assert found.typical.tolist() == [[2, 0, 1, -1], [3, 4, -1, -1]]
    assert (np.sort(found.border, axis=1) == [[-1, 0, 1, 2], [-1, -1, 3, 4]]).all()
    shown = cards.pictures(images, found.typical)
    assert (shown.shape, shown.dtype) == ((8, 2, 2), np.float32)
    np.testing.assert_array_equal(shown[0], images[2])
    np.testing.assert_array_equal(shown[[3, 6, 7]], np.full((3, 2, 2), 7.0))


def test_without_known_neighbours_cards_are_made_from_a_sample_and_means_from_all(blobs, rng, monkeypatch):
    monkeypatch.setattr(representations, "SAMPLE", 90)
    X, labels = blobs
    images, sample = rng.random((180, 3, 2)), representations.sample(180, 0)
    found = cards.describe(
        images, Representation("x", X, X[:1]), Clusters(3, labels, labels[:1]), k=4, random_state=0, n_shown=6
    )
    few = make(images[sample], X[sample], 4, labels[sample], n_shown=6)
    np.testing.assert_array_equal(found.margin[sample], few.margin)
    assert np.isnan(np.delete(found.margin, sample)).all()
    np.testing.assert_array_equal(found.typical, sample[few.typical])
    np.testing.assert_array_equal(found.border, sample[few.border])
    np.testing.assert_array_equal(found.doubtful, few.doubtful)
    np.testing.assert_allclose(found.means, [images[labels == c].mean(axis=0) for c in range(3)], rtol=1e-6)


def test_a_cluster_that_no_sampled_image_is_in_has_a_mean_and_no_more(monkeypatch):
    monkeypatch.setattr(cards, "sample", lambda n, random_state: np.arange(3))
    X = np.array([[0.0], [1.0], [2.0], [9.0]], np.float32)
    clusters = Clusters(2, np.array([0, 0, 0, 1]), np.array([0]))
    images = np.arange(4.0)[:, None, None] * np.ones((2, 2))
    found = cards.describe(images, Representation("x", X, X[:1]), clusters, k=2, random_state=0, n_shown=2)
    assert found.typical[1].tolist() == found.border[1].tolist() == [-1, -1]
    assert np.isnan(found.doubtful).tolist() == [False, True]
    assert (found.means[1] == 3).all()


def test_images_that_are_all_the_same_have_cards():
    found = make(np.ones((6, 2, 2)), np.ones((6, 3), np.float32), 2, np.array([0, 0, 0, 0, 1, 1]), n_shown=2)
    assert np.isfinite(found.margin).all()
    assert found.typical.tolist() == [[0, 1], [4, 5]]


def test_no_clusters_have_no_cards():
    found = make(np.ones((6, 3, 2)), np.arange(6.0, dtype=np.float32)[:, None], 2, np.full(6, -1), n_shown=4)
    assert found.means.shape == (0, 3, 2)
    assert found.typical.shape == found.border.shape == (0, 4)
    assert np.isnan(found.margin).all()
