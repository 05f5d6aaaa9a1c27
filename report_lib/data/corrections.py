"""Labels that a person has corrected: the marks that a report exports, put into the labels of a run."""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np

from report_lib.common.arrays import UNKNOWN
from report_lib.common.errors import ReportError, did_you_mean
from report_lib.common.prose import listed
from report_lib.data import formats
from report_lib.data.images import ImageSet, Marks
from report_lib.data.text import decoded

NEEDED = ("part", "row", "label")
PARTS = ("train", "test")


@dataclass(frozen=True)
class _Row:
    """A line of the file that gives a label."""

    line: int
    part: str
    row: int
    label: str
    was: str | None


def apply(images: ImageSet, path: str) -> ImageSet:
    """Return images with the labels of a file of marks.

    Parameters
    ----------
    images : ImageSet
        With the labels as they came.
    path : str
        CSV with the columns `part`, `row` and `label`, an empty label for what is left as it is; where there is `was`, it
        has to be the label as it came.

    Raises
    ------
    ReportError
        When the file does not fit the images: which line does not, and what to do.
    """
    file = formats.find(path)
    if not images.has_labels:
        raise ReportError(f"dataset.corrections: {path} corrects labels, and there are none; leave it out")
    if not file.is_file():
        raise ReportError(f"dataset.corrections: {path} is a folder; name the CSV file that the report exports")
    content = file.read_bytes()
    rows, n_unsure = _read(content, path)
    marked, labels = _marks(images, rows, path), {}
    for part in PARTS:
        labels[part] = getattr(images, f"{part}_labels").copy()
        labels[part][_positions(images, part, marked[part])] = [code for _, _, code in marked[part]]
    marks = Marks(file.name, n_unsure, *(_arrays(marked, i) for i in range(3)))
    hashes = images.hashes | {"corrections": hashlib.sha256(content).hexdigest()}
    return replace(images, train_labels=labels["train"], test_labels=labels["test"], marks=marks, hashes=hashes)


def _arrays(marked: dict[str, list[tuple[int, int, int]]], column: int) -> dict[str, np.ndarray]:
    return {part: np.array([one[column] for one in own], np.int64) for part, own in marked.items()}


def _positions(images: ImageSet, part: str, marked: Sequence[tuple[int, int, int]]) -> np.ndarray:
    # Rows of a part are in order.
    return np.searchsorted(images.rows[part], np.array([row for row, _, _ in marked], np.int64))


def _read(content: bytes, path: str) -> tuple[list[_Row], int]:
    """Return the lines that give a label, and how many there are that give none."""
    try:
        text = decoded(content)
    except UnicodeDecodeError as error:
        raise ReportError(f"{path}: not a table of text; export the marks again, as CSV") from error
    separator = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        table = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
    except csv.Error as error:
        raise ReportError(f"{path}, line {reader.line_num}: {error}; export the marks again, as CSV") from error
    header = [name.lower() for name in table[0][1]] if table else []
    if missing := [name for name in NEEDED if name not in header]:
        raise ReportError(
            f"{path}, line 1: no column {listed(missing, 'or')}; it takes {', '.join(NEEDED)}, as a report exports them"
        )
    found = [_row(line, dict(zip(header, cells, strict=False)), path) for line, cells in table[1:]]
    return [one for one in found if one.label], sum(not one.label for one in found)


def _row(line: int, cells: dict[str, str], path: str) -> _Row:
    part, row = cells.get("part", ""), cells.get("row", "")
    if part not in PARTS:
        _refuse(path, line, f"part is {part!r}", "write train or test")
    if not (row.isascii() and row.isdecimal() and len(row) < 10):
        _refuse(path, line, f"row is {row!r}", "write the number that the report shows")
    return _Row(line, part, int(row), cells.get("label", ""), cells.get("was"))


def _refuse(path: str, line: int, what: str, do: str) -> NoReturn:
    raise ReportError(f"{path}, line {line}: {what}; {do}")


def _marks(images: ImageSet, rows: Sequence[_Row], path: str) -> dict[str, list[tuple[int, int, int]]]:
    """Return row, label as it came and label as it is marked, by part and in the order of rows."""
    found: dict[str, dict[int, tuple[int, int, int]]] = {part: {} for part in PARTS}
    for one in rows:
        known, labels = images.rows[one.part], getattr(images, f"{one.part}_labels")
        at = int(np.searchsorted(known, one.row))
        if at == len(known) or known[at] != one.row:
            _refuse(path, one.line, f"no {one.part} image has row {one.row:,}", "mark images in a report on this data")
        before, after = int(labels[at]), _code(one, images.class_names, path)
        if one.was is not None and _code_or_none(one.was, images.class_names) != before:
            name = images.class_names[before] if before != UNKNOWN else "unknown"
            _refuse(path, one.line, f"the label of {one.part} row {one.row:,} is {name} and not {one.was!r}",
                    "the marks are of other labels; mark images in a report on these")  # fmt: skip
        if found[one.part].setdefault(one.row, (one.row, before, after))[2] != after:
            _refuse(path, one.line, f"a second label for {one.part} row {one.row:,}", "leave one of the two")
    return {part: [own[row] for row in sorted(own)] for part, own in found.items()}


def _code(one: _Row, names: Sequence[str], path: str) -> int:
    code = _code_or_none(one.label, names)
    if code is None or code == UNKNOWN:
        hint = did_you_mean(one.label, names) or f"classes are {', '.join(names[:12])}{', …' * (len(names) > 12)}"
        _refuse(path, one.line, f"no class {one.label!r}", hint)
    return code


def _code_or_none(name: str, names: Sequence[str]) -> int | None:
    """Return the position of a class; a table may have an apostrophe before what a spreadsheet would run."""
    if not name:
        return UNKNOWN
    return next((names.index(own) for own in (name, name.removeprefix("'")) if own in names), None)
