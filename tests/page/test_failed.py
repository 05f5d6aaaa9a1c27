"""What a notebook puts into a page, good or failed, leads nobody away from it."""

import re

import nbformat.v4 as v4
import plotly.graph_objects as go

from report_lib.page.exporter import PLOTLY, fragment
from report_lib.page.failed import failed_page

AWAY = (
    '<link rel=prefetch href="https://example.org">\n\n<META http-equiv="refresh" content="0;url=https://example.org">'
    "\n\n<base href='https://example.org'>\n\n<me<meta>ta http-equiv=refresh>\n\n`<link>` and <em>this</em> stay."
)


def notebook(*cells):
    return v4.new_notebook(cells=[v4.new_markdown_cell("# What?"), *cells])


def code(*outputs):
    return v4.new_code_cell("x", outputs=list(outputs))


def test_markdown_can_neither_fetch_nor_lead_away():
    shown = v4.new_output("display_data", {"text/markdown": AWAY})
    table = v4.new_output("display_data", {"text/html": AWAY})
    phase, _ = fragment(1, "understanding", notebook(v4.new_markdown_cell(AWAY), code(shown, table)))
    assert not re.search(r"<\s*(link|meta|base)\b", phase["body"], flags=re.I)
    assert phase["body"].count("<em>this</em>") == 3


def test_a_failed_page_shows_what_there_is_and_runs_nothing():
    error = v4.new_output("error", ename="E", evalue="", traceback=["\x1b[31mwhy <b>\x1b[0m", "line 2"])
    odd = v4.new_output("display_data", {"application/x-odd": "x", "text/plain": "an <odd> thing"})
    page = failed_page("a run", "said <i>", {"understanding": notebook(code(odd)), "reduction": notebook(code(error))})
    assert "why &lt;b&gt;\nline 2" in page
    assert "an &lt;odd&gt; thing" in page
    assert "said &lt;i&gt;" in page
    assert "<script" not in page
    assert page.index("an &lt;odd") < page.index("why")


def test_a_failed_page_stands_where_a_chart_cannot_be_drawn():
    bare = v4.new_output("display_data", {PLOTLY: go.Figure().to_plotly_json()})
    assert "a figure without title or caption" in failed_page("a run", "said", {"understanding": notebook(code(bare))})
