"""Small parts of sentences: counts with their nouns, lists, shares, scores, and text from data made safe."""

import html
import re
from collections.abc import Sequence
from typing import Any


def text(value: object) -> str:
    """Make text from data safe inside Markdown."""
    flat = " ".join(str(value).split())
    marked = re.sub(r"([\\`*_\[\]#|])", r"\\\1", flat)
    return html.escape(marked, quote=False).replace("://", "&#58;//")


def listed(items: Sequence[object], last: str = "and") -> str:
    """Join items as prose does: a, b and c."""
    words = [str(item) for item in items]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def percent(share: float, digits: int = 0) -> str:
    """Write a share as a percentage."""
    return f"{share:.{digits}%}"


def scored(interval: Any, digits: int = 3) -> str:
    """Write a score with its 95% interval."""
    return f"{interval.value:.{digits}f} ({interval.low:.{digits}f} to {interval.high:.{digits}f})"


def plural(n: int, word: str) -> str:
    """Write a count with its noun."""
    return f"{n:,} {word if n == 1 else word + 's'}"


def count_of(n: int, one: str, many: str) -> str:
    """Write a count with the words that go with one and with many; none is `no`."""
    return f"{'no' if n == 0 else f'{n:,}'} {one if n == 1 else many}"


def bullets(*sentences: str) -> str:
    """Write sentences as a Markdown list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)
