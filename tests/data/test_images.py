"""A set of images: what a person finds them by."""

import numpy as np
import pytest

from report_lib.data.images import ImageSet, split


@pytest.fixture
def named():
    """Ten images of one folder, three of them drawn for test."""
    names = np.array([f"folder/a-rather-long-name-{i}.png" for i in range(10)])
    images = np.zeros((10, 2, 2), np.uint8)
    found = split("Scans", images, None, (), test_size=0.3, n_images=100, seed=1, origin="A folder")
    parts = {"train_names": names[found.train_rows], "test_names": names[found.test_rows]}
    return ImageSet(**{**vars(found), **parts})


def test_a_column_of_names_stands_beside_each_column_of_rows(named):
    train, test = named.train_rows.tolist(), named.test_rows.tolist()
    columns = ("part", "row", "finding", "other_part", "other_row")
    rows = [("train", train[2], "copy", "test", test[1]), ("test", test[0], "far", "", "")]
    head, table = named.with_names(columns, rows)
    assert head == ("part", "row", "name", "finding", "other_part", "other_row", "other_name")
    assert table == [
        ("train", train[2], f"folder/a-rather-long-name-{train[2]}.png", "copy",
         "test", test[1], f"folder/a-rather-long-name-{test[1]}.png"),
        ("test", test[0], f"folder/a-rather-long-name-{test[0]}.png", "far", "", "", ""),
    ]  # fmt: skip


def test_a_table_of_one_part_says_which(named):
    row = named.test_rows.tolist()[2]
    head, table = named.with_names(("rank", "row"), [(1, row)], "test")
    assert (head, table) == (("rank", "row", "name"), [(1, row, f"folder/a-rather-long-name-{row}.png")])


def test_without_names_or_rows_a_table_is_as_it_was(named):
    plain = ImageSet("Plain", np.zeros((4, 2, 2)), np.zeros((1, 2, 2)))
    assert plain.with_names(("row",), [(3,)]) == (("row",), [(3,)])
    assert named.with_names(("row",), None) == (("row",), None)


def test_images_are_called_by_the_end_of_their_names_or_by_their_rows(named):
    row = int(named.train_rows[4])
    assert named.called("train", np.array([4])) == [f"folder/a-rather-long-name-{row}.png"]
    assert named.called("train", np.array([4]), short=True) == [f"…her-long-name-{row}"]
    plain = ImageSet("Plain", np.zeros((4, 2, 2)), np.zeros((1, 2, 2)), train_rows=np.array([5, 7, 8, 9]))
    assert plain.called("train", np.array([1, 3])) == ["7", "9"]
