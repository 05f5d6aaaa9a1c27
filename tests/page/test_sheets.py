"""A figure of pictures as the page has it: an image, and names where its tiles are."""

import json

import numpy as np
import pytest

from report_lib.common import style
from report_lib.page.sheets import is_sheet, sheet


def as_sheet(figure, columns):
    plain = json.loads(figure.to_json())
    assert is_sheet(plain)
    return sheet({"data": plain["data"], "layout": style.without_title(plain["layout"])}, columns)


def test_names_stand_over_their_tiles():
    own = as_sheet(style.image_grid(np.zeros((4, 10, 10)), columns=2, titles=["a", "R&D <b>", "c", "d"]), 2)
    # Two tiles of 10 pixels and a gap of 3; over each tile 4 pixels are free.
    assert own["ratio"] == pytest.approx(23 / 28)
    places = [(name["text"], name["kind"], name["x"], name["y"]) for name in own["names"]]
    assert places == [
        ("a", "over", pytest.approx(100 * 5 / 23), pytest.approx(100 * 3.5 / 28)),
        ("R&D <b>", "over", pytest.approx(100 * 18 / 23), pytest.approx(100 * 3.5 / 28)),
        ("c", "over", pytest.approx(100 * 5 / 23), pytest.approx(100 * 17.5 / 28)),
        ("d", "over", pytest.approx(100 * 18 / 23), pytest.approx(100 * 17.5 / 28)),
    ]


def test_names_of_rows_stand_at_their_middles_and_the_margin_holds_them():
    own = as_sheet(style.image_grid(np.zeros((4, 10, 10)), columns=2, titles=["x", "y"], rows=["one", "two"]), 2)
    rows = {name["text"]: name["y"] for name in own["names"] if name["kind"] == "beside"}
    assert rows == {"one": pytest.approx(100 * 8.5 / 26), "two": pytest.approx(100 * 21.5 / 26)}
    assert [name["text"] for name in own["names"] if name["kind"] == "over"] == ["x", "y"]
    assert own["margin"]["l"] > own["margin"]["r"]


def test_the_longest_name_over_a_tile_is_no_wider_than_the_tile():
    names = ["short", "a name of thirty letters or so"]
    own = as_sheet(style.image_grid(np.zeros((2, 10, 10)), columns=2, titles=names), 2)
    assert own["fit"] * 0.56 * len(names[1]) == pytest.approx(50)


def test_an_image_among_other_traces_is_no_sheet():
    figure = style.image_grid(np.zeros((1, 4, 4)), columns=1).add_scatter(x=[1], y=[1])
    assert not is_sheet(json.loads(figure.to_json()))
