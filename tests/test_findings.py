"""Sentences follow the values: other values, other words."""

from types import SimpleNamespace

import numpy as np
import pytest

from report_lib.classification.findings import headlines
from report_lib.clustering.findings import clusters as about_clustering
from report_lib.common import metrics, prose
from report_lib.reduction import comparison, layouts
from report_lib.reduction.findings import comparison as about_comparison
from report_lib.reduction.findings import layouts as about_layouts
from report_lib.understanding import findings as about_understanding
from report_lib.understanding import measure


def test_prose_helpers():
    assert prose.listed(["a"]) == "a"
    assert prose.listed(["a", "b", "c"]) == "a, b and c"
    assert prose.plural(1, "pair") == "1 pair"
    assert prose.plural(2000, "pair") == "2,000 pairs"
    assert prose.percent(0.1234, 1) == "12.3%"
    assert prose.scored(metrics.Interval(0.5, 0.4, 0.6)) == "0.500 (0.400 to 0.600)"


def test_text_from_data_cannot_be_markup():
    assert prose.text("<script>*x*|_y_") == "&lt;script&gt;\\*x\\*\\|\\_y\\_"
    assert prose.text("Women's & men's\n# http://x") == "Women's &amp; men's \\# http&#58;//x"


def test_balanced_and_unbalanced_classes():
    assert "exactly balanced, 5 train images each" in about_understanding.class_balance(np.array([5, 5]), ["a", "b"])
    said = about_understanding.class_balance(np.array([30, 10]), ["a", "b"])
    assert "a has 30 train images and b 10, 33% of that" in said
    assert "b has none" in about_understanding.class_balance(np.array([30, 0]), ["a", "b"])
    assert "75.0%" in said


def test_dark_and_bright_images():
    dark = measure.Histogram(np.arange(5.0), np.array([80, 10, 5, 5]))
    light = measure.Histogram(np.arange(5.0), np.array([10, 40, 30, 20]))
    assert "More than half of all pixels have one value" in about_understanding.intensity(dark)
    assert "10% in the brighter half" in about_understanding.intensity(dark)
    assert "No single value takes up half" in about_understanding.intensity(light)


def test_prototypes_most_and_least_alike():
    means = np.array([[[0.0]], [[0.1]], [[9.0]]])
    said = about_understanding.class_means(means, ["a", "b", "c"])
    assert "most alike are a and b" in said
    assert "least alike a and c" in said


def test_leaks_between_train_and_test_are_said():
    none = measure.Duplicates(np.empty((0, 2), int), np.empty(0), 10)
    assert "None joins a train and a test image" in about_understanding.duplicates(none, 0.02)
    one = measure.Duplicates(np.array([[3, 12]]), np.array([0.0]), 10)
    said = about_understanding.duplicates(one, 0.02)
    assert "1 image is a copy of an earlier one" in said
    assert "no more pairs differ" in said
    assert "1 pair joins a train and a test image" in said


def test_merged_and_split_classes():
    table = np.array([[9, 1, 0, 0], [8, 2, 0, 0], [0, 4, 3, 3]])
    said = about_clustering.cluster_classes(table, np.array([0, 2, 2]), ["a", "b", "c"])
    # Of C1, 9 of 17 are a; of C2, 4 of 7 are c and 2 are b; C3 is c alone. Of c, 3 of 10 are noise.
    assert "Merged, with a fifth or more from a second class: C1 (a 53%, b 47%); C2 (c 57%, b 29%)." in said
    assert "Split, with a fifth or more in a second cluster: b (C1 80%, C2 20%); c (C2 40%, C3 30%)." in said
    assert "No cluster is named after b" in said
    # Just below a fifth, of a cluster and of a class.
    table = np.array([[81, 19, 0], [19, 81, 0]])
    said = about_clustering.cluster_classes(table, np.array([0, 1]), ["a", "b"])
    assert said == (
        "No cluster has a fifth from a second class. No class has a fifth in a second cluster. "
        "Every class has a cluster named after it."
    )
    one = about_clustering.cluster_classes(np.array([[5, 0], [0, 0]]), np.array([0]), ["a", "b"])
    assert "No cluster has a fifth from a second class. No class has a fifth in a second cluster." in one


AGREEMENT = np.array([[0.8, 0.3, 0.75], [0.3, 0.4, 0.2], [0.75, 0.2, 0.8]])


def refits(*values):
    return {name: {"ari": np.array(v)} for name, v in zip(("min-max", "whitened", "standard"), values, strict=True)}


def test_a_scaling_wins_only_in_every_refit():
    said = about_clustering.scaling(AGREEMENT, refits([0.1, 0.2], [0.1, 0.15], [0.3, 0.4]), 50)
    assert "standard does best in every refit" in said
    assert "K-Means after whitened does not even agree with itself as min-max does." in said
    # What is compared with an unstable way differs for that reason alone.
    assert "whitened moves" not in said
    assert "standard changes little more than refitting does" in said
    assert "min-max 0.100 to 0.200, whitened 0.100 to 0.150 and standard 0.300 to 0.400" in said
    said = about_clustering.scaling(AGREEMENT, refits([0.3, 0.35], [0.1, 0.15], [0.32, 0.4]), 50)
    assert "the ranges of min-max and standard overlap" in said
    assert "whitened does worst in every refit" in said
    said = about_clustering.scaling(AGREEMENT, refits([0.3, 0.35], [0.1, 0.3], [0.32, 0.4]), 50)
    assert "the ranges of min-max and standard overlap" in said
    assert "worst" not in said
    said = about_clustering.scaling(AGREEMENT, refits([0.3, 0.35], [0.1, 0.33], [0.32, 0.4]), 50)
    assert "the ranges of min-max, whitened and standard overlap" in said


@pytest.mark.parametrize(
    ("itself", "with_first", "moved"), [(0.8, 0.65, True), (0.8, 0.75, False), (0.72, 0.65, False), (0.95, 0.65, True)]
)
def test_a_scaling_moves_clusters_only_beyond_the_less_steady_of_the_two(itself, with_first, moved):
    said = about_clustering.scaling(
        np.array([[0.8, with_first], [with_first, itself]]), {"min-max": {}, "standard": {}}, 50
    )
    assert ("standard moves the clusters further than refitting does" in said) == moved
    assert ("standard changes little more than refitting does" in said) != moved
    assert "even agree" not in said


def test_scalings_that_are_unstable_are_named_together():
    agreement = np.array([[0.8, 0.3, 0.3], [0.3, 0.4, 0.3], [0.3, 0.3, 0.5]])
    said = about_clustering.scaling(agreement, {name: {} for name in ("min-max", "whitened", "standard")}, 50)
    assert "K-Means after whitened and standard do not even agree with themselves as min-max does." in said
    assert "Compared with" not in said


def test_scalings_without_labels_have_no_winner():
    none = {name: {} for name in ("min-max", "whitened", "standard")}
    assert "nothing says which is better" in about_clustering.scaling(AGREEMENT, none, 50)


def numbers_of_a_run(*, labelled):
    """What the first screen reads of `metrics.json`."""
    ends = {"low": 0.6, "high": 0.7}
    scores = {
        "accuracy": 0.6,
        "majority_accuracy": 0.65,
        "ari": 0.41,
        "nmi": 0.52,
        "intervals_95": {"majority_accuracy": ends},
    }
    forest = {"fidelity": 0.9, **({"accuracy": 0.61, "ceiling": 0.65} if labelled else {})}
    best = {"n_clusters": 2, "noise": 0.1, "n_clustered": 90, "n_outside_largest": 3, "silhouette": 0.2}
    return {
        "dataset": {"n_train": 30, "n_test": 10, "height": 4, "width": 5, "class_names": ["a", "b"] * labelled},
        "understanding": {"near_duplicates": {"exact": {"total": 1}, "near": {"total": 0}},
                          "class_counts": {"a": 20, "b": 10}},
        "reduction": {"pca": {"components_for_95": 7}},
        "clustering": {
            "chosen": "graph", "chosen_on": "gradients",
            "methods": {"graph": {"n_clusters": 3, **(scores if labelled else {})}, "kmeans": {"n_clusters": 4}},
            "panel": {"suggested": {"silhouette": 2, "modularity": 5}},
            "density": {"PCA": {"eps": [0.1] * 6, "best": best}},
        },
        "classification": {"pseudo_labels": {"random_forest": forest}},
    }  # fmt: skip


def test_headlines_without_labels():
    numbers = numbers_of_a_run(labelled=False)
    said = headlines.interpretation(numbers)
    assert "7 of 20 principal components hold 95%" in said
    assert "The criteria disagree" in said
    assert "There are no labels" in said
    assert "On PCA, no radius makes DBSCAN find a grouping; the best gives 2 clusters and 10.0% noise." in said
    assert "cannot be known without labels" in said
    assert "no labels to judge them by" in headlines.lede(numbers)


def test_headlines_with_labels_are_of_the_clusters_that_go_on():
    numbers = numbers_of_a_run(labelled=True)
    said = headlines.interpretation(numbers)
    assert "3 clusters, found without looking at labels (Graph clustering on gradients)" in said
    assert (
        "65.0% of the test images (60.0% to 70.0% for this one fit; a blind guess: 66.7%); with one cluster a class, 60.0%"
        in said
    )
    assert "Adjusted Rand index 0.41, normalised mutual information 0.52" in said
    assert "no labels" not in said
    assert "the 2 classes that people see" in headlines.lede(numbers)


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
        comparison.FewLabels(60, {"pixels": base, "up": better, "down": worse, "same": same})
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
    titles = {"pca": "PCA", "dense-4": "dense 4", "dense-9": "dense 9"}
    found = [trained("dense 4", size=4), trained("dense 9", size=9)]
    beaten = comparison.PCACurve([4, 9], np.array([0.11, 0.09])).beaten_by(found)
    said = " ".join(about_comparison.in_short(numbers, titles, beaten))
    assert "as many principal components, dense 4 rebuilds test images better; dense 9 no better." in said
    assert "from 0.800 on dense 4 (4 numbers) to 0.900 on PCA (9 numbers)" in said
    assert "from NMI 0.200 on dense 4 (4 numbers) to 0.500 on PCA (9 numbers)" in said
    assert about_comparison.in_short({"pca": {}}, titles, {}) == []


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
    said = about_layouts.faithfulness(scores, chance, 500)
    assert "On the map, PCA 10% and UMAP 30% of them are still neighbours; on the 9 components" in said
    assert "A layout at random would keep 2.0%" in said
    assert "Of the same class among the nearest: PCA 40% and UMAP 70%; on the 9 components 75%; at random 11%." in said
    assert "t-SNE" not in said
    blind = {title: layouts.Faithfulness(s.trustworthiness, s.continuity, s.kept, None) for title, s in scores.items()}
    assert "same class" not in about_layouts.faithfulness(blind, chance, 500)
    assert "this favours t-SNE" in about_layouts.faithfulness({"t-SNE": scores["PCA"], **scores}, chance, 500)
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
    table = about_comparison.table(numbers, {"pca": "PCA", "svd": "SVD"})
    assert list(table["numbers"]) == ["5", "5 (3 in use)"]
    assert table.loc["PCA", "ARI"] == "0.200 ± 0.141"
    assert table.loc["PCA", "few labels"] == "0.900 (0.800 to 0.950)"
    assert table.loc["SVD", "few labels"] == ""
