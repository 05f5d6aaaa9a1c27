"""Judges have not seen the label that they judge, and what they say is scikit-learn's on the same folds."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from report_lib.classification import judges, supervised
from report_lib.classification.classifiers import CLASSIFIERS, Setting
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
    found = judges.cross_fit(LogisticRegression(), train, test, y, 3, n_folds=4, random_state=7)["train"].proba
    splits = StratifiedKFold(4, shuffle=True, random_state=7)
    expected = cross_val_predict(LogisticRegression(), train, y, cv=splits, method="predict_proba")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_test_images_are_judged_by_the_classifiers_of_all_folds(blobs):
    train, test, y, _ = halves(blobs)
    found = judges.cross_fit(LogisticRegression(), train, test, y, 3, n_folds=4, random_state=7)["test"]
    assert found.n_fits == 4
    splits = StratifiedKFold(4, shuffle=True, random_state=7).split(train, y)
    each = [LogisticRegression().fit(train[rows], y[rows]).predict_proba(test) for rows, _ in splits]
    np.testing.assert_allclose(found.proba, np.mean(each, axis=0), rtol=1e-3, atol=1e-6)


def test_no_label_judges_itself(blobs):
    train, test, y, _ = halves(blobs)
    y[[3, 40]] = 1, 2
    found = judges.cross_fit(KNeighborsClassifier(1), train, test, y, 3, **OPTIONS)["train"].proba
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
    with warnings.catch_warnings(action="error"):
        found = judges.cross_fit(LogisticRegression(), train, test, y, 4, **OPTIONS)
    # Whoever judges it has never met its class.
    assert found["train"].proba[5, 3] == 0
    for own in found.values():
        np.testing.assert_allclose(own.proba.sum(axis=1), 1.0, rtol=1e-5)


def test_neighbours_vote_and_an_image_is_not_its_own_neighbour(pictures):
    images, space = pictures
    found = judges.of_neighbors(images, space)
    # Four neighbours weighted by closeness, and one image of no known class.
    usual = np.bincount(images.train_labels) / len(images.train_labels)
    for part, graph in (("train", space.graph), ("test", space.test_graph)):
        near = 1 / np.maximum(graph.distances.astype(float), 1e-6)
        ones = np.sum(near * images.train_labels[graph.indices], axis=1) / near.sum(axis=1)
        np.testing.assert_allclose(found[part].proba[:, 1], (4 * ones + usual[1]) / 5, rtol=1e-5)
        np.testing.assert_allclose(found[part].proba.sum(axis=1), 1, rtol=1e-6)


def test_unknown_labels_have_no_vote_and_no_row(pictures):
    images, space = pictures
    labels = images.train_labels.copy()
    labels[[0, 3, 4]] = -1
    some = replace(images, train_labels=labels)
    found = judges.of_neighbors(some, space)
    assert [len(found[part].proba) for part in ("train", "test")] == [27, 10]
    nobody = np.where(np.arange(30) == 29, labels, -1)
    alone = judges.of_neighbors(replace(images, train_labels=nobody), space)["test"].proba
    unheard = ~(space.test_graph.indices == 29).any(axis=1)
    assert unheard.any()
    np.testing.assert_array_equal(alone[unheard], np.tile(np.eye(2, dtype=np.float32)[nobody[29]], (unheard.sum(), 1)))


def test_who_is_asked(pictures):
    images, space = pictures
    options = {"n_slow": 10, "conv_filters": [2], "conv_epochs": 1, "random_state": 0}
    learnt = supervised.begin(["hog_mlp", "conv"], images, space, **options).finish()
    asked = judges.ask(images, space, None, learnt, n_folds=3, random_state=0)
    assert {part: {title: own.n_fits for title, own in told.items()} for part, told in asked.items()} == {
        "train": {"network on pixels": 1, "convolutional network": 1, "4 nearest images": 1},
        "test": {"network on pixels": 4, "convolutional network": 3, "4 nearest images": 1},
    }
    for part, n in (("train", 30), ("test", 10)):
        assert {own.proba.shape for own in asked[part].values()} == {(n, 2)}
        assert {own.proba.dtype for own in asked[part].values()} == {np.dtype(np.float32)}
    alone = judges.ask(images, space, None, None, n_folds=3, random_state=0)
    assert list(alone["train"]) == ["network on pixels", "4 nearest images"]
    one, same = (told["train"]["network on pixels"].proba for told in (alone, asked))
    np.testing.assert_array_equal(one, same)
    # Of the four networks that judge test images one has learnt from all train images.
    folds, joined = (told["test"]["network on pixels"].proba for told in (alone, asked))
    np.testing.assert_allclose(joined, (3 * folds + learnt.models["hog_mlp"].proba) / 4, rtol=1e-5)


def test_a_network_that_judges_learns_half_as_long_as_one_that_is_to_be_right(pictures):
    images, space = pictures
    asked = judges.ask(images, replace(space, graph=None), None, None, n_folds=2, random_state=0)
    usual = CLASSIFIERS["hog_mlp"].build(Setting(30, 0))
    usual[-1].set_params(max_iter=usual[-1].max_iter // 2)
    expected = judges.cross_fit(usual, space.train, space.test, images.train_labels, 2, n_folds=2, random_state=0)
    for part, own in expected.items():
        np.testing.assert_array_equal(asked[part]["network on pixels"].proba, own.proba)


def test_without_a_graph_nobody_asks_the_neighbours(pictures):
    images, space = pictures
    shape = Representation("oriented gradients", space.train, space.test)
    asked = judges.ask(images, replace(space, graph=None), shape, None, n_folds=2, random_state=0)
    assert list(asked["train"]) == list(asked["test"]) == ["network on oriented gradients"]


def test_each_fitted_model_has_a_vote():
    one, two = judges.Opinion(np.array([[0.9, 0.1]]), 3), judges.Opinion(np.array([[0.5, 0.5]]))
    joined = judges.together([one, two])
    assert joined.n_fits == 4
    np.testing.assert_allclose(joined.proba, [[0.8, 0.2]], rtol=1e-6)


def test_the_doubt_of_a_label_worked_out_by_hand():
    labels, floor = np.array([0, 1, 1]), judges.FLOOR
    sure = judges.Opinion(np.array([[0.9, 0.1], [0.2, 0.8], [1, 0]]), 2)
    torn = judges.Opinion(np.array([[0.5, 0.5], [0.5, 0.5], [1, 0]]))
    expected = [-(2 * np.log(a + floor) + np.log(b + floor)) / 3 for a, b in ((0.9, 0.5), (0.8, 0.5), (0, 0))]
    found = judges.doubt([sure, torn], labels)
    np.testing.assert_allclose(found, expected)
    assert found.argsort().tolist() == [0, 1, 2]
