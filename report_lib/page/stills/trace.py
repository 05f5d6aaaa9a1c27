"""The traces of a still: which of their points are drawn, what they cover of the axes, and their colours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from report_lib.page.stills import text as st
from report_lib.page.stills.axes import Axis, Reach

MOST_POINTS = 1500
# A group of fewer points is kept whole.
WHOLE = 50


@dataclass
class Trace:
    """One trace, its colour where it has none, and which of its points are drawn."""

    spec: dict[str, Any]
    color: str
    rows: np.ndarray = field(default_factory=lambda: np.arange(0))
    # Of bars: middle of the slot and its width, in the axis's own coordinates.
    slots: tuple[np.ndarray, float] | None = None

    @property
    def kind(self) -> str:
        """The type of the trace."""
        return self.spec["type"]

    @property
    def shows(self) -> set[str]:
        """What a scatter shows: lines, markers, text."""
        return set(self.spec["mode"].split("+"))

    def part(self, name: str) -> dict[str, Any]:
        """Return a part of the trace's description, such as its marker."""
        return self.spec.get(name) or {}

    def column(self, letter: str) -> np.ndarray:
        """Return the values on an axis."""
        return st.array(self.spec[letter]).ravel()

    def picked(self, values: Any) -> np.ndarray:
        """Return those of a column that belong to points drawn."""
        return np.ravel(values)[self.rows]


def thin(traces: Sequence[Trace]) -> None:
    """Choose which points are drawn: all, or every so many of the large groups."""
    traces = [trace for trace in traces if trace.kind == "scatter"]
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
            if "lines" in trace.shows:
                # A line begins and ends where it does.
                trace.rows = np.union1d(trace.rows, [0, n - 1])
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
    middles, width = trace.slots
    if axis.is_x == is_upright(trace):
        return [Reach(float(np.nanmin(middles)) - width / 2, float(np.nanmax(middles)) + width / 2, False, False)]
    ends = axis.places(trace.column(axis.key[0]))
    low, high = errors(trace, axis.key[0], ends)
    low, high = float(min((ends - low).min(), 0)), float(max((ends + high).max(), 0))
    return [Reach(low, high, low < 0, high > 0)]


def _scatter_reach(trace: Trace, axis: Axis, low: float, high: float) -> list[Reach]:
    letter, shows = axis.key[0], trace.shows
    found = errors(trace, letter, st.numbers(trace.column(letter)))
    if any(part.any() for part in found):
        values = st.numbers(trace.column(letter))
        ends = axis.places(np.concatenate([values - found[0], values + found[1]]))
        ends = ends[np.isfinite(ends)]
        low, high = min(low, float(ends.min())), max(high, float(ends.max()))
    dots = 0.8 * float(np.nanmax(st.numbers(trace.part("marker").get("size", 6)))) if "markers" in shows else 0
    bare = letter == "x" and not shows & {"markers", "text"} and "error_y" not in trace.spec
    return [Reach(low, high, not bare, not bare, dots)]


def is_upright(trace: Trace) -> bool:
    """Say whether bars stand."""
    return trace.spec.get("orientation", "v") != "h"


def set_slots(traces: Sequence[Trace], axis: Axis, layout: dict[str, Any]) -> None:
    """Give bars that share an axis of positions their places on it, beside one another."""
    places = [axis.places(trace.column(axis.key[0])) for trace in traces]
    unique = np.unique(np.concatenate(places)) if places else np.zeros(0)
    gaps = np.diff(unique[np.isfinite(unique)])
    apart = 1.0 if axis.kind == "category" or not len(gaps) else float(gaps.min())
    for i, (trace, own) in enumerate(zip(traces, places, strict=True)):
        width = apart * (1 - layout["bargap"]) / len(traces)
        trace.slots = (own + (i - (len(traces) - 1) / 2) * width, width)


def errors(trace: Trace, letter: str, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far error bars go below and above values; zeros without."""
    spec = trace.part(f"error_{letter}")
    if not spec:
        return np.zeros(len(values)), np.zeros(len(values))
    if missing := {"array", "arrayminus"} - spec.keys():
        raise st.NotDrawn(f"an error bar without {min(missing)!r} has no static picture")
    return tuple(np.nan_to_num(st.numbers(spec[key])) for key in ("arrayminus", "array"))


# --- looks ----------------------------------------------------------------------------------------------------------


def first_color(trace: Trace) -> str:
    """Return the colour that stands for a trace in the legend."""
    return colors_of(trace, 1)[0]


def colors_of(trace: Trace, n: int) -> list[str]:
    """Return the colour of each mark, or bar."""
    given = trace.part("marker").get("color")
    if not isinstance(given, (dict, list)):
        line = trace.part("line").get("color") if trace.kind != "bar" else None
        return [st.paint(given, st.paint(line, trace.color))] * n
    return [st.paint(one, trace.color) for one in st.array(given).tolist()][:n]


def opacity(trace: Trace, what: str) -> str:
    """Return the attribute of opacity of marks that are filled, or stroked, if they are not opaque."""
    share = trace.part("marker").get("opacity", 1)
    return f' {what}-opacity="{share:.2g}"' if share < 1 else ""


def texts(trace: Trace) -> list[str]:
    """Return what is written at each bar, or point."""
    if "texttemplate" not in trace.spec:
        return [str(told) for told in st.array(trace.spec["text"])]
    rows = zip(trace.column("x").tolist(), trace.column("y").tolist(), strict=True)
    return [st.filled(trace.spec["texttemplate"], {"x": x, "y": y}) for x, y in rows]
