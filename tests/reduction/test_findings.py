"""The sentences of the second phase follow the values: other values, other words."""

from types import SimpleNamespace

import numpy as np

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


def test_how_training_ended():
    found = [
        trained("dense 4"),
        trained("dense 2", losses=(0.5, 0.3, 0.4), best=2, stopped="no progress"),
        trained("conv 8", losses=(0.5,), best=1, stopped="not a number"),
    ]
    said = about_comparison.training(found, 1000)
    assert "saw 90% of the 1,000 train images" in said
    assert "dense 4 used its whole budget of 2 epochs;" in said
    assert "dense 2 stopped after 3 epochs, when the held-out images gained no more and kept epoch 2" in said
    assert "conv 8 broke off after 1 epoch, when its loss was no longer a number" in said
    assert "dense 4 and conv 8 did best in the last epoch" in said


def test_autoencoders_against_as_many_components():
    found = [
        trained("a", size=2, mse=0.09),
        trained("b", size=4, mse=0.3),
        trained("c", size=9, mse=0.1),
        trained("d", size=3, active=2),
    ]
    said = about_comparison.error_by_size(found, comparison.PCACurve([2, 4, 9], np.array([0.1, 0.1, 1e-12])))
    assert "With 2 numbers a leaves an error of 0.09000, 10% less than that of as many principal components" in said
    assert "b leaves an error of 0.30000, 3.0 times that of as many" in said
    assert "c leaves an error of 0.10000; as many principal components rebuild the images exactly" in said
    assert "With 3 numbers, 2 of them in use, d leaves an error of 0.10000." in said
    none = about_comparison.error_by_size([], comparison.PCACurve([], np.array([])))
    assert "No autoencoder is in this run" in none


def test_what_is_missing_is_said_with_its_remedy():
    said = about_comparison.missing({"dense 4": "PyTorch is not installed; `pip install torch` brings it"})
    assert "dense 4: PyTorch is not installed; `pip install torch` brings it" in said


def test_kmeans_claims_no_more_than_every_repeat_shows():
    def scores(*values):
        return {kind: np.array(values) for kind in ("accuracy", "nmi", "ari")}

    said = about_comparison.kmeans({"a": scores(0.5, 0.6), "b": scores(0.4, 0.7), "c": scores(0.1, 0.2)}, 7)
    assert "a 0.550 ± 0.071 is first and c 0.150 ± 0.071 last; in every repeat the first is ahead of c." in said
    assert "ahead of all others" in about_comparison.kmeans({"a": scores(0.5, 0.6), "c": scores(0.1, 0.2)}, 7)
    assert "ahead of none of the others" in about_comparison.kmeans({"a": scores(0.5, 0.6), "b": scores(0.6, 0.4)}, 7)
    assert "By ARI: a 0.550 ± 0.071." in about_comparison.kmeans({"a": scores(0.5, 0.6)}, 7)


def test_few_labels_better_worse_and_neither(rng):
    base = rng.random((4, 2000)) < 0.8
    better, worse = base | (rng.random(base.shape) < 0.3), base & (rng.random(base.shape) < 0.8)
    same = base ^ (rng.random(base.shape) < 0.001)
    said = about_comparison.few_labels(
        {
            title: Curve({60: right})
            for title, right in (("pixels", base), ("up", better), ("down", worse), ("same", same))
        }
    )
    assert "4 draws of 60 labelled images" in said
    assert "The network on pixels is right on 0." in said
    assert "Better, in points with the 95% interval of the difference: up (+" in said
    assert "Worse: down (\u2212" in said
    assert "Not told apart from pixels: same (" in said
    assert "-" not in said.split("interval of")[1]
    assert "+0.00" not in said


def test_the_comparison_in_short():
    numbers = {
        "pca": {"code_size": 9, "kmeans": {"nmi": np.array([0.4, 0.6])}, "few_labels": {"accuracy": 0.9, "n_labels": 60}},
        "dense-4": {"code_size": 4, "test_mse": 0.1, "kmeans": {"nmi": np.array([0.2, 0.2])},
                    "few_labels": {"accuracy": 0.8, "n_labels": 60}},
        "dense-9": {"code_size": 9, "test_mse": 0.1},
    }  # fmt: skip
    said = " ".join(about_comparison.in_short(numbers, comparison.PCACurve([4, 9], np.array([0.11, 0.09]))))
    assert "as many principal components, dense 4 rebuilds test images better; dense 9 no better." in said
    assert "from 0.800 on dense 4 (4 numbers) to 0.900 on PCA (9 numbers)" in said
    assert "from NMI 0.200 on dense 4 (4 numbers) to 0.500 on PCA (9 numbers)" in said
    assert about_comparison.in_short({"pca": {}}, None) == []


def test_pictures_half_way_against_real_ones():
    result = comparison.Middles(
        {"a": metrics.Interval(0.2, 0.1, 0.3), "b": metrics.Interval(0.1, 0.05, 0.15)},
        metrics.Interval(0.08, 0.07, 0.09),
        50,
    )
    said = about_comparison.middles(result)
    assert "b 0.100 (0.050 to 0.150) and a 0.200 (0.100 to 0.300)" in said
    assert "Over 50 random pairs" in said
    assert "Of test images as they are the mean is 0.080" in said


def test_maps_against_what_there_is_to_keep():
    scores = {
        "PCA": layouts.Faithfulness(0.9, 0.8, 0.1, 0.4),
        "UMAP": layouts.Faithfulness(0.97, 0.9, 0.3, 0.7),
        "9 components": layouts.Faithfulness(1.0, 1.0, 0.8, 0.75),
    }
    chance = layouts.Faithfulness(0.5, 0.5, 0.02, 0.11)
    said = about_layouts.faithfulness(Trust(scores, chance, 500, 5))
    assert "On the map, PCA 10% and UMAP 30% of them are still neighbours; on the 9 components" in said
    assert "A layout at random would keep 2.0%" in said
    assert "Of the same class among the nearest: PCA 40% and UMAP 70%; on the 9 components 75%; at random 11%." in said
    assert "t-SNE" not in said
    blind = {title: layouts.Faithfulness(s.trustworthiness, s.continuity, s.kept, None) for title, s in scores.items()}
    assert "same class" not in about_layouts.faithfulness(Trust(blind, chance, 500, 5))
    assert "this favours t-SNE" in about_layouts.faithfulness(Trust({"t-SNE": scores["PCA"], **scores}, chance, 500, 5))
    assert about_layouts.in_short({title: vars(s) for title, s in scores.items()}) == [
        "Of the true neighbours of an image, PCA keeps 10% and UMAP keeps 30%."
    ]
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
    assert table.loc["PCA", "few labels"] == "0.900 (0.800 to 0.950)"
    assert table.loc["truncated SVD", "few labels"] == ""
