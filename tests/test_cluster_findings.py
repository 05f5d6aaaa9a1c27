"""The sentences and tables of the third phase follow the values: other values, other words."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from report_lib import density, display, graph_clustering, league, metrics, published
from report_lib import panel as panels
from report_lib.findings import cards as about_cards
from report_lib.findings import clustering as about_clustering
from report_lib.findings import density as about_density
from report_lib.findings import gradients as about_gradients
from report_lib.findings import league as about_league
from report_lib.findings import panel as about_panel
from report_lib.fitting import Clusters, Fitted
from tests.test_figures import made_panel


def test_neighbours_of_the_same_class_name_the_better_description():
    found = {"PCA": np.array([0.5, np.nan, 0.7]), "gradients": np.array([0.8, 0.8, 0.8])}
    said = about_gradients.same_class(found, 15)
    assert "Of the 15 nearest train images, 60.0% on PCA and 80.0% on gradients" in said
    assert "better on gradients" in said
    found["PCA"] += 0.4
    assert "better on PCA" in about_gradients.same_class(found, 15)


# --- how many ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "auto", "said"),
    [(4, True, "so it uses 4"), (4, False, "That is also what the run was asked for"), (2, False, "was asked for 2,")],
)
def test_the_panel_says_who_chose(chosen, auto, said):
    text = about_panel.panel(made_panel(), chosen, auto)
    assert said in text
    assert "By mean rank over all of them, K = 4" in text
    assert text.count("asked for") == 1


def test_criteria_that_disagree_and_criteria_that_agree():
    assert (
        "The criteria disagree: they suggest 3 by silhouette and 4 by mixture BIC and stability."
        in about_panel.panel(made_panel(), 4, False)
    )
    agreed = panels.Panel(np.array([2, 3, 4]), [panels.Criterion(name, np.array([1.0, 3, 2])) for name in ("a", "b")])
    said = about_panel.panel(agreed, 3, False)
    assert "All 2 criteria suggest 3 clusters." in said
    assert "disagree" not in said
    assert "end of what was tried" not in said
    assert "How many clusters? All 2 criteria suggest 3" in about_panel.panel_headline({"suggested": {"a": 3, "b": 3}})
    assert "4 by b and 7 by a" in about_panel.panel_headline({"suggested": {"a": 7, "b": 4}})


def test_a_suggestion_at_the_end_of_what_was_tried_is_no_more_than_a_direction():
    ends = [panels.Criterion("a", np.array([9.0, 3, 2])), panels.Criterion("b", np.array([1.0, 3, 2])),
            panels.Criterion("c", np.array([1.0, 2, 3]))]  # fmt: skip
    assert "For a and c that is the end of what was tried" in about_panel.panel(
        panels.Panel(np.array([6, 7, 8]), ends), 7, False
    )
    one = panels.Panel(np.array([6]), [panels.Criterion("a", np.array([9.0]))])
    assert "end of what was tried" not in about_panel.panel(one, 6, False)


@pytest.mark.parametrize(
    ("best", "said"), [(0.2, "touch more than they stand apart"), (0.4, "to some degree"), (0.6, "stand well apart")]
)
def test_how_far_groups_stand_apart(best, said):
    sweep = SimpleNamespace(silhouette=np.array([0.1, best, np.nan]), best=3)
    text = about_panel.separation(sweep)
    assert said in text
    assert f"{best:.3f}, at K = 3" in text


def test_resolutions_say_what_modularity_alone_would_take():
    found = graph_clustering.Resolutions(
        np.array([0.1, 0.4, 1.6]), np.array([5, 11, 40]), np.array([0.7, 0.8, 0.6]), {}
    )
    said = about_panel.resolutions(found)
    assert "From resolution 0.1 to 1.6, Leiden finds 5 to 40 communities" in said
    assert "would take 11, at resolution 0.4" in said


# --- dense places -----------------------------------------------------------------------------------------------------


def test_the_knee_parts_near_from_far_or_there_is_none():
    distances = np.linspace(0, 1, 101)
    said = about_density.knee(density.KDistances(5, distances, 75))
    assert "The knee is at 0.75; 24.8% of the images have their neighbour number 5" in said
    assert "Nine images in ten have theirs within 0.90, one in ten within 0.10" in said
    assert "no knee" in about_density.knee(density.KDistances(5, distances, None))


def test_dbscan_that_finds_nothing(rng):
    sweep = density.sweep_dbscan(rng.uniform(0, 100, (30, 4)), np.array([0.01]), min_samples=3)
    assert "At none of the" in about_density.dbscan(sweep)


def test_dbscan_with_one_body_and_with_two(rng):
    crumbs = np.concatenate([rng.normal(0, 0.5, (200, 2)), rng.normal(9, 0.01, (4, 2))])
    said = about_density.dbscan(density.sweep_dbscan(crumbs, np.array([1.0]), min_samples=3))
    assert "one body of images with crumbs beside it" in said
    assert "4 of the 204 clustered images lie outside" in said
    halves = np.concatenate([rng.normal(0, 0.5, (100, 2)), rng.normal(9, 0.5, (100, 2))])
    said = about_density.dbscan(density.sweep_dbscan(halves, np.array([1.0]), min_samples=3))
    assert "with 2 clusters and 0.0% noise; 100 of the 200 clustered images" in said
    assert "crumbs" not in said
    assert "flatters where few were" not in said
    assert "edge of what was tried" not in said
    strewn = np.concatenate([halves, rng.uniform(-40, 40, (60, 2))])
    said = about_density.dbscan(density.sweep_dbscan(strewn, np.array([1.0]), min_samples=3))
    assert "flatters where few were" in said


def test_the_best_radius_at_an_end_of_what_was_tried_is_said(rng):
    halves = np.concatenate([rng.normal(0, 0.5, (100, 2)), rng.normal(9, 0.5, (100, 2))])
    for radii, edge in (([1.0, 30.0], True), ([0.05, 1.0, 30.0], False), ([0.05, 1.0], True)):
        sweep = density.sweep_dbscan(halves, np.array(radii), min_samples=3)
        assert sweep.eps[sweep.best_index] == 1.0
        assert ("edge of what was tried" in about_density.dbscan(sweep)) == edge


def explored(distances, silhouette, noise=0.0):
    """What the sentences read of DBSCAN on one description."""
    sweep = SimpleNamespace(best_index=1, silhouette=np.array([np.nan, silhouette]), noise=np.array([0.0, noise]),
                            n_clusters=np.array([1, 7]))  # fmt: skip
    return SimpleNamespace(distances=density.KDistances(5, np.array(distances, float), None), sweep=sweep)


NARROW, WIDE = np.linspace(1, 2, 11), np.linspace(1, 11, 11)


def test_contrast_is_the_distance_in_sparse_places_over_that_in_dense_ones():
    # Nine tenths of the way up over one tenth: 1.9 / 1.1 and 10 / 2.
    said = about_density.contrast({"PCA": explored(NARROW, 0.1), "UMAP": explored(WIDE, 0.8)})
    assert "1.7 on PCA and 5.0 on UMAP" in said
    assert "5.0 on PCA and 1.7 on UMAP" in about_density.contrast(
        {"PCA": explored(WIDE, 0.8), "UMAP": explored(NARROW, 0.1)}
    )
    assert "5.0 on PCA." in about_density.contrast({"PCA": explored(WIDE, 0.1)})


@pytest.mark.parametrize(
    ("pca", "umap", "said"),
    [
        ((0.05, 0.0), (0.8, 0.1), True),
        ((0.9, 0.95), (0.8, 0.1), True),  # tight, but of hardly any images
        ((np.nan, 0.0), (0.8, 0.1), True),
        ((0.8, 0.0), (0.8, 0.1), False),
        ((0.05, 0.0), (0.05, 0.0), False),
        ((0.05, 0.0), (0.9, 0.95), False),
        ((0.8, 0.0), (0.05, 0.0), False),
    ],
)
def test_only_where_one_radius_works_on_the_map_alone_many_dimensions_are_blamed(pca, umap, said):
    text = about_density.contrast({"PCA": explored(NARROW, *pca), "UMAP": explored(WIDE, *umap)})
    assert ("In many dimensions distances grow alike" in text) == said
    assert ("7 clusters" in text) == said


def test_copies_make_no_contrast_of_a_billion():
    copies = explored([0, 0, 0, 0, 1, 1, 1, 2, 2, 3], 0.3)
    assert not re.search(r"\d{7}|nan|inf", about_density.contrast({"PCA": copies, "UMAP": explored(WIDE, 0.8)}))


def test_the_headline_says_for_each_description_what_dbscan_found():
    found = {
        "PCA": {"eps": [1, 2, 3], "best": {"n_clusters": 1, "noise": 0.1, "n_clustered": 90, "n_outside_largest": 0}},
        "UMAP": {
            "eps": [1, 2],
            "best": {"n_clusters": 4, "noise": 0.05, "n_clustered": 9500, "n_outside_largest": 4321},
        },
    }
    said = about_density.dbscan_headline(found)
    assert "On PCA, DBSCAN finds no two groups at any of the 3 radii tried." in said
    assert "On UMAP, DBSCAN at the best of 2 radii makes 4 clusters and calls 5.0% of the images noise" in said
    assert "4,321 of the 9,500 clustered lie outside the largest cluster" in said


# --- all methods ------------------------------------------------------------------------------------------------------


def row(method, on, accuracy, *, half=0.01, nmi=0.5, coverage=1.0, ami=0.4, clustered=(0.5, 0.4)):
    """A row of the league table, as far as the sentences read it."""

    def around(value):
        return metrics.Interval(value, value - half, value + half)

    scores = metrics.ClusterScores(
        4, coverage, accuracy=around(accuracy), majority_accuracy=around(accuracy), ari=around(0.3), nmi=around(nmi),
        ami=ami, clustered=dict(zip(("ari", "ami"), clustered, strict=True)),
    )  # fmt: skip
    by_seed = {key: np.array([accuracy, accuracy - 0.1]) for key in league.MEASURES}
    return league.Row(Fitted(method, on, [], 0.0, []), scores, by_seed)


def test_the_leader_is_alone_or_has_others_beside_it():
    rows = [row("kmeans", "PCA", 0.5), row("graph", "gradients", 0.7), row("hdbscan", "UMAP", 0.6)]
    said = about_league.league(rows)
    assert "Graph clustering on gradients leads with a matched accuracy of 0.700 (0.690 to 0.710)" in said
    assert "Next comes HDBSCAN on UMAP with 0.600 (0.590 to 0.610)." in said
    assert "overlaps" not in said
    rows[2] = row("hdbscan", "UMAP", 0.69)
    said = about_league.league(rows)
    assert "interval of HDBSCAN on UMAP overlaps" in said
    assert "Next comes" not in said
    assert "K-Means on PCA" not in said
    alone = about_league.league(rows[:1])
    assert "K-Means on PCA leads" in alone
    assert "Next comes" not in alone
    assert "overlaps" not in alone


def test_what_another_description_does_for_the_same_method():
    rows = [row("graph", "gradients", 0.7, nmi=0.66), row("graph", "PCA", 0.6, nmi=0.6),
            row("kmeans", "PCA", 0.5, nmi=0.51), row("kmeans", "gradients", 0.6, nmi=0.63),
            row("dbscan", "PCA", 0.1, nmi=0.01, coverage=0.1), row("dbscan", "UMAP", 0.6, nmi=0.7, coverage=0.9)]  # fmt: skip
    said = about_league.league(rows)
    # The widest of those that cluster every image; what leaves most of them out has another reason to score badly.
    assert re.search(r"0\.510 for K-Means on PCA.* 0\.630 for K-Means on gradients", said)
    assert "DBSCAN on PCA" not in said
    assert "description counts" not in about_league.league(rows[1:3])


def test_a_description_that_changes_nothing_is_not_said_to_count():
    rows = [row("graph", "gradients", 0.6, nmi=0.6), row("graph", "PCA", 0.6, nmi=0.6)]
    assert "description counts" not in about_league.league(rows)


def test_the_table_of_all_methods():
    table = about_league.table([row("kmeans", "PCA", 0.5), row("hdbscan", "UMAP", 0.6, coverage=0.87)])
    assert list(table.index) == ["K-Means on PCA", "HDBSCAN on UMAP"]
    assert list(table["K"]) == ["4", "4"]
    assert list(table["covered"]) == ["100%", "87%"]
    assert table.loc["K-Means on PCA", "ARI"] == "0.450 ± 0.071"
    assert not table.isna().any(axis=None)


def test_the_table_without_labels_and_of_one_seed():
    blind = league.Row(Fitted("kmeans", "PCA", [], 0.0, []), metrics.ClusterScores(3, 1.0), {"coverage": np.ones(2)})
    assert list(about_league.table([blind]).columns) == ["K", "covered"]
    single = row("kmeans", "PCA", 0.5)
    single.by_seed.update({key: own[:1] for key, own in single.by_seed.items()})
    assert about_league.table([single]).loc["K-Means on PCA", "NMI"] == "0.500"


def test_intervals_of_what_is_kept():
    table = about_league.intervals([row("kmeans", "PCA", 0.5), row("dbscan", "PCA", 0.0, clustered=(np.nan, np.nan))])
    assert table.loc["K-Means on PCA", "matched"] == "0.500 (0.490 to 0.510)"
    assert table.loc["K-Means on PCA", "of the covered"] == "0.500, 0.400"
    assert table.loc["DBSCAN on PCA", "of the covered"] == "none, none"


def test_published_figures_are_marked_with_their_source():
    found, ours = published.CLUSTERING["Fashion-MNIST"], row("graph", "gradients", 0.7, nmi=0.66)
    table = about_league.published(ours, found, published.SOURCE)
    assert len(table) == 1 + len(found)
    assert "arXiv 2011.11586" in published.SOURCE
    marked = table[[published.SOURCE in str(cell) for cell in table["source"]]]
    assert len(marked) == len(found)
    assert list(marked["matched"]) == [f"{one.accuracy:.3f}" for one in found]
    own = table.loc["Graph clustering on gradients"]
    assert (own["matched"], own["NMI"]) == ("0.700", "0.660")
    assert published.SOURCE not in own["source"]
    said = about_league.against_published(ours, found, published.SOURCE)
    best = max(found, key=lambda one: one.accuracy)
    assert "Not computed here" in said
    assert published.SOURCE in said
    assert f"{best.accuracy:.3f} and NMI {best.nmi:.3f}" in said
    assert "Graph clustering on gradients has 0.700 (0.690 to 0.710)" in said


def chosen(**scores):
    ends = {name: {"low": value - 0.01, "high": value + 0.01} for name, value in scores.items()}
    known = {**scores, "intervals_95": ends} if scores else {}
    return {"chosen": "hdbscan", "chosen_on": "UMAP", "methods": {"hdbscan": {"n_clusters": 6, **known}, "kmeans": {}}}


def test_the_headline_is_of_the_method_that_was_chosen():
    (said,) = about_league.league_headline(chosen(accuracy=0.7, nmi=0.6, ari=0.5))
    assert said.startswith("HDBSCAN on UMAP makes 6 clusters")
    assert "matched accuracy 0.700 (0.690 to 0.710), NMI 0.600 (0.590 to 0.610), ARI 0.500 (0.490 to 0.510)" in said
    (said,) = about_league.league_headline(chosen())
    assert "HDBSCAN on UMAP: 6" in said
    assert "no labels" in said


# --- cards ------------------------------------------------------------------------------------------------------------


def test_the_table_of_cards_with_and_without_labels():
    counts = np.array([[60, 0, 0], [38, 0, 3], [2, 0, 97]])
    table = about_cards.table(
        np.array([0.5, 0.3, 0.2]), np.array([0.951, np.nan, 0.4]), np.array([0.1, 0.25, 1.0]), counts, ["a", "<b>", "c"]
    )
    assert list(table.index) == ["C1", "C2", "C3"]
    assert list(table["share"]) == ["50.0%", "30.0%", "20.0%"]
    assert list(table["stability"]) == ["0.95", "", "0.40"]
    (inside,) = [name for name in table.columns if "classes" in name]
    # Commonest first; what makes up less than a twentieth is left out.
    assert list(table[inside]) == ["a 60%, <b> 38%", "none", "c 97%"]
    # Names from the data become safe where the table becomes HTML, and are not made safe twice.
    assert "a 60%, &lt;b&gt; 38%" in display._table(table)
    blind = about_cards.table(np.array([1.0]), np.array([0.9]), np.array([0.1]), None, [])
    assert not [name for name in blind.columns if "classes" in name]


def test_a_cluster_of_very_many_classes_is_not_called_empty():
    names = [f"class {i}" for i in range(25)]
    table = about_cards.table(np.ones(1), np.ones(1), np.zeros(1), np.full((25, 1), 4), names)
    assert table.iloc[0, -1] != ""


def test_cards_say_which_clusters_are_found_again():
    doubtful = np.array([0.2, 0.05, 0.4])
    said = about_cards.cards(np.array([0.95, 0.91, 0.3]), doubtful)
    assert "C2 (5.0%)" in said
    assert "C3 (40.0%)" in said
    assert "2 clusters of 3 are found again" in said
    assert "; C3 comes out otherwise with another seed." in said
    assert "No cluster has images near a border" in about_cards.cards(np.array([0.95, 0.91, 0.3]), np.zeros(3))
    assert "C1 and C3 come out otherwise" in about_cards.cards(np.array([0.5, 0.91, 0.3]), doubtful)
    said = about_cards.cards(np.array([0.95, 0.7, 0.7]), doubtful)
    assert "1 cluster of 3 is found again" in said
    assert "otherwise" not in said
    assert "one seed only" in about_cards.cards(np.full(3, np.nan), doubtful)


def test_a_cluster_without_sampled_images_is_neither_deep_nor_on_the_border():
    said = about_cards.cards(np.array([0.95, 0.95, 0.95]), np.array([0.2, np.nan, 0.4]))
    assert "C1 (20.0%)" in said
    assert "C3 (40.0%)" in said
    assert "nan" not in said
    table = about_cards.table(np.ones(1), np.ones(1), np.array([np.nan]), None, [])
    assert "nan" not in str(table.iloc[0].tolist())


def test_what_cards_are_for_depends_on_labels():
    assert "There are no labels" in about_cards.naming(False)
    assert "checked here against the classes" in about_cards.naming(True)


# --- beside the classes -----------------------------------------------------------------------------------------------


def test_numbers_taken_for_classes_are_set_beside_the_matched_accuracy(rng):
    labels = rng.integers(0, 3, 60)
    moved = (labels + 1) % 3
    scores = metrics.score_clusters(moved, moved, 3, train_labels=labels, test_labels=labels, n_classes=3)
    share = league.numbers_as_classes(Clusters(3, moved, moved), labels)
    said = about_clustering.numbers_as_classes(share, scores)
    assert "0.0% of the test images would count as right, where matching finds 100.0%" in said


def test_a_graph_in_parts_is_said():
    assert about_clustering.unconnected(1, 10) == ""
    few = about_clustering.unconnected(3, 10)
    assert "3 parts" in few
    assert "never reach across" in few
    many = about_clustering.unconnected(1200, 10)
    assert "1,200 parts" in many
    assert "more than the 10 clusters asked for" in many
    assert "never reach across" not in many


def test_the_phase_in_short():
    best = {"n_clusters": 1, "noise": 0.1, "n_clustered": 90, "n_outside_largest": 0}
    numbers = chosen(accuracy=0.7, nmi=0.6, ari=0.5) | {
        "panel": {"suggested": {"silhouette": 2, "modularity": 5}}, "density": {"PCA": {"eps": [1.0], "best": best}},
    }  # fmt: skip
    lines = about_clustering.in_short(numbers).splitlines()
    assert [line[:3] for line in lines] == ["- H", "- H", "- O"]
    assert "2 by silhouette and 5 by modularity" in lines[0]
    assert "HDBSCAN on UMAP makes 6 clusters" in lines[1]
    assert "On PCA, DBSCAN finds no two groups" in lines[2]
