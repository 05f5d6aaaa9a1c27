"""What the page holds: plotly.js, packed data, and numbers with the digits that are seen."""

import base64
import gzip
import re

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs_version

from report_lib.page.embed import FINEST, packed, short
from report_lib.page.exporter import PLOTLY_JS, packed_plotly
from report_lib.page.stills import known


def test_plotly_is_of_the_version_that_the_figures_are_made_for():
    text = PLOTLY_JS.read_text(encoding="utf8")
    assert re.search(r"plotly\.js \(cartesian - minified\) v(\S+)", text[:200])[1] == get_plotlyjs_version()
    assert "Licensed under the MIT license" in text[:200]
    assert gzip.decompress(base64.b64decode(packed_plotly())) == PLOTLY_JS.read_bytes()


def test_every_trace_that_a_report_may_draw_is_in_the_part_of_plotly_that_the_page_has():
    traces = set(re.findall(r'moduleType:"trace",name:"(\w+)"', PLOTLY_JS.read_text(encoding="utf8")))
    assert known.TRACES.keys() <= traces


def test_places_keep_the_digits_that_are_seen():
    x = np.random.default_rng(0).normal(0, 30, 500).astype(np.float32)
    figure = go.Figure(go.Scatter(x=x, y=x * 1e-5, meta={"n": [1, None]})).to_plotly_json()
    (trace,) = short(figure)["data"]
    for told, exact in ((trace["x"], x), (trace["y"], x * np.float32(1e-5))):
        assert np.abs(np.array(told) - exact).max() <= np.ptp(exact) * FINEST
    assert len(packed(str(trace["x"]).encode())) < len(figure["data"][0]["x"]["bdata"])
    assert trace["meta"] == {"n": [1, None]}


def test_small_values_keep_their_digits_for_a_logarithmic_axis():
    shares = np.array([0.29, 1e-3, 1.234e-6, 1.235e-6], np.float32)
    (trace,) = short(go.Figure(go.Scatter(y=shares)).to_plotly_json())["data"]
    np.testing.assert_allclose(trace["y"], shares, rtol=2e-3)
    assert len(set(trace["y"])) == 4


def test_one_place_and_none_are_told():
    alike = go.Figure(go.Scatter(x=np.full(3, 2.5, np.float32), y=np.array([1, np.nan, 2], np.float32)))
    (trace,) = short(alike.to_plotly_json())["data"]
    assert trace["x"] == [2.5, 2.5, 2.5]
    assert trace["y"] == [1.0, None, 2.0]


def test_numbers_in_double_precision_stay_as_they_are():
    exact = go.Figure(go.Bar(x=np.array([1 / 3, 2 / 3]), y=["a", "b"])).to_plotly_json()
    assert short(exact) == exact
