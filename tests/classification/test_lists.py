"""The lists on the page: which images, in which order, with which picture, counted in the file that a person has."""

from types import SimpleNamespace

import numpy as np
import pytest

from report_lib.classification import lists
from report_lib.classification.label_choice import Choice
from report_lib.data.images import ImageSet

N_TRAIN, N_TEST = 12, 8


@pytest.fixture
def images(rng):
    """Twelve train and eight test images that differ, from one file, of three classes; two labels are unknown."""
    pictures = rng.integers(0, 256, (N_TRAIN + N_TEST, 4, 3)).astype(np.uint8)
    pictures[0, 0, :2] = [0, 255]
    labels = np.arange(N_TRAIN + N_TEST) % 3
    labels[[2, N_TRAIN + 1]] = -1
    return ImageSet(
        "Made", pictures[:N_TRAIN], pictures[N_TRAIN:], labels[:N_TRAIN], labels[N_TRAIN:], ("a", "b", "c"),
        train_rows=np.arange(N_TRAIN) * 10, test_rows=np.arange(N_TEST) * 10 + 5,
    )  # fmt: skip


CHOICE = Choice(np.array([7, 0, 3]), np.array([0, 1, 0]), np.array([6, 4, 2]))


def judged(labels, ranking):
    return SimpleNamespace(
        labels=labels,
        suggested=(labels + 1) % 3,
        ranking=np.array(ranking, int),
        quality=np.linspace(0, 1, len(labels)),
    )


def issues_of(images, *, train, test):
    known = images.known
    return SimpleNamespace(parts={"train": judged(known.train_labels, train), "test": judged(known.test_labels, test)})


def model_of(margin, classes=None, clusters=None):
    margin = np.array(margin, np.float32)
    clusters = np.zeros(len(margin), int) if clusters is None else clusters
    return SimpleNamespace(
        answers=SimpleNamespace(margin=margin, probability=1 - margin, classes=classes, clusters=clusters)
    )


def test_images_to_label_come_as_they_were_chosen(images):
    found = lists.build(images, CHOICE, None, None)
    assert set(found) == {"label_next/row", "label_next/cluster", "label_next/stands_for", "pictures"}
    assert found["label_next/row"].tolist() == [70, 0, 30]
    assert found["label_next/cluster"].tolist() == ["C1", "C2", "C1"]
    assert found["label_next/stands_for"].tolist() == [6, 4, 2]
    np.testing.assert_array_equal(found["pictures"], images.train_images[[7, 0, 3]])


def test_doubtful_labels_are_found_where_they_stand_among_the_known(images):
    found = lists.build(images, CHOICE, issues_of(images, train=[2, 0], test=[1]), None)
    # The third known train image is the fourth of all, as the third has no label; likewise of the test images.
    assert found["doubt_train/row"].tolist() == [30, 0]
    assert found["doubt_test/row"].tolist() == [25]
    assert found["doubt_train/label"].tolist() == ["a", "a"]
    assert found["doubt_train/likelier"].tolist() == ["b", "b"]
    np.testing.assert_allclose(found["doubt_train/probability_of_label"], [0.2, 0])
    shown = np.concatenate([images.train_images[[7, 0, 3]], images.test_images[[2]], images.train_images[[3, 0]]])
    np.testing.assert_array_equal(found["pictures"], shown)


def test_the_least_sure_come_first(images):
    margins = [0.9, 0.1, 0.5, 0.2, 0.8, 0.7, 0.6, 0.3]
    found = lists.build(images, CHOICE, None, model_of(margins, classes=np.arange(N_TEST) % 3))
    order = np.argsort(margins)
    assert found["least_sure/row"].tolist() == (order * 10 + 5).tolist()
    assert found["least_sure/margin"].tolist() == np.sort(np.array(margins, np.float32)).tolist()
    names = np.array(["a", "b", "c", "unknown"])
    assert found["least_sure/class"].tolist() == names[order % 3].tolist()
    assert found["least_sure/label"].tolist() == names[images.test_labels[order]].tolist()
    assert found["least_sure/label"][0] == "unknown"


def test_without_labels_the_model_tells_clusters(images):
    bare = ImageSet("Made", images.train_images, images.test_images)
    found = lists.build(bare, CHOICE, None, model_of(np.linspace(0, 1, N_TEST), clusters=np.arange(N_TEST) % 3 - 1))
    assert found["least_sure/cluster"].tolist()[:3] == ["noise", "C1", "C2"]
    assert "least_sure/label" not in found


def test_names_stand_beside_rows(images):
    named = ImageSet(
        "Made", images.train_images, images.test_images, train_names=np.array([f"{i}.png" for i in range(N_TRAIN)]),
        test_names=np.array([f"t{i}.png" for i in range(N_TEST)]),
    )  # fmt: skip
    assert lists.build(named, CHOICE, None, None)["label_next/name"].tolist() == ["7.png", "0.png", "3.png"]


def test_long_lists_are_cut_and_empty_ones_left_out(images, monkeypatch):
    monkeypatch.setattr(lists, "MOST", 2)
    found = lists.build(images, CHOICE, issues_of(images, train=[0, 1, 2], test=[]), None)
    assert {key: len(values) for key, values in found.items() if key.endswith("/row")} == {
        "label_next/row": 2, "doubt_train/row": 2,
    }  # fmt: skip
    nothing = Choice(*np.empty((3, 0), np.int64))
    assert lists.build(images, nothing, None, None)["pictures"].shape == (0, 4, 3)
