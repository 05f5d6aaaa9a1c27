"""Pairs of rows that are near, none missed, without comparing each with each; and images that are nearly another.

No projection onto orthonormal axes makes a distance longer, so pairs that are near on a few axes contain all pairs that are
near. On two axes rows lie in cells as wide as the radius, in each cell in the order of the third: who is near stands in the
same cell or one beside it, a little further on. Those few are compared on all axes at once, and what is left pixel by pixel.
"""

from collections.abc import Iterator

import numpy as np

from report_lib.common.arrays import flatten
from report_lib.data.whole import Whole

# Rows that are compared at a time, and with how many at most; bytes of images that are compared pixel by pixel at a time.
BLOCK, SPAN, BYTES = 256, 2**14, 2**25


def near_pairs(points: np.ndarray, radius: float, settled: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Yield every pair of rows that are no farther apart than a radius, and few that are a little farther.

    Parameters
    ----------
    points : ndarray of shape (n, d), float32
        On orthonormal axes, of which the first three should tell most.
    settled : ndarray of shape (n,), bool, optional
        May change in between: what is left out is pairs of rows that both are settled.

    Yields
    ------
    ndarray of shape (m, 2), int64
        The lower row first.
    """
    d, mean = points.shape[1], points.mean(axis=0)
    cell, beside = _cells(points[:, :2] - mean[:2], radius)
    order = np.lexsort([_third(points), cell])
    # Column by column: of a million rows one more copy would take a hundred megabytes.
    table = np.ones((len(points), d + 2), np.float32)
    for i in range(d):
        table[:, i] = points[order, i] - mean[i]
    centred = table[:, :d]
    table[:, d] = squares = np.einsum("ij,ij->i", centred, centred)
    # Single precision errs by so much in a sum of products of lengths like these.
    limit = radius**2 + (d + 2) * np.finfo(np.float32).eps * 4 * float(squares.max(initial=0.0))
    for rows, others in _spans(_third(centred), cell[order], beside, radius):
        pair = order[rows], order[others]
        if settled is not None and all(settled[own].all() for own in pair):
            continue
        asked = np.column_stack([-2 * centred[rows], np.ones_like(squares[rows]), squares[rows]])
        # Some forty times as fast as to look for the few along two dimensions.
        one, other = np.divmod(np.flatnonzero(asked @ table[others].T <= limit), others.stop - others.start)
        # Of a row and itself, and of two rows of one block, once.
        once = others.start + other > rows.start + one
        yield np.sort(np.column_stack([pair[0][one[once]], pair[1][other[once]]]), axis=1)


def _third(points: np.ndarray) -> np.ndarray:
    # Of fewer axes the last once more: it is as true, and tells nothing new.
    return points[:, min(2, points.shape[1] - 1)]


def _cells(points: np.ndarray, radius: float) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return the number of each row's cell, and how much higher those of the cell itself and of the next ones are."""
    across, down = (np.floor(points[:, i] / radius).astype(np.int64) for i in (0, min(1, points.shape[1] - 1)))
    down -= down.min()
    # Wide enough that no cell beyond the ends has another one's number.
    wide = int(down.max()) + 3
    return across * wide + down, (0, 1, wide - 1, wide, wide + 1)


def _spans(
    along: np.ndarray, cell: np.ndarray, beside: tuple[int, ...], radius: float
) -> Iterator[tuple[slice, slice]]:
    """Yield blocks of rows of one cell, each with rows that may be near: later ones of the cell, and of cells beside it."""
    along = along.astype(np.float64)
    numbers, starts = np.unique(cell, return_index=True)
    places = dict(
        zip(numbers.tolist(), zip(starts.tolist(), [*starts[1:].tolist(), len(cell)], strict=True), strict=True)
    )
    for number, (begin, end) in places.items():
        others = [places[number + more] for more in beside if number + more in places]
        for i in range(begin, end, BLOCK):
            j = min(i + BLOCK, end)
            for first, last in others:
                ahead = along[first:last]
                low = first + np.searchsorted(ahead, along[i] - radius)
                high = first + np.searchsorted(ahead, along[j - 1] + radius, "right")
                for k in range(i if first == begin else low, high, SPAN):
                    yield slice(i, j), slice(k, min(k + SPAN, high))


def nearly_another(whole: Whole, axes: np.ndarray, distance: float) -> np.ndarray:
    """Say of all images of a source whether they differ from another one, but by no more than a distance.

    Parameters
    ----------
    axes : ndarray of shape (n_pixels, d), float32
        Orthonormal, of which the first should tell most.
    distance : float
        Euclidean, between rows of pixels.

    Returns
    -------
    ndarray of shape (n,), bool
        Copies of an earlier image are left out, and are no other one.
    """
    points = np.empty((whole.n, axes.shape[1]), np.float32)
    for block in whole.blocks():
        points[block.place] = flatten(block.images).astype(np.float32) @ axes
    distinct = np.flatnonzero(~whole.copies)
    found, points = np.zeros(len(distinct), bool), points[distinct]
    most = max(1, BYTES // int(np.prod(whole.looked_at.image_shape)) // 4)
    waiting: list[np.ndarray] = []
    # Rounding of the projection: a pair more to look at is better than one missed.
    for pairs in near_pairs(points, distance * (1 + 1e-4), found):
        waiting.append(pairs[~found[pairs].all(axis=1)])
        if sum(map(len, waiting)) >= most:
            _look_at(np.concatenate(waiting), whole, distinct, distance, found, most)
            waiting = []
    _look_at(np.concatenate(waiting or [np.zeros((0, 2), np.int64)]), whole, distinct, distance, found, most)
    marks = np.zeros(whole.n, bool)
    marks[distinct[found]] = True
    return marks


def _look_at(
    pairs: np.ndarray, whole: Whole, distinct: np.ndarray, distance: float, found: np.ndarray, most: int
) -> None:
    """Mark who of candidates is near, by their pixels."""
    while len(pairs := pairs[~found[pairs].all(axis=1)]):
        some, pairs = pairs[:most], pairs[most:]
        rows, at = np.unique(some, return_inverse=True)
        images = flatten(whole.rows(distinct[rows])).astype(np.float32)
        one, other = at.reshape(-1, 2).T
        apart = np.sqrt(np.square(images[one] - images[other]).sum(axis=1, dtype=np.float64))
        found[some[apart <= distance]] = True
