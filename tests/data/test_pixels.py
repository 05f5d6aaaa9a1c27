"""Colour, range and size: what becomes of pixels, and what is said of it."""

import numpy as np
import pytest

from report_lib.common.errors import ReportError
from report_lib.data import pixels
from report_lib.data.pixels import as_grey, one_channel, resized


@pytest.fixture
def grey(rng):
    return rng.integers(0, 256, (5, 6, 4)).astype(np.uint8)


def seen(images, **options):
    return as_grey(images, where="f", **options)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x,
        lambda x: x.astype(np.int64),
        lambda x: x.astype(np.uint16),
        lambda x: x.astype(np.float64),
        lambda x: x.astype(np.float32) / np.float32(255),
        lambda x: x / 255,
        lambda x: x.astype(np.uint16) * 257,
        lambda x: x[..., None],
        lambda x: np.stack([x] * 3, axis=-1),
        lambda x: np.stack([x] * 3, axis=-1) / 255,
        lambda x: np.stack([x, x, x, np.full_like(x, 255)], axis=-1),
        lambda x: np.stack([x, np.full_like(x, 255)], axis=-1),
    ],
)
def test_the_same_images_in_every_type_are_the_same(grey, change):
    found = seen(change(grey)).images
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, grey)


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.array([[[-300, 40_000]]]), "values kept in their range, -300 to 40,000"),
        (np.array([[[0.1, 0.25]]]), "values kept in their range, 0.1 to 0.25"),
        (np.array([[[-1.5, 2]]], np.float32), "values kept in their range, -1.5 to 2"),
        (np.array([[[1, 4095]]], np.uint16), "values kept in their range, 1 to 4,095"),
    ],
)
def test_other_ranges_are_kept_as_float32(images, said):
    found = seen(images)
    assert found.images.dtype == np.float32
    np.testing.assert_array_equal(found.images, images.astype(np.float32))
    assert found.changes == (said,)


def test_truth_values_are_black_and_white():
    found = seen(np.array([[[True, False]]]))
    assert found.images.tolist() == [[[255, 0]]]
    assert found.images.dtype == np.uint8


def test_uint8_is_not_copied(grey):
    found = seen(grey)
    assert found.images is grey
    assert found.changes == ()
    assert found.originals is None


@pytest.mark.parametrize(
    ("colour", "expected"),
    [("luminance", [54, 182, 18, 0, 255]), ("red", [255, 0, 0, 0, 255]), ("green", [0, 255, 0, 0, 255]),
     ("blue", [0, 0, 255, 0, 255]), ("saturation", [255, 255, 255, 0, 0])],
)  # fmt: skip
def test_what_is_kept_of_a_colour(colour, expected):
    pure = np.array([[[[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0], [255, 255, 255]]]], np.uint8)
    luminance = [76, 150, 29, 0, 255]
    expected = luminance if colour == "luminance" else expected
    found = seen(pure, colour=colour)
    assert found.images[0, 0].tolist() == expected
    assert colour in found.changes[0]
    np.testing.assert_array_equal(found.originals, pure)
    assert one_channel(pure / 255, colour)[0, 0].tolist() == pytest.approx(np.array(expected) / 255, abs=0.003)


def test_half_transparent_ink_is_half_as_dark():
    ink = np.array([[[[0, 0, 0, 255], [0, 0, 0, 128], [0, 0, 0, 0], [200, 200, 200, 0]]]], np.uint8)
    assert seen(ink).images[0, 0].tolist() == [0, 127, 255, 255]
    assert one_channel(ink / 255, "luminance")[0, 0].tolist() == pytest.approx([0, 0.498, 1, 1], abs=1e-3)


def test_a_longest_side_and_the_tone_of_the_edge():
    image = np.full((4, 8), 200, np.uint8)
    image[1:3, 2:6] = 10
    found = resized(image, (16, 16))
    assert found.shape == (16, 16)
    assert set(found[:4].ravel()) == {200}
    assert found[4:12].min() == 10
    assert found[7, 7] == 10
    small = seen(np.stack([image] * 3), size=4)
    assert small.images.shape == (3, 4, 4)
    assert small.changes == (
        "brought to a longest side of 4 pixels and padded to a square with the tone of their edge",
    )
    assert small.originals.shape == (3, 4, 8, 3)
    assert resized(image.astype(np.float32) / 1000, (16, 16))[0, 0] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("value", "said"),
    [(np.nan, "NaN or infinity in 1 images, first in row 2"), (np.inf, "NaN or infinity"), (1e300, "cannot be squared"),
     (1e-200, "beyond what can be squared")],
)  # fmt: skip
def test_what_is_no_pixel(value, said):
    images = np.zeros((4, 2, 2))
    images[2, 1, 1] = value
    with pytest.raises(ReportError, match=said.replace("cannot", "beyond what can")):
        seen(images)
    with pytest.raises(ReportError, match="pixels are complex128"):
        seen(images.astype(complex))


@pytest.mark.parametrize("own", [1, 255, 65535])
@pytest.mark.parametrize("other", [1, 255, 65535])
def test_values_are_brought_to_the_white_of_others(rng, own, other):
    shares = rng.random((20, 4, 4), np.float32)
    found, said = pixels.scaled_like(shares * np.float32(own), 0.0, 0.99 * other)
    np.testing.assert_allclose(found, shares * other, rtol=1e-5)
    assert said == ("" if own == other else f"values brought from 0 to {own:,} to 0 to {other:,}, as the run's are")


@pytest.mark.parametrize("limits", [(0.0, 16.0), (-1.0, 1.0), (0.0, 1e6), (0.0, 0.2)])
def test_values_of_no_known_white_are_left(limits):
    images = np.linspace(0, 1, 16, dtype=np.float32).reshape(1, 4, 4)
    assert pixels.scaled_like(images, *limits) == (images, "")
