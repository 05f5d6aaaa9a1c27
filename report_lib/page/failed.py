"""The page of a run that failed: the notebooks as far as they went, charts as pictures, no scripts."""

import html

import nbformat
from nbconvert.filters import strip_ansi

from report_lib.common.errors import ReportError
from report_lib.page.embed import read, template
from report_lib.page.exporter import PLOTLY, SHOWN, fragment


def failed_page(run: str, said: str, notebooks: dict[str, nbformat.NotebookNode]) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    run : str
    said : str
        What went wrong.
    notebooks : dict of phase to notebook
        Executed, in order; the last one as far as it went. Errors among its outputs are shown with their traceback.
    """
    for notebook in notebooks.values():
        for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
            cell.outputs = [_plain(output) for output in cell.outputs]
    try:
        bodies = [fragment(n, *own)[0]["body"] for n, own in enumerate(notebooks.items(), start=1)]
    except ReportError as error:
        bodies = [f'<pre class="stream">{html.escape(str(error))}</pre>']
    return template("failed").render(run=run, said=said, bodies=bodies, css=read("report.css"))


def _plain(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Show as text what the page has no other way to show."""
    if output.output_type == "stream" or {PLOTLY, *SHOWN} & set(output.get("data", {})):
        return output
    lines = output.get("traceback") or [output.get("data", {}).get("text/plain", output.output_type)]
    text = html.escape(strip_ansi("\n".join(lines)))
    return nbformat.v4.new_output("display_data", {"text/html": f'<pre class="stream">{text}</pre>'})
