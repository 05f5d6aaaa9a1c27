"""Labels as people write them, and the classes that they mean."""

import numpy as np
import pytest

from report_lib.common.errors import ReportError
from report_lib.data import labels, named_labels
from report_lib.data.source import Part

CODES = [2, 0, 1, 2, 1, 0]
NAN = float("nan")


def part(values, n=6):
    return Part(np.zeros((n, 2, 2), np.uint8), values)


def encode(values, **options):
    codes, names = labels.encode({"all": part(values)}, where="mine.npy", **options)
    return None if codes["all"] is None else codes["all"].tolist(), names


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (np.array(CODES), "012"),
        (np.array(CODES, np.uint8) + 1, "123"),
        (np.array(CODES, float), "012"),
        (np.array(CODES)[:, None], "012"),
        (np.array(CODES)[None], "012"),
        (np.eye(3)[CODES], "012"),
        (np.eye(3, dtype=bool)[CODES], "012"),
        (np.array(["a", "a b", "b"])[CODES], ("a", "a b", "b")),
        (np.array([b"a", b"b", b"c"])[CODES], "abc"),
        (np.array(["9", "10", "100"])[CODES], ("9", "10", "100")),
        (np.array([-5, -1, 3])[CODES], ("-5", "-1", "3")),
        (np.array(["7", "8", "9"], dtype=object)[CODES], "789"),
    ],
)
def test_every_way_to_write_labels_means_the_same_classes(values, names):
    assert encode(values) == (CODES, tuple(names))
    codes, _ = labels.encode({"all": part(values)}, where="x")
    assert codes["all"].dtype == np.int64


def test_truth_values_are_two_classes():
    assert encode(np.array([True, False, True, True, False, False])) == ([1, 0, 1, 1, 0, 0], ("False", "True"))


@pytest.mark.parametrize(
    ("values", "codes", "names"),
    [
        ([0, NAN, 1, NAN, 1, 0], [0, -1, 1, -1, 1, 0], ("0", "1")),
        ([0, -1, 4, -1, 4, 0], [0, -1, 1, -1, 1, 0], ("0", "4")),
        (["a", "", "b", "  ", "nan", "a"], [0, -1, 1, -1, -1, 0], ("a", "b")),
        (["10", "-1", "9", "", "9", "10"], [1, -1, 0, -1, 0, 1], ("9", "10")),
        (np.array(["a", None, "b", NAN, "b", "a"], object), [0, -1, 1, -1, 1, 0], ("a", "b")),
        (np.array([3, None, 4, NAN, 4, 3], object), [0, -1, 1, -1, 1, 0], ("3", "4")),
        (np.array([[1, 0], [0, 0], [0, 1], [0, 0], [0, 1], [1, 0]]), [0, -1, 1, -1, 1, 0], ("0", "1")),
        # Support vector machines' two classes, and numbers that are below zero anyway.
        ([1, -1, 1, -1, 1, 1], [1, 0, 1, 0, 1, 1], ("-1", "1")),
        ([-2, -1, 1, -1, 1, -2], [0, 1, 2, 1, 2, 0], ("-2", "-1", "1")),
        (["x", "-1", "x", "-1", "y", "y"], [1, 0, 1, 0, 2, 2], ("-1", "x", "y")),
    ],
)
def test_unknown_labels_belong_to_no_class(values, codes, names):
    assert encode(np.asarray(values)) == (codes, names)


@pytest.mark.parametrize("values", [[NAN] * 6, [-1] * 6, [""] * 6, None])
def test_nothing_known_means_no_labels(values):
    assert encode(None if values is None else np.array(values)) == (None, ())


def test_names_of_a_file_are_kept_in_its_order():
    assert encode(np.array([1, 0, 3, 1, -1, 0]), class_names=("sea", "air", "fire", "land")) == (
        [1, 0, 2, 1, -1, 0],
        ("sea", "air", "land"),
    )
    with pytest.raises(ReportError, match="labels from 1 to 6 for 4 named classes"):
        encode(np.arange(6) + 1, class_names=("sea", "air", "fire", "land"))


def test_parts_share_one_set_of_classes():
    parts = {"train": part(np.array(["b", "a", "d", "a"]), 4), "test": part(np.array(["c", "a", ""]), 3)}
    codes, names = labels.encode(parts, where="x")
    assert names == ("a", "b", "c", "d")
    assert (codes["train"].tolist(), codes["test"].tolist()) == ([1, 0, 3, 0], [2, 0, -1])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.arange(5), "mine.npy: 6 images, but 5 labels"),
        (np.ones((6, 2)), "labels of shape (6, 2); needs one number or text an image, or 2 columns"),
        (np.zeros((6, 2, 2)), "labels of shape (6, 2, 2)"),
        (np.linspace(0, 1, 6), "fractions or infinity"),
        (np.array([0, 1, np.inf, 0, 1, 2]), "fractions or infinity"),
        (np.arange(6) * 1j, "labels are complex128"),
    ],
)
def test_labels_that_are_not_one_class_an_image(values, said):
    with pytest.raises(ReportError) as caught:
        encode(values)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("test", "said"),
    [(None, "only one of the parts has labels, train"), (np.array(list("abcdef")), "text in one part")],
)
def test_parts_that_do_not_agree(test, said):
    with pytest.raises(ReportError, match=said):
        labels.encode({"train": part(np.arange(6)), "test": part(test)}, where="x")


def test_one_label_a_line_may_be_called_as_a_heading_is():
    np.testing.assert_array_equal(named_labels.column(b"y\nn\ny\n", "f", 3), ["y", "n", "y"])
    np.testing.assert_array_equal(named_labels.column(b"y\na\nb\n", "f", 2), ["a", "b"])
    np.testing.assert_array_equal(named_labels.column(b"species\na\nb\n", "f", 2), ["a", "b"])
