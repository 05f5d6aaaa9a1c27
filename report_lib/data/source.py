"""What a reader finds in a file or a folder, before anything is decided about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from report_lib.common.errors import ReportError


@dataclass(frozen=True)
class Asked:
    """What a person said about a source, in the section `dataset`; what is empty is found out.

    Attributes
    ----------
    keys : tuple of str
        Names of the arrays or columns: images; or images, labels; or train images and labels, test images and labels.
        In a table of pixels the only name is the column of labels.
    image_shape : (height, width), or ()
        What images are known to measure.
    transpose : bool
        Whether rows and columns of each image change places, as EMNIST needs.
    colour : str
        What is kept of a colour image.
    size : int or (height, width)
        Longest side that images are brought to, or what they are brought into, as a run's own are; 0 leaves them.
    """

    keys: tuple[str, ...] = ()
    image_shape: tuple[int, ...] = ()
    transpose: bool = False
    colour: str = "luminance"
    size: int | tuple[int, int] = 0

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Asked":
        """Return what the section `dataset` of a run has asked, lists as tuples."""
        given = {name: told[name] for name in vars(cls())}
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})


@dataclass(frozen=True)
class Part:
    """Images as they were found.

    Attributes
    ----------
    images : ndarray of shape (n, h, w), (n, h, w, c) or (n, d)
        Truth values, whole numbers or floats of any range.
    labels : ndarray of shape (n,) or (n, k), or None
        Text or numbers, one an image; or one column a class.
    names : ndarray of str of shape (n,), or None
        What a person finds an image by: a file's name, an id.
    said : str
        How they were taken out of the file, where that could be done otherwise.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    names: np.ndarray | None = None
    said: str = ""


@dataclass(frozen=True)
class Source:
    """What a reader found.

    Attributes
    ----------
    parts : dict of str to Part
        Either `all`, or `train` and `test`; a part for validation belongs to `train`.
    recognised : str
        What it was taken for, such as "1,200 PNG images of 28 × 28 in 10 folders, a class each".
    skipped : tuple of str
        A sentence for each kind of thing that was left out.
    class_names : tuple of str
        Names that the file itself gives its classes; labels are then positions in them.
    originals : ndarray of shape (k, h, w, 3), uint8, or None
        The first images, of the part `train` or `all`, as they came, where a reader has changed them.
    """

    parts: dict[str, Part]
    recognised: str
    skipped: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    originals: np.ndarray | None = None


def join(parts: Iterable[Part], where: str) -> Part:
    """Put the images of parts, at least one, behind each other.

    Raises
    ------
    ReportError
        When images differ in shape, or only one part has labels.
    """
    return reduce(lambda first, second: _join(first, second, where), parts)


def divided(together: np.ndarray, parts: dict[str, Part]) -> dict[str, np.ndarray]:
    """Return the rows of each part, of an array that has those of all parts behind each other."""
    ends = np.cumsum([len(part.images) for part in parts.values()])[:-1]
    return dict(zip(parts, np.split(together, ends), strict=True))


def _join(first: Part, second: Part, where: str) -> Part:
    if first.images.shape[1:] != second.images.shape[1:]:
        shapes = " and ".join(" × ".join(map(str, part.images.shape[1:])) for part in (first, second))
        raise ReportError(f"{where}: has parts with images of {shapes}; all need one shape")
    if (first.labels is None) != (second.labels is None):
        raise ReportError(f"{where}: only one of its parts has labels; give both or set dataset.use_labels to false")
    columns = [
        None if before is None or after is None else np.concatenate([before, after])
        for before, after in ((first.labels, second.labels), (first.names, second.names))
    ]
    return Part(np.concatenate([first.images, second.images]), *columns, first.said)
