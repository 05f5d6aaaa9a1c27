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
DASHES = {"dot": "2 3", "dash": "7 4", "longdash": "10 5", "dashdot": "7 3 2 3", "longdashdot": "10 4 2 4"}


# --- bars -----------------------------------------------------------------------------------------------------------


def draw_bars(trace: Trace, x: Axis, y: Axis) -> str:
    """Draw bars, their error bars, and their numbers."""
    upright = is_upright(trace)
    along, across = (y, x) if upright else (x, y)
    middles, width, base = trace.slots
    values = st.numbers(trace.column(along.key[0]))[: len(middles)]
    ends = base[: len(values)] + values
    sides = across.pixels(middles - width / 2), across.pixels(middles + width / 2)
    from_, to = along.pixels(base), along.pixels(ends)
    corners = (sides[0], from_, sides[1], to) if upright else (from_, sides[0], to, sides[1])
    parts = []
    colors = colors_of(trace, len(values))
    for color in dict.fromkeys(colors):
        own = np.flatnonzero([c == color for c in colors] & np.isfinite(values + middles[: len(values)]))
        path = sp.boxes(*[corner[own] for corner in corners]) if len(own) else ""
        parts.append(f'<path fill="{color}"{opacity(trace, "fill")} d="{path}"/>' if path else "")
    parts.append(_error_bars(trace, along, ends, across.pixels(middles)))
    return "".join(parts) + _bar_text(trace, along, across, (values, from_, to, across.pixels(middles)), colors)


def _bar_text(trace: Trace, along: Axis, across: Axis, at: tuple[np.ndarray, ...], colors: Sequence[str]) -> str:
    told = texts(trace, len(at[0]))
    place, upright, parts = trace.spec.get("textposition") or "auto", not along.is_x, []
    for i, (value, begin, end, middle) in enumerate(zip(*(part.tolist() for part in at), strict=True)):
        if not told[i] or not math.isfinite(value):
            continue
        room = abs(end - begin)
        inside = place == "inside" or (place == "auto" and room > (18 if upright else st.width_of(told[i]) + 8))
        from_start = inside and trace.spec.get("insidetextanchor") == "start"
        sign = 1 if end >= begin else -1
        spot = begin + 5 * sign if from_start else end - 5 * sign if inside else end + 4 * sign
        ahead = sign if from_start or not inside else -sign
        ink = f' fill="{"#fff" if st.is_dark(colors[i]) else "#222"}"' if inside else ""
        if upright:
            side = "top" if ahead > 0 else "bottom"
            parts.append(st.text(middle, spot, told[i], vertical=side, anchor="middle", extra=ink))
        else:
            parts.append(st.text(spot, middle, told[i], anchor="start" if ahead > 0 else "end", extra=ink))
    return "".join(parts)


# --- points and lines -----------------------------------------------------------------------------------------------


def draw_scatter(trace: Trace, x: Axis, y: Axis, before: Trace | None) -> str:
    """Draw fill, line, error bars, marks and text of a scatter; `before` is what it may be filled down to."""
    at = [axis.at(trace.column(axis.key[0])) for axis in (x, y)]
    n = min(map(len, at))
    px, py = trace.picked(at[0][:n]), trace.picked(at[1][:n])
    parts = [_fill(trace, (px, py), (x, y), before)]
    if "lines" in trace.shows:
        parts.append(_line(trace, px, py))
    for axis, across in ((x, at[1][:n]), (y, at[0][:n])):
        values = st.numbers(trace.column(axis.key[0]))[:n] if axis.kind != "category" else np.zeros(0)
        if f"error_{axis.key[0]}" in trace.spec and len(values):
            parts.append(_error_bars(trace, axis, values, across))
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
    path = sp.polyline(*sp.steps(px, py, spec.get("shape", "linear")))
    return f'<path fill="none" {line_look(trace)} stroke-linejoin="round" d="{path}"/>' if path else ""


def line_look(trace: Trace) -> str:
    """Return the attributes of a trace's line."""
    spec = trace.part("line")
    own = trace.part("marker").get("color")
    color = st.paint(spec.get("color"), st.paint(own, trace.color))
    return stroke({**spec, "color": color}) + opacity(trace, "stroke", marker=False)


def stroke(line: dict[str, Any]) -> str:
    """Return the attributes of a line as Plotly describes it."""
    dash = DASHES.get(line.get("dash") or "solid", "")
    width = st.number(line.get("width", 2))
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{st.paint(line.get("color"))}" stroke-width="{st.short(width if width > 0 else 2)}"{dashed}'


def _fill(trace: Trace, at: tuple[np.ndarray, np.ndarray], axes: tuple[Axis, Axis], before: Trace | None) -> str:
    kind = trace.spec.get("fill") or "none"
    px, py = sp.steps(*at, trace.part("line").get("shape", "linear"))
    if kind == "none" or not len(px):
        return ""
    if kind.startswith("tozero") or (kind.startswith("tonext") and before is None):
        axis = axes[kind[-1] == "y"]
        zero = float(axis.pixels(0.0)) if axis.kind == "linear" else axis.start + axis.length
        ends = (px[[-1, 0]], np.full(2, zero)) if kind[-1] == "y" else (np.full(2, zero), py[[-1, 0]])
        px, py = np.append(px, ends[0]), np.append(py, ends[1])
    elif kind.startswith("tonext"):
        other = [before.picked(axis.at(before.column(axis.key[0]))) for axis in axes]
        other = sp.steps(*other, before.part("line").get("shape", "linear"))
        px, py = np.append(px, other[0][::-1]), np.append(py, other[1][::-1])
    color = st.paint(trace.spec.get("fillcolor"), "")
    own = st.paint(trace.part("line").get("color"), trace.color)
    look = f'fill="{color}"' if color else f'fill="{own}" opacity=".5"'
    return f'<path {look} d="{sp.polyline(px, py, close=True)}"/>'


def _error_bars(trace: Trace, axis: Axis, values: np.ndarray, across: np.ndarray) -> str:
    letter = axis.key[0]
    spec = trace.part(f"error_{letter}")
    if not spec:
        return ""
    below, above = errors(trace, letter, values)
    to_pixels = axis.pixels if trace.kind == "bar" else axis.at
    low, high = to_pixels(values - below), to_pixels(values + above)
    path = ""
    for a, b, c in zip(low.tolist(), high.tolist(), across.tolist(), strict=False):
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
    marker, count = trace.part("marker"), int(trace.rows[-1]) + 1
    colors = trace.picked(np.array(colors_of(trace, count), dtype=object))
    sizes = trace.picked(_each(np.nan_to_num(st.numbers(marker.get("size", 6)), nan=6), count))
    symbols = trace.picked(_each(st.array(marker.get("symbol", "circle")), count))
    looks: dict[tuple[str, float, str], list[int]] = {}
    for i, look in enumerate(zip(colors, np.round(sizes * larger, 1), symbols, strict=True)):
        looks.setdefault((look[0], float(look[1]), str(look[2])), []).append(i)
    return "".join(
        mark_path(sp.marks(px[rows], py[rows], symbol, size), color, symbol, size, trace)
        for (color, size, symbol), rows in looks.items()
    )


def _each(values: np.ndarray, n: int) -> np.ndarray:
    """Return one value a point: the same for all where there is one, the last again where there are too few."""
    values = np.atleast_1d(values)
    return values[np.minimum(np.arange(n), len(values) - 1)]


def mark_path(path: str, color: str, symbol: str, size: float, trace: Trace) -> str:
    """Write the path of marks of one look."""
    if not path:
        return ""
    if symbol.split("-open")[0] in sp.OUTLINES and not symbol.endswith("-open"):
        return f'<path fill="{color}"{opacity(trace, "fill")} d="{path}"/>'
    width = st.short(size)
    if symbol.startswith("line") or symbol.endswith("-open"):
        width = st.short(st.number(trace.part("marker").get("line", {}).get("width", 2)) or 2)
    cap = "" if symbol.startswith("line") else ' stroke-linecap="round"'
    return f'<path fill="none" stroke="{color}" stroke-width="{width}"{cap}{opacity(trace, "stroke")} d="{path}"/>'


def _point_text(trace: Trace, px: np.ndarray, py: np.ndarray) -> str:
    side, _, across = str(trace.spec.get("textposition") or "middle center").partition(" ")
    told = trace.picked(np.array(texts(trace, len(trace.column("x"))), dtype=object))
    size = float(np.nanmax(st.numbers(trace.part("marker").get("size", 6)))) if "markers" in trace.shows else 0
    dx, anchor = {"left": (-size / 2 - 1, "end"), "right": (size / 2 + 1, "start")}.get(across, (0, "middle"))
    dy, vertical = {"top": (-size / 2, "bottom"), "bottom": (size / 2, "top")}.get(side, (0, "middle"))
    points = zip(px.tolist(), py.tolist(), told.tolist(), strict=True)
    return st.group(
        [st.text(a + dx, b + dy, str(label).strip(), vertical=vertical) for a, b, label in points],
        f'text-anchor="{anchor}"',
    )
