"""What answers for new images: their cluster, their class, how sure that is, and whether they are like anything seen.

New images are described as the run described its own, told the cluster by the run's rule and the class by its network.
An image is like nothing seen when its nearest train images are farther away than those of nearly all test images were (Sun
et al., Out-of-distribution detection with deep nearest neighbors, 2022), or when the principal components of the pixels
leave out more of it (Jackson and Mudholkar, Control procedures for residuals associated with principal component analysis,
1979): noise has no shape, and so lies far from no shape.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from report_lib.clustering.gradients import EdgeHistograms
from report_lib.common.arrays import NOISE, UNKNOWN, flatten
from report_lib.common.neighbors import Neighbors, nearest_of_many, nearest_to_few, votes
from report_lib.reduction.linear_maps import LinearRepresentation

# Images are worked on so many at a time, the last filled up, so that no answer depends on how many images there are.
BLOCK = 1024
# An image more unusual than all but this share of the test images were is like nothing seen.
RAREST = 0.01


@dataclass(frozen=True)
class Answers:
    """What is said of images.

    Attributes
    ----------
    clusters : ndarray of shape (n,), int64
        -1 is noise.
    classes : ndarray of shape (n,), int64, or None
        None without labels.
    probability, margin : ndarray of shape (n,), float32
        Of the class, or of the cluster where there are no classes: the highest, and how far the next is below.
    distance : ndarray of shape (n,), float32
        To the nearest train images, mean.
    residual : ndarray of shape (n,), float32
        What the principal components leave out.
    as_unusual : ndarray of shape (n,), float32
        Share of the run's test images that were as far from their nearest train images, or had as large a residual; the
        smaller of the two, doubled for there being two.
    """

    clusters: np.ndarray
    classes: np.ndarray | None
    probability: np.ndarray
    margin: np.ndarray
    distance: np.ndarray
    residual: np.ndarray
    as_unusual: np.ndarray

    @property
    def like_seen(self) -> np.ndarray:
        """Whether each image is like anything seen."""
        return self.as_unusual >= RAREST


@dataclass(frozen=True)
class Predictor:
    """What answers, of one run.

    Attributes
    ----------
    pixels : LinearRepresentation
    shape : EdgeHistograms, or None
        The description that the neighbours are looked for in; None for that of the pixels.
    train : ndarray of shape (n_train, d), float32
        Codes of the train images.
    clusters : ndarray of shape (n_train,), int64
    centers : ndarray of shape (n_clusters, d), or None
        The rule of K-Means; the others' is a vote of the nearest train images.
    labels : ndarray of shape (n_train,), int64, or None
        -1 where they are unknown: such images have no vote on the class.
    distances, residuals : ndarray of shape (n_test,), float32
        From each test image to its nearest train images, mean, and what the components leave out; both ascending, and
        empty until the predictor is calibrated.
    network : classifier, or None
        What tells the class; without it the nearest train images vote.
    class_names : sequence of str
    n_neighbors : int
    image_shape : tuple of int
    low, high : float
        Range of the train pixels.
    """

    pixels: LinearRepresentation
    shape: EdgeHistograms | None
    train: np.ndarray
    clusters: np.ndarray
    centers: np.ndarray | None
    labels: np.ndarray | None
    distances: np.ndarray
    residuals: np.ndarray
    network: Any
    class_names: Sequence[str]
    n_neighbors: int
    image_shape: tuple[int, int]
    low: float
    high: float

    def predict(self, images: np.ndarray) -> Answers:
        """Answer for images of shape (n, h, w), of the run's shape and range."""
        rows = flatten(np.ascontiguousarray(images))
        codes = in_blocks((self.shape or self.pixels).transform, rows)
        graph = self._nearest(self.train, codes)
        in_clusters = votes(graph, self.clusters, max(int(self.clusters.max()) + 1, 1))
        told = in_clusters if self.labels is None else self._in_classes(rows, codes, graph)
        ranked = np.sort(np.column_stack([told, np.zeros(len(told))]), axis=1).astype(np.float32)
        return Answers(
            clusters=self._cluster(codes, in_clusters),
            classes=None if self.labels is None else told.argmax(axis=1),
            probability=ranked[:, -1],
            margin=ranked[:, -1] - ranked[:, -2],
            distance=(distance := graph.distances.mean(axis=1)),
            residual=(residual := in_blocks(self.pixels.residual, rows)),
            as_unusual=self.as_unusual(distance, residual),
        )

    def _cluster(self, codes: np.ndarray, shares: np.ndarray) -> np.ndarray:
        if self.centers is not None:
            return nearest_to_few(self.centers, codes, 1).indices[:, 0].astype(np.int64)
        # What is missing from 1 is the share of noise.
        return np.where(shares.max(axis=1) > 1 - shares.sum(axis=1), shares.argmax(axis=1), NOISE)

    def _nearest(self, train: np.ndarray, codes: np.ndarray) -> Neighbors:
        return nearest_of_many(train, codes, min(self.n_neighbors, len(train)))

    def _in_classes(self, rows: np.ndarray, codes: np.ndarray, graph: Neighbors) -> np.ndarray:
        if self.network is None:
            known = self.labels != UNKNOWN
            graph = graph if known.all() else self._nearest(self.train[known], codes)
            return votes(graph, self.labels[known], len(self.class_names))
        proba = np.zeros((len(rows), len(self.class_names)), np.float32)
        proba[:, self.network.classes_] = self.network.predict_proba(rows)
        return proba

    def as_unusual(self, distance: np.ndarray, residual: np.ndarray) -> np.ndarray:
        """Return the share of the run's test images that are as unusual, as `Answers` has it."""
        rarer = np.minimum(_share_beyond(self.distances, distance), _share_beyond(self.residuals, residual))
        return np.minimum(2 * rarer, 1).astype(np.float32)


def _share_beyond(known: np.ndarray, values: np.ndarray) -> np.ndarray:
    return (len(known) - np.searchsorted(known, values, side="left")) / max(len(known), 1)


def in_blocks(function: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Call a function of rows block by block, each of the same size: matrices of other sizes are rounded otherwise.

    So the first rows of a file get the same results, to the last bit, whatever follows them. Another place in the block
    may still change last digits.
    """
    return np.concatenate([function(block) for block in _blocks(rows)])[: len(rows)]


def _blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    for i in range(0, len(rows), BLOCK):
        block = rows[i : i + BLOCK]
        yield np.concatenate([block, np.repeat(block[:1], BLOCK - len(block), axis=0)])
