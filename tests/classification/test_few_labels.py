"""Learning curves are those of scikit-learn's classifiers, and labels spread as the closed form says."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.semi_supervised import LabelSpreading

from report_lib.classification import few_labels
from report_lib.classification.few_labels import UNKNOWN, Curve
from report_lib.classification.label_choice import choose
from report_lib.clustering.graph_clustering import Edges, jaccard_edges
from report_lib.clustering.hog import OrientedGradients
from report_lib.clustering.representations import Representation, with_graph
from report_lib.common import models
from report_lib.common.metrics import wilson_interval
from report_lib.common.models import OneUnit
from report_lib.common.neighbors import Neighbors, nearest, nearest_to
from report_lib.data.images import ImageSet


def edges(n, *joined):
    pairs, weights = [pair[:2] for pair in joined], [pair[2] for pair in joined]
    return Edges(n, np.array(pairs, np.int32), np.array(weights, np.float64))


@pytest.fixture
def chain():
    """Rows 0 to 3 in a chain, 4 and 5 joined with each other alone, and 6 with none."""
    return edges(7, (0, 1, 1.0), (1, 2, 0.5), (2, 3, 2.0), (0, 2, 0.25), (4, 5, 0.7))


def given(n, **labels):
    found = np.full(n, UNKNOWN)
    found[[int(row[1:]) for row in labels]] = list(labels.values())
    return found


# --- labels spread over a graph -------------------------------------------------------------------------------------


def normalised(graph):
    W = graph.toarray()
    degree = W.sum(axis=1)
    root = np.divide(1.0, np.sqrt(degree), out=np.zeros(len(W)), where=degree > 0)
    return root[:, None] * W * root


def as_shares(F):
    return np.divide(F, F.sum(axis=1, keepdims=True), out=np.zeros_like(F), where=F.sum(axis=1, keepdims=True) > 0)


def test_the_matrix_holds_every_edge_both_ways(chain):
    found = few_labels.as_matrix(chain).toarray()
    expected = np.zeros((7, 7))
    for a, b, weight in ((0, 1, 1.0), (1, 2, 0.5), (2, 3, 2.0), (0, 2, 0.25), (4, 5, 0.7)):
        expected[a, b] = expected[b, a] = weight
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(few_labels.as_matrix(edges(3, (2, 1, 0.5))).toarray()[2], [0, 0.5, 0])


def test_spreading_is_the_closed_form_up_to_the_last_step(chain):
    graph, labels = few_labels.as_matrix(chain), given(7, r0=0, r3=2)
    S, Y = normalised(graph), np.zeros((7, 3))
    Y[0, 0] = Y[3, 2] = 1
    found = few_labels.spread(graph, labels, 3)
    closed = as_shares(np.linalg.solve(np.eye(7) - few_labels.ALPHA * S, Y))
    np.testing.assert_allclose(found, closed, atol=3 * few_labels.ALPHA**few_labels.SPREADING_STEPS)
    F = Y
    for _ in range(few_labels.SPREADING_STEPS):
        F = few_labels.ALPHA * S @ F + (1 - few_labels.ALPHA) * Y
    np.testing.assert_allclose(found, as_shares(F), rtol=1e-10)
    assert 0.05 < found[1, 2] < 0.5 < found[1, 0]


def test_spreading_is_scikit_learns_with_the_same_graph_written_out(blobs):
    X, truth = blobs
    graph = few_labels.as_matrix(jaccard_edges(nearest(X[::3], 8)))
    labels = np.full(60, UNKNOWN)
    labels[[0, 1, 25, 50]] = truth[::3][[0, 1, 25, 50]]
    model = LabelSpreading(kernel=lambda *_: graph.toarray(), alpha=few_labels.ALPHA, max_iter=30, tol=0)
    with pytest.warns(ConvergenceWarning):
        model.fit(np.arange(60.0)[:, None], labels)
    np.testing.assert_allclose(few_labels.spread(graph, labels, 3), model.label_distributions_, atol=1e-12)


def test_a_label_may_be_overruled_by_its_neighbours():
    """One of eight who all know each other has another label: it spreads less than theirs."""
    all_pairs = [(a, b, 1.0) for a in range(8) for b in range(a)]
    labels = np.array([1, 0, 0, 0, 0, 0, 0, 0])
    found = few_labels.spread(few_labels.as_matrix(edges(8, *all_pairs)), labels, 2)
    assert found[0].argmax() == 0


def test_where_no_label_arrives_there_are_zeros(chain):
    found = few_labels.spread(few_labels.as_matrix(chain), given(7, r0=1), 3)
    np.testing.assert_allclose(found[:4], np.tile([0, 1, 0], (4, 1)))
    assert (found[4:] == 0).all()


def test_classes_that_nobody_has_seen_keep_their_column(chain):
    found = few_labels.spread(few_labels.as_matrix(chain), given(7, r0=3, r4=1), 5)
    assert found.shape == (7, 5)
    np.testing.assert_allclose(found.sum(axis=0)[[0, 2, 4]], 0.0)
    np.testing.assert_allclose(found[:4, 3], 1.0)
    np.testing.assert_allclose(found[4:6, 1], 1.0)


def test_each_part_of_a_graph_has_the_labels_of_its_own(chain):
    near = Neighbors(np.array([[0, 3], [4, 5], [1, 4]], np.int32), np.array([[1, 1], [1, 2], [1, 9]], np.float32))
    found = few_labels.spread_to(few_labels.as_matrix(chain), near, np.array([2, 5]), np.array([1, 0]), 2)
    assert found.tolist() == [1, 0, 1]


def test_test_images_that_no_label_reaches_get_the_commonest_class(chain):
    near = Neighbors(np.array([[4, 5], [6, 5], [0, 6]], np.int32), np.ones((3, 2), np.float32))
    found = few_labels.spread_to(few_labels.as_matrix(chain), near, np.array([0, 1, 3]), np.array([0, 2, 2]), 4)
    assert found[:2].tolist() == [2, 2]
    shares = few_labels.spread(few_labels.as_matrix(chain), given(7, r0=0, r1=2, r3=2), 4)
    assert found[2] == shares[0].argmax() != 2


def test_the_votes_of_nearer_images_weigh_more(chain):
    """Weights are one over the distance: 1/1 against 1/4 + 1/4."""
    near = Neighbors(np.array([[0, 4, 5]], np.int32), np.array([[1, 4, 4]], np.float32))
    graph, rows = few_labels.as_matrix(chain), np.array([0, 4])
    assert few_labels.spread_to(graph, near, rows, np.array([0, 1]), 2).tolist() == [0]
    closer = Neighbors(near.indices, np.array([[4, 4, 4]], np.float32))
    assert few_labels.spread_to(graph, closer, rows, np.array([0, 1]), 2).tolist() == [1]


# --- which images have labels ---------------------------------------------------------------------------------------


def test_draws_are_the_same_for_all_who_ask():
    first, second = (models.draws(500, 20, 4, 7) for _ in range(2))
    for (seed, rows), (other_seed, other_rows) in zip(first, second, strict=True):
        assert seed == other_seed
        np.testing.assert_array_equal(rows, other_rows)
        assert len(np.unique(rows)) == 20
        assert 0 <= rows.min() <= rows.max() < 500
    assert len({tuple(rows) for _, rows in first}) == 4
    assert first[0][0] != models.draws(500, 20, 4, 8)[0][0]


def test_more_draws_begin_with_the_fewer():
    few, many = models.draws(90, 5, 2, 0), models.draws(90, 5, 6, 0)
    assert [seed for seed, _ in few] == [seed for seed, _ in many[:2]]
    np.testing.assert_array_equal(few[1][1], many[1][1])


def test_chosen_rows_are_chosen_several_times(blobs):
    X, y = blobs
    found = few_labels.chosen_rows(X, y, [3, 12, 90, 91], n_draws=3, random_state=1)
    # Of more than half the images there is nothing left to choose.
    assert {count: [len(rows) for rows in own] for count, own in found.items()} == {
        3: [3] * 3,
        12: [12] * 3,
        90: [90] * 3,
    }
    seeds = np.random.default_rng(1).integers(2**31, size=3)
    for rows, seed in zip(found[12], seeds, strict=True):
        np.testing.assert_array_equal(rows, choose(X, y, 12, random_state=int(seed)).rows)
    # What is promised of so many labels is what the top of a longer list holds.
    for few, many in zip(found[12], found[90], strict=True):
        np.testing.assert_array_equal(few, many[:12])
    assert len({tuple(rows) for rows in found[12]}) > 1
    assert few_labels.chosen_rows(X, y, [91], n_draws=3, random_state=1) == {}


def test_no_more_rows_are_chosen_than_are_worth_it(blobs, monkeypatch):
    X, y = blobs
    monkeypatch.setattr(few_labels, "MOST_CHOSEN", 6)
    assert list(few_labels.chosen_rows(X, y, [6, 7], n_draws=1, random_state=1)) == [6]


# --- the small network ----------------------------------------------------------------------------------------------


def test_one_unit_divides_by_the_root_of_the_mean_variance():
    X = np.float32([[0, 0, 5], [2, 8, 5], [4, 4, 5]])
    scaled = OneUnit().fit(X)
    # Variances 8/3, 32/3 and 0.
    assert scaled.unit_ == pytest.approx(np.sqrt(40 / 9), rel=1e-6)
    np.testing.assert_allclose(scaled.transform(X), (X - [2, 4, 5]) / np.sqrt(40 / 9), rtol=1e-6)
    assert scaled.transform(X).dtype == np.float32
    assert (OneUnit().fit(X[:1]).transform(X[:1]) == 0).all()


def test_the_small_network_is_scikit_learns(blobs):
    X, y = blobs
    found = models.small_network(X[:90], y[:90] + 1, 3)
    Z = (X - X[:90].mean(axis=0)) / np.sqrt(X[:90].var(axis=0).mean())
    # 90 rows in 6 batches of 16 make 900 steps in 150 epochs.
    known = MLPClassifier((64,), batch_size=16, max_iter=150, learning_rate_init=2e-3, random_state=3)
    known.fit(Z[:90], y[:90] + 1)
    np.testing.assert_allclose(found.predict_proba(X), known.predict_proba(Z), atol=1e-3)


def test_of_one_class_nothing_is_learnt(rng):
    assert models.small_network(rng.random((3, 2)), np.array([4, 4, 4]), 0).predict(rng.random((2, 2))).tolist() == [
        4,
        4,
    ]


# --- curves ---------------------------------------------------------------------------------------------------------


def test_accuracy_is_the_mean_over_the_draws():
    right = np.zeros((3, 10), bool)
    right[0, :6], right[1, :8], right[2, :7] = True, True, True
    curve = Curve({5: right})
    assert curve.accuracy[5].value == pytest.approx(0.7)
    assert curve.spread[5] == pytest.approx(0.1)
    # Student's interval over the draws, and Wilson's over the images, combined by the root of the sum of squares.
    wilson = wilson_interval(7, 10)
    drawn = student.ppf(0.975, 2) * 0.1 / np.sqrt(3)
    assert curve.accuracy[5].low == pytest.approx(0.7 - np.hypot(drawn, 0.7 - wilson.low))


def test_of_one_draw_the_interval_is_over_the_images():
    curve = Curve({5: np.array([[True] * 7 + [False] * 3])})
    assert curve.accuracy[5] == wilson_interval(7, 10)
    assert curve.spread[5] == 0.0


def test_the_curve_of_the_network(blobs):
    X, y = blobs
    options = {"counts": [3, 30, 60], "n_draws": 3, "random_state": 5}
    curve = few_labels.network_curve(X[::3], y[::3], X[1::3], y[1::3], **options)
    assert {n: own.shape for n, own in curve.right.items()} == {3: (3, 60), 30: (3, 60), 60: (1, 60)}
    assert curve.accuracy[30].value > 0.97
    # Three images of fewer than three classes cannot teach three.
    seen = [len(np.unique(y[::3][rows])) for _, rows in models.draws(60, 3, 3, 5)]
    assert min(seen) < 3
    for classes, right in zip(seen, curve.right[3], strict=True):
        assert right.mean() <= classes / 3
    seed, rows = models.draws(60, 30, 3, 5)[2]
    alone = models.small_network(X[::3][rows], y[::3][rows], seed).predict(X[1::3])
    np.testing.assert_array_equal(curve.right[30][2], alone == y[1::3])


def halves(blobs, **changes):
    """A third of the rows to learn from, a third to ask, as images and as a representation with a graph."""
    X, y = blobs
    train, test = X[::3], X[1::3]
    images = ImageSet("made", train.reshape(-1, 1, 5), test.reshape(-1, 1, 5), y[::3], y[1::3], ("a", "b", "c"))
    graph = nearest(train, 6)
    return replace(images, **changes), Representation(
        "hog", train, test, graph, nearest_to(train, test, 6), jaccard_edges(graph)
    )


def test_the_curve_of_the_graph(blobs):
    images, space = halves(blobs)
    chosen = {3: [np.array([0, 25, 50]), np.array([1, 2, 3])], 60: [np.arange(60)]}
    curve = few_labels.graph_curve(space, images, chosen)
    assert list(curve.right) == [3, 60]
    # One label in each of three groups that nothing joins tells all; three in one of them tell the third of them.
    assert curve.right[3].mean(axis=1).tolist() == [1.0, pytest.approx(1 / 3)]
    assert curve.right[60].shape == (1, 60)
    neighbours = KNeighborsClassifier(6, weights="distance").fit(space.train, images.train_labels)
    np.testing.assert_array_equal(curve.right[60][0], neighbours.predict(space.test) == images.test_labels)


def test_the_curve_of_the_graph_looks_at_the_labels_of_the_chosen_alone(blobs):
    images, space = halves(blobs)
    rows, others = np.array([0, 25, 50]), images.train_labels.copy()
    others[np.setdiff1d(np.arange(60), rows)] = 0
    changed = replace(images, train_labels=others)
    first, second = (few_labels.graph_curve(space, own, {3: [rows]}) for own in (images, changed))
    np.testing.assert_array_equal(first.right[3], second.right[3])


def curves_of(images, space, names=("pixels", "pca-3", "dense-8"), counts=(12,), kept=None):
    options = {"scaling": "min-max", "n_components": 3, "n_draws": 2, "random_state": 0}
    return few_labels.learning_curves(
        names, images, space, space if space.edges else None, counts=counts, autoencoders={}, kept=kept or {}, **options
    )  # fmt: skip


def test_every_description_has_its_curve(blobs):
    images, space = halves(blobs)
    found = curves_of(images, space)
    assert list(found.curves) == ["pixels", "pca-3", "hog", "graph"]
    assert found.missing == ["dense-8"]
    assert list(found.by_title) == ["pixels", "PCA 3", "oriented gradients", "graph"]
    options = {"counts": [12], "n_draws": 2, "random_state": 0}
    alone = few_labels.network_curve(space.train, images.train_labels, space.test, images.test_labels, **options)
    np.testing.assert_array_equal(found.curves["hog"].right[12], alone.right[12])
    numbers = found.as_dict()
    assert numbers["label_efficiency"]["pixels"] == {12: found.curves["pixels"].accuracy[12].value}
    assert numbers["label_efficiency_intervals_95"]["hog"][12] == alone.accuracy[12].as_dict()
    assert numbers["label_efficiency_spread"]["hog"] == alone.spread
    assert list(curves_of(images, replace(space, edges=None)).curves) == ["pixels", "pca-3"]


@pytest.mark.parametrize(("asked", "shapes"), [([100, 10, 1000], [(10, 2), (60, 1)]), ([60, 10], [(10, 2), (60, 1)])])
def test_the_numbers_of_labels_end_with_all_drawn_once(blobs, asked, shapes):
    images, space = halves(blobs)
    found = curves_of(images, space, [], asked).curves["graph"].right
    assert [(n, len(right)) for n, right in found.items()] == shapes
    drawn = [rows for _, rows in models.draws(60, 10, 2, 0)]
    expected = few_labels.graph_curve(space, images, {10: drawn, 60: [np.arange(60)]}).right
    for n in found:
        np.testing.assert_array_equal(found[n], expected[n])


def test_what_was_not_asked_for_or_cannot_be_had_is_none(blobs):
    images, space = halves(blobs)
    assert curves_of(images, space, counts=[]) is None
    assert curves_of(replace(images, train_labels=None), space) is None
    assert curves_of(images, replace(space, edges=None), names=["dense-8"]) is None
    clusters = {part: np.repeat([0, 1, 2], n) for part, n in (("train", 20), ("test", 20))}
    assert few_labels.with_chosen(None, images, space, clusters, random_state=0) is None
    many = curves_of(images, space, names=[], counts=[40])
    assert few_labels.with_chosen(many, images, space, clusters, random_state=0).chosen is None


def test_chosen_images_have_a_curve_beside_that_of_drawn_ones(blobs):
    images, space = halves(blobs)
    clusters = {"train": images.train_labels, "test": images.test_labels}
    found = few_labels.with_chosen(curves_of(images, space, [], (3, 60)), images, space, clusters, random_state=0)
    assert list(found.chosen.right) == [3]
    assert found.chosen.accuracy[3].value == 1.0
    assert list(found.as_dict()["label_efficiency"]) == ["hog", "graph", "graph_chosen", "graph_chosen_spread"]


def test_clusters_are_named_while_there_are_fewer_than_two_labels_for_each(blobs):
    """Where test images are in another cluster than their neighbours, it shows which of the two was done."""
    images, space = halves(blobs)
    moved = {"train": images.train_labels, "test": (images.test_labels + 1) % 3}
    found = few_labels.with_chosen(curves_of(images, space, [], (2, 3, 5, 6)), images, space, moved, random_state=0)
    assert {n: score.value for n, score in found.chosen.accuracy.items()} == {2: 2 / 3, 3: 0.0, 5: 0.0, 6: 1.0}
    assert [score.value for score in found.chosen_spread.accuracy.values()] == [2 / 3, 1.0, 1.0, 1.0]


def test_a_cluster_is_named_after_most_of_its_chosen_images(blobs):
    images, _ = halves(blobs)
    clusters = {"train": np.zeros(60, int), "test": np.where(np.arange(60) < 15, -1, 0)}
    first, second = (np.flatnonzero(images.train_labels == label) for label in (1, 2))
    (right,) = few_labels.named_curve(images, clusters, {3: [np.r_[first[:1], second[:2]]]}).right[3]
    np.testing.assert_array_equal(right, (images.test_labels == 2) & (clusters["test"] == 0))


def test_what_is_known_is_not_done_again(blobs):
    images, space = halves(blobs)
    marked = np.zeros((2, 60), bool)
    kept = {"12/pixels": marked, "5/pixels": marked[:1], "7/pixels": marked, "12/PCA 3": marked}
    known = few_labels.measured(kept, 2)
    assert {title: list(own) for title, own in known.items()} == {"pixels": [12, 7], "PCA 3": [12]}
    found, fresh = (curves_of(images, space, ["pixels"], (5, 12, 20), kept=own).curves for own in (kept, {}))
    assert list(found["pixels"].right) == [5, 12, 20]
    assert found["pixels"].right[12] is marked
    for n in (5, 20):
        np.testing.assert_array_equal(found["pixels"].right[n], fresh["pixels"].right[n])


def test_a_run_without_a_graph_works_on_components(rng):
    features = {"train": rng.random((5, 2)), "test": rng.random((3, 2))}
    found = few_labels.representation_of({}, features)
    assert (found.title, found.edges) == ("PCA", None)
    assert found.train is features["train"]


def test_gradients_are_described_anew_where_the_graph_is_of_components(rng):
    train, test = rng.random((30, 8, 8)).astype(np.float32), rng.random((7, 8, 8)).astype(np.float32)
    images = ImageSet("made", train, test, None, None, ())
    model = OrientedGradients((8, 8), n_components=4).fit(train.reshape(30, 64))
    graph = with_graph(Representation("PCA", train.reshape(30, 64)[:, :3], test.reshape(7, 64)[:, :3]), k=3)
    kept = few_labels.representation_of(graph.arrays(), {})
    assert kept.title == "PCA"
    np.testing.assert_array_equal(kept.edges.pairs, graph.edges.pairs)
    shape = few_labels.shape_of(kept, model.arrays(), images)
    assert (shape.title, shape.edges) == ("oriented gradients", None)
    np.testing.assert_array_equal(shape.test, model.transform(test.reshape(7, 64)))
    led = replace(graph, title="oriented gradients")
    assert few_labels.shape_of(led, model.arrays(), images) is led
    assert few_labels.shape_of(kept, {}, images) is None
