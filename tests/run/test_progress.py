import io
import re
import threading

import nbformat
import pytest

from report_lib import ROOT
from report_lib.common.notebooks import titled
from report_lib.run import progress as module
from report_lib.run.artifacts import PHASES, notebook_name
from report_lib.run.progress import Progress
from tests.usual import foresee


def notebook():
    cells = [
        nbformat.v4.new_markdown_cell("# Title"),
        nbformat.v4.new_code_cell("import a"),
        nbformat.v4.new_markdown_cell("## First look\n\nwhy"),
        nbformat.v4.new_code_cell("look()"),
        nbformat.v4.new_markdown_cell("## Second look"),
        nbformat.v4.new_code_cell("again()"),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def run(last):
    stream = io.StringIO()
    progress = Progress("mine", last, stream)
    nb = notebook()
    progress.phase("reduction", nb)
    for index, cell in enumerate(nb.cells):
        progress.cell(cell, cell_index=index)
    progress.section_done()
    return progress, stream.getvalue().splitlines()


def test_a_line_a_section_with_phase_and_time():
    progress, lines = run({})
    assert [line.split("  ")[1] for line in lines[1:]] == [
        "reduction: start",
        "reduction: First look",
        "reduction: Second look",
    ]
    assert lines[1].startswith("0:00")
    assert set(progress.times["reduction"]) == {"start", "First look", "Second look"}
    assert lines[0] == "report mine"


def test_what_is_left_is_what_the_last_run_took():
    _, lines = run({"reduction": {"start": 5.0, "First look": 60.0, "Second look": 30.0}})
    assert "about 1:35 left" in lines[1]
    assert "about 1:30 left" in lines[2]
    assert "about 0:30 left" in lines[3]


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on when it is told to."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_a_first_run_is_judged_by_what_as_many_images_take_and_by_how_fast_it_is_so_far(clock, monkeypatch):
    monkeypatch.setattr(
        module, "usual", lambda n, _: {"reduction": {"start": n / 10, "First look": 60.0, "Second look": 30.0}}
    )
    stream, nb = io.StringIO(), notebook()
    progress = Progress("mine", {}, stream)
    progress.expect(100, 784)
    progress.phase("reduction", nb)
    clock[0] = 20.0  # twice as long as foreseen
    for index, cell in enumerate(nb.cells):
        progress.cell(cell, cell_index=index)
    said = stream.getvalue().splitlines()
    assert "a first run: about 1:40" in said[1]
    assert "about 1:40 left" in said[2]
    assert "about 3:00 left" in said[3]


def test_an_earlier_run_knows_better_than_the_table():
    stream = io.StringIO()
    progress = Progress("mine", {"reduction": {"start": 5.0}}, stream)
    progress.expect(70_000, 784)
    assert stream.getvalue().splitlines() == ["report mine"]


def test_time_is_foreseen_for_every_section_and_grows_with_the_images():
    few, many = module.usual(1_797, 64), module.usual(70_000, 784)
    for phase in PHASES:
        nb = nbformat.read(ROOT / "notebooks" / notebook_name(phase), as_version=4)
        assert {title or "start" for title, _ in titled(nb)} >= set(many[phase])
        assert {"start", "In short"} <= set(many[phase])
        assert all(few[phase][section] <= many[phase][section] for section in many[phase])
    assert sum(sum(own.values()) for own in few.values()) < sum(sum(own.values()) for own in many.values()) / 4


def test_larger_images_are_foreseen_to_take_longer_and_smaller_ones_not_to_take_less():
    def seconds(n_pixels):
        return sum(sum(own.values()) for own in module.usual(60_000, n_pixels).values())

    assert seconds(64) == seconds(784)
    # As a run of as many images of 64 x 64 took, 3.3 times as long.
    assert seconds(64 * 64) / seconds(784) == pytest.approx(3.3, rel=0.1)


def test_what_is_foreseen_goes_through_both_runs():
    table = foresee(100, {"a": {"x": 2.0, "y": 5.0}}, 1_100, {"a": {"x": 12.0, "y": 4.0, "z": 1.0}})
    assert table == {"a": {"x": [1.0, 0.01], "y": [4.0, 0.0], "z": [0.0, 0.001]}}


class Terminal(io.StringIO):
    """A stream that a bar is drawn on."""

    def isatty(self):
        return True


def test_a_terminal_has_a_bar_below_whole_lines_and_a_log_has_none():
    last = {"reduction": {"start": 5.0, "First look": 60.0, "Second look": 35.0}}
    terminal, nb = Terminal(), notebook()
    with Progress("mine", last, terminal) as progress:
        progress.phase("reduction", nb)
        for index, cell in enumerate(nb.cells):
            progress.cell(cell, cell_index=index)
        progress.section_done()
    _, lines = run(last)
    written = terminal.getvalue()
    assert "%" in written
    assert "%" not in "".join(lines)
    # What a terminal shows of a line that was begun anew is what came last.
    shown = [line.rsplit("\r", 1)[-1].removeprefix("\x1b[K") for line in written.split("\n")]
    assert [line for line in shown if line.strip()] == lines
    assert not written.rsplit("\r", 1)[-1].strip()


def test_the_bar_goes_by_the_time_that_is_over_and_never_says_more_of_a_section_than_it_was_to_take(clock):
    progress = Progress("mine", {"reduction": {"start": 10.0, "First look": 60.0, "Second look": 30.0}}, io.StringIO())
    progress.phase("reduction", notebook())
    assert progress.share() == 0
    clock[0] = 5.0
    assert progress.share() == pytest.approx(5 / 100)
    clock[0] = 30.0
    assert progress.share() == pytest.approx(30 / 120)
    progress.section_done()
    assert progress.share() == pytest.approx(30 / 120)


def test_the_bar_moves_while_a_section_goes_on(monkeypatch):
    monkeypatch.setattr(module, "TICK", 0.001)
    terminal = Terminal()
    moved = threading.Event()

    def write(text):
        io.StringIO.write(terminal, text)
        if re.search(r"[1-9]%", text):
            moved.set()

    monkeypatch.setattr(terminal, "write", write)
    with Progress("mine", {"reduction": {"start": 0.01, "Second look": 0.01}}, terminal) as progress:
        progress.phase("reduction", notebook())
        assert moved.wait(60)


def test_others_clear_the_line_of_a_terminal_alone():
    assert (module.cleared(Terminal()), module.cleared(io.StringIO())) == ("\r\x1b[K", "")
