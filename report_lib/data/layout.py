"""Which axis of an array counts the images: told by the labels, by what a person says, or by squares."""

import math

import numpy as np

from report_lib.common.errors import ReportError

_CHANNELS = (1, 3, 4)
# Images that tell how colours stand in a row.
_SEEN = 200


def images_first(
    array: np.ndarray, *, n_labels: int | None = None, image_shape: tuple[int, ...] = (), where: str
) -> tuple[np.ndarray, str]:
    """Bring an array of images to (n, h, w) or (n, h, w, c); nothing is copied.

    Parameters
    ----------
    array : ndarray
        (n, h, w), (h, w, n), (n, d), (d, n), or with an axis of 1, 3 or 4 colours: (n, h, w, c), (n, c, h, w), (h, w, c, n);
        d is h * w or 3 * h * w.
    n_labels : int, optional
        How many labels there are.
    image_shape : (height, width), or ()
        What images are known to measure.
    where : str
        What a message names the array by.

    Returns
    -------
    images : ndarray
    said : str
        How colours were found in flat rows; empty for others.

    Raises
    ------
    ReportError
        When there are none, or two readings are as good as each other; both are named.
    """
    shape = array.shape
    if 0 in shape:
        raise ReportError(f"{where}: shape {shape} has no image; needs (n, h, w), (n, h, w, colours) or (n, h*w)")
    if array.ndim not in (2, 3, 4):
        raise ReportError(f"{where}: shape {shape}; needs (n, h, w), (n, h, w, colours) or (n, h*w)")
    if shape == tuple(image_shape):
        return array[None], ""
    if array.ndim == 2:
        return _from_rows(array, n_labels, image_shape, where)
    if array.ndim == 3:
        return (array.transpose(2, 0, 1) if _images_last(shape, n_labels, image_shape, where) else array), ""
    return _colour_last(array, n_labels, where), ""


def _from_rows(
    array: np.ndarray, n_labels: int | None, image_shape: tuple[int, ...], where: str
) -> tuple[np.ndarray, str]:
    rows, columns = array.shape
    across, down = (_sides(d, image_shape) for d in (columns, rows))
    if len(across) == 3 and len(down) == 2 and n_labels not in (rows, columns):
        raise ReportError(
            f"{where}: shape {array.shape} is {rows:,} colour images of {across[1]} × {across[2]}, or {columns:,} images of "
            f"{down[0]} × {down[1]} in columns; say which by dataset.image_shape"
        )
    if n_labels == columns != rows or (down and not across and n_labels != rows):
        return _from_rows(array.T, columns, image_shape, where)
    if len(across) == 3:
        return _coloured(array, across[1:])
    if not across:
        says = (
            f"but image_shape {list(image_shape)} makes {math.prod(image_shape)}"
            if image_shape
            else (
                "which make no square: is a column missing or one too many? Else set dataset.image_shape to [height, width]"
            )
        )
        raise ReportError(f"{where}: rows of {columns} pixels, {says}")
    return array.reshape(rows, *across), ""


def _sides(d: int, image_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return height and width of images of so many values, 3 before them for colours, or nothing."""
    for colours, n in (((), d), ((3,), d // 3)):
        h, w = image_shape or (math.isqrt(n),) * 2
        if (h > 1 or image_shape) and h * w * math.prod(colours) == d:
            return *colours, h, w
    return ()


def _coloured(rows: np.ndarray, sides: tuple[int, ...]) -> tuple[np.ndarray, str]:
    """Take rows as three planes, as CIFAR has them, or as pixels of three values: whichever has smoother columns."""
    h, w = sides
    planes, pixels = rows.reshape(-1, 3, h, w).transpose(0, 2, 3, 1), rows.reshape(-1, h, w, 3)
    rough = [np.abs(np.diff(images[:_SEEN].astype(np.float64), axis=1)).mean() for images in (planes, pixels)]
    # Noise is as rough either way.
    images, kind = (pixels, "pixels") if rough[1] < 0.95 * rough[0] else (planes, "planes")
    return images, f"rows of {rows.shape[1]:,} taken as {kind} of red, green and blue"


def _images_last(shape: tuple[int, ...], n_labels: int | None, image_shape: tuple[int, ...], where: str) -> bool:
    """Say whether an array of three axes is (h, w, n)."""
    first, last = ((shape[0], shape[1:]), (shape[2], shape[:2]))
    fits = [n_labels in (None, n) and (not image_shape or sides == tuple(image_shape)) for n, sides in (first, last)]
    if fits[0] != fits[1]:
        return fits[1]
    if shape[2] in (3, 4) and not image_shape and n_labels is None:
        raise ReportError(
            f"{where}: shape {shape} looks like colour images, or one of them; images that are 3 or 4 pixels wide need "
            "dataset.image_shape, one image needs the shape (1, h, w, colours)"
        )
    square = [sides[0] == sides[1] for _, sides in (first, last)]
    if square[0] or shape[2] <= max(shape[:2]):
        return False
    if square[1]:
        return True
    raise ReportError(
        f"{where}: shape {shape} is {shape[0]:,} images of {shape[1]} × {shape[2]}, or {shape[2]:,} images of "
        f"{shape[0]} × {shape[1]}; say which by dataset.image_shape"
    )


def _colour_last(array: np.ndarray, n_labels: int | None, where: str) -> np.ndarray:
    # Where colours may stand, where the images are counted then, and the order that brings both to their places.
    readings = ((3, 0, (0, 1, 2, 3)), (1, 0, (0, 2, 3, 1)), (2, 3, (3, 0, 1, 2)))
    fits = [reading for reading in readings if array.shape[reading[0]] in _CHANNELS]
    if not fits:
        raise ReportError(f"{where}: shape {array.shape}; needs (n, h, w), (n, h, w, colours) or (n, h*w)")
    counted = [reading for reading in fits if n_labels in (None, array.shape[reading[1]])]
    return array.transpose((counted or fits)[0][2])
