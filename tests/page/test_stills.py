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
from report_lib.page.stills.axes import labels, nice_step
from report_lib.page.stills.paths import marks, polyline, steps
from report_lib.page.stills.scene import project
from report_lib.page.stills.text import array, cut, formatted, numbers, width_of

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
    """Return (text, x, y) of all text, lines of one label joined by a slash."""
    return [("/".join(t.itertext()), float(t.get("x")), float(t.get("y"))) for t in svg.iter(SVG + "text")]


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
    svg = drawn(go.Figure(go.Scatter(x=[1, 2], y=[1, 2])))
    assert not [e for e in svg.iter() if e.get("id") or e.get("style") or e.tag in (SVG + "style", SVG + "script")]


def test_the_same_figure_gives_the_same_bytes(rng):
    figure = json.loads(style.scatter(*rng.normal(size=(2, 4000)), rng.integers(0, 3, 4000), "abc").to_json())
    before = json.dumps(figure)
    assert written(figure) == written(figure)
    assert json.dumps(figure) == before


def test_a_trace_of_an_unknown_type_is_refused_with_the_name_of_the_figure():
    figure = {"data": [{"type": "bar", "x": ["a"], "y": [2]}, {"type": "violin", "y": [1, 2]}], "layout": {}}
    with pytest.raises(ReportError, match=r"^figure 4: a trace of type 'violin' has no static picture; draw it in "):
        still(figure, "figure 4")


@pytest.mark.parametrize("data", [[], [{"type": "bar", "x": [], "y": []}], [{"type": "scatter", "x": [], "y": []}]])
def test_a_figure_with_nothing_to_draw_has_axes(data):
    svg = drawn({"data": data, "layout": {"xaxis": {"title": {"text": "across"}}}})
    assert place(svg, "across")
    assert paths(svg, stroke="currentColor")


HOSTILE = '</text></svg><script>alert(\'1\')</script> " & ]]> <b onload="x">b\x00\ud800'


def test_nothing_from_data_breaks_out():
    figure = {
        "data": [
            {"type": "bar", "x": [1, 2], "y": [HOSTILE, "b"], "orientation": "h", "name": HOSTILE, "text": HOSTILE,
             "marker": {"color": '"/><script>'}},
            {"type": "scatter", "x": [1, 2], "y": ["b", "b"], "mode": "lines+markers+text", "text": [HOSTILE] * 2,
             "marker": {"symbol": '"><script>', "color": ["red", '"><script>']},
             "line": {"dash": '"><script>', "color": "url(#x)"}, "name": HOSTILE},
        ],
        "layout": {"annotations": [{"text": HOSTILE, "x": 1, "y": 1, "font": {"color": '"><script>'}}],
                   "xaxis": {"title": {"text": HOSTILE}, "tickvals": [1], "ticktext": [HOSTILE]}},
    }  # fmt: skip
    text = written(figure)
    svg = ET.fromstring(text)
    assert "<script" not in text
    assert "url(" not in text
    assert "]]>" not in text
    assert {e.tag.removeprefix(SVG) for e in svg.iter()} <= {"svg", "g", "path", "text", "tspan"}
    assert any("<script>alert('1')</script>" in told for told, _, _ in words(svg))


def test_text_that_was_made_safe_for_plotly_is_read_as_it_was_meant():
    label = f"{style.escape('R&D <raw>')}<br><b>bold</b> x<sub>1</sub>"
    svg = drawn(go.Figure(go.Bar(x=[1], y=[1]), {"xaxis": {"title": {"text": label}}}))
    assert "R&D <raw>/bold x1" in [text for text, _, _ in words(svg)]


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
        (0.256, ".0%", "26%"), (6000, ",", "6,000"), (6000.0, ",", "6,000"), (0.5, ".3f", "0.500"), (3, "d", "3"),
        (0.0005, ".2~%", "0.05%"), (1, ".2~%", "100%"), (1500, "~s", "1.5k"), (1234567, ",.0f", "1,234,567"),
        (-2.5, "", "−2.5"), (7, "", "7"), ("Bag", ".0%", "Bag"), (float("nan"), ".1f", ""), (0, "~s", "0"),
        (2.5e-6, "~s", "2.5µ"), (12.0, ".3g", "12"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_figures_ask(value, form, written):
    assert formatted(value, form) == written


def test_ticks_step_by_1_2_or_5_and_are_written_alike():
    assert [nice_step(span, 5, 5) for span in (1, 7, 0.03, 4200)] == pytest.approx([0.2, 2, 0.01, 1000])
    assert labels(np.array([-0.5, 0, 0.5]), 0.5) == ["−0.5", "0.0", "0.5"]
    assert labels(np.array([0, 5000, 10_000]), 5000) == ["0", "5k", "10k"]
    assert labels(np.array([0, 1000, 2000]), 1000) == ["0", "1000", "2000"]


def test_names_that_would_run_into_one_another_are_turned():
    names = [f"a rather long name {i}" for i in range(20)]
    svg = drawn(go.Figure(go.Bar(x=names, y=list(range(20)))))
    turned = [t for t in svg.iter(SVG + "text") if t.text and t.text.startswith("a rather")]
    assert len(turned) == 20
    assert all(t.get("transform").startswith("rotate(-45 ") for t in turned)
    lowest = max(float(t.get("y")) for t in turned)
    assert lowest + width_of(names[-1]) * 0.7 < 420


def test_names_at_a_slant_stay_in_the_picture():
    names = [f"a rather long name {i}" for i in range(20)]
    svg = drawn(style.heatmap(np.full((2, 20), 98765.0), ["a", "b"], names, text=":,", top=1000.0))
    last, _ = place(svg, names[-1])
    assert last + width_of(names[-1]) * np.cos(np.pi / 4) < 800
    cell = np.diff([x for text, x, _ in words(svg) if text == "98,765"][:2])[0]
    (size,) = {float(t.get("font-size")) for t in svg.iter(SVG + "text") if t.text == "98,765"}
    assert width_of("98,765", size) < cell


def test_labels_that_do_not_fit_are_left_out_and_their_lines_stay():
    ticks = list(range(200))
    fig = go.Figure(go.Scatter(x=ticks, y=ticks, mode="lines"), {"xaxis": {"dtick": 1}, "yaxis": {"visible": False}})
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
    assert width_of(text) < x < 300
    assert cut("a &amp; b", 300) == "a &amp; b"


def test_axes_that_match_have_one_range_and_share_of_the_height():
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True)
    fig.add_scatter(x=[0, 10], y=[1, 2], mode="lines", line_color="#111111", row=1, col=1)
    fig.add_scatter(x=[5, 10], y=[1, 2], mode="lines", line_color="#222222", row=2, col=1)
    fig.add_vline(x=5, line={"color": "#333333", "width": 1})
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


def test_bars_stand_beside_one_another_or_on_top():
    data = [go.Bar(x=["a"], y=[1], marker_color="#111111"), go.Bar(x=["a"], y=[2], marker_color="#222222")]
    sides = drawn(go.Figure(data, {"barmode": "group"}))
    (first,), (second,) = (rectangles(paths(sides, fill=color)[0]) for color in ("#111111", "#222222"))
    assert first[2] == pytest.approx(second[0], abs=0.1)
    assert first[3] == second[3]
    stacked = drawn(go.Figure(data, {"barmode": "stack"}))
    (first,), (second,) = (rectangles(paths(stacked, fill=color)[0]) for color in ("#111111", "#222222"))
    assert first[0] == second[0]
    assert second[3] == pytest.approx(first[1], abs=0.1)
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
    error = {"type": "data", "array": [50], "symmetric": True}
    svg = drawn(go.Figure(go.Scatter(x=[1], y=[10], error_y=error, mode="markers", line_color="#111111")))
    ends = [float(v) for d in paths(svg, stroke="#111111") for v in re.findall(r"V([\d.]+)", d)]
    ends += [float(v) for d in paths(svg, stroke="#111111") for v in re.findall(r"M[\d.]+ ([\d.]+)V", d)]
    assert all(12 <= end <= 364 for end in ends)


@pytest.mark.parametrize(
    ("shape", "corners"),
    [
        ("hv", [(0, 0), (2, 0), (2, 1)]),
        ("vh", [(0, 0), (0, 1), (2, 1)]),
        ("hvh", [(0, 0), (1, 0), (1, 1), (2, 1)]),
        ("linear", [(0, 0), (2, 1)]),
    ],
)
def test_a_stepped_line_turns_where_it_should(shape, corners):
    x, y = steps(np.array([0.0, 2.0]), np.array([0.0, 1.0]), shape)
    assert list(zip(x, y, strict=True)) == corners


def test_a_line_is_broken_where_a_value_is_missing():
    assert polyline(np.array([0, 1, np.nan, 3, 4.5]), np.array([0, 1, 2, 3, 3.0])) == "M0 0l1 1M3 3h1.5"


def test_marks_are_the_same_places_however_they_are_written(rng):
    few = marks(np.array([10.0, 20.5]), np.array([5.0, 4.0]), "circle", 6)
    assert few == "M10 5h0m10.5-1h0"
    at = rng.integers(0, 200, size=(300, 2))
    data = marks(*at.T.astype(float), "circle", 4)
    moves = [tuple(map(int, m)) for m in re.findall(r"[Mm](-?\d+) ?(-?\d+)h0", data)]
    assert set(map(tuple, np.cumsum(moves, axis=0).tolist())) == set(map(tuple, at.tolist()))


def test_a_square_mark_is_around_its_point():
    assert marks(np.array([10.0]), np.array([20.0]), "square", 8) == "M6 16h8v8h-8z"


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


def test_a_colour_scale_colours_marks_and_has_a_bar():
    marker = {
        "color": [0, 0.5, 1],
        "colorscale": [[0, "#000000"], [1, "#ff0000"]],
        "colorbar": {"title": {"text": "hot"}},
    }
    svg = drawn(go.Figure(go.Scatter(x=[1, 2, 3], y=[1, 2, 3], mode="markers", marker=marker)))
    assert {"#000000", "#ff0000"} <= {p.get("stroke") for p in svg.iter(ALL)}
    assert place(svg, "hot")
    assert len(list(svg.iter(SVG + "rect"))) > 10


def test_a_fill_goes_down_to_zero_or_to_the_line_before():
    data = [
        {"type": "scatter", "x": [0, 1], "y": [1, 1], "mode": "lines"},
        {"type": "scatter", "x": [0, 1], "y": [3, 3], "mode": "lines", "fill": "tonexty", "fillcolor": "#111111"},
        {"type": "scatter", "x": [0, 1], "y": [2, 2], "mode": "lines", "fill": "tozeroy", "fillcolor": "#222222"},
    ]
    svg = drawn({"data": data, "layout": {"yaxis": {"range": [0, 4], "dtick": 1}}})
    tall = {c: float(re.search(r"v([\d.]+)", paths(svg, fill=c)[0])[1]) for c in ("#111111", "#222222")}
    unit = place(svg, "1")[1] - place(svg, "2")[1]
    assert tall["#111111"] == pytest.approx(2 * unit, abs=0.2)
    assert tall["#222222"] == pytest.approx(2 * unit, abs=0.2)


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


def test_a_point_is_projected_as_the_camera_sees_it():
    axes = np.eye(3)
    front = project(axes, {"x": 2.0, "y": 0, "z": 0})
    np.testing.assert_allclose(front, [[0, 0, 1], [1, 0, 0], [0, 1, 0]], atol=1e-12)
    corner = project(np.array([[0.0, 0, 1], [1, 1, 1], [1, -1, 0]]), {"x": 1, "y": 1, "z": 1})
    np.testing.assert_allclose(corner[0], [0, np.sqrt(2 / 3), 1 / np.sqrt(3)])
    np.testing.assert_allclose(corner[1], [0, 0, np.sqrt(3)], atol=1e-12)
    np.testing.assert_allclose(corner[2], [-np.sqrt(2), 0, 0], atol=1e-12)


def test_a_cloud_in_three_dimensions_is_drawn_in_its_box(rng):
    fig = go.Figure(go.Scatter3d(**dict(zip("xyz", rng.normal(size=(3, 4000)), strict=True)), mode="markers"))
    fig.update_scenes({f"{axis}axis": {"title": {"text": f"side {axis}"}} for axis in "xyz"})
    svg = drawn(fig.update_layout(height=600))
    (dots,) = [d for d in paths(svg, stroke_linecap="round") if d.count("h0") > 500]
    assert dots.count("h0") <= 1500
    assert {"side x", "side y", "side z"} <= {text for text, _, _ in words(svg)}
    assert all(0 <= x <= 800 and 0 <= y <= 600 for _, x, y in words(svg))


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
    assert "alone" not in written(go.Figure(go.Scatter(x=[1], y=[1], name="alone")))


def test_a_legend_of_many_stands_below_in_rows():
    fig = go.Figure([go.Scatter(x=[0, 1], y=[i, i], name=f"line {i}", mode="lines") for i in range(18)])
    svg = drawn(fig)
    at = [(x, y) for text, x, y in words(svg) if text.startswith("line")]
    assert len(at) == 18
    assert 1 < len({y for _, y in at}) < 9
    lowest_line = max(float(v) for d in paths(svg, stroke_opacity=".16") for v in re.findall(r"V([\d.]+)", d))
    assert lowest_line < min(y for _, y in at)
    assert max(y for _, y in at) < 420
    assert max(x + width_of("line 17") for x, _ in at) <= 800


def test_annotations_stand_where_they_point():
    fig = go.Figure(
        go.Scatter(x=[0, 1], y=[0, 1], mode="lines"), {"xaxis": {"range": [0, 1]}, "yaxis": {"range": [2, 3]}}
    )
    fig.add_annotation(x=1, y=2.5, text="at the end", showarrow=False, xanchor="right", xshift=-10)
    fig.add_annotation(x=0, y=0.5, xref="paper", yref="paper", text="on paper", showarrow=False, font={"weight": 700})
    fig.add_annotation(x=0.5, y=2.5, text="this", ax=0, ay=-40)
    svg = drawn(fig)
    zero, one = place(svg, "0.0")[0], place(svg, "1.0")[0]
    assert place(svg, "at the end")[0] == pytest.approx(one - 10, abs=0.1)
    assert place(svg, "on paper") == pytest.approx((zero, place(svg, "at the end")[1]), abs=0.1)
    (bold,) = [t for t in svg.iter(SVG + "text") if t.get("font-weight") == "700"]
    assert bold.text == "on paper"
    assert place(svg, "this")[0] == pytest.approx((zero + one) / 2, abs=0.1)
    assert place(svg, "on paper")[1] - place(svg, "this")[1] == pytest.approx(40, abs=1)


def test_arrays_are_read_as_plotly_writes_them():
    bits = base64.b64encode(np.arange(6, dtype="<i2").tobytes()).decode()
    np.testing.assert_array_equal(array({"dtype": "i2", "bdata": bits, "shape": "2, 3"}), [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(numbers([1, None, "2", "x"]), [1, np.nan, 2, np.nan])
    with pytest.raises(ValueError, match="not a type"):
        array({"dtype": "O8", "bdata": bits})


# --- all of a report ------------------------------------------------------------------------------------------------


def test_the_stills_of_a_report_are_small(digits_build):
    page = (digits_build / "report.html").read_text(encoding="utf8")
    stills = re.findall(r'<svg class="still".*?</svg>(?=<div class="plotly)', page, re.S)
    assert len(stills) == page.count('class="plotly-graph-div"') > 30
    for text in stills:
        assert "nan" not in re.sub(r">[^<]*<", "", text)
        assert len(text) < 20_000
    assert np.median([len(text) for text in stills]) < 4000
