import copy
import json
import math
from pathlib import Path

import pytest

from report_lib.classification import classifiers
from report_lib.reduction import comparison
from report_lib.run.artifacts import write_csv
from report_lib.run.params import load_params
from tests import published

ROOT = Path(__file__).resolve().parent.parent


def good():
    metrics = {"dataset": {"title": "MNIST", "n_train": 60_000, "n_test": 10_000}}
    metrics["reduction"] = {"pca": {"components_for_95": 154}}
    metrics["clustering"] = {"methods": {"kmeans": {"ari": 0.37, "nmi": 0.49}}}
    forest = {"fidelity": 0.95, "accuracy": 0.58, "ceiling": 0.59}
    metrics["classification"] = {"pseudo_labels": {"random_forest": forest}}
    return metrics


def names(metrics):
    """Return the first word of what is wrong."""
    return [line.split()[0] for line in published.check(metrics)]


def test_good_figures_pass():
    assert published.check(good()) == []


def test_each_wrong_figure_is_named():
    wrong = copy.deepcopy(good())
    wrong["reduction"]["pca"]["components_for_95"] = 155
    wrong["clustering"]["methods"]["kmeans"]["ari"] = 0.9
    wrong["classification"]["pseudo_labels"]["random_forest"] |= {"accuracy": 0.7, "fidelity": 0.5}
    assert names(wrong) == [
        "reduction.pca.components_for_95",
        "clustering.methods.kmeans.ari",
        "classification.pseudo_labels.random_forest.fidelity",
        "random_forest",
    ]


def test_no_classifier_is_better_than_the_clusters_that_taught_it():
    metrics = good()
    pseudo = metrics["classification"]["pseudo_labels"]
    pseudo |= {"svm": {"accuracy": 0.6, "ceiling": 0.59}, "mlp": {"accuracy": 0.62, "ceiling": 0.59}}
    assert published.check(metrics) == ["mlp is more often right than the clusters that taught it"]


def test_the_graph_is_held_to_its_own_figures_where_there_is_one():
    metrics = copy.deepcopy(good())
    metrics["clustering"]["methods"]["graph"] = {"mean": {"accuracy": 0.97, "nmi": 0.93, "ari": 0.95}}
    assert published.check(metrics) == []
    metrics["clustering"]["methods"]["graph"]["mean"]["nmi"] = 0.8
    assert names(metrics) == ["clustering.methods.graph.mean.nmi"]


def test_what_labels_are_worth_is_held_to_figures_where_it_was_measured():
    metrics = good()
    supervised = {"hog_mlp": {"accuracy": 0.987, "n_images": 60_000}, "conv": {"accuracy": 0.993, "n_images": 60_000}}
    metrics["classification"] |= {"label_efficiency": {"graph_chosen": {"10": 0.96}}, "supervised": supervised}
    assert published.check(metrics) == []
    metrics["classification"]["label_efficiency"]["graph_chosen"]["10"] = 0.9
    supervised["conv"]["accuracy"] = 0.95
    assert names(metrics) == [
        "classification.label_efficiency.graph_chosen.10",
        "classification.supervised.conv.accuracy",
    ]


@pytest.mark.parametrize(
    ("n_images", "accuracy", "held"),
    [(60_000, 0.967, []), (60_000, 0.955, ["random_forest"]), (60_000, 0.985, ["random_forest"]), (10_000, 0.955, [])],
)
def test_a_classifier_is_held_to_its_published_accuracy_where_it_learnt_from_all_images(n_images, accuracy, held):
    metrics = good()
    metrics["classification"]["supervised"] = {
        "random_forest": {"accuracy": accuracy, "n_images": n_images},
        "hog_mlp": {"accuracy": 0.99, "n_images": 60_000},
    }
    assert names(metrics) == [f"classification.supervised.{name}.accuracy" for name in held]
    band = published.classic_bands(metrics).get("classification.supervised.random_forest.accuracy")
    assert band == (pytest.approx((0.96, 0.98)) if n_images == 60_000 else None)


def test_nothing_published_is_held_against_other_images():
    metrics = {"dataset": {"title": "Digits", "n_train": 1438}}
    metrics["classification"] = {"supervised": {"knn": {"accuracy": 0.1, "n_images": 1438}}}
    assert published.classic_bands(metrics) == {}


def test_the_yardstick_run_teaches_every_published_classifier_all_images():
    params = load_params(ROOT / "params" / "yardstick.yaml")
    assert set(classifiers.published({"fashion_mnist": "Fashion-MNIST"}[params.dataset.source])) <= set(
        params.classification.classifiers
    )
    assert params.classification.n_slow == 60_000


def test_the_yardstick_run_trains_autoencoders_for_as_many_epochs_as_the_sources():
    asked = load_params(ROOT / "params" / "yardstick.yaml").reduction
    n_batches = math.ceil((1 - comparison.HELD_OUT) * 60_000 / comparison.BATCH)
    assert {"conv-32-16", "dense-512"} <= set(asked.representations)
    assert (asked.steps_conv / n_batches, asked.steps_dense / n_batches) == (20, 50)


def test_the_list_of_doubtful_labels_is_held_to_errors_that_people_confirmed(tmp_path):
    path = tmp_path / published.LIST
    path.parent.mkdir(parents=True)

    def told(ranks):
        rows = [("test", row, rank) for row, rank in zip(published.MISLABELLED, ranks, strict=True)]
        # Train images of the same rows are others.
        write_csv(path, ("part", "row", "rank"), [*rows, *(("train", row, 1) for _, row, _ in rows)])
        return [line.split(" hold ")[1].split()[0] for line in published.label_errors(path)]

    assert told(range(1, 16)) == []
    assert told([*range(36, 51)]) == []
    assert told([*range(40, 55)]) == ["11"]
    assert told([1] * 11 + [101] * 4) == ["11", "11"]
    (tmp_path / "metrics.json").write_text(json.dumps(good()))
    assert published.main(str(tmp_path / "metrics.json")) == 1


def test_the_check_says_what_is_wrong_and_fails(tmp_path, capsys):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(good()))
    assert published.main(str(path)) == 0
    n = len(published.EXACT["MNIST"]) + len(published.bands(good()))
    assert capsys.readouterr().out == f"MNIST: {n} figures are what they should be\n"
    stream = {"output_type": "stream", "name": "stderr", "text": ["beware\n"]}
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "a.ipynb").write_text(json.dumps({"cells": [{"outputs": [stream]}]}))
    assert published.main(str(path)) == 1
    assert capsys.readouterr().out.startswith("a.ipynb: beware")
    path.write_text(json.dumps(good() | {"dataset": {"title": "Digits"}}))
    assert published.main(str(path)) == 1
    assert capsys.readouterr().out == "no published figures are known for Digits\n"
