"""Every test image on one map: where it lies, what became of it, and which images are nearest to it."""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from report_lib.classification.audit import Issues
from report_lib.classification.new_images import NewImages
from report_lib.clustering.representations import Representation
from report_lib.common.arrays import UNKNOWN, sample_rows, to_bytes
from report_lib.common.keep import kept
from report_lib.common.metrics import NOISE
from report_lib.common.neighbors import nearest
from report_lib.data.images import ImageSet

# Images on the map to explore, and in its figure.
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
    names : ndarray of str of shape (n,); or (0,)
        What a person finds the images by.
    thumbnails : ndarray of shape (n, h, w), uint8
    clusters : ndarray of shape (n,), int64
        -1 is noise.
    labels, predicted : ndarray of shape (n,), int64; or (0,) where there are none
        A label of -1 is unknown.
    margins : ndarray of shape (n,), float32; or (0,)
        How far the second answer is below the first, 0 to 1.
    suspects : ndarray of shape (n,), bool; or (0,)
        Whether the label is among the most doubtful.
    neighbors : ndarray of shape (n, k), int32
        The nearest of these images in the description, nearest first; positions in this map.
    """

    method: str
    positions: np.ndarray
    rows: np.ndarray
    names: np.ndarray
    thumbnails: np.ndarray
    clusters: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    margins: np.ndarray
    suspects: np.ndarray
    neighbors: np.ndarray

    @property
    def wrong(self) -> np.ndarray | None:
        """Whether each image is named wrongly, as far as is known; None where labels or answers are missing."""
        if not (len(self.predicted) and len(self.labels)):
            return None
        return (self.predicted != self.labels) & (self.labels != UNKNOWN)

    @cached_property
    def unsure_share(self) -> float | None:
        """Share of the mistakes that are among the quarter with the smallest margins; None without mistakes.

        Of the images whose labels are known.
        """
        if self.wrong is None or not self.wrong.any():
            return None
        known = self.labels != UNKNOWN
        wrong = self.wrong[known]
        least = np.argsort(self.margins[known], kind="stable")[: round(0.25 * len(wrong))]
        return float(wrong[least].sum() / wrong.sum())

    @cached_property
    def same_nearby(self) -> tuple[float, float] | None:
        """How many of the nearest are of the same class, on the map and in the description.

        Of images whose labels are known. The same cluster, noise left out, where there are no labels; None if all is
        noise, or no label is known nearby.
        """
        labelled = len(self.labels) > 0
        groups = self.labels if labelled else self.clusters
        kept = np.repeat((groups != NOISE)[:, None], self.neighbors.shape[1], axis=1)
        near = (nearest(self.positions, self.neighbors.shape[1]).indices, self.neighbors)
        told = [kept & (groups[indices] != UNKNOWN) if labelled else kept for indices in near]
        if not all(own.any() for own in told):
            return None
        same = (groups[indices] == groups[:, None] for indices in near)
        return tuple(float(one[own].mean()) for one, own in zip(same, told, strict=True))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what the page needs, by name."""
        return {one.name: np.asarray(getattr(self, one.name)) for one in fields(self)}

    def as_dict(self) -> dict[str, dict[str, float | None]]:
        """Return the numbers, under the names of `metrics.json`."""
        on_map, there = self.same_nearby or (None, None)
        numbers = {"mistakes_in_least_sure_quarter": self.unsure_share}
        return {"map": {**numbers, "same_nearby_on_map": on_map, "same_nearby": there}}


@kept
def build(
    images: ImageSet,
    representation: Representation,
    clusters: np.ndarray,
    train_map: np.ndarray | None,
    *,
    model: NewImages | None = None,
    issues: Issues | None = None,
    random_state: int,
) -> DataMap:
    """Put test images on the map of the train images; where there is none, on the first two axes of the description.

    Parameters
    ----------
    representation : Representation
        Says what is near; an image is put amid its nearest train images, at the median of their places.
    clusters : ndarray of shape (n_test,)
    train_map : ndarray of shape (n_train, 2), or None
    model : NewImages or None
        What names the test images.
    issues : Issues or None
        Whose labels are doubtful.
    """
    placed = train_map is not None and representation.test_graph is not None
    positions = amid(train_map, representation.test_graph.indices) if placed else representation.test[:, :2]
    chosen = sample_rows(len(positions), MOST, random_state)
    known = {
        "labels": images.test_labels,
        "predicted": model and model.answers.classes,
        "margins": model and model.answers.margin,
        "suspects": issues and _for_all(issues.parts["test"].first, images.labelled["test"]),
    }
    return DataMap(
        "UMAP" if placed else representation.title,
        np.asarray(positions[chosen], np.float32),
        images.rows["test"][chosen],
        np.zeros(0, str) if images.test_names is None else images.test_names[chosen],
        to_bytes(images.test_images[chosen]),
        clusters[chosen],
        neighbors=nearest(representation.test[chosen], min(N_NEIGHBORS, len(chosen) - 1)).indices,
        **{name: np.zeros(0, np.int64) if values is None else values[chosen] for name, values in known.items()},
    )


def _for_all(found: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return what was found of images with known labels for all images; False of the others."""
    whole = np.zeros(len(known), bool)
    whole[known] = found
    return whole


def amid(places: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Return, for each row of neighbours, the median place of the nearest; shape (n, 2)."""
    return np.median(places[indices[:, :AMID]], axis=1)
