"""The figures of the second phase say what they show, and show what they are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from report_lib.reduction import comparison, layouts
from report_lib.reduction.few_labels import Curve
from report_lib.reduction.figures import comparison as comparison_figures
from report_lib.reduction.figures import layouts as layouts_figures
from report_lib.reduction.figures import linear as reduction_figures
from report_lib.reduction.layouts import Plane, Trust
from report_lib.reduction.linear import Sample
from tests.figures import check_figures, words
from tests.made import NAMES

RATIO = np.array([0.5, 0.3, 0.15, 0.05])


def reduction_cases(rng):
    rows, Z, groups = np.arange(30), rng.normal(size=(30, 3)), np.arange(30) % 3
    return {
        "explained_variance": (RATIO, RATIO[::-1], {0.9: 3}),
        "components": (rng.normal(size=(3, 6, 4)), RATIO),
        "scatter": (Sample(rows, Z, groups), NAMES, RATIO),
        "mse_curve": ([1, 2], {"PCA": np.array([0.3, 0.2, 0.1]), "SVD": np.array([0.3, 0.21, 0.1])}),
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
    curves = {title: Curve({7: rng.random((3, 20)) < 0.7}) for title in ("PCA", "dense 4")}
    return {
        "loss_curves": (found[1:],),
        "rebuilt": ({"original": rng.random((2, 6, 4)), "PCA (2)": rng.random((2, 6, 4))}, NAMES[:2]),
        "error_by_size": (comparison.PCACurve([1, 2, 4], np.array([0.3, 0.2, 0.05])), found),
        "walk": ({title: rng.random((5, 6, 4)) for title in ("PCA", "dense 4")}, NAMES[:2]),
        "kmeans_scores": (scores,),
        "few_labels": (curves,),
    }


def layouts_cases(rng):
    scores = {title: layouts.Faithfulness(0.9, 0.8, 0.3, 0.5) for title in ("PCA", "UMAP", "9 components")}
    return {
        "layout": (Plane("UMAP", rng.normal(size=(30, 2)), np.arange(30) % 3, np.array([0.5, 0.9, 0.7]), 30), NAMES),
        "faithfulness": (Trust(scores, layouts.Faithfulness(0.5, 0.5, 0.1, 0.3), 30, 5),),
    }


def test_every_figure_is_tried(rng):
    cases = {
        reduction_figures: reduction_cases(rng),
        comparison_figures: comparison_cases(rng),
        layouts_figures: layouts_cases(rng),
    }
    check_figures("reduction", cases)


def test_the_mark_stands_where_the_share_is_reached():
    fig = reduction_figures.explained_variance(RATIO, RATIO[::-1], {0.9: 3})
    _, pca, svd, mark = fig.data
    assert mark.x == (3,)
    assert mark.y == pytest.approx((0.95,))
    np.testing.assert_allclose((pca.y, svd.y), (RATIO, RATIO[::-1]))
    assert "3 for 90%" in fig.layout.title.text


def test_three_components_are_drawn_two_at_a_time():
    Z, labels = np.arange(12.0).reshape(4, 3), np.array([0, 1, 1, 0])
    fig = reduction_figures.scatter(Sample(np.arange(4), Z, labels), NAMES, RATIO)
    assert [(list(trace.x), list(trace.y)) for trace in fig.data[:2]] == [([0, 9], [1, 10]), ([0, 9], [2, 11])]
    assert [trace.showlegend for trace in fig.data] == [True, False] * 2
    assert "95.0% of the variance" in fig.layout.title.text
    assert len(reduction_figures.scatter(Sample(np.arange(4), Z[:, :2], None), [], RATIO).data) == 1


def test_every_description_is_a_point_beside_the_curve_of_pca(snapshot):
    found = [described("pixels", 8, 0.0), described("truncated SVD", 2, 0.2), described("dense 4", 4, 0.04)]
    curve = comparison.PCACurve([1, 2, 4, 8], np.array([0.3, 0.2, 0.05, 0.0]))
    fig = comparison_figures.error_by_size(curve, found)
    assert [(trace.name, list(trace.x), list(trace.y)) for trace in fig.data] == [
        ("PCA, every size", [1, 2, 4], [0.3, 0.2, 0.05]), ("truncated SVD", [2], [0.2]), ("dense 4", [4], [0.04]),
    ]  # fmt: skip
    snapshot("reduction/figure of errors by size", words(fig))


def test_long_loss_curves_are_told_in_a_few_numbers():
    curve = [{"validation": 1 / (i + 1)} for i in range(95)]
    said = comparison_figures._some_epochs(curve)
    assert said.startswith("1: 1.0000, 11: 0.0909")
    assert said.endswith("95: 0.0105.")


def test_maps_without_labels_claim_no_classes(snapshot):
    fig = layouts_figures.layout(Plane("t-SNE", np.zeros((5, 2)), None, None, 5), [])
    snapshot("reduction/figure of a map without labels", words(fig))
    bare = {title: layouts.Faithfulness(0.9, 0.8, 0.3, None) for title in ("PCA", "9 components")}
    assert [trace.name for trace in layouts_figures.faithfulness(Trust(bare, bare["PCA"], 30, 5)).data] == [
        "trustworthiness",
        "continuity",
        "neighbours kept",
    ]


def test_an_error_of_nothing_is_no_gap():
    """All components rebuild images exactly: there is nothing to divide by."""
    curves = {"PCA": np.array([0.3, 0.11, 0.0]), "SVD": np.array([0.3, 0.1, 0.0])}
    with np.errstate(all="raise"):
        title = reduction_figures.mse_curve([1, 2], curves).layout.title.text
    assert "within 10.0% of each other" in title
