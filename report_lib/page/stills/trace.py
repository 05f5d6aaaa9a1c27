"""The traces of a still: which of their points are drawn, what they cover of the axes, and their colours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from report_lib.common import style
from report_lib.page.stills import text as st
from report_lib.page.stills.axes import Axis, Reach

MOST_POINTS = 1500
# A group of fewer points is kept whole.
WHOLE = 50
LEVELS = 16
POINTS = ("scatter", "scatter3d")


@dataclass
class Trace:
    """One trace, its colour where it has none, and which of its points are drawn."""

    spec: dict[str, Any]
    color: str
    rows: np.ndarray = field(default_factory=lambda: np.arange(0))
    # Of bars: middle of the slot, its width and where the bar begins, in the axes' own coordinates.
    slots: tuple[np.ndarray, float, np.ndarray] | None = None

    @property
    def kind(self) -> str:
        """The type of the trace."""
        return self.spec.get("type") or "scatter"

    @property
    def shows(self) -> set[str]:
        """What a scatter shows: lines, markers, text."""
        size = len(st.array(self.spec.get("x") if self.spec.get("x") is not None else self.spec.get("y") or []))
        return set(str(self.spec.get("mode") or ("lines+markers" if size < 20 else "lines")).split("+"))

    def part(self, name: str) -> dict[str, Any]:
        """Return a part of the trace's description, such as its marker."""
        return self.spec.get(name) or {}

    def column(self, letter: str) -> np.ndarray:
        """Return the values on an axis; they are counted where the trace has none."""
        if self.spec.get(letter) is not None:
            return st.array(self.spec[letter]).ravel()
        if self.kind == "heatmap":
            return np.arange(st.numbers(self.spec.get("z", [])).shape[1 if letter == "x" else 0])
        other = self.spec.get("y" if letter == "x" else "x")
        return np.arange(len(st.array(other)) if other is not None else 0)

    def picked(self, values: Any) -> np.ndarray:
        """Return those of a column that belong to points drawn."""
        values = np.ravel(values)
        return values[self.rows[self.rows < len(values)]]


def thin(traces: Sequence[Trace]) -> None:
    """Choose which points are drawn: all, or every so many of the large groups."""
    traces = [trace for trace in traces if trace.kind in POINTS]
    sizes = [len(trace.column("x")) for trace in traces]
    least = WHOLE if sum(n for n in sizes if n < WHOLE) < MOST_POINTS / 2 else 0
    many = sum(n for n in sizes if n >= least)
    spare = min(many, MOST_POINTS - sum(n for n in sizes if n < least))
    counted = 0
    for trace, n in zip(traces, sizes, strict=True):
        trace.rows = np.arange(n)
        if n >= least and many:
            # Counted through all large groups, so that each keeps its share.
            trace.rows = np.flatnonzero(np.diff(np.arange(counted, counted + n + 1) * spare // many))
            counted += n


# --- what a trace covers --------------------------------------------------------------------------------------------


def reach(trace: Trace, axis: Axis) -> list[Reach]:
    """Return what a trace covers of an axis."""
    letter = axis.key[0]
    places = axis.places(trace.column(letter))
    places = places[np.isfinite(places)]
    if not len(places):
        return []
    low, high = float(places.min()), float(places.max())
    if trace.kind == "heatmap":
        return [Reach(low - 0.5, high + 0.5, False, False)]
    return _bar_reach(trace, axis) if trace.kind == "bar" else _scatter_reach(trace, axis, low, high)


def _bar_reach(trace: Trace, axis: Axis) -> list[Reach]:
    middles, width, base = trace.slots
    if axis.is_x == is_upright(trace):
        return [Reach(float(np.nanmin(middles)) - width / 2, float(np.nanmax(middles)) + width / 2, False, False)]
    ends = base + axis.places(trace.column(axis.key[0]))
    low, high = (np.nan_to_num(part) for part in errors(trace, axis.key[0], ends))
    low, high = float(min((ends - low).min(), base.min())), float(max((ends + high).max(), base.max()))
    return [Reach(low, high, low < 0, high > 0)]


def _scatter_reach(trace: Trace, axis: Axis, low: float, high: float) -> list[Reach]:
    letter, shows, fill = axis.key[0], trace.shows, trace.spec.get("fill") or "none"
    found = errors(trace, letter, st.numbers(trace.column(letter)))
    if any(part.any() for part in found):
        values = st.numbers(trace.column(letter))
        ends = axis.places(np.concatenate([values - found[0], values + found[1]]))
        ends = ends[np.isfinite(ends)]
        low, high = min(low, float(ends.min())), max(high, float(ends.max()))
    dots = 0.8 * float(np.nanmax(st.numbers(trace.part("marker").get("size", 6)))) if "markers" in shows else 0
    bare = letter == "x" and not shows & {"markers", "text"} and "error_y" not in trace.spec
    reaches = [Reach(low, high, not bare, not bare, dots)]
    if fill == f"tozero{letter}" and axis.kind == "linear":
        reaches.append(Reach(0.0, 0.0, False, False))
    return reaches


def is_upright(trace: Trace) -> bool:
    """Say whether bars stand."""
    return trace.spec.get("orientation", "v") != "h"


def set_slots(traces: Sequence[Trace], axis: Axis, layout: dict[str, Any]) -> None:
    """Give bars that share an axis of positions their places on it: beside one another, or one on top of the other."""
    places = [axis.places(trace.column(axis.key[0])) for trace in traces]
    unique = np.unique(np.concatenate(places)) if places else np.zeros(0)
    gaps = np.diff(unique[np.isfinite(unique)])
    apart = 1.0 if axis.kind == "category" or not len(gaps) else float(gaps.min())
    beside = layout.get("barmode", "group") == "group"
    room = apart * (1 - layout.get("bargap", 0.2))
    width = room / len(traces) if beside and traces else room
    on_top: dict[tuple[float, bool], float] = {}
    for i, (trace, own) in enumerate(zip(traces, places, strict=True)):
        shift = (i - (len(traces) - 1) / 2) * width if beside else 0.0
        base = np.zeros(len(own))
        if layout.get("barmode") in ("stack", "relative"):
            base = _stacked(own, st.numbers(trace.column("y" if axis.is_x else "x")), on_top)
        trace.slots = (own + shift, width, base)


def _stacked(places: np.ndarray, values: np.ndarray, on_top: dict[tuple[float, bool], float]) -> np.ndarray:
    base = np.zeros(len(places))
    for i, (place, value) in enumerate(zip(places.tolist(), np.nan_to_num(values).tolist(), strict=True)):
        base[i] = on_top.get((place, value < 0), 0.0)
        on_top[place, value < 0] = base[i] + value
    return base


def errors(trace: Trace, letter: str, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far error bars go below and above values; zeros without."""
    spec = trace.part(f"error_{letter}")
    if not spec or spec.get("visible") is False or values.dtype == object:
        return np.zeros(len(values)), np.zeros(len(values))
    kind = spec.get("type") or "data"
    if kind in ("constant", "percent"):
        size = np.full(len(values), st.number(spec.get("value", 10)))
        size = size if kind == "constant" else size / 100 * np.abs(values)
        return size, size
    above = st.numbers(spec.get("array", np.zeros(len(values))))
    below = above if spec.get("symmetric", "arrayminus" not in spec) else st.numbers(spec.get("arrayminus", above))
    return np.nan_to_num(below), np.nan_to_num(above)


# --- looks ----------------------------------------------------------------------------------------------------------


def first_color(trace: Trace) -> str:
    """Return the colour that stands for a trace in the legend."""
    return (colors_of(trace, 1) or [trace.color])[0]


def scaled(trace: Trace) -> bool:
    """Say whether the marks take their colours from a scale."""
    values = trace.part("marker").get("color")
    return isinstance(values, (dict, list)) and bool(np.isfinite(st.numbers(values)).any())


def color_scale(trace: Trace) -> tuple[list[list[Any]], float, float]:
    """Return the colour scale of the marks and the values at its ends."""
    marker = trace.part("marker")
    values = st.numbers(marker["color"])
    ends = [marker.get("cmin"), marker.get("cmax")]
    low = float(np.nanmin(values)) if ends[0] is None else st.number(ends[0])
    high = float(np.nanmax(values)) if ends[1] is None else st.number(ends[1])
    return scale_of(marker), low, high if high > low else low + 1


def scale_of(spec: dict[str, Any]) -> list[list[Any]]:
    """Return a colour scale as a list of stops; one that is only named is taken for the usual."""
    scale = spec.get("colorscale")
    scale = scale if isinstance(scale, list) and scale else style.SEQUENTIAL
    return [[1 - stop, color] for stop, color in reversed(scale)] if spec.get("reversescale") else scale


def colors_of(trace: Trace, n: int) -> list[str]:
    """Return the colour of each mark, or bar."""
    given = trace.part("marker").get("color")
    if not isinstance(given, (dict, list)):
        line = trace.part("line").get("color") if trace.kind != "bar" else None
        return [st.paint(given, st.paint(line, trace.color))] * n
    if not scaled(trace):
        listed = [st.paint(one, trace.color) for one in st.array(given).tolist()]
        return (listed + [trace.color] * n)[:n]
    scale, low, high = color_scale(trace)
    share = np.clip((np.nan_to_num(st.numbers(given), nan=low) - low) / (high - low), 0, 1)[:n]
    levels = np.rint(share * (LEVELS - 1)).astype(int).tolist()
    table = [st.on_scale(scale, i / (LEVELS - 1)) for i in range(LEVELS)]
    return ([table[level] for level in levels] + [trace.color] * n)[:n]


def opacity(trace: Trace, what: str, *, marker: bool = True) -> str:
    """Return the attribute of opacity of what is filled, or stroked, if it is not opaque."""
    own = st.numbers(trace.part("marker").get("opacity", 1)) if marker else np.ones(1)
    share = float(np.nanmean(own)) * st.number(trace.spec.get("opacity", 1))
    return f' {what}-opacity="{share:.2g}"' if share < 1 else ""


def texts(trace: Trace, n: int) -> list[str]:
    """Return what is written at each point or bar."""
    given = trace.spec.get("text")
    told = st.array(given).ravel().tolist() if isinstance(given, (dict, list)) else [given] * n
    told = (told + [None] * n)[:n]
    template = trace.spec.get("texttemplate")
    if not template:
        return ["" if one is None else st.formatted(one) for one in told]
    columns = {letter: trace.column(letter).tolist() for letter in "xy"}
    rows = zip(columns["x"][:n], columns["y"][:n], told, strict=False)
    return [st.filled(template, {"x": x, "y": y, "text": own}) for x, y, own in rows]
