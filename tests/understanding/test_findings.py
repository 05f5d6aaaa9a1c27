"""The sentences of the first phase follow the values: other values, other words."""

import numpy as np

from report_lib.understanding import findings as about_understanding
from report_lib.understanding import measure


def test_balanced_and_unbalanced_classes():
    assert "exactly balanced, 5 train images each" in about_understanding.class_balance(np.array([5, 5]), ["a", "b"])
    said = about_understanding.class_balance(np.array([30, 10]), ["a", "b"])
    assert "a has 30 train images and b 10, 33% of that" in said
    assert "b has none" in about_understanding.class_balance(np.array([30, 0]), ["a", "b"])
    assert "75.0%" in said


def test_dark_and_bright_images():
    dark = measure.Histogram(np.arange(5.0), np.array([80, 10, 5, 5]))
    light = measure.Histogram(np.arange(5.0), np.array([10, 40, 30, 20]))
    assert "More than half of all pixels have one value" in about_understanding.intensity(dark)
    assert "10% in the brighter half" in about_understanding.intensity(dark)
    assert "No single value takes up half" in about_understanding.intensity(light)


def test_prototypes_most_and_least_alike():
    means = np.array([[[0.0]], [[0.1]], [[9.0]]])
    said = about_understanding.class_means(means, ["a", "b", "c"])
    assert "most alike are a and b" in said
    assert "least alike a and c" in said


def test_leaks_between_train_and_test_are_said():
    none = measure.Duplicates(np.empty((0, 2), int), np.empty(0), 10)
    assert "None joins a train and a test image" in about_understanding.duplicates(none, 0.02)
    one = measure.Duplicates(np.array([[3, 12]]), np.array([0.0]), 10)
    said = about_understanding.duplicates(one, 0.02)
    assert "1 image is a copy of an earlier one" in said
    assert "no more pairs differ" in said
    assert "1 pair joins a train and a test image" in said
