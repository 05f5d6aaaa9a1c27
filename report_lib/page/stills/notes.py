"""Shapes and annotations of a still."""

import math
from typing import Any

import numpy as np

from report_lib.page.stills import marks as sm
from report_lib.page.stills import paths as sp
from report_lib.page.stills import text as st
from report_lib.page.stills.axes import Axis

Area = tuple[float, float, float, float]


def draw(layout: dict[str, Any], axes: dict[str, Axis], area: Area) -> list[str]:
    """Draw shapes, then annotations."""
    shapes = [_shape(one, axes, area) for one in layout.get("shapes") or () if one.get("visible", True)]
    notes = [_note(one, axes, area) for one in layout.get("annotations") or () if one.get("visible", True)]
    return shapes + notes


def crossed(layout: dict[str, Any], axes: dict[str, Axis]) -> list[tuple[str, list[float]]]:
    """Return the axes that shapes are on, with where they lie: a range that is not given holds them too."""
    found = []
    for shape in layout.get("shapes") or ():
        for letter in "xy":
            key = shape.get(f"{letter}ref") or letter
            if key in axes and axes[key].kind != "category":
                values = axes[key].places([shape.get(f"{letter}0"), shape.get(f"{letter}1")])
                found.append((key, values[np.isfinite(values)].tolist()))
    return found


def _pixel(value: Any, ref: str, axes: dict[str, Axis], area: Area) -> float:
    """Return the pixel of a value that is on an axis, or a share of an axis's domain, or of the plot."""
    key, _, domain = ref.partition(" ")
    if ref == "paper" or key not in axes:
        start, length, is_x = (area[0], area[2], True) if ref[:1] == "x" else (area[1], area[3], False)
        return math.nan if ref != "paper" else start + length * (st.number(value) if is_x else 1 - st.number(value))
    axis = axes[key]
    if domain:
        share = st.number(value)
        return axis.start + axis.length * (share if axis.is_x else 1 - share)
    return float(axis.at([value])[0])


def _at(spec: dict[str, Any], name: str, axes: dict[str, Axis], area: Area) -> float:
    letter = name[0]
    ref = spec.get(f"{letter}ref") or letter
    if ref != "paper":
        return _pixel(spec.get(name), ref, axes, area)
    share = st.number(spec.get(name))
    return area[0] + area[2] * share if letter == "x" else area[1] + area[3] * (1 - share)


def _shape(spec: dict[str, Any], axes: dict[str, Axis], area: Area) -> str:
    x0, x1, y0, y1 = (_at(spec, name, axes, area) for name in ("x0", "x1", "y0", "y1"))
    if not all(map(math.isfinite, (x0, x1, y0, y1))):
        return ""
    line = sm.stroke(spec.get("line") or {})
    fill = st.paint(spec.get("fillcolor"), "none")
    opacity = st.number(spec.get("opacity", 1))
    faint = f' opacity="{opacity:.2g}"' if opacity < 1 else ""
    if spec.get("type") == "line":
        path = sp.polyline(np.array([x0, x1]), np.array([y0, y1]))
        return f'<path fill="none" {line}{faint} d="{path}"/>'
    if spec.get("type") == "rect":
        left, top, right, bottom = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        edge = line if st.number((spec.get("line") or {}).get("width", 2)) > 0 else ""
        path = sp.boxes(*(np.array([v]) for v in (left, top, right, bottom)))
        return f'<path fill="{fill}" {edge}{faint} d="{path}"/>'
    return ""


def _note(spec: dict[str, Any], axes: dict[str, Axis], area: Area) -> str:
    x = _at(spec, "x", axes, area) + spec.get("xshift", 0)
    y = _at(spec, "y", axes, area) - spec.get("yshift", 0)
    arrow = ""
    if spec.get("showarrow", True) and math.isfinite(x + y):
        tip = x, y
        x, y = x + st.number(spec.get("ax", -10)), y + st.number(spec.get("ay", -30))
        arrow = _arrow((x, y), tip, st.paint(spec.get("arrowcolor")))
    size = st.number((spec.get("font") or {}).get("size", st.SIZE))
    return arrow + _note_text(spec, x, y, size)


def _note_text(spec: dict[str, Any], x: float, y: float, size: float) -> str:
    label, turn = spec.get("text") or "", st.number(spec.get("textangle", 0))
    font = spec.get("font") or {}
    color, weight = st.paint(font.get("color"), ""), font.get("weight")
    extra = f' fill="{color}"' if color else ""
    extra += f' font-weight="{round(st.number(weight))}"' if isinstance(weight, int) and weight != 400 else ""
    across = _anchor(spec, "x", ("left", "center", "right"))
    upright = _anchor(spec, "y", ("bottom", "middle", "top"))
    anchor = {"left": "start", "right": "end"}.get(across, "middle")
    if not turn:
        return st.text(x, y, label, anchor=anchor, vertical=upright, size=size, extra=extra)
    # The anchors are those of the box around the turned text.
    a = math.radians(turn)
    wide, tall = st.width_of(label, size), 1.2 * size
    box = abs(wide * math.cos(a)) + abs(tall * math.sin(a)), abs(wide * math.sin(a)) + abs(tall * math.cos(a))
    x += {"left": 0.5, "right": -0.5}.get(across, 0) * box[0]
    y += {"top": 0.5, "bottom": -0.5}.get(upright, 0) * box[1]
    along = {"start": -0.5, "end": 0.5}.get(anchor, 0) * wide
    x, y = x + along * math.cos(a), y + along * math.sin(a)
    return st.text(x, y, label, anchor=anchor, size=size, angle=turn, extra=extra)


def _anchor(spec: dict[str, Any], letter: str, names: tuple[str, str, str]) -> str:
    """Return an anchor; left to itself it is the middle, and towards the middle of the plot for a place on paper."""
    given = spec.get(f"{letter}anchor") or "auto"
    if given != "auto":
        return given
    if spec.get(f"{letter}ref") != "paper" or spec.get("showarrow", True):
        return names[1]
    share = st.number(spec.get(letter, 0.5))
    return names[0] if share < 1 / 3 else names[2] if share > 2 / 3 else names[1]


def _arrow(start: tuple[float, float], tip: tuple[float, float], color: str) -> str:
    dx, dy = tip[0] - start[0], tip[1] - start[1]
    length = math.hypot(dx, dy)
    if length < 4:
        return ""
    ux, uy = dx / length, dy / length
    wings = [(tip[0] - 7 * ux - 3 * s * uy, tip[1] - 7 * uy + 3 * s * ux) for s in (1, -1)]
    points = np.array([start, tip, wings[0], tip, wings[1]]).T
    return f'<path fill="none" stroke="{color}" stroke-width="1.5" d="{sp.polyline(*points)}"/>'
