"""The one exception that is meant for a person: what was wrong, where, and what to do, in one line."""

import difflib
from collections.abc import Iterable


class ReportError(Exception):
    """A problem that the person who runs the report can mend."""


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Ask after the known name that is most like a misspelt one; nothing where none is at least `cutoff` alike, from 0 to 1."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"did you mean {near[0]}?" if near else ""
