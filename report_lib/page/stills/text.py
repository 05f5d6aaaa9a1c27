"""What the parts of a still share: arrays as Plotly stores them, and text, colours and numbers that are safe in SVG."""

import base64
import html
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

SIZE = 12
LINE = 1.25
# Widths of characters, in ems, of a wide font such as DejaVu Sans: what fits in that fits in all.
_WIDTHS = {**dict.fromkeys("ijl|.,:;'!I ()[]ftr/-", 0.38), **dict.fromkeys("mwMW%@—", 0.96)}
_TAG = re.compile(r"</?(?:b|i|em|strong|sub|sup|span|a|s|u)(?:\s[^<>]*)?>", re.I)
_BREAK = re.compile(r"<br\s*/?>|\n", re.I)
# Characters that no XML may hold.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_COLOR = re.compile(r"#[0-9a-f]{3,8}|rgba?\([0-9., %]+\)|[a-z]+", re.I)
_FORM = re.compile(r"(,?)(?:\.(\d{1,2}))?(~?)([a-z%]?)")
_PLACEHOLDER = re.compile(r"%\{(\w+)(?::([^}]*))?\}")


class NotDrawn(ValueError):
    """A figure has what a still does not draw."""


def array(values: Any) -> np.ndarray:
    """Return a list, or an array that Plotly wrote in base64, as an array; a scalar has no dimension."""
    if not isinstance(values, dict):
        return np.asarray(values, dtype=object)
    dtype = values["dtype"]
    if not re.fullmatch("f[48]|[iu][1248]", dtype):
        raise ValueError(f"not a type of number: {dtype!r}")
    flat = np.frombuffer(base64.b64decode(values["bdata"]), dtype="<" + dtype)
    shape = values.get("shape")
    return flat.reshape([int(n) for n in str(shape).strip("[]()").split(",")]) if shape else flat


def numbers(values: Any) -> np.ndarray:
    """Return `array` as floats: NaN for what is no number."""
    found = array(values)
    try:
        return found.astype(np.float64)
    except (TypeError, ValueError):
        return np.array([number(one) for one in found.ravel()]).reshape(found.shape)


def number(value: Any) -> float:
    """Return a value as a float, or NaN."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


# --- text -----------------------------------------------------------------------------------------------------------


def lines(label: object) -> list[str]:
    """Return the lines of a label that may hold a little HTML, as plain text."""
    return [_NOT_XML.sub("", html.unescape(_TAG.sub("", line))) for line in _BREAK.split(str(label))]


def width_of(label: object, size: float = SIZE) -> float:
    """Estimate how wide a label is."""
    return max(sum(map(_em, line)) for line in lines(label)) * size


def _em(character: str) -> float:
    return _WIDTHS.get(character) or (0.72 if character.isupper() else 0.63)


def cut(label: object, width: float) -> str:
    """Shorten a label, which may hold a little HTML, to about a width; the result holds none."""
    return "<br>".join(html.escape(_cut(line, width / SIZE), quote=False) for line in lines(label))


def _cut(line: str, ems: float) -> str:
    if sum(map(_em, line)) <= ems:
        return line
    kept = next(n for n in range(len(line), -1, -1) if sum(map(_em, line[:n])) <= ems - 1)
    return line[:kept].rstrip() + "…"


def text(
    x: float,
    y: float,
    label: object,
    *,
    anchor: str = "",
    vertical: str = "middle",
    size: float = SIZE,
    angle: float = 0,
    extra: str = "",
) -> str:
    """Write a label as one text element.

    Parameters
    ----------
    x, y : float
        Where its `anchor` (start, middle, end; that of the group around it unless given) and its `vertical` (top,
        middle, bottom) lie.
    label : object
        May hold what Plotly reads of HTML.
    size, angle : float
        The group's size is `SIZE`; degrees are clockwise.
    extra : str
        Further attributes.
    """
    rows = lines(label)
    if not any(rows) or not (math.isfinite(x) and math.isfinite(y)):
        return ""
    step = LINE * size
    first = y + 0.35 * size + step * {"top": 0.5, "middle": 0.5 - len(rows) / 2, "bottom": 0.5 - len(rows)}[vertical]
    attributes = f' text-anchor="{anchor}"' if anchor else ""
    attributes += f' font-size="{short(size)}"' if size != SIZE else ""
    attributes += f' transform="rotate({short(angle)} {short(x)} {short(y)})"' if angle else ""
    body = html.escape(rows[0], quote=False)
    for row in rows[1:]:
        body += f'<tspan x="{short(x)}" dy="{short(step)}">{html.escape(row, quote=False)}</tspan>'
    if len(rows) == 1:
        first = y + {"top": 0.85, "middle": 0.35, "bottom": -0.15}[vertical] * size
    return f'<text x="{short(x)}" y="{short(first)}"{attributes}{extra}>{body}</text>'


def group(parts: Sequence[str], attributes: str) -> str:
    """Put elements into one group, if there are any."""
    body = "".join(parts)
    return f"<g {attributes}>{body}</g>" if body else ""


# --- colours --------------------------------------------------------------------------------------------------------


def paint(value: Any, fallback: str = "currentColor") -> str:
    """Return a colour if it is one."""
    return value if isinstance(value, str) and _COLOR.fullmatch(value) else fallback


def rgb(color: str) -> np.ndarray:
    """Return red, green and blue of a colour, 0 to 255; mid grey where it is given by name."""
    if re.fullmatch("#[0-9a-f]{6}", color, re.I):
        return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)
    found = re.findall(r"[\d.]+", color) if color.startswith("rgb") else []
    return np.array([number(part) for part in found[:3]] if len(found) >= 3 else [128.0] * 3)


def on_scale(scale: Sequence[Sequence[Any]], share: float) -> str:
    """Return the colour at a share of a colour scale, from 0 to 1."""
    stops, colors = [stop for stop, _ in scale], np.array([rgb(paint(color)) for _, color in scale])
    mixed = [round(float(np.interp(share, stops, colors[:, i]))) for i in range(3)]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def is_dark(color: str) -> bool:
    """Say whether white can be read on a colour better than black."""
    return float(rgb(color) @ (0.299, 0.587, 0.114)) < 140


# --- numbers --------------------------------------------------------------------------------------------------------


def short(value: float) -> str:
    """Write a coordinate with at most one decimal."""
    written = f"{value:.1f}".removesuffix(".0")
    return "0" if written == "-0" else written


def formatted(value: Any, form: str = "") -> str:
    """Format a number as the subset of d3's formats that figures use says; other values as they are."""
    if not isinstance(value, (int, float, np.number)) or isinstance(value, bool):
        return str(value)
    if not math.isfinite(value):
        return ""
    parts = _FORM.fullmatch(form)
    comma, precision, trim, kind = parts.groups() if parts else ("", None, "~", "")
    written = _written(float(value), comma, precision, kind)
    if trim and "." in written:
        written = re.sub(r"\.?0+(?=\D*$)", "", written)
    return written.replace("-", "−")


def _written(value: float, comma: str, precision: str | None, kind: str) -> str:
    if kind == "d":
        return format(round(value), comma + "d")
    if kind == "s":
        power = min(3, max(-3, math.floor(math.log10(abs(value)) / 3))) if value else 0
        return f"{value / 1000.0**power:.{precision or 6}g}" + "nµm kMG"[power + 3].strip()
    if kind in ("f", "%", "e", "g"):
        return format(value, f"{comma}.{6 if precision is None else precision}{kind}")
    return format(value, f"{comma}.{precision or 12}g")


def filled(template: str, values: dict[str, Any]) -> str:
    """Fill a `texttemplate` such as `%{x:.0%}`."""
    return _PLACEHOLDER.sub(lambda m: formatted(values.get(m[1], ""), m[2] or ""), template)
