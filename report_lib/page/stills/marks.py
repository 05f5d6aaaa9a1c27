"""Bars, lines and marks of a still."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.page.stills import paths as sp
from report_lib.page.stills import text as st
from report_lib.page.stills.axes import Axis
from report_lib.page.stills.trace import Trace, colors_of, errors, is_upright, opacity, texts

# A line has no use for more corners.
MOST_CORNERS = 400
DASHES = {"dot": "2 3", "dash": "7 4"}


# --- bars -----------------------------------------------------------------------------------------------------------


def draw_bars(trace: Trace, x: Axis, y: Axis) -> str:
    """Draw bars, their error bars, and their numbers."""
    upright = is_upright(trace)
    along, across = (y, x) if upright else (x, y)
    middles, width = trace.slots
    values = st.numbers(trace.column(along.key[0]))
    sides = across.pixels(middles - width / 2), across.pixels(middles + width / 2)
    from_, to = along.pixels(np.zeros(len(values))), along.pixels(values)
    corners = (sides[0], from_, sides[1], to) if upright else (from_, sides[0], to, sides[1])
    parts = []
    colors = colors_of(trace, len(values))
    for color in dict.fromkeys(colors):
        own = np.flatnonzero([c == color for c in colors] & np.isfinite(values + middles))
        path = sp.boxes(*[corner[own] for corner in corners]) if len(own) else ""
        parts.append(f'<path fill="{color}"{opacity(trace, "fill")} d="{path}"/>' if path else "")
    parts.append(_error_bars(trace, along, values, across.pixels(middles)))
    if "texttemplate" in trace.spec:
        if upright:
            raise st.NotDrawn("'texttemplate' of upright bars has no static picture")
        parts += _bar_text(trace, (from_, to, across.pixels(middles)), colors)
    return "".join(parts)


def _bar_text(trace: Trace, at: tuple[np.ndarray, ...], colors: Sequence[str]) -> list[str]:
    inside, parts = trace.spec["textposition"] == "inside", []
    from_start = inside and trace.spec.get("insidetextanchor") == "start"
    for told, color, begin, end, middle in zip(texts(trace), colors, *(part.tolist() for part in at), strict=True):
        sign = 1 if end >= begin else -1
        spot = begin + 5 * sign if from_start else end - 5 * sign if inside else end + 4 * sign
        ahead = sign if from_start or not inside else -sign
        ink = f' fill="{"#fff" if st.is_dark(color) else "#222"}"' if inside else ""
        parts.append(st.text(spot, middle, told, anchor="start" if ahead > 0 else "end", extra=ink))
    return parts


# --- points and lines -----------------------------------------------------------------------------------------------


def draw_scatter(trace: Trace, x: Axis, y: Axis) -> str:
    """Draw fill, line, error bars, marks and text of a scatter."""
    at = [axis.at(trace.column(axis.key[0])) for axis in (x, y)]
    px, py = map(trace.picked, at)
    parts = [_fill(trace, px, py)]
    if "lines" in trace.shows:
        parts.append(_line(trace, px, py))
    for axis, across in ((x, at[1]), (y, at[0])):
        if f"error_{axis.key[0]}" in trace.spec:
            parts.append(_error_bars(trace, axis, st.numbers(trace.column(axis.key[0])), across))
    if "markers" in trace.shows:
        parts.append(draw_marks(trace, px, py))
    if "text" in trace.shows:
        parts.append(_point_text(trace, px, py))
    return _clipped("".join(parts), trace, (px, py), (x, y))


def _clipped(body: str, trace: Trace, at: tuple[np.ndarray, np.ndarray], axes: tuple[Axis, Axis]) -> str:
    """Cut what reaches out of the plot, with an inner picture, as that needs no id."""
    beyond = any(
        ((p < axis.start - 1) | (p > axis.start + axis.length + 1)).any() for p, axis in zip(at, axes, strict=True)
    )
    if not beyond or trace.spec.get("cliponaxis") is False:
        return body
    x, y = axes
    frame = " ".join(st.short(v) for v in (x.start, y.start, x.length, y.length))
    place = 'x="{}" y="{}" width="{}" height="{}"'.format(*frame.split())
    return f'<svg {place} viewBox="{frame}" overflow="hidden">{body}</svg>'


def _line(trace: Trace, px: np.ndarray, py: np.ndarray) -> str:
    spec = trace.part("line")
    if len(px) > MOST_CORNERS:
        kept = np.unique(np.linspace(0, len(px) - 1, MOST_CORNERS).astype(int))
        px, py = px[kept], py[kept]
    path = sp.polyline(*(sp.steps(px, py) if spec.get("shape") else (px, py)))
    return f'<path fill="none" {line_look(trace)} stroke-linejoin="round" d="{path}"/>' if path else ""


def line_look(trace: Trace) -> str:
    """Return the attributes of a trace's line."""
    spec = trace.part("line")
    own = trace.part("marker").get("color")
    color = st.paint(spec.get("color"), st.paint(own, trace.color))
    return stroke({**spec, "color": color})


def stroke(line: dict[str, Any]) -> str:
    """Return the attributes of a line as Plotly describes it."""
    dash = DASHES.get(line.get("dash") or "solid", "")
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{st.paint(line.get("color"))}" stroke-width="{line.get("width", 2):g}"{dashed}'


def _fill(trace: Trace, px: np.ndarray, py: np.ndarray) -> str:
    if "fill" not in trace.spec:
        return ""
    return f'<path fill="{st.paint(trace.spec.get("fillcolor"))}" d="{sp.polyline(px, py, close=True)}"/>'


def _error_bars(trace: Trace, axis: Axis, values: np.ndarray, across: np.ndarray) -> str:
    letter = axis.key[0]
    spec = trace.part(f"error_{letter}")
    if not spec:
        return ""
    below, above = errors(trace, letter, values)
    to_pixels = axis.pixels if trace.kind == "bar" else axis.at
    low, high = to_pixels(values - below), to_pixels(values + above)
    path = ""
    for a, b, c in zip(low.tolist(), high.tolist(), across.tolist(), strict=True):
        if math.isfinite(a + b + c):
            path += _whisker(a, b, c, axis.is_x, "v6" if axis.is_x else "h6")
    color = st.paint(spec.get("color"), trace.color)
    width = st.short(st.number(spec.get("thickness", 2)))
    return f'<path fill="none" stroke="{color}" stroke-width="{width}" d="{path}"/>' if path else ""


def _whisker(low: float, high: float, across: float, flat: bool, cap: str) -> str:
    a, b, c, d = (st.short(v) for v in (low, high, across, across - 3))
    return f"M{a} {c}H{b}M{a} {d}{cap}M{b} {d}{cap}" if flat else f"M{c} {a}V{b}M{d} {a}{cap}M{d} {b}{cap}"


def draw_marks(trace: Trace, px: np.ndarray, py: np.ndarray, *, larger: float = 1.0) -> str:
    """Draw marks at pixels, one path for all that look the same."""
    if not len(px):
        return ""
    marker, n = trace.part("marker"), len(trace.column("x"))
    colors = trace.picked(colors_of(trace, n))
    sizes = trace.picked(np.broadcast_to(st.numbers(marker.get("size", 6)), n))
    symbols = trace.picked(np.broadcast_to(st.array(marker.get("symbol", "circle")), n))
    looks: dict[tuple[str, float, str], list[int]] = {}
    for i, look in enumerate(zip(colors, np.round(sizes * larger, 1), symbols, strict=True)):
        looks.setdefault((look[0], float(look[1]), str(look[2])), []).append(i)
    return "".join(
        mark_path(sp.marks(px[rows], py[rows], symbol, size), color, symbol, size, trace)
        for (color, size, symbol), rows in looks.items()
    )


def mark_path(path: str, color: str, symbol: str, size: float, trace: Trace) -> str:
    """Write the path of marks of one look."""
    if not path:
        return ""
    if symbol in sp.OUTLINES:
        return f'<path fill="{color}"{opacity(trace, "fill")} d="{path}"/>'
    cap = ' stroke-linecap="round"'
    if symbol == "line-ns-open":
        cap, size = "", trace.part("marker").get("line", {}).get("width", 2)
    return f'<path fill="none" stroke="{color}" stroke-width="{st.short(size)}"{cap}{opacity(trace, "stroke")} d="{path}"/>'


def _point_text(trace: Trace, px: np.ndarray, py: np.ndarray) -> str:
    side, _, across = trace.spec.get("textposition", "middle center").partition(" ")
    told = trace.picked(texts(trace))
    size = trace.part("marker").get("size", 6)
    dx, anchor = {"left": (-size / 2 - 1, "end"), "right": (size / 2 + 1, "start")}.get(across, (0, "middle"))
    dy, vertical = {"top": (-size / 2, "bottom"), "bottom": (size / 2, "top")}.get(side, (0, "middle"))
    points = zip(px.tolist(), py.tolist(), told.tolist(), strict=True)
    return st.group(
        [st.text(a + dx, b + dy, str(label).strip(), vertical=vertical) for a, b, label in points],
        f'text-anchor="{anchor}"',
    )
