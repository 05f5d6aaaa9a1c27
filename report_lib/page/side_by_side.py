"""The figures of several runs next to one another, as pictures: those that the same place of the same notebook made."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import nbformat

from report_lib.common.errors import ReportError
from report_lib.common.notebooks import titled
from report_lib.page.exporter import PLOTLY, figure_html

Place = tuple[str, str, int, int]


def sections(notebooks: Sequence[dict[str, nbformat.NotebookNode]]) -> list[dict[str, Any]]:
    """Pair the figures of executed notebooks by phase, section, cell and place among the cell's figures.

    Parameters
    ----------
    notebooks : sequence of dict of phase to notebook
        One a run.

    Returns
    -------
    list of dict
        `phase`, `title`; `rows`, for each figure the HTML of every run's, None where a run has none; and `n_same`, how many
        figures are left out because they are the same in all runs.
    """
    runs = [dict(_figures(own)) for own in notebooks]
    places = sorted({place: None for own in runs for place in own}, key=lambda place: _order(place, notebooks))
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for place in places:
        phase, title = place[:2]
        section = found.setdefault((phase, title), {"phase": phase, "title": title, "rows": [], "n_same": 0})
        drawn = [own.get(place) for own in runs]
        if all(one and one[1] == drawn[0][1] for one in drawn):
            section["n_same"] += 1
        else:
            section["rows"].append([_html(i, place[0], *one) if one else None for i, one in enumerate(drawn)])
    return list(found.values())


def _figures(notebooks: dict[str, nbformat.NotebookNode]) -> Iterator[tuple[Place, tuple[str, dict[str, Any]]]]:
    for number, (phase, notebook) in enumerate(notebooks.items(), start=1):
        n_figures = 0
        for title, cell, outputs in _cells(notebook):
            shown = [output["data"][PLOTLY] for output in outputs if PLOTLY in output.get("data", {})]
            for i, figure in enumerate(shown):
                n_figures += 1
                yield (phase, title, cell, i), (f"{number}.{n_figures}", figure)


def _cells(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, int, list[Any]]]:
    """Yield the title of the section, the number within it, and the outputs of each code cell."""
    n: Counter[str] = Counter()
    for title, cell in titled(notebook):
        if cell.cell_type == "code":
            yield title, n[title], cell.outputs
            n[title] += 1


def _order(place: Place, notebooks: Sequence[dict[str, nbformat.NotebookNode]]) -> tuple[int, ...]:
    """Return where a place stands: in the first run's order of sections, those of others alone at the end of a phase."""
    phase, title, *rest = place
    titles = dict.fromkeys(own for run in notebooks if phase in run for own, _, _ in _cells(run[phase]))
    return (list(notebooks[0]).index(phase), list(titles).index(title), *rest)


def _html(run: int, phase: str, number: str, figure: dict[str, Any]) -> str:
    try:
        return figure_html(f"run-{run}-{phase}-figure-{number.replace('.', '-')}", number, figure, {})
    except (ReportError, KeyError) as error:
        # Of another version, which drew what this one does not.
        return f"<p>Figure {number} cannot be drawn here: {type(error).__name__}.</p>"
