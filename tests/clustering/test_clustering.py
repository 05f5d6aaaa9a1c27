"""The descriptions, the methods that are tried on them, and what a run reports of it all."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score

from report_lib.classification.findings import headlines
from report_lib.clustering import cards, density, fitting, graph_clustering, league, panel, representations
from report_lib.clustering.findings import clusters as about_clustering
from report_lib.clustering.fitting import Clusters, Fitted
from report_lib.clustering.graphs import GraphChoice, Support
from report_lib.clustering.methods import METHODS
from report_lib.clustering.representations import Representation
from report_lib.clustering.scaling import Scalings
from report_lib.common.errors import ReportError
from report_lib.common.neighbors import Neighbors, nearest

OPTIONS = {"n_clusters": 3, "n_init": 1, "dbscan_min_samples": 3, "dbscan_n_images": 60}


@pytest.fixture
def spaces(blobs):
    X, _ = blobs
    pca = representations.with_graph(Representation("PCA", X[::2], X[1::2]), k=6)
    shape = representations.with_graph(Representation("oriented gradients", X[::2, :3], X[1::2, :3]), k=6)
    return {"PCA": pca, "oriented gradients": shape, "UMAP": representations.on_map(X[::2, :2], pca, k=6)}


@pytest.fixture
def fitted(spaces):
    return fit_all(spaces, n_seeds=2)


def fit_all(spaces, *, n_seeds):
    density_options = {"n_images": 60, "min_samples": 3, "percentiles": [50.0, 99.0], "random_state": 0}
    densities = density.try_radii(spaces, **density_options)
    methods = ["dbscan", "kmeans", "graph"]
    return fitting.fit_all(spaces, methods, n_seeds=n_seeds, random_state=0, densities=densities, **OPTIONS, unasked=7)


@pytest.fixture
def rows(fitted):
    return league.score(fitted, None, None, 0, random_state=0)


def found(method, place, *, n_clusters=2):
    own = Clusters(n_clusters, np.arange(4) % max(n_clusters, 1), np.arange(2) % max(n_clusters, 1))
    return Fitted(method, place, [own], 0.0)


def unscored(fitted):
    return league.score(fitted, None, None, 0, random_state=0)


def test_a_description_with_its_graph(rng):
    train, test = (rng.normal(size=(n, 4)).astype(np.float32) for n in (30, 8))
    space = representations.with_graph(Representation("PCA", train, test), k=4)
    assert (space.title, space.train is train, space.test is test) == ("PCA", True, True)
    inside = cdist(train, train) + np.diag(np.full(30, np.inf))
    np.testing.assert_array_equal(space.graph.indices, inside.argsort(axis=1)[:, :4])
    np.testing.assert_array_equal(space.test_graph.indices, cdist(test, train).argsort(axis=1)[:, :4])
    edges = graph_clustering.jaccard_edges(space.graph)
    np.testing.assert_array_equal(space.edges.pairs, edges.pairs)
    np.testing.assert_array_equal(space.edges.weights, edges.weights)
    assert space.seconds > 0


def test_a_graph_that_is_known_is_used_if_it_has_as_many_neighbours(rng):
    train = rng.normal(size=(30, 4)).astype(np.float32)
    known = Neighbors(np.roll(np.arange(30), 1)[:, None] * [1, 1], np.ones((30, 2), np.float32))
    assert representations.with_graph(Representation("PCA", train, train[:3]), k=2, known=known).graph is known
    other = representations.with_graph(Representation("PCA", train, train[:3]), k=3, known=known).graph
    np.testing.assert_array_equal(other.indices, nearest(train, 3).indices)


def test_a_test_image_lies_on_the_train_image_that_it_is_a_copy_of(rng):
    train = rng.normal(size=(40, 5)).astype(np.float32)
    layout = 20 * rng.random((40, 2))
    for pca in (
        Representation("PCA", train, train[7:12]),
        representations.with_graph(Representation("PCA", train, train[7:12]), k=5),
    ):
        space = representations.on_map(layout, pca, k=5)
        assert (space.title, space.train.dtype, space.test.dtype) == ("UMAP", np.float32, np.float32)
        np.testing.assert_allclose(space.train, layout, rtol=1e-6)
        np.testing.assert_allclose(space.test, layout[7:12], atol=1e-3)


def test_a_test_image_lies_amid_its_neighbours_the_nearer_the_weightier():
    train = np.array([[0.0], [4.0], [100.0]], np.float32)
    layout = np.array([[0.0, 0.0], [8.0, 4.0], [900.0, 900.0]])
    space = representations.on_map(layout, Representation("PCA", train, np.array([[1.0], [2.0]], np.float32)), k=2)
    np.testing.assert_allclose(space.test, [[2.0, 1.0], [4.0, 2.0]], rtol=1e-6)


def test_every_method_is_tried_on_every_description_that_a_run_has(spaces, fitted):
    assert [(one.method, one.on) for one in fitted] == [
        ("dbscan", "UMAP"), ("dbscan", "PCA"), ("kmeans", "PCA"), ("kmeans", "oriented gradients"), ("kmeans", "UMAP"),
        ("graph", "oriented gradients"), ("graph", "PCA"),
    ]  # fmt: skip
    assert all(len(one.fits) == 2 for one in fitted)
    bare = fit_all({"PCA": spaces["PCA"]}, n_seeds=1)
    assert [(one.method, one.on) for one in bare] == [("dbscan", "PCA"), ("kmeans", "PCA"), ("graph", "PCA")]


def test_every_entry_of_the_table_is_whole():
    for name, method in METHODS.items():
        assert (method.name, bool(method.title), bool(method.places)) == (name, True, True)
        assert callable(method.fit)


def test_the_table_is_light():
    code = (
        "import sys, report_lib.run.params; print(sorted({'sklearn', 'torch', 'plotly', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_method_is_reported_where_it_is_at_home():
    tried = [found(method, place) for method in ("kmeans", "dbscan", "graph") for place in METHODS[method].places]
    picked = {method: league.pick(unscored(tried), method).fitted.on for method in ("kmeans", "dbscan", "graph")}
    assert picked == {"kmeans": "PCA", "dbscan": "UMAP", "graph": "oriented gradients"}
    assert league.pick(unscored(tried[4:5]), "dbscan").fitted.on == "PCA"
    choice = GraphChoice({"oriented gradients": Support(0.5, 0.5), "PCA": Support(0.6, 0.6)})
    led = league.leading(tried, choice)
    assert league.pick(unscored(led), "graph").fitted.on == "PCA"
    assert [own for own in led if own.method != "graph"] == tried[:5]
    assert len(led) == len(tried)
    assert league.leading(tried[:5], None) == tried[:5]
    assert league.pick(unscored(tried), "hdbscan") is None


def test_the_clusters_that_go_on_speak_of_all_train_images(blobs, spaces, rows):
    for method, on in (("graph", "oriented gradients"), ("dbscan", "UMAP")):
        chosen = league.choose(rows, method, spaces, None)
        assert (chosen.row.fitted.method, chosen.row.fitted.on, chosen.representation) == (method, on, spaces[on])
        assert (len(chosen.clusters.train), len(chosen.clusters.test)) == (90, 90)
    chosen = league.choose(rows, "kmeans", spaces, None)
    assert chosen.clusters is chosen.row.fitted.kept
    assert adjusted_rand_score(blobs[1][::2], chosen.clusters.train) == 1.0


@pytest.mark.parametrize("n_clusters", [0, 1])
def test_fewer_than_two_clusters_cannot_go_on(n_clusters):
    tried = [found("kmeans", "PCA"), found("hdbscan", "PCA", n_clusters=n_clusters), found("kmeans", "UMAP")]
    with pytest.raises(ReportError) as caught:
        league.choose(unscored(tried), "hdbscan", {"PCA": None}, None)
    said = str(caught.value)
    assert "clustering.chosen is hdbscan" in said
    assert f"found {n_clusters} cluster" in said
    assert "kmeans, hdbscan" in said
    assert "\n" not in said


def reported(blobs, spaces, fitted, *, labelled):
    X, labels = blobs
    known = (labels[::2], labels[1::2], 3) if labelled else (None, None, 0)
    rows = league.score(fitted, *known, random_state=0)
    chosen = league.choose(rows, "graph", spaces, known[1])
    options = {"n_sweep": 180, "n_init_sweep": 1, "n_halves": 0, "n_mixture": 1, "mixture_components": 1}
    edges = spaces["PCA"].edges if labelled else None
    choice = league.choose_graph(fitted, spaces, random_state=0)
    criteria = panel.gather(X, range(2, 5), [], edges, resolutions=[0.2, 0.5], random_state=0, **options)
    images = X[::2].reshape(90, 5, 1)
    made = cards.describe(images, chosen.representation, chosen.clusters, k=6, random_state=0, n_shown=2)
    scores = {name: {"ari": np.array([0.9, 1.0])} if labelled else {} for name in ("min-max", "standard")}
    return rows, league.report_metrics(
        rows, chosen, panel=criteria, cards=made, scalings=Scalings(np.array([[1.0, 0.8], [0.8, 0.9]]), scores, 45),
        graphs=choice,
        densities=density.try_radii(
            {"PCA": spaces["PCA"]}, n_images=60, min_samples=3, percentiles=[50.0, 99.0], random_state=0
        ),
    )  # fmt: skip


def test_what_a_run_reports_is_what_was_found(blobs, spaces, fitted):
    rows, numbers = reported(blobs, spaces, fitted, labelled=True)
    assert (numbers["chosen"], numbers["chosen_on"]) == ("graph", "oriented gradients")
    known = numbers["graph_choice"]["by_representation"]
    assert list(known) == ["oriented gradients", "PCA"]
    for title in known:
        kept = next(own.kept for own in fitted if (own.method, own.on) == ("graph", title))
        assert known[title]["modularity"] == kept.modularity > 0.5
        assert known[title]["product"] == known[title]["modularity"] * known[title]["halves"]
    assert list(numbers["methods"]) == ["dbscan", "kmeans", "graph"]
    assert {method: own["on"] for method, own in numbers["methods"].items()} == {
        "dbscan": "UMAP", "kmeans": "PCA", "graph": "oriented gradients",
    }  # fmt: skip
    assert list(numbers["league"]) == [row.name for row in rows]
    kmeans = league.pick(rows, "kmeans")
    assert numbers["methods"]["kmeans"]["ari"] == kmeans.scores.ari.value == pytest.approx(1.0)
    np.testing.assert_array_equal(numbers["methods"]["kmeans"]["sizes"], [30, 30, 30])
    assert "sizes" not in numbers["methods"]["graph"]
    assert (numbers["sweep"]["best_k"], numbers["sweep"]["n_images"]) == (3, 180)
    assert numbers["sweep"]["best_silhouette"] == numbers["sweep"]["silhouette"][3]
    assert set(numbers["sweep"]["inertia"]) == {2, 3, 4}
    assert numbers["panel"]["best"] == 3
    assert numbers["panel"]["tied"] == [3]
    assert numbers["panel"]["values"].keys() == numbers["panel"]["suggested"].keys()
    assert numbers["panel"]["values"]["silhouette"] == numbers["sweep"]["silhouette"]
    assert len(numbers["resolutions"]["modularity"]) == 2
    assert numbers["density"]["PCA"]["best"]["n_clusters"] == 3
    np.testing.assert_array_equal(numbers["cards"]["stability"], [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(numbers["scaling"]["standard"]["ari"], [0.9, 1.0])
    assert numbers["scaling"]["standard"]["agreement"] == {"min-max": 0.8, "standard": 0.9}


def test_a_run_without_labels_reports_no_scores(blobs, spaces, fitted):
    _, numbers = reported(blobs, spaces, fitted, labelled=False)
    assert numbers["resolutions"] is numbers["numbers_taken_for_classes"] is None
    assert all("ari" not in own for own in (*numbers["methods"].values(), *numbers["league"].values()))
    assert numbers["methods"]["graph"]["n_clusters"] == 3


@pytest.mark.parametrize("labelled", [True, False])
def test_the_sentences_can_be_made_from_what_is_reported(blobs, spaces, fitted, labelled):
    _, numbers = reported(blobs, spaces, fitted, labelled=labelled)
    said = about_clustering.in_short(numbers)
    assert "3 clusters" in said
    assert "on oriented gradients" in said
    assert "On PCA, DBSCAN" in said
    assert ("matched accuracy 100.0%" in said) == labelled
    whole = {
        "dataset": {"title": "Mine", "n_train": 90, "n_test": 90, "height": 5, "width": 1,
                    "class_names": ["a", "b", "c"] * labelled},
        "understanding": {"near_duplicates": {"exact": {"total": 0}, "near": {"total": 2}},
                          "class_counts": {"a": 30, "b": 30, "c": 30}},
        "reduction": {"pca": {"components_for_95": 4}},
        "clustering": numbers,
        "classification": {"pseudo_labels": {"random_forest": {"fidelity": 0.9, "accuracy": 0.8, "ceiling": 0.9}}},
    }  # fmt: skip
    if not labelled:
        del whole["classification"]["pseudo_labels"]["random_forest"]["accuracy"]
    first = headlines.headlines(whole)[0]
    assert (first.figure == "100.0%", "Without labels" in first.note) == (labelled, not labelled)
