"""A person's own files: one table of formats, each with its reader, and what arrays of any of them may be."""

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from report_lib import ROOT
from report_lib.common.errors import ReportError
from report_lib.data.images import ImageSet, sha256, split

_PARTS = ("x_train", "y_train", "x_test", "y_test")
_PAIRS = (("images", "labels"), ("x_train", "y_train"))


def from_file(source: str, *, labels_path: str, image_shape: tuple[int, ...], test_size: float, seed: int) -> ImageSet:
    """Load the images of a person's own file; parameters are those of `datasets.load`, which has what is raised."""
    path = _resolve(source)
    arrays = _named(FORMATS[path.suffix].read(path), path)
    if labels_path:
        arrays["labels"] = _read_npy(_resolve(labels_path))
    images_key, labels_key = next(pair for pair in _PAIRS if pair[0] in arrays)
    title, origin = path.stem, f"The file {path.name}"
    images = _as_images(arrays[images_key], image_shape, path)
    labels = _as_labels(arrays.get(labels_key), path)
    if "x_test" not in arrays:
        labels, names = _encode(labels)
        return split(title, images, labels, names, test_size=test_size, seed=seed, origin=origin)
    return _two_parts(title, images, labels, arrays, image_shape, path)


def _two_parts(
    title: str,
    images: np.ndarray,
    labels: np.ndarray | None,
    arrays: dict[str, np.ndarray],
    image_shape: tuple[int, ...],
    path: Path,
) -> ImageSet:
    test_images = _as_images(arrays["x_test"], image_shape, path)
    test_labels = _as_labels(arrays.get("y_test"), path)
    if test_images.shape[1:] != images.shape[1:]:
        raise ReportError(f"{path}: x_train has images of {images.shape[1:]}, x_test of {test_images.shape[1:]}")
    if (labels is None) != (test_labels is None):
        raise ReportError(f"{path}: has only one of y_train and y_test; give both or neither")
    for part, x, y in (("train", images, labels), ("test", test_images, test_labels)):
        if y is not None and len(x) != len(y):
            raise ReportError(f"{path}: x_{part} has {len(x)} images, y_{part} {len(y)} labels; each image needs one")
    codes, names = _encode(None if labels is None else np.concatenate([labels, test_labels]))
    return ImageSet(
        title=title,
        train_images=images,
        test_images=test_images,
        train_labels=None if codes is None else codes[: len(images)],
        test_labels=None if codes is None else codes[len(images) :],
        class_names=names,
        hashes={name: sha256(arrays[name]) for name in _PARTS if name in arrays},
        origin=f"The file {path.name}, with train and test parts of its own.",
    )


def read_images(path: str, image_shape: tuple[int, int]) -> np.ndarray:
    """Read the images of a `.npy` or `.npz` file, of shape (n, h, w); flat rows are taken for images of a shape.

    Parameters
    ----------
    path : str
        From where one stands.
    image_shape : (height, width)

    Raises
    ------
    ReportError
        When there is no such file, or it does not hold greyscale images alone.
    """
    file = Path(path)
    if file.suffix not in FORMATS:
        raise ReportError(f"{path}: images come in a {KNOWN} file; save them with np.save")
    if not file.is_file():
        raise ReportError(f"{path}: no such file; name one from where you stand, or by its whole path")
    arrays = FORMATS[file.suffix].read(file)
    if len(arrays) != 1:
        raise ReportError(
            f"{path}: has {', '.join(arrays) or 'nothing'}; save the images to ask about alone, with np.save"
        )
    (images,) = arrays.values()
    (h, w), shape = image_shape, images.shape
    if shape == (h, w):
        raise ReportError(f"{path}: shape {shape} is one image; save it as (1, {h}, {w})")
    if images.ndim not in (2, 3, 4) or 0 in shape or (images.ndim == 2 and shape[1] != h * w):
        raise ReportError(f"{path}: shape {shape}; save images as (n, {h}, {w}), or as rows of {h * w} pixels")
    if shape[1:] == (h, w) or images.ndim == 2:
        return _as_images(images.reshape(-1, h, w), (h, w), file)
    if images.ndim == 4 and 1 not in (shape[1], shape[3]):
        raise ReportError(f"{path}: shape {shape} looks like colour images; make them grey, (n, {h}, {w})")
    return _as_images(images, (), file)


def _resolve(path: str) -> Path:
    full = ROOT / path
    if not full.is_file():
        raise ReportError(f"{path}: no such file; paths in the parameters are taken from the project's root")
    return full


def _named(arrays: dict[str, np.ndarray], path: Path) -> dict[str, np.ndarray]:
    """Return arrays under names that tell images from labels, or refuse names that do not."""
    if len(arrays) == 1:
        return {"images": next(iter(arrays.values()))}
    fits = any(set(arrays) <= allowed for allowed in (set(_PAIRS[0]), set(_PARTS)))
    if not fits or not {"images", "x_train"} & set(arrays) or ("y_test" in arrays and "x_test" not in arrays):
        raise ReportError(
            f"{path}: has {', '.join(arrays) or 'nothing'}; needs images (and labels), or x_train, x_test (y_train, y_test)"
        )
    return arrays


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    _expect_magic(path, b"PK")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (ValueError, OSError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise ReportError(f"{path}: {_unreadable(error)}") from error


def _expect_magic(path: Path, magic: bytes) -> None:
    """Tell a file by how it begins: NumPy guesses, and takes any other file for a pickle."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"\x80"):
        raise ReportError(f"{path}: {_PICKLED}")
    if not head.startswith(magic):
        raise ReportError(f"{path}: is not a {path.suffix} file, or is empty or damaged; save it with NumPy")


def _read_npy(path: Path) -> np.ndarray:
    _expect_magic(path, b"\x93NUMPY")
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ReportError(f"{path}: {_unreadable(error)}") from error


_PICKLED = "holds pickled Python objects, which may run code and are never loaded; save a plain array with np.save"


def _unreadable(error: Exception) -> str:
    text = str(error)
    if "allow_pickle" in text or "Python objects" in text:
        return _PICKLED
    return f"cannot be read as NumPy arrays, truncated or corrupt? ({text.splitlines()[0] if text else 'empty file'})"


def _as_images(array: np.ndarray, image_shape: tuple[int, ...], path: Path) -> np.ndarray:
    """Bring an array to (n, h, w), uint8 or float32, or say why it cannot be."""
    images = _squeeze(array, image_shape, path)
    if images.dtype == bool or np.issubdtype(images.dtype, np.integer):
        return _small_integers(images, path)
    if not np.issubdtype(images.dtype, np.floating):
        raise ReportError(f"{path}: pixels are {images.dtype}; save them as uint8 or float")
    if not np.isfinite(images).all():
        bad = np.flatnonzero(~np.isfinite(images).all(axis=(1, 2)))
        raise ReportError(f"{path}: NaN or infinity in {len(bad)} images, first in row {bad[0]}; mend or remove them")
    largest = float(np.abs(images).max())
    if largest > 1e15 or 0 < largest < 1e-15:
        raise ReportError(f"{path}: pixels reach {largest:g}, beyond what can be squared in float32; rescale them")
    return images.astype(np.float32, copy=False)


def _squeeze(array: np.ndarray, image_shape: tuple[int, ...], path: Path) -> np.ndarray:
    shape = array.shape
    if array.ndim == 4 and 1 in (shape[1], shape[3]):
        array = array[:, 0] if shape[1] == 1 else array[..., 0]
    elif _looks_colored(shape) and not (array.ndim == 3 and shape[1:] == tuple(image_shape)):
        raise ReportError(
            f"{path}: shape {shape} looks like colour images; the report takes greyscale only (images that are 3 or 4 "
            "pixels wide need dataset.image_shape)"
        )
    elif array.ndim == 2:
        array = _unflatten(array, image_shape, path)
    if array.ndim != 3 or 0 in array.shape:
        raise ReportError(f"{path}: shape {shape}; needs (n, h, w), (n, 1, h, w), (n, h, w, 1) or (n, h*w)")
    if image_shape and array.shape[1:] != tuple(image_shape):
        raise ReportError(f"{path}: images are {array.shape[1:]}, but dataset.image_shape is {list(image_shape)}")
    return array


def _looks_colored(shape: tuple[int, ...]) -> bool:
    return (len(shape) in (3, 4) and shape[-1] in (3, 4)) or (len(shape) == 4 and shape[1] in (3, 4))


def _unflatten(array: np.ndarray, image_shape: tuple[int, ...], path: Path) -> np.ndarray:
    n, d = array.shape
    if not image_shape:
        raise ReportError(f"{path}: rows of {d} pixels; set dataset.image_shape to [height, width]")
    if image_shape[0] * image_shape[1] != d:
        h, w = image_shape
        raise ReportError(f"{path}: rows of {d} pixels, but dataset.image_shape [{h}, {w}] makes {h * w}")
    return array.reshape(n, *image_shape)


def _small_integers(images: np.ndarray, path: Path) -> np.ndarray:
    if images.dtype == np.uint8:
        return images
    low, high = int(images.min()), int(images.max())
    if low < 0 or high > 255:
        raise ReportError(f"{path}: whole numbers from {low} to {high}; save them as uint8 (0 to 255) or float")
    return images.astype(np.uint8)


def _as_labels(labels: np.ndarray | None, path: Path) -> np.ndarray | None:
    if labels is None:
        return None
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "biufU":
        raise ReportError(f"{path}: labels of shape {labels.shape}, {labels.dtype}; needs one number or text an image")
    if labels.dtype.kind == "f" and not (np.isfinite(labels).all() and (labels == np.round(labels)).all()):
        raise ReportError(f"{path}: labels have fractions, NaN or infinity; classes need whole numbers or text")
    return labels.astype(np.int64) if labels.dtype.kind in "biuf" else np.asarray(labels)


def _encode(labels: np.ndarray | None) -> tuple[np.ndarray | None, tuple[str, ...]]:
    if labels is None:
        return None, ()
    names, codes = np.unique(labels, return_inverse=True)
    return codes.astype(np.int64), tuple(map(str, names))


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes
    ----------
    read : callable
        Takes a path, returns arrays by name; raises ReportError.
    takes : frozenset of str
        Parameters of the section `dataset` that mean something for it.
    """

    read: Callable[[Path], dict[str, np.ndarray]]
    takes: frozenset[str]


# By the end of a file's name.
FORMATS = {
    ".npy": Format(lambda path: {"images": _read_npy(path)}, frozenset({"labels_path", "image_shape"})),
    ".npz": Format(_read_npz, frozenset({"image_shape"})),
}
KNOWN = " or ".join(FORMATS)
