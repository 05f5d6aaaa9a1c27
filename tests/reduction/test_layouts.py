"""Maps keep groups together, do not change from run to run, and are scored as the papers say."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from report_lib.common import parallel
from report_lib.common.neighbors import nearest
from report_lib.data.images import ImageSet
from report_lib.reduction import layouts


def laid_out(X, kinds, seed=0):
    options = {"n_neighbors": 10, "n_tsne": 90, "umap_epochs": 30, "tsne_iterations": 260, "random_state": seed}
    return layouts.begin(X, kinds, **options)


@pytest.mark.slow
def test_maps_keep_clear_groups_together(blobs):
    X, labels = blobs
    started = laid_out(X, ["umap", "tsne"])
    umap, tsne = started.finish().values()
    assert umap.shape == (180, 2)
    assert tsne.shape == (90, 2)
    for layout, own in ((umap, labels), (tsne, labels[started.rows])):
        graph = nearest(layout, 10)
        np.testing.assert_allclose(layouts.neighborhood_hit(graph, own, 3), 1.0, atol=0.02)


@pytest.mark.slow
def test_same_seed_same_map(blobs):
    X, _ = blobs
    first, again, other = (laid_out(X, ["umap"], seed).finish()["umap"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_maps_come_in_the_order_asked_for(blobs):
    X, _ = blobs
    made = laid_out(X, ["tsne", "umap"]).finish()
    assert {kind: len(layout) for kind, layout in made.items()} == {"tsne": 90, "umap": 180}


def test_no_maps_no_neighbours(blobs):
    started = laid_out(blobs[0], [])
    assert (started.graph, started.finish(), len(started.rows)) == (None, {}, 90)
    assert layouts.trust(blobs[0], {}, started.rows, None, k=5) is None


def test_faithfulness_is_what_scikit_learn_and_a_count_say():
    digits = load_digits()
    X, labels = digits.data[:300].astype(np.float32), digits.target[:300]
    plane = X[:, 18:20]
    scores = layouts.faithfulness(X, {"plane": plane, "itself": X}, labels, k=5)
    assert scores["plane"].trustworthiness == pytest.approx(trustworthiness(X, plane, n_neighbors=5))
    assert scores["itself"].trustworthiness == pytest.approx(1.0, abs=1e-4)
    assert scores["itself"].kept == 1.0
    assert scores["plane"].continuity == pytest.approx(trustworthiness(plane, X, n_neighbors=5))
    near, true = nearest(plane, 5).indices, nearest(X, 5).indices
    kept = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(near, true, strict=True)])
    assert scores["plane"].kept == pytest.approx(kept)
    assert scores["plane"].hit == pytest.approx(np.mean(labels[near] == labels[:, None]))
    assert layouts.faithfulness(X, {"plane": plane}, None, k=5)["plane"].hit is None


def test_all_maps_are_brought_down_to_the_same_rows(rng):
    Z, rows = rng.normal(size=(20, 5)), np.array([1, 4, 9])
    made = {"umap": rng.normal(size=(20, 2)), "tsne": rng.normal(size=(3, 2))}
    planes, scored = layouts.same_rows(Z, made, rows)
    assert list(planes) == ["PCA", "UMAP", "t-SNE", "5 components"]
    np.testing.assert_array_equal(planes["PCA"], Z[rows, :2])
    np.testing.assert_array_equal(planes["UMAP"], made["umap"][rows])
    np.testing.assert_array_equal(planes["t-SNE"], made["tsne"])
    np.testing.assert_array_equal(scored, rows)
    assert list(layouts.same_rows(Z, {"umap": made["umap"]}, rows)[0]) == ["PCA", "UMAP", "5 components"]


def test_no_more_rows_are_scored_than_need_be(rng, monkeypatch):
    monkeypatch.setattr(layouts, "MOST_SCORED", 2)
    Z, rows = rng.normal(size=(20, 5)), np.array([1, 4, 9])
    made = {"umap": rng.normal(size=(20, 2)), "tsne": rng.normal(size=(3, 2))}
    planes, scored = layouts.same_rows(Z, made, rows)
    assert scored.tolist() == [1, 9]
    np.testing.assert_array_equal(planes["t-SNE"], made["tsne"][[0, 2]])
    np.testing.assert_array_equal(planes["UMAP"], made["umap"][[1, 9]])


def test_hit_of_each_class():
    graph = nearest(np.array([[0.0], [0.1], [0.2], [9.0]], np.float32), 2)
    np.testing.assert_allclose(layouts.neighborhood_hit(graph, np.array([0, 0, 1, 2]), 4), [0.5, 0.0, 0.0, np.nan])


def test_calls_at_once_come_back_in_order_and_fail_loudly():
    assert list(parallel.at_once((pow, (n, 2), {}) for n in range(5))) == [0, 1, 4, 9, 16]
    with pytest.raises(ZeroDivisionError):
        list(parallel.at_once([(divmod, (1, 0), {})]))


def test_starting_anew_leaves_what_is_under_way_alone():
    first = parallel.at_once([(pow, (2, 3), {})])
    second = parallel.at_once([(pow, (3, 2), {})])
    del first
    assert list(second) == [9]
    failing, fine = parallel.at_once([(divmod, (1, 0), {})]), parallel.at_once([(pow, (2, 2), {})])
    with pytest.raises(ZeroDivisionError):
        next(failing)
    assert next(fine) == 4


def test_a_random_layout_scores_what_chance_says(rng):
    X, labels = rng.normal(size=(400, 10)), np.arange(400) % 4
    expected = layouts.chance(400, labels, k=10)
    found = layouts.faithfulness(X, {"random": rng.normal(size=(400, 2))}, labels, k=10)["random"]
    assert found.trustworthiness == pytest.approx(expected.trustworthiness, abs=0.03)
    assert found.kept == pytest.approx(expected.kept, abs=0.01)
    assert found.hit == pytest.approx(expected.hit, abs=0.03)
    assert layouts.chance(400, None, k=10).hit is None


def test_what_is_drawn_of_maps(rng):
    X, labels, rows = rng.normal(size=(60, 2)), np.arange(60) % 3, np.arange(0, 60, 2)
    images = ImageSet("x", np.zeros((60, 2, 2)), np.zeros((1, 2, 2)), labels, labels[:1], ("a", "b", "c"))
    made = {"tsne": X[rows]}
    tsne = layouts.tsne_plane(made, images, rows=rows, k=5)
    assert (tsne.title, tsne.n_images) == ("t-SNE", 30)
    np.testing.assert_array_equal(tsne.X, X[rows])
    np.testing.assert_array_equal(tsne.hit, layouts.neighborhood_hit(nearest(X[rows], 5), labels[rows], 3))
    np.testing.assert_array_equal(tsne.labels, labels[rows])
    blind = ImageSet("x", images.train_images, images.test_images)
    assert (layouts.tsne_plane(made, blind, rows=rows, k=5).hit, layouts.tsne_plane({}, blind, rows=rows, k=5)) == (
        None,
        None,
    )
