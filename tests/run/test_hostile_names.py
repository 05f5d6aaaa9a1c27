"""A run of images whose classes, files and folder have hostile names: all of it is text, wherever it is shown."""

import csv

import numpy as np
import pytest

from report_lib.__main__ import main
from report_lib.data import datasets
from report_lib.data.text import visible_classes
from tests import hostile
from tests.browser import until
from tests.conftest import new_context, opened

FOLDER = "<img src=x onerror=alert('folder')> {{7*7}} & \"onload="
SMALL = (
    "reduction.representations=[pixels,pca] classification.n_estimators=5 "
    "classification.label_counts=[] classification.audit_folds=2"
)
# What stands in a page, or in a chart that Plotly drew, without having been written by us.
MADE_OF_NAMES = """() => [...document.querySelectorAll("*")].filter((e) =>
  [...e.attributes].some((a) => /^on/i.test(a.name))
  || e.matches('img[src="x"], a[href^="javascript:"]') || (e.href?.baseVal ?? "").startsWith("javascript:")
  || (e.tagName === "SCRIPT" && /^\\s*alert/.test(e.textContent))
  || /^(marked|linked.?|bold\\.png)$/.test(e.textContent.trim())
).map((e) => e.outerHTML.slice(0, 200))"""
POINT = """() => document.querySelectorAll(".js-plotly-plot").forEach((chart) => chart.data.forEach((trace, curve) => {
  const plot = (trace.xaxis ?? "x") + (trace.yaxis ?? "y");
  const point = trace.type === "heatmap" ? [0, 0] : 0;
  if (!["scatter", "bar", "heatmap"].includes(trace.type)) return;
  if (chart._fullLayout._plots[plot]) Plotly.Fx.hover(chart, [{curveNumber: curve, pointNumber: point}], plot);
}))"""


def test_what_is_loaded_is_visible(tmp_path):
    images = datasets.load(str(hostile.folder(tmp_path / FOLDER, 66)))
    assert set(images.class_names) == set(visible_classes(hostile.CLASSES))
    names = "".join([*images.class_names, *images.train_names, *images.test_names])
    assert not set(names) & set("\0\x1b\u202e")
    assert np.bincount(images.train_labels).min() > 0


@pytest.mark.slow
def test_names_are_text_everywhere(tmp_path, browser, capfd):
    given = hostile.folder(tmp_path / FOLDER, 66)
    assert main(["report", "--data", str(given), "--set", f"name=hostile {SMALL}"]) == 0
    folder = tmp_path / "build" / "hostile"
    context = new_context(browser, 1280)
    page, alerts = opened(context, folder), []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    assert page.title().startswith(FOLDER)
    charts = page.locator(".plotly-graph-div")
    for i in range(charts.count()):
        if charts.nth(i).is_visible():
            charts.nth(i).scroll_into_view_if_needed()
            charts.nth(i).focus()
            charts.nth(i).hover()
            page.wait_for_timeout(200)
            if page.evaluate("!!window.Plotly"):
                page.evaluate(POINT)
            assert page.evaluate(MADE_OF_NAMES) == []
    until(page, "document.querySelector('.js-plotly-plot .main-svg')")
    said = page.evaluate("document.body.innerText")
    assert "<script>alert('scripted')</script>" in said
    assert "<b>marked</b>" in said
    for width in (1280, 1600, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    assert (alerts, page.errors) == ([], [])
    assert {url.partition(":")[0] for url in page.asked} <= {"file", "blob", "data"}
    assert [url for url in page.asked if url.startswith("file:")] == [(folder / "report.html").as_uri()]

    assert main(["predict", "--run", "hostile", "--images", str(given)]) == 0
    answers = context.new_page()
    answers.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    answers.goto((tmp_path / f"{FOLDER}.predictions.html").as_uri())
    assert answers.evaluate(MADE_OF_NAMES) == []
    assert alerts == []
    context.close()
    for path in [*folder.rglob("*.csv"), tmp_path / f"{FOLDER}.predictions.csv"]:
        with path.open(newline="", encoding="utf8") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not any(cell.startswith(("=", "@", "\t", "\r")) or "\0" in cell for cell in cells)
