"""The sentence that answers what structure is in the images, on made tables of classes by clusters."""

import numpy as np
import pytest

from report_lib.classification.findings.answer import MOST_NAMED, answer, structure, told

NAMES = ["Bag", "Coat", "Dress", "Shirt", "Boot"]


def said(*rows, names=NAMES):
    """Return the sentence of a table whose last column is noise."""
    return told(structure(np.array(rows)), names[: len(rows)])


def test_a_class_with_a_cluster_to_itself_stands_apart():
    assert said([81, 19, 0], [18, 82, 0]) == "Bag and Coat stand apart."
    # One image fewer, and the clusters are no longer theirs.
    assert structure(np.array([[74, 26, 0], [26, 74, 0]])).apart == []


def test_a_class_that_shares_its_cluster_does_not_stand_apart():
    found = structure(np.array([[100, 0, 0], [90, 10, 0], [0, 100, 0]]))
    assert (found.apart, found.merged) == ([2], [[0, 1]])
    assert said([100, 0, 0], [90, 10, 0], [0, 100, 0]) == "Dress stands apart; Bag and Coat merge into one cluster."


def test_a_class_of_which_some_falls_in_with_another_is_named():
    assert said([100, 0, 0], [25, 75, 0]) == "Some of Coat falls in with Bag."
    assert said([76, 24, 0], [24, 76, 0]) == "Some of Coat falls in with Bag and some of Bag with Coat."
    found = structure(np.array([[76, 0, 0], [24, 76, 0], [0, 24, 0]]))
    assert found.beside == {0: [1], 1: [2]}
    # Of a mixture it is said that its classes merge.
    assert structure(np.array([[60, 0, 0], [40, 0, 0]])).beside == {}


def test_some_of_a_class_is_told_whether_the_other_is_nearly_all_of_the_cluster_or_just_over_half():
    """Shares as in clothes: a fifth of shirts among T-shirts, and a third of a cluster of dresses made of coats."""
    table = ([793, 0, 0, 0], [224, 0, 776, 0], [0, 344, 0, 0], [0, 217, 783, 0])
    found = structure(np.array(table))
    assert found.beside == {0: [1], 2: [3]}
    assert "some of Coat falls in with Bag and some of Shirt with Dress" in said(*table)
    # Of half or less nothing is the other's, and under a fifth is a stray.
    assert structure(np.array([[0, 344, 0], [783, 344, 0]])).beside == {}
    assert structure(np.array([[344, 0, 0], [80, 783, 0]])).beside == {}


def test_a_few_strays_do_not_merge_with_a_class():
    assert said([100, 0, 0], [20, 80, 0]).startswith("Bag and Coat stand apart")


def test_two_mixtures_are_two_clusters():
    table = ([50, 0, 0], [50, 0, 0], [0, 50, 0], [0, 50, 0])
    assert said(*table) == "Bag and Coat merge into one cluster, Dress and Shirt into another."


def test_a_class_in_two_clusters_of_its_own_is_split():
    assert said([100, 0, 0, 0], [0, 60, 40, 0]) == "Bag stands apart; Coat is split in two."
    assert "split" not in said([100, 0, 0, 0], [0, 81, 19, 0])
    assert said([50, 50, 0, 0, 0], [0, 0, 50, 50, 0]) == "Bag and Coat are each split in two."
    assert said([30, 30, 40, 0]) == "Bag is split in three."


def test_a_class_that_no_cluster_holds_half_of_is_spread():
    table = ([200, 0, 0, 0], [0, 200, 0, 0], [40, 40, 20, 0])
    assert said(*table) == "Bag and Coat stand apart; Dress is spread over several."


def test_noise_is_no_cluster():
    assert said([0, 0, 100], [0, 100, 0]).startswith("Coat stands apart; Bag is spread over")
    assert structure(np.array([[10], [10]])).apart == []


def test_classes_without_test_images_are_not_spoken_of():
    assert said([100, 0, 0], [0, 0, 0], [0, 100, 0]) == "Bag and Dress stand apart."


def test_many_classes_are_counted():
    n = MOST_NAMED + 3
    table = np.hstack([100 * np.eye(n, dtype=int), np.zeros((n, 1), int)])
    names = [f"c{i}" for i in range(n)]
    assert told(structure(table), names) == f"All {n} classes stand apart."
    table[-2:, :2] = table[-2:, -3:-1] = 0
    table[-2:, -2] = 100
    assert told(structure(table), names).startswith(f"{n - 2} classes, such as c0, c1 and c2, stand apart; ")


def test_clusters_that_have_nothing_to_do_with_the_classes_are_said_to():
    table = np.full((2, 3), 50)
    table[:, -1] = 0
    assert "merge" in told(structure(table), NAMES)
    assert said([55, 45, 0], [45, 55, 0]).startswith("The clusters do not follow the classes")


@pytest.mark.parametrize(
    ("stability", "end"),
    [
        ([0.9, 0.5], "; with other seeds 1 of 2 are found again."),
        ([0.9, 0.8], "; with other seeds all are found again."),
        ([None, None], "."),
        (None, "."),
    ],
)
def test_without_labels_the_groups_are_counted(stability, end):
    cards = {} if stability is None else {"stability": stability}
    clustering = {"chosen": "graph", "methods": {"graph": {"n_clusters": 2}}, "cards": cards}
    clusters = np.repeat([0, 1, -1], [50, 40, 10])
    sentence = "The images fall into 2 groups: the largest holds 50% of them, the smallest 40%"
    assert answer({"clustering": clustering}, clusters) == sentence + end


def test_of_many_mixtures_four_are_named():
    table = np.zeros((12, 7), int)
    table[np.arange(12), np.arange(12) // 2] = 50
    assert told(structure(table), list("abcdefghijkl")) == (
        "A and b merge into one cluster, c and d into another, e and f into another, g and h into another, "
        "and others into 2 more."
    )
