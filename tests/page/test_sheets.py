"""A figure of pictures as the page has it: tiles cut from one image, each with its name."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from report_lib.classification.figures import supervised
from report_lib.common import style
from report_lib.page.sheets import is_sheet, sheet
from tests.classification.test_figures import pictures
from tests.made import NAMES, scored


def as_sheet(figure):
    plain = json.loads(figure.to_json())
    assert is_sheet(plain)
    return sheet({"data": plain["data"], "layout": style.without_title(plain["layout"])}, plain["layout"]["meta"])


def names(own):
    return [[cell["over"] for cell in row["cells"]] for row in own["rows"]]


def test_each_tile_has_its_name_and_the_last_row_ends_with_the_last_tile():
    own = as_sheet(style.image_grid(np.zeros((3, 10, 10)), columns=2, titles=["a", "R&D <b>", "c"]))
    assert names(own) == [["a", "R&D <b>"], ["c"]]
    assert own["heads"] == []
    assert [row["name"] for row in own["rows"]] == ["", ""]


def test_rows_have_names_and_columns_heads():
    own = as_sheet(style.image_grid(np.zeros((4, 10, 10)), columns=2, titles=["x", "y"], rows=["one", "two"]))
    assert [row["name"] for row in own["rows"]] == ["one", "two"]
    assert own["heads"] == ["x", "y"]
    assert names(own) == [["", ""], ["", ""]]


@pytest.mark.parametrize(
    ("heads", "on_end"),
    [(["mean", "medoid"], ""), (["T-shirt/top", "x"], "phone"), ([str(i) for i in range(13)], "everywhere")],
)
def test_long_and_many_heads_stand_on_end(heads, on_end):
    n = len(heads)
    own = as_sheet(style.image_grid(np.zeros((n, 4, 4)), columns=n, titles=heads, rows=["row"]))
    assert own["on_end"] == on_end


def test_tiles_are_cut_where_they_are_in_the_source():
    # Two columns of 10 pixels with a gap of 3, rows of 6 with 4 pixels above: 23 by 20 pixels.
    own = as_sheet(style.image_grid(np.zeros((4, 6, 10)), columns=2, titles=["a", "b", "c", "d"]))["cut"]
    assert own["ratio"] == pytest.approx(10 / 6)
    assert own["size"] == pytest.approx(230)
    # A background at p percent has p percent of what is beyond the tile to its left, or above.
    assert own["x"] * (23 - 10) / 100 == pytest.approx(13)
    assert own["top"] * (20 - 6) / 100 == pytest.approx(4)
    assert own["y"] * (20 - 6) / 100 == pytest.approx(10)


def test_a_confusion_in_pictures_is_shaded_by_how_many_there_are(rng):
    score = next(score for score in scored(rng) if score.predictions.name == "conv")
    own, counts = as_sheet(supervised.confusion(score, pictures(rng))), score.confusion
    assert own["heads"] == [row["name"] for row in own["rows"]] == list(NAMES)
    assert names(own) == [[f"{count:,}" if count else "" for count in row] for row in counts]
    shades = np.array([[cell["shade"] for cell in row["cells"]] for row in own["rows"]])
    np.testing.assert_allclose(shades**2, counts / counts.sum(axis=1, keepdims=True), atol=0.01)
    weights = np.array([[cell["weight"] for cell in row["cells"]] for row in own["rows"]])
    assert ((weights > 400) == (np.eye(len(counts)) * counts > 0)).all()


def test_an_image_among_other_traces_is_no_sheet():
    figure = style.image_grid(np.zeros((1, 4, 4)), columns=1).add_scatter(x=[1], y=[1])
    assert not is_sheet(json.loads(figure.to_json()))


def pixels(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGBA"), float)


@pytest.mark.parametrize(("side", "exact"), [(28, True), (64, False)])
def test_pictures_keep_their_pixels_and_nearly_so_on_large_sheets(side, exact):
    steps = np.linspace(0, 3, side)
    images = np.stack([np.sin(steps * k)[:, None] * np.cos(steps)[None, :] for k in range(1, 61)])
    figure = style.image_grid(images, columns=10)
    drawn, sent = pixels(figure.data[0].source), pixels(as_sheet(figure)["source"])
    difference = np.abs(drawn - sent)[drawn[..., 3] > 0]
    assert difference.max() == 0 if exact else 0 < difference.mean() < 2
    np.testing.assert_array_equal(drawn[..., 3], sent[..., 3])
