"""A person's own files: one table of formats, each with its reader; a file is told by how it begins, else by its name."""

import difflib
import gzip
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import numpy as np

from report_lib import ROOT
from report_lib.common.errors import ReportError
from report_lib.data import arrays, idx_files, labels, tables
from report_lib.data.images import ImageSet, sha256, split
from report_lib.data.source import Asked, Source, join


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes
    ----------
    title : str
        What a person calls it.
    suffixes : tuple of str
        Ends of such files' names, in small letters.
    is_one : callable
        Takes a path and how the file begins, unzipped; says whether it is of this kind, whatever its name.
    read : callable
        Takes a path and what was asked, returns a `Source`; raises ReportError.
    takes : frozenset of str
        Parameters of the section `dataset` that mean something for it.
    """

    title: str
    suffixes: tuple[str, ...]
    is_one: Callable[[Path, bytes], bool]
    read: Callable[[Path, Asked], Source]
    takes: frozenset[str]
    slow: bool = False


def read(path: Path, asked: Asked) -> Source:
    """Read images, and labels and names where there are some, from a file or folder of any kind in the table.

    Raises
    ------
    ReportError
        When it is of no such kind, cannot be read, or what is in it can be read in two ways.
    """
    try:
        source = format_of(path).read(path, asked)
    except PermissionError as error:
        raise ReportError(f"{path}: no permission to read it; `chmod -R u+rX` on it gives you that") from error
    return _transposed(source) if asked.transpose else source


def find(path: str, *, start: Path = ROOT) -> Path:
    """Return the path of something that is there.

    Parameters
    ----------
    path : str
        From `start`, or whole; `~` is one's home.
    start : Path
        The project's root for paths in the parameters.

    Raises
    ------
    ReportError
        When it is not there, with the name nearest to it.
    """
    full = start / Path(path).expanduser()
    try:
        if full.exists():
            return full
        beside = [entry.name for entry in full.parent.iterdir()] if full.parent.is_dir() else []
    except PermissionError as error:
        raise ReportError(f"{path}: no permission to read the folder it is in") from error
    near = difflib.get_close_matches(full.name, beside, n=1)
    hint = f"did you mean {near[0]}?" if near else f"paths are taken from {start}"
    raise ReportError(f"{path}: no such file or folder; {hint}")


def format_of(path: Path) -> Format:
    """Tell what a file or folder is: by how it begins, and where that says nothing, by its name.

    Raises
    ------
    ReportError
        When it is nothing that the table knows.
    """
    begins = b"" if path.is_dir() else _begin(path)
    for known in FORMATS.values():
        if known.is_one(path, begins):
            return known
    name = path.name.lower()
    for known in FORMATS.values():
        if name.endswith(known.suffixes) and not path.is_dir():
            return known
    raise ReportError(f"{path}: is none of the kinds that are read: {KNOWN}; save it as one of them")


def read_new(path: str, asked: Asked) -> tuple[np.ndarray, np.ndarray | None]:
    """Read images to ask a model about, from a file or folder of any kind; labels and parts do not matter.

    Parameters
    ----------
    path : str
        From where one stands.
    asked : Asked
        What the run was made with; images of another shape are judged by whoever asks.

    Returns
    -------
    images : ndarray of shape (n, h, w)
    names : ndarray of str of shape (n,), or None

    Raises
    ------
    ReportError
        As `read`.
    """
    file = find(path, start=Path.cwd())
    source = read(file, asked)
    part = reduce(lambda a, b: join(a, b, path), (replace(p, labels=None) for p in source.parts.values()))
    return _as_images(part.images, file), part.names


def from_file(source: str, *, labels_path: str, image_shape: tuple[int, ...], test_size: float, seed: int) -> ImageSet:
    """Load the images of a person's own file; parameters are those of `datasets.load`, which has what is raised."""
    path = find(source)
    found = read(path, Asked(image_shape=image_shape))
    parts = {name: replace(part, images=_as_images(part.images, path)) for name, part in found.parts.items()}
    sides = next(iter(parts.values())).images.shape[1:]
    if image_shape and sides != tuple(image_shape):
        raise ReportError(f"{path}: images are {sides[0]} × {sides[1]}, but image_shape is {list(image_shape)}")
    if labels_path:
        beside = arrays.open_npy(find(labels_path))
        parts = {name: replace(part, labels=beside) for name, part in parts.items()}
    codes, names = labels.encode(parts, class_names=found.class_names, where=str(path))
    if "all" in parts:
        given = {"test_size": test_size, "seed": seed, "origin": f"The file {path.name}"}
        return split(path.stem, parts["all"].images, codes["all"], names, **given)
    train, test = parts["train"].images, parts["test"].images
    if train.shape[1:] != test.shape[1:]:
        raise ReportError(f"{path}: the train part has images of {train.shape[1:]}, the test part of {test.shape[1:]}")
    return ImageSet(
        title=path.stem,
        train_images=train,
        test_images=test,
        train_labels=codes["train"],
        test_labels=codes["test"],
        class_names=names,
        hashes={"train": sha256(train), "test": sha256(test)},
        origin=f"The file {path.name}, with train and test parts of its own.",
    )


def _transposed(source: Source) -> Source:
    parts = {name: replace(part, images=part.images.swapaxes(1, 2)) for name, part in source.parts.items()}
    return replace(source, parts=parts)


def _begin(path: Path) -> bytes:
    """Return how a file begins, unzipped."""
    with path.open("rb") as file:
        start = file.read(512)
    if not start.startswith(b"\x1f\x8b"):
        return start
    try:
        with gzip.open(path) as file:
            return file.read(512)
    except (OSError, EOFError, zlib.error) as error:
        raise ReportError(f"{path}: truncated or corrupt gzip file ({error}); fetch it again") from error


def _is_npz(path: Path, begins: bytes) -> bool:
    if not begins.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
    return bool(names) and all(name.endswith(".npy") for name in names)


def _is_archive(path: Path, begins: bytes) -> bool:
    return (begins.startswith(b"PK") and not path.name.lower().endswith(".npz")) or begins[257:262] == b"ustar"


def _read_folder(path: Path, asked: Asked) -> Source:
    # Only here: it imports Pillow.
    from report_lib.data import folders

    return folders.read(path, asked)


def _as_images(images: np.ndarray, path: Path) -> np.ndarray:
    """Bring an array to (n, h, w), uint8 or float32, or say why it cannot be."""
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.ndim == 4:
        raise ReportError(f"{path}: shape {images.shape} looks like colour images; the report takes greyscale only")
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


def _small_integers(images: np.ndarray, path: Path) -> np.ndarray:
    if images.dtype == np.uint8:
        return images
    low, high = int(images.min()), int(images.max())
    if low < 0 or high > 255:
        raise ReportError(f"{path}: whole numbers from {low} to {high}; save them as uint8 (0 to 255) or float")
    return images.astype(np.uint8)


_ARRAYS = frozenset({"labels_path", "image_shape", "keys", "transpose", "colour", "size"})
_PICTURES = frozenset({"labels_path", "colour", "size"})

# Asked in this order; the name decides where no file begins so.
FORMATS = {
    "npy": Format("NumPy .npy", (".npy",), lambda _, head: head.startswith(b"\x93NUMPY"), arrays.read_npy, _ARRAYS),
    "npz": Format("NumPy .npz", (".npz",), _is_npz, arrays.read_npz, _ARRAYS),
    "mat": Format("MATLAB .mat", (".mat",), lambda _, head: head.startswith(b"MATLAB"), arrays.read_mat, _ARRAYS),
    "hdf5": Format(
        "HDF5",
        (".h5", ".hdf5", ".hdf"),
        lambda _, head: head.startswith(b"\x89HDF"),
        arrays.read_hdf5,
        _ARRAYS,
    ),
    "idx": Format(
        "IDX",
        ("ubyte", "ubyte.gz", ".idx", ".idx.gz"),
        lambda path, head: idx_files.is_idx(head) or idx_files.is_idx_folder(path),
        idx_files.read,
        _ARRAYS,
    ),
    "parquet": Format(
        "parquet", (".parquet",), lambda _, head: head.startswith(b"PAR1"), tables.read_parquet, _ARRAYS, slow=True
    ),
    "csv": Format(
        "CSV", (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt"), lambda *_: False, tables.read_csv, _ARRAYS, slow=True
    ),
    "archive": Format(
        "zip or tar of images", (".zip", ".tar", ".tar.gz", ".tgz"), _is_archive, _read_folder, _PICTURES, slow=True
    ),
    "folder": Format("a folder of images", (), lambda path, _: path.is_dir(), _read_folder, _PICTURES, slow=True),
}
KNOWN = ", ".join(known.title for known in FORMATS.values())
