"""What every figure of every phase has to have, and its pixels."""

import base64
import inspect
import io
from importlib import import_module
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from PIL import Image

import report_lib
from report_lib.common import style

LIBRARY = Path(report_lib.__file__).parent


def decode(fig):
    """Return the pixels of a figure that is one picture."""
    data = fig.data[0].source.split(",", 1)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def words(fig):
    """Return what a figure says: its title, its caption and the numbers beside it, a line each."""
    meta = fig.layout.meta
    return "\n".join(filter(None, (fig.layout.title.text, meta["caption"], meta.get("numbers"))))


def check_figures(phase, cases, options=None):
    """Draw every public figure function of a phase: `cases` has their arguments by module, `options` their keywords.

    Every one is tried, and has a title, a caption, the one template, escaped text and axes with names.
    """
    check_all_are_tried(phase, cases)
    for module, figures in cases.items():
        for name, arguments in figures.items():
            check_figure(name, getattr(module, name)(*arguments, **(options or {}).get(name, {})))


def check_all_are_tried(phase, cases):
    paths = [*(LIBRARY / phase).glob("figures/[!_]*.py"), *(LIBRARY / phase).glob("figures.py")]
    there = {".".join(("report_lib", *path.relative_to(LIBRARY).with_suffix("").parts)) for path in paths}
    assert there == {module.__name__ for module in cases}
    for name in there:
        module = import_module(name)
        public = {function for function, f in inspect.getmembers(module, inspect.isfunction)
                  if f.__module__ == name and not function.startswith("_")}  # fmt: skip
        assert public == set(cases[module])


def check_figure(name, fig):
    assert isinstance(fig, go.Figure)
    assert len(fig.layout.title.text) > 8, name
    assert len(fig.layout.meta["caption"]) > 40, name
    assert fig.layout.template.layout.colorway == style.PALETTE, name
    shown = fig.to_dict()
    shown["layout"].pop("meta")
    assert "<b>" not in str(shown), f"{name}: text from the data is not escaped"
    if not isinstance(fig.data[0], go.Image):
        unnamed = [a for a in (*fig.select_xaxes(), *fig.select_yaxes()) if not a.title.text]
        assert not [a for a in unnamed if a.type != "category" and a.showticklabels is not False], name
