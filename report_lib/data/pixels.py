"""From pixels as they were found to one grey value each, in uint8 or float32: colour, range and size."""

from dataclasses import dataclass

import numpy as np

from report_lib.common.errors import ReportError

COLOURS = ("luminance", "red", "green", "blue", "saturation")
# So many of the first images are kept as they came, and as large.
N_ORIGINALS, ORIGINAL_SIDE = 40, 96
# What is larger is brought to this, asked or not: components come from a matrix of pixels by pixels.
MAX_SIDE = 64
# ITU-R BT.601 as Pillow computes it, in 65,536ths: grey in colour stays exactly what it was.
_LUMINANCE = (19595, 38470, 7471)
_CHUNK = 1024
_WHITES = (1, 255, 65535)
# A longest side, or height and width.
Size = int | tuple[int, int]


@dataclass(frozen=True)
class Grey:
    """Images that the report can work with.

    Attributes
    ----------
    images : ndarray of shape (n, h, w), uint8 or float32
    changes : tuple of str
        What was done to colour, size or range, such as "colour taken as its luminance"; empty where nothing was.
    originals : ndarray of shape (k, h, w, 3), uint8, or None
        The first images as they came; None where nothing was changed.
    """

    images: np.ndarray
    changes: tuple[str, ...] = ()
    originals: np.ndarray | None = None


def as_grey(images: np.ndarray, *, colour: str = "luminance", size: Size = 0, where: str) -> Grey:
    """Bring images to one value a pixel.

    uint8 stays as it is. Truth values become 0 and 255. Whole numbers from 0 to 255 become uint8, whatever their type,
    and so does what was uint8 before it was divided by 255 or multiplied by 257. Everything else becomes float32 and
    keeps its range.

    Parameters
    ----------
    images : ndarray of shape (n, h, w) or (n, h, w, c)
        With 1 to 4 channels: grey, grey and alpha, colour, colour and alpha.
    colour : str
        One of `COLOURS`.
    size : int or (height, width)
        Longest side that images are brought to, padded to a square; or what they are brought into. 0 leaves them, up to
        `MAX_SIDE`.
    where : str
        What a message names the images by.

    Raises
    ------
    ReportError
        When a pixel is NaN, infinite, or no number that can be squared in float32.
    """
    changes, raw = [], images
    if images.ndim == 4:
        changes += [described(colour)] if is_coloured(images[:_CHUNK]) else []
        images = _in_chunks(images, colour)
    images, note = to_range(images, where)
    changes += [note] if note else []
    shape = shape_for(images.shape[1:3], size)
    if shape not in (None, images.shape[1:]):
        changes.append(sized_as(shape))
        images = np.stack([resized(image, shape) for image in images])
    return Grey(images, tuple(changes), _shown(raw) if changes else None)


def described(colour: str) -> str:
    """Say what is taken of a colour."""
    return f"colour taken as its {colour}" if colour in ("luminance", "saturation") else f"of colour, {colour} alone"


def sized_as(shape: tuple[int, int]) -> str:
    """Say how images get their height and width."""
    h, w = shape
    if h == w:
        return f"brought to a longest side of {h} pixels and padded to a square with the tone of their edge"
    return f"brought into {h} × {w} pixels and padded with the tone of their edge"


def shape_for(shape: tuple[int, int], size: Size) -> tuple[int, int] | None:
    """Return the height and width that images of a shape are brought to; None where they stay as they are."""
    if isinstance(size, tuple):
        return size
    side = size or (MAX_SIDE if max(shape) > MAX_SIDE else 0)
    return (side, side) if side else None


def is_coloured(images: np.ndarray) -> bool:
    """Say whether channels of images of shape (..., c) differ."""
    return images.shape[-1] >= 3 and bool((images[..., :1] != images[..., 1:3]).any())


def one_channel(images: np.ndarray, colour: str) -> np.ndarray:
    """Bring the last axis of images, 1 to 4 channels, to one value; what is transparent is laid on white."""
    if images.shape[-1] in (2, 4):
        images = _on_white(images)
    if images.shape[-1] == 1:
        return images[..., 0]
    if colour == "saturation":
        return _saturation(images)
    if colour != "luminance":
        return images[..., ("red", "green", "blue").index(colour)]
    if images.dtype == np.uint8:
        return ((images.astype(np.uint32) @ np.array(_LUMINANCE, np.uint32) + 2**15) >> 16).astype(np.uint8)
    grey = (images.astype(np.float64) @ np.array(_LUMINANCE, np.float64)) / 2**16
    return np.round(grey) if images.dtype.kind in "iu" else grey


def to_range(images: np.ndarray, where: str) -> tuple[np.ndarray, str]:
    """Return images as uint8 or float32, and what was done for it, if a reader should know."""
    if images.dtype == np.uint8:
        return images, ""
    if images.dtype == bool:
        return images.astype(np.uint8) * np.uint8(255), "truth values taken as 0 and 255"
    if images.dtype.kind not in "iuf":
        raise ReportError(f"{where}: pixels are {images.dtype}; save them as whole numbers or floats")
    low, high = _limits(images, where)
    if low >= 0 and high <= 255 and _whole(images):
        return images.astype(np.uint8), ""
    if images.dtype == np.uint16 and not (images % 257).any():
        return (images // 257).astype(np.uint8), "16 bits brought back to 8, which is all they hold"
    if images.dtype.kind == "f" and low >= 0 and high <= 1:
        stretched = np.round(images * images.dtype.type(255))
        if np.abs(images * images.dtype.type(255) - stretched).max() < 1e-3:
            return stretched.astype(np.uint8), "0 to 1 brought back to 0 to 255"
    return images.astype(np.float32, copy=False), f"values kept in their range, {low:,g} to {high:,g}"


def scaled_like(images: np.ndarray, low: float, high: float) -> tuple[np.ndarray, str]:
    """Bring images to the white of others, known by their limits, where these count to another of 1, 255 and 65,535.

    Parameters
    ----------
    images : ndarray of shape (n, h, w), uint8 or float32
    low, high : float
        The least and the largest value of the others.

    Returns
    -------
    images : ndarray of shape (n, h, w)
    said : str
        What was done; empty where nothing was.
    """
    own, other = (_counts_to(*limits) for limits in ((float(images.min()), float(images.max())), (low, high)))
    if not own or not other or own == other:
        return images, ""
    return images * np.float32(other / own), f"values brought from 0 to {own:,} to 0 to {other:,}, as the run's are"


def _counts_to(low: float, high: float) -> int:
    """Return what white is where values from 0 reach into the upper half of such a range; else 0."""
    return next((top for top in _WHITES if top / 2 < high <= top), 0) if low >= 0 else 0


def resized(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Bring one grey image into a height and a width, as large as fits, and pad it with the tone of its edge."""
    # Only here: what needs no picture starts without Pillow.
    from PIL import Image

    h, w = image.shape
    # Not by their ratio, which rounds otherwise.
    part, whole = (shape[0], h) if shape[0] * w <= shape[1] * h else (shape[1], w)
    new = tuple(max(1, round(side * part / whole)) for side in (w, h))
    picture = Image.fromarray(image if image.dtype == np.uint8 else image.astype(np.float32))
    small = np.asarray(picture.resize(new, Image.Resampling.LANCZOS, reducing_gap=3.0)).clip(image.min(), image.max())
    edge = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    out = np.full(shape, np.sort(edge)[len(edge) // 2], image.dtype)
    top, left = (shape[0] - new[1]) // 2, (shape[1] - new[0]) // 2
    out[top : top + new[1], left : left + new[0]] = small
    return out


def screen(images: np.ndarray) -> np.ndarray:
    """Return images of shape (n, h, w) or (n, h, w, c) as a screen shows them: (n, h, w, 3), uint8, brightest is white."""
    images = images[..., None] if images.ndim == 3 else images
    if images.dtype != np.uint8:
        values = images.astype(np.float64)
        low = min(0.0, values.min())
        images = np.round((values - low) / max(values.max() - low, 1e-300) * 255).astype(np.uint8)
    colours = _on_white(images) if images.shape[-1] in (2, 4) else images
    return np.broadcast_to(colours, (*colours.shape[:3], 3)).copy()


def _in_chunks(images: np.ndarray, colour: str) -> np.ndarray:
    """Take one channel of many images without a second copy of all of them in a wider type."""
    return np.concatenate([one_channel(images[i : i + _CHUNK], colour) for i in range(0, len(images), _CHUNK)])


def _on_white(images: np.ndarray) -> np.ndarray:
    """Drop alpha: ink on nothing is drawn for white paper."""
    colours, alpha = images[..., :-1], images[..., -1:]
    full = _white(images)
    if images.dtype.kind == "f":
        return colours * (alpha / full) + full * (1 - alpha / full)
    if (alpha == full).all():
        return colours
    wide, rest = colours.astype(np.int64) * alpha, full * (full - alpha.astype(np.int64))
    return ((wide + rest + full // 2) // full).astype(images.dtype)


def _white(images: np.ndarray) -> int:
    """Return what white is: the largest value of a small type, else 1, 255 or 65,535, whichever holds all values."""
    if images.dtype in (np.uint8, np.uint16):
        return int(np.iinfo(images.dtype).max)
    return next((top for top in _WHITES[:2] if images.max() <= top), _WHITES[-1])


def _saturation(images: np.ndarray) -> np.ndarray:
    """Saturation of HSV: 0 for grey, the largest value of the type (1 for floats) for a pure colour."""
    high, low = (extreme(axis=-1).astype(np.float64) for extreme in (images.max, images.min))
    share = np.divide(high - low, high, out=np.zeros_like(high), where=high > 0)
    if images.dtype.kind == "f":
        return share
    return np.round(share * _white(images)).astype(images.dtype)


def _limits(images: np.ndarray, where: str) -> tuple[float, float]:
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        bad = np.flatnonzero(~np.isfinite(images).all(axis=(1, 2)))
        raise ReportError(f"{where}: NaN or infinity in {len(bad)} images, first in row {bad[0]}; mend or remove them")
    low, high = float(images.min()), float(images.max())
    largest = max(abs(low), abs(high))
    if largest > 1e15 or 0 < largest < 1e-15:
        raise ReportError(f"{where}: pixels reach {largest:g}, beyond what can be squared in float32; rescale them")
    return low, high


def _whole(images: np.ndarray) -> bool:
    return images.dtype.kind in "iu" or bool((images == np.round(images)).all())


def _shown(images: np.ndarray) -> np.ndarray:
    """Return the first images as a screen shows them, none larger than it has to be."""
    step = -(-max(images.shape[1:3]) // ORIGINAL_SIDE)
    return screen(np.asarray(images[:N_ORIGINALS, ::step, ::step]))
