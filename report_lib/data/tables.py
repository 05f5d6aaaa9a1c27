"""Readers of tables: CSV and parquet, with a column a pixel or a column of encoded images."""

import csv
import io
import json
import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from report_lib.common.errors import ReportError
from report_lib.data.arrays import BROKEN, missing, readable, unreadable, unzipped
from report_lib.data.columns import choose, in_parts, label_of, not_used, refuse_unknown, split_of
from report_lib.data.layout import images_first
from report_lib.data.roles import recognised, refuse_huge
from report_lib.data.source import Asked, Part, Source
from report_lib.data.text import encoding_of
from report_lib.data.words import IMAGES, words

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_MAX_CLASSES = 200
# All pixels of an image in one field, with spaces between.
_ROW = re.compile(r"\s*\d[\d.]*(\s+\d[\d.]*){3,}\s*")


def read_csv(path: Path, asked: Asked) -> Source:
    """Read a table of pixels with commas, semicolons or tabs, with or without a line of names."""
    # Only here, as in every reader: the command line answers at once.
    import pandas as pd

    first = _first_line(path)
    separator = max(",;\t", key=first.count)
    with readable(path):
        fields = next(csv.reader([first], delimiter=separator), [])
    named = _is_header(fields)
    options = {"header": 0 if named else None, "index_col": False, "keep_default_na": False, "low_memory": False}
    try:
        with warnings.catch_warnings(), _open(path) as file:
            # pandas only warns when a line is longer than the one that names the columns.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(file, sep=separator, na_values=["", "NaN", "nan"], **options)
    except PermissionError:
        raise
    except (*BROKEN, pd.errors.ParserWarning) as error:
        raise _ragged(path, error, len(fields)) from error
    if not named:
        table.columns = [str(i + 1) for i in range(table.shape[1])]
    keys = asked.keys or (() if named else _unnamed_label(table, asked, path))
    return _from_pixels(
        table, keys, asked, path, "a CSV file", lambda row: f"line {_line(path, row, separator, named)}"
    )


def read_parquet(path: Path, asked: Asked) -> Source:
    """Read a table of pixels, or of encoded images as Hugging Face keeps them; names of classes are in its schema."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise missing("pyarrow", path) from error
    with readable(path, pa.ArrowException):
        with parquet.ParquetFile(path) as file:
            groups = (file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
            refuse_huge((sum(groups),), np.dtype(np.uint8), str(path))
            table = file.read()
        encoded = [field.name for field in table.schema if _holds_pictures(field.type)]
        class_names = _class_names(table.schema.metadata or {})
        if not encoded:
            return _from_numbers(table, asked, path)
        return _from_pictures(table, encoded, class_names, asked, path)


def _open(path: Path) -> TextIO:
    with unzipped(path) as file:
        encoding = encoding_of(file)
    return io.TextIOWrapper(unzipped(path), encoding=encoding, newline="")


def _first_line(path: Path) -> str:
    with readable(path), _open(path) as file:
        line = file.readline(2**20)
    if not line.strip():
        raise ReportError(f"{path}: is empty, or begins with an empty line")
    return line


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_header(fields: list[str]) -> bool:
    """Say whether the first line names the columns: mostly text, or numbers that count them."""
    numbers = [_number(field) for field in fields if field.strip()]
    known = [number for number in numbers if number is not None]
    counts = len(known) > 2 and set(np.diff(known).tolist()) == {1.0} and known[0] in (0, 1)
    return 2 * len(known) < len(fields) or counts


def _ragged(path: Path, error: Exception, n_fields: int) -> ReportError:
    match = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
    if match:
        expected, line, saw = match.groups()
        return ReportError(f"{path}: line {line} has {saw} fields where {expected} are expected; mend or remove it")
    if "header" in str(error):
        return ReportError(f"{path}: line 2 has more fields than the {n_fields} of line 1; mend or remove it")
    return unreadable(path, error)


def _line(path: Path, row: int, separator: str, named: bool) -> int:
    """Return the line that a row of the table ends in; empty lines are none."""
    with _open(path) as file:
        lines = csv.reader(file, delimiter=separator)
        filled = (lines.line_num for fields in lines if fields)
        return next(line for i, line in enumerate(filled) if i == row + named)


def _unnamed_label(table: "pd.DataFrame", asked: Asked, path: Path) -> tuple[str, ...]:
    """Return the column of labels where none has a name: the first or the last one, or none."""
    d = table.shape[1]
    if _makes_images(d, asked) or not _makes_images(d - 1, asked):
        return ()
    ends = [table.columns[0], table.columns[-1]]
    text = [key for key in ends if table[key].dtype.kind not in "biuf"]
    fits = text or [key for key in ends if _counts_classes(table[key].dropna().unique())]
    if len(fits) != 1:
        raise ReportError(
            f"{path}: {d} columns without names, so labels may be column {ends[0]} or {ends[1]}; say which by "
            f"dataset.keys=[{ends[0]}]"
        )
    return tuple(fits)


def _counts_classes(values: np.ndarray) -> bool:
    """Say whether values are 0 to k - 1 or 1 to k, but for an unknown -1: what classes are and pixels hardly."""
    values = np.sort(values[values != -1])
    return 1 < len(values) <= _MAX_CLASSES and values[0] in (0, 1) and bool((np.diff(values) == 1).all())


def _makes_images(d: int, asked: Asked) -> bool:
    return any(n == np.prod(asked.image_shape) if asked.image_shape else round(n**0.5) ** 2 == n for n in (d, d / 3))


def _from_pixels(
    table: "pd.DataFrame",
    keys: tuple[str, ...],
    asked: Asked,
    path: Path,
    kind: str,
    place: Callable[[int], str],
    packed: tuple[str, np.ndarray] | None = None,
) -> Source:
    """Read pixels in columns, or all those of an image in one column, `packed`: its name and the array of it."""
    table.columns = [str(key).strip() for key in table.columns]
    packed = packed or _from_text(table, path, place)
    chosen = choose(table, keys, path, images=packed[0] if packed else "")
    array = packed[1] if packed else _numbers(table[chosen.pixels], path, place)
    images, said = images_first(array, n_labels=len(table), image_shape=asked.image_shape, where=str(path))
    names = table[chosen.name].to_numpy().astype(str) if chosen.name else None
    every = Part(images, chosen.labels(table), names, said)
    parts = in_parts(every, table[chosen.split] if chosen.split else None)
    named = packed[0] if packed else f"{chosen.pixels[0]} … {chosen.pixels[-1]}"
    return Source(
        parts,
        recognised(parts, kind, images.dtype.name, {"all": (named, chosen.labelled_by)}),
        not_used(chosen.left_out),
        tuple(chosen.one_hot),
    )


def _from_text(table: "pd.DataFrame", path: Path, place: Callable[[int], str]) -> tuple[str, np.ndarray] | None:
    """Return the column that has all pixels of an image as numbers with spaces between, and the array of it."""
    first = {
        key: str(table[key].iloc[0]) for key in table.columns if len(table) and table[key].dtype.kind not in "biuf"
    }
    key = next((key for key, text in first.items() if _ROW.fullmatch(text)), "")
    if not key:
        return None
    rows, d = [], len(first[key].split())
    for i, text in enumerate(table[key]):
        with warnings.catch_warnings(), suppress(ValueError, TypeError, DeprecationWarning):
            # NumPy only warns of what is no number.
            warnings.simplefilter("error", DeprecationWarning)
            # Whole numbers are read four times as fast.
            kind = np.float32 if "." in text else np.int64
            rows.append(np.fromstring(text, kind, sep=" ").astype(np.float32))
        if len(rows) == i or len(rows[i]) != d:
            raise ReportError(f"{path}: {place(i)} has not the {d} numbers in column {key} that the first row has")
    return key, np.stack(rows)


def _from_numbers(table: "pa.Table", asked: Asked, path: Path) -> Source:
    lists = [field.name for field in table.schema if _is_list(field.type)]
    packed = _from_lists(table, lists, path)
    rest = table.drop_columns(lists).to_pandas()
    if packed:
        rest[packed[0]] = None
    found = _from_pixels(rest, asked.keys, asked, path, "a parquet file", lambda row: f"row {row + 1}", packed)
    others = [key for key in lists if key != packed[0]] if packed else []
    return replace(found, skipped=(*found.skipped, *not_used(others)))


def _from_lists(table: "pa.Table", lists: list[str], path: Path) -> tuple[str, np.ndarray] | None:
    """Return the column that has a list of pixels, or a list of rows of them, in each row, and the array of it."""
    from pyarrow import compute, types

    keys = [key for key in lists if words(key) & IMAGES] or lists
    if len(keys) > 1:
        raise ReportError(f"{path}: images may be {' or '.join(keys[:8])}; remove the columns that are not")
    if not keys:
        return None
    column, shape = table[keys[0]].combine_chunks(), [table.num_rows]
    while _is_list(column.type):
        lengths = compute.unique(compute.list_value_length(column)).to_pylist()
        if len(lengths) != 1 or not lengths[0]:
            raise ReportError(
                f"{path}: column {keys[0]} has lists of different lengths, or none; each image needs as many pixels"
            )
        shape += lengths
        column = column.flatten()
    if column.null_count or not (types.is_integer(column.type) or types.is_floating(column.type)):
        raise ReportError(
            f"{path}: column {keys[0]} has lists of {column.type} with {column.null_count:,} empty; needs numbers"
        )
    return keys[0], column.to_numpy(zero_copy_only=False).reshape(shape)


def _is_list(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _numbers(table: "pd.DataFrame", path: Path, place: Callable[[int], str]) -> np.ndarray:
    """Return the pixels of a table, or say where one is none."""
    import pandas as pd

    for key in table.columns[[dtype.kind not in "biuf" for dtype in table.dtypes]]:
        bad = np.flatnonzero(pd.to_numeric(table[key], errors="coerce").isna() & table[key].notna())
        if len(bad):
            raise ReportError(
                f"{path}: {place(bad[0])} has {table[key].iloc[bad[0]]!r} in column {key}, where a pixel is a number"
            )
    array = table.apply(pd.to_numeric).to_numpy()
    empty = np.isnan(array).any(axis=1) if array.dtype.kind == "f" else np.zeros(len(array), bool)
    if empty.any():
        row = int(empty.argmax())
        key = table.columns[int(np.isnan(array[row]).argmax())]
        raise ReportError(
            f"{path}: {place(row)} has nothing in column {key} ({empty.sum():,} such in all), or too few fields; mend or "
            "remove it"
        )
    return array


def _holds_pictures(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, tuple[str, ...]]:
    """Return the names of classes that Hugging Face keeps in a schema, by column."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
    except ValueError:
        return {}
    return {key: tuple(kind["names"]) for key, kind in features.items() if isinstance(kind, dict) and "names" in kind}


def _from_pictures(
    table: "pa.Table", encoded: list[str], class_names: dict[str, tuple[str, ...]], asked: Asked, path: Path
) -> Source:
    # Only here: it imports Pillow.
    from report_lib.data.pictures import changes, decode, sentences, stack

    columns = table.column_names
    refuse_unknown(columns, asked.keys, path)
    if not asked.keys and len(encoded) > 1:
        raise ReportError(f"{path}: images may be {' or '.join(encoded)}; say which by dataset.keys=[images, labels]")
    image = asked.keys[0] if asked.keys else encoded[0]
    label = "".join(asked.keys[1:2]) if asked.keys else label_of(columns, path, tuple(class_names))
    found = table[image].to_pylist()
    data = [value["bytes"] if isinstance(value, dict) else value for value in found]
    paths = [value.get("path") if isinstance(value, dict) else None for value in found]
    named = [
        (name or f"row {i + 1}", lambda item=item: item or b"")
        for i, (name, item) in enumerate(zip(paths, data, strict=True))
    ]
    read = decode(named, asked, str(path))
    images = stack(read.images)
    rest = table.drop_columns([image]).to_pandas().iloc[read.kept]
    split = split_of(rest, label)
    labels = rest[label].to_numpy() if label else None
    every = Part(images, labels, np.array(paths)[read.kept] if all(paths) else None)
    parts = in_parts(every, rest[split] if split else None)
    left_out = [key for key in columns if key not in (image, label, split)]
    changed = changes(read, asked)
    return Source(
        parts,
        "; ".join([recognised(parts, "a parquet file", images.dtype.name, {"all": (image, label)}), *changed]),
        (*not_used(left_out), *sentences(read)),
        class_names.get(label, ()),
        np.stack(read.originals) if changed else None,
    )
