"""Small notebooks in the place of the four, for what goes wrong in one."""

import nbformat

from report_lib.__main__ import main
from report_lib.run import plan
from report_lib.run.artifacts import PHASES, notebook_name


def fails(capfd, *arguments):
    """Run the command, expect it to fail, and return its one line."""
    assert main(list(arguments)) == 1
    errors = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    return errors[0]


def with_notebooks(monkeypatch, tmp_path, **sources):
    """Put notebooks of one cell each in the place of the four; all but the named ones do nothing."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for phase in PHASES:
        parameters = nbformat.v4.new_code_cell("run = ''", metadata={"tags": ["parameters"]})
        work = nbformat.v4.new_code_cell(sources.get(phase, ""))
        cells = [
            nbformat.v4.new_markdown_cell("# What?"),
            parameters,
            nbformat.v4.new_markdown_cell("## Trouble"),
            work,
        ]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python), folder / notebook_name(phase))
    monkeypatch.setattr(plan, "NOTEBOOKS", folder)
