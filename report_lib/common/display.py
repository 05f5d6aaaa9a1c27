"""How a notebook shows what it found: figures, tables and sentences, in the order given."""

import html
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import pandas as pd
import plotly.graph_objects as go
from IPython.display import HTML, Markdown, display

Shows = TypeVar("Shows", bound=Callable[..., Any])


def passes_none(function: Shows) -> Shows:
    """Let a figure or a sentence be None where what it is about, its first argument, is None."""

    @wraps(function)
    def passed(first: Any, *args: Any, **named: Any) -> Any:
        return None if first is None else function(first, *args, **named)

    return passed


def show(*things: object, instead: str = "") -> None:
    """Display figures and tables, and text as Markdown; what is None or empty is passed over.

    A figure goes out as `application/vnd.plotly.v1+json` alone, which JupyterLab, VS Code and the page all draw.
    Plotly's own way gives the same, and first spends two seconds on looking for other renderers.

    Parameters
    ----------
    *things : Figure, DataFrame, str or None
    instead : str
        What is said where all of them are None or empty: `prose.absent` says why.
    """
    there = [thing for thing in things if isinstance(thing, go.Figure) or (thing is not None and len(thing))]
    for thing in there or [instead]:
        if isinstance(thing, go.Figure):
            display({"application/vnd.plotly.v1+json": json.loads(thing.to_json())}, raw=True)
        elif isinstance(thing, pd.DataFrame):
            display(HTML(_table(thing)))
        elif thing:
            display(Markdown(str(thing)))


# How tables look in a notebook; the page has the same in its own style sheet, and leaves this out.
STYLE = """<style>
.report-table { overflow-x: auto; }
.report-table table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; border: 0; }
.report-table :is(th, td) { padding: 5px 14px 5px 0; border: 0; border-bottom: 1px solid rgba(128, 134, 145, .3);
  text-align: right; white-space: nowrap; background: none; }
.report-table :is(th, td):first-child { text-align: left; font-weight: 600; }
</style>"""


def _table(frame: pd.DataFrame) -> str:
    """Write a table that scrolls sideways by itself, with the keyboard too, and has no empty heading."""
    table = frame.to_html(border=0, classes="table values", escape=True).replace("<th></th>", "<td></td>", 1)
    label = html.escape(f"Table of {', '.join(map(str, frame.columns))}")
    return STYLE + f'<div class="scroll report-table" tabindex="0" role="region" aria-label="{label}">{table}</div>'
