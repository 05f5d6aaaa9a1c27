"""The cells of a heatmap, in a still."""

from typing import Any

import numpy as np

from report_lib.page.stills import paths as sp
from report_lib.page.stills import text as st
from report_lib.page.stills.axes import Axis
from report_lib.page.stills.trace import Trace, scale_of


def draw_heatmap(trace: Trace, x: Axis, y: Axis) -> str:
    """Draw the cells that have a value, one path a colour, and their numbers."""
    spec, z = trace.spec, st.numbers(trace.spec.get("z", []))
    known = np.argwhere(np.isfinite(z))
    if not len(known):
        return ""
    low, high = (_limit(spec.get(name), found) for name, found in (("zmin", np.nanmin(z)), ("zmax", np.nanmax(z))))
    share = np.clip((z - low) / (high - low if high > low else 1), 0, 1)
    columns, rows = x.places(trace.column("x")), y.places(trace.column("y"))
    gap_x, gap_y = (st.number(spec.get(name, 0)) / 2 for name in ("xgap", "ygap"))
    cells: dict[str, list[tuple[int, int]]] = {}
    for i, j in known.tolist():
        cells.setdefault(_cell_look(scale_of(spec), round(share[i, j] * 20) / 20), []).append((i, j))
    parts = []
    for look in sorted(cells):
        i, j = np.array(cells[look]).T
        left, right = np.sort([x.pixels(columns[j] - 0.5), x.pixels(columns[j] + 0.5)], axis=0)
        top, bottom = np.sort([y.pixels(rows[i] - 0.5), y.pixels(rows[i] + 0.5)], axis=0)
        parts.append(f'<path {look} d="{sp.boxes(left + gap_x, top + gap_y, right - gap_x, bottom - gap_y)}"/>')
    return "".join(parts) + _cell_text(trace, (x.pixels(columns), y.pixels(rows)), known, share)


def _limit(given: Any, found: float) -> float:
    return float(found) if given is None else st.number(given)


def _cell_look(scale: list[list[Any]], share: float) -> str:
    """Let the page shine through where the scale begins near white, so that the cells suit a dark page too."""
    first, last = st.paint(scale[0][1]), st.paint(scale[-1][1])
    if len(scale) == 2 and st.rgb(first).min() > 225:
        return f'fill="{last}" fill-opacity="{0.06 + 0.94 * share:.2f}"'
    return f'fill="{st.on_scale(scale, share)}"'


def _cell_text(trace: Trace, at: tuple[np.ndarray, np.ndarray], known: np.ndarray, share: np.ndarray) -> str:
    template, z = trace.spec.get("texttemplate"), st.array(trace.spec["z"])
    if not template:
        return ""
    scale, soft, strong = scale_of(trace.spec), [], []
    pale = "fill-opacity" in _cell_look(scale, 0.0)
    told = {(i, j): st.filled(template, {"z": z[i][j]}) for i, j in known.tolist()}
    room = float(np.abs(np.diff(at[0])).min()) - 4 if len(at[0]) > 1 else np.inf
    size = st.SIZE * min(1.0, max(0.6, room / (max(map(st.width_of, told.values())) or 1)))
    for (i, j), label in told.items():
        written = st.text(at[0][j], at[1][i], label, size=size)
        white = share[i, j] > 0.55 if pale else st.is_dark(st.on_scale(scale, share[i, j]))
        (strong if white else soft).append(written)
    ink = "" if pale else ' fill="#222"'
    return st.group(soft, f'text-anchor="middle"{ink}') + st.group(strong, 'text-anchor="middle" fill="#fff"')
