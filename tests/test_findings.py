"""Sentences follow the values: other values, other words."""

import numpy as np
import pytest

from report_lib import clustering, metrics, prose, understanding
from report_lib.findings import classification as about_classification
from report_lib.findings import clustering as about_clustering
from report_lib.findings import headlines
from report_lib.findings import understanding as about_understanding


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
    dark = understanding.Histogram(np.arange(5.0), np.array([80, 10, 5, 5]))
    light = understanding.Histogram(np.arange(5.0), np.array([10, 40, 30, 20]))
    assert "More than half of all pixels have one value" in about_understanding.intensity(dark)
    assert "10% in the brighter half" in about_understanding.intensity(dark)
    assert "No single value takes up half" in about_understanding.intensity(light)


def test_prototypes_most_and_least_alike():
    means = np.array([[[0.0]], [[0.1]], [[9.0]]])
    said = about_understanding.class_means(means, ["a", "b", "c"])
    assert "most alike are a and b" in said
    assert "least alike a and c" in said


def test_leaks_between_train_and_test_are_said():
    none = understanding.Duplicates(np.empty((0, 2), int), np.empty(0), 10)
    assert "None joins a train and a test image" in about_understanding.duplicates(none, 0.02)
    one = understanding.Duplicates(np.array([[3, 12]]), np.array([0.0]), 10)
    said = about_understanding.duplicates(one, 0.02)
    assert "1 image is a copy of an earlier one" in said
    assert "no more pairs differ" in said
    assert "1 pair joins a train and a test image" in said


@pytest.mark.parametrize(
    ("chosen", "auto", "said"),
    [
        (3, True, "and the run takes it"),
        (3, False, "which is also what"),
        (2, False, "the run was asked for 2 clusters"),
    ],
)
def test_the_sweep_says_who_chose(chosen, auto, said):
    sweep = clustering.KMeansSweep(np.array([2, 3]), np.array([9.0, 4.0]), np.array([0.1, 0.2]), 30)
    text = about_clustering.sweep(sweep, chosen, auto)
    assert said in text
    assert "touch more than they stand apart" in text


def test_merged_and_split_classes():
    table = np.array([[9, 1, 0, 0], [8, 2, 0, 0], [0, 4, 3, 3]])
    said = about_clustering.cluster_classes(table, np.array([0, 2, 2]), ["a", "b", "c"])
    assert "C1 holds a and b" in said
    assert "no cluster holding half: c" in said
    assert "No cluster is named after b" in said


AGREEMENT = np.array([[0.8, 0.3, 0.75], [0.3, 0.4, 0.2], [0.75, 0.2, 0.8]])


def refits(*values):
    return {name: {"ari": np.array(v)} for name, v in zip(("min-max", "whitened", "standard"), values, strict=True)}


def test_a_scaling_wins_only_in_every_refit():
    said = about_clustering.scaling(AGREEMENT, refits([0.1, 0.2], [0.1, 0.15], [0.3, 0.4]), 50)
    assert "standard does best in every refit" in said
    assert "whitened moves the clusters further" in said
    assert "standard changes little more than refitting does" in said
    said = about_clustering.scaling(AGREEMENT, refits([0.3, 0.35], [0.1, 0.15], [0.32, 0.4]), 50)
    assert "the ranges of min-max and standard overlap" in said


def test_scalings_without_labels_have_no_winner():
    none = {name: {} for name in ("min-max", "whitened", "standard")}
    assert "nothing says which is better" in about_clustering.scaling(AGREEMENT, none, 50)


def test_dbscan_that_finds_nothing(rng):
    sweep = clustering.sweep_dbscan(rng.uniform(0, 100, (30, 4)), np.array([0.01]), min_samples=3)
    assert "At none of the" in about_clustering.dbscan(sweep)


def test_dbscan_with_one_body_and_with_two(rng):
    crumbs = np.concatenate([rng.normal(0, 0.5, (200, 2)), rng.normal(9, 0.01, (4, 2))])
    said = about_clustering.dbscan(clustering.sweep_dbscan(crumbs, np.array([1.0]), min_samples=3))
    assert "one body of images with crumbs beside it" in said
    assert "4 of the 204 clustered images lie outside" in said
    halves = np.concatenate([rng.normal(0, 0.5, (100, 2)), rng.normal(9, 0.5, (100, 2))])
    assert "flatters where few were" in about_clustering.dbscan(
        clustering.sweep_dbscan(halves, np.array([1.0]), min_samples=3)
    )


@pytest.mark.parametrize(("accuracy", "word"), [(0.55, "is better"), (0.45, "is worse"), (0.5, "no different")])
def test_the_ceiling_is_above_or_below(accuracy, word):
    def exact(value):
        return metrics.Interval(value, value, value)

    assert word in about_classification.ceiling(exact(0.9), exact(accuracy), exact(0.5))


def test_headlines_without_labels():
    numbers = {
        "dataset": {"n_train": 30, "n_test": 10, "height": 4, "width": 5, "class_names": []},
        "understanding": {"near_duplicates": {"exact": {"total": 1}, "near": {"total": 0}}},
        "reduction": {"pca": {"components_for_95": 7}},
        "clustering": {
            "sweep": {"best_k": 3, "best_silhouette": 0.4, "silhouette": {"2": 0.1, "3": 0.4}},
            "methods": {"kmeans": {"n_clusters": 3}, "dbscan": {"n_clusters": 1, "n_radii": 6}},
        },
        "classification": {"pseudo_labels": {"random_forest": {"fidelity": 0.9}}},
    }
    said = headlines.interpretation(numbers)
    assert "7 of 20 principal components hold 95%" in said
    assert "There are no labels" in said
    assert "DBSCAN finds no two groups" in said
    assert "cannot be known without labels" in said
    assert "no labels to judge them by" in headlines.lede(numbers)
