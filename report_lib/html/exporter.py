"""Executed notebooks in, report.html out.

nbconvert turns each notebook into a fragment; the page then brings fragments, figures' data and plotly.js together.
Data and plotly.js come last, because nbconvert parses what it makes once more.
"""

import base64
import copy
import functools
import gzip
import html
import json
import os
import re
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import plotly.io as pio
from nbconvert.exporters import HTMLExporter
from plotly.offline import get_plotlyjs

from report_lib.errors import ReportError
from report_lib.figures import style
from report_lib.findings import headlines
from report_lib.prose import NOT_IN_THIS_RUN

TEMPLATES = Path(__file__).resolve().parent / "templates"
PLOTLY = "application/vnd.plotly.v1+json"
SHOWN = {"text/html", "text/markdown", "image/png"}


def write_report(
    path: Path,
    notebooks: dict[str, nbformat.NotebookNode],
    metrics: dict[str, Any],
    about: dict[str, Any],
    provenance: dict[str, Any],
) -> Path:
    """Write the page.

    Parameters
    ----------
    path : Path
        `report.html`.
    notebooks : dict of phase to notebook
        Executed, in order.
    metrics : dict
        What `metrics.json` holds.
    about : dict
        Parameters, data hashes, commit and versions: what is the same in every run of the same thing.
    provenance : dict
        The rest, which goes into the page's one block that may differ.

    Raises
    ------
    ReportError
        When a notebook shows something that the page cannot.
    """
    figures: list[tuple[str, str]] = []
    phases = [_phase(number, name, nb, figures) for number, (name, nb) in enumerate(notebooks.items(), start=1)]
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    page = environment.get_template("page.html.j2").render(
        title=f"{metrics['dataset']['title']}: what structure is in these images?",
        dataset=metrics["dataset"],
        lede=headlines.lede(metrics),
        headlines=headlines.headlines(metrics),
        phases=phases,
        about=_about_tables(about),
        figures=figures,
        template=_script_json(pio.templates[style.TEMPLATE].to_plotly_json()),
        provenance=_script_json(provenance),
        plotly_js=packed_plotly(),
        css=(TEMPLATES / "report.css").read_text(encoding="utf8"),
        script=(TEMPLATES / "report.js").read_text(encoding="utf8"),
    )
    part = path.with_suffix(".part")
    part.write_text(page, encoding="utf8")
    os.replace(part, path)
    return path


@functools.cache
def packed_plotly() -> str:
    """Return plotly.js gzipped and in base64, for the page's script to unpack."""
    return base64.b64encode(gzip.compress(get_plotlyjs().encode("utf8"), mtime=0)).decode("ascii")


def _phase(number: int, name: str, notebook: nbformat.NotebookNode, figures: list[tuple[str, str]]) -> dict[str, Any]:
    nb = copy.deepcopy(notebook)
    nb.cells = _merge_silent(_without_unasked(nb.cells))
    sections = _outline(nb, name)
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            _make_showable(output, name, number, figures)
    exporter = HTMLExporter(template_name="report", extra_template_basedirs=[str(TEMPLATES)])
    exporter.exclude_anchor_links = True
    body, _ = exporter.from_notebook_node(nb)
    return {"id": sections[0]["id"], "title": sections[0]["title"], "sections": sections[1:], "body": body}


def _without_unasked(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Drop the sections whose only output says that the run was not asked for them."""
    sections: list[list[nbformat.NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    return [cell for section in sections if not _is_unasked(section) for cell in section]


def _is_unasked(section: list[nbformat.NotebookNode]) -> bool:
    texts = [output.get("data", {}).get("text/markdown", "") for cell in section for output in cell.get("outputs", [])]
    return bool(texts) and all(text.startswith(NOT_IN_THIS_RUN) for text in texts)


def _merge_silent(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Join code cells that show nothing with the code after them, so that they fold as one."""
    merged: list[nbformat.NotebookNode] = []
    for cell in cells:
        last = merged[-1] if merged else None
        if last is not None and cell.cell_type == last.cell_type == "code" and not last.outputs:
            cell.source = f"{last.source}\n\n{cell.source}"
            merged.pop()
        merged.append(cell)
    return merged


def _outline(nb: nbformat.NotebookNode, name: str) -> list[dict[str, str]]:
    """Take headings out of the prose and note in the cells where sections begin; return them in order."""
    sections: list[dict[str, str]] = []
    for cell in nb.cells:
        heading = re.match(r"(#{1,2}) +(.+)\n?", cell.source) if cell.cell_type == "markdown" else None
        if not heading:
            continue
        top, title = len(heading[1]) == 1, heading[2].strip()
        place = {"id": name if top else f"{name}-{_slug(title)}", "title": title}
        cell.metadata["report"] = {
            **place,
            "kind": "phase-start" if top else "part",
            "level": 2 if top else 3,
            "close": bool(sections),
        }
        cell.source = cell.source[heading.end() :].strip()
        sections.append(place)
    return sections


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _make_showable(output: Any, name: str, number: int, figures: list[tuple[str, str]]) -> None:
    """Turn a Plotly output into a figure with an empty chart; refuse what the page has no way to show."""
    if output.output_type == "stream":
        return
    data = output.get("data", {})
    if PLOTLY in data:
        place = f"{name}-figure-{1 + sum(key.startswith(f'{name}-') for key, _ in figures)}"
        markup, figure = _figure(place, f"{number}.{place.rsplit('-', 1)[1]}", data[PLOTLY])
        figures.append((f"{place}-chart", figure))
        output["data"] = {"text/html": markup}
    elif not SHOWN & set(data):
        kinds = ", ".join(data) or output.output_type
        raise ReportError(f"{name}: an output of type {kinds} cannot be shown in the page; use report_lib.display.show")


def _figure(place: str, number: str, figure: dict[str, Any]) -> tuple[str, str]:
    layout = dict(figure["layout"])
    layout.pop("template", None)
    title = layout.pop("title", {}).get("text", "")
    caption = layout.get("meta", {}).get("caption", "")
    if not title or not caption:
        raise ReportError(f"{place}: a figure without title or caption; give it both with figures.style.finish")
    markup = (
        f'<figure id="{place}"><p class="figure-title"><span class="number">Figure {number}</span>{title}</p>'
        f'<div class="plotly-graph-div" id="{place}-chart" role="group" aria-label="{html.escape(html.unescape(title))}" '
        f'style="min-height:{layout.get("height", 420)}px"></div>'
        f"<figcaption>{html.escape(caption)}{_numbers(layout)}</figcaption></figure>"
    )
    return markup, _script_json({"data": figure["data"], "layout": layout})


def _numbers(layout: dict[str, Any]) -> str:
    numbers = layout.get("meta", {}).get("numbers", "")
    return f'<details class="numbers"><summary>The numbers</summary>{html.escape(numbers)}</details>' if numbers else ""


def _script_json(value: Any) -> str:
    """Write JSON that cannot end the script element that it stands in."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--")


def _about_tables(about: dict[str, Any]) -> list[dict[str, Any]]:
    flat = []
    for section, values in about["parameters"].items():
        if isinstance(values, dict):
            flat += [(f"{section}.{key}", _literal(value)) for key, value in values.items()]
        else:
            flat.append((section, _literal(values)))
    versions = [("commit", about["commit"] or "not in a checkout"), *about["versions"].items()]
    return [
        {"title": "Parameters", "header": ("parameter", "value"), "rows": flat},
        {"title": "Data", "header": ("part", "SHA-256"), "rows": list(about["data"].items())},
        {"title": "Versions", "header": ("what", "version"), "rows": versions},
    ]


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
