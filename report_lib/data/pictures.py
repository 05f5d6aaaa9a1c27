"""Encoded pictures, decoded one at a time: what is not needed of a large one is gone before the next is opened."""

import io
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from report_lib.common.errors import ReportError
from report_lib.common.prose import plural
from report_lib.data import pixels
from report_lib.data.source import Asked

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".gif", ".tif", ".tiff", ".webp")
# What Pillow may try; others of its formats start programs or read further files.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
MAX_UNREADABLE = 0.01
_GREY = ("L", "F", "I", "I;16", "I;16B", "I;16L", "I;16N")


@dataclass
class Pictures:
    """Pictures that were decoded.

    Attributes
    ----------
    images : list of ndarray of shape (h, w), uint8, uint16 or float32
    kept : list of int
        Which of the pictures they are; the others cannot be read.
    originals : list of ndarray of shape (h, w, 3), uint8
        The first few as they came, small.
    formats, sizes : Counter
        Of formats, and of (height, width), as they came.
    unreadable : list of str
        Name and reason of each that cannot be read.
    n_frames : int
        How many hold several frames.
    n_coloured : int
        How many have channels that differ.
    """

    images: list[np.ndarray] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    originals: list[np.ndarray] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)
    n_frames: int = 0
    n_coloured: int = 0


def decode(pictures: Iterable[tuple[str, Callable[[], bytes]]], asked: Asked, where: str) -> Pictures:
    """Decode pictures, each by name and by what reads its bytes; one that cannot be read is named and left out.

    Raises
    ------
    ReportError
        When more than 1% cannot be read, or they differ in size and no size is asked for.
    """
    found = Pictures()
    # What is warned of is refused below, or of no account.
    with warnings.catch_warnings(action="ignore"):
        for i, (name, read) in enumerate(pictures):
            try:
                _add(found, read(), i, asked)
            # Decoders raise anything on damaged bytes.
            except Exception as error:
                found.unreadable.append(f"{name} ({_reason(error)})")
    _refuse(found, asked, where)
    return found


def decode_pages(data: bytes, asked: Asked, where: str) -> Pictures:
    """Decode every page of a TIFF, or every frame of an animation, as a picture.

    Raises
    ------
    ReportError
        When there is one page only or it cannot be read, or as `decode`.
    """
    found = Pictures()
    with warnings.catch_warnings(action="ignore"):
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
                for i, page in enumerate(ImageSequence.Iterator(picture)):
                    _take(found, page, i, asked)
        # Decoders raise anything on damaged bytes.
        except Exception as error:
            raise ReportError(f"{where}: page {len(found.kept) + 1} cannot be read ({_reason(error)})") from error
    _refuse(found, asked, where)
    return found


def has_pages(data: bytes) -> bool:
    """Say whether a picture has several pages or frames."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            # Not by their number: where a later one is damaged, it cannot be told.
            picture.seek(1)
            return True
    except Exception:
        return False


def _refuse(found: Pictures, asked: Asked, where: str) -> None:
    n, n_bad = len(found.kept) + len(found.unreadable), len(found.unreadable)
    if n_bad > MAX_UNREADABLE * n:
        first = "; ".join(found.unreadable[:3])
        raise ReportError(
            f"{where}: {n_bad:,} of {n:,} pictures cannot be read, more than {MAX_UNREADABLE:.0%}: {first}"
            f"{' …' if n_bad > 3 else ''}; mend or remove them"
        )
    if len(found.sizes) > 1 and not asked.size:
        common = ", ".join(f"{count:,} of {h} × {w}" for (h, w), count in found.sizes.most_common(4))
        raise ReportError(
            f"{where}: pictures of {len(found.sizes):,} sizes: {common}{' …' if len(found.sizes) > 4 else ''}; "
            'SET="dataset.size=64" (or another number) brings them to one'
        )


def stack(images: list[np.ndarray]) -> np.ndarray:
    """Put grey pictures into one array; where some have 8 bits and some 16, both count from black to white."""
    if {image.dtype for image in images} == {np.dtype(np.uint8), np.dtype(np.uint16)}:
        images = [image.astype(np.uint16) * np.uint16(257) if image.dtype == np.uint8 else image for image in images]
    return np.stack(images)


def _add(found: Pictures, data: bytes, i: int, asked: Asked) -> None:
    if not data:
        raise ValueError("empty")
    with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
        several = picture.format in ("GIF", "TIFF", "WEBP") and getattr(picture, "is_animated", False)
        _take(found, picture, i, asked)
    found.n_frames += several


def _take(found: Pictures, picture: Image.Image, i: int, asked: Asked) -> None:
    if picture.width * picture.height > Image.MAX_IMAGE_PIXELS:
        raise ValueError(f"{picture.width:,} × {picture.height:,} pixels are too many")
    kind, turned = picture.format, picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    size = (picture.width, picture.height) if turned else (picture.height, picture.width)
    # Where sizes differ and none is asked for, they are only counted.
    wanted = asked.size or not found.sizes or (size in found.sizes and len(found.sizes) == 1)
    shape = pixels.shape_for(size, asked.size)
    array = _array(picture, max(shape or (0,))) if wanted else None
    found.kept.append(i)
    found.formats["JPEG" if kind == "MPO" else kind] += 1
    found.sizes[size] += 1
    if array is not None:
        found.n_coloured += array.ndim == 3 and pixels.is_coloured(array)
        _keep_original(found, array, padded=shape is not None)
        grey = pixels.one_channel(array, asked.colour) if array.ndim == 3 else array
        found.images.append(pixels.resized(grey, shape) if shape else grey)


def _array(picture: Image.Image, size: int) -> np.ndarray:
    """Return the first frame upright, of shape (h, w) or (h, w, c), not much larger than it has to be."""
    if size:
        picture.draft(None, (2 * size, 2 * size))
    picture = ImageOps.exif_transpose(picture)
    if picture.mode == "1":
        picture = picture.convert("L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode not in _GREY:
        picture = picture.convert("RGB")
    factor = max(picture.size) // (4 * size) if size else 1
    if factor > 1 and picture.mode in ("L", "RGB", "RGBA", "F", "I"):
        picture = picture.reduce(factor)
    array = np.asarray(picture)
    return array.astype(np.uint16) if picture.mode.startswith("I;16") else array


def _keep_original(found: Pictures, array: np.ndarray, *, padded: bool) -> None:
    if len(found.originals) == pixels.N_ORIGINALS:
        return
    picture = Image.fromarray(pixels.screen(array[None])[0])
    side = pixels.ORIGINAL_SIDE
    if padded:
        picture = ImageOps.pad(picture, (side, side), color="white")
    elif max(picture.size) > side:
        picture = ImageOps.contain(picture, (side, side))
    found.originals.append(np.asarray(picture))


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not a picture, or damaged"
    if isinstance(error, PermissionError):
        return "no permission"
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def sentences(found: Pictures) -> tuple[str, ...]:
    """Say what of the pictures was left out."""
    said = []
    if found.unreadable:
        n = len(found.unreadable)
        shown = ", ".join(found.unreadable[:5]) + (f" and {n - 5:,} more" if n > 5 else "")
        said.append(f"{plural(n, 'picture')} cannot be read and {'is' if n == 1 else 'are'} left out: {shown}.")
    if found.n_frames:
        said.append(f"{plural(found.n_frames, 'picture')} with several frames: the first frame is taken.")
    return tuple(said)


def changes(found: Pictures, asked: Asked) -> tuple[str, ...]:
    """Say what was done to colour and size."""
    said = [pixels.described(asked.colour)] if found.n_coloured else []
    shape = pixels.shape_for(next(iter(found.sizes)), asked.size)
    if shape and set(found.sizes) != {shape}:
        said.append(pixels.sized_as(shape))
    return tuple(said)
