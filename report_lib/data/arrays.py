"""Readers of files that hold arrays: NumPy, HDF5, Zarr."""

import bz2
import csv
import gzip
import lzma
import math
import struct
import tempfile
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from report_lib.common.errors import ReportError
from report_lib.data import idx
from report_lib.data.roles import Found, refuse_huge, source
from report_lib.data.source import Asked, Source

# How what is compressed as a whole begins, and what unpacks it.
_ZIPPED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
_PICKLED = "holds pickled Python objects, which may run code and are never loaded; save a plain array with np.save"
# An array of more bytes is not held in memory.
LARGE = 2**28
# Of what a library says, which may quote the file.
_MOST_SAID = 200
# What libraries raise on damaged bytes; of an encrypted entry, RuntimeError.
BROKEN = (
    ValueError, OSError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, TypeError,
    AttributeError, IndexError, OverflowError, MemoryError, RuntimeError, RecursionError, SyntaxError, tokenize.TokenError,
    struct.error, csv.Error,
)  # fmt: skip


def read_npy(path: Path, asked: Asked) -> Source:
    """Read one array, memory-mapped."""
    return source({path.name: found_npy(path)}, asked, path, "a NumPy file")


def found_npy(path: Path) -> Found:
    """Return the array of a `.npy` file, compressed or not, not read yet."""
    with path.open("rb") as file:
        zipped = unpacker(file.read(6))
    if zipped:
        return _unpacked(path)
    array = open_npy(path)
    return Found(array.shape, array.dtype, lambda: native(array))


def _unpacked(path: Path) -> Found:
    with readable(path), unzipped(path) as file:
        shape, dtype = _announced(file)

    def load() -> np.ndarray:
        with readable(path), unzipped(path) as file:
            return native(np.lib.format.read_array(file, allow_pickle=False))

    return Found(shape, dtype, load)


def _announced(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype]:
    """Read the head of an array.

    Raises
    ------
    ValueError
        When it is none, or of a shape that no array has.
    """
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"claims the shape {str(shape)[:80]}")
    return shape, dtype


def open_npy(path: Path) -> np.ndarray:
    """Return the array of a `.npy` file, memory-mapped."""
    expect(path, b"\x93NUMPY")
    with readable(path):
        with path.open("rb") as file:
            refuse_huge(*_announced(file), str(path))
        return np.load(path, mmap_mode="r", allow_pickle=False)


def native(array: np.ndarray) -> np.ndarray:
    """Return numbers in the byte order of this machine."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def read_npz(path: Path, asked: Asked) -> Source:
    """Read the arrays of a NumPy archive that are images and labels; the others are left where they are."""
    expect(path, b"PK")
    with readable(path), zipfile.ZipFile(path) as archive:
        found = {
            member.filename.removesuffix(".npy"): _member(path, archive, member)
            for member in archive.infolist()
            if member.filename.endswith(".npy")
        }
    return source(found, asked, path, "a NumPy archive")


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Found:
    """Read the head of an array in an archive, and check that what it announces is there before making room for it."""
    if member.flag_bits & 1:
        raise ReportError(f"{path}: is encrypted; unpack it with its password and save the arrays again")
    with archive.open(member) as file:
        shape, dtype = _announced(file)
        there = member.file_size - file.tell()
    key = member.filename.removesuffix(".npy")
    if dtype.hasobject:
        return Found(shape, dtype, lambda: _load(path, key))
    refuse_huge(shape, dtype, f"{path}: {key}")
    if np.prod(shape, dtype=object) * dtype.itemsize != there or member.file_size > 1100 * (member.compress_size + 1):
        raise ReportError(f"{path}: {key} claims the shape {shape}, but the file holds {there:,} bytes of it; damaged?")
    return Found(shape, dtype, lambda: _load(path, key))


def _load(path: Path, key: str) -> np.ndarray:
    with readable(path), np.load(path, allow_pickle=False) as archive:
        return native(archive[key])


def read_hdf5(path: Path, asked: Asked) -> Source:
    """Read the datasets of an HDF5 file, in whatever groups."""
    return from_hdf5(path, asked, "an HDF5 file", reverse=False)


def from_hdf5(path: Path, asked: Asked, kind: str, *, reverse: bool) -> Source:
    """Read the datasets of an HDF5 file, which is called what `kind` says, with their axes in reverse or not."""
    try:
        import h5py
    except ImportError as error:
        raise missing("h5py", path) from error
    found: dict[str, Found] = {}

    def note(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset) and item.shape and not name.startswith("#"):
            text = h5py.check_string_dtype(item.dtype)
            shape, dtype = item.shape[:: -1 if reverse else 1], np.dtype("U1") if text else item.dtype
            found[name] = Found(shape, dtype, lambda: load(item, text=bool(text)))

    def load(item: h5py.Dataset, *, text: bool) -> np.ndarray:
        array = item.asstr()[...].astype(str) if text else in_blocks(item)
        return array.T if reverse else array

    with readable(path), h5py.File(path, "r") as file:
        file.visititems(note)
        return source(found, asked, path, kind)


def is_zarr(path: Path) -> bool:
    """Say whether a folder is a Zarr array or group, of version 2 or 3."""
    return any((path / name).is_file() for name in ("zarr.json", ".zarray", ".zgroup"))


def read_zarr(path: Path, asked: Asked) -> Source:
    """Read the arrays of a Zarr folder, in whatever groups."""
    try:
        import zarr
    except ImportError as error:
        raise missing("zarr", path) from error
    with readable(path):
        top = zarr.open(path, mode="r")
        arrays = {path.name: top} if isinstance(top, zarr.Array) else dict(top.members(max_depth=None))
        found = {
            name: Found(item.shape, _dtype(item.dtype), lambda item=item: in_blocks(item))
            for name, item in arrays.items()
            if isinstance(item, zarr.Array) and item.shape
        }
        read = source(found, asked, path, "a Zarr folder")
    gone = {name: item.nchunks - item.nchunks_initialized for name, item in arrays.items() if name in found}
    # Zarr leaves out what is all fill value, so that nobody can tell it from what was lost.
    said = [
        f"Of {name} {n:,} of {arrays[name].nchunks:,} chunks are not there and stand for {arrays[name].fill_value}."
        for name, n in gone.items()
        if n
    ]
    return replace(read, skipped=(*read.skipped, *said))


def _dtype(dtype: np.dtype) -> np.dtype:
    """Return the type of what is read: text of any length is text."""
    return np.dtype("U1") if dtype.kind == "T" else dtype


def in_blocks(array: Any) -> np.ndarray:
    """Read an array that lies on disk; a large one goes block by block to a file without a name, memory-mapped."""
    large = array.size * array.dtype.itemsize > LARGE
    found = _mapped(array) if large and array.dtype.kind in "biuf" else None
    found = np.asarray(array[...]) if found is None else found
    return np.array(found.tolist()) if found.dtype.kind == "T" else native(found)


def _mapped(array: Any) -> np.ndarray | None:
    """Copy numbers block by block; None where there is no room for that."""
    dtype, n = array.dtype.newbyteorder("="), array.shape[0]
    # Whole chunks: each is unpacked as often as a block touches it.
    chunk = (getattr(array, "shards", None) or array.chunks or (1,))[0]
    step = math.ceil(LARGE / 8 * n / (array.size * dtype.itemsize) / chunk) * chunk
    try:
        idx.cache_dir().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=idx.cache_dir()) as file:
            for i in range(0, n, step):
                file.write(np.ascontiguousarray(array[i : i + step], dtype).data)
            file.flush()
            return np.memmap(file, dtype, "r", shape=array.shape)
    except OSError:
        # What cannot be read says so when it is read as a whole.
        return None


def unzipped(path: Path) -> BinaryIO:
    """Open a file to read its bytes, unpacked where it is in gzip, bzip2 or xz, whatever its name."""
    with path.open("rb") as file:
        unpack = unpacker(file.read(6))
    return unpack(path) if unpack else path.open("rb")


def zipped(*ends: str) -> tuple[str, ...]:
    """Return ends of names, and the same of files that are compressed as a whole."""
    return tuple(end + more for end in ends for more in ("", ".gz", ".bz2", ".xz"))


def unpacker(start: bytes) -> Callable[..., BinaryIO] | None:
    """Return what unpacks a file that begins so; None where it is not compressed as a whole."""
    return next((unpack for magic, unpack in _ZIPPED.items() if start.startswith(magic)), None)


def refuse_pointer(path: Path) -> None:
    """Refuse what Git LFS leaves in place of a large file that was not fetched."""
    with path.open("rb") as file:
        if file.read(40).startswith(b"version https://git-lfs"):
            raise ReportError(
                f"{path}: stands for a file that Git LFS has not fetched; `git lfs pull` in its folder does"
            )


def missing(module: str, path: Path) -> ReportError:
    """Say how to install a library that only some kinds of file need."""
    return ReportError(
        f"{path}: is read by {module}, which is not installed; `python -m pip install {module}` does that, and "
        "`python -m pip install --editable .[files]` installs what every kind of file needs"
    )


def expect(path: Path, magic: bytes) -> None:
    """Tell a file by how it begins: NumPy guesses, and takes any other file for a pickle."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"\x80"):
        raise ReportError(f"{path}: {_PICKLED}")
    if not head.startswith(magic):
        raise ReportError(f"{path}: is not a {path.suffix} file, or is empty or damaged; save it with NumPy")


@contextmanager
def readable(path: Path, *more: type[Exception]) -> Iterator[None]:
    """Say in one line what a library says about a file, by one of the errors that they raise or one `more`."""
    try:
        with warnings.catch_warnings():
            # What Python 2 wrote is read all the same.
            warnings.filterwarnings("ignore", "Reading `.npy`")
            yield
    except PermissionError:
        raise
    except (*BROKEN, *more) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> ReportError:
    """Say in one line what a library says about a file."""
    text = "more memory than there is" if isinstance(error, MemoryError) else str(error).strip()
    if "allow_pickle" in text or "Python objects" in text:
        return ReportError(f"{path}: {_PICKLED}")
    said = text.splitlines()[0][:_MOST_SAID] if text else "empty file"
    return ReportError(f"{path}: cannot be read, truncated or corrupt? ({said})")
