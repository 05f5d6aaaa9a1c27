"""Every method by one interface: what is found is right, numbered by size, kept by the method's own judgement."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from report_lib.clustering import fitting
from report_lib.clustering.fitting import Clusters, Fitted, by_size
from report_lib.clustering.graph_clustering import GraphClustering
from report_lib.clustering.methods import METHODS
from report_lib.clustering.representations import Representation, with_graph

SEEDS = range(2)


def radius(**eps):
    """What DBSCAN takes its radius from, by title of the description."""
    return {title: SimpleNamespace(sweep=SimpleNamespace(best=SimpleNamespace(eps=own))) for title, own in eps.items()}


OPTIONS = {
    "kmeans": {"n_clusters": 3, "n_init": 2},
    "gaussian_mixture": {"n_clusters": 3, "n_mixture": 60, "mixture_components": 5},
    "dbscan": {"densities": radius(blobs=4.0), "dbscan_min_samples": 4, "dbscan_n_images": 70},
    "hdbscan": {"hdbscan_share": 0.2, "dbscan_min_samples": 3, "dbscan_n_images": 80, "hdbscan_components": 5},
    "graph": {"n_clusters": 3},
}


@pytest.fixture
def space(blobs):
    X, _ = blobs
    return with_graph(Representation("blobs", X[::2], X[1::2]), k=8)


def fit(method, space, **changes):
    return METHODS[method].fit(space, **{"seeds": SEEDS, **OPTIONS[method], **changes})


def made(*labelings, n_clusters=2):
    """A method with these clusters of test images."""
    fits = [Clusters(n_clusters, np.arange(n_clusters), np.array(test)) for test in labelings]
    return Fitted("kmeans", "PCA", fits, 0.0, [None] * len(fits))


def test_clusters_are_numbered_by_size_and_empty_ones_go():
    train = np.array([2, 2, 2, -1, 0, 4, 4, 4, 4, 0])
    found = by_size(5, train, np.array([4, 2, 0, -1, 1, 3]), centers=np.arange(10.0).reshape(5, 2), modularity=1.5)
    assert found.n_clusters == 3
    np.testing.assert_array_equal(found.train, [1, 1, 1, -1, 2, 0, 0, 0, 0, 2])
    # Clusters that no train image is in are none that a test image can be in.
    np.testing.assert_array_equal(found.test, [0, 1, 2, -1, -1, -1])
    np.testing.assert_array_equal(found.centers, [[8, 9], [4, 5], [0, 1]])
    np.testing.assert_array_equal(found.sizes, [4, 3, 2])
    assert found.modularity == 1.5


def test_clusters_of_equal_size_keep_their_order():
    found = by_size(3, np.array([1, 2, 0, 2, 1, 0]), np.array([0, 1, 2]))
    np.testing.assert_array_equal(found.test, [0, 1, 2])


def test_nothing_but_noise_is_no_cluster():
    found = by_size(0, np.full(4, -1), np.full(2, -1))
    assert (found.n_clusters, len(found.sizes)) == (0, 0)
    np.testing.assert_array_equal(found.train, [-1] * 4)
    np.testing.assert_array_equal(found.test, [-1] * 2)


def test_values_of_the_rows_that_a_fit_speaks_of():
    values = np.arange(5) * 10
    sampled = Clusters(1, np.zeros(2, int), np.zeros(1, int), rows=np.array([1, 4]))
    np.testing.assert_array_equal(sampled.of_train(values), [10, 40])
    assert sampled.of_train(None) is None
    assert Clusters(1, np.zeros(5, int), np.zeros(1, int)).of_train(values) is values


@pytest.mark.parametrize("method", OPTIONS)
def test_every_method_finds_groups_that_nobody_could_confuse(blobs, space, method):
    labels, found = blobs[1], fit(method, space)
    assert (found.method, found.on, len(found.fits)) == (method, "blobs", 2)
    assert found.title == f"{METHODS[method].title} on blobs"
    assert found.seconds > 0
    for own in found.fits:
        assert own.n_clusters == 3
        assert own.rows is not None or (np.diff(own.sizes) <= 0).all()
        known, clustered = own.of_train(labels[::2]), own.train >= 0
        assert len(known) == len(own.train) == {"dbscan": 70, "hdbscan": 80}.get(method, 90)
        assert adjusted_rand_score(known[clustered], own.train[clustered]) == 1.0
        kept = own.test >= 0
        assert adjusted_rand_score(labels[1::2][kept], own.test[kept]) == 1.0
        assert kept.mean() > (0.75 if method == "hdbscan" else 0.95)
        # A number means the same cluster for train and for test images.
        both = np.concatenate([own.train[clustered], own.test[kept]])
        assert adjusted_rand_score(np.concatenate([known[clustered], labels[1::2][kept]]), both) == 1.0


@pytest.mark.parametrize("method", OPTIONS)
def test_the_same_seeds_give_the_same_fits(space, method):
    one, other = fit(method, space), fit(method, space)
    for a, b in zip(one.fits, other.fits, strict=True):
        np.testing.assert_array_equal(a.train, b.train)
        np.testing.assert_array_equal(a.test, b.test)
        np.testing.assert_equal(a.modularity, b.modularity)
    assert one.typical == other.typical


@pytest.mark.parametrize("method", OPTIONS)
def test_every_train_image_has_a_word_in_the_end(blobs, space, method):
    labels, found = blobs[1], fit(method, space)
    whole = fitting.for_all(found, space)
    assert (len(whole.train), len(whole.test), whole.rows) == (90, 90, None)
    assert (whole.n_clusters, whole.sizes.sum()) == (3, (whole.train >= 0).sum())
    assert (whole.train >= 0).mean() > (0.75 if method == "hdbscan" else 0.95)
    assert adjusted_rand_score(labels[::2][whole.train >= 0], whole.train[whole.train >= 0]) == 1.0
    if found.kept.rows is None:
        assert whole is found.kept
    else:
        assert adjusted_rand_score(whole.train[found.kept.rows], found.kept.train) > 0.99


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
def test_a_cluster_keeps_its_number_when_all_train_images_have_a_word(rng, method):
    """The page sets the scores and the stability of the sampled fit beside the shares and the cards of the whole."""
    labels = np.repeat([0, 1], [51, 50])
    X = (30 * labels[:, None] + rng.normal(size=(101, 2))).astype(np.float32)
    space = Representation("blobs", X, X[::5])
    for seed in range(8):
        found = fit(method, space, dbscan_n_images=30, seeds=[seed])
        assert found.kept.n_clusters == 2
        np.testing.assert_array_equal(fitting.for_all(found, space).test, found.kept.test)


def test_kmeans_numbers_clusters_by_size(rng):
    X = np.concatenate([rng.normal(0, 1, (20, 2)), rng.normal(30, 1, (60, 2))]).astype(np.float32)
    found = fitting.fit_kmeans(Representation("x", X, X[:5]), n_clusters=2, n_init=2, seeds=[0]).kept
    np.testing.assert_array_equal(found.sizes, [60, 20])
    np.testing.assert_array_equal(found.test, [1] * 5)
    np.testing.assert_allclose(found.centers[0], X[20:].mean(axis=0), rtol=1e-3)


def test_kmeans_assigns_test_rows_to_the_nearest_center(blobs):
    X, labels = blobs
    found = fitting.fit_kmeans(Representation("x", X[::2], X[1::2]), n_clusters=3, n_init=3, seeds=[0]).kept
    assert adjusted_rand_score(labels[1::2], found.test) == 1.0
    nearest = ((X[1::2, None] - found.centers) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(found.test, nearest)


def test_each_kmeans_is_scikit_learns(rng):
    X = rng.normal(size=(80, 4)).astype(np.float32)
    found = fitting.fit_kmeans(Representation("x", X, X[:9]), n_clusters=7, n_init=1, seeds=range(5, 11))
    theirs = [KMeans(7, n_init=1, random_state=seed).fit(X).labels_ for seed in range(5, 11)]
    for own, labels in zip(found.fits, theirs, strict=True):
        assert adjusted_rand_score(own.train, labels) == 1.0
    assert adjusted_rand_score(theirs[0], theirs[1]) < 1.0


def test_kmeans_of_few_distinct_images_says_how_many_clusters_there_are():
    X = np.repeat(np.eye(3, dtype=np.float32), [5, 4, 3], axis=0)
    found = fitting.fit_kmeans(Representation("x", X, X[::4]), n_clusters=6, n_init=1, seeds=[0]).kept
    assert (found.n_clusters, found.sizes.tolist()) == (3, [5, 4, 3])
    assert len(found.centers) == 3
    assert -1 not in found.test


def test_the_fit_that_agrees_most_with_the_others_is_kept():
    usual, alike, odd = [0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1], [0, 1, 0, 1, 0, 1]
    assert made(odd, alike, usual, usual).typical == 2
    assert made(odd, usual, alike, usual).kept.test.tolist() == usual
    # The numbers of clusters mean nothing, and of equals the first is kept.
    assert made(odd, [1 - own for own in usual], usual).typical == 1
    assert made(odd, usual).typical == made(usual).typical == 0


def test_each_mixture_is_scikit_learns(rng):
    X = rng.normal(size=(150, 3)).astype(np.float32) * [3, 1, 1]
    found = fitting.fit_gaussian_mixture(
        Representation("x", X, X[:20]), n_clusters=4, n_mixture=150, mixture_components=3, seeds=[0, 1, 2]
    )
    floor = 1e-6 * X.astype(float).var(axis=0).mean()
    models = [GaussianMixture(4, reg_covar=floor, max_iter=100, random_state=s).fit(X.astype(float)) for s in range(3)]
    for own, model in zip(found.fits, models, strict=True):
        assert adjusted_rand_score(model.predict(X), own.train) == 1.0
        assert adjusted_rand_score(model.predict(X[:20]), own.test) == 1.0


def test_copies_are_no_mixture_of_infinite_density(rng):
    X = np.concatenate([np.repeat(rng.normal(size=(1, 4)), 40, axis=0), rng.normal(size=(60, 4))]).astype(np.float32)
    model = fitting.fit_mixture(X, 3, 0)
    floor = 1e-6 * X.astype(float).var(axis=0).mean()
    assert min(np.linalg.eigvalsh(c).min() for c in model.covariances_) >= 0.99 * floor
    assert np.isfinite(model.score(X))


@pytest.mark.parametrize("method", ["gaussian_mixture", "hdbscan"])
def test_only_the_first_dimensions_are_seen(blobs, rng, method):
    """All after the first five are so loud that nothing could be found in them."""
    X = np.concatenate([blobs[0], 1000 * rng.normal(size=(180, 2)).astype(np.float32)], axis=1)
    loud = Representation("blobs", X[::2], X[1::2])
    quiet = Representation("blobs", X[::2, :5], X[1::2, :5])
    one, other = fit(method, loud), fit(method, quiet)
    for a, b in zip(one.fits, other.fits, strict=True):
        np.testing.assert_array_equal(a.train, b.train)
        np.testing.assert_array_equal(a.test, b.test)
    np.testing.assert_array_equal(fitting.for_all(one, loud).train, fitting.for_all(other, quiet).train)


def test_hdbscan_wants_the_share_of_images_asked_for(space):
    for share, n_images, size in ((0.2, 80, 16), (0.2, 5000, 18), (0.001, 80, 2)):
        found = fit("hdbscan", space, hdbscan_share=share, dbscan_n_images=n_images)
        assert [m.min_cluster_size for m in found.models] == [size, size]


def test_dbscan_takes_the_radius_of_its_description(space):
    found = fit("dbscan", space, densities=radius(blobs=3.5, other=9.0))
    assert [(m.eps, m.min_samples) for m in found.models] == [(3.5, 4)] * 2
    for own, model in zip(found.fits, found.models, strict=True):
        assert adjusted_rand_score(model.labels_, own.train) == 1.0
    assert (found.fits[0].rows != found.fits[1].rows).any()


@pytest.mark.parametrize(
    ("method", "changes"),
    [("dbscan", {"densities": radius(x=1e-3)}), ("hdbscan", {"hdbscan_share": 0.45, "hdbscan_components": 3})],
)
def test_where_there_is_nothing_but_noise_there_are_no_clusters(rng, method, changes):
    X = rng.uniform(0, 100, (40, 3)).astype(np.float32)
    space = Representation("x", X[:30], X[30:])
    found = fit(method, space, dbscan_n_images=30, **changes)
    assert [own.n_clusters for own in found.fits] == [0, 0]
    assert (found.typical, len(fitting.recurrence(found))) == (0, 0)
    whole = fitting.for_all(found, space)
    assert (whole.n_clusters, set(whole.train.tolist()), set(whole.test.tolist())) == (0, {-1}, {-1})


def test_a_fit_of_the_graph_is_a_start_of_its_clustering(rng):
    X = rng.normal(size=(90, 3)).astype(np.float32)
    space = with_graph(Representation("x", X[:70], X[70:]), k=6)
    found = fitting.fit_graph(space, n_clusters=4, seeds=[3, 4, 5, 6])
    model = GraphClustering(4, n_neighbors=6, n_starts=4, random_state=3).fit(X[:70])
    np.testing.assert_allclose([own.modularity for own in found.fits], model.modularity_)
    best = found.fits[model.modularity_.argmax()]
    assert adjusted_rand_score(model.labels_, best.train) == 1.0
    assert adjusted_rand_score(model.predict(X[70:]), best.test) == 1.0
    assert found.seconds >= space.seconds > 0


def test_clusters_that_every_seed_finds_are_stable():
    same = [0, 0, 1, 1, 1, -1]
    np.testing.assert_allclose(fitting.recurrence(made(same, same, same)), [1.0, 1.0])
    # The numbers of clusters mean nothing.
    np.testing.assert_allclose(fitting.recurrence(made(same, [1, 1, 0, 0, 0, -1])), [1.0, 1.0])


def test_overlap_by_hand():
    kept, moved, lost = [0, 0, 0, 1, 1, -1], [0, 0, 1, 1, 1, 0], [-1, -1, -1, -1, 0, 1]
    # First: 2 of 4 with the other's first; second: 2 of 3 with its second.
    np.testing.assert_allclose(fitting.recurrence(made(kept, moved)), [2 / 4, 2 / 3])
    np.testing.assert_allclose(fitting.recurrence(made(kept, lost)), [0.0, 1 / 2])
    np.testing.assert_allclose(fitting.recurrence(made(kept, moved, lost)), [1 / 4, 7 / 12])


def test_stability_that_is_not_defined():
    assert np.isnan(fitting.recurrence(made([0, 1, 1]))).all()
    assert len(fitting.recurrence(made([0, 1, 1]))) == 2
    # No test image in the second cluster: nothing can be said of it.
    np.testing.assert_array_equal(fitting.recurrence(made([0, 0, 0], [0, 0, 0])), [1.0, np.nan])
    np.testing.assert_array_equal(fitting.recurrence(made([0, 0, 0, 0], [0, 0, 0, 1])), [0.75, np.nan])


def test_nothing_is_found_again_where_another_seed_found_only_noise():
    noise = Clusters(0, np.full(3, -1), np.full(3, -1))
    found = Fitted("dbscan", "PCA", [Clusters(1, np.zeros(3, int), np.array([0, 0, -1])), noise], 0.0, [None, None])
    np.testing.assert_array_equal(fitting.recurrence(found), [0.0])
