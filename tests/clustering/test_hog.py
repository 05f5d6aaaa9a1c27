"""The description of shape does what can be worked out of it: edges, turns, brightness, shifts."""

import io

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

from report_lib.clustering import gradients
from report_lib.clustering.hog import OrientedGradients


def rows_of(*images):
    return np.stack(images).reshape(len(images), -1)


def step(column, *, side=28):
    """A black image, white from a column on."""
    image = np.zeros((side, side))
    image[:, column:] = 1.0
    return image


@pytest.fixture
def pictures(rng):
    """Twelve smooth images with edges of every direction, 28 x 28."""
    coarse = rng.random((12, 7, 7))
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


def test_a_vertical_edge_answers_in_its_direction_and_cell_alone():
    # Between columns 9 and 10, which is the middle of the third of seven cells of four pixels.
    brighter, darker = OrientedGradients((28, 28)).directions(rows_of(step(10), 1 - step(10)))
    for found, direction in ((brighter, 0), (darker, 8)):
        assert np.delete(found, direction, axis=0).max() < 2e-3
        assert found[direction].argmax(axis=1).tolist() == [2] * 7
        np.testing.assert_allclose(found[direction][:, 1], found[direction][:, 3], atol=2e-3)
        np.testing.assert_allclose(found[direction][:, 4:], 0.0, atol=0.1)


def test_a_horizontal_edge_answers_a_quarter_turn_on():
    down, up = OrientedGradients((28, 28)).directions(rows_of(step(22).T, 1 - step(22).T))
    for found, direction in ((down, 4), (up, 12)):
        assert np.delete(found, direction, axis=0).max() < 2e-3
        assert found[direction].argmax(axis=0).tolist() == [5] * 7


@pytest.mark.parametrize("turned", [0.0, 0.25, 3.5, 7.75, 12.4, 15.9])
def test_the_slope_of_a_plane_is_shared_by_the_two_directions_beside_it(turned):
    y, x = np.mgrid[:28, :28]
    angle = turned * 2 * np.pi / 16
    found = OrientedGradients((28, 28)).directions(rows_of(np.cos(angle) * x + np.sin(angle) * y))[0]
    # Seen by the middle cell, which no border disturbs.
    middle = found[:, 3, 3].astype(float) ** 2
    expected = np.zeros(16)
    expected[int(turned)], expected[(int(turned) + 1) % 16] = 1 - turned % 1, turned % 1
    np.testing.assert_allclose(middle / middle.sum(), expected, atol=1e-4)


def test_a_quarter_turn_of_the_image_turns_directions_and_cells(pictures):
    shape = OrientedGradients((28, 28))
    before, after = (
        shape.directions(X.reshape(12, -1)) ** 2 for X in (pictures, np.rot90(pictures, axes=(1, 2)).copy())
    )
    np.testing.assert_allclose(after, np.roll(np.rot90(before, axes=(2, 3)), -4, axis=1), atol=1e-6)
    assert np.abs(after - before).max() > 0.01


def test_brightness_and_contrast_change_nothing(pictures):
    shape, X = OrientedGradients((28, 28)), pictures.reshape(12, -1)
    squares = shape.histograms(X) ** 2
    np.testing.assert_allclose(shape.histograms(200 * X) ** 2, squares, atol=1e-6)
    np.testing.assert_allclose(shape.histograms(X + 5) ** 2, squares, atol=1e-5)
    np.testing.assert_allclose(shape.histograms(1 - X) ** 2, np.roll(squares.reshape(12, 16, -1), 8, 1).reshape(12, -1),
                               atol=1e-5)  # fmt: skip


def test_histograms_have_length_one_and_are_nowhere_negative(pictures):
    found = OrientedGradients((28, 28)).histograms(pictures.reshape(12, -1))
    assert found.dtype == np.float32
    assert found.min() >= 0
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-5)


def test_a_black_image_has_no_edges(pictures):
    found = OrientedGradients((28, 28)).histograms(rows_of(np.zeros((28, 28)), pictures[0]))
    assert (found[0] == 0).all()
    assert np.linalg.norm(found[1]) == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize("brightness", [0.3, 1, 200, 255, -3.7])
def test_an_image_of_one_brightness_has_no_edges(brightness):
    assert (OrientedGradients((28, 28)).histograms(np.full((1, 784), brightness)) == 0).all()


def test_a_shift_by_a_pixel_changes_shape_less_than_pixels(rng):
    drawn = np.zeros((28, 28))
    drawn[6:8, 6:20] = drawn[6:20, 6:8] = drawn[12:14, 6:16] = 1.0
    shape = OrientedGradients((28, 28))
    for axis in (0, 1):
        pixels = rows_of(drawn, np.roll(drawn, 1, axis=axis))
        shapes = shape.histograms(pixels)
        moved = [np.linalg.norm(X[1] - X[0]) / np.linalg.norm(X[0]) for X in (pixels, shapes)]
        assert 0.01 < moved[1] < 0.5 * moved[0]


@pytest.mark.parametrize(
    ("image_shape", "cells"), [((28, 28), (7, 7)), ((8, 8), (4, 4)), ((5, 7), (2, 3)), ((3, 20), (1, 7)), ((2, 2), (1, 1))]
)  # fmt: skip
def test_small_and_oblong_images_have_fewer_cells(rng, image_shape, cells):
    X = rng.random((6, image_shape[0] * image_shape[1]))
    shape = OrientedGradients(image_shape)
    found = shape.directions(X)
    assert found.shape == (6, 16, *cells)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found.reshape(6, -1), shape.histograms(X))


def test_an_oblong_image_has_its_edge_in_the_right_cell():
    image = np.zeros((8, 28))
    image[:, 18:] = 1.0
    found = OrientedGradients((8, 28)).directions(rows_of(image))[0]
    assert found.shape == (16, 4, 7)
    assert found[0].argmax(axis=1).tolist() == [4] * 4


@pytest.mark.parametrize("image_shape", [(8, 8), (5, 7), (3, 3), (2, 2)])
def test_small_images_can_be_described(rng, image_shape):
    X = rng.random((9, image_shape[0] * image_shape[1]))
    codes = OrientedGradients(image_shape).fit_transform(X)
    assert len(codes) == 9
    assert np.isfinite(codes).all()


def test_learning_and_describing_at_once_is_learning_and_then_describing(rng):
    X = rng.random((40, 64))
    together = OrientedGradients((8, 8), n_components=7).fit_transform(X)
    assert (together.shape, together.dtype) == ((40, 7), np.float32)
    np.testing.assert_array_equal(together, OrientedGradients((8, 8), n_components=7).fit(X).transform(X))


def test_images_are_described_one_by_one_whatever_the_chunk(rng, monkeypatch):
    X = rng.random((10, 64))
    whole = OrientedGradients((8, 8)).histograms(X)
    monkeypatch.setattr(gradients, "CHUNK", 3)
    np.testing.assert_allclose(OrientedGradients((8, 8)).histograms(X), whole, atol=1e-6)
    np.testing.assert_allclose(OrientedGradients((8, 8)).histograms(X[4:5]), whole[4:5], atol=1e-6)


def test_components_are_scikit_learns_of_the_histograms(rng):
    X, new = rng.random((60, 64)), rng.random((5, 64))
    shape = OrientedGradients((8, 8), n_components=6)
    known = PCA(6, svd_solver="full").fit(shape.histograms(X).astype(float))
    found = shape.fit(X).transform(new)
    expected = known.transform(shape.histograms(new))
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found * signs, expected, atol=1e-4)


@pytest.mark.parametrize("n_components", [5, 500])
def test_there_are_no_more_components_than_directions_in_cells(rng, n_components):
    X = rng.random((30, 35))
    shape = OrientedGradients((5, 7), n_orientations=8, n_cells=2, n_components=n_components)
    assert shape.fit_transform(X).shape == (30, min(n_components, 8 * 2 * 2))


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
@pytest.mark.parametrize(
    "options", [{}, {"n_components": 6}, {"blur": 0.4}, {"n_orientations": 8, "n_cells": 2, "n_components": 500}]
)
def test_loaded_again_it_gives_the_same_codes(rng, options, dtype):
    X = (rng.random((60, 63)) * 255).astype(dtype)
    fitted = OrientedGradients((9, 7), **options).fit(X[:40])
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **fitted.arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as kept:
        loaded = OrientedGradients.from_arrays(**kept)
    codes = fitted.transform(X)
    assert loaded.transform(X).shape == codes.shape
    assert loaded.transform(X).tobytes() == codes.tobytes()
    assert (loaded.image_shape, loaded.n_components) == ((9, 7), codes.shape[1])
    assert (loaded.n_orientations, loaded.n_cells, loaded.blur) == (fitted.n_orientations, fitted.n_cells, fitted.blur)
    np.testing.assert_array_equal(loaded.reducer_.explained_variance_, fitted.reducer_.explained_variance_)


def test_kept_and_loaded_twice_it_is_still_the_same(rng):
    X = rng.random((40, 64))
    fitted = OrientedGradients((8, 8), n_components=7).fit(X)
    once = OrientedGradients.from_arrays(**fitted.arrays()).arrays()
    assert {name: own.tobytes() for name, own in once.items()} == {
        name: own.tobytes() for name, own in fitted.arrays().items()
    }


def test_a_model_of_an_earlier_version_has_the_usual_blur(rng):
    fitted = OrientedGradients((8, 8), n_components=7).fit(rng.random((40, 64)))
    older = {name: own for name, own in fitted.arrays().items() if name != "blur"}
    assert OrientedGradients.from_arrays(**older).blur == fitted.blur


def test_what_has_learnt_nothing_cannot_be_kept():
    with pytest.raises(NotFittedError):
        OrientedGradients((8, 8)).arrays()
