"""Made images of which all is known: how many groups there are, or that there are none; 14 x 14 pixels, 0 to 255."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, shift

from report_lib.clustering import representations
from report_lib.clustering.representations import Representation, Shapes
from report_lib.data.images import ImageSet
from report_lib.reduction import linear

SIDE, N_COMPONENTS, N_NEIGHBORS = 14, 40, 12


@dataclass(frozen=True)
class Described:
    """Images with what notebooks 02 and 03 describe them by."""

    images: ImageSet
    shapes: Shapes
    by_title: dict[str, Representation]


def groups(rng, k, n, *, noise=0.5, moved=0.0, uneven=False):
    """Return images of k smooth pictures, each with smooth noise and some pixels away; and which they are of.

    `noise` is in standard deviations of the pictures, `moved` in pixels; of `uneven` groups the largest is four times as
    large as the smallest.
    """
    share = np.geomspace(1, 4, k) if uneven else np.ones(k)
    labels = rng.permutation(
        np.repeat(np.arange(k), np.diff(np.round(np.append(0, share.cumsum()) / share.sum() * n).astype(int)))
    )
    pictures = _unit(gaussian_filter(rng.normal(size=(k, SIDE, SIDE)), (0, 1.8, 1.8)))
    drawn = pictures[labels]
    if moved:
        drawn = np.stack([shift(own, rng.normal(0, moved, 2), order=1, mode="nearest") for own in drawn])
    return _as_pixels(drawn + noise * _unit(gaussian_filter(rng.normal(size=drawn.shape), (0, 1, 1)))), labels


def one_gaussian(rng, n):
    """Return draws from one Gaussian, neighbouring pixels alike."""
    return _as_pixels(gaussian_filter(rng.normal(size=(n, SIDE, SIDE)), (0, 1.5, 1.5)))


def noise(rng, n):
    """Return pixels that have nothing to do with one another."""
    return _as_pixels(rng.normal(size=(n, SIDE, SIDE)))


def shuffled(rng, n):
    """Return images of groups with each pixel shuffled among the images, so that no two pixels go together."""
    images = groups(rng, 6, n)[0]
    return np.stack([rng.permutation(pixel) for pixel in images.reshape(n, -1).T], axis=1).reshape(images.shape)


def one_picture(rng, n):
    """Return one picture, somewhat moved, in other lights, with noise: a single class."""
    images = groups(rng, 1, n, noise=0.3, moved=0.7)[0].astype(float)
    return _as_pixels(images * rng.uniform(0.6, 1.4, (n, 1, 1)))


def one_motion(rng, n):
    """Return a spot that may be anywhere: all images differ by one thing, which has no steps."""
    at = rng.uniform(3, SIDE - 4, (n, 2, 1, 1))
    grid = np.mgrid[:SIDE, :SIDE]
    return _as_pixels(np.exp(-((grid - at) ** 2).sum(axis=1) / 6) + 0.05 * rng.normal(size=(n, SIDE, SIDE)))


def one_turn(rng, n):
    """Return a bar at any angle."""
    angle = rng.uniform(0, np.pi, (n, 1, 1))
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    away = x * np.sin(angle) - y * np.cos(angle)
    return _as_pixels(np.exp(-(away**2) / 3) + 0.05 * rng.normal(size=(n, SIDE, SIDE)))


def described(images, *, n_test=0):
    """Describe images as notebooks 02 and 03 do; the last are the test part, or copies of the first few where there is none."""
    split = len(images) - n_test
    test = images[split:] if n_test else images[: N_NEIGHBORS + 1]
    made = ImageSet("made", images[:split], test)
    reducer = linear.fit(made.train_images, scaling="min-max").first(N_COMPONENTS)
    features = {part: linear.encode(reducer, own) for part, own in (("train", made.train_images), ("test", test))}
    shapes = representations.describe_shapes(made, ["graph"])
    ratio = np.ones(N_COMPONENTS)
    return Described(made, shapes, representations.gather(features, shapes, {}, k=N_NEIGHBORS, known={}, ratio=ratio))


def _unit(images):
    return images / images.std()


def _as_pixels(images):
    low, high = np.quantile(images, [0.001, 0.999])
    return np.clip(255 * (images - low) / (high - low), 0, 255).astype(np.uint8)
