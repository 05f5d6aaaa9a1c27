"""The figures of the fourth phase say what they show, and show what they are given."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from report_lib.classification import audit, few_labels, pseudo
from report_lib.classification.figures import audit as audit_figures
from report_lib.classification.figures import few_labels as few_labels_figures
from report_lib.classification.figures import pseudo as pseudo_figures
from report_lib.classification.figures import supervised as supervised_figures
from report_lib.classification.label_choice import Choice
from report_lib.classification.supervised import League
from report_lib.data.images import ImageSet
from tests.figures import check_figures, words
from tests.made import NAMES, interval, scored


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
    return {"fidelity": (pseudo.PseudoLabels(found, truth),)}


def curve(rng, *shares):
    """Learning curve of three draws, at 10 labels and at ten times as many, and so on."""
    return few_labels.Curve({10 ** (i + 1): rng.random((3, 400)) < share for i, share in enumerate(shares)})


def few_labels_cases(rng):
    curves = {"pixels": curve(rng, 0.3, 0.6), "graph": curve(rng, 0.4, 0.7, 0.8)}
    found = few_labels.LearningCurves(curves, [], 3, chosen=curve(rng, 0.6, 0.8))
    choice = Choice(np.array([7, 8, 9]), np.array([0, 1, 0]), np.ones(3, int))
    return {"learning_curves": (found,), "to_label": (choice, pictures(rng))}


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
    return {
        pseudo_figures: pseudo_cases(),
        few_labels_figures: few_labels_cases(rng),
        supervised_figures: supervised_cases(rng),
        audit_figures: audit_cases(rng),
    }


def test_every_figure_is_tried(rng):
    check_figures("classification", cases_of(rng))


def test_of_nothing_there_is_no_figure(rng):
    always = {"fidelity", "to_label"}
    for module, figures in cases_of(rng).items():
        for name, arguments in figures.items():
            assert name in always or getattr(module, name)(None, *arguments[1:]) is None


def test_what_clusters_are_worth_is_drawn_beside_what_is_repeated(snapshot):
    found = {"random_forest": taught("random_forest", 0.4), "svm": taught("svm", 0.5)}
    truth = pseudo.Truth({"random_forest": interval(0.4), "svm": interval(0.3)}, interval(0.45), {})
    fig = pseudo_figures.fidelity(pseudo.PseudoLabels(found, truth))
    assert [shape.x0 for shape in fig.layout.shapes] == [0.45]
    snapshot("classification/figure of fidelity", words(fig))
    alone = pseudo_figures.fidelity(pseudo.PseudoLabels(found))
    assert "true classes" not in str(alone.to_dict())


def test_chosen_labels_are_one_more_line(rng):
    (found,) = few_labels_cases(rng)["learning_curves"]
    lines = few_labels_figures.learning_curves(found).data
    assert [(line.name, line.line.dash) for line in lines] == [
        ("pixels", "solid"), ("graph", "solid"), (few_labels_figures.CHOSEN, "dot"),
    ]  # fmt: skip
    without = few_labels_figures.learning_curves(replace(found, chosen=None))
    assert len(without.data) == 2
    assert "chose" not in words(without)


def test_published_figures_stand_beside_what_learnt_from_as_many_images(rng):
    scores = scored(rng)
    full = League(scores, {}, {"conv": 0.9, "svc": 0.9}, 60)
    marks = [trace for trace in supervised_figures.league(full).data if trace.name == "published"]
    assert [list(mark.y) for mark in marks] == [["convolutional network (60)"]]


def test_the_surest_mistakes_say_which_rows_they_are(rng):
    score, images = supervised_cases(rng)["mistakes"]
    fig = supervised_figures.mistakes(score, images)
    assert fig.layout.meta["numbers"].count("→") == len(score.mistakes(12))
