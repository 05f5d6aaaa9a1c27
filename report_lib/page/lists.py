"""The page's lists: tables of images to act on, with a picture in each row."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.page import explorer

# What each list is for, and the file beside the page that goes on where the page stops.
TITLES = {
    "label_next": (
        "Images to label first",
        "Train images, the middle of each cluster first, then the middles of its parts: each stands for about so many "
        "others. Whoever stops early has seen something of every cluster.",
        "label_next.csv",
    ),
    "doubt_test": (
        "Test labels to doubt",
        "Labels that judges who have not seen them find doubtful together, the most doubtful first: in the order of the mean "
        "logarithm of the probabilities that they give to the label, so that a judge who is sure counts. Shown is the mean "
        "probability. Only a person can say whether a label is wrong.",
        "audit.csv",
    ),
    "doubt_train": (
        "Train labels to doubt",
        "The same for train images; no judge learnt from the label that it judges.",
        "audit.csv",
    ),
    "least_sure": (
        "Least sure predictions",
        "Test images for which the first two answers are closest. The margin is how far the second is below the first.",
        "predictions.csv",
    ),
}
# Lists of labels, which a reader can mark.
MARKED = ("doubt_test", "doubt_train")
# Columns are called in the table as in the file, but for these.
HEADINGS = {"stands_for": "stands for", "probability_of_label": "probability of label"}


def tables(arrays: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Turn the arrays of `lists.build` into tables.

    Returns
    -------
    list of dict
        `id`, `title`, `why`, `file`, `part`, `columns` and whether it takes `marks`; `rows` of `picture`, its column and
        line in the sprite, and `cells`. Text is not escaped.
    """
    found, at = [], 0
    for name, (title, why, file) in TITLES.items():
        columns = {key.partition("/")[2]: values for key, values in arrays.items() if key.startswith(f"{name}/")}
        if not columns:
            continue
        n = len(columns["row"])
        cells = zip(*(_written(values) for values in columns.values()), strict=True)
        rows = [{"picture": divmod(at + i, explorer.COLUMNS)[::-1], "cells": own} for i, own in enumerate(cells)]
        part = "train" if name in ("label_next", "doubt_train") else "test"
        headings = [HEADINGS.get(key, key) for key in columns]
        told = {"title": title, "why": why, "file": file, "part": part, "columns": headings, "rows": rows}
        told["marks"] = name in MARKED
        found.append({"id": f"next-{name.replace('_', '-')}", **told})
        at += n
    return found


def marks(arrays: dict[str, np.ndarray], class_names: Sequence[str], hashes: dict[str, str]) -> dict[str, Any]:
    """Return what the page's script needs for marks: the classes, those of earlier marks, and what data they are of."""
    columns = {key.partition("/")[2]: values.tolist() for key, values in arrays.items() if key.startswith("marks/")}
    earlier = [dict(zip(columns, own, strict=True)) for own in zip(*columns.values(), strict=True)]
    of = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()[:16]
    return {"classes": list(class_names), "earlier": earlier, "of": of}


def sprite(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return the pictures of all lists in one, as a data URI, and how large a tile and the whole are; empty without any."""
    pictures = (
        explorer.reduced(explorer.stretched(arrays["pictures"])) if len(arrays["pictures"]) else arrays["pictures"]
    )
    n, height, width = pictures.shape
    if not n:
        return {}
    return {"source": explorer.sprite(pictures), "columns": min(n, explorer.COLUMNS), "ratio": width / height}


def _written(values: np.ndarray) -> list[str]:
    return [f"{value:.3f}" for value in values] if values.dtype.kind == "f" else [str(value) for value in values]
