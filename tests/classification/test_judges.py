"""Judges have not seen the label that they judge, and what they say is scikit-learn's on the same folds."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from report_lib.classification import judges, supervised
from report_lib.clustering.representations import Representation
from report_lib.common.neighbors import nearest, nearest_to
from report_lib.data.images import ImageSet

OPTIONS = {"n_folds": 5, "random_state": 0}


def halves(blobs):
    """Every other row is a train image."""
    X, y = blobs
    return X[::2], X[1::2], y[::2], y[1::2]


@pytest.fixture
def pictures(images):
    """The forty images, every fourth a test image, in two classes; and pixels as a description with neighbours."""
    pictures, labels = images
    held = np.arange(40) % 4 == 1
    own = ImageSet("made", pictures[~held], pictures[held], labels[~held], labels[held], ("upper", "lower"))
    train, test = (part.reshape(len(part), -1).astype(np.float32) for part in (own.train_images, own.test_images))
    return own, Representation("pixels", train, test, nearest(train, 4), nearest_to(train, test, 4))


def test_train_images_are_judged_as_scikit_learn_does_on_the_same_splits(blobs):
    train, test, y, _ = halves(blobs)
    found = judges.cross_fit(LogisticRegression(), train, test, y, 3, n_folds=4, random_state=7)["train"]
    splits = StratifiedKFold(4, shuffle=True, random_state=7)
    expected = cross_val_predict(LogisticRegression(), train, y, cv=splits, method="predict_proba")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_test_images_are_judged_by_the_classifiers_of_all_folds(blobs):
    train, test, y, _ = halves(blobs)
    found = judges.cross_fit(LogisticRegression(), train, test, y, 3, n_folds=4, random_state=7)["test"]
    splits = StratifiedKFold(4, shuffle=True, random_state=7).split(train, y)
    each = [LogisticRegression().fit(train[rows], y[rows]).predict_proba(test) for rows, _ in splits]
    np.testing.assert_allclose(found, np.mean(each, axis=0), rtol=1e-3, atol=1e-6)


def test_no_label_judges_itself(blobs):
    train, test, y, _ = halves(blobs)
    y[[3, 40]] = 1, 2
    found = judges.cross_fit(KNeighborsClassifier(1), train, test, y, 3, **OPTIONS)["train"]
    assert (found[[3, 40], y[[3, 40]]] == 0).all()
    assert KNeighborsClassifier(1).fit(train, y).score(train, y) == 1.0


def test_the_classifier_that_is_given_stays_unfitted(blobs):
    model = LogisticRegression()
    judges.cross_fit(model, *halves(blobs)[:3], 3, **OPTIONS)
    assert not hasattr(model, "classes_")


def test_a_class_with_one_image_and_folds_that_meet_one_class_alone(blobs):
    train, test, y, _ = halves(blobs)
    y[:] = 0
    y[5] = 3
    with pytest.warns(UserWarning, match="least populated class"):
        found = judges.cross_fit(LogisticRegression(), train, test, y, 4, **OPTIONS)
    # Whoever judges it has never met its class.
    assert found["train"][5, 3] == 0
    for own in found.values():
        np.testing.assert_allclose(own.sum(axis=1), 1.0, rtol=1e-5)


def test_neighbours_vote_and_an_image_is_not_its_own_neighbour(pictures):
    images, space = pictures
    found = judges.of_neighbors(images, space, images.train_labels)
    # Four neighbours weighted by closeness, and one image of no known class.
    usual = np.bincount(images.train_labels) / len(images.train_labels)
    for part, graph in (("train", space.graph), ("test", space.test_graph)):
        near = 1 / np.maximum(graph.distances.astype(float), 1e-6)
        ones = np.sum(near * images.train_labels[graph.indices], axis=1) / near.sum(axis=1)
        np.testing.assert_allclose(found[part][:, 1], (4 * ones + usual[1]) / 5, rtol=1e-5)
        np.testing.assert_allclose(found[part].sum(axis=1), 1, rtol=1e-6)


def test_unknown_labels_have_no_vote_and_no_row(pictures):
    images, space = pictures
    labels = images.train_labels.copy()
    labels[[0, 3, 4]] = -1
    some = replace(images, train_labels=labels)
    found = judges.of_neighbors(some, space, labels)
    assert [len(found[part]) for part in ("train", "test")] == [27, 10]
    nobody = np.where(np.arange(30) == 29, labels, -1)
    alone = judges.of_neighbors(replace(images, train_labels=nobody), space, nobody)["test"]
    unheard = ~(space.test_graph.indices == 29).any(axis=1)
    assert unheard.any()
    np.testing.assert_array_equal(alone[unheard], np.tile(np.eye(2, dtype=np.float32)[nobody[29]], (unheard.sum(), 1)))


def test_who_is_asked(pictures):
    images, space = pictures
    learnt = supervised.learn(
        ["hog_mlp", "conv"], images, space, n_slow=10, conv_filters=[2], conv_epochs=1, random_state=0
    )
    asked = judges.ask(images, space, None, learnt, n_folds=3, random_state=0)
    assert list(asked) == ["network on pixels", "convolutional network", "4 nearest images"]
    for own in asked.values():
        assert {part: proba.shape for part, proba in own.items()} == {"train": (30, 2), "test": (10, 2)}
        assert {proba.dtype for proba in own.values()} == {np.dtype(np.float32)}
    alone = judges.ask(images, space, None, None, n_folds=3, random_state=0)
    assert list(alone) == ["network on pixels", "4 nearest images"]
    np.testing.assert_array_equal(alone["network on pixels"]["train"], asked["network on pixels"]["train"])
    # Of the four networks that judge test images one has learnt from all train images.
    whole = learnt.models["hog_mlp"].proba
    expected = (3 * alone["network on pixels"]["test"] + whole) / 4
    np.testing.assert_allclose(asked["network on pixels"]["test"], expected, rtol=1e-5)
    shape = Representation("oriented gradients", space.train, space.test)
    assert list(judges.ask(images, replace(space, graph=None), shape, None, n_folds=2, random_state=0)) == [
        "network on oriented gradients"
    ]


def test_the_doubt_of_a_label_worked_out_by_hand():
    labels = np.array([0, 1, 1])
    sure, torn = np.array([[0.9, 0.1], [0.2, 0.8], [1, 0]]), np.array([[0.5, 0.5], [0.5, 0.5], [1, 0]])
    floor = judges.FLOOR
    expected = [-(np.log(a + floor) + np.log(b + floor)) / 2 for a, b in ((0.9, 0.5), (0.8, 0.5), (0, 0))]
    np.testing.assert_allclose(judges.doubt([sure, torn], labels), expected)
    assert judges.doubt([sure, torn], labels).argsort().tolist() == [0, 1, 2]
