"""Each chart as a static picture: that every mark is where the axes say."""

import base64
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from report_lib.common import style
from report_lib.common.errors import ReportError
from report_lib.page.stills import still

SVG = "{http://www.w3.org/2000/svg}"
ALL = "{http://www.w3.org/2000/svg}path"


def written(figure):
    """Return a figure's still, as a page has it."""
    figure = json.loads(figure.to_json()) if isinstance(figure, go.Figure) else figure
    return still({"data": figure["data"], "layout": style.without_title(figure["layout"])}, "a figure")


def drawn(figure):
    """Return a figure's still as XML: what a notebook would hold of it, drawn."""
    return ET.fromstring(written(figure))


def words(svg):
    """Return (text, x, y) of all text."""
    return [(t.text, float(t.get("x")), float(t.get("y"))) for t in svg.iter(SVG + "text")]


def place(svg, label):
    """Return where the one text with that label stands."""
    (found,) = [(x, y) for text, x, y in words(svg) if text == label]
    return found


def paths(svg, **attributes):
    """Return the data of the paths that have these attributes; an underscore stands for a hyphen."""
    wanted = {key.replace("_", "-"): value for key, value in attributes.items()}
    return [p.get("d") for p in svg.iter(ALL) if all(p.get(key) == value for key, value in wanted.items())]


def rectangles(data):
    """Return (left, top, right, bottom) of each rectangle of a path."""
    found = re.findall(r"M(-?[\d.]+)[ ]?(-?[\d.]+)H(-?[\d.]+)V(-?[\d.]+)H-?[\d.]+z", data)
    sides = np.array(found, dtype=float)
    return [(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in sides.tolist()]


# --- the whole ------------------------------------------------------------------------------------------------------


def test_the_root_says_that_it_is_only_a_picture_and_has_no_size_of_its_own():
    svg = drawn(go.Figure(go.Bar(x=[1], y=[2]), {"height": 300, "title": {"text": "Never drawn"}}))
    assert svg.attrib == {
        "class": "still", "viewBox": "0 0 800 300", "aria-hidden": "true", "focusable": "false", "fill": "currentColor",
        "font-size": "12",
    }  # fmt: skip
    assert "Never drawn" not in ET.tostring(svg, encoding="unicode")


def test_there_are_no_ids_no_style_sheet_and_no_script():
    svg = drawn(go.Figure(go.Scatter(x=[1, 2], y=[1, 2], mode="lines")))
    assert not [e for e in svg.iter() if e.get("id") or e.get("style") or e.tag in (SVG + "style", SVG + "script")]


def test_the_same_figure_gives_the_same_bytes(rng):
    figure = json.loads(style.scatter(*rng.normal(size=(2, 4000)), rng.integers(0, 3, 4000), "abc").to_json())
    before = json.dumps(figure)
    assert written(figure) == written(figure)
    assert json.dumps(figure) == before


BARS = {"type": "bar", "x": ["a"], "y": [2]}
POINTS = {"type": "scatter", "mode": "markers", "x": [1], "y": [2]}
CELLS = {"type": "heatmap", "x": ["a"], "y": ["b"], "z": [[1]], "zmin": 0, "zmax": 1, "texttemplate": "%{z:.2f}"}


@pytest.mark.parametrize(
    ("trace", "layout", "what"),
    [
        ({"type": "violin", "y": [1, 2]}, {}, "a trace of type 'violin'"),
        ({"type": "scatter", "x": [1], "y": [2]}, {}, "a scatter without mode"),
        (POINTS | {"fill": "tozeroy"}, {}, "'fill' of a scatter has no static picture where it is 'tozeroy'"),
        (POINTS | {"line": {"shape": "spline"}}, {}, "'line.shape' of a scatter"),
        (POINTS | {"marker": {"symbol": ["circle", "star"]}}, {}, "'marker.symbol' of a scatter"),
        (POINTS | {"error_y": {"array": [1]}}, {}, "an error bar without 'arrayminus'"),
        (POINTS | {"error_y": {"type": "percent", "value": 3}}, {}, "'error_y.value' of a scatter"),
        (BARS | {"base": [1]}, {}, "'base' of a bar"),
        (BARS | {"texttemplate": "%{y}", "textposition": "outside"}, {}, "'texttemplate' of upright bars"),
        (BARS, {"barmode": "stack"}, "'barmode' of the layout"),
        (BARS, {"polar": {"hole": 1}}, "'polar.hole' of the layout"),
        (BARS, {"yaxis": {"tickformat": "~s"}}, "the format '~s'"),
        (BARS, {"yaxis": {"side": "right"}}, "'side' of yaxis"),
        (BARS, {"annotations": [{"text": "x", "x": 0, "y": 1, "showarrow": True}]}, "'showarrow' of an annotation"),
        (BARS, {"annotations": [{"text": "x", "x": 0, "y": 1, "xref": "paper"}]}, "what stands on 'paper'"),
        (CELLS | {"colorscale": [[0, "#000000"], [1, "#ffffff"]]}, {}, "a heatmap whose colours"),
    ],
)  # fmt: skip
def test_what_a_still_would_not_show_is_refused_with_the_name_of_the_figure(trace, layout, what):
    figure = {"data": [BARS, trace], "layout": style.without_title(layout)}
    with pytest.raises(
        ReportError, match=rf"^figure 4: {re.escape(what)}.*; draw it in report_lib/page/stills"
    ) as error:
        still(figure, "figure 4")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("data", [[], [BARS | {"x": [], "y": []}], [POINTS | {"x": [], "y": []}]])
def test_a_figure_with_nothing_to_draw_has_axes(data):
    svg = drawn({"data": data, "layout": {"xaxis": {"title": {"text": "across"}}}})
    assert place(svg, "across")
    assert paths(svg, stroke="currentColor")


# Of most letters, in pixels: a sans serif of 12 pixels is no wider.
LETTER = 6.5
HOSTILE = '</text></svg><script>alert(\'1\')</script> " & ]]> <b onload="x">b\x00\ud800'


def test_nothing_from_data_breaks_out():
    figure = {
        "data": [
            {"type": "bar", "x": [1, 2], "y": [HOSTILE, "b"], "orientation": "h", "name": HOSTILE, "texttemplate": "%{y}",
             "textposition": "inside", "marker": {"color": '"/><script>'}},
            {"type": "scatter", "x": [1, 2], "y": ["b", "b"], "mode": "markers+text", "text": [HOSTILE] * 2,
             "marker": {"color": ["red", '"><script>']}, "name": HOSTILE},
            {"type": "scatter", "x": [1, 2], "y": ["b", "b"], "mode": "lines", "line": {"color": "url(#x)"}, "name": HOSTILE},
        ],
        "layout": {"annotations": [{"text": HOSTILE, "x": 1, "y": 1, "showarrow": False}],
                   "xaxis": {"title": {"text": HOSTILE}, "tickvals": [1], "ticktext": [HOSTILE]}},
    }  # fmt: skip
    text = written(figure)
    svg = ET.fromstring(text)
    assert "<script" not in text
    assert "url(" not in text
    assert "]]>" not in text
    assert {e.tag.removeprefix(SVG) for e in svg.iter()} <= {"svg", "g", "path", "text"}
    assert any("<script>alert('1')</script>" in told for told, _, _ in words(svg))


def test_text_that_was_made_safe_for_plotly_is_read_as_it_was_meant():
    label = f"{style.escape('R&D <raw>')} <b>bold</b> x<sub>1</sub>"
    svg = drawn(go.Figure(go.Bar(x=[1], y=[1]), {"xaxis": {"title": {"text": label}}}))
    assert "R&D <raw> bold x1" in [text for text, _, _ in words(svg)]


# --- axes -----------------------------------------------------------------------------------------------------------


def test_a_bar_ends_where_the_axis_says():
    fig = style.bars(["long", "short"], np.array([0.8, 0.25]), text=":.0%", colors=["#111111", "#222222"])
    svg = drawn(fig.update_xaxes(tickformat=".0%", range=[0, 1]))
    (long,), (short,) = (rectangles(paths(svg, fill=color)[0]) for color in ("#111111", "#222222"))
    zero, whole = place(svg, "0%")[0], place(svg, "100%")[0]
    assert long[0] == short[0] == pytest.approx(zero, abs=0.1)
    assert long[2] == pytest.approx(zero + 0.8 * (whole - zero), abs=0.1)
    assert short[2] == pytest.approx(zero + 0.25 * (whole - zero), abs=0.1)
    texts = {text: x for text, x, y in words(svg) if abs(y - (short[1] + short[3]) / 2) < 6}
    assert texts["25%"] == pytest.approx(short[2] + 4, abs=0.1)


def test_the_first_category_is_on_top_where_the_axis_is_reversed():
    fig = style.bars(["first", "second", "third"], np.array([1, 2, 3]))
    heights = [place(drawn(fig), name)[1] for name in ("first", "second", "third")]
    assert heights == sorted(heights)
    assert np.ptp(np.diff(heights)) < 0.2
    upwards = drawn(fig.update_yaxes(autorange=True))
    assert place(upwards, "first")[1] > place(upwards, "third")[1]


def test_categories_come_in_the_order_of_the_data():
    svg = drawn(go.Figure(go.Bar(x=["b", "a", "10", "9"], y=[1, 2, 3, 4]), {"xaxis": {"type": "category"}}))
    assert [text for text, _, y in words(svg) if text in ("b", "a", "10", "9")] == ["b", "a", "10", "9"]


def test_a_logarithmic_axis_sets_decades_evenly():
    fig = go.Figure(go.Scatter(x=[1, 10, 100, 1000], y=[1, 2, 3, 4], mode="markers"), {"xaxis": {"type": "log"}})
    svg = drawn(fig)
    at = [place(svg, label)[0] for label in ("1", "10", "100", "1000")]
    assert np.ptp(np.diff(at)) < 0.2
    assert at[1] - at[0] > 100
    (path,) = [d for d in paths(svg, stroke_linecap="round") if d.count("h0") == 4]
    assert float(re.match(r"M([\d.]+)", path)[1]) == pytest.approx(at[0], abs=0.1)


def test_what_is_not_positive_has_no_place_on_a_logarithmic_axis():
    svg = drawn(go.Figure(go.Scatter(x=[-1, 0, 10, 100], y=[1, 2, 3, 4], mode="markers"), {"xaxis": {"type": "log"}}))
    assert [d.count("h0") for d in paths(svg, stroke_linecap="round")] == [2]


@pytest.mark.parametrize(
    ("value", "form", "written"),
    [
        (0.256, ".0%", "26%"), (6000, ",", "6,000"), (0.5, ".3f", "0.500"), (3, "d", "3"), (0.0005, ".2~%", "0.05%"),
        (1, ".2~%", "100%"), (1234567, ",.0f", "1,234,567"), (-2.5, "", "−2.5"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_figures_ask(value, form, written):
    fig = go.Figure(go.Scatter(x=[value], y=[1], mode="markers"), {"xaxis": {"tickvals": [value], "tickformat": form}})
    assert place(drawn(fig), written)


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [
        ([-0.5, 0.5], ["−0.4", "−0.2", "0.0", "0.2", "0.4"]),
        ([0, 10_000], ["0", "2k", "4k", "6k", "8k", "10k"]),
        ([0, 2000], ["0", "500", "1000", "1500", "2000"]),
    ],
)
def test_ticks_step_by_1_2_or_5_and_are_written_alike(ends, ticks):
    fig = go.Figure(
        go.Scatter(x=[0, 0], y=ends, mode="lines"), {"yaxis": {"range": ends}, "xaxis": {"showticklabels": False}}
    )
    assert [text for text, _, _ in words(drawn(fig))] == ticks


def test_names_that_would_run_into_one_another_are_turned():
    names = [f"a rather long name {i}" for i in range(20)]
    svg = drawn(go.Figure(go.Bar(x=names, y=list(range(20)))))
    turned = [t for t in svg.iter(SVG + "text") if t.text and t.text.startswith("a rather")]
    assert len(turned) == 20
    assert all(t.get("transform").startswith("rotate(-45 ") for t in turned)
    lowest = max(float(t.get("y")) for t in turned)
    assert lowest + LETTER * len(names[-1]) * 0.7 < 420


def test_names_at_a_slant_stay_in_the_picture():
    names = [f"a rather long name {i}" for i in range(20)]
    svg = drawn(style.heatmap(np.full((2, 20), 98765.0), ["a", "b"], names, text=":,", top=1000.0))
    last, _ = place(svg, names[-1])
    assert last + LETTER * len(names[-1]) * np.cos(np.pi / 4) < 800
    cell = np.diff([x for text, x, _ in words(svg) if text == "98,765"][:2])[0]
    (size,) = {float(t.get("font-size")) for t in svg.iter(SVG + "text") if t.text == "98,765"}
    assert 0.6 * size * len("98,765") < cell


def test_labels_that_do_not_fit_are_left_out_and_their_lines_stay():
    ticks = list(range(200))
    fig = go.Figure(
        go.Scatter(x=ticks, y=ticks, mode="lines"),
        {"xaxis": {"dtick": 1}, "yaxis": {"showgrid": False, "showticklabels": False}},
    )
    svg = drawn(fig)
    at = sorted(x for text, x, _ in words(svg) if text.isdigit())
    assert 10 < len(at) < 60
    assert np.diff(at).min() > 15
    assert paths(svg, stroke_opacity=".16")[0].count("M") == 200


def test_a_long_name_widens_the_margin_and_a_very_long_one_is_cut():
    svg = drawn(style.bars(["short", "x" * 200], np.array([1, 2])))
    (text,) = [text for text, _, _ in words(svg) if text.startswith("xx")]
    assert text.endswith("…")
    x, _ = place(svg, text)
    assert LETTER * len(text) < x < 300


def test_axes_that_match_have_one_range_and_share_of_the_height():
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True)
    fig.add_scatter(x=[0, 10], y=[1, 2], mode="lines", line_color="#111111", row=1, col=1)
    fig.add_scatter(x=[5, 10], y=[1, 2], mode="lines", line_color="#222222", row=2, col=1)
    fig.add_vline(x=5, line={"color": "#333333", "dash": "solid"})
    svg = drawn(fig.update_layout(showlegend=False))
    above, below = (paths(svg, stroke=color)[0] for color in ("#111111", "#222222"))
    start = {color: re.match(r"M([\d.]+) ([\d.]+)", paths(svg, stroke=color)[0]) for color in ("#222222", "#333333")}
    assert start["#222222"][1] == start["#333333"][1]
    assert float(re.match(r"M[\d.]+ ([\d.]+)", above)[1]) < float(re.match(r"M[\d.]+ ([\d.]+)", below)[1])
    assert len(paths(svg, stroke="#333333")) == 2


def test_axes_anchored_in_scale_have_as_many_pixels_a_unit():
    fig = go.Figure(go.Scatter(x=[0, 100], y=[0, 10], mode="lines"), {"yaxis": {"scaleanchor": "x"}})
    (path,) = paths(drawn(fig), stroke=style.PALETTE[0])
    dx, dy = re.search(r"l([\d.]+)-([\d.]+)", path).groups()
    assert float(dx) == pytest.approx(10 * float(dy), rel=0.01)


# --- traces ---------------------------------------------------------------------------------------------------------


def test_bars_stand_beside_one_another():
    data = [go.Bar(x=["a"], y=[1], marker_color="#111111"), go.Bar(x=["a"], y=[2], marker_color="#222222")]
    sides = drawn(go.Figure(data, {"barmode": "group"}))
    (first,), (second,) = (rectangles(paths(sides, fill=color)[0]) for color in ("#111111", "#222222"))
    assert first[2] == pytest.approx(second[0], abs=0.1)
    assert first[3] == second[3]
    assert (second[3] - second[1]) == pytest.approx(2 * (first[3] - first[1]), abs=0.3)


def test_error_bars_end_where_they_should():
    error = style.interval_bars(np.array([0.5]), np.array([0.2]), np.array([0.6]))
    fig = go.Figure(go.Scatter(x=[0.5], y=["a"], mode="markers", error_x=error), {"xaxis": {"range": [0, 1]}})
    svg = drawn(fig.update_yaxes(type="category"))
    (path,) = paths(svg, stroke=style.INK)
    start, end = map(float, re.match(r"M([\d.]+) [\d.]+H([\d.]+)", path).groups())
    zero, one = place(svg, "0.0")[0], place(svg, "1.0")[0]
    assert start == pytest.approx(zero + 0.2 * (one - zero), abs=0.1)
    assert end == pytest.approx(zero + 0.6 * (one - zero), abs=0.1)


def test_what_reaches_farthest_is_within_the_plot():
    error = {"array": [50], "arrayminus": [50], "symmetric": False}
    svg = drawn(go.Figure(go.Scatter(x=[1], y=[10], error_y=error, mode="markers", line_color="#111111")))
    ends = [float(v) for d in paths(svg, stroke="#111111") for v in re.findall(r"V([\d.]+)", d)]
    ends += [float(v) for d in paths(svg, stroke="#111111") for v in re.findall(r"M[\d.]+ ([\d.]+)V", d)]
    assert all(12 <= end <= 364 for end in ends)


def corners(data):
    """Return the corners of the lines of a path, a list for each, in pixels."""
    lines, x, y = [], 0.0, 0.0
    for letter, told in re.findall("([Mlhv])([^Mlhv]*)", data):
        numbers = list(map(float, re.findall(r"-?\d*\.?\d+", told)))
        for i in range(0, len(numbers), 1 if letter in "hv" else 2):
            dx, dy = (numbers[i], 0) if letter == "h" else (0, numbers[i]) if letter == "v" else numbers[i : i + 2]
            x, y = (dx, dy) if letter == "M" else (x + dx, y + dy)
            lines += [[]] if letter == "M" else []
            lines[-1].append((x, y))
    return [np.array(line) for line in lines]


def on_axes(figure, xs, ys):
    """Return a figure's still, and where values lie in it on an axis each, told by its labels."""
    svg = drawn(figure.update_xaxes(tickvals=xs, tickformat=".1f").update_yaxes(tickvals=ys, tickformat=".2f"))
    return svg, [place(svg, f"{x:.1f}")[0] for x in xs], [place(svg, f"{y:.2f}")[1] - 4.2 for y in ys]


def test_a_histogram_steps_halfway_between_its_points():
    fig = go.Figure(go.Scatter(x=[0, 2], y=[0, 1], mode="lines", line={"shape": "hvh", "color": "#111111"}))
    svg, (left, middle, right), (low, high) = on_axes(fig, [0, 1, 2], [0, 1])
    (line,) = corners(paths(svg, stroke="#111111")[0])
    np.testing.assert_allclose(line, [(left, low), (middle, low), (middle, high), (right, high)], atol=0.2)


def test_a_line_is_broken_where_a_value_is_missing():
    fig = go.Figure(go.Scatter(x=[0, 1, 2, 3, 4], y=[0, 1, None, 1, 0], mode="lines", line={"color": "#111111"}))
    svg, at, (low, high) = on_axes(fig, [0, 1, 3, 4], [0, 1])
    first, second = corners(paths(svg, stroke="#111111")[0])
    np.testing.assert_allclose(first, [(at[0], low), (at[1], high)], atol=0.2)
    np.testing.assert_allclose(second, [(at[2], high), (at[3], low)], atol=0.2)


def test_a_band_is_filled_within_its_outline():
    fig = go.Figure(go.Scatter(x=[0, 1, 1, 0], y=[0, 0, 1, 1], mode="none", fill="toself", fillcolor="#111111"))
    svg, (left, right), (low, high) = on_axes(fig, [0, 1], [0, 1])
    (band,) = corners(paths(svg, fill="#111111")[0].removesuffix("z"))
    np.testing.assert_allclose(band, [(left, low), (right, low), (right, high), (left, high)], atol=0.2)


def test_many_marks_are_each_where_their_point_is(rng):
    at = np.unique(rng.integers(0, 20, size=(300, 2)), axis=0)
    fig = go.Figure(go.Scatter(x=at[:, 0], y=at[:, 1], mode="markers", marker={"color": "#111111"}))
    svg, (left, right), (low, high) = on_axes(fig, [0, 19], [0, 19])
    data = paths(svg, stroke="#111111")[0]
    moves = [tuple(map(int, m)) for m in re.findall(r"[Mm](-?\d+) ?(-?\d+)h0", data)]
    x, y = np.cumsum(moves, axis=0).T
    found = np.column_stack([(x - left) / (right - left), (y - low) / (high - low)]) * 19
    assert len(found) == len(at)
    np.testing.assert_allclose(found[np.lexsort(np.rint(found).T[::-1])], at, atol=0.05)


def test_a_square_mark_is_around_its_point():
    fig = go.Figure(
        go.Scatter(x=[1], y=[2], mode="markers", marker={"symbol": "square", "size": 8, "color": "#111111"})
    )
    svg, (x,), (y,) = on_axes(fig, [1], [2])
    (outline,) = corners(paths(svg, fill="#111111")[0].removesuffix("z"))
    np.testing.assert_allclose([outline.min(axis=0), outline.max(axis=0)], [(x - 4, y - 4), (x + 4, y + 4)], atol=0.2)


def test_large_clouds_are_thinned_and_small_groups_are_whole(rng):
    groups = np.repeat([0, 1, 2], [6000, 3000, 30])
    x, y = rng.uniform(size=(2, len(groups))) * 1000
    svg = drawn(style.scatter(x, y, groups, ["a", "b", "c"]))
    counts = {c: max(d.count("h0") for d in paths(svg, stroke=c)) for c in style.PALETTE[:3]}
    assert counts[style.PALETTE[2]] == 30
    assert 1450 < sum(counts.values()) <= 1500
    assert counts[style.PALETTE[0]] / counts[style.PALETTE[1]] == pytest.approx(2, rel=0.1)
    assert len(written(style.scatter(x, y, groups, ["a", "b", "c"]))) < 20_000


def test_very_many_small_groups_are_thinned_too(rng):
    groups = np.repeat(np.arange(400), 20)
    svg = drawn(style.scatter(*rng.uniform(size=(2, 8000)), groups, [str(i) for i in range(400)]))
    plotted = [d for d in paths(svg) if re.search("h0|z", d)]
    assert sum(len(re.findall("h0|z", d)) for d in plotted) <= 1500


def test_what_is_beyond_the_range_is_cut_off_without_an_id():
    fig = go.Figure(go.Scatter(x=[0, 10], y=[0, 10], mode="lines"), {"xaxis": {"range": [2, 4]}})
    (inner,) = list(drawn(fig).iter(SVG + "svg"))[1:]
    assert inner.get("overflow") == "hidden"
    assert inner.get("viewBox") == " ".join(inner.get(key) for key in ("x", "y", "width", "height"))


def test_a_heatmap_has_a_cell_and_a_number_for_each_value():
    values = np.array([[0.0, 0.25, np.nan], [1.0, 0.5, 0.25]])
    svg = drawn(style.heatmap(values, ["up", "down"], ["a", "b", "c"], text=":.0%", top=1.0))
    cells = [box for p in svg.iter(ALL) if p.get("fill-opacity") for box in rectangles(p.get("d"))]
    assert len(cells) == 5
    texts = [text for text, _, _ in words(svg)]
    assert sorted(t for t in texts if t.endswith("%")) == ["0%", "100%", "25%", "25%", "50%"]
    full = rectangles(paths(svg, fill_opacity="1.00")[0])[0]
    x, y = place(svg, "100%")
    assert full[0] < x < full[2]
    assert full[1] < y < full[3]
    assert place(svg, "a")[0] == pytest.approx((full[0] + full[2]) / 2, abs=0.2)
    assert place(svg, "a")[1] < place(svg, "up")[1] < place(svg, "down")[1]


# --- around the plot ------------------------------------------------------------------------------------------------


def test_the_legend_names_what_is_asked_for_and_leaves_the_plot_free():
    fig = go.Figure([go.Scatter(x=[0, 1], y=[i, i], name=f"line {i}", mode="lines") for i in range(3)])
    fig.data[1].showlegend = False
    svg = drawn(fig)
    assert [text for text, _, _ in words(svg) if text.startswith("line")] == ["line 0", "line 2"]
    right = max(float(v) for d in paths(svg, stroke_opacity=".16") for v in re.findall(r"H([\d.]+)", d))
    assert place(svg, "line 0")[0] > right
    assert not [t for t, _, _ in words(drawn(fig.update_layout(showlegend=False))) if t.startswith("line")]


def test_one_trace_needs_no_legend():
    assert "alone" not in written(go.Figure(go.Scatter(x=[1], y=[1], mode="lines", name="alone")))


def test_a_legend_of_many_stands_below_in_rows():
    fig = go.Figure([go.Scatter(x=[0, 1], y=[i, i], name=f"line {i}", mode="lines") for i in range(18)])
    svg = drawn(fig)
    at = [(x, y) for text, x, y in words(svg) if text.startswith("line")]
    assert len(at) == 18
    assert 1 < len({y for _, y in at}) < 9
    lowest_line = max(float(v) for d in paths(svg, stroke_opacity=".16") for v in re.findall(r"V([\d.]+)", d))
    assert lowest_line < min(y for _, y in at)
    assert max(y for _, y in at) < 420
    assert max(x + LETTER * len("line 17") for x, _ in at) <= 800


def test_annotations_and_lines_stand_where_they_point():
    fig = go.Figure(
        go.Scatter(x=[0, 1], y=[0, 1], mode="lines"), {"xaxis": {"range": [0, 1]}, "yaxis": {"range": [2, 3]}}
    )
    fig.add_vline(x=0.5, line={"color": "#111111", "dash": "dot"}, annotation={"text": "the half", "xanchor": "right"})
    svg = drawn(fig)
    zero, one = place(svg, "0.0")[0], place(svg, "1.0")[0]
    (line,) = corners(paths(svg, stroke="#111111", stroke_dasharray="2 3")[0])
    np.testing.assert_allclose(line[:, 0], (zero + one) / 2, atol=0.1)
    x, y = place(svg, "the half")
    assert x == pytest.approx(line[0][0], abs=0.1)
    assert line[:, 1].min() - 5 < y < line[:, 1].max()


def test_arrays_are_read_as_plotly_writes_them():
    bits = base64.b64encode(np.arange(6, dtype="<i2").tobytes()).decode()
    packed = {"dtype": "i2", "bdata": bits, "shape": "2, 3"}
    shared = CELLS | {"x": ["a", "b", "c"], "y": ["d", "e"], "zmax": 5, "colorscale": style.SEQUENTIAL}
    one, other = ({"data": [shared | {"z": z}], "layout": {}} for z in (packed, [[0, 1, 2], [3, 4, 5]]))
    assert written(one) == written(other)
    packed["dtype"] = "O8"
    with pytest.raises(ReportError, match="not a type of number"):
        written(one)


# --- all of a report ------------------------------------------------------------------------------------------------


def test_the_stills_of_a_report_are_small(digits_build):
    page = (digits_build / "report.html").read_text(encoding="utf8")
    stills = re.findall(r'<svg class="still".*?</svg>(?=<div class="plotly)', page, re.S)
    assert len(stills) == page.count('class="plotly-graph-div"') > 25
    for text in stills:
        assert "nan" not in re.sub(r">[^<]*<", "", text)
        assert len(text) < 20_000
    assert np.median([len(text) for text in stills]) < 4000


def test_a_long_name_stands_in_two_lines_where_there_is_room():
    fig = style.dots(["Gaussian mixture on oriented gradients", "short"], {"a": [1, 2]}, score="score", row="method")
    lines = {text: y for text, _, y in words(drawn(fig))}
    assert not [text for text in lines if "…" in text]
    first, second = (next(text for text in lines if word in text) for word in ("mixture", "gradients"))
    assert lines[second] - lines[first] == pytest.approx(14)
    assert f"{first} {second}" == "Gaussian mixture on oriented gradients"


@pytest.mark.parametrize(
    ("figure", "x"),
    [
        (style.dots(["a name", "b"], {"a": [1, 2]}, score="score", row="a title that is longer than names"), None),
        (go.Figure(go.Scatter(x=[1, 2], y=[3, 4], mode="lines"), {"yaxis": {"title": {"text": "a title"}}}), 64),
    ],
)
def test_the_title_of_an_upright_axis_stands_above_it(figure, x):
    svg = drawn(figure)
    (title,) = [t for t in svg.iter(SVG + "text") if t.text.startswith("a title")]
    assert "transform" not in title.attrib
    assert float(title.get("y")) < min(y for text, _, y in words(svg) if text != title.text)
    if x:
        assert float(title.get("x")) == pytest.approx(x, abs=20)
    else:
        assert title.get("text-anchor") == "end"
        assert float(title.get("x")) > LETTER * len(title.text)
