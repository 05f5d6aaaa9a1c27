"""Whole runs of sets that no parameter was chosen for."""

import json

import numpy as np
import pytest

from report_lib.__main__ import main
from report_lib.data import datasets

pytestmark = pytest.mark.slow


def report(tmp_path, images, labels=None, *more):
    """Run everything that own.yaml asks for; return the numbers, and what was adjusted."""
    parts = {"images": images} | ({} if labels is None else {"labels": labels})
    np.savez(tmp_path / "odd.npz", **parts)
    settings = " ".join([f"dataset.source={tmp_path / 'odd.npz'}", "name=odd", *more])
    assert main(["report", "--params", "params/own.yaml", "--set", settings]) == 0
    folder = tmp_path / "build" / "odd"
    page = (folder / "report.html").read_text(encoding="utf8")
    adjusted = json.loads((folder / "provenance.json").read_text())["adjusted"]
    assert all(sentence.split(":")[0] in page for sentence in adjusted)
    return json.loads((folder / "metrics.json").read_text()), adjusted


@pytest.fixture
def digits():
    found = datasets.load("digits")
    return found.train_images, found.train_labels


def test_twenty_images_without_labels_make_a_report_that_says_what_it_left_out(tmp_path, digits):
    numbers, adjusted = report(tmp_path, digits[0][:20])
    assert adjusted == [
        "There are no autoencoders: 16 train images are too few to teach one",
        "There are no maps: 16 train images are too few for one",
    ]
    assert set(numbers["reduction"]["representations"]) == {"pixels", "pca"}
    assert numbers["clustering"]["panel"]["best"] in (2, 3)


def test_one_image_in_a_hundred_of_a_class_and_images_that_are_not_square(tmp_path, digits):
    images, labels = digits
    rare = np.concatenate([np.flatnonzero(labels != 1)[:198], np.flatnonzero(labels == 1)[:2]])
    tall = np.repeat(images[rare], 2, axis=1)[:, :13]
    numbers, adjusted = report(tmp_path, tall, (labels[rare] == 1).astype(int))
    assert any("class '1'" in sentence.lower() for sentence in adjusted)
    found = numbers["classification"]["supervised"]["random_forest"]
    assert found["interval_95"]["high"] - found["interval_95"]["low"] > 0.05
    assert len(found["confusion"]) == 2
