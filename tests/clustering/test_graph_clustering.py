"""Communities of the graph of neighbours, held against igraph and against counting by brute force."""

import pickle
from itertools import combinations

import igraph
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from report_lib.clustering import graph_clustering
from report_lib.clustering.graph_clustering import Edges, GraphClustering, communities, jaccard_edges, merge, modularity
from report_lib.common import values
from report_lib.common.neighbors import nearest


def as_igraph(edges):
    graph = igraph.Graph(edges.n, edges.pairs.tolist())
    graph.es["weight"] = edges.weights.tolist()
    return graph


def cliques(*sizes):
    """Cliques of equal weights, each joined with the next by one edge."""
    starts = np.concatenate([[0], np.cumsum(sizes)])
    pairs = [
        (int(s) + a, int(s) + b) for s, n in zip(starts, sizes, strict=False) for a, b in combinations(range(n), 2)
    ]
    pairs += [(int(s) - 1, int(s)) for s in starts[1:-1]]
    return Edges(int(starts[-1]), np.array(pairs, np.int32), np.ones(len(pairs)))


@pytest.fixture
def edges(rng):
    return jaccard_edges(nearest(rng.normal(size=(60, 3)).astype(np.float32), 6))


def far_apart(rng, *sizes):
    """Rows in groups of these sizes, so far apart that no neighbour is in another; and their groups."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return (100 * np.eye(len(sizes))[labels] + rng.normal(size=(len(labels), len(sizes)))).astype(np.float32), labels


def test_weights_are_the_shares_of_neighbours_in_common(rng):
    graph = nearest(rng.normal(size=(40, 3)).astype(np.float32), 5)
    around = [{i, *graph.indices[i].tolist()} for i in range(40)]
    expected = {(a, b): len(around[a] & around[b]) / len(around[a] | around[b])
                for a, b in combinations(range(40), 2) if b in around[a] or a in around[b]}  # fmt: skip
    found = jaccard_edges(graph)
    assert found.n == 40
    assert len(found.pairs) == len(expected)
    assert {tuple(pair): w for pair, w in zip(found.pairs.tolist(), found.weights, strict=True)} == pytest.approx(
        expected
    )


def test_parts_are_counted_with_lone_nodes(rng):
    assert cliques(4, 3).n_parts == 1
    assert Edges(9, cliques(4, 3).pairs, cliques(4, 3).weights).n_parts == 3
    X, _ = far_apart(rng, 8, 9, 10)
    edges = jaccard_edges(nearest(X, 4))
    assert edges.n_parts == len(as_igraph(edges).connected_components()) == 3


def test_modularity_is_igraphs(edges, rng):
    for k in (1, 2, 7, 60):
        labels = rng.permutation(np.arange(60) % k)
        expected = as_igraph(edges).modularity(labels.tolist(), weights="weight")
        assert modularity(edges.between(labels)) == pytest.approx(expected, abs=1e-12)


def test_weight_between_clusters_by_hand():
    edges = Edges(4, np.array([[0, 1], [1, 2], [2, 3]], np.int32), np.array([1.0, 2.0, 5.0]))
    found = edges.between(np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(found, np.array([[2, 2], [2, 10]]) / 16)
    np.testing.assert_allclose(edges.between(np.array([1, 1, 1, 1])), [[0, 0], [0, 1]])


def test_the_graph_of_igraph_stays_in_its_process_and_changes_nothing():
    edges = cliques(4, 3)
    before = values.digest(edges)
    assert edges.graph is edges.graph
    assert (edges.graph.vcount(), edges.graph.ecount()) == (7, 10)
    assert values.digest(edges) == before
    other = pickle.loads(pickle.dumps(edges))
    assert "graph" not in vars(other)
    np.testing.assert_array_equal(other.pairs, edges.pairs)


def test_cliques_are_communities():
    found = communities(cliques(6, 5, 7), resolution=1.0, random_state=0)
    assert found.dtype == np.int64
    assert adjusted_rand_score(np.repeat([0, 1, 2], [6, 5, 7]), found) == 1.0


def test_weights_matter_to_communities():
    """Of equal edges, the best cut of a path is in the middle; here the middle is what holds it together."""
    path = np.array([[0, 1], [1, 2], [2, 3]], np.int32)
    level = communities(Edges(4, path, np.ones(3)), resolution=1.0, random_state=0)
    assert level[0] == level[1] != level[2] == level[3]
    found = communities(Edges(4, path, np.array([0.1, 9.0, 0.1])), resolution=1.0, random_state=0)
    assert found[1] == found[2]


def test_communities_are_those_of_the_seed(edges):
    first = communities(edges, resolution=2.0, random_state=3)
    np.testing.assert_array_equal(first, communities(edges, resolution=2.0, random_state=3))
    others = [communities(edges, resolution=2.0, random_state=s) for s in range(4, 12)]
    assert any((other != first).any() for other in others)


@pytest.mark.parametrize("resolution", [0.5, 1.0, 2.0])
def test_each_merge_is_the_best_of_all_pairs(edges, resolution):
    fine, graph = communities(edges, resolution=3.0, random_state=0), as_igraph(edges)
    n = int(fine.max()) + 1
    assert n > 5

    def value(labels):
        return graph.modularity(labels.tolist(), weights="weight", resolution=resolution)

    before = fine
    for k in range(n - 1, 2, -1):
        best = max(value(np.where(before == b, a, before)) for a, b in combinations(range(k + 1), 2))
        found = merge(edges, fine, k, resolution=resolution)
        assert value(found) == pytest.approx(best, abs=1e-12)
        before = found


def test_merged_clusters_are_unions_numbered_without_a_gap(edges):
    fine = communities(edges, resolution=3.0, random_state=0)
    for k in range(1, int(fine.max()) + 1):
        found = merge(edges, fine, k, resolution=1.0)
        assert np.unique(found).tolist() == list(range(k))
        assert len(np.unique(np.column_stack([fine, found]), axis=0)) == fine.max() + 1


def test_fewer_clusters_than_asked_for_are_left_alone(edges):
    labels = np.arange(60) % 3
    np.testing.assert_array_equal(merge(edges, labels, 3, resolution=1.0), labels)
    np.testing.assert_array_equal(merge(edges, labels, 9, resolution=1.0), labels)


def test_communities_are_counted_at_each_resolution_and_merged_to_each_number(rng):
    edges = jaccard_edges(nearest(rng.normal(size=(80, 3)).astype(np.float32), 6))
    found = graph_clustering.sweep_resolutions(edges, [0.3, 2.0], [2, 4, 79], random_state=1)
    labelings = [communities(edges, resolution=r, random_state=1) for r in (0.3, 2.0)]
    graph = as_igraph(edges)
    np.testing.assert_array_equal(found.resolution, [0.3, 2.0])
    np.testing.assert_array_equal(found.n_clusters, [len(np.unique(labels)) for labels in labelings])
    np.testing.assert_allclose(found.modularity, [graph.modularity(x.tolist(), weights="weight") for x in labelings])
    assert list(found.by_number) == [2, 4, 79]
    for k in (2, 4):
        merged = [
            merge(edges, x, k, resolution=r) for x, r in zip(labelings, (0.3, 2.0), strict=True) if x.max() + 1 >= k
        ]
        best = max(graph.modularity(labels.tolist(), weights="weight") for labels in merged)
        assert found.by_number[k] == pytest.approx(best)
    assert np.isnan(found.by_number[79])


def test_the_resolution_is_the_lowest_that_gives_a_surplus(rng):
    edges = jaccard_edges(nearest(rng.normal(size=(80, 3)).astype(np.float32), 6))
    found = graph_clustering.find_resolution(edges, 5, [0, 1])
    steps = np.log(found / graph_clustering.FIRST) / np.log(graph_clustering.STEP)
    assert steps == pytest.approx(round(steps), abs=1e-9)
    below = found / graph_clustering.STEP
    first, under = ([communities(edges, resolution=r, random_state=s) for s in (0, 1)] for r in (found, below))
    assert min(labels.max() + 1 for labels in first) >= 6 > min(labels.max() + 1 for labels in under)


def test_a_consensus_depends_less_on_its_seed_than_one_run(rng):
    alone, together = [], []
    for _ in range(4):
        edges = jaccard_edges(nearest(rng.normal(size=(400, 3)).astype(np.float32), 8))
        for found, find in ((alone, communities), (together, graph_clustering.consensus)):
            labelings = [find(edges, resolution=1.0, random_state=seed) for seed in range(5)]
            found.append(np.mean([adjusted_rand_score(a, b) for a, b in combinations(labelings, 2)]))
    assert np.mean(together) > np.mean(alone)


def test_a_consensus_of_runs_that_agree_is_what_they_say():
    groups = np.repeat([0, 1, 2], [6, 5, 7])
    found = graph_clustering.consensus(cliques(6, 5, 7), resolution=1.0, random_state=0)
    assert adjusted_rand_score(groups, found) == 1.0


def test_islands_do_not_leave_the_body_whole(rng):
    centers = 2.2 * np.eye(6)
    groups = np.repeat(np.arange(6), 100)
    body = centers[groups] + rng.normal(0, 0.6, (600, 6))
    islands = [40 + 30 * i + rng.normal(0, 0.01, (15, 6)) for i in range(6)]
    X = np.concatenate([body, *islands]).astype(np.float32)
    model = GraphClustering(7, n_neighbors=10, n_starts=2).fit(X)
    assert model.n_parts_ >= 7
    assert adjusted_rand_score(groups, model.labels_[:600]) > 0.8


def test_groups_that_nobody_could_confuse_are_found(blobs):
    X, labels = blobs
    model = GraphClustering(3, n_neighbors=10, n_starts=2).fit(X[::2])
    assert adjusted_rand_score(labels[::2], model.labels_) == 1.0
    assert adjusted_rand_score(labels[1::2], model.predict(X[1::2])) == 1.0
    np.testing.assert_array_equal(model.predict(X[::2]), model.labels_)


def test_the_start_of_highest_modularity_is_kept_and_a_seed_repeats_it():
    X = np.random.default_rng(9).normal(size=(90, 3)).astype(np.float32)
    graph = nearest(X, 6)
    edges = jaccard_edges(graph)
    model = GraphClustering(5, n_neighbors=6, n_starts=4, random_state=2).fit(X)
    assert (model.partitions_.shape, model.labels_.dtype, model.n_parts_) == ((4, 90), np.int64, edges.n_parts)
    expected = [as_igraph(edges).modularity(labels.tolist(), weights="weight") for labels in model.partitions_]
    np.testing.assert_allclose(model.modularity_, expected)
    assert np.argmax(expected) > 0
    np.testing.assert_array_equal(model.labels_, model.partitions_[np.argmax(expected)])
    assert all(np.unique(labels).tolist() == [0, 1, 2, 3, 4] for labels in model.partitions_)
    again = GraphClustering(5, n_neighbors=6, n_starts=4, random_state=2).fit(X, edges=edges)
    np.testing.assert_array_equal(model.partitions_, again.partitions_)
    assert model.resolution_ == again.resolution_


def test_more_clusters_or_neighbours_than_rows_are_refused(rng):
    X = rng.normal(size=(12, 2)).astype(np.float32)
    with pytest.raises(ValueError, match="n_clusters is 13, but there are only 12 rows"):
        GraphClustering(13, n_neighbors=3).fit(X)
    with pytest.raises(ValueError, match="n_neighbors"):
        GraphClustering(2, n_neighbors=12).fit(X)


def test_a_graph_in_parts_gives_as_many_clusters_as_asked_for(rng):
    sizes = (40, 34, 28, 9, 8, 7)
    X, groups = far_apart(rng, *sizes)
    for k in (3, 4, 6, 8):
        model = GraphClustering(k, n_neighbors=5, n_starts=2).fit(X)
        assert model.n_parts_ == 6
        assert np.unique(model.labels_).tolist() == list(range(k))
        # Where there are more parts than clusters no part is torn, and the smallest are put together.
        together = [set(model.labels_[groups == i].tolist()) for i in range(6)]
        if k <= 6:
            assert all(len(own) == 1 for own in together)
        if k == 4:
            assert len(set.union(*together[:3])) == 3
            assert together[3] == together[4] == together[5]


def test_copies_of_a_few_rows_are_their_clusters(rng):
    kinds = np.repeat(np.arange(5), 12)
    X = rng.normal(size=(5, 4)).astype(np.float32)[kinds]
    model = GraphClustering(5, n_neighbors=4, n_starts=2).fit(X)
    assert adjusted_rand_score(kinds, model.labels_) == 1.0
    np.testing.assert_array_equal(model.predict(X), model.labels_)


def test_rows_that_are_all_the_same_give_clusters_that_are_there():
    X = np.ones((40, 3), np.float32)
    model = GraphClustering(4, n_neighbors=5, n_starts=2).fit(X)
    n = len(np.unique(model.labels_))
    assert 1 <= n <= 4
    assert np.unique(model.labels_).tolist() == list(range(n))
    assert np.isfinite(model.modularity_).all()
    assert set(model.predict(X[:3]).tolist()) <= set(range(n))


def test_one_cluster_is_all_rows(blobs):
    X, _ = blobs
    model = GraphClustering(1, n_neighbors=5, n_starts=1).fit(X)
    assert set(model.labels_.tolist()) == {0}
