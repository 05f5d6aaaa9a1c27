"""The cells of a heatmap, in a still."""

import numpy as np

from report_lib.page.stills import paths as sp
from report_lib.page.stills import text as st
from report_lib.page.stills.axes import Axis
from report_lib.page.stills.trace import Trace


def draw_heatmap(trace: Trace, x: Axis, y: Axis) -> str:
    """Draw the cells that have a value, one path a colour, and their numbers."""
    spec, z = trace.spec, st.numbers(trace.spec.get("z", []))
    known = np.argwhere(np.isfinite(z))
    if not len(known):
        return ""
    low, high = spec["zmin"], spec["zmax"]
    share = np.clip((z - low) / (high - low if high > low else 1), 0, 1)
    columns, rows = x.places(trace.column("x")), y.places(trace.column("y"))
    gap_x, gap_y = (st.number(spec.get(name, 0)) / 2 for name in ("xgap", "ygap"))
    (_, first), (_, color) = spec["colorscale"]
    if st.rgb(first).min() <= 225:
        raise st.NotDrawn("a heatmap whose colours do not begin near white has no static picture")
    # The page shines through where the scale begins, so that the cells suit a dark page too.
    levels = np.rint(20 * share[tuple(known.T)]) / 20
    parts = []
    for level in np.unique(levels):
        i, j = known[levels == level].T
        left, right = np.sort([x.pixels(columns[j] - 0.5), x.pixels(columns[j] + 0.5)], axis=0)
        top, bottom = np.sort([y.pixels(rows[i] - 0.5), y.pixels(rows[i] + 0.5)], axis=0)
        path = sp.boxes(left + gap_x, top + gap_y, right - gap_x, bottom - gap_y)
        parts.append(f'<path fill="{color}" fill-opacity="{0.06 + 0.94 * level:.2f}" d="{path}"/>')
    return "".join(parts) + _cell_text(trace, (x.pixels(columns), y.pixels(rows)), known, share)


def _cell_text(trace: Trace, at: tuple[np.ndarray, np.ndarray], known: np.ndarray, share: np.ndarray) -> str:
    template, z = trace.spec["texttemplate"], st.array(trace.spec["z"])
    soft, strong = [], []
    told = {(i, j): st.filled(template, {"z": z[i][j]}) for i, j in known.tolist()}
    room = float(np.abs(np.diff(at[0])).min()) - 4 if len(at[0]) > 1 else np.inf
    size = st.SIZE * min(1.0, max(0.6, room / (max(map(st.width_of, told.values())) or 1)))
    for (i, j), label in told.items():
        written = st.text(at[0][j], at[1][i], label, size=size)
        (strong if share[i, j] > 0.55 else soft).append(written)
    return st.group(soft, 'text-anchor="middle"') + st.group(strong, 'text-anchor="middle" fill="#fff"')
