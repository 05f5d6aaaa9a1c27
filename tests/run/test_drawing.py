"""The parts of the page are drawn beside the run, or after it, and are the same."""

import threading
from concurrent.futures import CancelledError

import nbformat.v4 as v4
import pytest

from report_lib.run import pipeline
from report_lib.run.artifacts import PHASES


def notebook(phase):
    shown = v4.new_output("display_data", {"text/markdown": f"*{phase}*"})
    cells = [v4.new_markdown_cell(f"# What of {phase}?\n\n## In short"), v4.new_code_cell("x", outputs=[shown])]
    return v4.new_notebook(cells=cells)


def test_parts_that_are_drawn_beside_the_run_are_those_that_are_drawn_later():
    with pipeline._page_beside() as draw:
        beside = [draw(phase, notebook(phase)) for phase in PHASES]
    later = [pipeline._page_later(phase, notebook(phase)) for phase in PHASES]
    parts = [awaited()[0] for awaited in beside]
    assert [part["id"] for part in parts] == list(PHASES)
    for part, other in zip(parts, later, strict=True):
        shown, charts = other()
        # Notebooks have random identifiers of cells.
        assert part | {"notebook": ""} == shown | {"notebook": ""}
        assert charts == {}


def test_a_part_that_the_page_cannot_show_is_said_when_it_is_asked_for():
    odd = v4.new_output("display_data", {"application/x-odd": "x"})
    with pipeline._page_beside() as draw:
        awaited = draw(PHASES[1], v4.new_notebook(cells=[v4.new_code_cell("x", outputs=[odd])]))
    with pytest.raises(pipeline.ReportError, match="reduction: an output of type application/x-odd"):
        awaited()


def test_of_a_run_that_is_stopped_nothing_more_is_drawn(monkeypatch):
    stopped = threading.Event()
    monkeypatch.setattr(pipeline, "_load_exporter", lambda: stopped.wait(60))
    beside, stop = pipeline._page_beside(), KeyboardInterrupt()
    awaited = beside.__enter__()(PHASES[0], notebook(PHASES[0]))
    awaited.__self__.add_done_callback(lambda _: stopped.set())
    assert not beside.__exit__(type(stop), stop, None)
    with pytest.raises(CancelledError):
        awaited()
