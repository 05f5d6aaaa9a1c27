"""What a person is told when a notebook fails: where, at which line, why; and the page as far as it went."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from report_lib.common.errors import ReportError
from report_lib.run import publish
from report_lib.run.artifacts import PHASES, notebook_name
from report_lib.run.progress import Progress

if TYPE_CHECKING:
    import nbformat

LONGEST_REASON, LONGEST_CODE = 300, 100
WANT_OF_MEMORY = "perhaps for want of memory; use fewer images or close other programs"


class NotebookFailed(ReportError):
    """A cell failed, or the kernel under it; `cells` are those that were started."""

    def __init__(self, said: str, phase: str, cells: "list[nbformat.NotebookNode]"):
        super().__init__(said)
        self.phase, self.cells = phase, cells


class _Watch:
    """Follows the cells of a notebook for progress, and keeps them: papermill gives back none of a notebook that failed."""

    def __init__(self, progress: Progress):
        self._progress = progress
        self.cells: list[nbformat.NotebookNode] = []

    def __call__(self, cell: "nbformat.NotebookNode", cell_index: int) -> None:
        self.cells.append(cell)
        self._progress.cell(cell, cell_index)


@contextmanager
def told(phase: str, progress: Progress, cell_timeout: int, *, verbose: bool) -> Iterator[_Watch]:
    """Say of a notebook that fails where it did and why; yield what has to be called as each of its cells starts."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    watch = _Watch(progress)
    try:
        yield watch
    except PapermillExecutionError as error:
        kind = "" if error.ename == "ReportError" else error.ename
        what = ": ".join(filter(None, [kind, _first(error.evalue, LONGEST_REASON)]))
        if not error.traceback:
            what = f"it failed and the kernel could not say why, {WANT_OF_MEMORY}"
        detail = "\n".join(["", *error.traceback]) if verbose else ""
        where = _where(phase, progress, error.source, _line(error.traceback, error.source))
        raise NotebookFailed(f"{where}: {what}{detail}", phase, watch.cells) from error
    except (CellTimeoutError, RuntimeError) as error:
        if not isinstance(error, (CellTimeoutError, DeadKernelError)) and not str(error).startswith("Kernel "):
            raise
        what = f"the kernel died, {WANT_OF_MEMORY}"
        if isinstance(error, CellTimeoutError):
            what = f"not done after {cell_timeout:,} seconds; a larger cell_timeout gives it more"
        source = watch.cells[-1].source if watch.cells else ""
        said = f"{_where(phase, progress, source, 0)}: {what}"
        raise NotebookFailed(said, phase, _with_error(watch.cells, said)) from error
    # papermill takes `sys.exit()` for success.
    for cell in watch.cells[-1:]:
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            where = _where(phase, progress, cell.source, 0)
            raise NotebookFailed(f"{where}: it ends the notebook, and there are cells after it", phase, watch.cells)


@contextmanager
def page_of(staged: Path, final: Path) -> Iterator[None]:
    """Keep the page of a run that fails, as far as it went, beside the last good report, and say where."""
    try:
        yield
    except ReportError as error:
        place = ""
        # For want of disk, say, which may be why it failed.
        with suppress(OSError):
            place = f" (the page as far as it went: {_write(error, staged, final)})"
        first, *rest = str(error).split("\n", 1)
        raise ReportError("\n".join([first + place, *rest])) from error


def _write(error: ReportError, staged: Path, final: Path) -> Path:
    import nbformat

    from report_lib.page.failed import failed_page

    paths = {phase: staged / "notebooks" / notebook_name(phase) for phase in PHASES}
    notebooks = {phase: nbformat.read(path, as_version=4) for phase, path in paths.items() if path.is_file()}
    if isinstance(error, NotebookFailed):
        # What papermill has written of it, if anything, begins with a note of its own.
        notebooks.pop(error.phase, None)
        notebooks |= {error.phase: nbformat.v4.new_notebook(cells=error.cells)} if error.cells else {}
    return publish.keep_failed(final, failed_page(final.name, str(error).split("\n", 1)[0], notebooks))


def _where(phase: str, progress: Progress, source: str, line: int) -> str:
    lines = source.splitlines()
    code = lines[line - 1] if 0 < line <= len(lines) else next(filter(str.strip, lines), "")
    at = f", line {line}" if line else ""
    cell = f", cell {progress.n_cells}{at} (`{_first(code.strip(), LONGEST_CODE)}`)" if source else ""
    return f"{notebook_name(phase)}, section {progress.section!r}{cell}"


def _line(traceback: list[str], source: str) -> int:
    """Return which line of the cell failed; 0 where the traceback does not say."""
    found = re.search(r"Cell In\[\d+\], line (\d+)", re.sub(r"\x1b\[[\d;]*m", "", "\n".join(traceback)))
    # IPython does not count empty lines at the start.
    n_empty = next((n for n, line in enumerate(source.splitlines()) if line.strip()), 0)
    return int(found[1]) + n_empty if found else 0


def _first(text: str, longest: int) -> str:
    first = (text.splitlines() or [""])[0]
    return first if len(first) <= longest else first[: longest - 1] + "…"


def _with_error(cells: "list[nbformat.NotebookNode]", said: str) -> "list[nbformat.NotebookNode]":
    from nbformat.v4 import new_output

    if cells and cells[-1].cell_type == "code":
        cells[-1].outputs.append(new_output("error", ename="", evalue="", traceback=[said]))
    return cells
