"""Reader of MATLAB files: of version 5 and before by SciPy, of version 7.3 as the HDF5 that they are.

The layout of version 5 is that of "MAT-File Format", MathWorks: elements of a tag, kind and number of bytes, and data.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from report_lib.data.arrays import from_hdf5, native, readable
from report_lib.data.roles import MAX_BYTES, Found, source
from report_lib.data.source import Asked, Source

# Kinds of elements: numbers; text; a variable; one that is compressed.
_NUMBERS, _TEXT, _MATRIX, _COMPRESSED = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13}, {16, 17, 18}, 14, 15
# Classes of variables: a cell, text, and what is never read; bit 3 of the flags says that numbers are complex.
_CELL, _CHAR, _LEFT = 1, 4, {2, 3, 5, 16, 17}
_COMPLEX = 8


def read_mat(path: Path, asked: Asked) -> Source:
    """Read the variables of a MATLAB file, of any version; HDF5 keeps the axes of MATLAB's arrays in reverse."""
    with path.open("rb") as file:
        if b"MATLAB 7.3" in file.read(128):
            return from_hdf5(path, asked, "a MATLAB file", reverse=True)
    # Only here: not every run reads such a file, and the command line answers at once.
    import scipy.io

    def load(name: str, kind: str) -> np.ndarray:
        array = scipy.io.loadmat(path, variable_names=[name])[name]
        # A cell holds an array in each place; those of labels are words.
        return (
            np.array(["".join(map(str, item.ravel())) for item in array.ravel()]) if kind == "cell" else native(array)
        )

    with readable(path, scipy.io.matlab.MatReadError, zlib.error):
        if scipy.io.matlab.matfile_version(path)[0] == 1:
            _refuse_broken(path.read_bytes())
        found = {
            name: Found(shape, _dtype(kind), lambda name=name, kind=kind: load(name, kind))
            for name, shape, kind in scipy.io.whosmat(path)
        }
        return source(found, asked, path, "a MATLAB file")


def _dtype(kind: str) -> np.dtype:
    """Return the type of what MATLAB calls its class; what can be neither images nor labels is void."""
    if kind in ("struct", "object", "function", "opaque", "sparse", "unknown"):
        return np.dtype("V1")
    return np.dtype({"char": "U1", "cell": "U1", "logical": "bool"}.get(kind, kind))


def _refuse_broken(data: bytes) -> None:
    """Refuse elements of kinds that there are not: SciPy takes the process down at them.

    Raises
    ------
    ValueError
    """
    order = "<" if data[126:128] == b"IM" else ">"
    for kind, body in _elements(memoryview(data)[128:], order, pad=1):
        if kind == _COMPRESSED:
            unpacked = zlib.decompressobj().decompress(body, MAX_BYTES)
            for inner, variable in _elements(memoryview(unpacked), order, pad=8):
                _refuse_variable(inner, variable, order)
        else:
            _refuse_variable(kind, body, order)


def _elements(data: memoryview, order: str, *, pad: int) -> Iterator[tuple[int, memoryview]]:
    at = 0
    while at < len(data):
        kind, n = struct.unpack_from(f"{order}2I", data, at)
        small, start = kind >> 16, at + 8
        if small:
            # Up to four bytes stand in the tag itself.
            kind, n, start = kind & 0xFFFF, small, at + 4
        if start + n > len(data) or small > 4:
            raise ValueError("an element ends behind the file")
        yield kind, data[start : start + n]
        at = at + 8 if small else start + -(-n // pad) * pad


def _refuse_variable(kind: int, data: memoryview, order: str) -> None:
    if kind != _MATRIX:
        raise ValueError(f"an element of kind {kind} where a variable stands")
    # An empty place of a cell has not even flags.
    flags = struct.unpack_from(f"{order}I", data, 8)[0] if len(data) else 0
    of = flags & 0xFF
    if not len(data) or of in _LEFT:
        return
    (_, sizes), _, *values = _elements(data[16:], order, pad=8)
    n = math.prod(struct.unpack(f"{order}{len(sizes) // 4}i", sizes))
    if of == _CELL:
        for inner, variable in values[:n]:
            _refuse_variable(inner, variable, order)
    wanted = n if of == _CELL else 2 if flags >> 8 & _COMPLEX else 1
    known = {_MATRIX} if of == _CELL else _NUMBERS | (_TEXT if of == _CHAR else set())
    if len(values) < wanted or not {part for part, _ in values} <= known:
        raise ValueError("a variable without values of a kind that there is")
