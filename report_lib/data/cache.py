"""Images that are slow to read, kept once they are decoded: found by what the source holds, checked, memory-mapped."""

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np

from report_lib.common.store import sha256_of_file
from report_lib.data import idx
from report_lib.data.source import Asked, Part, Source

log = logging.getLogger(__name__)

# Of all sources together; what was used longest ago goes first.
MAX_BYTES = 4 * 2**30
# Goes up when the same bytes are to be read otherwise.
_VERSION = "3"
_COLUMNS = ("images", "labels", "names")


def key(paths: list[Path], asked: Asked, *, use_labels: bool) -> str:
    """Return a hash of the names and contents of files, those in folders included, and of what was asked of them.

    Contents are hashed once: as long as sizes, times and places of all files stay, so does what was found.

    Parameters
    ----------
    paths : list of Path
        Files or folders.
    asked : Asked
    use_labels : bool
        Whether labels are read.
    """
    walked = [[path] if path.is_file() else sorted(walk(path)) for path in paths]
    files = [file for found in walked for file in found]
    about = json.dumps([_VERSION, asdict(asked), use_labels, [len(found) for found in walked]])
    names = [file.relative_to(paths[0]).as_posix() if paths[0] in file.parents else file.name for file in files]
    seen = hashlib.sha256(os.fsencode(repr([about, *map(_stamp, files)]))).hexdigest()
    known = _folder() / f"{seen}.key"
    with suppress(OSError, ValueError):
        kept = known.read_text(encoding="ascii")
        if len(kept) == len(seen):
            return kept
    found = hashlib.sha256(about.encode())
    for name, file in zip(names, files, strict=True):
        found.update(os.fsencode(f"\0{name}\0{_digest(file)}"))
    with suppress(OSError):
        _folder().mkdir(parents=True, exist_ok=True)
        known.write_text(found.hexdigest(), encoding="utf8")
    return found.hexdigest()


def walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, links followed, each folder once.

    Raises
    ------
    OSError
        When a folder in it cannot be read.
    """

    def fail(error: OSError) -> None:
        raise error

    seen = set()
    for place, inner, names in os.walk(folder, onerror=fail, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        yield from (Path(place) / name for name in names)


def _stamp(path: Path) -> tuple[str | int, ...]:
    try:
        stat = path.stat()
    except OSError:
        return (str(path),)
    return str(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def find(key: str) -> Source | None:
    """Return what was kept under a key, its arrays memory-mapped; None where it is not there or not what it was."""
    folder = _folder() / key
    try:
        about = json.loads((folder / "source.json").read_text(encoding="utf8"))
        arrays = {name: _checked(folder / f"{name}.npy", digest) for name, digest in about["sha256"].items()}
        # What was used last is what stays.
        os.utime(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    parts = {name: Part(*(arrays.get(f"{name}_{column}") for column in _COLUMNS)) for name in about["parts"]}
    return Source(
        parts, about["recognised"], tuple(about["skipped"]), tuple(about["class_names"]), arrays.get("originals")
    )


def keep(key: str, source: Source) -> None:
    """Keep a source, all of it or nothing; where that cannot be done, the log says so and nothing else happens."""
    arrays = {
        f"{name}_{column}": getattr(part, column) for name, part in source.parts.items() for column in _COLUMNS
    } | {"originals": source.originals}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    if sum(array.nbytes for array in arrays.values()) > MAX_BYTES:
        return
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_folder(), prefix=".", ignore_cleanup_errors=True) as part:
            _write(Path(part) / key, source, arrays)
            _remove(_folder() / key)
            os.replace(Path(part) / key, _folder() / key)
        _make_room(key)
    except OSError as error:
        log.info("decoded images are not kept in %s: %s", _folder(), error.strerror or error)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _folder() -> Path:
    return idx.cache_dir() / "decoded"


def _write(folder: Path, source: Source, arrays: dict[str, np.ndarray]) -> None:
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    about = {
        "parts": list(source.parts),
        "recognised": source.recognised,
        "skipped": source.skipped,
        "class_names": source.class_names,
        "sha256": {name: _digest(folder / f"{name}.npy") for name in arrays},
    }
    (folder / "source.json").write_text(json.dumps(about), encoding="utf8")


def _checked(path: Path, digest: str) -> np.ndarray:
    if _digest(path) != digest:
        raise ValueError(f"{path} is damaged")
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _digest(path: Path) -> str:
    """Return the hash of a file; empty for a folder, or where it cannot be read."""
    # What is no file would be waited for, or never end.
    if path.is_file():
        with suppress(OSError):
            return sha256_of_file(path)
    return ""


def _make_room(newest: str) -> None:
    """Remove what was used longest ago until the rest fits, and what led to it."""
    _remove_half_written()
    folders = {path.name: path for path in _folder().iterdir() if path.is_dir() and not path.name.startswith(".")}
    sizes = {name: sum(file.stat().st_size for file in path.iterdir()) for name, path in folders.items()}
    left = sum(sizes.values())
    for name in sorted(folders.keys() - {newest}, key=lambda name: folders[name].stat().st_mtime):
        if left <= MAX_BYTES:
            break
        shutil.rmtree(folders.pop(name), ignore_errors=True)
        left -= sizes[name]
    for known in _folder().glob("*.key"):
        if known.read_bytes().decode("ascii", errors="replace") not in folders:
            known.unlink(missing_ok=True)


def _remove_half_written() -> None:
    """Remove what killed runs left half written; one that is writing now has begun less than a day ago."""
    for path in _folder().glob(".*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - 24 * 3600:
                _remove(path)
