"""What a still can draw of a figure; whatever else a figure has is refused, as paper would not show it."""

from typing import Any

from report_lib.page.stills.paths import OUTLINES
from report_lib.page.stills.text import NotDrawn, array

# What is seen only under a pointer, or needs no drawing: a still may pass over it.
_PASSED_OVER = {"type", "name", "hoverinfo", "hovertemplate", "customdata", "legendgroup", "showlegend", "cliponaxis"}
_ERRORS = {
    f"error_{axis}.{key}" for axis in "xy" for key in ("type", "symmetric", "array", "arrayminus", "color", "thickness")
}
_MARKS = {f"marker.{key}" for key in ("color", "size", "symbol", "opacity")}
# Of each type of trace: what it has to have, and what it may have.
TRACES = {
    "bar": (
        {"x", "y"},
        _ERRORS | {"marker.color", "orientation", "texttemplate", "textposition", "insidetextanchor"},
    ),
    "scatter": (
        {"x", "y", "mode"},
        {f"marker.{key}" for key in ("cmin", "cmax", "colorscale", "colorbar.title.text", "colorbar.thickness", "line.width")}
        | {"xaxis", "yaxis", "text", "textposition", "fill", "fillcolor", "line.color", "line.dash", "line.shape"}
        | _MARKS | _ERRORS,
    ),
    "heatmap": ({"x", "y", "z", "zmin", "zmax", "texttemplate", "colorscale"}, {"xgap", "ygap", "showscale"}),
    "scatter3d": ({"x", "y", "z", "mode"}, _MARKS),
}  # fmt: skip
_AXIS = {"title.text", "type", "range", "rangemode", "autorange", "tickformat", "tickvals", "ticktext", "dtick", "nticks",
         "showgrid", "showticklabels", "side", "domain", "anchor", "matches", "scaleanchor"}  # fmt: skip
LAYOUT = {
    *("height", "margin.l", "margin.r", "margin.t", "margin.b", "barmode", "dragmode", "hovermode", "showlegend"),
    *(f"legend.{key}" for key in ("orientation", "traceorder", "x", "xanchor", "y")),
    *("scene.aspectmode", "scene.xaxis.title.text", "scene.yaxis.title.text", "scene.zaxis.title.text"),
}
SHAPE = {"type", "x0", "x1", "y0", "y1", "xref", "yref", "line.color", "line.dash"}
NOTE = {"text", "showarrow", "x", "y", "xref", "yref", "xanchor", "yanchor"}
# Where not every value is drawn.
VALUES = {
    "barmode": {"group"}, "showarrow": {False}, "fill": {"toself"}, "line.shape": {"hvh"}, "rangemode": {"tozero"},
    "line.dash": {"solid", "dash", "dot"}, "autorange": {"reversed", True}, "side": {"top"}, "insidetextanchor": {"start"},
    "marker.symbol": {"circle", "line-ns-open", *OUTLINES}, "symmetric": {False}, "orientation": {"h", "v"},
    "mode": {"lines", "markers", "lines+markers", "markers+text", "none"}, "showscale": {False},
}  # fmt: skip


def check(figure: dict[str, Any]) -> None:
    """Refuse a figure that has what a still does not draw.

    Raises
    ------
    NotDrawn
        With the first thing of that kind.
    """
    for trace in figure["data"]:
        kind = trace["type"]
        if kind not in TRACES:
            raise NotDrawn(f"a trace of type {kind!r} has no static picture")
        needed, allowed = TRACES[kind]
        if missing := needed - trace.keys():
            raise NotDrawn(f"a {kind} without {min(missing)} has no static picture")
        _check(trace, needed | allowed | _PASSED_OVER, f"of a {kind}")
    layout = dict(figure["layout"])
    for shape in layout.pop("shapes", ()):
        _check(shape, SHAPE, "of a shape")
    for note in layout.pop("annotations", ()):
        _check(note, NOTE, "of an annotation")
    for key in [key for key in layout if key[1:5] == "axis"]:
        _check(layout.pop(key), _AXIS, f"of {key}")
    _check(layout, LAYOUT, "of the layout")


def _check(spec: dict[str, Any], allowed: set[str], where: str, path: str = "") -> None:
    for key, value in spec.items():
        name = path + key
        if isinstance(value, dict) and "bdata" not in value:
            _check(value, allowed, where, f"{name}.")
        elif name not in allowed:
            raise NotDrawn(f"{name!r} {where} has no static picture")
        elif name in VALUES and (other := set(array(value).ravel().tolist()) - VALUES[name]):
            raise NotDrawn(f"{name!r} {where} has no static picture where it is {min(other)!r}")
