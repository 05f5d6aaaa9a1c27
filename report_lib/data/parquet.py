"""Tables that are written block by block, for more rows than a spreadsheet or memory holds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np


@contextmanager
def written(path: Path) -> Iterator[Callable[[dict[str, np.ndarray]], None]]:
    """Open a Parquet file; what is given takes columns of as many rows each, the same ones every time."""
    # Only here: runs that look at all of their images go without.
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    writers: list[ParquetWriter] = []

    def write(columns: dict[str, np.ndarray]) -> None:
        table = pa.table(columns)
        if not writers:
            writers.append(ParquetWriter(path, table.schema))
        writers[0].write_table(table)

    try:
        yield write
    finally:
        for writer in writers:
            writer.close()
