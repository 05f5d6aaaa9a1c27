"""Labels that are made wrong are found as often as is said."""

import numpy as np
import pytest

from report_lib.classification import planted
from report_lib.classification.judges import Opinion


def knowing(labels, sure=0.97):
    """What a judge says who knows the classes."""
    n_classes = labels.max() + 1
    other = (1 - sure) / (n_classes - 1)
    return other + (sure - other) * np.eye(n_classes)[labels]


@pytest.mark.parametrize(
    ("n", "sizes"),
    [(10_000, (100, 200, 500)), (60_000, (100, 200, 500)), (1_000, (10, 20, 50)), (60, (1, 3)), (3, (1,))],
)
def test_how_many_are_looked_at(n, sizes):
    assert planted.sizes_for(n) == sizes


def test_who_knows_finds_all_of_them():
    labels = np.arange(2_000) % 4
    found = planted.plant(labels, [Opinion(knowing(labels))], random_state=0)
    assert (found.n_planted, found.sizes) == (20, (20, 40, 100))
    for kind in planted.KINDS:
        np.testing.assert_array_equal(found.precision[kind], [1, 0.5, 0.2])
        np.testing.assert_array_equal(found.recall[kind], [1, 1, 1])


def test_who_knows_nothing_finds_as_many_as_chance():
    labels = np.random.default_rng(1).integers(0, 4, 5_000)
    noise = np.random.default_rng(2).dirichlet(np.ones(4), 5_000)
    found = planted.plant(labels, [Opinion(noise)], random_state=0, n_draws=40)
    np.testing.assert_allclose(found.precision["random"], 0.01, atol=0.006)
    np.testing.assert_allclose(found.recall["random"], np.array(found.sizes) / 5_000, atol=0.03)


def test_an_image_that_is_taken_for_another_class_costs_a_place():
    labels = np.arange(2_000) % 4
    opinion = knowing(labels)
    opinion[:10] = knowing((labels + 1) % 4, 0.999)[:10]
    found = planted.plant(labels, [Opinion(opinion)], random_state=0)
    assert 0.45 < found.precision["random"][0] < 0.6
    assert found.recall["random"][1] > 0.98


def test_the_confused_are_confused_with_what_they_are_taken_for():
    """Classes 0 and 1 are taken for each other, 2 for nothing."""
    labels = np.repeat([0, 1, 2], 400)
    opinion = np.array([[0.7, 0.3, 0.0], [0.2, 0.8, 0.0], [0.0, 0.0, 1.0]])[labels]
    weights = planted.confusions(labels, opinion)
    np.testing.assert_allclose(weights, [[0, 120, 0], [80, 0, 0], [1, 1, 0]])
    made = planted.mistaken(labels, weights, random_state=0)
    wrong = made != labels
    assert wrong.sum() == 12
    assert set(made[wrong & (labels == 0)]) == {1}
    assert set(made[wrong & (labels == 1)]) == {0}
    # Labels that one confuses are harder to find than those made wrong at random.
    found = planted.plant(labels, [Opinion(opinion)], random_state=0)
    assert found.recall["confused"][-1] <= found.recall["random"][-1]


def test_the_same_seed_gives_the_same_and_labels_stay_as_they_are():
    labels = np.random.default_rng(1).integers(0, 3, 900)
    opinion, before = np.random.default_rng(2).dirichlet(np.ones(3), 900), labels.copy()
    one, other = (planted.plant(labels, [Opinion(opinion)], random_state=5).as_dict() for _ in range(2))
    assert one == other
    np.testing.assert_array_equal(labels, before)
    assert one["share"] == 0.01
    assert set(one["random"]) == {"9", "18", "45"}


def test_two_classes_a_class_without_images_and_a_single_one():
    two = planted.plant(np.arange(100) % 2, [Opinion(knowing(np.arange(100) % 2))], random_state=0)
    assert two.precision["confused"][0] == 1.0
    wide = np.hstack([knowing(np.arange(100) % 2), np.zeros((100, 1))])
    assert planted.plant(np.arange(100) % 2, [Opinion(wide)], random_state=0).recall["random"][-1] == 1.0
    assert planted.plant(np.zeros(10, int), [Opinion(np.ones((10, 1)))], random_state=0) is None


def test_judges_that_learn_are_asked_about_the_labels_that_they_learnt():
    labels, learnt = np.arange(300) % 3, []

    def taught(made):
        learnt.append(made)
        # Who believes what it is taught finds nothing.
        return [Opinion(knowing(made))]

    found = planted.plant(labels, [Opinion(knowing(labels))], again=taught, n_draws=2, random_state=0)
    assert [(made != labels).sum() for made in learnt] == [3] * 4
    assert found.n_draws == 2
    assert found.recall["random"][0] < 0.4
