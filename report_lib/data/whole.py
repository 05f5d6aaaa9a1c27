"""All images of a source of which a run looks at some: read block by block, so that they are never all in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from report_lib.common.arrays import UNKNOWN, blocks_of, fingerprint, rows_of
from report_lib.data.images import ImageSet
from report_lib.data.source import Part


@dataclass(frozen=True)
class Block:
    """Some images of a source, in their order.

    Attributes
    ----------
    part : str
        `all`, or `train` and `test` where the source has parts.
    rows : ndarray of shape (n,), int64
        Where they stand in it.
    images : ndarray of shape (n, h, w), uint8 or float32
    labels : ndarray of shape (n,), int64
        -1 where none is known.
    names : ndarray of str of shape (n,), or None
    seen, held_out : ndarray of shape (n,), bool
        Whether the run looks at an image, and whether nothing may be learnt from it.
    place : slice
        Where they stand among all images, of one part after the other.
    """

    part: str
    rows: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    names: np.ndarray | None
    seen: np.ndarray
    held_out: np.ndarray
    place: slice


@dataclass(frozen=True)
class Whole:
    """All images of a source.

    Attributes
    ----------
    parts : dict of str to Part
        Their images in grey, memory-mapped where the file can be, and their labels as in `looked_at`.
    looked_at : ImageSet
        Those that the run looks at.
    """

    parts: dict[str, Part]
    looked_at: ImageSet

    @property
    def n(self) -> int:
        """How many there are."""
        return sum(len(part.images) for part in self.parts.values())

    @property
    def has_names(self) -> bool:
        """Whether a person finds the images by name."""
        return all(part.names is not None for part in self.parts.values())

    @cached_property
    def copies(self) -> np.ndarray:
        """Whether each image, of one part after the other, has the pixels of an earlier one; it takes a pass over them."""
        blocks = (block for part in self.parts.values() for _, block in blocks_of(part.images))
        hashes = np.concatenate([_fingerprints(block) for block in blocks])
        order = np.lexsort(hashes.T)
        again = np.zeros(len(order), bool)
        again[order[1:]] = (hashes[order[1:]] == hashes[order[:-1]]).all(axis=1)
        return again

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """Return images by where they stand among all of them, ascending."""
        ends = np.cumsum([len(part.images) for part in self.parts.values()])
        cuts = np.split(rows, np.searchsorted(rows, ends[:-1]))
        starts = [0, *ends[:-1]]
        own = zip(self.parts.values(), cuts, starts, strict=True)
        return np.concatenate([rows_of(part.images, cut - start) for part, cut, start in own])

    @cached_property
    def _marks(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Whether each image of a part is seen, and held out: all of a test part that the source has itself."""
        rows, marks = self.looked_at.rows, {}
        for name, part in self.parts.items():
            seen = np.zeros(len(part.images), bool)
            held_out = np.full(len(seen), name == "test")
            for own in rows if name == "all" else (name,):
                seen[rows[own]] = True
            if name == "all":
                held_out[rows["test"]] = True
            marks[name] = seen, held_out
        return marks

    def blocks(self) -> Iterator[Block]:
        """Yield all images, block by block."""
        before = 0
        for name, part in self.parts.items():
            seen, held_out = self._marks[name]
            for start, images in blocks_of(part.images):
                at = slice(start, start + len(images))
                labels = np.full(len(images), UNKNOWN) if part.labels is None else part.labels[at]
                names = None if part.names is None else part.names[at]
                marks = seen[at], held_out[at], slice(before + at.start, before + at.stop)
                yield Block(name, np.arange(at.start, at.stop), images, labels, names, *marks)
            before += len(seen)


def _fingerprints(images: np.ndarray) -> np.ndarray:
    """Return a hash of 128 bits of each image, equal for equal ones; shape (n, 2), uint64."""
    return np.frombuffer(b"".join(map(fingerprint, images)), np.uint64).reshape(-1, 2)
