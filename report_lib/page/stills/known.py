"""What a still can draw of a figure; whatever else a figure has is refused, as paper would not show it."""

from typing import Any

from report_lib.page.stills.text import NotDrawn

TRACES = ("bar", "scatter", "heatmap", "scatter3d")


def check(figure: dict[str, Any]) -> None:
    """Refuse a figure that has what a still does not draw.

    Raises
    ------
    NotDrawn
        With the first thing of that kind.
    """
    for trace in figure.get("data") or []:
        kind = trace.get("type", "scatter")
        if kind not in TRACES:
            raise NotDrawn(f"a trace of type {kind!r} has no static picture")
