"""IDX files of any name, as MNIST's kin are kept in: images, and the labels that lie beside them."""

import math
import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from report_lib.common.errors import ReportError
from report_lib.data.arrays import native, unzipped
from report_lib.data.roles import Found, refuse_huge, source
from report_lib.data.source import Asked, Source
from report_lib.data.text import few

_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
# What says the part and the kind in the name of a file.
_OF_A_SET = re.compile(r"(train|test|t10k)[-_.](images|labels)")
_EMNIST = "emnist-"
_HINT = "EMNIST keeps its images on their side: dataset.transpose=true turns them upright."


def is_idx_folder(path: Path) -> bool:
    """Say whether a folder has IDX files."""
    return path.is_dir() and any(map(_is_file, path.iterdir()))


def _is_file(path: Path) -> bool:
    # The name first: a folder may have 60,000 pictures, which need not be opened for this.
    return any(word in path.name.lower() for word in ("idx", "ubyte")) and path.is_file() and is_idx(head(path))


def is_idx(head: bytes) -> bool:
    """Say whether a file that begins so is IDX."""
    return len(head) >= 4 and head[:2] == b"\0\0" and head[2] in _TYPES and 1 <= head[3] <= 4


def read(path: Path, asked: Asked) -> Source:
    """Read a file of images with the labels beside it, or all parts that a folder has."""
    files = filter(_is_file, path.iterdir()) if path.is_dir() else [path, *_labels_beside(path)]
    found = {_stem(file): _found(file) for file in sorted(files)}
    if not asked.keys:
        _refuse_several(list(found), path)
    read = source(found, asked, path, "IDX files" if len(found) > 1 else "an IDX file")
    lying = _EMNIST in "".join(asked.keys or found).lower() and not asked.transpose
    return replace(read, skipped=(*read.skipped, _HINT)) if lying else read


def _refuse_several(names: list[str], path: Path) -> None:
    """Refuse a folder of several sets, as EMNIST comes, and say how to name one."""
    sets: dict[str, list[str]] = {}
    for name in names:
        if match := _OF_A_SET.search(name):
            sets.setdefault(name[: match.start()].rstrip("-_."), []).append(name)
    if len(sets) > 1:
        first = sorted(next(iter(sets.values())), key=lambda name: ("train" not in name, "images" not in name))
        turned = " dataset.transpose=true" if _EMNIST in first[0].lower() else ""
        raise ReportError(
            f"{path}: holds the sets {few(sets)}; "
            f'SET="dataset.keys=[{",".join(first)}]{turned}" takes one, or name a folder that holds one alone'
        )


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz")


def _labels_beside(path: Path) -> list[Path]:
    """Return the file of the same name that has labels where this one has images, zipped or not."""
    name = _stem(path).replace("images", "labels").replace("idx3", "idx1")
    beside = [path.with_name(name), path.with_name(f"{name}.gz")] if name != _stem(path) else []
    return [file for file in beside if file.is_file()][:1]


def head(path: Path) -> bytes:
    """Return how a file begins, unzipped; nothing where it is no file."""
    try:
        with unzipped(path) as file:
            return file.read(20)
    except (OSError, EOFError, zlib.error):
        return b""


def _found(path: Path) -> Found:
    start = head(path)
    if not is_idx(start):
        raise ReportError(f"{path}: not an IDX file, or empty or damaged")
    shape = tuple(int.from_bytes(start[4 + 4 * i : 8 + 4 * i], "big") for i in range(start[3]))
    dtype = np.dtype(_TYPES[start[2]])
    refuse_huge(shape, dtype, str(path))

    def load() -> np.ndarray:
        expected, offset = math.prod(shape) * dtype.itemsize, 4 + 4 * start[3]
        try:
            with unzipped(path) as file:
                data = file.read(offset + expected + 1)[offset:]
        except (OSError, EOFError, zlib.error, MemoryError) as error:
            raise ReportError(f"{path}: truncated or corrupt gzip file ({error}); fetch it again") from error
        if len(data) != expected:
            raise ReportError(f"{path}: truncated or damaged, {len(data):,} bytes where {expected:,} are announced")
        return native(np.frombuffer(data, dtype).reshape(shape))

    return Found(shape, dtype, load)
