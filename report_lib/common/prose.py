"""Small parts of sentences: names, counts with their nouns, lists, shares, scores, and text from data made safe."""

import html
import math
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NOT_IN_THIS_RUN = "> Not in this run:"
# What the scores of clusters against classes are called; and at the head of a column, where there is less room.
MEASURES = {
    "accuracy": "matched accuracy",
    "majority_accuracy": "majority accuracy",
    "ari": "ARI",
    "nmi": "NMI",
    "ami": "AMI",
}
# Who reads on past so many names? Of more, the first are told, and how many there are.
MOST_LISTED, FIRST_LISTED = 12, 8
# Those that are shares of images, and are written as percentages; the others are indices, and have three decimals.
SHARES = ("accuracy", "majority_accuracy")
COLUMNS = {key: name.removesuffix(" accuracy") for key, name in MEASURES.items()}


def text(value: object) -> str:
    """Make text from data safe inside Markdown."""
    flat = " ".join(str(value).split())
    marked = re.sub(r"([\\`*_\[\]#|])", r"\\\1", flat)
    return html.escape(marked, quote=False).replace("://", "&#58;//")


def listed(items: Sequence[object], last: str = "and") -> str:
    """Join items as prose does: a, b and c; of many the first, and how many more there are."""
    words = first(items)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def first(items: Sequence[object]) -> list[str]:
    """Return items as text; of many the first, and how many more there are."""
    told = [str(item) for item in items]
    return told if len(told) <= MOST_LISTED else [*told[:FIRST_LISTED], f"{len(told) - FIRST_LISTED} more"]


def percent(share: float, digits: int = 0) -> str:
    """Write a share as a percentage, halves rounded up as charts do; only nothing is 0%, and only all is 100%."""
    if not math.isfinite(share):
        return "none"
    for places in range(digits, digits + 4):
        told = Decimal(100 * float(share)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        if share in (0, 1) or told not in (0, 100):
            break
    return f"{told}%"


def signed(value: float, digits: int) -> str:
    """Write a difference with its sign; what rounds to nothing has none."""
    told = f"{value:+.{digits}f}"
    return told[1:] if not float(told) else told.replace("-", "\u2212")


def decimal(value: float, digits: int = 3) -> str:
    """Write a score, halves rounded up as percentages are."""
    if not math.isfinite(value):
        return "none"
    told = f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)}"
    return signed(float(told), digits) if told.startswith("-") else told


def scored(interval: Any, digits: int = 3) -> str:
    """Write a score with its 95% interval."""
    return f"{decimal(interval.value, digits)} ({decimal(interval.low, digits)} to {decimal(interval.high, digits)})"


def shared(interval: Any, digits: int = 1) -> str:
    """Write a share of images with its 95% interval."""
    return f"{percent(interval.value, digits)} ({percent(interval.low, digits)} to {percent(interval.high, digits)})"


def measure(key: str, value: float) -> str:
    """Write a value of one of `MEASURES`: a share of images as a percentage, an index as a score."""
    return percent(value, 1) if key in SHARES else decimal(value)


def measured(key: str, interval: Any) -> str:
    """Write a value of one of `MEASURES` with its 95% interval."""
    return shared(interval) if key in SHARES else scored(interval)


def spread(key: str, values: Any) -> str:
    """Write the mean of repeats of one of `MEASURES`, and their standard deviation."""
    mean, deviation = float(values.mean()), float(values.std(ddof=1))
    return (
        f"{measure(key, mean)} ± {100 * deviation:.1f}" if key in SHARES else f"{decimal(mean)} ± {decimal(deviation)}"
    )


def deviation(value: float, *, of_shares: bool) -> str:
    """Write a standard deviation of scores; of shares of images in percentage points."""
    return f"{decimal(100 * value, 1)} points" if of_shares else decimal(value)


def points(interval: Any, way: str = "") -> str:
    """Write a difference of shares in percentage points, such as `4.2 points behind`, with its 95% interval."""
    value, low, high = (signed(100 * end, 1).removeprefix("+") for end in (interval.value, interval.low, interval.high))
    return f"{value} points{way and ' ' + way} ({low} to {high})"


def written(value: float, form: str) -> str:
    """Write a number in one of Python's forms, such as `.1%` or `.4g`, by the rules of the page."""
    if value != value:
        return "none"
    if form.endswith("%"):
        return percent(value, int(form[1:-1]))
    return format(value, form).replace("-", "\u2212")


def plural(n: int, word: str) -> str:
    """Write a count with its noun."""
    return f"{n:,} {word if n == 1 else word + 's'}"


def count_of(n: int, one: str, many: str) -> str:
    """Write a count with the words that go with one and with many; none is `no`."""
    return f"{'no' if n == 0 else f'{n:,}'} {one if n == 1 else many}"


def bullets(*sentences: str) -> str:
    """Write sentences as a Markdown list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def absent(parameter: str = "", *, labels: bool = True, otherwise: str = "") -> str:
    """Say why something is not there: a run did not ask for it, or the images have no labels.

    Parameters
    ----------
    parameter : str
        What the run would have to ask for; the page leaves such a section out.
    labels : bool
        Whether the images have labels, where it takes labels.
    otherwise : str
        What cannot be said without labels; where this is given, a section without them stays, and says so.
    """
    if labels:
        return f"{NOT_IN_THIS_RUN} `{parameter}` asks for none that could be had."
    if otherwise:
        return f"> The images have no labels, so the report cannot say {otherwise}."
    return f"{NOT_IN_THIS_RUN} it needs labels."
