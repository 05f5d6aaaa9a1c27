"""How a notebook shows what it found: figures, tables and sentences, in the order given."""

import html
import json

import pandas as pd
import plotly.graph_objects as go
from IPython.display import HTML, Markdown, display


def show(*things: object) -> None:
    """Display figures and tables, and text as Markdown.

    A figure goes out as `application/vnd.plotly.v1+json` alone, which JupyterLab, VS Code and the page all draw.
    Plotly's own way gives the same, and first spends two seconds on looking for other renderers.
    """
    for thing in things:
        if isinstance(thing, go.Figure):
            display({"application/vnd.plotly.v1+json": json.loads(thing.to_json())}, raw=True)
        elif isinstance(thing, pd.DataFrame):
            display(HTML(_table(thing)))
        elif thing:
            display(Markdown(str(thing)))


def _table(frame: pd.DataFrame) -> str:
    """Write a table that scrolls sideways by itself, with the keyboard too, and has no empty heading."""
    table = frame.to_html(border=0, classes="table values", escape=True).replace("<th></th>", "<td></td>", 1)
    label = html.escape(f"Table of {', '.join(map(str, frame.columns))}")
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{table}</div>'
