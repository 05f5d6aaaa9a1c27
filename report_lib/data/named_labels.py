"""Tables that give a label to the name of a file, such as `metadata.csv`."""

import csv
import io
from collections.abc import Iterable
from pathlib import PurePosixPath

import numpy as np

from report_lib.common.errors import ReportError
from report_lib.common.prose import plural
from report_lib.data.labels import one_hot
from report_lib.data.text import decoded, few
from report_lib.data.words import LABELS, LABELS_ELSE, NAMES

# Rows that tell what a column holds.
_SEEN = 50


class UnclearLabel(ReportError):
    """A table names the images and does not tell which column is their label."""


def parse(data: bytes, where: str, files: list[str], keys: tuple[str, ...] = ()) -> dict[str, str] | None:
    """Read names of files and their labels from a table with commas, semicolons or tabs; None where it has no such columns.

    Parameters
    ----------
    files : list of str
        Paths of the files; a column that holds half of its first rows from these has names, whatever it is called.
    keys : (names, labels), or ()
        What the columns are called, where they cannot be told.

    Raises
    ------
    ReportError
        When it is no text, names the files but not which column has their labels, or gives a name two labels.
    """
    try:
        text = decoded(data)
    except UnicodeDecodeError as error:
        raise ReportError(f"{where}: not a table of text; save it as CSV in UTF-8") from error
    separator = max(",;\t", key=text.partition("\n")[0].count)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
    if not rows:
        return None
    known = _by_name(files, range(len(files)), "")
    header = [name.strip() for name in rows[0]]
    columns = _columns(header, rows[1:], known, keys, where)
    if columns is None:
        return None
    found: dict[str, str] = {}
    for line, row in enumerate(rows[1:], start=2):
        if len(row) <= max(columns):
            raise ReportError(
                f"{where}: row {line} has {len(row)} fields where {len(rows[0])} are expected; mend or remove it"
            )
        name, *values = (row[i].strip() for i in columns)
        label = values[0] if len(values) == 1 else header[columns[1 + np.argmax(np.array(values, float))]]
        if found.setdefault(name, label) != label:
            raise ReportError(f"{where}: {name} has two labels, {found[name]} and {label}; each image needs one")
    return found


def _columns(
    header: list[str], rows: list[list[str]], known: dict[str, int], keys: tuple[str, ...], where: str
) -> tuple[int, ...] | None:
    """Return which column has names and which labels: the only other one, whatever it is called, or one a class."""
    if len(header) < 2:
        return None
    if len(keys) == 2 and set(keys) <= set(header):
        return header.index(keys[0]), header.index(keys[1])
    lower = [column.lower() for column in header]
    name = next((lower.index(column) for column in NAMES if column in lower), None)
    if name is None:
        name = next((i for i in range(len(header)) if _holds(rows, i, known)), None)
    if name is None:
        return None
    called = (lower.index(column) for column in (*LABELS, *LABELS_ELSE) if column in lower)
    label = next((i for i in called if i != name), None)
    if label is None and len(header) == 2:
        label = 1 - name
    classes = [i for i, column in enumerate(header) if column and i != name]
    if label is None and _is_one_hot(rows, classes):
        return name, *classes
    if label is None and _holds(rows, name, known):
        others = [column for i, column in enumerate(header) if i != name]
        raise UnclearLabel(
            f"{where}: its column {header[name]} names the images, but which of {few(others)} is their label? "
            f'SET="dataset.keys=[{header[name]},{others[0]}]" says so'
        )
    return None if label is None else (name, label)


def _is_one_hot(rows: list[list[str]], columns: list[int]) -> bool:
    """Say whether columns are a class each: each row has a single 1 among zeros."""
    try:
        return one_hot(np.array([[float(row[i]) for i in columns] for row in rows])) is not None
    except (ValueError, IndexError):
        return False


def _holds(rows: list[list[str]], column: int, known: dict[str, int]) -> bool:
    """Say whether half of the first rows have the name of a file in a column."""
    first = [row[column].strip() for row in rows[:_SEEN] if column < len(row)]
    return bool(first) and 2 * sum(_plain(name) in known for name in first) >= len(first)


def _plain(name: str) -> str:
    return str(PurePosixPath(name.replace("\\", "/")))


def match(names: list[str], labels: dict[str, str], folder: str = "") -> tuple[list[str | None], int]:
    """Find the label of each file by its path, its name, or its name without suffix, where only one file has it.

    Parameters
    ----------
    names : list of str
        Paths of files, with slashes.
    labels : dict of str to str
        By what the table calls a file.
    folder : str
        Where the table lies; only files below it are its own.

    Returns
    -------
    labels : list of str or None
        None where the table does not name the file.
    n_unknown : int
        How many rows of the table name none of the files.
    """
    below = [i for i, name in enumerate(names) if not folder or name.startswith(f"{folder}/")]
    known = _by_name(names, below, folder)
    found: list[str | None] = [None] * len(names)
    n_unknown = 0
    for name, label in labels.items():
        i = known.get(_plain(name), -1)
        n_unknown += i < 0
        if i >= 0:
            found[i] = label
    return found, n_unknown


def _by_name(names: list[str], below: Iterable[int], folder: str) -> dict[str, int]:
    known: dict[str, int] = {}
    for i in below:
        path = PurePosixPath(names[i])
        inner = path.relative_to(folder) if folder else path
        for key in {str(inner), str(path), inner.name, str(inner.with_suffix("")), inner.stem}:
            known[key] = i if known.get(key, i) == i else -1
    # A whole path is never doubtful.
    return known | {names[i]: i for i in below}


def sentences(labels: list[str | None], n_unknown: int, table: str) -> tuple[str, ...]:
    """Say which images a table leaves out, and how many of its rows no image has."""
    n_without = sum(label is None for label in labels)
    said = []
    if n_unknown:
        said.append(f"{plural(n_unknown, 'row')} of {table} {'names' if n_unknown == 1 else 'name'} no picture.")
    if n_without:
        said.append(f"{plural(n_without, 'picture')} without a row in {table}: the label is unknown.")
    return tuple(said)


def as_column(labels: list[str | None]) -> np.ndarray:
    """Return labels as an array of text, empty where there is none."""
    return np.array(["" if label is None else label for label in labels], dtype=str)


def column(data: bytes, where: str, n_images: int) -> np.ndarray:
    """Read one label a line, below a name of the column or not; or a column a class, below their names.

    Raises
    ------
    ReportError
        When it is no text, or has several columns.
    """
    try:
        lines = [line.strip().strip('"') for line in decoded(data).splitlines()]
    except UnicodeDecodeError as error:
        raise ReportError(f"{where}: not text; save labels as .csv, .txt or .npy") from error
    separator = max(",;\t", key="".join(lines[:1]).count)
    if separator in "".join(lines[:1]):
        header, *rows = csv.reader(lines, delimiter=separator)
        if _is_one_hot(rows, list(range(len(header)))):
            return np.array([header[row.index(max(row, key=float))].strip() for row in rows])
        raise ReportError(
            f"{where}: has several columns, and none names the images; save the labels alone, or name the columns of file "
            "names and labels in dataset.keys"
        )
    # An empty line is an unknown label, but for the last ones.
    while lines and not lines[-1]:
        lines.pop()
    # A word that comes again is a label; one that nobody knows is a heading where it is one line too many.
    known = bool(lines) and lines[0].lower() in (*LABELS, *LABELS_ELSE)
    if lines and lines[0] not in lines[1:] and (known or len(lines) == n_images + 1):
        lines = lines[1:]
    return np.array(lines, dtype=str)
