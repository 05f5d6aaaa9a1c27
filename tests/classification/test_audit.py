"""Every label has its rank: those that were made wrong come first, by judges who have not seen them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from report_lib.classification import audit, judges
from report_lib.classification.judges import Opinion
from report_lib.classification.planted import Planted
from report_lib.classification.unusual import Distances
from report_lib.clustering.representations import Representation
from report_lib.common.neighbors import nearest, nearest_to
from report_lib.data.images import ImageSet

PLANTED = {3: 1, 70: 2, 150: 0}


@pytest.fixture
def mislabelled(blobs):
    """Blobs, every other row a test image, with three labels that are wrong; and their description."""
    X, y = blobs
    labels = y.copy()
    labels[list(PLANTED)] = list(PLANTED.values())
    train, test = X[::2], X[1::2]
    images = ImageSet("made", train[:, None], test[:, None], labels[::2], labels[1::2], ("a", "b", "c"))
    return images, Representation("PCA", train, test, nearest(train, 10), nearest_to(train, test, 10))


def found_in(mislabelled, **changes):
    images, space = mislabelled
    return audit.find_issues(replace(images, **changes), space, None, None, n_folds=3, random_state=0)


def test_labels_that_are_wrong_come_first_in_either_part(mislabelled):
    found = found_in(mislabelled)
    train, test = found.parts["train"], found.parts["test"]
    assert set(train.ranking[:2]) == {35, 75}
    assert test.ranking[0] == 1
    assert train.suggested[[35, 75]].tolist() == [1, 2]
    assert test.suggested[1] == 0
    assert max(train.quality[[35, 75]]) < 0.2 < np.delete(train.quality, [35, 75]).min()
    assert list(train.opinions) == ["network on PCA", "10 nearest images"]


def test_the_ranking_is_by_doubt_and_equals_keep_their_order():
    opinion = np.array([[0.9, 0.1], [0.2, 0.8], [0.2, 0.8], [0.6, 0.4]])
    part = audit.judge(np.zeros(4, int), {"a": Opinion(opinion), "b": Opinion(opinion)})
    assert part.ranking.tolist() == [1, 2, 3, 0]
    np.testing.assert_array_equal(part.doubt, judges.doubt([Opinion(opinion)], np.zeros(4, int)))
    np.testing.assert_allclose(part.quality, [0.9, 0.2, 0.2, 0.6])
    assert part.suggested.tolist() == [0, 1, 1, 0]
    assert (part.n_first, part.first.tolist()) == (1, [False, True, False, False])


def test_what_two_judges_doubt_comes_before_what_one_doubts():
    sure, unsure = np.array([[0.9, 0.1]] * 3), np.array([[0.05, 0.95]] * 3)
    judged = {str(n): Opinion(np.where(np.arange(3)[:, None] < n, unsure, sure)) for n in (1, 2)}
    part = audit.judge(np.zeros(3, int), judged)
    assert part.ranking.tolist() == [0, 1, 2]


def test_unknown_labels_are_not_ranked_and_are_no_neighbours(mislabelled):
    images, space = mislabelled
    labels = images.train_labels.copy()
    labels[[0, 1, 2]] = -1
    found = found_in(mislabelled, train_labels=labels)
    assert len(found.parts["train"].labels) == 87
    assert set(found.parts["train"].ranking[:2]) == {32, 72}
    votes = judges.of_neighbors(replace(images, train_labels=labels), space)["test"]
    np.testing.assert_array_equal(found.parts["test"].opinions["10 nearest images"].proba, votes.proba)


def test_what_is_tried_on_labels_made_wrong_is_the_ranking_itself(mislabelled):
    found = found_in(mislabelled)
    assert {part: own.n_planted for part, own in found.planted.items()} == {"train": 1, "test": 1}
    # The label that is wrong already takes the first place of one.
    assert found.planted["test"].sizes == (1, 2, 4)
    assert found.planted["test"].recall["random"].tolist()[1:] == [1, 1]
    assert found.planted["train"].recall["random"][2] == 1


def test_the_numbers_of_the_audit():
    labels = np.array([0, 1, 1, 0])
    sure, other = np.eye(2)[labels], 0.1 + 0.8 * np.eye(2)[[0, 1, 0, 0]]
    parts = {part: audit.judge(labels, {"one": Opinion(sure), "two": Opinion(other)}) for part in ("train", "test")}
    far = {part: Distances(labels, np.float32([1, 1, 1, 1])) for part in parts}
    planted = Planted(2, 5, (100,), {"random": np.array([0.9]), "confused": np.array([0.7])},
                      {"random": np.array([0.8]), "confused": np.array([0.6])})  # fmt: skip
    numbers = audit.Issues(parts, far, {"test": planted}).as_dict()["audit"]
    assert numbers["accuracy_of_judges"] == {
        "one": {"train": 1.0, "test": 1.0}, "two": {"train": 0.75, "test": 0.75},
        "all together": {"train": 1.0, "test": 1.0},
    }  # fmt: skip
    assert numbers["far_from_class"] == {"train": 0, "test": 0}
    assert numbers["planted"]["test"] == {
        "share": 0.01, "n_planted": 2, "n_draws": 5,
        "random": {"100": {"precision": 0.9, "recall": 0.8}}, "confused": {"100": {"precision": 0.7, "recall": 0.6}},
    }  # fmt: skip


def test_without_labels_or_folds_there_is_no_audit(mislabelled):
    images, space = mislabelled
    assert audit.find_issues(images, space, None, None, n_folds=0, random_state=0) is None
    assert found_in(mislabelled, train_labels=None, test_labels=None) is None
    assert audit.most_doubtful(None, images, space) == {}
    assert audit.rows_of(None, images) is None


# --- the list -------------------------------------------------------------------------------------------------------


def listed(doubts, **rows):
    n = len(doubts["train"])
    labels = np.arange(n) % 2
    images = ImageSet("made", np.zeros((n, 1, 1)), np.zeros((n, 1, 1)), labels, labels, ("a", "b"), **rows)
    opinion = {"one": Opinion(np.array([[0.25, 0.75]] * n))}
    parts = {part: audit.Part(labels, opinion, np.array(own, float)) for part, own in doubts.items()}
    return audit.rows_of(audit.Issues(parts, {}, {}), images)


def test_every_image_is_listed_the_most_doubtful_of_both_parts_first():
    found = listed({"train": [0.5, 3, 1], "test": [2, 0.5, 4.1234567]})
    assert found == [
        ("test", 2, 1, 4.123457, "a", "b", 0.25),
        ("train", 1, 1, 3.0, "b", "b", 0.75),
        ("test", 0, 2, 2.0, "a", "b", 0.25),
        ("train", 2, 2, 1.0, "a", "b", 0.25),
        ("train", 0, 3, 0.5, "a", "b", 0.25),
        ("test", 1, 3, 0.5, "b", "b", 0.75),
    ]
    assert {len(row) for row in found} == {len(audit.COLUMNS)}


def test_rows_are_those_of_the_file_that_the_parts_were_drawn_from():
    rows = {"train_rows": np.array([5, 2]), "test_rows": np.array([9, 7])}
    found = listed({"train": [1, 2], "test": [4, 3]}, **rows)
    assert [line[:3] for line in found] == [("test", 9, 1), ("test", 7, 2), ("train", 2, 1), ("train", 5, 2)]


# --- the pictures ---------------------------------------------------------------------------------------------------


def test_the_most_doubtful_are_shown_beside_the_nearest_train_images(mislabelled):
    images, space = mislabelled
    images = replace(images, train_rows=np.arange(90) * 2, test_rows=np.arange(90) * 2 + 1)
    found = found_in(mislabelled)
    worst = audit.most_doubtful(found, images, space, most=2, n_neighbors=3)
    assert [(own.part, own.images.shape) for own in worst.values()] == [("train", (2, 4, 1, 5)), ("test", (2, 4, 1, 5))]
    assert set(worst["train"].called) == {"70", "150"}
    assert (worst["test"].called[0], worst["test"].labels[0], worst["test"].suggested[0]) == ("3", 1, 0)
    np.testing.assert_array_equal(worst["test"].images[0, 0], images.test_images[1])
    near = cdist(space.test[[1]], space.train)[0].argsort()[:3]
    np.testing.assert_array_equal(worst["test"].images[0, 1:], images.train_images[near])


def test_images_are_set_beside_the_nearest_train_images_but_themselves(blobs):
    X, _ = blobs
    train, test = X[::2], X[1::2]
    pictures = np.arange(180).reshape(180, 1, 1)
    distances = cdist(train, train)
    np.fill_diagonal(distances, np.inf)
    own = audit.with_neighbors(pictures[::2], pictures[::2][:7], train, train[:7], own_rows=np.arange(7), n_neighbors=3)
    expected = np.column_stack([np.arange(7), distances.argsort(axis=1)[:7, :3]]) * 2
    assert own.shape == (7, 4, 1, 1)
    np.testing.assert_array_equal(own[:, :, 0, 0], expected)
    others = audit.with_neighbors(pictures[::2], pictures[1::2], train, test, own_rows=None, n_neighbors=3)[:, :, 0, 0]
    np.testing.assert_array_equal(others[:, 0], np.arange(1, 180, 2))
    np.testing.assert_array_equal(others[:, 1:], cdist(test, train).argsort(axis=1)[:, :3] * 2)


def test_a_test_image_is_set_beside_its_copy_among_train_images(blobs):
    X, _ = blobs
    pictures = np.arange(180).reshape(180, 1, 1)
    found = audit.with_neighbors(pictures, np.array([[[999]]]), X, X[[40]], own_rows=None, n_neighbors=3)[:, :, 0, 0]
    assert found[0].tolist() == [999, *cdist(X[[40]], X).argsort()[0, :3]]
