"""How text is written: UTF-8, UTF-16 where the file begins so, else what Windows wrote in Western Europe."""

import codecs
import io
from typing import BinaryIO

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
