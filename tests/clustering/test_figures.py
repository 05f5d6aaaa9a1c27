"""The figures of the third phase say and draw what they are given: other values, other titles."""

import numpy as np
import pytest

from report_lib.clustering import density, graph_clustering, panel
from report_lib.clustering.figures import cards, clusters, hog, league, planes
from report_lib.clustering.figures import density as density_figures
from report_lib.clustering.figures import panel as panel_figures
from report_lib.clustering.league import Centers
from report_lib.clustering.representations import Plane, Representation, Shapes
from report_lib.common import style
from report_lib.understanding.measure import Examples
from tests.figures import check_figures, decode, words
from tests.made import NAMES, league_rows, made_panel, made_settings


def shapes(images, directions, names, n_components):
    """Images described by oriented gradients."""
    codes = np.zeros((1, n_components))
    return Shapes(None, codes, codes, Examples(np.arange(len(images)), images, names), directions)


def on_the_map(Z):
    """All images on a map."""
    return Plane(Representation("UMAP", Z, Z), np.arange(len(Z)))


def dense(Z, *, title="PCA", sweep=None, distances=None):
    """DBSCAN on all images, at a radius that finds them all alike unless given."""
    sweep = sweep or density.sweep_dbscan(Z, np.array([0.5, 1.0]), min_samples=3)
    on = Representation(title, Z, Z, ratio=np.ones(3) / 3)
    return density.Density(on, np.arange(len(Z)), distances or density.KDistances(3, np.ones(9), None), sweep)


def gradients_cases(rng):
    hits = {"PCA": np.array([0.5, np.nan, 0.7]), "oriented gradients": np.array([0.6, 0.8, 0.9])}
    return {
        "edges": (shapes(rng.random((3, 9, 6)), rng.random((3, 8, 4, 3)), NAMES, 100),),
        "same_class": (hits, NAMES, 15),
        "gradient_settings": (made_settings(),),
    }


def panel_cases():
    found = graph_clustering.Resolutions(np.array([0.1, 0.4]), np.array([5, 11]), np.array([0.7, 0.6]), {2: 0.5})
    sweep = panel.KMeansSweep(np.array([2, 3, 4]), np.array([800.0, 400.0, 200.0]), *np.zeros((2, 3)), [], 100)
    return {"criteria": (made_panel(given=3),), "resolutions": (found,), "inertia": (sweep,)}


def density_cases(rng):
    made = dense(rng.normal(size=(30, 3)))
    return {"k_distances": (made,), "dbscan_sweep": (made,)}


def cards_cases(rng):
    share, limits = np.array([0.5, 0.3, 0.2]), (0.0, 1.0)
    return {
        "cluster_cards": (rng.random((3, 6, 4)), rng.random((15, 6, 4)), rng.random((12, 6, 4)), share, limits),
    }


def plane_cases(rng):
    plane, groups = on_the_map(rng.normal(size=(30, 3))), np.arange(30) % 3
    return {
        "scatter": (plane, groups - 1),
        "dense_places": (dense(rng.normal(size=(30, 3))),),
    }


def clustering_cases(rng):
    table = np.array([[8, 1, 1, 0], [2, 9, 0, 0], [0, 0, 5, 1]])
    return {
        "class_by_cluster": (table, NAMES),
        "purity": (table, NAMES),
        "best_recall": (table, NAMES),
        "centroids": (Centers(rng.random((3, 6, 4)), np.array([3, 2, 1])), (0.0, 1.0)),
    }


def lines(fig):
    return [shape.x0 for shape in fig.layout.shapes]


def test_every_figure_is_tried(rng):
    cases = {
        hog: gradients_cases(rng),
        panel_figures: panel_cases(),
        density_figures: density_cases(rng),
        league: {"league_scores": (league_rows(rng), "Graph clustering on oriented gradients")},
        cards: cards_cases(rng),
        clusters: clustering_cases(rng),
        planes: plane_cases(rng),
    }
    check_figures("clustering", cases, {"scatter": {"method": "K-Means"}, "centroids": {"letter": "K"}})


def test_edges_are_drawn_beside_their_image_where_they_are():
    image, found = np.zeros((1, 4, 9)), np.zeros((1, 8, 2, 3))
    image[0, 1, 2], found[0, 5, 1, 2] = 9.0, 0.5
    sheet = decode(hog.edges(shapes(image, found, ["a"], 7)))[..., 0]
    tiles = [sheet[style.GAP :, i * (9 + style.GAP) :][:4, :9] for i in range(9)]
    assert [tile.max() for tile in tiles] == [255, 0, 0, 0, 0, 0, 255, 0, 0]
    assert np.argwhere(tiles[0]).tolist() == [[1, 2]]
    # The last cell of two rows and three columns, two pixels high and three wide.
    assert np.argwhere(tiles[6]).tolist() == [[y, x] for y in (2, 3) for x in (6, 7, 8)]


def test_edges_of_an_odd_image_fill_its_tile():
    found = np.ones((1, 8, 2, 3))
    sheet = decode(hog.edges(shapes(np.zeros((1, 5, 7)), found, ["a"], 7)))[..., 0]
    assert (sheet[style.GAP :, 7 + style.GAP :][:5, :7] == 255).all()


def test_each_arrow_points_where_brightness_rises():
    """Directions go round from right to down, as in an image, whose rows go down."""
    assert (hog.ARROWS[0], hog.ARROWS[2], hog.ARROWS[4], hog.ARROWS[6]) == ("→", "↓", "←", "↑")


def test_the_mean_over_classes_is_of_those_that_have_images(snapshot):
    hits = {"PCA": np.array([0.5, np.nan, 0.7]), "oriented gradients": np.array([0.8, 0.8, 0.8])}
    snapshot("clustering/figure of neighbours of the same class", words(hog.same_class(hits, "abc", 15)))


def test_the_panel_marks_what_each_criterion_suggests_and_what_the_run_uses(snapshot):
    fig = panel_figures.criteria(made_panel(given=3))
    snapshot("clustering/figure of the panel", words(fig))
    # The CSV of a chart names its series.
    assert [trace.name for trace in fig.data] == [
        "silhouette", "silhouette, best", "mixture BIC", "mixture BIC, best", "stability, spread",
        "stability", "stability, best",
    ]  # fmt: skip
    dots = [trace for trace in fig.data if trace.mode == "markers"]
    assert [(dot.x[0], dot.y[0]) for dot in dots] == [(3, 0.4), (4, -700.0), (4, 0.8)]
    assert set(lines(fig)) == {3}
    (band,) = [trace for trace in fig.data if trace.fill == "toself"]
    assert list(zip(band.x, band.y, strict=True))[:4] == [(2, 0.6), (3, 0.8), (4, 1.0), (5, 0.4)]
    assert list(zip(band.x, band.y, strict=True))[4:] == [(5, 0.1), (4, 0.6), (3, 0.5), (2, 0.3)]


def test_a_panel_of_one_number_can_be_drawn():
    fig = panel_figures.criteria(panel.Panel(np.array([4]), [panel.Criterion("silhouette", np.array([0.2]))], given=7))
    assert "silhouette 4" in fig.layout.title.text
    assert set(lines(fig)) == {7}


def test_the_caption_speaks_of_the_criterion_that_is_best_where_low_only_if_it_is_drawn():
    others = made_panel(criteria=[c for c in made_panel().criteria if c.highest])
    assert "BIC" not in panel_figures.criteria(others).layout.meta["caption"]


def test_the_title_names_the_communities_of_highest_modularity(snapshot):
    found = graph_clustering.Resolutions(
        np.array([0.1, 0.4, 1.6]), np.array([5, 11, 40]), np.array([0.7, 0.8, 0.6]), {}
    )
    fig = panel_figures.resolutions(found)
    snapshot("clustering/figure of resolutions", words(fig))
    assert [list(trace.y) for trace in fig.data] == [[5, 11, 40], [0.7, 0.8, 0.6]]


def test_inertia_is_drawn_for_an_image_and_its_fall_is_said():
    fig = panel_figures.inertia(*panel_cases()["inertia"])
    assert list(fig.data[0].y) == [8.0, 4.0, 2.0]
    assert fig.layout.title.text == "From K = 2 to 4, the inertia of K-Means falls by 75%"
    assert panel_figures.inertia(None) is None


def test_a_missing_knee_is_said(snapshot):
    snapshot(
        "clustering/figure of distances without a knee", words(density_figures.k_distances(dense(np.zeros((9, 3)))))
    )


def test_the_knee_is_where_the_distances_bend(snapshot):
    bent = density.KDistances(4, np.array([0.1, 0.2, 0.3, 0.4, 9.0]), 3)
    fig = density_figures.k_distances(dense(np.zeros((5, 2)), title="UMAP", distances=bent))
    snapshot("clustering/figure of distances with a knee", words(fig))
    assert (fig.data[1].x, fig.data[1].y) == ((3,), (0.4,))


def test_radii_without_two_clusters_have_no_silhouette(rng, snapshot):
    X = np.concatenate([rng.normal(0, 0.5, (100, 2)), rng.normal(9, 0.01, (4, 2))])
    sweep = density.sweep_dbscan(X, np.array([1.0, 30.0]), min_samples=3)
    fig = density_figures.dbscan_sweep(dense(X, title="UMAP", sweep=sweep))
    snapshot("clustering/figure of radii", words(fig))
    assert set(lines(fig)) == {1.0}


def test_the_knee_is_drawn_beside_the_best_radius(rng, snapshot):
    X = np.concatenate([rng.normal(0, 0.5, (100, 2)), rng.normal(9, 0.5, (100, 2)), [[40, 40], [60, 60]]])
    sweep = density.sweep_dbscan(X, np.array([1.0, 13.0, 90.0]), min_samples=3)
    assert sweep.best_index == 0
    bent = density.KDistances(4, np.array([1.0, 13.0, 90.0]), 1)
    fig = density_figures.dbscan_sweep(dense(X, title="UMAP", sweep=sweep, distances=bent))
    assert {(shape.x0, shape.line.dash) for shape in fig.layout.shapes} == {(1.0, "dot"), (13.0, "dash")}
    # Of the best, not of the radius with most clusters or least noise.
    snapshot("clustering/figure of radii and a knee", words(fig))


@pytest.mark.parametrize(
    ("shares", "key"),
    [((0.1, 0.6), "clustering/figure of a graph that leads"), ((0.7, 0.1), "clustering/figure of K-Means that leads")],
)
def test_the_league_is_in_the_order_of_accuracy_and_shows_every_seed(rng, shares, key, snapshot):
    rows = league_rows(rng, shares)
    fig = league.league_scores(rows, "Graph clustering on oriented gradients")
    ordered = sorted(rows, key=lambda row: -row.by_seed["accuracy"].mean())
    assert list(fig.layout.yaxis.ticktext) == [row.fitted.title for row in ordered]
    snapshot(key, words(fig))
    for i, key in enumerate(("accuracy", "nmi", "ari")):
        large, small = fig.data[2 * i], fig.data[2 * i + 1]
        np.testing.assert_allclose(large.x, [row.by_seed[key].mean() for row in ordered])
        np.testing.assert_allclose(small.x, np.concatenate([row.by_seed[key] for row in ordered]))
    assert [trace.name for trace in fig.data if trace.showlegend is not False] == ["matched accuracy", "NMI", "ARI"]


def test_the_league_is_led_by_the_best_mean_and_not_by_the_best_fit(rng):
    lucky, steady = league_rows(rng)
    lucky.by_seed["accuracy"], steady.by_seed["accuracy"] = np.array([0.9, 0.1]), np.array([0.6, 0.6])
    fig = league.league_scores([lucky, steady], "x")
    assert list(fig.layout.yaxis.ticktext) == ["K-Means on PCA", "Graph clustering on oriented gradients"]
    assert list(fig.data[0].x) == [0.6, 0.5]


def test_cards_have_a_row_a_cluster_with_its_share(snapshot):
    means, typical, border = np.zeros((2, 4, 4)), np.ones((6, 4, 4)), np.full((4, 4, 4), 0.5)
    fig = cards.cluster_cards(means, typical, border, np.array([0.75, 0.25]), (0.0, 1.0))
    assert {"C1 · 75%", "C2 · 25%", "mean", "medoid", "border"} <= {note.text for note in fig.layout.annotations}
    snapshot("clustering/figure of cards", words(fig))
    sheet = decode(fig)[..., 0]
    for row in range(2):
        tiles = [sheet[style.GAP + row * (4 + style.GAP) :, i * (4 + style.GAP) :][:4, :4] for i in range(6)]
        assert [int(tile.mean()) for tile in tiles] == [0, 255, 255, 255, 128, 128]


def test_clusters_on_a_map_say_what_is_noise(snapshot):
    plane = on_the_map(np.arange(8.0).reshape(4, 2))
    fig = planes.scatter(plane, np.array([0, -1, 1, 0]), method="DBSCAN")
    snapshot("clustering/figure of clusters and noise", words(fig))
    assert [axis.title.text.split(" (")[0] for axis in (fig.layout.xaxis, fig.layout.yaxis)] == [
        "UMAP, first axis", "UMAP, second axis",
    ]  # fmt: skip
    whole = planes.scatter(plane, np.zeros(4, int), method="DBSCAN")
    snapshot("clustering/figure of one cluster", words(whole))


@pytest.mark.parametrize(("n", "shown"), [(20, True), (21, False)])
def test_a_legend_of_very_many_clusters_is_left_out(n, shown):
    fig = planes.scatter(on_the_map(np.zeros((n, 2))), np.arange(n), method="DBSCAN")
    assert fig.layout.showlegend is shown


def test_classes_are_in_the_order_of_the_clusters_that_hold_them(snapshot):
    table = np.array([[0, 10, 0], [8, 2, 0], [1, 3, 0], [0, 0, 0]])
    fig = clusters.class_by_cluster(table, list("abcd"))
    assert list(fig.data[0].y) == ["b", "d", "a", "c"]
    np.testing.assert_allclose(fig.data[0].z, [[0.8, 0.2], [0, 0], [0, 1], [0.25, 0.75]])
    snapshot("clustering/figure of classes by cluster", words(fig))


def test_every_clustering_has_a_letter_of_its_own(rng):
    Z = np.concatenate([rng.normal(0, 0.5, (50, 2)), rng.normal(9, 0.5, (50, 2))])
    found = planes.dense_places(dense(Z, title="UMAP", sweep=density.sweep_dbscan(Z, np.array([2.0]), min_samples=3)))
    assert [trace.name for trace in found.data] == ["D1", "D2"]
    centres = clusters.centroids(Centers(np.zeros((2, 6, 4)), np.array([1, 1])), (0.0, 1.0), letter="K")
    assert [note.text for note in centres.layout.annotations] == ["K1: 50%", "K2: 50%"]


def test_the_silhouette_that_is_drawn_is_the_one_that_chooses(rng):
    X = np.concatenate([rng.normal(0, 0.5, (100, 2)), rng.normal(9, 0.5, (100, 2)), rng.uniform(-40, 40, (60, 2))])
    sweep = density.sweep_dbscan(X, np.array([0.2, 1.0, 9.0]), min_samples=3)
    drawn = density_figures.dbscan_sweep(dense(X, title="UMAP", sweep=sweep)).data[1]
    np.testing.assert_array_equal(drawn.y, sweep.silhouette * (1 - sweep.noise))
    assert np.nanargmax(drawn.y) == sweep.best_index


def test_what_is_not_there_is_not_drawn(rng):
    unlabelled = league_rows(rng)
    for row in unlabelled:
        del row.by_seed["accuracy"]
    drawn = [
        hog.edges(None), hog.same_class(None, NAMES, 3), hog.gradient_settings(None), panel_figures.resolutions(None),
        density_figures.dbscan_sweep(None),
        planes.dense_places(None), league.league_scores(unlabelled, "x"), clusters.class_by_cluster(None, NAMES),
        clusters.purity(None, NAMES), clusters.best_recall(None, NAMES), clusters.centroids(None, (0, 1), letter="K"),
    ]  # fmt: skip
    assert drawn == [None] * len(drawn)


def test_clusters_have_one_look_in_every_figure():
    table = np.array([[1, 9, 0, 0], [8, 0, 1, 0], [0, 1, 7, 0]])
    wanted = [look.color for look in style.cluster_looks(3, table)]
    assert wanted == [style.color(1), style.color(0), style.color(2)]
    Z = np.random.default_rng(0).normal(size=(30, 2))
    points = planes.scatter(on_the_map(Z), np.arange(30) % 3, table, method="x")
    assert [trace.marker.color for trace in points.data] == wanted
    assert list(clusters.purity(table, NAMES).data[0].marker.color) == wanted
    lines = clusters.class_by_cluster(table, NAMES).layout.shapes
    assert [line.line.color for line in lines if line.yref == "y domain"] == wanted
    tiles = np.zeros((6, 4, 4))
    cards_of = cards.cluster_cards(tiles[:3], tiles, tiles, np.full(3, 1 / 3), (0.0, 1.0), table)
    assert [note.bordercolor for note in cards_of.layout.annotations if note.xref == "paper"] == wanted
