"""What is read off a notebook: the section that each cell stands in."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import nbformat


def titled(notebook: "nbformat.NotebookNode") -> Iterator[tuple[str, "nbformat.NotebookNode"]]:
    """Yield each cell after the title of its section, the heading above it; empty before the first."""
    title = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = next((line for line in cell.source.splitlines() if line.startswith("## ")), None)
            title = heading[3:].strip() if heading else title
        yield title, cell
