"""What the page gives to take along holds what the notebooks hold: CSV, PNG, SVG and the notebooks themselves."""

import base64
import csv
import html
import io
import re
import xml.etree.ElementTree as ET

import nbformat
import numpy as np
import pytest
from PIL import Image

from report_lib.common import style
from report_lib.page.embed import TEMPLATES
from report_lib.page.exporter import PLOTLY
from report_lib.run.artifacts import PHASES, notebook_name
from tests.browser import needs_browser, until

pytestmark = needs_browser


@pytest.fixture(scope="module")
def figures(digits_folder):
    """Every figure as the executed notebooks hold it, by its place in the page."""
    found = {}
    for phase in PHASES:
        notebook = nbformat.read(digits_folder / "notebooks" / notebook_name(phase), 4)
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        own = [output.data[PLOTLY] for output in outputs if PLOTLY in output.get("data", {})]
        found |= {f"{phase}-figure-{i}": figure for i, figure in enumerate(own, start=1)}
    return found


def first(figures, wanted):
    """Return the first figure whose traces are so."""
    return next((place, figure) for place, figure in figures.items() if wanted(figure["data"]))


def array(packed):
    if not isinstance(packed, dict):
        return np.asarray(packed)
    flat = np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])
    return flat.reshape([int(n) for n in str(packed.get("shape", len(flat))).split(",")])


def downloaded(page, place, kind):
    page.evaluate(f"location.hash = '{place}'")
    page.locator(f"#{place} .figure-title").hover()
    with page.expect_download() as waiting:
        page.locator(f"#{place} [data-save={kind}]").click()
    assert waiting.value.suggested_filename == f"{place}.{kind}"
    return waiting.value.path().read_bytes()


def rows_of(page, place):
    """Return heading and rows of a figure's CSV."""
    text = downloaded(page, place, "csv").decode("utf8")
    assert text.endswith("\n")
    head, *rows = csv.reader(io.StringIO(text))
    return head, rows


def as_numbers(cells):
    return np.array([float(cell) for cell in cells])


def same(cells, values):
    """Whether cells hold values: text as it is, doubles exactly, single precision in the digits that it has."""
    values = array(values)
    if values.dtype.kind not in "iuf":
        return list(cells) == [html.unescape(str(value)) for value in values]
    if values.dtype == np.float32:
        return np.array_equal(as_numbers(cells).astype(np.float32), values) or np.allclose(
            as_numbers(cells), values, rtol=1e-6, atol=0
        )
    return np.array_equal(as_numbers(cells), values)


def check_points(figure, head, rows, keys):
    """Each trace's rows follow one another and hold its values, in its own order."""
    assert head[: 1 + len(keys)] == ["series", *keys]
    start = 0
    for trace in figure["data"]:
        own = rows[start : start + len(array(trace[keys[0]]))]
        start += len(own)
        assert {row[0] for row in own} <= {html.unescape(trace.get("name", ""))}
        for i, key in enumerate(keys, start=1):
            if key in trace:
                assert same([row[i] for row in own], trace[key]), (trace.get("name"), key)
    assert start == len(rows)


def test_bars(page, figures):
    place, figure = first(figures, lambda data: data[0]["type"] == "bar" and not data[0].get("error_x"))
    head, rows = rows_of(page, place)
    assert head == ["series", "x", "y"]
    check_points(figure, head, rows, ["x", "y"])


@pytest.mark.parametrize("kind", ["error_y", "error_x"])
def test_points_with_error_bars(page, figures, kind):
    def wanted(data):
        return data[0]["type"] == "scatter" and all("array" in trace.get(kind, {}) for trace in data)

    place, figure = first(figures, wanted)
    head, rows = rows_of(page, place)
    axis = kind[-1]
    assert head[-2:] == [f"{axis}_low", f"{axis}_high"]
    check_points(figure, head, rows, ["x", "y"])
    middle = np.concatenate([array(trace[axis]) for trace in figure["data"]])
    up = np.concatenate([array(trace[kind]["array"]) for trace in figure["data"]])
    down = np.concatenate([array(trace[kind].get("arrayminus", trace[kind]["array"])) for trace in figure["data"]])
    np.testing.assert_allclose(as_numbers(row[-2] for row in rows), middle - down, rtol=1e-12)
    np.testing.assert_allclose(as_numbers(row[-1] for row in rows), middle + up, rtol=1e-12)


def test_matrices(page, figures):
    place, figure = first(figures, lambda data: data[0]["type"] == "heatmap")
    head, rows = rows_of(page, place)
    assert head == ["row", "column", "value"]
    (trace,) = figure["data"]
    z = array(trace["z"])
    named = [(html.unescape(y), html.unescape(x)) for y in trace["y"] for x in trace["x"]]
    assert [tuple(row[:2]) for row in rows] == named
    np.testing.assert_array_equal(as_numbers(row[2] for row in rows), z.ravel())


def kinds(data):
    return {trace["type"] for trace in data}


@pytest.mark.parametrize("kind", ["bar", "heatmap"])
def test_pictures(page, figures, kind):
    place, figure = first(figures, lambda data: kinds(data) == {kind})
    png = downloaded(page, place, "png")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    picture = Image.open(io.BytesIO(png))
    assert picture.width == 1920
    assert len(np.unique(np.asarray(picture.convert("L")))) > 10
    svg = ET.fromstring(downloaded(page, place, "svg"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert html.unescape(figure["layout"]["title"]["text"]) in " ".join("".join(svg.itertext()).split())
    assert float(svg.get("width")) == 960
    assert page.errors == []


def test_a_sheet_of_pictures_is_saved_with_its_names(page, figures):
    place, figure = next(
        (place, own)
        for place, own in figures.items()
        if own["layout"].get("annotations") and kinds(own["data"]) == {"image"}
    )
    assert page.locator(f"#{place} [data-save]").all_text_contents() == ["PNG"]
    saved = Image.open(io.BytesIO(downloaded(page, place, "png"))).convert("L")
    source = Image.open(io.BytesIO(base64.b64decode(figure["data"][0]["source"].split(",", 1)[1])))
    meta, frame = figure["layout"]["meta"], page.locator(f"#{place} .sheet").bounding_box()
    (high, wide), (across, down) = meta["tile"], meta["step"]
    grey = np.moveaxis(np.asarray(source), -1, 0)[0]
    for i, tile in enumerate(page.locator(f"#{place} .sheet i").all()):
        at, row, column = tile.bounding_box(), i // meta["columns"], i % meta["columns"]
        left, top = 2 * (at["x"] - frame["x"]), 2 * (at["y"] - frame["y"] + style.TITLE_HEIGHT)
        # In the middle of each pixel stands its grey.
        x = left + (np.arange(wide) + 0.5) * 2 * at["width"] / wide
        y = top + (np.arange(high) + 0.5) * 2 * at["height"] / high
        found = np.asarray(saved)[np.ix_(y.astype(int), x.astype(int))]
        own = grey[meta["label"] + row * down :, column * across :][:high, :wide]
        np.testing.assert_array_equal(found, own)
        named = np.asarray(saved)[round(top) - 28 : round(top) - 4, round(left) : round(left + 2 * at["width"])]
        assert row or (named < 200).any()
    assert page.errors == []


def test_a_picture_has_the_colours_of_the_page(open_page, figures):
    page = open_page(color_scheme="dark")
    place, _ = first(figures, lambda data: kinds(data) == {"bar"})
    picture = Image.open(io.BytesIO(downloaded(page, place, "png"))).convert("RGB")
    behind = page.eval_on_selector(f"#{place}", "figure => getComputedStyle(figure).backgroundColor")
    assert "rgb({}, {}, {})".format(*picture.getpixel((0, 0))) == behind == "rgb(27, 31, 36)"


def test_what_cannot_be_made_is_said(open_page):
    page = open_page()
    page.locator(".plotly-graph-div:not(.more *)").first.focus()
    until(page, "window.Plotly")
    page.evaluate("() => { Plotly.toImage = () => Promise.reject(new Error('no memory')); }")
    page.locator("figure:has(.plotly-graph-div):not(.more *) [data-save=png]").first.click()
    until(page, "document.querySelector('.toast').textContent === 'The PNG could not be made'")


def test_notebooks(page, digits_build):
    links = page.locator("a.notebook")
    assert links.count() == len(PHASES)
    for i, phase in enumerate(PHASES):
        with page.expect_download() as waiting:
            links.nth(i).click()
        assert waiting.value.suggested_filename == links.nth(i).text_content() == notebook_name(phase)
        notebook = nbformat.read(waiting.value.path(), 4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
        (injected,) = [cell for cell in code if "injected-parameters" in cell.metadata.get("tags", [])]
        assert 'run = "digits"' in injected.source
        executed = nbformat.read(digits_build / "notebooks" / notebook_name(phase), 4)
        assert [cell.source for cell in notebook.cells] == [cell.source for cell in executed.cells]


def test_no_text_in_a_csv_is_a_formula_to_a_spreadsheet(page):
    source = (TEMPLATES / "js" / "base.js").read_text(encoding="utf8")
    (function,) = re.findall(r"^function csv\(.*?^}$", source, flags=re.S | re.M)
    cells = ["=1+1", "+x", "-x", "@a", "\t=1", "\r=1", "a=1", "-1.5", "+3", "", -1, None]
    text = page.evaluate(f"(rows) => {{ {function} return csv(rows); }}", [[cell] for cell in cells])
    expected = ["'=1+1", "'+x", "'-x", "'@a", "'\t=1", "'\r=1", "a=1", "-1.5", "+3", "", "-1", ""]
    assert [(row or [""])[0] for row in csv.reader(io.StringIO(text, newline=""))] == expected
