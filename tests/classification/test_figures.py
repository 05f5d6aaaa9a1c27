"""The figures of the fourth phase say what they show, and show what they are given."""

import base64
import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from PIL import Image

from report_lib.classification import audit, everything, few_labels, pseudo, unusual
from report_lib.classification.figures import audit as audit_figures
from report_lib.classification.figures import everything as everything_figures
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
    images, labels = pictures(rng), np.array([0, 1])
    worst = audit.Suspects("train", ["7", "2"], labels, np.array([1, 1]), rng.random((2, 4, 6, 4)))
    pair = unusual.Copies(9, 4, 1, [("train #1", "test #5")], np.array([[0, 1]]), rng.random((1, 2, 6, 4)))
    return {"suspects": (worst, images), "strangers": (far(images), images), "copies": (pair, images)}


def of_all(rng):
    counts = np.array([700, 300, 0])
    called = [f"<b>{i}.png" for i in range(4)]
    return everything.Everything(1_000, 120, counts, counts // 10, 15, None, 0, rng.random((4, 6, 4)), called)


def far(images):
    labels = {"train": images.train_labels, "test": images.test_labels}
    return {part: SimpleNamespace(labels=own, strangers=np.array([4, 2])) for part, own in labels.items()}


def cases_of(rng):
    return {
        pseudo_figures: pseudo_cases(),
        few_labels_figures: few_labels_cases(rng),
        supervised_figures: supervised_cases(rng),
        audit_figures: audit_cases(rng),
        everything_figures: {"strangest": (of_all(rng), pictures(rng))},
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


def test_doubtful_labels_and_odd_images_are_shown_with_their_rows(rng):
    cases = audit_cases(rng)
    images = replace(pictures(rng), train_rows=np.arange(60) + 100)
    assert titles_of(audit_figures.suspects(*cases["suspects"])) == [
        "#7 · &lt;b&gt;bold, rather Trouser?",
        "#2 · Trouser",
    ]
    shown = titles_of(audit_figures.strangers(far(images), images))
    assert shown == ["#104 · Trouser", "#102 · Coat", "#4 · Trouser", "#2 · Coat"]
    assert titles_of(audit_figures.copies(*cases["copies"])) == ["train #1 · &lt;b&gt;bold = test #5 · Trouser"]
    named = replace(images, train_names=np.array([f"a/{i}.png" for i in range(60)]))
    assert titles_of(audit_figures.strangers(far(named), named))[0] == "4 · Trouser"


def test_no_copies_and_nobody_far_is_no_figure(rng):
    images = pictures(rng)
    none = unusual.Copies(0, 0, 0, [], np.empty((0, 2), int), np.empty((0, 2, 6, 4)))
    assert audit_figures.copies(none, images) is None
    nobody = {
        part: SimpleNamespace(labels=images.train_labels, strangers=np.empty(0, int)) for part in ("train", "test")
    }
    assert audit_figures.strangers(nobody, images) is None


def test_a_strip_keeps_the_images_of_a_group_together():
    groups = np.arange(2 * 3 * 2 * 2, dtype=float).reshape(2, 3, 2, 2)
    fig = audit_figures._strips(groups, ["a", "b"], (0.0, 23.0), columns=2)
    sheet = pixels_of(fig)
    assert sheet.shape[1] == 2 * 8 + 3
    np.testing.assert_array_equal(
        sheet[-2:, :8, 0], np.round(np.array([[0, 1, 23, 4, 5, 23, 8, 9], [2, 3, 23, 6, 7, 23, 10, 11]]) * 255 / 23)
    )


def titles_of(fig):
    return [note.text for note in fig.layout.annotations]


def pixels_of(fig):
    data = base64.b64decode(fig.data[0].source.partition(",")[2])
    return np.array(Image.open(io.BytesIO(data)))
