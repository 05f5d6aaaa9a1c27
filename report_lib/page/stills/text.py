"""What the parts of a still share: arrays as Plotly stores them, and text, colours and numbers that are safe in SVG."""

import base64
import html
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.common.prose import percent

# Units that a picture is wide, and the size of its letters in them.
WIDTH = 800
SIZE = 12
# Widths of characters, in ems, of a wide font such as DejaVu Sans: what fits in that fits in all.
_WIDTHS = {**dict.fromkeys("ijl|.,:;'!I ()[]ftr/-", 0.38), **dict.fromkeys("mwMW%@—", 0.96)}
_TAG = re.compile(r"</?(?:b|i|em|strong|sub|sup|span|a|s|u)(?:\s[^<>]*)?>", re.I)
_BREAK = re.compile(r"<br\s*/?>|\n", re.I)
# Characters that no XML may hold.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_COLOR = re.compile(r"#[0-9a-f]{3,8}|rgba?\([0-9., %]+\)|[a-z]+", re.I)
_FORM = re.compile(r"(,?)(?:\.(\d{1,2}))?(~?)([dfg%]?)")
_PLACEHOLDER = re.compile(r"%\{(\w+)(?::([^}]*))?\}")


class NotDrawn(ValueError):
    """A figure has what a still does not draw."""


def array(values: Any) -> np.ndarray:
    """Return a list, or an array that Plotly wrote in base64, as an array; a scalar has no dimension."""
    if not isinstance(values, dict):
        return np.asarray(values, dtype=object)
    dtype = values["dtype"]
    if not re.fullmatch("f[48]|[iu][1248]", dtype):
        raise NotDrawn(f"not a type of number: {dtype!r}")
    flat = np.frombuffer(base64.b64decode(values["bdata"]), dtype="<" + dtype)
    shape = values.get("shape")
    return flat.reshape([int(n) for n in str(shape).strip("[]()").split(",")]) if shape else flat


def numbers(values: Any) -> np.ndarray:
    """Return `array` as floats: NaN for what is no number."""
    return np.vectorize(number, otypes=[float])(array(values))


def number(value: Any) -> float:
    """Return a value as a float, or NaN."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


# --- text -----------------------------------------------------------------------------------------------------------


def plain(label: object) -> str:
    """Return a label that may hold a little HTML as plain text."""
    return _NOT_XML.sub("", html.unescape(_TAG.sub("", _BREAK.sub(" ", str(label)))))


def width_of(label: object, size: float = SIZE) -> float:
    """Estimate how wide a label is."""
    return sum(map(_em, plain(label))) * size


def _em(character: str) -> float:
    return _WIDTHS.get(character) or (0.72 if character.isupper() else 0.63)


def lines_of(label: object, width: float, most: int = 2) -> list[str]:
    """Set a label in lines of about a width, at most so many; what is longer is cut."""
    words, lines = plain(label).split(" "), [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer) <= width or not lines[-1] or len(lines) == most:
            lines[-1] = longer
        else:
            lines.append(word)
    return [cut(html.escape(line), width) for line in lines]


def cut(label: object, width: float) -> str:
    """Shorten a label, which may hold a little HTML, to about a width; the result holds none."""
    line, ends = plain(label), np.cumsum([_em(character) for character in plain(label)]) * SIZE
    if len(line) and ends[-1] > width:
        line = line[: int(np.searchsorted(ends, width - SIZE, side="right"))].rstrip() + "…"
    return html.escape(line, quote=False)


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
    line = plain(label)
    if not line or not (math.isfinite(x) and math.isfinite(y)):
        return ""
    attributes = f' text-anchor="{anchor}"' if anchor else ""
    attributes += f' font-size="{short(size)}"' if size != SIZE else ""
    attributes += f' transform="rotate({short(angle)} {short(x)} {short(y)})"' if angle else ""
    foot = y + {"top": 0.85, "middle": 0.35, "bottom": -0.15}[vertical] * size
    return f'<text x="{short(x)}" y="{short(foot)}"{attributes}{extra}>{html.escape(line, quote=False)}</text>'


def group(parts: Sequence[str], attributes: str) -> str:
    """Put elements into one group, if there are any."""
    body = "".join(parts)
    return f"<g {attributes}>{body}</g>" if body else ""


# --- colours --------------------------------------------------------------------------------------------------------


def paint(value: Any, fallback: str = "currentColor") -> str:
    """Return a colour if it is one."""
    return value if isinstance(value, str) and _COLOR.fullmatch(value) else fallback


def rgb(color: str) -> np.ndarray:
    """Return red, green and blue of a colour, 0 to 255; mid grey where it is not written as #rrggbb."""
    known = re.fullmatch("#[0-9a-f]{6}", color, re.I)
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)] if known else [128] * 3, dtype=float)


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
    if not parts:
        raise NotDrawn(f"the format {form!r} has no static picture")
    comma, precision, trim, kind = parts.groups()
    written = _written(float(value), comma, precision, kind)
    if trim and "." in written:
        written = re.sub(r"\.?0+(?=\D*$)", "", written)
    return written.replace("-", "−")


def _written(value: float, comma: str, precision: str | None, kind: str) -> str:
    if kind == "d":
        return format(round(value), comma + "d")
    if kind == "%":
        # Ticks are sums of steps, and not quite what they stand for.
        return percent(round(value, 12), 6 if precision is None else int(precision))
    if kind in ("f", "g"):
        return format(value, f"{comma}.{6 if precision is None else precision}{kind}")
    return format(value, f"{comma}.{precision or 12}g")


def filled(template: str, values: dict[str, Any]) -> str:
    """Fill a `texttemplate` such as `%{x:.0%}`."""
    return _PLACEHOLDER.sub(lambda m: formatted(values.get(m[1], ""), m[2] or ""), template)
