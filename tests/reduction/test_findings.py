"""The sentences of the second phase follow the values: other values, other words."""

from types import SimpleNamespace

import numpy as np
import pytest

from report_lib.common import metrics
from report_lib.reduction import comparison, layouts
from report_lib.reduction.few_labels import Curve
from report_lib.reduction.findings import comparison as about_comparison
from report_lib.reduction.findings import layouts as about_layouts
from report_lib.reduction.layouts import Trust


def trained(title, *, size=4, active=0, mse=0.1, losses=(0.5, 0.3), best=2, stopped="budget"):
    model = SimpleNamespace(
        loss_curve_=[{"validation": loss} for loss in losses], best_epoch_=best, stopped_=stopped, precision_="float32",
        validation_fraction=0.1,
    )  # fmt: skip
    return SimpleNamespace(title=title, size=size, active=active or size, test_mse=mse, model=model)


def test_how_training_ended(snapshot):
    found = [
        trained("dense 4"),
        trained("dense 2", losses=(0.5, 0.3, 0.4), best=2, stopped="no progress"),
        trained("conv 8", losses=(0.5,), best=1, stopped="not a number"),
    ]
    snapshot("reduction/how training ended", about_comparison.training(found, 1000))


def test_autoencoders_against_as_many_components(snapshot):
    found = [
        trained("a", size=2, mse=0.09),
        trained("b", size=4, mse=0.3),
        trained("c", size=9, mse=0.1),
        trained("d", size=3, active=2),
    ]
    curve = comparison.PCACurve([2, 4, 9], np.array([0.1, 0.1, 1e-12]))
    snapshot("reduction/autoencoders against components", about_comparison.error_by_size(found, curve))
    assert about_comparison.error_by_size([], comparison.PCACurve([], np.array([]))) == ""


def test_what_is_missing_is_said_with_its_remedy(snapshot):
    snapshot("reduction/a missing autoencoder", about_comparison.missing({"dense 4": "why; remedy"}))


@pytest.mark.parametrize(
    ("repeats", "key"),
    [
        ({"a": (0.5, 0.6), "b": (0.4, 0.7), "c": (0.1, 0.2)}, "reduction/K-Means does better than on one"),
        ({"a": (0.5, 0.6), "c": (0.1, 0.2)}, "reduction/K-Means does better than on all"),
        ({"a": (0.5, 0.6), "b": (0.6, 0.4)}, "reduction/K-Means does better than on none"),
        ({"a": (0.5, 0.6)}, "reduction/K-Means on one representation"),
    ],
)
def test_kmeans_claims_no_more_than_every_repeat_shows(repeats, key, snapshot):
    scores = {name: dict.fromkeys(("accuracy", "nmi", "ari"), np.array(own)) for name, own in repeats.items()}
    snapshot(key, about_comparison.kmeans(scores, 7))


def test_few_labels_better_worse_and_neither(rng, snapshot):
    base = rng.random((4, 2000)) < 0.8
    better, worse = base | (rng.random(base.shape) < 0.3), base & (rng.random(base.shape) < 0.8)
    same = base ^ (rng.random(base.shape) < 0.001)
    curves = {"pixels": base, "up": better, "down": worse, "same": same}
    told = about_comparison.few_labels({title: Curve({60: right}) for title, right in curves.items()})
    snapshot("reduction/few labels, better, worse and neither", told)


def test_the_comparison_in_short(snapshot):
    numbers = {
        "pca": {"code_size": 9, "kmeans": {"nmi": np.array([0.4, 0.6])}, "few_labels": {"accuracy": 0.9, "n_labels": 60}},
        "dense-4": {"code_size": 4, "test_mse": 0.1, "kmeans": {"nmi": np.array([0.2, 0.2])},
                    "few_labels": {"accuracy": 0.8, "n_labels": 60}},
        "dense-9": {"code_size": 9, "test_mse": 0.1},
    }  # fmt: skip
    told = about_comparison.in_short(numbers, comparison.PCACurve([4, 9], np.array([0.11, 0.09])))
    snapshot("reduction/the comparison in short", "\n".join(told))
    assert about_comparison.in_short({"pca": {}}, None) == []


def test_pictures_half_way_against_real_ones(snapshot):
    result = comparison.Middles(
        {"a": metrics.Interval(0.2, 0.1, 0.3), "b": metrics.Interval(0.1, 0.05, 0.15)},
        metrics.Interval(0.08, 0.07, 0.09),
        50,
    )
    snapshot("reduction/pictures half way", about_comparison.middles(result))


def test_maps_against_what_there_is_to_keep(snapshot):
    scores = {
        "PCA": layouts.Faithfulness(0.9, 0.8, 0.1, 0.4),
        "UMAP": layouts.Faithfulness(0.97, 0.9, 0.3, 0.7),
        "9 components": layouts.Faithfulness(1.0, 1.0, 0.8, 0.75),
    }
    chance = layouts.Faithfulness(0.5, 0.5, 0.02, 0.11)
    snapshot("reduction/what maps keep", about_layouts.faithfulness(Trust(scores, chance, 500, 5)))
    blind = {title: layouts.Faithfulness(s.trustworthiness, s.continuity, s.kept, None) for title, s in scores.items()}
    assert "same class" not in about_layouts.faithfulness(Trust(blind, chance, 500, 5))
    assert "this favours t-SNE" in about_layouts.faithfulness(Trust({"t-SNE": scores["PCA"], **scores}, chance, 500, 5))
    (told,) = about_layouts.in_short({title: vars(s) for title, s in scores.items()})
    snapshot("reduction/what maps keep, in short", told)
    assert about_layouts.in_short({}) == []


def test_a_table_row_for_each_description():
    kmeans = {kind: np.array([0.1, 0.3]) for kind in ("accuracy", "nmi", "ari")}
    few = {"accuracy": 0.9, "interval_95": {"low": 0.8, "high": 0.95}}
    numbers = {
        "pca": {"code_size": 5, "active": 5, "test_mse": 0.1, "kmeans": kmeans, "few_labels": few},
        "svd": {"code_size": 5, "active": 3, "test_mse": 0.2},
    }
    table = about_comparison.table(numbers)
    assert list(table["numbers"]) == ["5", "5 (3 in use)"]
    assert table.loc["PCA", "ARI"] == "0.200 ± 0.141"
    assert table.loc["PCA", "few labels"] == "90.0% (80.0% to 95.0%)"
    assert table.loc["truncated SVD", "few labels"] == ""
