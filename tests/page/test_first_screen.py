"""What the page answers at once, and what it gives to take along, in real Chromium."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from report_lib.classification.findings import caveats, headlines
from report_lib.classification.findings.answer import answer
from report_lib.clustering.methods import titled
from report_lib.common.prose import measure
from report_lib.page import explorer
from tests.browser import needs_browser, texts, until

pytestmark = needs_browser


def test_the_first_screen_answers_the_question(page, metrics, digits_build):
    with np.load(digits_build / "artifacts/classification/datamap.npz") as points:
        assert texts(page, ".lede") == [answer(metrics, points["clusters"])]
    assert texts(page, ".data") == [headlines.data_line(metrics)]
    assert page.title() == "Digits: what structure is in these images?"
    started = json.loads((digits_build / "provenance.json").read_text())["started"]
    (of,) = texts(page, ".eyebrow")
    assert re.match(rf"Digits( · commit [0-9a-f]{{7}}( with local changes)?)? · {started[:10]} · ", of)
    box = page.locator(".map-stage").bounding_box()
    assert box["y"] + box["height"] < 900
    assert box["width"] == pytest.approx(page.locator("main h1").evaluate("h => h.clientWidth"), abs=2)


def test_clusters_are_named_on_the_map_and_no_name_lies_on_another(page, metrics):
    # Names are placed when the map is drawn for the first time.
    until(page, "document.querySelector('#map[data-ready] .map-names li')?.style.transform")
    names = page.eval_on_selector_all(
        ".map-names li:not(.map-crowded)",
        """all => all.map(li => [li.querySelector('strong').textContent, li.querySelectorAll('img').length,
            (({left, right, top, bottom}) => [left, right, top, bottom])(li.getBoundingClientRect())])""",
    )
    assert len(names) >= 8
    assert {name for name, *_ in names} >= {"0", "4", "6", "7"}
    assert {n for _, n, _ in names} == {3}
    boxes = [box for *_, box in names]
    touching = [
        (a, b)
        for i, a in enumerate(boxes)
        for b in boxes[:i]
        if a[0] < b[1] - 1 and b[0] < a[1] - 1 and a[2] < b[3] - 1 and b[2] < a[3] - 1
    ]
    assert touching == []


def test_findings_are_a_number_a_clause_and_a_link_to_what_shows_it(page, metrics):
    found = headlines.headlines(metrics)[:6]
    assert texts(page, ".headlines strong") == [one.figure for one in found]
    assert all(one.said in text for one, text in zip(found, texts(page, ".headlines li"), strict=True))
    places = page.eval_on_selector_all(".headlines a", "all => all.map(a => a.hash.slice(1))")
    assert [place.startswith(one.evidence) for place, one in zip(places, found, strict=True)] == [True] * len(found)
    assert texts(page, ".box:first-child li")[: len(caveats.caveats(metrics))] == caveats.caveats(metrics)


def test_every_link_within_the_page_lands(page):
    places = page.eval_on_selector_all("a[href^='#']", "all => all.map(a => a.hash.slice(1).split('?')[0])")
    assert len(places) > 100
    assert page.evaluate("ids => ids.filter(id => !document.getElementById(id))", places) == []


def test_the_page_says_how_to_make_and_cite_it(page):
    made, cited, _ = texts(page, ".cite dd")
    assert made == "make report PARAMS=params/digits.yaml"
    assert re.match(r"Digits: what structure is in these images\? Image structure report.*, \d{4}-\d\d-\d\d\.$", cited)


def test_the_first_screen_tabulates_the_metrics(page, metrics):
    rows = page.eval_on_selector_all(
        "table.scores tbody tr:not(.group)", "rows => rows.map(r => [...r.cells].map(c => c.textContent.trim()))"
    )
    cells = {name: own for name, *own in rows}
    assert len(cells) == len(rows)

    def cell(value, ends, key="accuracy"):
        return f"{measure(key, value)} {measure(key, ends['low'])} to {measure(key, ends['high'])}"

    for own in metrics["clustering"]["methods"].values():
        mean, ends = own["mean"], own["mean_intervals_95"]
        expected = [cell(mean[key], ends[key], key) for key in ("accuracy", "nmi", "ari")]
        assert cells[titled(own["method"], own["on"])] == [expected[0], "", *expected[1:]]
    supervised = metrics["classification"]["supervised"]["conv"]
    assert cells["Convolutional network"] == [cell(supervised["accuracy"], supervised["interval_95"]), "", "", ""]
    few = metrics["classification"]
    for key, where in (("graph_chosen", "chosen"), ("graph", "random")):
        value, ends = few["label_efficiency"][key]["10"], few["label_efficiency_intervals_95"][key]["10"]
        assert cells[f"10 labels on {where} images"][0] == cell(value, ends)


# --- the contents, the lists and the address -----------------------------------------------------------------------------


def test_the_contents_unfold_the_chapter_in_view(open_page):
    page = open_page()
    shown = "[...document.querySelectorAll('.contents ol ol')].filter(e => e.checkVisibility()).length"
    assert page.evaluate(shown) == 0
    page.evaluate(
        "document.querySelector('#clustering .part, #clustering ~ section').scrollIntoView({behavior: 'instant'})"
    )
    until(page, f"{shown} === 1")
    assert page.locator(".contents ol ol a[href^='#clustering-']").first.is_visible()


def test_a_list_is_filtered_and_taken_along(open_page):
    page = open_page()
    page.locator(".box a[href='#next-least-sure']").click()
    part = page.locator("#next-least-sure")
    until(page, "document.getElementById('next-least-sure').open")
    rows = part.locator("tbody tr")
    assert rows.count() == 100
    cells = [row.locator("th, td").all_text_contents()[1:] for row in (rows.nth(0), rows.nth(99))]
    assert float(cells[0][-1]) <= float(cells[1][-1])
    part.get_by_role("searchbox").fill(cells[0][0])
    shown = part.locator("tbody tr:visible")
    assert cells[0][0] in shown.first.text_content()
    assert part.locator("[role=status]").text_content() == f"{shown.count()} of 100"
    with page.expect_download() as given:
        part.get_by_role("button", name="CSV").click()
    lines = Path(given.value.path()).read_text().splitlines()
    assert lines[0] == "row,label,class,probability,margin"
    assert lines[1] == ",".join(cells[0])
    assert len(lines) == 1 + shown.count()
    assert page.errors == []


def test_pictures_in_lists_are_those_of_their_rows(open_page, digits_build):
    page = open_page()
    with np.load(digits_build / "artifacts/classification/lists.npz") as kept:
        arrays = dict(kept)
    n_before = len(arrays["label_next/row"])
    page.evaluate("() => { for (const list of document.querySelectorAll('.list')) list.open = true; }")
    drawn = page.evaluate(
        """async (row) => {
            const tile = document.querySelectorAll('.list .tile')[row], look = getComputedStyle(tile);
            const sheet = new Image();
            sheet.src = look.backgroundImage.slice(5, -2);
            await sheet.decode();
            const canvas = new OffscreenCanvas(8, 8), pen = canvas.getContext('2d');
            const [x, y] = look.backgroundPosition.split(' ').map(parseFloat), high = tile.clientHeight;
            pen.drawImage(sheet, -x / high * 8, -y / high * 8, 8, 8, 0, 0, 8, 8);
            return [...pen.getImageData(0, 0, 8, 8).data].filter((_, i) => i % 4 === 0);
        }""",
        n_before + 100,
    )
    expected = explorer.stretched(arrays["pictures"])[n_before + 100]
    assert np.abs(np.array(drawn).reshape(8, 8) - expected.astype(int)).max() <= 2


def test_the_address_carries_what_the_map_shows(open_page):
    page = open_page()
    until(page, "document.querySelector('#map[data-ready]')")
    state = "JSON.parse(document.getElementById('map').dataset.state || '{}')"
    page.locator("[data-map=colour]").select_option("clusters")
    page.locator("[data-map=clusters]").select_option("1")
    until(page, "location.hash === '#explore?colour=clusters&clusters=1'")
    address, whole = page.url, page.evaluate("JSON.parse(document.getElementById('map-data').textContent).n")
    until(page, f"{state}.shown < {whole}")
    n = page.evaluate(f"{state}.shown")
    page.locator("[data-map=clearFilters]").click()
    until(page, f"{state}.shown === {whole}")
    page.goto("about:blank")
    page.goto(address)
    until(page, f"document.querySelector('#map[data-ready]') && {state}.shown === {n} && {state}.colour === 'clusters'")
    assert page.locator("[data-map=clusters]").input_value() == "1"
    row = page.locator("#next-least-sure tbody a").first
    number = row.text_content()
    page.evaluate("location.hash = '#next-least-sure'")
    row.click()
    until(page, f"{state}.pinned === {number}")
    assert page.locator(".map-pinned h3").text_content() == f"row {number}"
    page.evaluate("location.hash = '#explore?colour=nothing&pinned=x&clusters=&find=row+1e9'")
    until(page, f"{state}.pinned === null && {state}.shown === 0 && {state}.colour === 'labels'")
    assert page.url.endswith("#explore?find=row+1e9")
    assert page.errors == []


def test_a_cell_of_classes_by_clusters_leads_to_its_images(open_page, metrics):
    page = open_page()
    section = page.locator("#clustering-how-far-clusters-agree-with-classes, #clustering-where-each-class-goes").last
    chart = section.locator(".plotly-graph-div").first
    chart.focus()
    until(page, f"document.getElementById('{chart.get_attribute('id')}').querySelector('.main-svg')")
    chart.scroll_into_view_if_needed()
    at = chart.evaluate(
        """e => { const box = e.querySelector('.nsewdrag').getBoundingClientRect();
            return [box.left + box.width / 20, box.top + box.height * 3 / 20]; }"""
    )
    page.mouse.move(*at)
    page.mouse.click(*at)
    until(page, "location.hash === '#explore?labels=1&clusters=0'")
    table = metrics["clustering"]["methods"][metrics["clustering"]["chosen"]]["class_by_cluster"]
    until(page, f"JSON.parse(document.getElementById('map').dataset.state || '{{}}').shown === {table[1][0]}")
    assert page.errors == []
