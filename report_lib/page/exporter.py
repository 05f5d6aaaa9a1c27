"""Executed notebooks in, report.html out.

nbconvert turns each notebook into a fragment; the page then brings fragments, figures' data and plotly.js together.
Data and plotly.js come last, because nbconvert parses what it makes once more.
"""

import base64
import copy
import functools
import hashlib
import html
import itertools
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import plotly.io as pio
from nbconvert.exporters import HTMLExporter

from report_lib.classification.findings import caveats, headlines
from report_lib.classification.findings.answer import answer
from report_lib.classification.lists import MOST
from report_lib.common import display, style
from report_lib.common.errors import ReportError
from report_lib.common.prose import NOT_IN_THIS_RUN
from report_lib.page import explorer, lists, scores
from report_lib.page.embed import TEMPLATES, packed, read, script_json, short, template
from report_lib.page.sheets import is_sheet, sheet
from report_lib.page.stills import still

SCRIPTS = ("base", "charts", "search", "downloads", "lists", "marks", "tables", "map_view", "map_panel", "map", "page")
PLOTLY = "application/vnd.plotly.v1+json"
# The part of plotly.js that draws on two axes, a third of the whole; `docs/extending.md` says how it is renewed.
PLOTLY_JS = TEMPLATES / "plotly-cartesian.min.js"
MOST_HEADLINES = 6
MARKS = "dataset.corrections=marks.csv"
# Columns of cells whose numbers can be read on a phone.
MOST_ON_A_PHONE = 12
# The tag of a cell whose figures and words are folded, and the section that a chapter opens with.
FOLD = "fold"
IN_SHORT = "## In short"
FIGURE = re.compile(r"<!--figure ([\w-]+)-->")
# A Content-Security-Policy does not keep these from asking somebody, or from leaving the page.
LEADS_AWAY = re.compile(r"<(?=/?(?:link|meta|base)\b)", re.I)
SHOWN = {"text/html", "text/markdown", "image/png"}
# What the page shows of a notebook, and what its charts are drawn from.
Fragment = tuple[dict[str, Any], dict[str, Any]]


def write_report(
    path: Path,
    fragments: Sequence[Fragment],
    metrics: dict[str, Any],
    about: dict[str, Any],
    provenance: dict[str, Any],
    points: dict[str, Any],
    listed: dict[str, Any],
) -> Path:
    """Write the page.

    Parameters
    ----------
    path : Path
        `report.html`.
    fragments : sequence of Fragment
        Of each notebook, in order.
    metrics : dict
        What `metrics.json` holds.
    about : dict
        Parameters, what was adjusted in them, data hashes, commit and versions: what is the same in every run of the
        same thing.
    provenance : dict
        The rest, which goes into the page's one block that may differ.
    points : dict of str to ndarray
        The test images as points: the arrays of `datamap.DataMap`.
    listed : dict of str to ndarray
        The arrays of `lists.build`.
    """
    phases = [shown for shown, _ in fragments]
    charts = {place: chart for _, own in fragments for place, chart in own.items()}
    run = about["parameters"]["name"]
    title, names = metrics["dataset"]["title"], metrics["dataset"]["class_names"]
    tables = lists.tables(listed)
    dark = style.ON_DARK | {look.color: look.dark for look in explorer.cluster_looks(points, len(names))}
    of, script = f"{_called(title, run)}{_short_commit(about)}", _script()
    css = read("report.css", "map.css") + stills_on_dark(dark) + _tiles(lists.sprite(listed)) + _running_head(of)
    page = template("page").render(
        title=f"{_called(title, run)}: what structure is in these images?",
        of=of,
        policy=_policy(script),
        data=headlines.data_line(metrics),
        answer=answer(metrics, points["clusters"]),
        headlines=_with_evidence(headlines.headlines(metrics)[:MOST_HEADLINES], phases),
        caveats=caveats.caveats(metrics),
        next=_next(tables, points),
        lists=tables,
        most_listed=MOST,
        marks=script_json(lists.marks(listed, names, about["data"])),
        command_with_marks=_with_marks(about["command"]),
        table=scores.table(metrics),
        references=scores.references(metrics),
        map=explorer.pack(points, names, str(points["method"])),
        phases=phases,
        adjusted=about["adjusted"],
        about=_about_tables(about),
        command=about["command"],
        short_commit=_short_commit(about),
        charts=packed(json.dumps(charts, separators=(",", ":"), sort_keys=True).encode("utf8")),
        palette=script_json(_palette(dark)),
        provenance=script_json(provenance),
        plotly_js=packed_plotly(),
        css=css,
        script=script,
    )
    part = path.with_suffix(".part")
    part.write_text(page, encoding="utf8")
    os.replace(part, path)
    return path


def fragment(number: int, name: str, notebook: nbformat.NotebookNode) -> Fragment:
    """Turn a notebook, executed, into its part of the page.

    Raises
    ------
    ReportError
        When it shows something that the page cannot.
    """
    nb = copy.deepcopy(notebook)
    nb.cells = _merge_silent(_in_short_first(_without_unasked(nb.cells)))
    sections = _outline(nb, name)
    figures: dict[str, str] = {}
    charts: dict[str, Any] = {}
    for i, cell in enumerate(nb.cells):
        if FOLD in cell.metadata.get("tags", []) and cell.get("outputs"):
            cell.metadata["report"] = {"fold": _finding(cell.outputs), "id": f"{name}-fold-{i}"}
        for output in cell.get("outputs", []):
            _make_showable(output, name, number, figures, charts)
    exporter = HTMLExporter(template_name="report", extra_template_basedirs=[str(TEMPLATES)])
    exporter.exclude_anchor_links = True
    body, _ = exporter.from_notebook_node(nb)
    shown = {
        "id": sections[0]["id"],
        "title": sections[0]["title"],
        "sections": sections[1:],
        # Figures come last, because nbconvert parses what it makes once more.
        "body": FIGURE.sub(lambda found: figures[found[1]], LEADS_AWAY.sub("&lt;", body)),
        "file": f"{number:02d}_{name}.ipynb",
        "notebook": _without_outputs(notebook),
    }
    return shown, charts


def _script() -> str:
    """Bring the parts of the page's script together; none of their names is seen outside."""
    return f'"use strict";\n(() => {{\n{read(*(f"js/{name}.js" for name in SCRIPTS))}\n}})();'


def _called(title: str, run: str) -> str:
    """Name the data, and the run where it is called otherwise."""
    alike = re.sub(r"\W|_", "", title).lower() == re.sub(r"\W|_", "", run).lower()
    return title if alike else f"{title}, run {run}"


def _with_marks(command: str) -> str:
    """Return the command that makes the page again with marks that were exported from it."""
    if "FROM=" in command:
        return f'make report … SET="{MARKS}"'
    run, _, settings = command.partition(' SET="')
    others = [one for one in settings.rstrip('"').split() if not one.startswith(MARKS.partition("=")[0])]
    return f'{run} SET="{" ".join([*others, MARKS])}"'


def _short_commit(about: dict[str, Any]) -> str:
    changed = " with local changes" * bool(about["changes"])
    return f" · commit {about['commit'][:7]}{changed}" if about["commit"] else ""


def stills_on_dark(dark: dict[str, str]) -> str:
    """Return the rules that change the colours of static pictures on a dark page, as the script does in charts."""
    rule = '.still [{0}="{1}"] {{ {0}: light-dark({1}, {2}); }}\n'
    stills = "".join(rule.format(part, *pair) for pair in dark.items() for part in ("fill", "stroke"))
    return stills + "".join(
        f'[data-own="{own}"] {{ --own: light-dark({own}, {other}); }}\n' for own, other in dark.items()
    )


def _running_head(text: str) -> str:
    """Return the rules for the head and the foot of each sheet of paper; names of data are no part of the rules."""
    told = "".join(c if c.isalnum() or c in " -.,·" else f"\\{ord(c):x} " for c in text)
    return (
        f'@page {{ @top-left {{ content: "{told}"; color: #565e6a; }} '
        '@top-right { content: counter(page) " / " counter(pages); color: #565e6a; } }\n'
    )


def _policy(script: str) -> str:
    """Return a Content-Security-Policy under which nothing but the page's own script runs, and nothing is fetched.

    What that script adds, plotly.js unpacked, is let through by `strict-dynamic`. Plotly writes styles into elements.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode("utf8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'sha256-{digest}' 'strict-dynamic'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _palette(dark: dict[str, str]) -> dict[str, Any]:
    """Return what the script needs to draw in the page's colours, light and dark."""
    return {
        "template": pio.templates[style.TEMPLATE].to_plotly_json(),
        "titleHeight": style.TITLE_HEIGHT,
        "dark": dark,
        "darkScale": style.SEQUENTIAL_ON_DARK,
        "ink": {"light": "#565e6a", "dark": "#a9b1bc"},
        "raised": style.GROUNDS,
    }


def _with_evidence(findings: Sequence[headlines.Finding], phases: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Lead each finding to the section that shows it, or to its phase where the run has no such section."""
    titles = {own["id"]: own["title"] for phase in phases for own in (phase, *phase["sections"])}
    found = []
    for one in findings:
        place = next((own for own in titles if own.startswith(one.evidence)), one.evidence.partition("-")[0])
        found.append({**vars(one), "evidence": place, "title": titles[place]})
    return found


def _next(tables: Sequence[dict[str, Any]], points: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a reader may do next: the lists, and views of the map."""
    views = {
        "clusters": "The clusters on the map",
        "suspects": "Doubtful test labels on the map",
        "margins": "How sure the model is, on the map",
    }
    looks = [
        {"place": "explore", "view": f"colour={key}", "title": own} for key, own in views.items() if len(points[key])
    ]
    counts = [
        {"place": own["id"], "title": own["title"], "said": f", {len(own['rows'])} with pictures"} for own in tables
    ]
    return counts + looks


def _tiles(sprite: dict[str, Any]) -> str:
    """Return the rule that shows one picture of a sprite, by its column and its line there."""
    if not sprite:
        return ""
    return (
        f'.tile {{ --wide: {sprite["ratio"]:.4f}; background-image: url("{sprite["source"]}"); '
        f"background-size: calc({sprite['columns']} * var(--wide) * var(--high)) auto; }}\n"
    )


@functools.cache
def packed_plotly() -> str:
    """Return plotly.js gzipped and in base64, for the page's script to unpack."""
    return packed(PLOTLY_JS.read_bytes())


def _without_outputs(notebook: nbformat.NotebookNode) -> str:
    """Return a notebook as it can be run again, with the parameters that it ran with, gzipped and in base64."""
    nb = copy.deepcopy(notebook)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return packed(nbformat.writes(nb).encode("utf8"))


def _without_unasked(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Drop the sections, and the folded cells, whose only output says that the run was not asked for them."""
    sections: list[list[nbformat.NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    kept = [cell for section in sections if not _is_unasked(section) for cell in section]
    return [cell for cell in kept if FOLD not in cell.metadata.get("tags", []) or not _is_unasked([cell])]


def _is_unasked(section: list[nbformat.NotebookNode]) -> bool:
    texts = [output.get("data", {}).get("text/markdown", "") for cell in section for output in cell.get("outputs", [])]
    return bool(texts) and all(text.startswith(NOT_IN_THIS_RUN) for text in texts)


def _in_short_first(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Let a chapter open with its section "In short", which a notebook can write only at its end.

    The code that a notebook opens with goes into that section, and so into one fold with the code there.
    """
    at = [i for i, cell in enumerate(cells) if cell.cell_type == "markdown" and cell.source.strip() == IN_SHORT]
    if not at:
        return cells
    (title, *others), (heading, *short) = cells[: at[-1]], cells[at[-1] :]
    opening = list(itertools.takewhile(lambda cell: cell.cell_type == "code", others))
    return [title, heading, *opening, *short, *others[len(opening) :]]


def _finding(outputs: list[Any]) -> str:
    """Return what folded outputs come to: the title of the first figure, else the first sentence."""
    data = [output.get("data", {}) for output in outputs]
    titles = [own[PLOTLY]["layout"].get("title", {}).get("text", "") for own in data if PLOTLY in own]
    said = [re.split(r"(?<=[.?!])\s", own["text/markdown"].strip())[0] for own in data if "text/markdown" in own]
    plain = re.sub(r"\\(?=[^\w\s])|^> |`", "", (titles or said or ["More"])[0])
    return html.unescape(plain).rstrip(".:")


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
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        place = {"id": name if top else f"{name}-{slug}", "title": title}
        cell.metadata["report"] = {
            **place,
            "kind": "phase-start" if top else "part",
            "level": 2 if top else 3,
            "close": bool(sections),
        }
        cell.source = cell.source[heading.end() :].strip()
        sections.append(place)
    return sections


def _make_showable(output: Any, name: str, number: int, figures: dict[str, str], charts: dict[str, Any]) -> None:
    """Turn a Plotly output into a mark where its figure will stand; refuse what the page has no way to show."""
    if output.output_type == "stream":
        return
    data = output.get("data", {})
    if PLOTLY in data:
        i = len(figures) + 1
        place = f"{name}-figure-{i}"
        figures[place] = figure_html(place, f"{number}.{i}", data[PLOTLY], charts)
        output["data"] = {"text/html": f"<!--figure {place}-->"}
    elif "text/html" in data:
        data["text/html"] = data["text/html"].replace(display.STYLE, "")
    elif not SHOWN & set(data):
        kinds = ", ".join(data) or output.output_type
        raise ReportError(f"{name}: an output of type {kinds} cannot be shown in the page; use report_lib.display.show")


def figure_html(place: str, number: str, figure: dict[str, Any], charts: dict[str, Any]) -> str:
    """Return the markup of a figure; what a chart is drawn from goes into `charts`."""
    meta, title = figure["layout"].get("meta", {}), figure["layout"].get("title", {}).get("text", "")
    if not title or not meta.get("caption"):
        raise ReportError(f"{place}: a figure without title or caption; give it both with style.finish")
    own = {"data": figure["data"], "layout": style.without_title(figure["layout"])}
    told = {"place": place, "number": number, "title": html.unescape(title), "meta": meta, "wide": _is_wide(own)}
    if is_sheet(figure):
        picture = {"sheet": sheet(own, meta)}
    else:
        picture = {"still": still(own, f"{place} ({title})")}
        charts[f"{place}-chart"] = short({**own, "title": title})
    return template("figure").render(**told, **picture, height=own["layout"]["height"])


def _is_wide(figure: dict[str, Any]) -> bool:
    """Say whether a figure has so many columns that it scrolls in its frame on a phone."""
    return max((len(t["x"]) for t in figure["data"] if t["type"] == "heatmap"), default=0) > MOST_ON_A_PHONE


def _about_tables(about: dict[str, Any]) -> list[dict[str, Any]]:
    flat = []
    for section, values in about["parameters"].items():
        if isinstance(values, dict):
            flat += [(f"{section}.{key}", _literal(value)) for key, value in values.items()]
        else:
            flat.append((section, _literal(values)))
    changes = f", changed: {about['changes']}" * bool(about["changes"])
    made_with = {"requirements.lock": about["lock"], "processor": about["processor"], "threads": about["threads"]}
    commit = (about["commit"] or "not in a checkout") + changes
    versions = [("commit", commit), *about["versions"].items(), *made_with.items()]
    return [
        {"title": "Parameters", "header": ("parameter", "value"), "rows": flat},
        {"title": "Data", "header": ("part", "SHA-256"), "rows": list(about["data"].items())},
        {"title": "Versions", "header": ("what", "version"), "rows": versions},
    ]


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
