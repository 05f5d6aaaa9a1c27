"""One Plotly figure as one static picture: what a reader sees without scripts, and before the charts are drawn.

Nothing is rendered by a browser. The picture has the colours of the page around it, because its text and its lines are
`currentColor`; it has no ids, no style sheet and no size of its own, so that many fit into one page.
"""

from collections.abc import Sequence
from typing import Any

import plotly.io as pio

from report_lib.common import style
from report_lib.common.errors import ReportError
from report_lib.page.stills import axes as sa
from report_lib.page.stills import cells, known, legend, notes
from report_lib.page.stills import marks as sm
from report_lib.page.stills import trace as tr
from report_lib.page.stills.text import WIDTH, NotDrawn

# Room beside an axis's title.
EDGE = 4


def still(figure: dict[str, Any], name: str) -> str:
    """Return a figure as one SVG element.

    Parameters
    ----------
    figure : dict
        `data` and `layout`, as an executed notebook holds them but for `style.without_title`.
    name : str
        What an error calls the figure.

    Returns
    -------
    str
        800 units wide.

    Raises
    ------
    ReportError
        When the figure has what a still cannot show, so that paper would have empty axes.
    """
    try:
        return _svg(figure)
    except NotDrawn as error:
        raise ReportError(f"{name}: {error}; draw it in report_lib/page/stills, or do without it") from None


def _svg(figure: dict[str, Any]) -> str:
    known.check(figure)
    layout = _layout(figure["layout"])
    colors = layout["colorway"]
    traces = [tr.Trace(spec, colors[i % len(colors)]) for i, spec in enumerate(figure["data"])]
    tr.thin(traces)
    height = round(layout["height"])
    entries = legend.entries(traces, layout)
    frame = legend.reserve(entries, layout, layout["margin"], (WIDTH, height))
    axes = _placed_axes(traces, layout, frame, height)
    pairs = _pairs(traces, axes)
    body = [sa.draw(axes[x], axes[y]) for x, y in pairs]
    body += [sa.draw(axes[y], axes[x]) for x, y in pairs]
    body += _marks(traces, axes)
    body += notes.draw(layout, axes)
    body.append(legend.draw(entries, layout, _area(frame, height), (WIDTH, height)))
    return (
        f'<svg class="still" viewBox="0 0 {WIDTH} {height}" xmlns="http://www.w3.org/2000/svg" aria-hidden="true" '
        f'focusable="false" fill="currentColor" font-size="12">{"".join(body)}</svg>'
    )


# --- layout and traces ----------------------------------------------------------------------------------------------


def _layout(given: dict[str, Any]) -> dict[str, Any]:
    """Return the layout on top of the template's."""
    base = pio.templates[style.TEMPLATE].layout.to_plotly_json()
    # A second axis takes after the template's first.
    axes = {key: base[key[:5]] for key in given if key[1:5] == "axis"}
    return _merged(base | axes, given)


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    deeper = {key: _merged(base[key], value) for key, value in own.items() if isinstance(base.get(key), dict)}
    return base | own | deeper


def _area(sides: dict[str, float], height: int) -> tuple[float, float, float, float]:
    """Return left, top, width and height of the plot."""
    across, down = WIDTH - sides["l"] - sides["r"], height - sides["t"] - sides["b"]
    return sides["l"], sides["t"], max(across, 40), max(down, 30)


# --- axes -----------------------------------------------------------------------------------------------------------


def _axis_keys(trace: tr.Trace) -> tuple[str, str]:
    return trace.spec.get("xaxis") or "x", trace.spec.get("yaxis") or "y"


def _pairs(traces: Sequence[tr.Trace], axes: dict[str, sa.Axis]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(_axis_keys(trace) for trace in traces)) or [("x", "y")]


def _placed_axes(
    traces: Sequence[tr.Trace], layout: dict[str, Any], sides: dict[str, float], height: int
) -> dict[str, sa.Axis]:
    """Return the axes in place; `sides` grow to what labels and titles need."""
    axes = _axes(traces, layout)
    for _ in range(2):
        _place(axes, traces, layout, _area(sides, height))
        for axis in axes.values():
            _grow(sides, axis, axes, _area(sides, height))
    _place(axes, traces, layout, _area(sides, height))
    return axes


def _axes(traces: Sequence[tr.Trace], layout: dict[str, Any]) -> dict[str, sa.Axis]:
    keys = dict.fromkeys(key for trace in traces for key in _axis_keys(trace)) or ("x", "y")
    axes = {}
    for key in keys:
        spec = layout[f"{key[0]}axis{key[1:]}"]
        columns = [trace.column(key[0]) for trace in traces if key in _axis_keys(trace)]
        axis = axes[key] = sa.Axis(key, spec, sa.kind_of(spec, columns))
        if axis.kind == "category":
            names = dict.fromkeys(str(value) for column in columns for value in column.tolist() if value is not None)
            axis.categories = {name: i for i, name in enumerate(names)}
    for axis in axes.values():
        bars = [t for t in traces if t.kind == "bar" and axis.key in _axis_keys(t) and tr.is_upright(t) == axis.is_x]
        tr.set_slots(bars, axis, layout)
    return axes


def _place(axes: dict[str, sa.Axis], traces: Sequence[tr.Trace], layout: dict[str, Any], area: tuple) -> None:
    """Set where axes lie, what they span, and their ticks."""
    left, top, width, height = area
    for axis in axes.values():
        low, high = axis.spec.get("domain") or (0, 1)
        axis.start = left + low * width if axis.is_x else top + (1 - high) * height
        axis.length = (high - low) * (width if axis.is_x else height)
    reaches = {key: [] for key in axes}
    for trace in traces:
        for key in _axis_keys(trace):
            reaches[_leader(axes, key)] += tr.reach(trace, axes[key])
    for key, values in notes.crossed(layout, axes):
        reaches[_leader(axes, key)] += [sa.Reach(value, value) for value in values]
    for key, axis in axes.items():
        sa.set_range(axis, reaches[_leader(axes, key)])
    sa.square(axes)
    for axis in axes.values():
        sa.set_ticks(axis)


def _leader(axes: dict[str, sa.Axis], key: str) -> str:
    """Return the axis that an axis shares its range with."""
    other = axes[key].spec.get("matches")
    return other if other in axes else key


def _grow(sides: dict[str, float], axis: sa.Axis, axes: dict[str, sa.Axis], area: tuple) -> None:
    """Widen the margin that an axis's labels stand in."""
    far = axis.spec.get("side") == "top"
    side = ("t" if far else "b") if axis.is_x else "l"
    across = axes[axis.spec.get("anchor", "y" if axis.is_x else "x")]
    left, top, width, height = area
    near, end = (top, top + height) if axis.is_x else (left, left + width)
    inside = across.start - near if side in "tl" else end - across.start - across.length
    need = sa.thickness(axis) + EDGE - inside + sides.get(f"legend {side}", 0)
    sides[side] = max(sides[side], need)
    above = sa.title_above(axis) + EDGE - (axis.start - top) + sides.get("legend t", 0)
    sides["t"] = max(sides["t"], above if sa.title_above(axis) else 0)
    sides["l"] = max(sides["l"], sa.title_before(axis) + EDGE)
    # Labels at a slant reach past the end of the axis: those below to the left, those above to the right.
    past = "r" if far else "l"
    sides[past] = max(sides[past], sa.overhang(axis) + EDGE + sides.get(f"legend {past}", 0))


# --- marks ----------------------------------------------------------------------------------------------------------


def _marks(traces: Sequence[tr.Trace], axes: dict[str, sa.Axis]) -> list[str]:
    # Plotly draws cells beneath bars, and bars beneath lines.
    parts: list[tuple[int, str]] = []
    for trace in traces:
        x, y = (axes[key] for key in _axis_keys(trace))
        if trace.kind == "scatter":
            parts.append((2, sm.draw_scatter(trace, x, y)))
        elif trace.kind == "bar":
            parts.append((1, sm.draw_bars(trace, x, y)))
        else:
            parts.append((0, cells.draw_heatmap(trace, x, y)))
    return [part for _, part in sorted(parts, key=lambda part: part[0])]
