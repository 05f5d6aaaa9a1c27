"""What every figure of every phase has to have, and its pixels."""

import base64
import inspect
import io
import json
import math
import re
import xml.etree.ElementTree as ET
from importlib import import_module
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from PIL import Image

import report_lib
from report_lib.common import style
from report_lib.page.sheets import is_sheet
from report_lib.page.stills import still
from report_lib.page.stills.text import SIZE, width_of

LIBRARY = Path(report_lib.__file__).parent


def decode(fig):
    """Return the pixels of a figure that is one picture."""
    data = fig.data[0].source.split(",", 1)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def words(fig):
    """Return what a figure says: its title, its caption and the numbers beside it, a line each."""
    meta = fig.layout.meta
    return "\n".join(filter(None, (fig.layout.title.text, meta["caption"], meta.get("numbers"))))


def check_figures(phase, cases, options=None):
    """Draw every public figure function of a phase: `cases` has their arguments by module, `options` their keywords.

    Every one is tried, and has a title, a caption, the one template, escaped text and axes with names.
    """
    check_all_are_tried(phase, cases)
    for module, figures in cases.items():
        for name, arguments in figures.items():
            check_figure(name, getattr(module, name)(*arguments, **(options or {}).get(name, {})))


def check_all_are_tried(phase, cases):
    paths = [*(LIBRARY / phase).glob("figures/[!_]*.py"), *(LIBRARY / phase).glob("figures.py")]
    there = {".".join(("report_lib", *path.relative_to(LIBRARY).with_suffix("").parts)) for path in paths}
    assert there == {module.__name__ for module in cases}
    for name in there:
        module = import_module(name)
        public = {function for function, f in inspect.getmembers(module, inspect.isfunction)
                  if f.__module__ == name and not function.startswith("_")}  # fmt: skip
        assert public == set(cases[module])


def check_figure(name, fig):
    assert isinstance(fig, go.Figure)
    assert len(fig.layout.title.text) > 8, name
    assert len(fig.layout.meta["caption"]) > 40, name
    assert fig.layout.template.layout.colorway == style.PALETTE, name
    shown = fig.to_dict()
    shown["layout"].pop("meta")
    assert "<b>" not in str(shown), f"{name}: text from the data is not escaped"
    if not isinstance(fig.data[0], go.Image):
        unnamed = [a for a in (*fig.select_xaxes(), *fig.select_yaxes()) if not a.title.text]
        assert not [a for a in unnamed if a.type != "category" and a.showticklabels is not False], name
    plain = json.loads(fig.to_json())
    if not is_sheet(plain):
        drawn = still({"data": plain["data"], "layout": style.without_title(plain["layout"])}, name)
        assert beyond(ET.fromstring(drawn)) == [], name


def beyond(svg):
    """Return the text of a still that leaves the picture, or is cut."""
    width, height = map(float, svg.get("viewBox").split()[2:])
    found = []
    for text, anchor in _texts(svg):
        across, down = _box(text, anchor)
        if text.text.endswith("…") or min(*across, *down) < 0 or max(across) > width or max(down) > height:
            found.append(text.text)
    return found


def _texts(element, anchor="start"):
    """Return all text with the end that it stands by, as the groups around it say."""
    anchor = element.get("text-anchor", anchor)
    own = [(element, anchor)] if element.tag.endswith("}text") else []
    return own + [text for child in element for text in _texts(child, anchor)]


def _box(text, anchor):
    """Return the corners that a text covers, across and down, as wide as a wide font makes it."""
    size = float(text.get("font-size", SIZE))
    wide = width_of(text.text, size)
    left = -wide * {"start": 0, "middle": 0.5, "end": 1}[anchor]
    turned = re.match(r"rotate\((-?[\d.]+)", text.get("transform", ""))
    angle = math.radians(float(turned[1])) if turned else 0.0
    corners = [(x, y) for x in (left, left + wide) for y in (-0.8 * size, 0.2 * size)]
    return (
        [float(text.get("x")) + x * math.cos(angle) - y * math.sin(angle) for x, y in corners],
        [float(text.get("y")) + x * math.sin(angle) + y * math.cos(angle) for x, y in corners],
    )
