"""What a still can draw of a figure; whatever else a figure has is refused, as paper would not show it."""

from typing import Any

from report_lib.page.stills.paths import OUTLINES
from report_lib.page.stills.text import NotDrawn, array

_ERRORS = "error_{0}.type error_{0}.symmetric error_{0}.array error_{0}.arrayminus error_{0}.color error_{0}.thickness "
_ERRORS = _ERRORS.format("x") + _ERRORS.format("y")
_MARKS = "marker.color marker.size marker.symbol marker.opacity "
# Of each type of trace: what it has to have, and what it may have.
TRACES = {
    "bar": ("x y", _ERRORS + "marker.color orientation texttemplate textposition insidetextanchor"),
    "scatter": (
        "x y mode",
        _ERRORS
        + _MARKS
        + "marker.line.width xaxis yaxis text textposition fill fillcolor line.color line.dash line.shape",
    ),
    "heatmap": ("x y z zmin zmax texttemplate colorscale", "xgap ygap showscale"),
}
# What is seen only under a pointer, or needs no drawing: a still may pass over it.
PASSED_OVER = "type name hoverinfo hovertemplate customdata legendgroup showlegend cliponaxis"
AXIS = (
    "title.text type range rangemode autorange tickformat tickvals ticktext dtick nticks showgrid showticklabels side domain "
    "anchor matches scaleanchor"
)
LAYOUT = (
    "height margin.l margin.r margin.t margin.b barmode dragmode hovermode showlegend legend.orientation legend.traceorder "
    "legend.x legend.xanchor legend.y"
)
SHAPE = "type x0 x1 y0 y1 xref yref line.color line.dash line.width"
NOTE = "text showarrow x y xref yref xanchor yanchor"
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
        if missing := set(needed.split()) - trace.keys():
            raise NotDrawn(f"a {kind} without {min(missing)} has no static picture")
        _check(trace, f"{needed} {allowed} {PASSED_OVER}", f"of a {kind}")
    layout = dict(figure["layout"])
    parts = [(one, SHAPE, "of a shape") for one in layout.pop("shapes", ())]
    parts += [(one, NOTE, "of an annotation") for one in layout.pop("annotations", ())]
    parts += [(layout.pop(key), AXIS, f"of {key}") for key in list(layout) if key[1:5] == "axis"]
    for part in (*parts, (layout, LAYOUT, "of the layout")):
        _check(*part)


def _check(spec: dict[str, Any], allowed: str, where: str, path: str = "") -> None:
    for key, value in spec.items():
        name = path + key
        if isinstance(value, dict) and "bdata" not in value:
            _check(value, allowed, where, f"{name}.")
        elif name not in allowed.split():
            raise NotDrawn(f"{name!r} {where} has no static picture")
        elif name in VALUES and (other := set(array(value).ravel().tolist()) - VALUES[name]):
            raise NotDrawn(f"{name!r} {where} has no static picture where it is {min(other)!r}")
