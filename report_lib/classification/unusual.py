"""Images far from all others of their class, and copies: rare kinds, broken images, or ones in the wrong place."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from report_lib.clustering.representations import Representation
from report_lib.common.neighbors import nearest, nearest_to
from report_lib.data.images import ImageSet

# An image is far from its class beyond this many interquartile ranges above the third quartile of the class (Tukey's
# outer fence, Exploratory Data Analysis, 1977).
FENCE = 3.0
NEAREST_OF_CLASS = 5


@dataclass(frozen=True)
class Distances:
    """How far the images of one part are from their class.

    Attributes
    ----------
    labels : ndarray of shape (n,), int64
    distance : ndarray of shape (n,), float32
        Mean distance to the nearest train images of its own class; NaN where there are none.
    """

    labels: np.ndarray
    distance: np.ndarray

    @cached_property
    def far(self) -> np.ndarray:
        """Whether each image is beyond the fence of its class; shape (n,), bool."""
        far = np.zeros(len(self.labels), bool)
        for own in np.unique(self.labels):
            rows = np.flatnonzero((self.labels == own) & np.isfinite(self.distance))
            if len(rows):
                low, high = np.quantile(self.distance[rows], [0.25, 0.75])
                far[rows] = self.distance[rows] > high + FENCE * (high - low)
        return far

    @property
    def strangers(self) -> np.ndarray:
        """Rows of images far from their class, the farthest first."""
        rows = np.flatnonzero(self.far)
        return rows[np.argsort(-self.distance[rows], kind="stable")]


def to_own_class(
    labels: np.ndarray, codes: np.ndarray | None, train_codes: np.ndarray, train_labels: np.ndarray
) -> Distances:
    """Measure how far images are from the nearest train images of their class.

    Parameters
    ----------
    labels : ndarray of shape (n,), int64
    codes : ndarray of shape (n, d), or None
        None stands for the train images, of which none is its own neighbour.
    """
    distance = np.full(len(labels), np.nan, np.float32)
    for own in np.unique(labels):
        rows, among = np.flatnonzero(labels == own), train_codes[train_labels == own]
        k = min(NEAREST_OF_CLASS, len(among) - (codes is None))
        if k > 0:
            near = nearest(among, k) if codes is None else nearest_to(among, codes[rows], k)
            distance[rows] = near.distances.mean(axis=1)
    return Distances(labels, distance)


def distances(images: ImageSet, described: Representation) -> dict[str, Distances]:
    """Measure how far the images of both parts are from their class.

    Parameters
    ----------
    images : ImageSet
        Whose labels are all known.
    described : Representation
        Of these images.
    """
    labels = images.train_labels
    return {
        "train": to_own_class(labels, None, described.train, labels),
        "test": to_own_class(images.test_labels, described.test, described.train, labels),
    }


def among_known(copies: dict[str, np.ndarray], images: ImageSet) -> dict[str, np.ndarray]:
    """Return the copies whose labels are both known, by their places in `images.known`.

    Parameters
    ----------
    copies : dict with `pairs` and `rms`
        As in `rows_of`.
    """
    known = np.concatenate(list(images.labelled.values()))
    kept = known[copies["pairs"]].all(axis=1)
    return {"pairs": (np.cumsum(known) - 1)[copies["pairs"][kept]], "rms": copies["rms"][kept]}


def place(row: int, n_train: int) -> tuple[str, int]:
    """Return the part of an image, and its row there; test images are counted on from the last train image."""
    return ("train", row) if row < n_train else ("test", row - n_train)


@dataclass(frozen=True)
class Copies:
    """Pairs of copies and near-copies, as pictures.

    Attributes
    ----------
    n_pairs, n_exact, n_disagreeing : int
        All pairs that were found, those without a difference, and those with two different labels.
    called : list of (str, str)
        What a person finds the two images by, with their parts.
    labels : ndarray of shape (n, 2), int64
    images : ndarray of shape (n, 2, h, w)
        Those with different labels first, then exact copies before near-copies.
    """

    n_pairs: int
    n_exact: int
    n_disagreeing: int
    called: list[tuple[str, str]]
    labels: np.ndarray
    images: np.ndarray


def copies_of(found: dict[str, np.ndarray], images: ImageSet, *, most: int = 8) -> Copies | None:
    """Look at pairs of copies and near-copies; None without labels.

    Parameters
    ----------
    found : dict with `pairs` and `rms`
        As in `rows_of`.
    images : ImageSet
        Whose labels are all known.
    """
    if not images.has_labels:
        return None
    n_train = len(images.train_labels)
    labels = np.concatenate([images.train_labels, images.test_labels])[found["pairs"]]
    differ = labels[:, 0] != labels[:, 1]
    chosen = np.argsort(~differ, kind="stable")[:most]
    places = [[place(i, n_train) for i in pair] for pair in found["pairs"][chosen].tolist()]
    pictures = [[getattr(images, f"{part}_images")[row] for part, row in pair] for pair in places]
    mark = "" if images.has_names else "#"
    called = [
        tuple(f"{part} {mark}{images.called(part, np.array([row]), short=True)[0]}" for part, row in pair)
        for pair in places
    ]
    n_exact = int(np.sum(found["rms"] == 0))
    shaped = np.array(pictures).reshape(-1, 2, *images.image_shape)
    return Copies(len(differ), n_exact, int(differ.sum()), called, labels[chosen], shaped)


COLUMNS = ("part", "row", "finding", "label", "distance_to_class", "other_part", "other_row")


def rows_of(
    found: dict[str, Distances] | None, copies: dict[str, np.ndarray], images: ImageSet
) -> list[tuple[object, ...]] | None:
    """List images far from their class, the farthest first, then copies and near-copies.

    Parameters
    ----------
    copies : dict
        `pairs` of shape (n_pairs, 2), int, of copies and near-copies, test rows counted on from the last train row; `rms` of
        shape (n_pairs,), 0 for copies.

    Returns
    -------
    list of tuple, or None
        In the order of `COLUMNS`; rows are those of the file that a person has.
    """
    if found is None:
        return None

    def line(part: str, row: int, finding: str, *other: object) -> tuple[object, ...]:
        own = found[part]
        label, distance = images.class_names[own.labels[row]], float(own.distance[row])
        return (part, int(images.rows[part][row]), finding, label, distance, *(other or ("", "")))

    listed = [line(part, row, "far") for part, own in found.items() for row in own.strangers.tolist()]
    for pair, difference in zip(copies["pairs"].tolist(), copies["rms"].tolist(), strict=True):
        (part, row), (other, other_row) = (place(i, len(images.train_labels)) for i in pair)
        kind = "copy" if difference == 0 else "near-copy"
        listed.append(line(part, row, kind, other, int(images.rows[other][other_row])))
    return listed
