"""Planted mistakes are found: labels that are wrong, images out of place, copies; and what finds them is scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import norm
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from report_lib.classification import audit
from report_lib.classification.audit import Part, Removal
from report_lib.clustering.representations import Representation
from report_lib.common.metrics import paired_difference
from report_lib.data.images import ImageSet

PLANTED = {3: 1, 70: 2, 150: 0}
OPTIONS = {"n_folds": 5, "random_state": 0}
# Cleanlab's own remark on small classes.
pytestmark = pytest.mark.filterwarnings("ignore:May not flag all label issues")


@pytest.fixture
def mislabelled(blobs):
    """Blobs, with three labels that are wrong."""
    X, y = blobs
    labels = y.copy()
    labels[list(PLANTED)] = list(PLANTED.values())
    return X, labels, y


def looked(X, labels, n_classes=3):
    proba = audit.out_of_fold(LogisticRegression(), X, labels, n_classes, **OPTIONS)
    return audit.judge(labels, proba, X, X, labels)


# --- labels that look wrong -----------------------------------------------------------------------------------------


def test_out_of_fold_is_scikit_learns_on_the_same_splits(mislabelled):
    X, labels, _ = mislabelled
    found = audit.out_of_fold(LogisticRegression(), X, labels, 3, n_folds=4, random_state=7)
    splits = StratifiedKFold(4, shuffle=True, random_state=7)
    expected = cross_val_predict(LogisticRegression(), X, labels, cv=splits, method="predict_proba")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_no_label_judges_itself(mislabelled):
    X, labels, _ = mislabelled
    found = audit.out_of_fold(KNeighborsClassifier(1), X, labels, 3, **OPTIONS)
    assert (found[np.arange(180), labels] == 0)[list(PLANTED)].all()
    assert KNeighborsClassifier(1).fit(X, labels).score(X, labels) == 1.0


def test_the_classifier_that_is_given_stays_unfitted(mislabelled):
    model = LogisticRegression()
    audit.out_of_fold(model, *mislabelled[:2], 3, **OPTIONS)
    assert not hasattr(model, "classes_")


def test_planted_label_errors_are_found_and_the_least_likely_label_comes_first(mislabelled):
    X, labels, truth = mislabelled
    found = looked(X, labels)
    assert set(found.suspects) == set(PLANTED)
    np.testing.assert_array_equal(found.predicted[found.suspects], truth[found.suspects])
    quality = found.proba[found.suspects, labels[found.suspects]]
    np.testing.assert_array_equal(found.quality[found.suspects], quality)
    assert (np.diff(quality) >= 0).all()
    assert quality.max() < 0.01 < np.delete(found.quality, list(PLANTED)).min()


def test_right_labels_are_not_suspected(blobs):
    assert looked(*blobs).suspects.tolist() == []


def test_a_class_with_one_image(blobs):
    X, y = blobs
    labels = y.copy()
    labels[10] = 3
    with pytest.warns(UserWarning, match="least populated class"):
        found = audit.out_of_fold(LogisticRegression(), X, labels, 4, **OPTIONS)
    # Whoever judges it has never met its class.
    assert found[10, 3] == 0
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-5)
    part = audit.judge(labels, found, X, X, labels)
    assert np.isnan(part.distance[10])
    assert not part.far[10]
    assert part.quality[10] == 0
    assert np.isfinite(np.delete(part.distance, 10)).all()


# --- images out of place --------------------------------------------------------------------------------------------


def test_distances_are_to_the_nearest_of_the_own_class(mislabelled):
    X, labels, _ = mislabelled
    distances = cdist(X, X)
    np.fill_diagonal(distances, np.inf)
    distances[labels[:, None] != labels] = np.inf
    found = looked(X, labels).distance
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.sort(distances, axis=1)[:, :5].mean(axis=1), rtol=1e-4)


def test_test_images_are_set_against_train_images_of_their_class(blobs):
    X, y = blobs
    train, test = X[::2], X[1::2]
    proba = LogisticRegression().fit(train, y[::2]).predict_proba(test)
    found = audit.judge(y[1::2], proba, test, train, y[::2])
    distances = np.where(y[1::2][:, None] == y[::2], cdist(test, train), np.inf)
    np.testing.assert_allclose(found.distance, np.sort(distances, axis=1)[:, :5].mean(axis=1), rtol=1e-4)
    # A copy of a train image has that one, at no distance, among its nearest; the train image itself has not.
    own, copied = (audit.judge(y[::2], proba, codes, train, y[::2]).distance for codes in (train, train.copy()))
    assert (copied < own).all()


def test_a_class_of_few_images_has_fewer_neighbours(blobs):
    X, y = blobs
    rows = np.r_[0:60, 60:63]
    proba = np.eye(3)[y[rows]]
    few = X[rows]
    found = audit.judge(y[rows], proba, few, few, y[rows])
    np.testing.assert_allclose(found.distance[60:], cdist(few[60:], few[60:]).sum(axis=1) / 2, rtol=1e-4)


def test_planted_outliers_are_found_and_the_farthest_comes_first(blobs):
    X, y = blobs
    X[100] += 40
    X[20] -= 15
    found = looked(X, y)
    assert found.strangers[:2].tolist() == [100, 20]
    assert len(found.strangers) <= 4


def test_the_fence_is_tukeys_outer_one_class_by_class(blobs):
    X, y = blobs
    X[y == 1] *= 3
    found = looked(X, y)
    for own in range(3):
        rows = y == own
        low, high = np.percentile(found.distance[rows], [25, 75])
        np.testing.assert_array_equal(found.far[rows], found.distance[rows] > high + 3 * (high - low))


def test_a_test_image_of_a_class_that_no_train_image_has(blobs):
    X, y = blobs
    labels, proba = np.array([3, 0, 1]), np.full((3, 4), 0.25)
    found = audit.judge(labels, proba, X[[5, 6, 70]], X, y)
    assert np.isnan(found.distance).tolist() == [True, False, False]
    assert found.far.tolist() == [False, False, False]


def split(blobs, labels):
    """Every other row is a train image."""
    X, _ = blobs
    images = ImageSet(
        "made", X[::2].reshape(-1, 1, 5), X[1::2].reshape(-1, 1, 5), labels[::2], labels[1::2], ("a", "b", "c")
    )
    return images, Representation("PCA", X[::2], X[1::2])


def test_train_and_test_images_are_looked_at_alike(mislabelled, blobs):
    images, space = split(blobs, mislabelled[1])
    found = audit.find_issues(images, space, None, n_folds=3, random_state=0)
    assert {name: sorted(own.suspects) for name, own in found.parts.items()} == {"train": [35, 75], "test": [1]}
    # No train image is its own neighbour.
    assert found.parts["train"].distance.min() > 0
    alone = audit.judge(images.test_labels, found.parts["test"].proba, space.test, space.train, images.train_labels)
    np.testing.assert_array_equal(found.parts["test"].distance, alone.distance)
    worst = audit.worst_suspects(found, images, space, most=1, n_neighbors=2)
    assert [(own.part, own.n_found, own.images.shape) for own in worst.values()] == [
        ("train", 2, (1, 3, 1, 5)), ("test", 1, (1, 3, 1, 5)),
    ]  # fmt: skip
    np.testing.assert_array_equal(worst["test"].images[0, 0], images.test_images[1])


def test_without_labels_or_folds_there_is_no_audit(blobs):
    images, space = split(blobs, blobs[1])
    assert audit.find_issues(images, space, None, n_folds=0, random_state=0) is None
    assert audit.find_issues(replace(images, train_labels=None), space, None, n_folds=3, random_state=0) is None
    assert audit.worst_suspects(None, images, space) == {}
    nobody = {"train": part(images.train_labels, np.zeros(90, bool))}
    assert audit.worst_suspects(audit.Issues(nobody, None), images, space) == {}
    assert audit.rows_of(None, np.zeros((0, 2), int), np.zeros(0), images) is None


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


# --- what leaving out the suspects changes --------------------------------------------------------------------------


@pytest.fixture
def removal(mislabelled, blobs):
    """Every third row is a test row; a fifth of the train labels and one test label are wrong, which is known."""
    X, y = blobs
    rows, held = np.arange(180)[np.arange(180) % 3 > 0], np.arange(0, 180, 3)
    labels, wrong = y.copy(), rows[::5]
    labels[wrong] = (y[wrong] + 1) % 3
    labels[0] = 2
    model = KNeighborsClassifier(1)
    train, test = (part(labels[own], np.isin(own, [*wrong, 0])) for own in (rows, held))
    said = clone(model).fit(X[rows], labels[rows]).predict(X[held])
    parts, space = {"train": train, "test": test}, Representation("PCA", X[rows], X[held])
    found = audit.effect_of_removal(model, space, parts, with_all=said, random_state=2)
    return found, (X, labels, rows, held, train)


def part(labels, issue, **changes):
    n = len(labels)
    own = {
        "predicted": labels,
        "proba": np.eye(3)[labels],
        "quality": np.ones(n),
        "distance": np.ones(n),
        "far": ~issue,
    }
    return Part(**{"labels": labels, "issue": issue, **own, **changes})


def test_without_the_suspects_is_without_the_suspects(removal):
    found, (X, labels, rows, held, train) = removal
    kept = rows[~train.issue]
    model = KNeighborsClassifier(1).fit(X[kept], labels[kept])
    np.testing.assert_array_equal(found.without_suspects, model.predict(X[held]) == labels[held])
    assert found.without_suspects.tolist() == [False] + [True] * 59
    assert found.kept.tolist() == [False] + [True] * 59
    assert found.gain.value > 0.1
    assert found.gain.low > 0
    assert found.gain == paired_difference(found.without_suspects, found.with_all)


def test_as_many_others_are_left_out_at_random(removal):
    found, (X, labels, rows, held, train) = removal
    gone = np.random.default_rng(2).permutation(np.flatnonzero(~train.issue))[: train.issue.sum()]
    kept = np.delete(rows, gone)
    model = KNeighborsClassifier(1).fit(X[kept], labels[kept])
    np.testing.assert_array_equal(found.without_others, model.predict(X[held]) == labels[held])
    assert found.gain_of_others == paired_difference(found.without_others, found.with_all)
    assert abs(found.gain_of_others.value) < found.gain.value / 2


def test_the_numbers_of_the_audit():
    labels = np.array([0, 1, 1, 0])
    train = part(labels, labels == 1, predicted=np.array([0, 1, 0, 0]), far=labels == 2)
    test = part(labels, np.arange(4) == 3, far=labels == 0)
    before, after = np.array([True, False, False, False]), np.array([True, True, True, False])
    removal = Removal(before, after, before, kept=np.array([True, True, True, False]))
    numbers = audit.Issues({"train": train, "test": test}, removal).as_dict()["audit"]
    assert numbers["out_of_fold_accuracy"] == 0.75
    assert numbers["likely_label_errors"] == {"train": 2, "test": 1}
    assert numbers["far_from_class"] == {"train": 0, "test": 2}
    kept = numbers["removal"]
    assert (kept["accuracy"], kept["accuracy_on_kept_test_images"]) == (0.25, 1 / 3)
    assert kept["gain_without_train_suspects"]["value"] == 0.5
    assert kept["gain_without_as_many_others"] == {"value": 0.0, "interval_95": {"low": 0.0, "high": 0.0}}
    none = replace(removal, kept=np.zeros(4, bool))
    assert none.as_dict()["accuracy_on_kept_test_images"] is None


def test_the_interval_of_the_gain_worked_out_by_hand():
    """Of ten images three are gained and one is lost: mean 0.2, variance (3 · 0.64 + 1.44 + 6 · 0.04) / 9 = 0.4."""
    before = np.array([False, False, False, True, True, True, True, False, False, True])
    after = np.array([True, True, True, False, True, True, True, False, False, True])
    removal = Removal(before, after, before, kept=np.ones(10, bool))
    half = norm.ppf(0.975) * np.sqrt(0.4 / 10)
    assert (removal.gain.value, removal.gain.low, removal.gain.high) == pytest.approx((0.2, 0.2 - half, 0.2 + half))
    none = removal.gain_of_others
    assert (none.value, none.low, none.high) == (0.0, 0.0, 0.0)


def test_a_loss_is_below_zero():
    found = paired_difference(np.array([False, False, True, True]), np.array([True, True, True, True]))
    half = norm.ppf(0.975) * np.sqrt((4 * 0.25) / 3 / 4)
    assert (found.value, found.low, found.high) == pytest.approx((-0.5, -0.5 - half, -0.5 + half))


# --- the list -------------------------------------------------------------------------------------------------------


def listed(parts, pairs=(), rms=(), **rows):
    n = len(parts["train"].labels)
    images = ImageSet("made", np.zeros((n, 1, 1)), np.zeros((n, 1, 1)), parts["train"].labels, parts["test"].labels,
                      ("a", "b", "c"), **rows)  # fmt: skip
    pairs = np.array(pairs, int).reshape(-1, 2)
    return audit.rows_of(audit.Issues(parts, None), pairs, np.array(rms), images)


def test_every_finding_has_its_row_the_most_telling_first():
    no, yes = np.zeros(4, bool), np.array([True, True, False, False])
    train = part(
        np.array([0, 1, 2, 1]), yes, predicted=np.array([1, 0, 2, 1]), quality=np.array([0.2, 0.1, 0.9, 0.8]),
        distance=np.float32([1, 2, 3.5, 4.5]), far=~yes,
    )  # fmt: skip
    test = part(
        np.array([0, 0, 1, 2]), no, far=no, quality=np.array([0.25, 1, 1, 1]), distance=np.float32([7, 1, 1, 1])
    )
    found = listed({"train": train, "test": test}, [[0, 3], [2, 4], [5, 7]], [0.0, 0.5, 0.0])
    assert found == [
        ("train", 1, "label", "b", "a", 0.1, 2.0, "", ""),
        ("train", 0, "label", "a", "b", 0.2, 1.0, "", ""),
        ("train", 3, "far", "b", "b", 0.8, 4.5, "", ""),
        ("train", 2, "far", "c", "c", 0.9, 3.5, "", ""),
        ("train", 0, "copy", "a", "b", 0.2, 1.0, "train", 3),
        ("train", 2, "near-copy", "c", "c", 0.9, 3.5, "test", 0),
        ("test", 1, "copy", "a", "a", 1.0, 1.0, "test", 3),
    ]
    assert {len(row) for row in found} == {len(audit.COLUMNS)}


def test_rows_are_those_of_the_file_that_the_parts_were_drawn_from():
    yes = np.array([True, True])
    parts = {name: part(np.array([0, 1]), yes, far=~yes) for name in ("train", "test")}
    found = listed(parts, [[1, 2]], [0.0], train_rows=np.array([5, 2]), test_rows=np.array([9, 7]))
    assert {row[:2] for row in found[:4]} == {("train", 5), ("train", 2), ("test", 9), ("test", 7)}
    assert (found[4][:3], found[4][-2:]) == (("train", 2, "copy"), ("test", 9))


def test_test_findings_come_after_train_findings_of_their_kind():
    suspect, clean = np.array([False, True]), np.zeros(2, bool)
    parts = {name: part(np.array([0, 1]), suspect, far=suspect | clean) for name in ("train", "test")}
    found = listed(parts)
    assert [row[:3] for row in found] == [
        ("train", 1, "label"),
        ("test", 1, "label"),
        ("train", 1, "far"),
        ("test", 1, "far"),
    ]


@pytest.mark.parametrize(("pairs", "count"), [([[0, 1], [0, 2], [2, 4], [1, 3]], 2), ([[0, 1]], 0), ([], 0)])
def test_copies_with_different_labels_are_counted(pairs, count):
    images = ImageSet("made", np.zeros(3), np.zeros(2), np.array([5, 5, 7]), np.array([5, 8]))
    assert audit.disagreeing(np.array(pairs, int).reshape(-1, 2), images) == count
