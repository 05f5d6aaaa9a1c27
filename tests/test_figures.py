"""Figures say what they show, and show what they are given."""

import base64
import inspect
import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

import report_lib
from report_lib.classification import datamap, few_labels, pseudo_labels, supervised
from report_lib.classification.figures import audit as audit_figures
from report_lib.classification.figures import datamap as datamap_figures
from report_lib.classification.figures import few_labels as few_labels_figures
from report_lib.classification.figures import new_images as predicting_figures
from report_lib.classification.figures import pseudo_labels as classification_figures
from report_lib.classification.figures import supervised as supervised_figures
from report_lib.clustering import density, graph_clustering, league, panel
from report_lib.clustering.figures import cards as cards_figures
from report_lib.clustering.figures import clusters as clustering_figures
from report_lib.clustering.figures import density as density_figures
from report_lib.clustering.figures import hog as gradients_figures
from report_lib.clustering.figures import league as league_figures
from report_lib.clustering.figures import panel as panel_figures
from report_lib.clustering.fitting import Clusters, Fitted
from report_lib.common import metrics, style
from report_lib.common.prose import MEASURES
from report_lib.reduction import comparison, layouts
from report_lib.reduction.figures import comparison as comparison_figures
from report_lib.reduction.figures import layouts as layouts_figures
from report_lib.reduction.figures import linear as reduction_figures
from report_lib.understanding import figures as understanding_figures
from report_lib.understanding import measure

NAMES = ["<b>bold", "Trouser", "Coat"]


def interval(value):
    return metrics.Interval(value, value - 0.1, value + 0.1)


RATIO = np.array([0.5, 0.3, 0.15, 0.05])


@pytest.fixture
def cases(rng):
    """Every figure function of every phase, with something to draw."""
    return {
        understanding_figures: understanding_cases(rng),
        reduction_figures: reduction_cases(rng),
        comparison_figures: comparison_cases(rng),
        layouts_figures: layouts_cases(rng),
        gradients_figures: gradients_cases(rng),
        panel_figures: panel_cases(),
        density_figures: density_cases(rng),
        league_figures: {"league": (league_rows(rng), "Graph clustering on gradients", MEASURES)},
        cards_figures: cards_cases(rng),
        clustering_figures: clustering_cases(rng),
        classification_figures: classification_cases(),
        few_labels_figures: few_labels_cases(rng),
        supervised_figures: supervised_cases(rng),
        audit_figures: audit_cases(rng),
        datamap_figures: {"outcomes": (made_map(rng), 3, np.arange(0, 40, 2))},
        predicting_figures: {"unlike": ({"as they are": 0.01, "inverted": 0.9, "upside down": 0.4}, 50)},
    }


def understanding_cases(rng):
    tiles = rng.random((3, 6, 4))
    brightness = measure.Brightness(np.array([2, 0, 1]), *np.sort(rng.random((4, 3)), axis=1))
    return {
        "class_counts": (np.array([3, 4, 5]), NAMES),
        "examples": (tiles, NAMES),
        "intensity_histogram": (measure.Histogram(np.arange(4.0), np.array([5, 1, 2])),),
        "brightness": (brightness, NAMES),
        "mean_image": (tiles[0],),
        "class_means": (tiles, NAMES),
        "duplicates": (rng.random((2, 2, 6, 4)), ["0.0%", "1.0%"]),
    }


def reduction_cases(rng):
    Z, groups = rng.normal(size=(30, 3)), np.arange(30) % 3
    return {
        "explained_variance": (RATIO, {0.9: 3}),
        "components": (rng.normal(size=(3, 6, 4)), RATIO),
        "scatter_2d": (Z, groups, NAMES, RATIO),
        "scatter_3d": (Z, None, [], RATIO),
        "reconstructions": (rng.random((3, 2, 6, 4)), NAMES[:2], [1, 2], [0.2, 0.1]),
        "mse_curve": ([1, 2], {"PCA": np.array([0.2, 0.1]), "SVD": np.array([0.21, 0.1])}),
        "variance_comparison": (RATIO, RATIO[::-1]),
    }


def described(title, size, mse, losses=()):
    """Something that looks like an autoencoder's or another representation."""
    curve = [{"train": loss + 0.1, "validation": loss} for loss in losses]
    best = min(range(len(losses)), key=losses.__getitem__) + 1 if losses else 0
    model = SimpleNamespace(loss_curve_=curve, best_epoch_=best)
    return SimpleNamespace(name=title.lower(), title=title, size=size, test_mse=mse, model=model)


def comparison_cases(rng):
    found = [described("PCA", 2, 0.2), described("dense 4", 4, 0.1, [0.5, 0.3, 0.4])]
    scores = {title: {kind: rng.random(3) for kind in ("accuracy", "nmi", "ari")} for title in ("PCA", "dense 4")}
    right = {title: rng.random((3, 20)) < 0.7 for title in ("PCA", "dense 4")}
    return {
        "loss_curves": (found[1:],),
        "reconstructions": (rng.random((3, 2, 6, 4)), NAMES[:2], found),
        "error_by_size": (comparison.PCACurve([1, 2, 4], np.array([0.3, 0.2, 0.05])), found),
        "code_images": (rng.random((2, 3, 6, 4)), NAMES[:2], "conv"),
        "walk": (rng.random((2, 5, 6, 4)), ["PCA", "dense 4"], NAMES[:2]),
        "kmeans_scores": (scores, MEASURES),
        "few_labels": (comparison.FewLabels(7, right),),
    }


def layouts_cases(rng):
    scores = {title: layouts.Faithfulness(0.9, 0.8, 0.3, 0.5) for title in ("PCA", "UMAP", "9 components")}
    return {
        "layout": (rng.normal(size=(30, 2)), np.arange(30) % 3, NAMES),
        "faithfulness": (scores, 5),
        "neighborhood_hit": (np.array([0.5, 0.9, np.nan]), NAMES, 5),
        "neighbor_distances": (rng.random((30, 4)),),
    }


def gradients_cases(rng):
    hits = {"PCA": np.array([0.5, np.nan, 0.7]), "gradients": np.array([0.6, 0.8, 0.9])}
    return {
        "gradients": (rng.random((3, 9, 6)), rng.random((3, 8, 4, 3)), NAMES, 100),
        "same_class": (hits, NAMES, 15),
    }


def made_panel(**changes):
    """Four numbers of clusters by three criteria that disagree; the mean rank is best at 4."""
    spread = {"low": np.array([0.3, 0.5, 0.6, 0.1]), "high": np.array([0.6, 0.8, 1.0, 0.4]), "spread": "over halves"}
    criteria = [
        panel.Criterion("silhouette", np.array([0.1, 0.4, 0.3, 0.2])),
        panel.Criterion("mixture BIC", np.array([-500.0, -600.0, -700.0, np.nan]), highest=False),
        panel.Criterion("stability", np.array([0.4, 0.6, 0.8, 0.2]), **spread),
    ]
    return panel.Panel(**{"n_clusters": np.array([2, 3, 4, 5]), "criteria": criteria, **changes})


def panel_cases():
    found = graph_clustering.Resolutions(np.array([0.1, 0.4]), np.array([5, 11]), np.array([0.7, 0.6]), {2: 0.5})
    return {"panel": (made_panel(), 3), "resolutions": (found,)}


def density_cases(rng):
    Z = rng.normal(size=(30, 3))
    return {
        "k_distances": (density.k_distances(Z, 3), "in 3 components"),
        "dbscan_sweep": (density.sweep_dbscan(Z, np.array([0.5, 1.0]), min_samples=3), "in 3 components"),
    }


def league_rows(rng, shares=(0.2, 0.6)):
    """Rows of methods that get that share of the images wrong."""
    labels, rows = rng.integers(0, 3, 90), []
    for (method, on), share in zip((("graph", "gradients"), ("kmeans", "PCA")), shares, strict=True):
        found = [np.where(rng.random(90) < share, rng.integers(0, 3, 90), labels) for _ in range(2)]
        rows.append(Fitted(method, on, [Clusters(3, test, test) for test in found], 0.1))
    return league.league(rows, labels, labels, 3, random_state=0)


def cards_cases(rng):
    share, limits = np.array([0.5, 0.3, 0.2]), (0.0, 1.0)
    margin = np.concatenate([rng.uniform(-1, 1, 28), [np.nan, np.nan]])
    return {
        "cards": (rng.random((3, 6, 4)), rng.random((15, 6, 4)), share, limits),
        "border": (rng.random((12, 6, 4)), 3, share, limits),
        "margins": (rng.normal(size=(30, 2)), margin, AXES, "the map"),
    }


AXES = ["one axis", "another axis"]


def clustering_cases(rng):
    Z, groups = rng.normal(size=(30, 3)), np.arange(30) % 3
    table = np.array([[8, 1, 1, 0], [2, 9, 0, 0], [0, 0, 5, 1]])
    scores = {"ari": np.array([0.1, 0.2]), "nmi": np.array([0.3, 0.4])}
    return {
        "sizes": (Clusters(3, groups, groups, Z[:3]), 30, "K-Means on PCA"),
        "class_by_cluster": (table, NAMES),
        "scatter": (Z, groups - 1, AXES),
        "classes": (Z, groups, NAMES, AXES, "the map"),
        "purity": (metrics.purity(table), np.array([0, 1, 2]), NAMES),
        "best_recall": (metrics.best_recall(table), NAMES),
        "centroids": (rng.random((3, 6, 4)), np.array([3, 2, 1]), (0.0, 1.0)),
        "scaling_agreement": (np.array([[1, 0.5], [0.5, 1]]), ["a", "b"]),
        "scaling_scores": ({"a": scores},),
    }


def pseudo(name="svm", fidelity=0.5):
    """What a classifier made of clusters, but for what no figure looks at."""
    folds = [interval(fidelity - 0.1), interval(fidelity + 0.1)]
    result = SimpleNamespace(folds=folds, holdout=interval(fidelity), fidelity=interval(fidelity))
    return {"random_forest": result, name: result}


def classification_cases():
    truth = pseudo_labels.Truth({"random_forest": interval(0.4), "svm": interval(0.3)}, interval(0.45), {})
    return {"fidelity": (pseudo(),), "fidelity_and_accuracy": (pseudo(), truth)}


def curve(rng, *shares):
    """Learning curve of three draws, at 10 labels and at ten times as many, and so on."""
    return few_labels.Curve({10 ** (i + 1): rng.random((3, 400)) < share for i, share in enumerate(shares)})


def few_labels_cases(rng):
    return {
        "learning_curves": ({"pixels": curve(rng, 0.3, 0.6), "<b>graph": curve(rng, 0.5, 0.8)},),
        "choosing": (curve(rng, 0.4, 0.7, 0.8), curve(rng, 0.6, 0.8)),
        "to_label": (rng.random((3, 6, 4)), np.array([0, 1, 0]), np.array([7, 8, 9]), (0.0, 1.0)),
    }


def scored(rng, n=60):
    """Scores of two classifiers of three classes, one of them without probabilities."""
    labels = np.arange(n) % 3
    proba = rng.dirichlet(np.ones(3), n).astype(np.float32)
    proba[np.arange(n), labels] += 0.7
    proba /= proba.sum(axis=1, keepdims=True)
    seconds = {"fit": 1.0, "predict": 0.1}
    found = [
        supervised.Predictions("conv", supervised.TITLES["conv"], n, proba.argmax(axis=1), proba, seconds, None),
        supervised.Predictions("svc", supervised.TITLES["svc"], 30, np.roll(labels, 1), None, seconds, None),
    ]  # fmt: skip
    return supervised.score(found, labels, 3)


def supervised_cases(rng):
    scores = scored(rng)
    return {
        "league": (scores, {"svc": 0.9}),
        "by_class": (scores[0], NAMES),
        "confusion": (scores[0], rng.random((9, 6, 4)), NAMES, (0.0, 1.0)),
        "mistakes": (rng.random((2, 6, 4)), ["<b>a → b", "b → a"], (0.0, 1.0), "network"),
        "reliability": (scores[:1],),
    }


def audit_cases(rng):
    return {
        "suspects": (rng.random((2, 4, 6, 4)), ["<b>a: rather b?", "b: rather a?"], (0.0, 1.0)),
        "strangers": (rng.random((2, 6, 4)), ["<b>a", "b"], (0.0, 1.0)),
    }


def made_map(rng, **changes):
    """Forty test images of three classes: 4 of them named wrongly, 0 to 3, and the labels of two, 3 and 4, doubted."""
    labels = np.arange(40) % 3
    arrays = {
        "method": "UMAP", "positions": rng.normal(size=(40, 2)).astype(np.float32),
        "rows": np.arange(40) + 100, "thumbnails": np.zeros((40, 6, 4), np.uint8), "clusters": (labels + 1) % 3,
        "labels": labels, "predicted": np.where(np.arange(40) < 4, (labels + 1) % 3, labels),
        "margins": np.linspace(0, 1, 40, dtype=np.float32), "suspects": np.isin(np.arange(40), [3, 4]),
        "neighbors": np.zeros((40, 6), np.int32),
    }  # fmt: skip
    return datamap.DataMap(**{**arrays, **changes})


KEYWORDS = {
    "outcomes": {"unsure": 0.75},
    "suspects": {"part": "train", "n_found": 9},
    "class_by_cluster": {"normalize": True},
    "scatter": {"method": "K-Means", "where": "the first two components"},
    "dbscan_sweep": {"knee": 0.7},
    "layout": {"method": "UMAP", "hit": np.array([0.5, 0.9, 0.7])},
}


def test_every_figure_function_is_tried(cases):
    for module, figures in cases.items():
        public = {name for name, f in inspect.getmembers(module, inspect.isfunction)
                  if f.__module__ == module.__name__ and not name.startswith("_")}  # fmt: skip
        assert public == set(figures)
    library = Path(report_lib.__file__).parent
    there = set(library.glob("*/figures/[!_]*.py")) | set(library.glob("*/figures.py"))
    assert there == {Path(module.__file__) for module in cases}


def test_every_figure_has_title_caption_template_and_named_axes(cases):
    for module, figures in cases.items():
        for name, arguments in figures.items():
            fig = getattr(module, name)(*arguments, **KEYWORDS.get(name, {}))
            assert isinstance(fig, go.Figure)
            assert len(fig.layout.title.text) > 8, name
            assert len(fig.layout.meta["caption"]) > 40, name
            assert fig.layout.template.layout.colorway == style.PALETTE, name
            shown = fig.to_dict()
            shown["layout"].pop("meta")
            assert "<b>" not in str(shown), f"{name}: text from the data is not escaped"
            if not isinstance(fig.data[0], (go.Image, go.Scatter3d)):
                unnamed = [a for a in (*fig.select_xaxes(), *fig.select_yaxes()) if not a.title.text]
                shown = [a for a in unnamed if a.type != "category" and a.showticklabels is not False]
                assert not shown, name


def decode(fig):
    data = fig.data[0].source.split(",", 1)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_image_grids_are_upright_square_and_one_png():
    images = np.zeros((3, 4, 6))
    images[0, 0, 0] = 1.0  # a bright top left corner
    fig = style.image_grid(images, columns=2)
    assert len(fig.data) == 1
    sheet = decode(fig)
    assert sheet.shape == (2 * (4 + style.GAP), 6 + style.GAP + 6, 2)
    assert sheet[style.GAP, 0, 0] == 255
    assert sheet[style.GAP + 3, 0, 0] == 0
    assert fig.layout.yaxis.scaleanchor == "x"
    assert fig.layout.yaxis.range[0] > fig.layout.yaxis.range[1]


def test_tiles_lie_where_their_titles_are():
    images = np.stack([np.full((5, 5), v) for v in (0.0, 0.5, 1.0)])
    fig = style.image_grid(images, columns=3, titles=["a", "b", "c"])
    sheet = decode(fig)
    for note, value in zip(fig.layout.annotations, (0, 128, 255), strict=True):
        assert sheet[int(note.y) + 2, round(note.x), 0] == value


def test_signed_images_have_zero_in_the_middle():
    fig = style.image_grid(np.array([[[-2.0, 0.0, 1.0]]]), columns=1, diverging=True)
    assert decode(fig)[style.GAP, :, 0].tolist() == [0, 128, 191]


def test_noise_is_grey_and_beneath():
    fig = style.scatter(np.arange(4.0), np.arange(4.0), np.array([0, -1, 1, -1]), ["a", "b"])
    assert [trace.name for trace in fig.data] == ["noise", "a", "b"]
    assert fig.data[0].marker.color == style.NOISE_COLOR
    assert len(fig.data[0].x) == 2


def test_coordinates_are_sent_in_float32():
    fig = style.scatter(np.arange(4.0), np.arange(4.0), None, [])
    assert fig.data[0].x.dtype == np.float32


def test_one_color_a_class():
    assert style.color(3) == style.color(3) != style.color(4)
    assert len(set(style.PALETTE)) == 10
    assert style.color(-1) == style.NOISE_COLOR


def test_a_histogram_draws_counts_not_pixels():
    histogram = measure.Histogram(np.arange(4.0), np.array([5, 3, 2]))
    fig = understanding_figures.intensity_histogram(histogram)
    np.testing.assert_allclose(fig.data[0].y, [0.5, 0.3, 0.2])


def test_the_mark_stands_where_the_share_is_reached():
    fig = reduction_figures.explained_variance(np.array([0.5, 0.3, 0.15, 0.05]), {0.9: 3})
    assert fig.data[2].x == (3,)
    assert fig.data[2].y == pytest.approx((0.95,))
    assert "3 for 90%" in fig.layout.title.text


def test_row_shares_add_up():
    table = np.array([[8, 2, 0], [1, 3, 0]])
    fig = clustering_figures.class_by_cluster(table, ["a", "b"], normalize=True)
    np.testing.assert_allclose(fig.data[0].z.sum(axis=1), 1.0)
    counts = clustering_figures.class_by_cluster(table, ["a", "b"], normalize=False)
    np.testing.assert_array_equal(counts.data[0].z, table[:, :-1])


def test_every_description_is_a_point_beside_the_curve_of_pca():
    found = [described("pixels", 8, 0.0), described("truncated SVD", 2, 0.2), described("dense 4", 4, 0.04)]
    curve = comparison.PCACurve([1, 2, 4, 8], np.array([0.3, 0.2, 0.05, 0.0]))
    fig = comparison_figures.error_by_size(curve, found)
    assert [(trace.name, list(trace.x), list(trace.y)) for trace in fig.data] == [
        ("PCA, every size", [1, 2, 4], [0.3, 0.2, 0.05]), ("truncated SVD", [2], [0.2]), ("dense 4", [4], [0.04]),
    ]  # fmt: skip
    assert fig.layout.title.text == "Better than as many principal components: dense 4"


def test_a_constant_channel_is_named():
    pictures = np.random.default_rng(0).random((2, 4, 3, 3))
    pictures[:, 2] = 0.0
    caption = comparison_figures.code_images(pictures, NAMES[:2], "x").layout.meta["caption"]
    assert "Constant on all of these images: channel 2." in caption


def test_long_loss_curves_are_told_in_a_few_numbers():
    curve = [{"validation": 1 / (i + 1)} for i in range(95)]
    said = comparison_figures._some_epochs(curve)
    assert said.startswith("1: 1.0000, 11: 0.0909")
    assert said.endswith("95: 0.0105.")


def test_maps_without_labels_claim_no_classes():
    fig = layouts_figures.layout(np.zeros((5, 2)), None, [], method="t-SNE", hit=None)
    assert "without labels" in fig.layout.meta["caption"]
    assert "how far apart groups lie" in fig.layout.meta["caption"]
    bare = {title: layouts.Faithfulness(0.9, 0.8, 0.3, None) for title in ("PCA", "9 components")}
    assert [trace.name for trace in layouts_figures.faithfulness(bare, 5).data] == [
        "trustworthiness",
        "continuity",
        "neighbours kept",
    ]


def test_outcomes_count_doubtful_labels_before_mistakes(rng):
    found, rows = made_map(rng), np.arange(40)
    fig = datamap_figures.outcomes(found, 3, rows, unsure=0.75)
    assert {trace.name: len(trace.x) for trace in fig.data} == {
        "named rightly": 35, "named wrongly": 3, "label looks wrong": 2,
    }  # fmt: skip
    wrong = next(trace for trace in fig.data if trace.name == "named wrongly")
    np.testing.assert_array_equal(np.transpose([wrong.x, wrong.y]), found.positions[:3])
    assert len({trace.marker.color for trace in fig.data}) == len({trace.marker.symbol for trace in fig.data}) == 3
    assert fig.layout.title.text.startswith("3 of 4 mistakes")
    assert fig.layout.meta["caption"].startswith("40 test images, each put amid")
    some = datamap_figures.outcomes(found, 3, rows[:10], unsure=None)
    assert some.layout.meta["caption"].startswith("10 of 40 test images")
    assert some.layout.title.text == "Not one of 40 test images is named wrongly"


def test_outcomes_that_cannot_be_known_are_clusters(rng):
    none, clusters = np.zeros(0, np.int64), np.arange(40) % 4 - 1
    found = made_map(rng, labels=none, suspects=none, clusters=clusters, method="30 components")
    fig = datamap_figures.outcomes(found, 3, np.arange(40), unsure=None)
    assert [trace.name for trace in fig.data] == ["noise", "C1", "C2", "C3"]
    assert fig.layout.title.text == "40 test images on the map, by cluster"
    assert fig.layout.xaxis.title.text == "30 components, first axis (no unit)"
    assert "on the first axes of the description, by cluster" in fig.layout.meta["caption"]
    without_doubts = datamap_figures.outcomes(made_map(rng, suspects=none), 3, np.arange(40), unsure=0.75)
    assert {trace.name: len(trace.x) for trace in without_doubts.data} == {"named rightly": 36, "named wrongly": 4}
