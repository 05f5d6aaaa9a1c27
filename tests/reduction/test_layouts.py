"""Maps keep groups together, do not change from run to run, and are scored as the papers say."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from report_lib.common import parallel
from report_lib.common.neighbors import nearest
from report_lib.reduction import layouts


def begin(X, kinds, seed=0):
    few = np.arange(0, len(X), 2)
    return list(layouts.begin(X, nearest(X, 10), few, kinds, umap_epochs=30, tsne_iterations=260, random_state=seed))


@pytest.mark.slow
def test_maps_keep_clear_groups_together(blobs):
    X, labels = blobs
    umap, tsne = begin(X, ["umap", "tsne"])
    assert umap.shape == (180, 2)
    assert tsne.shape == (90, 2)
    for layout, own in ((umap, labels), (tsne, labels[::2])):
        graph = nearest(layout, 10)
        np.testing.assert_allclose(layouts.neighborhood_hit(graph, own, 3), 1.0, atol=0.02)


@pytest.mark.slow
def test_same_seed_same_map(blobs):
    X, _ = blobs
    first, again, other = (begin(X, ["umap"], seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_maps_come_in_the_order_asked_for(blobs):
    X, _ = blobs
    assert [len(layout) for layout in begin(X, ["tsne", "umap"])] == [90, 180]


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


def test_hit_on_a_map_needs_labels(rng):
    X, labels = rng.normal(size=(60, 2)), np.arange(60) % 3
    own = layouts.neighborhood_hit(nearest(X, 5), labels, 3)
    np.testing.assert_array_equal(layouts.map_hit(X, labels, 3, k=5), own)
    assert layouts.map_hit(X, None, 0, k=5) is None
