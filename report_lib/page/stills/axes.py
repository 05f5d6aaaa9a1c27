"""The axes of a still: what they span, where values lie on them, and their ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from report_lib.page.stills import text as st

# Pixels between a label and the plot, and between labels.
OFF = 6
APART = 8
TITLE = 22
GRID = 'fill="none" stroke="currentColor" stroke-opacity=".16"'
# Of a category's name; what is longer is set in two lines, or cut. And from line to line.
WIDEST, LINE = 250, 14


@dataclass
class Reach:
    """What one trace covers of an axis, in the axis's own coordinates, and how much air it asks for at either end."""

    low: float
    high: float
    air_low: bool = True
    air_high: bool = True
    pixels: float = 0


@dataclass
class Axis:
    """One axis: its layout, the coordinates at its two ends, and the pixels that it runs over."""

    key: str
    spec: dict[str, Any]
    kind: str = "linear"
    categories: dict[str, int] = field(default_factory=dict)
    low: float = 0.0
    high: float = 1.0
    start: float = 0.0
    length: float = 1.0
    ticks: list[tuple[float, str]] = field(default_factory=list)
    angle: float = 0.0

    @property
    def is_x(self) -> bool:
        """Whether it is horizontal."""
        return self.key[0] == "x"

    @property
    def labelled(self) -> bool:
        """Whether it has labels at its ticks."""
        return self.spec.get("showticklabels", True)

    @property
    def title(self) -> str:
        """What is written along it."""
        return self.spec.get("title", {}).get("text", "")

    @property
    def per_pixel(self) -> float:
        """Coordinates a pixel."""
        return abs(self.high - self.low) / max(self.length, 1)

    def places(self, values: Any) -> np.ndarray:
        """Return the axis's own coordinates of values: logarithms, positions of categories, or the values."""
        if self.kind == "category":
            found = [self.categories.get(str(v), st.number(v)) for v in st.array(values).ravel()]
            return np.array(found, dtype=float)
        plain = st.numbers(values).ravel()
        if self.kind == "log":
            return np.log10(plain, out=np.full(plain.shape, np.nan), where=plain > 0)
        return plain

    def pixels(self, places: Any) -> np.ndarray:
        """Return the pixels of the axis's own coordinates."""
        share = (np.asarray(places, dtype=float) - self.low) / (self.high - self.low)
        return self.start + self.length * (share if self.is_x else 1 - share)

    def at(self, values: Any) -> np.ndarray:
        """Return the pixels of values."""
        return self.pixels(self.places(values))


# --- what an axis spans ---------------------------------------------------------------------------------------------


def kind_of(spec: dict[str, Any], columns: Sequence[np.ndarray]) -> str:
    """Return log, category or linear: as the layout says, or as the data look."""
    if spec.get("type") in ("log", "category", "linear"):
        return spec["type"]
    words = any(isinstance(v, str) and math.isnan(st.number(v)) for c in columns for v in c.ravel().tolist())
    return "category" if words else "linear"


def set_range(axis: Axis, reaches: Sequence[Reach]) -> None:
    """Set the coordinates at both ends, as plotly.js would: the given range, or all that is drawn and some air."""
    if "range" in axis.spec:
        axis.low, axis.high = axis.spec["range"]
        return
    reaches = [r for r in reaches if math.isfinite(r.low) and math.isfinite(r.high)]
    low, high = _with_air(axis, reaches) if reaches else ((-1, 6) if axis.is_x else (-1, 4))
    if axis.spec.get("rangemode") == "tozero" and axis.kind == "linear":
        low, high = (0, high) if low < 0 <= min(r.low for r in reaches) or low >= 0 else (low, max(high, 0))
    axis.low, axis.high = (high, low) if axis.spec.get("autorange") == "reversed" else (low, high)


def _with_air(axis: Axis, reaches: Sequence[Reach]) -> tuple[float, float]:
    low, high = min(r.low for r in reaches), max(r.high for r in reaches)
    if low == high:
        return low - 1, high + 1
    dots = 2 * max(r.pixels for r in reaches)
    unit = (high - low) / max(0.9 * axis.length - dots, 0.2 * axis.length)
    air = [0.05 * axis.length + r.pixels for r in reaches]
    low = min(r.low - r.air_low * a * unit for r, a in zip(reaches, air, strict=True))
    return low, max(r.high + r.air_high * a * unit for r, a in zip(reaches, air, strict=True))


def square(axes: dict[str, Axis]) -> None:
    """Give axes that are anchored in scale as many pixels a unit as the other, by a wider range."""
    for axis in axes.values():
        other = axes.get(axis.spec.get("scaleanchor"))
        if other is None:
            continue
        scale = max(axis.per_pixel, other.per_pixel)
        for one in (axis, other):
            more = (scale / one.per_pixel - 1) / 2 * (one.high - one.low)
            one.low, one.high = one.low - more, one.high + more


# --- ticks ----------------------------------------------------------------------------------------------------------


def set_ticks(axis: Axis) -> None:
    """Find the ticks, and thin or turn the labels that would run into one another."""
    axis.angle = 0.0
    found = _all_ticks(axis)
    low, high = sorted((axis.low, axis.high))
    slack = 1e-6 * (high - low)
    found = [(place, label) for place, label in found if low - slack <= place <= high + slack]
    if not axis.labelled:
        axis.ticks = [(place, "") for place, _ in found]
        return
    if axis.is_x and axis.kind == "category" and len(found) > 1:
        _turn(axis, found)
    axis.ticks = _thinned(axis, found)


def _all_ticks(axis: Axis) -> list[tuple[float, str]]:
    spec = axis.spec
    if spec.get("tickvals") is not None:
        values = st.array(spec["tickvals"]).tolist()
        names = spec.get("ticktext") or [st.formatted(v, spec.get("tickformat", "")) for v in values]
        return list(zip(axis.places(values).tolist(), names, strict=True))
    if axis.kind == "category":
        return [(float(i), name) for name, i in axis.categories.items()]
    return _log_ticks(axis) if axis.kind == "log" else _linear_ticks(axis)


def _linear_ticks(axis: Axis) -> list[tuple[float, str]]:
    low, high = sorted((axis.low, axis.high))
    step = st.number(axis.spec.get("dtick"))
    if not step > 0 or (high - low) / step > 1000:
        room = 80 if axis.is_x else 40
        step = nice_step(high - low, st.number(axis.spec.get("nticks")) or 0, axis.length / room)
    places = multiples(step, low, high)
    return list(zip(places.tolist(), labels(places, step, axis.spec.get("tickformat", "")), strict=True))


def nice_step(span: float, most: float, fit: float) -> float:
    """Return the step of 1, 2 or 5 times a power of ten that gives at most so many ticks."""
    most = most if most > 0 else min(max(fit, 4), 9) + 1
    rough = span / most
    base = 10.0 ** math.floor(math.log10(rough))
    return next(base * digit for digit in (1, 2, 5, 10) if digit * base >= rough * (1 - 1e-9))


def multiples(step: float, low: float, high: float) -> np.ndarray:
    """Return the multiples of a step from one value to another."""
    return step * np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)


def labels(places: np.ndarray, step: float, form: str = "") -> list[str]:
    """Write values at ticks: in the form given, or with as many decimals as the step needs and k, M or B for 10,000 up."""
    places = np.where(np.abs(places) < step * 1e-6, 0.0, places)
    if form:
        return [st.formatted(v, form) for v in places.tolist()]
    top = float(np.abs(places).max(initial=0))
    unit, letter = next(((u, s) for u, s in ((1e9, "B"), (1e6, "M"), (1e3, "k")) if top >= max(u, 1e4)), (1.0, ""))
    decimals = max(0, -math.floor(math.log10(step / unit) + 1e-9))
    form = f".{decimals}f" if decimals <= 8 else ".3g"
    return [st.formatted(v / unit, form) + (letter if v else "") for v in places.tolist()]


def _log_ticks(axis: Axis) -> list[tuple[float, str]]:
    low, high = sorted((axis.low, axis.high))
    if high - low < 0.5:
        return _places_of_plain(axis, low, high)
    many = axis.spec.get("dtick") == "D2" or high - low < 3
    powers = range(math.floor(low), math.ceil(high) + 1)
    digits = (1, 2, 5) if many else (1,)
    form = axis.spec.get("tickformat", "")
    return [(p + math.log10(d), st.formatted(d * 10.0**p, form)) for p in powers for d in digits]


def _places_of_plain(axis: Axis, low: float, high: float) -> list[tuple[float, str]]:
    step = nice_step(10**high - 10**low, 0, 5)
    values = multiples(step, 10**low, 10**high)
    return list(zip(np.log10(values).tolist(), labels(values, step, axis.spec.get("tickformat", "")), strict=True))


def _turn(axis: Axis, found: Sequence[tuple[float, str]]) -> None:
    """Stand names on end where they would run into one another."""
    gap = axis.length / max(abs(axis.high - axis.low), 1e-9)
    if max(st.width_of(label) for _, label in found) + APART > gap:
        axis.angle = -45.0 if gap > 1.6 * st.SIZE else -90.0


def _thinned(axis: Axis, found: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Leave labels out that would run into one another, decades and round numbers last; their grid lines stay."""
    at = axis.pixels([place for place, _ in found]) if found else []
    upright = not axis.is_x or axis.angle
    sizes = [1.15 * st.SIZE if upright else st.width_of(label) + APART for _, label in found]
    kept: list[int] = []
    for i in sorted(range(len(found)), key=lambda i: _rank(axis, found[i][0])):
        if all(abs(at[i] - at[j]) >= (sizes[i] + sizes[j]) / 2 for j in kept if found[j][1]):
            kept.append(i)
    if axis.kind != "log" and axis.spec.get("ticktext") is None and len(kept) < len(found):
        kept = _every(at, sizes)
    there = set(kept)
    return [(place, label if i in there else "") for i, (place, label) in enumerate(found)]


def _rank(axis: Axis, place: float) -> bool:
    """Order ticks of a logarithmic axis so that powers of ten come first."""
    return axis.kind == "log" and abs(place - round(place)) > 1e-6


def _every(at: np.ndarray, sizes: Sequence[float]) -> list[int]:
    """Return every second, third and so on that leaves enough room."""
    gap = float(np.abs(np.diff(at)).min()) if len(at) > 1 else 1.0
    return list(range(0, len(at), max(1, math.ceil(max(sizes) / max(gap, 1e-9)))))


# --- drawing --------------------------------------------------------------------------------------------------------


def thickness(axis: Axis) -> float:
    """Return the pixels that labels, and the title of a horizontal axis, need beside the plot."""
    return _labels_size(axis) + (TITLE if axis.title and axis.is_x else 0)


def is_named(axis: Axis) -> bool:
    """Say whether an axis has names at its ticks rather than numbers."""
    told = "".join(map(str, axis.spec.get("ticktext") or ()))
    return axis.kind == "category" or any(map(str.isalpha, told))


def _labels_size(axis: Axis) -> float:
    names = [label for _, label in axis.ticks if label]
    if not names:
        return OFF
    longest = min(max(map(st.width_of, names)), WIDEST)
    if not axis.is_x:
        return OFF + max(st.width_of(line) for name in names for line in _lines(axis, name))
    return OFF + 1.2 * st.SIZE + abs(math.sin(math.radians(axis.angle))) * longest


def overhang(axis: Axis) -> float:
    """Return the pixels that slanting labels reach past the end of the axis."""
    if not axis.angle or not axis.ticks:
        return 0.0
    at = axis.pixels([place for place, _ in axis.ticks])
    wide = [min(st.width_of(label), WIDEST) * math.cos(math.radians(axis.angle)) for _, label in axis.ticks]
    if axis.spec.get("side") == "top":
        return float((at + wide).max()) - axis.start - axis.length
    return axis.start - float((at - wide).min())


def draw(axis: Axis, across: Axis) -> str:
    """Draw grid lines over the other axis, labels and title."""
    far = axis.spec.get("side") == "top"
    near, end = (across.start, across.start + across.length) if not axis.is_x else (
        across.start + across.length, across.start)  # fmt: skip
    edge = end if far else near
    out = 1 if (far != axis.is_x) else -1
    return _grid(axis, across) + _labels(axis, edge, out) + _title(axis, edge, out, _middle(axis, across))


def _middle(axis: Axis, across: Axis) -> float:
    """Return where the title of a horizontal axis has its middle: that of the axis, or the picture's if it is longer."""
    middle, half = axis.start + axis.length / 2, st.width_of(axis.title, 13) / 2
    return min(max(middle, half + OFF), st.WIDTH - half - OFF)


def _grid(axis: Axis, across: Axis) -> str:
    if axis.spec.get("showgrid") is False:
        return ""
    low, high = st.short(across.start), st.short(across.start + across.length)
    at = [st.short(pixel) for pixel in axis.pixels([place for place, _ in axis.ticks])] if axis.ticks else []
    path = "".join(f"M{p} {low}V{high}" if axis.is_x else f"M{low} {p}H{high}" for p in at)
    return f'<path {GRID} d="{path}"/>' if path else ""


def _labels(axis: Axis, edge: float, out: int) -> str:
    parts = []
    for place, label in axis.ticks:
        pixel = float(axis.pixels(place))
        if axis.is_x:
            label = st.cut(label, WIDEST)
            anchor = ("start" if out < 0 else "end") if axis.angle else ""
            side = "middle" if axis.angle else "top" if out > 0 else "bottom"
            parts.append(st.text(pixel, edge + out * OFF, label, vertical=side, angle=axis.angle, anchor=anchor))
        else:
            parts += _stacked(edge + out * OFF, pixel, _lines(axis, label))
    anchor = "middle" if axis.is_x else "start" if out > 0 else "end"
    return st.group(parts, f'text-anchor="{anchor}"')


def title_above(axis: Axis) -> float:
    """Return the pixels that the title of an upright axis needs above the plot: it is read without turning the head."""
    return TITLE - 4 if axis.title and not axis.is_x else 0.0


def title_before(axis: Axis) -> float:
    """Return the pixels that the title of an upright axis needs before the plot, where it stands over names."""
    return OFF + st.width_of(axis.title, 13) if title_above(axis) and is_named(axis) else 0.0


def _lines(axis: Axis, label: str) -> list[str]:
    """Set a name beside an upright axis in two lines, where it is long and there is room between ticks."""
    apart = axis.length / max(len(axis.ticks), 1)
    return st.lines_of(label, WIDEST if apart < 2 * LINE else WIDEST * 0.7, 1 if apart < 2 * LINE else 2)


def _stacked(x: float, y: float, lines: Sequence[str]) -> list[str]:
    return [st.text(x, y + (i - (len(lines) - 1) / 2) * LINE, line) for i, line in enumerate(lines)]


def _title(axis: Axis, edge: float, out: int, middle: float) -> str:
    """Write the title: of a horizontal axis along it, of an upright one above it, over its names or from the plot on."""
    if axis.is_x:
        return st.text(middle, edge + out * (_labels_size(axis) + TITLE / 2 + 1), axis.title, anchor="middle", size=13)
    anchor, off = ("end", -OFF) if is_named(axis) else ("start", 0)
    return st.text(edge + off, axis.start - OFF, axis.title, anchor=anchor, vertical="bottom", size=13)
