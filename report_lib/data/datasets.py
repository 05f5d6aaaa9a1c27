"""Where images come from: found, verified, loaded. Nothing here changes a pixel."""

import hashlib
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from report_lib import ROOT
from report_lib.common.errors import ReportError
from report_lib.data import idx

MAX_CLASSES = 200


@dataclass(frozen=True)
class ImageSet:
    """Greyscale images in two parts, with or without labels.

    Attributes
    ----------
    title : str
        The data set's name as a reader knows it.
    train_images, test_images : ndarray of shape (n, h, w), uint8 or float32
        IDX files and whole `.npy` files are memory-mapped, read-only.
    train_labels, test_labels : ndarray of shape (n,), int64, or None
        Positions in `class_names`.
    class_names : tuple of str
        Empty without labels.
    hashes : dict of str to str
        SHA-256 of what was read, by part.
    origin : str
        A sentence on where the images are from and how they were split.
    train_rows, test_rows : ndarray of shape (n,), int64, or None
        Which rows of one file they are, where the file had no parts of its own.
    """

    title: str
    train_images: np.ndarray
    test_images: np.ndarray
    train_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    hashes: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    train_rows: np.ndarray | None = None
    test_rows: np.ndarray | None = None

    @property
    def has_labels(self) -> bool:
        """Whether there are labels to evaluate with."""
        return self.train_labels is not None

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        return self.train_images.shape[1], self.train_images.shape[2]

    @property
    def rows(self) -> dict[str, np.ndarray]:
        """Where the images of each part, `train` and `test`, stand in the file that they came from."""
        parts = {"train": (self.train_rows, self.train_images), "test": (self.test_rows, self.test_images)}
        return {name: np.arange(len(images)) if rows is None else rows for name, (rows, images) in parts.items()}

    @property
    def class_counts(self) -> dict[str, tuple[int, int]]:
        """Train and test images of each class; empty without labels."""
        if not self.has_labels:
            return {}
        parts = (
            np.bincount(y, minlength=len(self.class_names)).tolist() for y in (self.train_labels, self.test_labels)
        )
        return dict(zip(self.class_names, zip(*parts, strict=True), strict=True))


def load(
    source: str = "fashion_mnist",
    *,
    data_dir: str = "",
    labels_path: str = "",
    image_shape: list[int] | tuple[int, ...] = (),
    class_names: list[str] | tuple[str, ...] = (),
    test_size: float = 0.2,
    use_labels: bool = True,
    seed: int = 0,
) -> ImageSet:
    """Load a data set by name, or images from a file.

    Parameters
    ----------
    source : str
        `fashion_mnist`, `mnist`, `digits`, or the path of a `.npy` or `.npz` file, from the project's root.
    data_dir : str
        Folder that holds the IDX files, or a sub-folder named after the data set; looked into first.
    labels_path : str
        `.npy` file with one label for each image of a `.npy` file.
    image_shape : (height, width)
        Needed where a file holds one flat row for each image.
    class_names : sequence of str
        One name a class, in the order of the sorted labels.
    test_size : float
        Share of the images held out, drawn with `seed`, where the data set has no test part of its own.
    use_labels : bool
        False drops the labels.

    Raises
    ------
    ReportError
        When the data cannot be found, read or verified, or is not what the report can work with.
    """
    _refuse_unused(source, data_dir=data_dir, labels_path=labels_path, image_shape=image_shape)
    if source in idx.DATASETS:
        images = _from_idx(source, data_dir)
    elif source == "digits":
        images = _from_digits(test_size, seed)
    elif Path(source).suffix in (".npy", ".npz"):
        images = _from_file(source, labels_path, tuple(image_shape), test_size, seed)
    else:
        known = ", ".join([*idx.DATASETS, "digits"])
        raise ReportError(f"dataset.source: no data set {source!r}; known: {known}, or the path of a .npy or .npz file")
    images = _name_classes(images, tuple(class_names)) if use_labels else _without_labels(images)
    _refuse_degenerate(images)
    return images


def _refuse_unused(source: str, **options: object) -> None:
    """Refuse a parameter that would be ignored: nobody would see the mistake."""
    takes = {".npy": {"labels_path", "image_shape"}, ".npz": {"image_shape"}}.get(Path(source).suffix, set())
    takes = takes | ({"data_dir"} if source in idx.DATASETS else set())
    for name, value in options.items():
        if value and name not in takes:
            raise ReportError(f"dataset.{name} has no meaning for source {source!r}; remove it")


def _from_idx(name: str, data_dir: str) -> ImageSet:
    known = idx.DATASETS[name]
    parts = idx.load(name, data_dir)
    return ImageSet(
        title=known.title,
        train_images=parts["train_images"],
        test_images=parts["test_images"],
        train_labels=parts["train_labels"].astype(np.int64),
        test_labels=parts["test_labels"].astype(np.int64),
        class_names=known.class_names,
        hashes=dict(known.sha256),
        origin=f"{known.title}, the published train and test parts; {known.licence}.",
    )


def _from_digits(test_size: float, seed: int) -> ImageSet:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = bunch.images.astype(np.uint8)
    return _split(
        "Digits", images, bunch.target.astype(np.int64), tuple(map(str, range(10))), test_size, seed,
        "The optical digits of scikit-learn (UCI, CC BY 4.0)",
    )  # fmt: skip


def _split(title, images, labels, names, test_size, seed, origin) -> ImageSet:
    """Hold out a random share; the draw does not look at the labels."""
    n = len(images)
    if labels is not None and len(labels) != n:
        raise ReportError(f"{title}: {n} images, but {len(labels)} labels; each image needs one")
    n_test = round(n * test_size)
    order = np.random.default_rng(seed).permutation(n)
    test, train = np.sort(order[:n_test]), np.sort(order[n_test:])
    return ImageSet(
        title=title,
        train_images=images[train],
        test_images=images[test],
        train_labels=None if labels is None else labels[train],
        test_labels=None if labels is None else labels[test],
        class_names=names,
        train_rows=train,
        test_rows=test,
        hashes={"images": _sha256(images)} | ({} if labels is None else {"labels": _sha256(labels)}),
        origin=f"{origin}, {test_size:.0%} of them drawn at random as test images.",
    )


def _sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


# --- a person's own files -------------------------------------------------------------------------------------------


_PARTS = ("x_train", "y_train", "x_test", "y_test")
_PAIRS = (("images", "labels"), ("x_train", "y_train"))


def _from_file(source: str, labels_path: str, image_shape: tuple[int, ...], test_size: float, seed: int) -> ImageSet:
    path = _resolve(source)
    arrays = _read_arrays(path)
    if labels_path:
        arrays["labels"] = _read_npy(_resolve(labels_path))
    images_key, labels_key = next(pair for pair in _PAIRS if pair[0] in arrays)
    title, origin = path.stem, f"The file {path.name}"
    images = _as_images(arrays[images_key], image_shape, path)
    labels = _as_labels(arrays.get(labels_key), path)
    if "x_test" not in arrays:
        labels, names = _encode(labels)
        return _split(title, images, labels, names, test_size, seed, origin)
    return _two_parts(title, images, labels, arrays, image_shape, path)


def _two_parts(title, images, labels, arrays, image_shape, path) -> ImageSet:
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
        hashes={name: _sha256(arrays[name]) for name in _PARTS if name in arrays},
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
    if file.suffix not in (".npy", ".npz"):
        raise ReportError(f"{path}: images come in a .npy or .npz file; save them with np.save")
    if not file.is_file():
        raise ReportError(f"{path}: no such file; name one from where you stand, or by its whole path")
    arrays = _read_npz(file) if file.suffix == ".npz" else {"images": _read_npy(file)}
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


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    if path.suffix == ".npy":
        return {"images": _read_npy(path)}
    arrays = _read_npz(path)
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


# --- last checks ----------------------------------------------------------------------------------------------------


def _name_classes(images: ImageSet, names: tuple[str, ...]) -> ImageSet:
    if not names:
        return images
    if not images.has_labels:
        raise ReportError("dataset.class_names is set, but the images have no labels; remove it or give labels")
    if len(names) != len(images.class_names):
        raise ReportError(f"dataset.class_names has {len(names)} names for {len(images.class_names)} classes")
    if len(set(names)) < len(names):
        raise ReportError(f"dataset.class_names has a name twice: {', '.join(names)}; each class needs its own")
    return ImageSet(**{**vars(images), "class_names": names})


def _without_labels(images: ImageSet) -> ImageSet:
    return ImageSet(**{**vars(images), "train_labels": None, "test_labels": None, "class_names": ()})


def _refuse_degenerate(images: ImageSet) -> None:
    sample = images.train_images
    if len(sample) == 0 or (sample == sample[:1]).all():
        raise ReportError(f"{images.title}: the train images are all the same; there is no structure to find")
    if images.has_labels and len(np.unique(images.train_labels)) < 2:
        raise ReportError(
            f"{images.title}: the labels hold one class only; give others or set dataset.use_labels to false"
        )
    n_labels = 0 if images.train_labels is None else len(images.train_labels)
    if images.has_labels and (len(images.class_names) > MAX_CLASSES or 2 * len(images.class_names) > n_labels):
        raise ReportError(
            f"{images.title}: {len(images.class_names)} classes for {n_labels} train images; the labels look like ids, or "
            f"more than the {MAX_CLASSES} classes that a page can show; group them or set dataset.use_labels to false"
        )
