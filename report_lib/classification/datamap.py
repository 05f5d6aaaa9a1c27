"""Every test image on one map: where it lies, what became of it, and which images are nearest to it."""

from dataclasses import dataclass

import numpy as np

from report_lib.clustering.representations import Representation
from report_lib.common.metrics import NOISE
from report_lib.common.neighbors import nearest

MOST = 10_000
N_NEIGHBORS = 6
# An image is put amid so many of its nearest train images.
AMID = 5


@dataclass(frozen=True)
class DataMap:
    """Test images as points.

    Attributes
    ----------
    method : str
        What laid the train images out, such as `UMAP`.
    positions : ndarray of shape (n, 2), float32
    rows : ndarray of shape (n,), int64
        Where they stand in the file that they came from.
    thumbnails : ndarray of shape (n, h, w), uint8
    clusters : ndarray of shape (n,), int64
        -1 is noise.
    labels, predicted : ndarray of shape (n,), int64; or (0,) where there are none
    margins : ndarray of shape (n,), float32; or (0,)
        How far the second answer is below the first, 0 to 1.
    suspects : ndarray of shape (n,), bool; or (0,)
        Whether the label looks wrong.
    neighbors : ndarray of shape (n, k), int32
        The nearest of these images in the description, nearest first; positions in this map.
    """

    method: str
    positions: np.ndarray
    rows: np.ndarray
    thumbnails: np.ndarray
    clusters: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    margins: np.ndarray
    suspects: np.ndarray
    neighbors: np.ndarray

    @property
    def wrong(self) -> np.ndarray | None:
        """Whether each image is named wrongly; None where labels or answers are missing."""
        return self.predicted != self.labels if len(self.predicted) and len(self.labels) else None

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what the page needs, by name."""
        return {name: np.asarray(value) for name, value in vars(self).items()}


def build(
    images: np.ndarray,
    rows: np.ndarray,
    space: Representation,
    clusters: np.ndarray,
    train_map: np.ndarray | None,
    *,
    labels: np.ndarray | None = None,
    predicted: np.ndarray | None = None,
    margins: np.ndarray | None = None,
    suspects: np.ndarray | None = None,
    indices: np.ndarray,
) -> DataMap:
    """Put test images on the map of the train images; where there is none, on the first two axes of the description.

    Parameters
    ----------
    images : ndarray of shape (n_test, h, w)
    rows, clusters, labels, predicted, margins, suspects : ndarray of shape (n_test,)
        As in `DataMap`; None where there are none.
    space : Representation
        Says what is near; an image is put amid its nearest train images, at the median of their places.
    train_map : ndarray of shape (n_train, 2), or None
    indices : ndarray of int
        The test images wanted.
    """
    placed = train_map is not None and space.test_graph is not None
    positions = amid(train_map, space.test_graph.indices) if placed else space.test[:, :2]
    of = {"labels": labels, "predicted": predicted, "margins": margins, "suspects": suspects}
    return DataMap(
        "UMAP" if placed else space.title,
        np.asarray(positions[indices], np.float32),
        rows[indices],
        to_bytes(images[indices]),
        clusters[indices],
        neighbors=nearest(space.test[indices], min(N_NEIGHBORS, len(indices) - 1)).indices,
        **{name: np.zeros(0, np.int64) if values is None else values[indices] for name, values in of.items()},
    )


def amid(places: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Return, for each row of neighbours, the median place of the nearest; shape (n, 2)."""
    return np.median(places[indices[:, :AMID]], axis=1)


def to_bytes(images: np.ndarray) -> np.ndarray:
    """Return images as uint8, the darkest pixel of all as 0 and the brightest as 255; uint8 is left as it is."""
    if images.dtype == np.uint8:
        return np.array(images)
    low, high = float(images.min()), float(images.max())
    return np.round((images - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)


def unsure_share(found: DataMap, share: float = 0.25) -> float | None:
    """Return the share of the mistakes that are among the images of the smallest margins; None without mistakes.

    Parameters
    ----------
    share : float
        Of the images, those of the smallest margins.
    """
    wrong = found.wrong
    if wrong is None or not wrong.any():
        return None
    least = np.argsort(found.margins, kind="stable")[: round(share * len(wrong))]
    return float(wrong[least].sum() / wrong.sum())


def hit(found: DataMap, *, k: int = N_NEIGHBORS) -> tuple[float, float] | None:
    """Return how many of the nearest are of the same class, on the map and in the description.

    The same cluster, noise left out, where there are no labels; None if all is noise.
    """
    groups = found.labels if len(found.labels) else found.clusters
    kept = groups != NOISE
    if not kept.any():
        return None
    k = min(k, found.neighbors.shape[1])
    near = (nearest(found.positions, k).indices, found.neighbors[:, :k])
    return tuple(float((groups[indices] == groups[:, None])[kept].mean()) for indices in near)


def numbers(unsure: float | None, near: tuple[float, float] | None) -> dict[str, float | None]:
    """Name what `unsure_share` and `hit` return as `metrics.json` does."""
    on_map, there = near or (None, None)
    return {"mistakes_in_least_sure_quarter": unsure, "same_nearby_on_map": on_map, "same_nearby": there}
