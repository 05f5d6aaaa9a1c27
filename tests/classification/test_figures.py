"""The figures of the fourth phase say what they show, and show what they are given."""

from types import SimpleNamespace

import numpy as np

from report_lib.classification import audit, few_labels, pseudo
from report_lib.classification.figures import audit as audit_figures
from report_lib.classification.figures import datamap as datamap_figures
from report_lib.classification.figures import few_labels as few_labels_figures
from report_lib.classification.figures import new_images as predicting_figures
from report_lib.classification.figures import pseudo as pseudo_figures
from report_lib.classification.figures import supervised as supervised_figures
from report_lib.classification.label_choice import Choice
from report_lib.classification.supervised import League
from report_lib.data.images import ImageSet
from tests.figures import check_figures
from tests.made import NAMES, interval, made_map, scored


def pictures(rng):
    """Sixty train and test images of three classes."""
    labels = np.arange(60) % 3
    return ImageSet("made", rng.random((60, 6, 4)), rng.random((60, 6, 4)), labels, labels, tuple(NAMES))


def taught(name, fidelity):
    """What a classifier made of clusters, but for what no figure looks at."""
    folds = [interval(fidelity - 0.1), interval(fidelity + 0.1)]
    return SimpleNamespace(name=name, folds=folds, holdout=interval(fidelity), fidelity=interval(fidelity))


def pseudo_cases():
    truth = pseudo.Truth({"random_forest": interval(0.4), "svm": interval(0.3)}, interval(0.45), {})
    found = {"random_forest": taught("random_forest", 0.4), "svm": taught("svm", 0.5)}
    return {
        "fidelity": (pseudo.PseudoLabels(found),),
        "fidelity_and_accuracy": (pseudo.PseudoLabels(found, truth),),
    }  # fmt: skip


def curve(rng, *shares):
    """Learning curve of three draws, at 10 labels and at ten times as many, and so on."""
    return few_labels.Curve({10 ** (i + 1): rng.random((3, 400)) < share for i, share in enumerate(shares)})


def few_labels_cases(rng):
    curves = {"pixels": curve(rng, 0.3, 0.6), "graph": curve(rng, 0.4, 0.7, 0.8)}
    found = few_labels.LearningCurves(curves, [], 3, chosen=curve(rng, 0.6, 0.8))
    choice = Choice(np.array([7, 8, 9]), np.array([0, 1, 0]), np.ones(3, int))
    return {"learning_curves": (found,), "choosing": (found,), "to_label": (choice, pictures(rng))}


def supervised_cases(rng):
    scores, images = scored(rng), pictures(rng)
    league, close = League(scores, {}, {"svc": 0.9}, 60), next(s for s in scores if s.predictions.name == "conv")
    return {
        "league": (league,),
        "by_class": (close, NAMES),
        "confusion": (close, images),
        "mistakes": (close, images),
        "reliability": (league,),
    }


def audit_cases(rng):
    worst = audit.Suspects("train", 9, np.array([0, 1]), np.array([1, 0]), rng.random((2, 4, 6, 4)))
    return {"suspects": (worst, pictures(rng)), "strangers": (issues(), pictures(rng))}


def issues():
    return audit.Issues({"train": SimpleNamespace(strangers=np.array([4, 2]))}, None)


def cases_of(rng):
    model = SimpleNamespace(called_unlike={"as they are": 0.01, "inverted": 0.9, "upside down": 0.4}, n_changed=50)
    return {
        pseudo_figures: pseudo_cases(),
        few_labels_figures: few_labels_cases(rng),
        supervised_figures: supervised_cases(rng),
        audit_figures: audit_cases(rng),
        datamap_figures: {"outcomes": (made_map(rng, drawn=np.arange(0, 40, 2)),)},
        predicting_figures: {"unlike": (model,)},
    }


def test_every_figure_is_tried(rng):
    check_figures("classification", cases_of(rng))


def test_of_nothing_there_is_no_figure(rng):
    always = {"fidelity", "fidelity_and_accuracy", "to_label", "outcomes"}
    for module, figures in cases_of(rng).items():
        for name, arguments in figures.items():
            assert name in always or getattr(module, name)(None, *arguments[1:]) is None


def test_outcomes_count_doubtful_labels_before_mistakes(rng):
    found = made_map(rng)
    fig = datamap_figures.outcomes(found)
    assert {trace.name: len(trace.x) for trace in fig.data} == {
        "named rightly": 35, "named wrongly": 3, "label looks wrong": 2,
    }  # fmt: skip
    wrong = next(trace for trace in fig.data if trace.name == "named wrongly")
    np.testing.assert_array_equal(np.transpose([wrong.x, wrong.y]), found.positions[:3])
    assert len({trace.marker.color for trace in fig.data}) == len({trace.marker.symbol for trace in fig.data}) == 3
    assert fig.layout.title.text.startswith("4 of 4 mistakes")
    assert fig.layout.meta["caption"].startswith("40 test images, each put amid")
    some = datamap_figures.outcomes(made_map(rng, drawn=np.arange(10), predicted=found.labels))
    assert some.layout.meta["caption"].startswith("10 of 40 test images")
    assert some.layout.title.text == "Not one of 40 test images is named wrongly"


def test_outcomes_of_unknown_labels_are_unknown(rng):
    labels = np.where(np.arange(40) < 10, -1, np.arange(40) % 3)
    found = made_map(rng, labels=labels, suspects=np.arange(40) == 20, predicted=np.arange(40) % 3)
    fig = datamap_figures.outcomes(found)
    assert {trace.name: len(trace.x) for trace in fig.data} == {
        "unknown": 10, "named rightly": 29, "label looks wrong": 1,
    }  # fmt: skip
    assert fig.layout.title.text == "Not one of 30 test images is named wrongly"


def test_outcomes_that_cannot_be_known_are_clusters(rng):
    none, clusters = np.zeros(0, np.int64), np.arange(40) % 4 - 1
    found = made_map(rng, labels=none, suspects=none, clusters=clusters, method="30 components")
    fig = datamap_figures.outcomes(found)
    assert [trace.name for trace in fig.data] == ["noise", "C1", "C2", "C3"]
    assert fig.layout.title.text == "40 test images on the map, by cluster"
    assert fig.layout.xaxis.title.text == "30 components, first axis (no unit)"
    assert "on the first axes of the description, by cluster" in fig.layout.meta["caption"]
    without_doubts = datamap_figures.outcomes(made_map(rng, suspects=none))
    assert {trace.name: len(trace.x) for trace in without_doubts.data} == {"named rightly": 36, "named wrongly": 4}
