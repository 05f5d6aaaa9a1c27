"""Which columns of a table are pixels and which say the label, the name and the part of an image."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from report_lib.common.errors import ReportError, did_you_mean
from report_lib.data.labels import one_hot
from report_lib.data.source import Part
from report_lib.data.text import few
from report_lib.data.words import LABELS, LABELS_ELSE, NAMES, SPLITS, part_of, words

if TYPE_CHECKING:
    import pandas as pd

# pixel1, p_0_1, 1x1, 783.
_PIXEL = re.compile(r"\D*\d+(\D+\d+)*\D*")


class NoPixels(ReportError):
    """A table that has no images."""


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are for; empty where there is none.

    Attributes
    ----------
    label, name, split : str
    one_hot : list of str
        Columns of 0 and 1, a class each, where no column is the label.
    pixels, left_out : list of str
    """

    label: str
    name: str
    split: str
    one_hot: list[str]
    pixels: list[str]
    left_out: list[str]

    @property
    def labelled_by(self) -> str:
        """Return what the labels are from, as a reader is told."""
        return self.label or (f"{len(self.one_hot)} columns, a class each" if self.one_hot else "")

    def labels(self, table: "pd.DataFrame") -> np.ndarray | None:
        """Return the labels of a table; of columns that are a class each, positions among them."""
        if self.one_hot:
            return one_hot(_numbers(table, self.one_hot))
        return table[self.label].to_numpy() if self.label else None


def choose(table: "pd.DataFrame", keys: tuple[str, ...], path: Path, *, images: str = "") -> Columns:
    """Tell the columns of a table apart.

    Parameters
    ----------
    keys : tuple of str
        The last is the column of labels.
    path : Path
        For messages.
    images : str
        The column that has the images, where one has them.

    Raises
    ------
    NoPixels
        When there are no images.
    ReportError
        When a key is not there, or two columns may be the label.
    """
    columns = table.columns.tolist()
    refuse_unknown(columns, keys, path)
    label = keys[-1] if keys else label_of(columns, path)
    name = next((key for key in columns if key.lower() in NAMES and key not in (label, images)), "")
    split = split_of(table, label)
    rest = [key for key in columns if key not in (label, name, split, images)]
    pixels = [] if images else _pixels(rest)
    others = [key for key in rest if key not in set(pixels)]
    if not pixels and not images:
        raise NoPixels(
            f"{path}: has the columns {few(columns)}, and none looks like a pixel, such as pixel1; a table that "
            "names files is read with their folder: name that instead"
        )
    if not label and len(others) == 1 and not others[0].startswith("Unnamed"):
        label, others = others[0], []
    classes = [key for key in others if not key.startswith("Unnamed")]
    if label or len(classes) < 2 or one_hot(_numbers(table, classes)) is None:
        classes = []
    return Columns(label, name, split, classes, pixels, [key for key in others if key not in classes])


def _pixels(columns: list[str]) -> list[str]:
    """Return the columns that are counted, but for the few among many others that count something else."""
    counted = [key for key in columns if _PIXEL.fullmatch(key) and not key.startswith("Unnamed")]
    kinds = Counter(map(_stem, counted))
    most = max(kinds.values(), default=0)
    found = [key for key in counted if 2 * kinds[_stem(key)] >= most]
    return [key for key in found if not words(_stem(key)) & set(LABELS)] or found


def _stem(key: str) -> str:
    return re.match(r"\D*", key)[0]


def split_of(table: "pd.DataFrame", label: str) -> str:
    """Return the column that divides a table into a part for training and another one; empty where there is none."""
    text = (
        key for key in table.columns if key.lower() in SPLITS and key != label and table[key].dtype.kind not in "biuf"
    )
    parts = {"train", "validation", "test"}
    return next((key for key in text if {"train"} < {part_of(str(own)) for own in table[key].unique()} <= parts), "")


def _numbers(table: "pd.DataFrame", keys: list[str]) -> np.ndarray:
    """Return columns as floats, NaN for what is none."""
    import pandas as pd

    return table[keys].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)


def in_parts(every: Part, split: "pd.Series | None") -> dict[str, Part]:
    """Divide a table by its column of parts; what is for validation is train, or test where there is no test part."""
    if split is None:
        return {"all": every}
    said = np.array([part_of(str(value)) for value in split])
    said[said == "validation"] = "train" if "test" in said else "test"
    return {
        part: replace(
            every,
            **{
                kind: None if column is None else column[said == part]
                for kind, column in (("images", every.images), ("labels", every.labels), ("names", every.names))
            },
        )
        for part in ("train", "test")
    }


def refuse_unknown(columns: list[str], keys: tuple[str, ...], path: Path) -> None:
    """Refuse keys that name no column, with the nearest that is there."""
    for key in keys:
        if key not in columns:
            hint = did_you_mean(key, columns) or f"it has {few(columns)}"
            raise ReportError(f"{path}: has no column {key!r}, which dataset.keys names; {hint}")


def label_of(columns: list[str], path: Path, named: tuple[str, ...] = ()) -> str:
    """Return the column that is called so; else the one whose classes have names, or that names them."""
    kinds = ({*LABELS}, {*named}, {*LABELS_ELSE})
    found = next(filter(None, ([key for key in columns if {key, key.lower()} & kind] for kind in kinds)), [])
    if len(found) > 1:
        raise ReportError(f"{path}: labels may be {few(found, ' or ')}; say which by dataset.keys=[{found[0]}]")
    return found[0] if found else ""


def not_used(columns: list[str]) -> tuple[str, ...]:
    """Say which columns are left out."""
    return (f"Not used: the columns {few(columns)}.",) if columns else ()
