"""The sentences of the first phase follow the values: other values, other words."""

import numpy as np
import pytest

from report_lib.data.images import Marks
from report_lib.understanding import findings, measure


@pytest.mark.parametrize(
    ("counts", "key"),
    [
        ([5, 5], "understanding/balanced"),
        ([30, 10], "understanding/unbalanced"),
        ([30, 0], "understanding/a class without images"),
    ],
)
def test_balanced_and_unbalanced_classes(counts, key, snapshot):
    snapshot(key, findings.class_balance(np.array(counts), ["a", "b"]))


@pytest.mark.parametrize(
    ("counts", "key"), [([80, 10, 5, 5], "understanding/dark"), ([10, 40, 30, 20], "understanding/bright")]
)
def test_dark_and_bright_images(counts, key, snapshot):
    snapshot(key, findings.intensity(measure.Histogram(np.arange(5.0), np.array(counts), counts[0] / 100)))


def test_prototypes_most_and_least_alike(snapshot):
    means = np.array([[[0.0]], [[0.1]], [[9.0]]])
    snapshot("understanding/prototypes", findings.class_means(means, ["a", "b", "c"]))
    snapshot("understanding/two prototypes", findings.class_means(means[:2], ["a", "b"]))


def test_brightness_tells_classes_apart_where_their_middle_halves_do_not_overlap(snapshot):
    means, upper = np.array([0.2, 0.5, 0.8]), np.array([0.3, 0.6, 0.9])
    for key, lower in (
        ("understanding/brightness overlaps once", [0.1, 0.25, 0.7]),
        ("understanding/brightness overlaps nowhere", [0.1, 0.4, 0.7]),
    ):
        result = measure.Brightness(np.array([2, 0, 1]), means, np.array(lower), means, upper)
        snapshot(key, findings.brightness(result, ["a", "b", "c"]))
    one = measure.Brightness(np.array([0]), means[:1], np.array([0.1]), means[:1], upper[:1])
    snapshot("understanding/brightness of all", findings.brightness(one, ["all"]))


def test_leaks_between_train_and_test_are_said(snapshot):
    none = measure.Duplicates(np.empty((0, 2), int), np.empty(0), 10)
    snapshot("understanding/no copies", findings.duplicates(none, 0.02))
    one = measure.Duplicates(np.array([[3, 12]]), np.array([0.0]), 10)
    snapshot("understanding/a copy in test", findings.duplicates(one, 0.02))


def test_what_is_not_there_is_not_told():
    assert findings.class_balance(None, []) is None
    assert findings.class_means(None, []) is None


def test_what_was_recognised_and_left_out():
    assert findings.recognised("", ()) == ""
    said = findings.recognised("3 PNG images in *my* folder", ("1 hidden file not looked at.",))
    assert said == "- Recognised: 3 PNG images in \\*my\\* folder.\n- 1 hidden file not looked at."


def marks(n_unsure=0, **parts):
    rows = {part: np.arange(len(pairs)) for part, pairs in parts.items()}
    before, after = (
        {part: np.array([pair[i] for pair in pairs], int) for part, pairs in parts.items()} for i in (0, 1)
    )
    return Marks("marks_1.csv", n_unsure, rows, before, after)


def test_corrections_are_counted_and_the_most_frequent_is_named(snapshot):
    names = ["Coat", "Bag", "Shirt*"]
    many = marks(2, train=[(0, 1), (0, 2), (1, 1)], test=[(0, 2), (-1, 1)])
    said = findings.corrections(many, names)
    assert "4 labels are corrected" in said
    assert "Coat to Shirt\\* (2)" in said
    snapshot("understanding/corrected labels", said)
    snapshot("understanding/one corrected label", findings.corrections(marks(train=[], test=[(-1, 0)]), names))
    snapshot("understanding/confirmed labels", findings.corrections(marks(1, train=[(0, 0)], test=[]), names))
    assert findings.corrections(None, names) is None
