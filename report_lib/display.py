"""How a notebook shows what it found: figures, tables and sentences, in the order given."""

import pandas as pd
from IPython.display import Markdown, display


def show(*things: object) -> None:
    """Display figures and tables as they are, and text as Markdown."""
    for thing in things:
        display(Markdown(thing) if isinstance(thing, str) else _plain(thing))


def _plain(thing: object) -> object:
    """Tables without pandas' own style block, so that page and notebook style them."""
    if isinstance(thing, pd.DataFrame):
        from IPython.display import HTML

        return HTML(thing.to_html(border=0, classes="table", escape=True))
    return thing
