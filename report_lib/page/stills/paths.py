"""The path data of a still: lines and marks in few characters."""

import math
import re

import numpy as np

_CROSS = [(-1.2, -.4), (-.4, -.4), (-.4, -1.2), (.4, -1.2), (.4, -.4), (1.2, -.4), (1.2, .4), (.4, .4), (.4, 1.2),
          (-.4, 1.2), (-.4, .4), (-1.2, .4)]  # fmt: skip
_TURN = math.sqrt(0.5)
# More marks of one look than this are set on whole pixels.
COARSE = 20
# Corners of each mark around its middle, for a radius of 1, as plotly.js draws them.
OUTLINES: dict[str, list[tuple[float, float]]] = {
    "square": [(-1, -1), (1, -1), (1, 1), (-1, 1)],
    "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    "cross": _CROSS,
    "x": [(_TURN * (x - y), _TURN * (x + y)) for x, y in _CROSS],
    "triangle-up": [(0, -1), (1.155, 0.5), (-1.155, 0.5)],
    "triangle-down": [(0, 1), (-1.155, -0.5), (1.155, -0.5)],
}


def polyline(x: np.ndarray, y: np.ndarray, *, close: bool = False) -> str:
    """Write a line through points in pixels; it is broken where one is not finite."""
    there = np.isfinite(x) & np.isfinite(y)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(int)))
    runs = zip(ends[::2], ends[1::2], strict=True)
    return "".join(_run(x[a:b], y[a:b]) + ("z" if close else "") for a, b in runs)


def _run(x: np.ndarray, y: np.ndarray) -> str:
    tenths = np.rint(np.column_stack([x, y]) * 10).astype(int)
    out, last = [f"M{_pair(*tenths[0].tolist(), 10)}"], ""
    for dx, dy in np.diff(tenths, axis=0).tolist():
        if not (dx or dy):
            continue
        letter = "h" if not dy else "v" if not dx else "l"
        step = _pair(dx, dy, 10) if letter == "l" else _short(dx or dy, 10)
        joint = "" if letter != last else " " if step[0] != "-" else ""
        out.append((letter if letter != last else joint) + step)
        last = letter
    return "".join(out) if len(out) > 1 else out[0] + "h0"


def marks(x: np.ndarray, y: np.ndarray, symbol: str, size: float) -> str:
    """Write one mark at each point as one path's data: circles as dots that a round line cap draws.

    Many marks are set on whole pixels, each pixel once and in an order that makes the steps between them short; as they
    look the same and are one path, neither can be seen.
    """
    coarse = len(x) > COARSE
    scale = 1 if coarse else 10
    at = np.rint(np.column_stack([x, y])[np.isfinite(x) & np.isfinite(y)] * scale).astype(int)
    if not len(at):
        return ""
    if coarse:
        at = np.unique(at, axis=0)
        at = at[np.lexsort((at[:, 0], at[:, 1] // 12))]
    first, tail = _tail(symbol, size, whole=coarse)
    steps = np.diff(at, axis=0).tolist()
    start = at[0] * (10 // scale) + np.rint(np.array(first) * 10).astype(int)
    return f"M{_pair(*start.tolist(), 10)}{tail}" + "".join(f"m{_pair(dx, dy, scale)}{tail}" for dx, dy in steps)


def _tail(symbol: str, size: float, *, whole: bool) -> tuple[tuple[float, float], str]:
    """Return where a mark begins, seen from its middle, and its path from there and back."""
    if symbol.startswith("line-ns"):
        tall = round(14 * size)
        return (0, -0.7 * size), f"v{_short(tall, 10)}m0 {_short(-tall, 10)}"
    if symbol not in OUTLINES:
        return (0, 0), "h0"
    corners = np.array(OUTLINES[symbol]) * size / 2
    corners = np.rint(corners) if whole and size >= 3 else corners
    return tuple(corners[0]), re.sub("^M[^a-z]*", "", _run(*corners.T)) + "z"


def boxes(left: np.ndarray, top: np.ndarray, right: np.ndarray, bottom: np.ndarray) -> str:
    """Write rectangles as one path's data."""
    tenths = np.rint(np.column_stack([left, top, right, bottom]) * 10).astype(int)
    return "".join(
        f"M{_pair(a, b, 10)}H{_short(c, 10)}V{_short(d, 10)}H{_short(a, 10)}z" for a, b, c, d in tenths.tolist()
    )


def steps(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a line that steps halfway between its points, as of a histogram."""
    return np.concatenate([x[:1], np.repeat((x[1:] + x[:-1]) / 2, 2), x[-1:]]), np.repeat(y, 2)


def _pair(x: int, y: int, scale: int) -> str:
    second = _short(y, scale)
    return _short(x, scale) + (second if second[0] == "-" else " " + second)


def _short(units: int, scale: int) -> str:
    if scale == 1 or units % scale == 0:
        return str(units // scale)
    sign, units = "-" if units < 0 else "", abs(units)
    return f"{sign}{units // scale or ''}.{units % scale}"
