"""The figures of the fourth phase say what they show, and show what they are given."""

from types import SimpleNamespace

import numpy as np

from report_lib.classification import few_labels, pseudo_labels
from report_lib.classification.figures import audit as audit_figures
from report_lib.classification.figures import datamap as datamap_figures
from report_lib.classification.figures import few_labels as few_labels_figures
from report_lib.classification.figures import new_images as predicting_figures
from report_lib.classification.figures import pseudo_labels as classification_figures
from report_lib.classification.figures import supervised as supervised_figures
from tests.figures import check_figures
from tests.made import NAMES, interval, made_map, scored


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


def test_every_figure_is_tried(rng):
    cases = {
        classification_figures: classification_cases(),
        few_labels_figures: few_labels_cases(rng),
        supervised_figures: supervised_cases(rng),
        audit_figures: audit_cases(rng),
        datamap_figures: {"outcomes": (made_map(rng), 3, np.arange(0, 40, 2))},
        predicting_figures: {"unlike": ({"as they are": 0.01, "inverted": 0.9, "upside down": 0.4}, 50)},
    }
    options = {"outcomes": {"unsure": 0.75}, "suspects": {"part": "train", "n_found": 9}}
    check_figures("classification", cases, options)


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
