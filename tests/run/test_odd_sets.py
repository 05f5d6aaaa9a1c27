"""Whole runs of sets that no parameter was chosen for."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from report_lib.__main__ import main
from report_lib.data import datasets, pixels

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


def pictures(folder, images):
    """Write images as pictures of several sizes, every third as it is."""
    folder.mkdir(parents=True)
    for i, image in enumerate(images):
        larger = np.kron(image, np.ones((1 + i % 3,) * 2)).astype(np.uint8)
        Image.fromarray(larger).save(folder / f"{i:03}.png")


def answered(folder):
    """Ask the run about a folder of pictures; return the answers by name."""
    assert main(["predict", "--run", "odd", "--images", str(folder)]) == 0
    return by_name(Path(f"{folder}.predictions.csv"))


def by_name(path):
    with path.open(newline="", encoding="utf8") as file:
        return {row.pop("name"): row for row in csv.DictReader(file)}


def test_new_pictures_are_shrunk_and_padded_as_those_of_an_oblong_run_were(tmp_path, digits, caplog):
    """The pictures of the run itself, asked about as new ones, get the run's own answers."""
    pictures(tmp_path / "scans", np.repeat(digits[0][:150], 2, axis=1)[:, :12] * 15)
    small = ["reduction.representations=[]", "reduction.maps=[]", "name=odd"]
    settings = [f"dataset.source={tmp_path / 'scans'}", "dataset.size=10", *small]
    assert main(["report", "--params", "params/own.yaml", "--set", " ".join(settings)]) == 0
    own = by_name(tmp_path / "build" / "odd" / "artifacts" / "classification" / "predictions.csv")
    caplog.clear()
    found = answered(tmp_path / "scans")
    assert caplog.messages == [f"{tmp_path / 'scans'}: {pixels.sized_as((10, 10))}"]
    answers = ("cluster", "probability", "margin", "as_unusual", "like_seen")
    assert {name: [found[name][column] for column in answers] for name in own} == {
        name: [row[column] for column in answers] for name, row in own.items()
    }


def test_a_run_of_oblong_images_takes_pictures_of_several_sizes(tmp_path, digits, caplog):
    tall = np.repeat(digits[0][:150], 2, axis=1)[:, :12] * np.uint8(15)
    report(tmp_path, tall, None, "reduction.representations=[]", "reduction.maps=[]")
    pictures(tmp_path / "new", tall[:60])
    caplog.clear()
    found = answered(tmp_path / "new")
    assert caplog.messages == [f"{tmp_path / 'new'}: {pixels.sized_as((12, 8))}"]
    np.save(tmp_path / "same.npy", tall[:60])
    assert main(["predict", "--run", "odd", "--images", str(tmp_path / "same.npy")]) == 0
    with (tmp_path / "same.predictions.csv").open(newline="", encoding="utf8") as file:
        same = [row["cluster"] for row in csv.DictReader(file)]
    asked = [found[f"{i:03}.png"]["cluster"] for i in range(60)]
    assert asked[::3] == same[::3]
    assert np.mean([a == b for a, b in zip(asked, same, strict=True)]) > 0.8
