"""A person's own files: one table of formats, each with its reader; a file is told by how it begins, else by its name."""

import logging
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from report_lib import ROOT
from report_lib.common.errors import ReportError, did_you_mean
from report_lib.data import archives, arrays, idx_files, matlab, pixels, several, tables
from report_lib.data.source import Asked, Source, join
from report_lib.data.text import briefly, few

log = logging.getLogger(__name__)


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
    slow : bool
        Whether reading takes long enough to keep what was read.
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
        if full.is_file() or full.is_dir():
            return full
        if full.exists():
            raise ReportError(f"{path}: is a pipe or a device; files and folders are read")
        beside = [entry.name for entry in full.parent.iterdir()] if full.parent.is_dir() else []
    except PermissionError as error:
        raise ReportError(f"{path}: no permission to read the folder it is in") from error
    hint = did_you_mean(full.name, beside) or f"paths that are not whole begin in {start.resolve()}"
    raise ReportError(f"{path}: no such file or folder; {hint}")


def format_of(path: Path) -> Format:
    """Tell what a file or folder is: by how it begins, and where that says nothing, by its name.

    Raises
    ------
    ReportError
        When it is nothing that the table knows.
    """
    begins, zipped = (b"", False) if path.is_dir() else _begin(path)
    if not path.is_dir():
        arrays.refuse_pointer(path)
    for known in FORMATS.values():
        if known.is_one(path, begins):
            if zipped and (known.read not in (arrays.read_npy, idx_files.read, _read_archive) or begins[:2] == b"PK"):
                raise ReportError(f"{path}: {known.title} inside gzip, bzip2 or xz; unpack it first")
            return known
    name = path.name.lower()
    for known in FORMATS.values():
        if name.endswith(known.suffixes) and not path.is_dir():
            return known
    raise ReportError(f"{path}: is none of the kinds that are read: {KNOWN}; pictures are named by their folder")


def read_new(
    path: str, asked: Asked, *, shape: tuple[int, int] | None = None
) -> tuple[np.ndarray, np.ndarray | None, str]:
    """Read images to ask a model about, from a file or folder of any kind; labels and parts do not matter.

    Parameters
    ----------
    path : str
        From where one stands.
    asked : Asked
        What the run was made with; images of another shape are judged by whoever asks.
    shape : (height, width), optional
        That of the run's images, which pictures, and what is larger in arrays, are brought to where no size is asked.

    Returns
    -------
    images : ndarray of shape (n, h, w)
    names : ndarray of str of shape (n,), or None
    said : str
        What they were taken for, and what was done to their colour, range and size.

    Raises
    ------
    ReportError
        As `read`.
    """
    with briefly():
        source = read(find(path, start=Path()), replace(asked, size=asked.size or shape or 0))
        part = join((replace(part, labels=None) for part in source.parts.values()), path)
        larger = shape and max(part.images.shape[1:3]) > max(shape)
        size = asked.size or (shape if larger else 0)
        grey = pixels.as_grey(part.images, colour=asked.colour, size=size, where=path)
    said = "; ".join([source.recognised.replace(", without labels", ""), *grey.changes])
    if shape and pixels.sized_as(shape) in said:
        log.info("%s: %s", path, pixels.sized_as(shape))
    return grey.images, part.names, said


def _transposed(source: Source) -> Source:
    parts = {name: replace(part, images=part.images.swapaxes(1, 2)) for name, part in source.parts.items()}
    return replace(source, parts=parts)


def _begin(path: Path) -> tuple[bytes, bool]:
    """Return how a file begins, unzipped, and whether it was zipped."""
    with path.open("rb") as file:
        start = file.read(512)
    if not arrays.unpacker(start):
        return start, False
    try:
        with arrays.unzipped(path) as file:
            return file.read(512), True
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise ReportError(f"{path}: truncated or corrupt compressed file ({error}); fetch it again") from error


def _is_npz(path: Path, begins: bytes) -> bool:
    if not begins.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except arrays.BROKEN:
        return False
    return bool(names) and all(name.endswith(".npy") for name in names)


def _is_archive(path: Path, begins: bytes) -> bool:
    return (begins.startswith(b"PK") and not path.name.lower().endswith(".npz")) or begins[257:262] == b"ustar"


def _read_folder(path: Path, asked: Asked) -> Source:
    # Only here: it imports Pillow.
    from report_lib.data import folders

    return folders.read(path, asked)


def _read_stack(path: Path, asked: Asked) -> Source:
    from report_lib.data import folders

    return folders.read_stack(path, asked)


def _read_archive(path: Path, asked: Asked, *, within: bool = False) -> Source:
    """Read the pictures of an archive; where it has none, its tables, arrays or archive, unpacked to a folder that goes."""
    from report_lib.data import folders

    try:
        return folders.read(path, asked)
    except folders.NoPictures as error:
        if not error.holders:
            raise
        with tempfile.TemporaryDirectory() as place:
            archives.unpack(path, set(error.holders), Path(place))
            return _read_unpacked(path, Path(place), asked, within=within)


def _read_unpacked(path: Path, place: Path, asked: Asked, *, within: bool) -> Source:
    inside = place
    while inside.is_dir() and len(found := list(inside.iterdir())) == 1:
        (inside,) = found
    try:
        kind = format_of(inside)
        if kind is FORMATS["archive"]:
            # One may hold itself.
            if within:
                raise ReportError(f"{path}: lies in an archive and holds another; unpack it and name that")
            return _read_archive(inside, asked, within=True)
        if kind is FORMATS["folder"]:
            names = sorted(file.relative_to(place).as_posix() for file in place.rglob("*") if file.is_file())
            raise ReportError(f"{path}: holds {few(names)}; unpack it and name one of them")
        return kind.read(inside, asked)
    except ReportError as error:
        # Nobody knows where it was unpacked to.
        raise ReportError(str(error).replace(f"{place}/", f"{path}: ").replace(str(place), str(path))) from error


_ARRAYS = frozenset({"image_shape", "keys", "transpose", "colour", "size"})
_PICTURES = frozenset({"keys", "colour", "size"})

# Asked in this order; the name decides where no file begins so.
FORMATS = {
    "npy": Format(
        "NumPy .npy", arrays.zipped(".npy"), lambda _, head: head.startswith(b"\x93NUMPY"), arrays.read_npy, _ARRAYS
    ),
    "npz": Format("NumPy .npz", (".npz",), _is_npz, arrays.read_npz, _ARRAYS),
    "mat": Format(
        "MATLAB .mat", (".mat",), lambda _, head: head.startswith(b"MATLAB"), matlab.read_mat, _ARRAYS, slow=True
    ),
    "hdf5": Format(
        "HDF5",
        (".h5", ".hdf5", ".hdf"),
        lambda _, head: head.startswith(b"\x89HDF"),
        arrays.read_hdf5,
        _ARRAYS,
        slow=True,
    ),
    "zarr": Format(
        "Zarr", (), lambda path, _: path.is_dir() and arrays.is_zarr(path), arrays.read_zarr, _ARRAYS, slow=True
    ),
    "idx": Format(
        "IDX",
        arrays.zipped("ubyte", ".idx"),
        lambda path, head: idx_files.is_idx(head) or idx_files.is_idx_folder(path),
        idx_files.read,
        _ARRAYS,
    ),
    "several": Format(
        "a folder of tables or of .npy files",
        (),
        lambda path, _: path.is_dir() and bool(several.files_in(path)),
        several.read,
        _ARRAYS,
        slow=True,
    ),
    "parquet": Format(
        "parquet", (".parquet",), lambda _, head: head.startswith(b"PAR1"), tables.read_parquet, _ARRAYS, slow=True
    ),
    "csv": Format(
        "CSV", (*arrays.zipped(".csv", ".tsv"), ".txt"), lambda *_: False, tables.read_csv, _ARRAYS, slow=True
    ),
    "stack": Format(
        "TIFF or GIF of several pages",
        (".tif", ".tiff", ".gif"),
        lambda _, head: head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF8")),
        _read_stack,
        frozenset({"colour", "size"}),
        slow=True,
    ),
    "archive": Format("zip or tar", archives.SUFFIXES, _is_archive, _read_archive, _ARRAYS, slow=True),
    "folder": Format("a folder of images", (), lambda path, _: path.is_dir(), _read_folder, _PICTURES, slow=True),
}
KNOWN = ", ".join(known.title for known in FORMATS.values())
