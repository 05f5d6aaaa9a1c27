"""The page, opened as a reader would: real Chromium, from disk, offline."""

import json
import re

import nbformat
import pytest

from report_lib.common.errors import ReportError
from report_lib.page import exporter
from report_lib.page.embed import packed
from tests.browser import DRAWN, needs_browser, until


def scroll_through(page):
    """Ask for every chart, of folded ones too."""
    page.evaluate("() => { for (const fold of document.querySelectorAll('details.more')) fold.open = true; }")
    page.evaluate("() => { for (const chart of document.querySelectorAll('.plotly-graph-div')) chart.focus(); }")
    until(page, f"{DRAWN} === document.querySelectorAll('.plotly-graph-div').length")


@pytest.fixture(scope="module")
def drawn(page):
    """The report with every chart drawn."""
    scroll_through(page)
    return page


@needs_browser
def test_every_chart_is_drawn_and_nothing_is_asked_for(drawn, digits_build):
    declared = (digits_build / "report.html").read_text().count('class="plotly-graph-div"')
    assert declared >= 28
    assert drawn.evaluate(DRAWN) == declared
    assert [url for url in drawn.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert len([url for url in drawn.asked if url.startswith("file:")]) == 1
    assert drawn.errors == []


@needs_browser
def test_no_sideways_scrolling(drawn, open_page):
    assert drawn.evaluate("document.documentElement.scrollWidth") <= 1280
    phone = open_page(360)
    scroll_through(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    assert phone.errors == []


@pytest.mark.parametrize(
    ("title", "run", "called"),
    [("Fashion-MNIST", "fashion_mnist", "Fashion-MNIST"), ("Fashion-MNIST", "classic", "Fashion-MNIST, run classic")],
)
def test_two_runs_of_the_same_images_are_told_apart(title, run, called):
    assert exporter._called(title, run) == called


@needs_browser
def test_pictures_are_square_and_named(page):
    sheets = page.eval_on_selector_all(
        ".sheet",
        """all => all.map(e => {
            e.closest('.more')?.setAttribute('open', '');
            e.scrollIntoView();
            const box = e.querySelector('i').getBoundingClientRect();
            const name = document.getElementById(e.getAttribute('aria-labelledby')).textContent;
            return [name, box.width, box.height * Number(e.style.getPropertyValue('--ratio'))];
        })""",
    )
    assert len(sheets) > 10
    assert all(name and across > 8 and across == pytest.approx(down, rel=0.01) for name, across, down in sheets)


@needs_browser
def test_code_is_folded_and_the_contents_lead_somewhere(page):
    assert page.locator("details.code").count() > 20
    assert page.locator("details.code[open]").count() == 0
    page.locator("details.code summary").first.click()
    assert page.locator("details.code[open] .highlight").first.is_visible()
    page.locator("details.code summary").first.click()
    targets = page.eval_on_selector_all(".contents a", "links => links.map(a => a.hash.slice(1))")
    assert len(targets) > 30
    assert page.evaluate("ids => ids.filter(id => !document.getElementById(id))", targets) == []
    ids = page.eval_on_selector_all("[id]", "all => all.filter(e => !e.closest('svg')).map(e => e.id)")
    assert len(ids) == len(set(ids))


@needs_browser
def test_no_violations_of_accessibility(drawn):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(drawn).response["violations"]
    assert {v["id"]: [n["html"][:120] for n in v["nodes"]][:3] for v in found} == {}


@needs_browser
def test_the_end_of_the_page_tells_how_it_was_made(page, digits_build):
    assert page.locator("#about details.part-fold[open]").count() == 0
    about = page.locator("#about").text_content()
    facts = json.loads((digits_build / "provenance.json").read_text())
    assert facts["started"] in about
    assert "clustering.k_max" in about
    assert facts["data"]["images"] in about
    assert facts["versions"]["scikit-learn"] in about


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("make report", 'make report SET="dataset.corrections=marks.csv"'),
        (
            "make report PARAMS=params/digits.yaml",
            'make report PARAMS=params/digits.yaml SET="dataset.corrections=marks.csv"',
        ),
        (
            'make report SET="seed=7 dataset.corrections=old.csv"',
            'make report SET="seed=7 dataset.corrections=marks.csv"',
        ),
        ("make report FROM=report.html", 'make report … SET="dataset.corrections=marks.csv"'),
    ],
)
def test_the_command_that_takes_marks_is_that_of_the_run(command, told):
    assert exporter._with_marks(command) == told


def test_plotly_is_in_the_page_once(digits_build):
    page = (digits_build / "report.html").read_text()
    assert page.count('id="plotly-js"') == 1
    assert len(page) < 2_000_000
    # A link to a paper leads away when it is followed; nothing is fetched.
    assert not re.search(r'src="(https?:)?//|<link[^>]*href="(https?:)?//|url\(.?(https?:)?//', page)


def test_every_figure_has_a_number_a_title_and_a_caption(digits_build):
    page = (digits_build / "report.html").read_text()
    figures = re.findall(r"<figure.*?</figure>", page, flags=re.S)
    numbers = [re.search(r"Figure (\d\.\d+)</span>(.+?)</p>", figure) for figure in figures]
    assert len({n[1] for n in numbers}) == len(figures) >= 28
    assert all(re.search(r"<figcaption>.{40,}</figcaption>", figure) for figure in figures)


# --- what the exporter refuses and escapes --------------------------------------------------------------------------


def figure_output(*traces, **layout):
    return nbformat.v4.new_output("display_data", {exporter.PLOTLY: {"data": list(traces), "layout": layout}})


def render(output):
    cells = [nbformat.v4.new_markdown_cell("# A?"), nbformat.v4.new_code_cell("x < 1 # </script>", outputs=[output])]
    return exporter.fragment(1, "understanding", nbformat.v4.new_notebook(cells=cells))


def test_a_figure_without_a_caption_is_refused():
    with pytest.raises(ReportError, match="without title or caption"):
        render(figure_output(title={"text": "A title"}))


def test_a_figure_that_paper_could_not_show_is_refused_by_its_name():
    with pytest.raises(ReportError, match=r"^understanding-figure-1 \(Spread\): a trace of type 'violin' "):
        render(figure_output({"type": "violin", "y": [1, 2]}, title={"text": "Spread"}, meta={"caption": "A caption."}))


def test_an_error_output_is_refused():
    with pytest.raises(ReportError, match="cannot be shown"):
        render(nbformat.v4.new_output("error", ename="E", evalue="x", traceback=[]))


def test_data_cannot_end_the_script_that_holds_it():
    output = figure_output(title={"text": "T"}, meta={"caption": "<script>alert(1)</script>"})
    phase, charts = render(output)
    assert re.fullmatch(r"[\w+/=]+", packed(json.dumps(charts).encode()))
    assert "<script>alert" not in phase["body"]
    assert "&lt;script&gt;alert(1)" in phase["body"]


def test_code_and_streams_are_escaped():
    phase, _ = render(nbformat.v4.new_output("stream", name="stdout", text="<b>out</b>"))
    assert "&lt;b&gt;out&lt;/b&gt;" in phase["body"]
    assert "</script>" not in phase["body"]


@needs_browser
def test_times_are_drawn_from_the_provenance(page, digits_build):
    rows = page.eval_on_selector_all("[data-times] tbody tr", "rows => rows.map(r => r.innerText.trim().split('\\t'))")
    times = json.loads((digits_build / "provenance.json").read_text())["times"]
    assert set(times) == {"representations", "clustering", "classification"}
    known = [row for own in times.values() for row in own]
    cells = [[f"{row[key]:.1f}" for key in ("fit", "encode", "predict") if key in row] for row in known]
    assert rows == [[row["name"], *own] for row, own in zip(known, cells, strict=True)]


def cell_of(source, *outputs, fold=False):
    shown = [
        o if not isinstance(o, str) else nbformat.v4.new_output("display_data", {"text/markdown": o}) for o in outputs
    ]
    return nbformat.v4.new_code_cell(source, outputs=shown, metadata={"tags": ["fold"]} if fold else {})


def body_of(*cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A?"), *cells])
    return exporter.fragment(1, "understanding", notebook)[0]["body"]


def test_a_folded_cell_has_what_was_found_as_its_title():
    figure = figure_output(title={"text": "One &amp; two"}, meta={"caption": "A caption."})
    folded = body_of(cell_of("a", "First. Second.", figure, fold=True))
    assert "<summary>One &amp; two</summary>" in folded
    assert folded.index('<details class="more" id="understanding-fold-1">') < folded.index("First. Second.")
    said = body_of(cell_of("a", "On `x`, 3.5 of *these* are \\<b\\>. More.", fold=True))
    assert "<summary>On x, 3.5 of *these* are &lt;b&gt;</summary>" in said
    assert 'class="more"' not in body_of(cell_of("a", "First.", figure))


def test_a_folded_cell_that_shows_nothing_is_no_fold():
    assert 'class="more"' not in body_of(cell_of("a", fold=True))
    unasked = cell_of("b", "> Not in this run: `x` asks for none.", fold=True)
    assert "Not in this run" not in body_of(cell_of("a", "said"), unasked)


def test_a_chapter_opens_with_what_it_came_to():
    heading = nbformat.v4.new_markdown_cell
    body = body_of(
        cell_of("import x"), heading("## One"), cell_of("a", "said one"), heading("## In short"), cell_of("z", "sum")
    )
    assert body.index("In short") < body.index("sum") < body.index("said one")
    # The code that the notebook opens with is in one fold with the code there.
    assert body.count("<summary>Code") == 2
    assert body.index("sum") < body.index("import") < body.index("said one")


@needs_browser
def test_what_is_folded_opens_for_whoever_is_sent_there(open_page):
    page = open_page()
    place = page.evaluate("document.querySelector('details.more figure').id")
    fold = f"document.getElementById('{place}').closest('details')"
    assert not page.evaluate(f"{fold}.open")
    assert page.evaluate(f"document.getElementById('{place}').getBoundingClientRect().height") == 0
    page.evaluate(f"location.hash = '{place}'")
    until(page, f"{fold}.open")
    until(page, f"Math.abs(document.getElementById('{place}').getBoundingClientRect().top) < innerHeight")
    # A second visit, after it was closed, opens it again.
    page.evaluate(f"{fold}.open = false")
    page.evaluate(f"document.querySelector('a[href=\"#{place}\"]').click()")
    until(page, f"{fold}.open")


def test_sections_that_were_not_asked_for_are_left_out():
    def cell(source, *texts):
        outputs = [nbformat.v4.new_output("display_data", {"text/markdown": said}) for said in texts]
        return nbformat.v4.new_code_cell(source, outputs=outputs)

    def heading(title):
        return nbformat.v4.new_markdown_cell(f"## {title}")

    unasked = "> Not in this run: `reduction.maps` asks for none."
    cells = [
        heading("A"),
        cell("a", "said"),
        heading("B"),
        cell("b", unasked),
        cell("c"),
        heading("C"),
        cell("d", unasked, "x"),
    ]
    kept = exporter._without_unasked(cells)
    assert [c.source for c in kept] == ["## A", "a", "## C", "d"]


@needs_browser
def test_nothing_lies_over_a_chart_and_none_offers_to_send_itself_away(drawn):
    assert drawn.locator(".modebar-btn").count() == 0


def test_no_sentence_has_a_hole(digits_build):
    page = (digits_build / "report.html").read_text(encoding="utf8")
    said = re.findall(
        r'<div class="prose found">.*?</div>|<figcaption>.*?</figcaption>|<p class="figure-title">.*?</p>', page, re.S
    )
    assert len(said) > 60
    assert [text for text in said if re.search(r"\{[a-z_.]+[^{}]*\}", text)] == []
