"""What corrected labels change: the same answers, held against two sets of labels."""

from types import SimpleNamespace

import numpy as np
import pytest

from report_lib.classification import corrected, findings
from report_lib.classification.supervised import Predictions
from report_lib.data.images import ImageSet, Marks


def marked(rows, before, after, train=None):
    none = np.empty(0, int)
    own = {name: {"train": (train or {}).get(name, none), "test": np.array(values)} for name, values in
           {"rows": rows, "before": before, "after": after}.items()}  # fmt: skip
    return Marks("marks.csv", 0, **own)


def known(labels, marks):
    pictures = np.zeros((len(labels), 2, 2), np.uint8)
    return ImageSet("Made", pictures, pictures, np.array(labels), np.array(labels), ("a", "b"), marks=marks,
                    test_rows=np.arange(len(labels)) * 10)  # fmt: skip


def score(classes):
    return SimpleNamespace(predictions=Predictions("conv", 9, np.array(classes), None, {}, None))


def test_the_same_answers_are_scored_by_both_sets_of_labels(snapshot):
    marks = marked([10, 30], [0, 0], [1, 0])
    found = corrected.effect(score([0, 1, 0, 1]), known([0, 1, 0, 0], marks))
    assert (found.accuracy, found.accuracy_as_given) == (0.75, 0.5)
    assert found.n_corrected == {"train": 0, "test": 1}
    assert found.as_dict()["corrected_labels"]["accuracy_as_given"] == 0.5
    snapshot("supervised/corrected test labels", findings.corrected_labels(found))


def test_a_label_that_was_unknown_counts_by_the_corrected_ones_alone():
    found = corrected.effect(score([0, 1, 0, 0]), known([0, 1, 0, 1], marked([30], [-1], [1])))
    assert (found.accuracy, found.accuracy_as_given) == (0.75, 1.0)


def test_corrected_train_labels_are_told_of(snapshot):
    train = {"rows": np.array([0, 1]), "before": np.array([0, 0]), "after": np.array([1, 1])}
    found = corrected.effect(score([0, 1]), known([0, 1], marked([], [], [], train)))
    assert found.accuracy == found.accuracy_as_given == 1
    snapshot("supervised/corrected train labels", findings.corrected_labels(found))


@pytest.mark.parametrize("marks", [None, marked([10], [1], [1])])
def test_where_nothing_was_corrected_nothing_is_said(marks):
    assert corrected.effect(score([0, 1]), known([0, 1], marks)) is None
    assert corrected.effect(None, known([0, 1], marked([10], [0], [1]))) is None
    assert findings.corrected_labels(None) is None
