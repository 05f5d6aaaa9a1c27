"""The page's lists as tables."""

import base64
import io

import numpy as np
from PIL import Image

from report_lib.page import explorer, lists

PICTURES = np.repeat(np.arange(0, 250, 2, dtype=np.uint8), 12).reshape(-1, 4, 3)
MADE = {
    "label_next/row": np.arange(98) * 3,
    "label_next/cluster": np.array(["C1"] * 98),
    "label_next/stands_for": np.arange(98),
    "least_sure/row": np.array([7, 5]),
    "least_sure/name": np.array(["<b>.png", "=1+1.png"]),
    "least_sure/margin": np.array([0.00049, 0.25], np.float32),
    "pictures": PICTURES[:100],
}


def test_each_list_has_its_columns_and_its_rows():
    first, last = lists.tables(MADE)
    assert (first["id"], first["part"], first["file"]) == ("next-label-next", "train", "label_next.csv")
    assert first["columns"] == ["row", "cluster", "stands for"]
    assert first["rows"][2] == {"picture": (2, 0), "cells": ("6", "C1", "2")}
    assert (last["id"], last["part"]) == ("next-least-sure", "test")
    assert [row["cells"] for row in last["rows"]] == [("7", "<b>.png", "0.000"), ("5", "=1+1.png", "0.250")]
    # The pictures of one list follow those of the one before.
    assert [row["picture"] for row in last["rows"]] == [(98, 0), (99, 0)]


def test_pictures_go_on_in_the_next_line_of_the_sprite():
    made = {"label_next/row": np.arange(103), "pictures": PICTURES[:103]}
    assert lists.tables(made)[0]["rows"][101]["picture"] == (1, 1)


def test_the_sprite_has_the_pictures_where_the_tables_say():
    told = lists.sprite(MADE)
    assert (told["columns"], told["ratio"]) == (100, 0.75)
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(told["source"].split(",")[1]))).convert("L"))
    column, line = lists.tables(MADE)[1]["rows"][1]["picture"]
    tile = sheet[4 * line : 4 * line + 4, 3 * column : 3 * column + 3]
    np.testing.assert_array_equal(tile, explorer.stretched(MADE["pictures"])[99])


def test_lists_of_labels_take_marks_and_the_script_knows_those_of_before():
    doubted = {
        f"doubt_test/{name}": np.array([value]) for name, value in (("row", 3), ("label", "Bag"), ("likelier", ""))
    }
    assert [own["marks"] for own in lists.tables(MADE | doubted)] == [False, True, False]
    before = {"part": np.array(["test"]), "row": np.array([3]), "was": np.array(["Coat"]), "label": np.array(["Bag"])}
    arrays = MADE | {f"marks/{name}": values for name, values in before.items()}
    told = lists.marks(arrays, ["Coat", "Bag"], {"images": "x"})
    assert told["earlier"] == [{"part": "test", "row": 3, "was": "Coat", "label": "Bag"}]
    assert told["classes"] == ["Coat", "Bag"]
    # Marks of one data set are not those of another, nor of the same with corrected labels.
    assert told["of"] != lists.marks(arrays, ["Coat", "Bag"], {"images": "x", "corrections": "y"})["of"]
    assert lists.marks(MADE, [], {})["earlier"] == []
    assert len(lists.tables(arrays)) == 2


def test_a_run_without_lists_has_no_tables():
    assert lists.tables({"pictures": PICTURES[:0]}) == []
    assert lists.sprite({"pictures": PICTURES[:0]}) == {}
