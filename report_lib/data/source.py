"""What a reader finds in a file or a folder, before anything is decided about it."""

from dataclasses import dataclass

import numpy as np


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
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    names: np.ndarray | None = None


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
    """

    parts: dict[str, Part]
    recognised: str
    skipped: tuple[str, ...] = ()
