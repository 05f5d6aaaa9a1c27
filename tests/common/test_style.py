"""One style for every figure: upright images, one colour a class, noise in grey."""

import numpy as np
import pytest

from report_lib.common import style
from tests.figures import decode


def test_image_grids_are_upright_square_and_one_png():
    images = np.zeros((3, 4, 6))
    images[0, 0, 0] = 1.0  # a bright top left corner
    fig = style.image_grid(images, columns=2)
    assert len(fig.data) == 1
    sheet = decode(fig)
    assert sheet.shape == (2 * (4 + style.GAP), 6 + style.GAP + 6, 2)
    assert sheet[style.GAP, 0, 0] == 255
    assert sheet[style.GAP + 3, 0, 0] == 0
    assert fig.layout.yaxis.scaleanchor == "x"
    assert fig.layout.yaxis.range[0] > fig.layout.yaxis.range[1]


def test_colours_are_drawn_as_they_are():
    images = np.arange(2 * 2 * 3 * 3, dtype=np.uint8).reshape(2, 2, 3, 3)
    sheet = decode(style.image_grid(images, columns=2))
    assert sheet.shape[2] == 4
    np.testing.assert_array_equal(sheet[style.GAP : style.GAP + 2, :3, :3], images[0])
    assert sheet[0, 0, 3] == 0
    assert sheet[style.GAP, 0, 3] == 255


def test_tiles_lie_where_their_titles_are():
    images = np.stack([np.full((5, 5), v) for v in (0.0, 0.5, 1.0)])
    fig = style.image_grid(images, columns=3, titles=["a", "b", "c"])
    sheet = decode(fig)
    for note, value in zip(fig.layout.annotations, (0, 128, 255), strict=True):
        assert sheet[int(note.y) + 2, round(note.x), 0] == value


def test_signed_images_have_zero_in_the_middle():
    fig = style.image_grid(np.array([[[-2.0, 0.0, 1.0]]]), columns=1, diverging=True)
    assert decode(fig)[style.GAP, :, 0].tolist() == [0, 128, 191]


@pytest.mark.parametrize(("clusters", "name"), [(True, "noise"), (False, "unknown")])
def test_what_is_in_no_group_is_grey_and_beneath(clusters, name):
    fig = style.scatter(np.arange(4.0), np.arange(4.0), np.array([0, -1, 1, -1]), ["a", "b"], clusters=clusters)
    assert [trace.name for trace in fig.data] == [name, "a", "b"]
    assert fig.data[0].marker.color == style.NOISE_COLOR
    assert len(fig.data[0].x) == 2


def test_coordinates_are_sent_in_float32():
    fig = style.scatter(np.arange(4.0), np.arange(4.0), None, [])
    assert fig.data[0].x.dtype == np.float32


def test_one_color_a_class():
    assert style.color(3) == style.color(3) != style.color(4)
    assert len(set(style.PALETTE)) == 10
    assert style.color(-1) == style.NOISE_COLOR
