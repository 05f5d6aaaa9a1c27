"""Archives, pictures in them read in memory: no path leaves the archive, bombs are refused by size."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from report_lib.common.errors import ReportError
from report_lib.data.arrays import BROKEN, unpacker, zipped
from report_lib.data.text import printable

# Of all that an archive holds, unpacked; and of one file in it.
MAX_UNPACKED, MAX_FILE = 4 * 2**30, 2**28
MAX_ENTRIES = 2_000_000
SUFFIXES = (".zip", *zipped(".tar"), ".tgz", ".tbz2", ".txz")
# With the headers between them.
_MAX_STREAM = MAX_UNPACKED + 2**30
# What stands before an entry: a long name, a long link, attributes.
_BEFORE = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_MAX_HEADER = 2**24
_TOO_LARGE = f"more than {MAX_FILE >> 20} MiB, too large for a picture"


@dataclass(frozen=True)
class Entry:
    """A file that is not read yet.

    Attributes
    ----------
    path : str
        With slashes, from the top of the folder or archive.
    read : callable
        Returns its bytes.
    """

    path: str
    read: Callable[[], bytes]


def entries(path: Path, wanted: Callable[[str], bool], *, largest: int = MAX_FILE) -> list[Entry]:
    """List the files of a `.zip` or a `.tar`, compressed or not; only those that are wanted, and not too large, can be read.

    Raises
    ------
    ReportError
        When it is damaged, encrypted, larger than `MAX_UNPACKED`, or has a link or a path that leads out of it.
    """
    with _sound(path):
        return _of_zip(path, largest) if zipfile.is_zipfile(path) else _of_tar(path, wanted, largest)


def unpack(path: Path, wanted: set[str], folder: Path) -> None:
    """Write files of an archive, by their paths in it, to an empty folder.

    Raises
    ------
    ReportError
        As `entries`, and when one of the files is damaged.
    """
    for entry in entries(path, wanted.__contains__, largest=MAX_UNPACKED):
        if entry.path in wanted:
            with _sound(path):
                data = entry.read()
            try:
                (folder / entry.path).parent.mkdir(parents=True, exist_ok=True)
                (folder / entry.path).write_bytes(data)
            except OSError as error:
                raise ReportError(f"{path}: {entry.path} in it cannot be unpacked: {error.strerror}") from error


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Say in one line that an archive is damaged, whichever of its libraries says so."""
    try:
        yield
    except PermissionError:
        raise
    except (tarfile.TarError, *BROKEN) as error:
        raise ReportError(
            f"{path}: truncated or corrupt archive ({_first_line(error)}); fetch or pack it again"
        ) from error


def _of_zip(path: Path, largest: int) -> list[Entry]:
    # It stays open as long as an entry is to be read.
    archive = zipfile.ZipFile(path)
    files = [info for info in archive.infolist() if not info.is_dir() and _plain(info.filename) != "."]
    _refuse_bomb(path, len(files), sum(info.file_size for info in files))
    for info in files:
        _refuse_way_out(path, info.filename, is_link=stat.S_ISLNK(info.external_attr >> 16))
        if info.flag_bits & 1:
            raise ReportError(f"{path}: is encrypted; unpack it with its password and name the folder")
    return [Entry(_plain(info.filename), lambda info=info: _from_zip(archive, info, largest)) for info in files]


def _from_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, largest: int) -> bytes:
    if info.file_size > largest:
        raise ValueError(_TOO_LARGE)
    # zipfile gives no more than an entry announces.
    return archive.read(info)


def _of_tar(path: Path, wanted: Callable[[str], bool], largest: int) -> list[Entry]:
    """Read a tar from front to back, once: to go back in a compressed one would unpack it again."""
    found, total = [], 0
    with (
        path.open("rb") as raw,
        _unpacked(path, raw) as stream,
        tarfile.open(fileobj=stream, mode="r:", tarinfo=_Member) as archive,
    ):
        for member in archive:
            if member.isdir():
                continue
            _refuse_way_out(path, member.name, is_link=not member.isreg())
            total += member.size
            _refuse_bomb(path, len(found), total)
            name = _plain(member.name)
            data = archive.extractfile(member).read() if wanted(name) and member.size <= largest else None
            if data is not None and len(data) < member.size:
                raise EOFError(f"it ends within {member.name}")
            found.append(Entry(name, lambda data=data: _from_tar(data)))
    return found


class _Member(tarfile.TarInfo):
    """An entry whose name, or what else goes before it, is no larger than such things are: it is read in one piece."""

    @classmethod
    def frombuf(cls, buf: bytes, encoding: str, errors: str) -> tarfile.TarInfo:
        found = super().frombuf(buf, encoding, errors)
        if found.type in _BEFORE and found.size > _MAX_HEADER:
            raise tarfile.ReadError(f"a name of {found.size:,} bytes")
        return found


def _from_tar(data: bytes | None) -> bytes:
    if data is None:
        raise ValueError(_TOO_LARGE)
    return data


def _unpacked(path: Path, raw: BinaryIO) -> BinaryIO:
    unpack = unpacker(raw.read(6))
    raw.seek(0)
    return io.BufferedReader(_Bounded(path, unpack(raw))) if unpack else raw


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than an archive may hold, whatever its headers announce."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self._path, self._stream = path, stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        _refuse_endless(self._path, offset)
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: memoryview) -> int:
        _refuse_endless(self._path, self._stream.tell())
        return self._stream.readinto(buffer)


def _refuse_bomb(path: Path, n: int, size: int) -> None:
    if size > MAX_UNPACKED or n > MAX_ENTRIES:
        says = f"{size / 2**30:,.1f} GiB" if size > MAX_UNPACKED else f"{n:,} files"
        raise ReportError(
            f"{path}: unpacks to {says}; an archive may hold {MAX_UNPACKED >> 30} GiB: is it damaged? Else unpack it and "
            "name the folder"
        )


def _refuse_endless(path: Path, position: int) -> None:
    if position > _MAX_STREAM:
        _refuse_bomb(path, 0, position)


def _refuse_way_out(path: Path, name: str, *, is_link: bool) -> None:
    inner = PurePosixPath(name.replace("\\", "/"))
    if inner.is_absolute() or ".." in inner.parts or ":" in "".join(inner.parts[:1]):
        raise ReportError(
            f"{path}: has the path {name!r}, which leads out of it; pack plain folders, or unpack it yourself"
        )
    if is_link:
        raise ReportError(f"{path}: {name!r} in it is a link or a device; pack plain files")


def _plain(name: str) -> str:
    return printable(str(PurePosixPath(name.replace("\\", "/"))))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
