"""Figures that are one sheet of pictures, `style.image_grid`, as plain HTML: a tile and a name each, which a page can set anew.

All tiles of a sheet are cut from one image, so that it is sent once.
"""

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

from PIL import Image

# Names over more columns stand on end everywhere; those with a longer one do on a phone.
MOST_ACROSS, LONGEST_ACROSS = 12, 6
# Sheets of more pixels, those of images of 64 x 64, would be half a megabyte more of the page, and nobody could tell.
MOST_EXACT = 150_000


def is_sheet(figure: dict[str, Any]) -> bool:
    """Say whether a Plotly figure is an image and nothing else."""
    return [trace.get("type") for trace in figure["data"]] == ["image"]


def sheet(figure: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    """Return what the page's template needs of a sheet.

    Parameters
    ----------
    figure : dict
        `data` and `layout` of a figure that `style.image_grid` made.
    meta : dict
        What `style.image_grid` says of its tiles: `columns`, `tile` (height and width), `label` (pixels free above
        each), `step` (pixels from one to the next, across and down), `n` of them and, where cells are shaded, `shades`.

    Returns
    -------
    dict
        `source`, a data URI; `most`, the pixels that it is wide at most; `columns`; `heads`, the names of the columns;
        `on_end`, where these stand on end: `everywhere`, on a `phone`, or nowhere; `rows`, each with its `name`, the
        `color` that stands beside it, or nothing, and its `cells` (`over`, `weight`, `shade`); where rows have no names,
        tiles may be set in fewer columns. `cut` says how a tile is cut from the source.
    """
    layout, columns = figure["layout"], meta["columns"]
    width, height = layout["xaxis"]["range"][1] + 0.5, layout["yaxis"]["range"][0] + 0.5
    notes = [_Note(note, meta) for note in layout.get("annotations", ())]
    named = [note for note in notes if note.kind == "beside"]
    heads = [note for note in notes if note.kind == "head" or (named and note.kind == "over" and not _is_matrix(notes))]
    over = {(note.row, note.column): note for note in notes if note.kind == "over" and note not in heads}
    n_rows, colors = round(height / meta["step"][1]), {note.row: note.color for note in named}
    return {
        "source": _smaller(figure["data"][0]["source"]),
        "most": round(layout["height"] * width / height),
        "columns": columns,
        "heads": _by_place(heads, columns, "column"),
        "on_end": _on_end([note.text for note in heads]),
        "rows": [
            {
                "name": name,
                "color": colors.get(i, ""),
                "cells": _cells(i, min(columns, meta["n"] - i * columns), columns, over, meta.get("shades")),
            }
            for i, name in enumerate(_by_place(named, n_rows, "row") or [""] * n_rows)
        ],
        "cut": _cut(meta, width, height),
    }


def _smaller(png: str) -> str:
    """Return a PNG in a data URI as a WebP: of the same pixels, but of a sheet of many."""
    picture = Image.open(io.BytesIO(base64.b64decode(png.partition(",")[2])))
    how = {"lossless": True, "quality": 75} if picture.width * picture.height <= MOST_EXACT else {"quality": 90}
    buffer = io.BytesIO()
    picture.convert("RGBA").save(buffer, format="WEBP", method=4, **how)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


class _Note:
    """A name in a sheet: what it says, of what kind it is, and at which tile it stands."""

    def __init__(self, note: dict[str, Any], meta: dict[str, Any]) -> None:
        self.text = html.unescape(note["text"])
        self.kind = "beside" if note.get("xref") == "paper" else "head" if note.get("yref") == "paper" else "over"
        self.weight = note.get("font", {}).get("weight", 400)
        self.color = note.get("bordercolor", "")
        across, down = meta["step"]
        self.column = int(note["x"] // across)
        self.row = int(max(0, note["y"] + 1 - (self.kind == "over") * meta["label"]) // down)


def _is_matrix(notes: Sequence[_Note]) -> bool:
    """Say whether columns have names of their own, so that what stands over a tile is the tile's."""
    return any(note.kind == "head" for note in notes)


def _on_end(heads: Sequence[str]) -> str:
    """Say where names of columns stand on end: everywhere, on a phone, or nowhere."""
    if len(heads) > MOST_ACROSS:
        return "everywhere"
    return "phone" if max(map(len, heads), default=0) > LONGEST_ACROSS else ""


def _by_place(notes: Sequence[_Note], n: int, place: str) -> list[str]:
    told = {getattr(note, place): note.text for note in notes}
    return [told.get(i, "") for i in range(n)] if told else []


def _cells(
    row: int, n: int, columns: int, over: dict[tuple[int, int], _Note], shades: Sequence[float] | None
) -> list[dict[str, Any]]:
    cells = []
    for column in range(n):
        note = over.get((row, column))
        shade = shades[row * columns + column] if shades else None
        cells.append({"over": note.text if note else "", "weight": note.weight if note else 400, "shade": shade})
    return cells


def _cut(meta: dict[str, Any], width: float, height: float) -> dict[str, float]:
    """Return the size of the source in tiles, and the steps between tiles as percentages of CSS's background positions."""
    (h, w), (across, down) = meta["tile"], meta["step"]
    beyond_x, beyond_y = max(width - w, 1), max(height - h, 1)
    return {
        "ratio": w / h,
        "size": 100 * width / w,
        "x": 100 * across / beyond_x,
        "y": 100 * down / beyond_y,
        "top": 100 * meta["label"] / beyond_y,
    }
