"""The legend of a still, and the bar of a colour scale."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.page.stills import marks as sm
from report_lib.page.stills import paths as sp
from report_lib.page.stills import text as st
from report_lib.page.stills.trace import Trace, first_color, opacity

ROW = 20
SWATCH = 24
GAP = 18
# More stand below the plot, in rows.
MOST_IN_COLUMN = 12
# Of the picture: its width, for a column of names, and its height, for rows of them; there is no legend that needs more.
WIDEST, TALLEST = 0.33, 0.45
# About what the margins leave for a legend below.
PLOT = 700

Area = tuple[float, float, float, float]


def entries(traces: Sequence[Trace], layout: dict[str, Any]) -> list[Trace]:
    """Return the traces that the legend names."""
    named = [t for t in traces if t.kind != "heatmap" and t.spec.get("showlegend") is not False]
    asked = any(t.spec.get("showlegend") for t in named)
    if not layout.get("showlegend", len(named) > 1 or asked):
        return []
    named = [t for t in named if t.spec.get("name")]
    rows = _rows(named, PLOT) if len(named) > MOST_IN_COLUMN else []
    return named if len(rows) * ROW < TALLEST * layout["height"] else []


def _where(named: Sequence[Trace], layout: dict[str, Any], size: tuple[float, float]) -> str:
    """Say on which side of the plot the legend stands."""
    spec = layout["legend"]
    if spec.get("orientation") == "h":
        return "t" if spec["y"] >= 1 else "b"
    fits = len(named) <= MOST_IN_COLUMN and len(named) * ROW < 0.9 * size[1]
    return "r" if fits and _name_width(named) + SWATCH < WIDEST * size[0] else "b"


def _name_width(named: Sequence[Trace]) -> float:
    return max(st.width_of(trace.spec["name"]) for trace in named) + 8


def _rows(named: Sequence[Trace], width: float) -> list[list[Trace]]:
    """Set names in rows: in columns of one width where they are many, else one after the other."""
    cell = min(SWATCH + _name_width(named) + GAP, width)
    across = max(1, int(width // cell))
    if len(named) <= across or len(named) > 6:
        return [list(named[i : i + across]) for i in range(0, len(named), across)]
    rows: list[list[Trace]] = [[]]
    left = width
    for trace in named:
        need = SWATCH + st.width_of(trace.spec["name"]) + GAP
        if need > left and rows[-1]:
            rows.append([])
            left = width
        rows[-1].append(trace)
        left -= need
    return rows


def reserve(
    named: Sequence[Trace],
    layout: dict[str, Any],
    sides: dict[str, float],
    size: tuple[float, float],
) -> dict[str, float]:
    """Return the margins with room for the legend; how much of it is theirs is noted beside them."""
    sides = dict(sides)
    if not named:
        return sides
    side = _where(named, layout, size)
    rows = _rows(named, size[0] - sides["l"] - sides["r"])
    need = SWATCH + _name_width(named) + 10 if side == "r" else ROW * len(rows) + 8
    # Axis titles and labels stand in the margin already; a legend above or below comes after them.
    sides[f"legend {side}"] = need
    sides[side] += need - (8 if side == "r" else 0)
    return sides


def draw(named: Sequence[Trace], layout: dict[str, Any], area: Area, size: tuple[float, float]) -> str:
    """Draw the legend in the room that was reserved for it."""
    if not named:
        return ""
    side = _where(named, layout, size)
    left, top, width, _ = area
    if side == "r":
        return "".join(_entry(t, left + width + 12, top + 12 + i * ROW) for i, t in enumerate(named))
    rows = _rows(named, width)
    first = ROW / 2 + 2 if side == "t" else size[1] - ROW * len(rows) + ROW / 2 - 4
    in_columns = len(rows) > 1 and len(named) > 6
    cell = SWATCH + _name_width(named) + GAP
    parts = []
    for i, row in enumerate(rows):
        x = left
        if side == "t" and layout["legend"].get("xanchor") == "right":
            x += width - sum(SWATCH + st.width_of(t.spec["name"]) + GAP for t in row)
        for trace in row:
            parts.append(_entry(trace, x, first + i * ROW))
            x += cell if in_columns else SWATCH + st.width_of(trace.spec["name"]) + GAP
    return "".join(parts)


def _entry(trace: Trace, x: float, y: float) -> str:
    return _swatch(trace, x, y) + st.text(x + SWATCH, y, trace.spec["name"])


def _swatch(trace: Trace, x: float, y: float) -> str:
    """Draw what the trace looks like: a box, a line, a mark, or a mark on a line."""
    if trace.kind == "bar":
        box = sp.boxes(*(np.array([v]) for v in (x + 4, y - 6, x + 16, y + 6)))
        return f'<path fill="{first_color(trace)}"{opacity(trace, "fill")} d="{box}"/>'
    out, shows = "", trace.shows
    if "lines" in shows:
        out += f'<path fill="none" {sm.line_look(trace)} d="M{st.short(x)} {st.short(y)}h20"/>'
    if "markers" in shows:
        symbol = np.ravel(st.array(trace.part("marker").get("symbol", "circle")))[0]
        big = 10 if symbol.startswith("line") else 7 if "lines" in shows else 8
        path = sp.marks(np.array([x + 10]), np.array([y]), symbol, big)
        out += sm.mark_path(path, first_color(trace), symbol, big, trace)
    return out
