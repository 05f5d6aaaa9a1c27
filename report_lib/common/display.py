"""How a notebook shows what it found: figures, tables and sentences, in the order given."""

import html
import json
import math
import re
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


# A value with its interval, as `prose.scored` and `prose.shared` write it.
INTERVAL = re.compile(r"(\u2212?[\d.]+)(%?) \((\u2212?[\d.]+)%? to (\u2212?[\d.]+)%?\)")
# Its ends, in a cell, which stand under it on the page.
ENDS = r" (\([^()]+ to [^()]+\))$"


def _table(frame: pd.DataFrame) -> str:
    """Write a table that scrolls sideways by itself, with the keyboard too, and has no empty heading.

    The highest of each column that `attrs["best"]` names is marked, and in the first of them intervals are drawn.
    """
    cells = frame.astype(str).map(html.escape).replace(ENDS, r' <span class="ends">\1</span>', regex=True)
    best = [column for column in frame.attrs.get("best", ()) if column in frame]
    for column in best[:1]:
        drawn = frame[column].astype(str).map(_drawn)
        cells[column] = [cell.replace(" <span", f"{own} <span") for cell, own in zip(cells[column], drawn, strict=True)]
    for column in best:
        numbers = frame[column].map(_number)
        if len(frame) > 1 and numbers.notna().any():
            cells.loc[numbers.idxmax(), column] = f'<b class="best">{cells.loc[numbers.idxmax(), column]}</b>'
    cells.index, cells.columns = (
        axis.map(lambda name: html.escape(str(name))) for axis in (frame.index, frame.columns)
    )
    table = cells.to_html(border=0, classes="table values", escape=False).replace("<th></th>", "<td></td>", 1)
    label = html.escape(f"Table of {', '.join(map(str, frame.columns))}")
    return STYLE + f'<div class="scroll report-table" tabindex="0" role="region" aria-label="{label}">{table}</div>'


def _drawn(written: str) -> str:
    found = INTERVAL.fullmatch(written)
    unit = 100 if found and found[2] else 1
    return interval_drawn(*(_number(found[i]) / unit for i in (1, 3, 4))) if found else ""


def _number(written: str) -> float:
    """Return the number that a cell begins with, or NaN."""
    found = re.match(r"\u2212?[\d.]+", written)
    return float(found[0].replace("\u2212", "-")) if found else math.nan


def interval_drawn(value: float, low: float, high: float) -> str:
    """Return a value between 0 and 1 as a dot on its interval, for a cell of a table."""
    at, low, high = (f"{100 * min(max(end, 0), 1):.1f}" for end in (value, low, high))
    return f'<span class="span" style="--at:{at};--low:{low};--high:{high}"></span>'
