import copy

from tests import published


def good():
    metrics = {"dataset": {"title": "MNIST", "n_train": 60_000, "n_test": 10_000}}
    metrics["reduction"] = {"pca": {"components_for_95": 154}}
    metrics["clustering"] = {"methods": {"kmeans": {"ari": 0.37, "nmi": 0.49}}}
    forest = {"fidelity": 0.95, "accuracy": 0.58, "ceiling": 0.59}
    metrics["classification"] = {"pseudo_labels": {"random_forest": forest}}
    return metrics


def test_good_figures_pass():
    assert published.check(good()) == []


def test_each_wrong_figure_is_named():
    wrong = copy.deepcopy(good())
    wrong["reduction"]["pca"]["components_for_95"] = 155
    wrong["clustering"]["methods"]["kmeans"]["ari"] = 0.9
    wrong["classification"]["pseudo_labels"]["random_forest"]["accuracy"] = 0.7
    assert [line.split()[0] for line in published.check(wrong)] == [
        "reduction.pca.components_for_95",
        "clustering.methods.kmeans.ari",
        "the",
    ]


def test_the_graph_is_held_to_its_own_figures_where_there_is_one():
    metrics = copy.deepcopy(good())
    metrics["clustering"]["methods"]["graph"] = {"mean": {"accuracy": 0.97, "nmi": 0.93, "ari": 0.95}}
    assert published.check(metrics) == []
    metrics["clustering"]["methods"]["graph"]["mean"]["nmi"] = 0.8
    assert [line.split()[0] for line in published.check(metrics)] == ["clustering.methods.graph.mean.nmi"]
