import io

import nbformat

from report_lib.run.progress import Progress


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
    assert "no earlier run" in lines[0]


def test_what_is_left_is_what_the_last_run_took():
    _, lines = run({"reduction": {"start": 5.0, "First look": 60.0, "Second look": 30.0}})
    assert "about 1:35 left" in lines[1]
    assert "about 1:30 left" in lines[2]
    assert "about 0:30 left" in lines[3]
