"""The report as PDF: what is printed, and what is said where it cannot be."""

import os
import re
import tempfile

import pytest

from report_lib.__main__ import main
from report_lib.common.errors import ReportError
from report_lib.page import exporter, pdf, scores
from tests.browser import CHROMIUM, needs_browser

unix_only = pytest.mark.skipif(os.name != "posix", reason="the browser of this test is a shell script")


@pytest.fixture
def page(tmp_path):
    """A page, in a folder of its own that a PDF can be put into."""
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "report.html"
    path.write_text("<!DOCTYPE html><title>Tiny</title><p>One page.")
    return path


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder that temporary files go to."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def browser_that(tmp_path, monkeypatch, *commands):
    path = tmp_path / "browser"
    path.write_text("\n".join(["#!/bin/sh", *commands]))
    path.chmod(0o755)
    monkeypatch.setenv("REPORT_BROWSER", str(path))
    return path


def test_no_browser_is_one_clear_error(page, tmp_path, monkeypatch):
    monkeypatch.delenv("REPORT_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "MAC", tmp_path / "none")
    with pytest.raises(ReportError, match=r"^no Chromium or Chrome found .* REPORT_BROWSER=path make pdf$"):
        pdf.write_pdf(page, page.with_suffix(".pdf"))
    assert [path.name for path in page.parent.iterdir()] == ["report.html"]


@unix_only
def test_a_browser_that_prints_nothing_leaves_nothing(page, tmp_path, temporary, monkeypatch):
    path = browser_that(tmp_path, monkeypatch, "echo first >&2", 'echo "no display, no paper" >&2', "exit 3")
    old = page.with_suffix(".pdf")
    old.write_bytes(b"%PDF of yesterday")
    with pytest.raises(ReportError) as error:
        pdf.write_pdf(page, old)
    assert str(error.value) == f"{path} did not print {page}: no display, no paper"
    assert old.read_bytes() == b"%PDF of yesterday"
    assert sorted(path.name for path in page.parent.iterdir()) == ["report.html", "report.pdf"]
    assert list(temporary.iterdir()) == []


@unix_only
def test_a_silent_browser_is_told_of(page, tmp_path, monkeypatch):
    browser_that(tmp_path, monkeypatch, "exit 0")
    with pytest.raises(ReportError, match=r"it said nothing$"):
        pdf.write_pdf(page, page.with_suffix(".pdf"))


@unix_only
def test_a_browser_that_never_ends_is_given_up(page, tmp_path, monkeypatch):
    browser_that(tmp_path, monkeypatch, "exec sleep 600")
    monkeypatch.setattr(pdf, "SECONDS", 0.2)
    with pytest.raises(ReportError, match=r"no answer within 0\.2 seconds$"):
        pdf.write_pdf(page, page.with_suffix(".pdf"))


def test_a_browser_that_is_not_there_is_told_of(page, tmp_path, monkeypatch):
    monkeypatch.setenv("REPORT_BROWSER", str(tmp_path / "nowhere"))
    with pytest.raises(ReportError, match=r"nowhere did not print .*: No such file or directory$"):
        pdf.write_pdf(page, page.with_suffix(".pdf"))


@unix_only
def test_the_browser_is_asked_for_the_page_and_an_older_pdf_is_replaced(page, tmp_path, temporary, monkeypatch):
    log = tmp_path / "asked"
    browser_that(
        tmp_path, monkeypatch, f'for a in "$@"; do echo "$a" >> "{log}"; done',
        'for a in "$@"; do case "$a" in --print-to-pdf=*) printf "%%PDF-1.4 new" > "${a#*=}";; esac; done',
    )  # fmt: skip
    path = page.with_suffix(".pdf")
    path.write_bytes(b"%PDF of yesterday")
    assert pdf.write_pdf(page, path) == path
    assert path.read_bytes() == b"%PDF-1.4 new"
    asked = log.read_text().splitlines()
    assert asked[-1] == page.as_uri()
    assert "--headless" in asked
    assert "--no-pdf-header-footer" in asked
    assert sorted(path.name for path in page.parent.iterdir()) == ["report.html", "report.pdf"]
    assert list(temporary.iterdir()) == []


@needs_browser
def test_the_report_is_printed(digits_build, monkeypatch, capsys):
    monkeypatch.setenv("REPORT_BROWSER", CHROMIUM)
    assert main(["pdf", "--run", "digits"]) == 0
    path = digits_build / "report.pdf"
    assert capsys.readouterr().out.strip() == str(path)
    data = path.read_bytes()
    path.unlink()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert 8 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 30
    # Every tile of a sheet is drawn pixel by pixel: smoothing would begin where a picture is smaller than it is printed.
    sizes = [int(n) for n in re.findall(rb"/Width (\d+)", data)]
    assert sum(n >= 224 for n in sizes) > 30


def test_the_running_head_names_the_run_and_nothing_from_data_gets_out_of_it():
    rule = exporter._running_head('Shoes "A" \\ </style>; } · run x')
    assert "Shoes " in rule
    assert "· run x" in rule
    assert rule.count('"') == 4
    assert "<" not in rule
    assert "; }" not in rule.split('content: "')[1].split('"')[0]


@pytest.mark.parametrize("selector", [".heading", ".prose:not(.found)", ".figure-title"])
def test_on_paper_what_leads_to_a_figure_stays_with_it(open_page, selector):
    page = open_page()
    page.emulate_media(media="print")
    assert page.locator(selector).first.evaluate("e => getComputedStyle(e).breakAfter") == "avoid"
    assert page.locator("figure").first.evaluate("e => getComputedStyle(e).breakInside") == "avoid"


def test_on_paper_closed_folds_are_left_out_but_for_their_titles(open_page):
    page = open_page()
    page.emulate_media(media="print")
    fold = page.locator("details.more:has(.prose)").first
    assert fold.locator("summary").first.is_visible()
    assert not fold.locator(".prose").first.is_visible()
    assert page.locator("figure:not(.more *) .fold.reading p").first.is_visible()
    assert not page.locator("figure:not(.more *) .fold .numbers").first.is_visible()


def test_papers_that_figures_are_taken_from_have_their_addresses():
    metrics = {"dataset": {"title": "Fashion-MNIST"}}
    addresses = [own["address"] for own in scores.references(metrics)]
    assert "https://arxiv.org/abs/1708.07747" in addresses
    assert len(set(addresses)) == len(addresses) == 3
    assert scores.references({"dataset": {"title": "digits"}}) == []


@pytest.mark.parametrize("name", ["nope", "", "../x"])
def test_a_run_that_is_not_there_is_one_line(name, capsys):
    assert main(["pdf", "--run", name]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: no run {name!r}; runs that are there: none")


def test_a_run_without_a_report_is_one_line(tmp_path, capsys):
    (tmp_path / "build" / "half").mkdir(parents=True)
    assert main(["pdf", "--run", "half"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "report.html: not there; `make report PARAMS=params/half.yaml` makes it" in line
