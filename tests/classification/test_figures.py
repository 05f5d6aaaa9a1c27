"""The figures of the fourth phase say what they show, and show what they are given."""

import base64
import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from PIL import Image

from report_lib.classification import audit, few_labels, pseudo, unusual
from report_lib.classification.figures import audit as audit_figures
from report_lib.classification.figures import datamap as datamap_figures
from report_lib.classification.figures import few_labels as few_labels_figures
from report_lib.classification.figures import new_images as predicting_figures
from report_lib.classification.figures import pseudo as pseudo_figures
from report_lib.classification.figures import supervised as supervised_figures
from report_lib.classification.label_choice import Choice
from report_lib.classification.supervised import League
from report_lib.data.images import ImageSet
from tests.figures import check_figures, words
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
    images, labels = pictures(rng), np.array([0, 1])
    worst = audit.Suspects("train", ["7", "2"], labels, np.array([1, 1]), rng.random((2, 4, 6, 4)))
    pair = unusual.Copies(9, 4, 1, [("train #1", "test #5")], np.array([[0, 1]]), rng.random((1, 2, 6, 4)))
    return {"suspects": (worst, images), "strangers": (far(images), images), "copies": (pair, images)}


def far(images):
    labels = {"train": images.train_labels, "test": images.test_labels}
    return {part: SimpleNamespace(labels=own, strangers=np.array([4, 2])) for part, own in labels.items()}


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


def test_outcomes_count_doubtful_labels_before_mistakes(rng, snapshot):
    found = made_map(rng)
    fig = datamap_figures.outcomes(found)
    assert {trace.name: len(trace.x) for trace in fig.data} == {
        "named rightly": 35, "named wrongly": 3, "label looks wrong": 2,
    }  # fmt: skip
    wrong = next(trace for trace in fig.data if trace.name == "named wrongly")
    np.testing.assert_array_equal(np.transpose([wrong.x, wrong.y]), found.positions[:3])
    assert len({trace.marker.color for trace in fig.data}) == len({trace.marker.symbol for trace in fig.data}) == 3
    snapshot("classification/figure of outcomes", words(fig))
    some = datamap_figures.outcomes(made_map(rng, drawn=np.arange(10), predicted=found.labels))
    snapshot("classification/figure of outcomes, no mistake", words(some))


def test_outcomes_of_unknown_labels_are_unknown(rng):
    labels = np.where(np.arange(40) < 10, -1, np.arange(40) % 3)
    found = made_map(rng, labels=labels, suspects=np.arange(40) == 20, predicted=np.arange(40) % 3)
    fig = datamap_figures.outcomes(found)
    assert {trace.name: len(trace.x) for trace in fig.data} == {
        "unknown": 10, "named rightly": 29, "label looks wrong": 1,
    }  # fmt: skip
    assert fig.layout.title.text == "Not one of 30 test images is named wrongly"


def test_outcomes_that_cannot_be_known_are_clusters(rng, snapshot):
    none, clusters = np.zeros(0, np.int64), np.arange(40) % 4 - 1
    found = made_map(rng, labels=none, suspects=none, clusters=clusters, method="30 components")
    fig = datamap_figures.outcomes(found)
    assert [trace.name for trace in fig.data] == ["noise", "C1", "C2", "C3"]
    assert fig.layout.xaxis.title.text.startswith("30 components")
    snapshot("classification/figure of clusters for outcomes", words(fig))
    without_doubts = datamap_figures.outcomes(made_map(rng, suspects=none))
    assert {trace.name: len(trace.x) for trace in without_doubts.data} == {"named rightly": 36, "named wrongly": 4}


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
