"""Figures that are one sheet of pictures, `style.image_grid`, as plain HTML: an image, with its names as text on it."""

import base64
import html
import io
from typing import Any

from PIL import Image

# The width of a character of a name over a tile, in ems, and the fewest that its letters are made small for.
EM, FEWEST = 0.56, 7


def is_sheet(figure: dict[str, Any]) -> bool:
    """Say whether a Plotly figure is an image and nothing else."""
    return [trace.get("type") for trace in figure["data"]] == ["image"]


def sheet(figure: dict[str, Any], columns: int) -> dict[str, Any]:
    """Return what the page's template needs of a sheet.

    Parameters
    ----------
    figure : dict
        `data` and `layout` of a figure that `style.image_grid` made, after `style.without_title`.
    columns : int
        Of tiles.

    Returns
    -------
    dict
        `source`, a data URI; `ratio` of width to height; `most`, the pixels that it is wide at most; `margin` around
        it; `fit`, the size of names over tiles at which the longest is as wide as a tile, in percent of the width; and
        `names`, each with `text`, `kind` (over a tile, beside a row, slanted over a column), `x` and `y` in percent from
        the left and the top, `size` in pixels, `weight`, and the `color` that stands beside it, or nothing.
    """
    layout = figure["layout"]
    width, height = layout["xaxis"]["range"][1] + 0.5, layout["yaxis"]["range"][0] + 0.5
    names = [_name(note, width, height) for note in layout.get("annotations", ())]
    longest = max([FEWEST, *(len(name["text"]) for name in names if name["kind"] == "over")])
    return {
        "source": _smaller(figure["data"][0]["source"]),
        "ratio": width / height,
        "most": layout["height"] * width / height,
        "margin": layout["margin"],
        "fit": 100 / columns / (EM * longest),
        "names": names,
    }


def _smaller(png: str) -> str:
    """Return a PNG in a data URI as a WebP of the same pixels."""
    picture = Image.open(io.BytesIO(base64.b64decode(png.partition(",")[2])))
    buffer = io.BytesIO()
    picture.convert("RGBA").save(buffer, format="WEBP", lossless=True, quality=75, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _name(note: dict[str, Any], width: float, height: float) -> dict[str, Any]:
    kind = "beside" if note.get("xref") == "paper" else "slanted" if note.get("textangle") else "over"
    top = 0.0 if kind == "slanted" else (note["y"] + 0.5) / height
    font = note["font"]
    return {
        "text": html.unescape(note["text"]),
        "kind": kind,
        "x": 100 * (note["x"] + 0.5) / width,
        "y": 100 * top,
        "size": font["size"],
        "weight": font.get("weight", 400),
        "color": note.get("bordercolor", ""),
    }
