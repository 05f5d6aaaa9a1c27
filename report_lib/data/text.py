"""Text that is read, in UTF-8, UTF-16 or what Windows wrote in Western Europe; and text that is told, never long."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import BinaryIO

import numpy as np

from report_lib.common.errors import ReportError

# Of a message, whatever was read; of a name in a list, and of names there.
_LONGEST, _LONGEST_NAME, _MOST = 480, 40, 8
# Of the name of a class, everywhere.
_LONGEST_CLASS = 60
# What steers a terminal or a browser, rather than being seen: controls, ends of lines, turns of the writing; and half letters.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def encoding_of(file: BinaryIO) -> str:
    """Return the encoding of a text, read to its end."""
    start = file.read(2)
    if start in _UTF16:
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(start)
        for chunk in iter(lambda: file.read(2**20), b""):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        # All that can be printed in Latin-1 is the same there.
        return "cp1252"
    return "utf-8-sig"


def decoded(data: bytes) -> str:
    """Return a text.

    Raises
    ------
    UnicodeDecodeError
        When it is none in any of these.
    """
    return data.decode(encoding_of(io.BytesIO(data)))


def printable(name: str) -> str:
    """Return the name of a file with ? for what is no UTF-8 in it, so that it can be written."""
    return name.encode(errors="replace").decode()


def visible(names: np.ndarray | None) -> np.ndarray | None:
    """Return names with a sign for each character that would not be seen, but do something; None where there are none."""
    return None if names is None else np.array([_visible(name) for name in names.tolist()], dtype=str)


def _visible(name: str) -> str:
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", name)


def visible_classes(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of classes as they can be shown: visible, none very long, and still different ones."""
    found: dict[str, None] = {}
    for name in map(_visible, names):
        short = name if len(name) <= _LONGEST_CLASS else f"{name[: _LONGEST_CLASS - 1]}…"
        numbered = (f"{short} ({n})" for n in count(2))
        found[short if short not in found else next(other for other in numbered if other not in found)] = None
    return tuple(found)


def few(names: Iterable[str], separator: str = ", ") -> str:
    """Return the first of some names, none of them long, and how many there are beyond."""
    names = list(names)
    shown = [name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…" for name in names[:_MOST]]
    return separator.join(shown) + (f" and {len(names) - _MOST:,} more" if len(names) > _MOST else "")


@contextmanager
def briefly() -> Iterator[None]:
    """Keep an error to one line of some length: the middle goes, as a message begins with where and ends with what to do."""
    try:
        yield
    except ReportError as error:
        said = " ".join(str(error).split("\n"))
        if len(said) > _LONGEST:
            said = f"{said[: _LONGEST // 2]} … {said[-_LONGEST // 2 + 3 :]}"
        raise ReportError(said) from error
