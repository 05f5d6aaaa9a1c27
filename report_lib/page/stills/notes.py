"""Shapes and annotations of a still."""

from typing import Any

import numpy as np

from report_lib.page.stills import marks as sm
from report_lib.page.stills import paths as sp
from report_lib.page.stills import text as st
from report_lib.page.stills.axes import Axis


def draw(layout: dict[str, Any], axes: dict[str, Axis]) -> list[str]:
    """Draw shapes, then annotations."""
    shapes = [_line(shape, axes) for shape in layout.get("shapes") or ()]
    return shapes + [_note(note, axes) for note in layout.get("annotations") or ()]


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


def _at(spec: dict[str, Any], name: str, axes: dict[str, Axis]) -> float:
    """Return the pixel of a value that is on an axis, or a share of an axis's length."""
    key, _, domain = spec.get(f"{name[0]}ref", name[0]).partition(" ")
    if key not in axes:
        raise st.NotDrawn(f"what stands on {key!r} has no static picture")
    axis = axes[key]
    if not domain:
        return float(axis.at([spec[name]])[0])
    return axis.start + axis.length * (spec[name] if axis.is_x else 1 - spec[name])


def _line(spec: dict[str, Any], axes: dict[str, Axis]) -> str:
    x0, x1, y0, y1 = (_at(spec, name, axes) for name in ("x0", "x1", "y0", "y1"))
    path = sp.polyline(np.array([x0, x1]), np.array([y0, y1]))
    return f'<path fill="none" {sm.stroke(spec["line"])} d="{path}"/>'


def _note(spec: dict[str, Any], axes: dict[str, Axis]) -> str:
    anchor = {"left": "start", "right": "end"}.get(spec.get("xanchor"), "middle")
    place = _at(spec, "x", axes), _at(spec, "y", axes)
    return st.text(*place, spec["text"], anchor=anchor, vertical=spec.get("yanchor", "middle"))
