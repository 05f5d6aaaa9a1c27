"""Small models for new images: every kind that a run can make, of images that are drawn here."""

from dataclasses import replace
from functools import cache

import numpy as np
from sklearn.cluster import KMeans

from report_lib.classification import new_images
from report_lib.classification.networks import ConvClassifier
from report_lib.clustering.hog import OrientedGradients
from report_lib.common.metrics import NOISE
from report_lib.data.images import ImageSet
from report_lib.reduction.linear import LinearReducer, LinearRepresentation, PixelScaler
from report_lib.run.artifacts import to_json

NAMES = ["disc", "bar", "corner"]
DESCRIPTIONS = ("pca", "gradients")
KINDS = [f"{name}{more}" for name in DESCRIPTIONS for more in ("", " with a network", " without labels")]


def drawn(n, seed):
    """Images of 12 x 10 pixels: a disc, a bar or a corner, somewhere near the middle, on a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:12, :10]
    labels = np.arange(n) % 3
    found = rng.integers(0, 25, (n, 12, 10))
    for image, label in zip(found, labels, strict=True):
        a, b = rng.uniform(4.5, 6.5), rng.uniform(3.5, 5.5)
        shape = [np.hypot(y - a, x - b) < 3, np.abs(x - b) < 1, (y > a) & (x > b)][label]
        image[shape] += rng.integers(170, 230)
    return found.astype(np.uint8), labels


TRAIN, LABELS = drawn(150, 0)
TEST, TEST_LABELS = drawn(60, 1)


def pixels_described(n_components=8):
    scaler = PixelScaler("min-max").fit(TRAIN.reshape(150, -1))
    scaled = scaler.transform(TRAIN.reshape(150, -1))
    return LinearRepresentation(scaler, LinearReducer(n_components).fit(scaled))


def shapes_described(kind):
    return OrientedGradients((12, 10), n_components=9).fit(TRAIN.reshape(150, -1)) if "gradients" in kind else None


def grouped(kind, codes):
    """K-Means by centres, or clusters with some noise, which neighbours vote on."""
    if not kind.startswith("gradients"):
        fitted = KMeans(4, n_init=2, random_state=0).fit(codes)
        return {"train": fitted.labels_.astype(np.int64), "centers": fitted.cluster_centers_}
    return {"train": np.where(np.arange(150) % 11 == 0, NOISE, LABELS)}


def made(kind, **changes):
    return replace(_made(kind), **changes)


@cache
def _made(kind):
    pixels, shape = pixels_described(), shapes_described(kind)
    codes = (shape or pixels).transform(TRAIN.reshape(150, -1))
    network = None
    if kind.endswith("network"):
        network = ConvClassifier((4, 4), image_shape=(12, 10), max_epochs=3, batch_size=32, random_state=0)
        network.fit(TRAIN.reshape(150, -1), LABELS)
    found = new_images.build(
        pixels, shape, codes, {"n_neighbors": np.array(7), **grouped(kind, codes)},
        ImageSet("made", TRAIN, TEST, None if "without labels" in kind else LABELS, class_names=NAMES), network,
    )  # fmt: skip
    return new_images.calibrate(found, TEST)[0]


def saved(predictor, folder, run="mine"):
    folder.mkdir(exist_ok=True)
    paths = folder / "model.json", folder / "model.npz"
    np.savez(paths[1], allow_pickle=False, **new_images.to_arrays(predictor))
    paths[0].write_text(to_json(new_images.about(predictor, run, paths[1])), encoding="utf8")
    return paths


def sealed(about, npz):
    """Make the checksum in the JSON fit again what was changed on purpose."""
    known = new_images.About.model_validate_json(about.read_bytes())
    found = known.model_copy(update={"sha256": new_images.checksum(npz, known)})
    about.write_text(found.model_dump_json())
