"""Finished runs on disk in, a page about them and a table for the terminal out."""

from collections.abc import Sequence
from pathlib import Path

from report_lib.common.errors import ReportError
from report_lib.common.prose import listed, plural
from report_lib.page import numbers
from report_lib.page.compare import (
    SAME,
    Finished,
    Row,
    compare_page,
    judged,
    parameters_that_differ,
    sentences,
)
from report_lib.run import artifacts, publish, reproduce
from report_lib.run.pipeline import existing

FORMATS = ("text", "md")
LONGEST_NAME = 120
# Values of parameters, in a table of text.
LONGEST_VALUE = 40


def compare(names: Sequence[str], form: str = "text") -> tuple[Path, str]:
    """Hold runs against the first of them.

    Parameters
    ----------
    names : sequence of str
    form : {"text", "md"}
        Of the table: aligned for a terminal, or Markdown for a pull request.

    Returns
    -------
    page : Path
    told : str
        The same in short: what can be compared, the parameters that differ, the scores and the verdicts.

    Raises
    ------
    ReportError
        When there are not two runs of those names.
    """
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise ReportError('name two runs or more, each once: `make compare RUNS="fashion_mnist classic"`')
    if form not in FORMATS:
        raise ReportError(f"FORMAT={form}: it takes {' or '.join(FORMATS)}")
    runs = [read_run(name) for name in names]
    rows = judged(runs)
    page = artifacts.build_dir() / f"compare-{_joined(names)}.html"
    artifacts.write_text(page, compare_page(runs, rows))
    return page, _told(runs, rows, form)


def read_run(name: str, *, with_notebooks: bool = True) -> Finished:
    """Read what a finished run left; its notebooks are most of the work.

    Raises
    ------
    ReportError
        When there is none, or files of it are missing.
    """
    import nbformat

    run = existing(name)
    with publish.reading(run.folder):
        record = reproduce.read(run.folder)
        paths = sorted((run.folder / "notebooks").glob("*.ipynb")) if with_notebooks else []
        read = {path.stem.partition("_")[2]: nbformat.read(path, as_version=4) for path in paths}
        notebooks = {phase: read[phase] for phase in artifacts.PHASES if phase in read}
        points = run.load("datamap") if run.path("datamap").is_file() else {}
        return Finished(name, run.metrics(), record, notebooks, points)


def _joined(names: Sequence[str]) -> str:
    """Name a page after its runs; after the first and how many others where that would be too long for a file."""
    joined = "-".join(names)
    return joined if len(joined) <= LONGEST_NAME else f"{names[0][:LONGEST_NAME]}-and-{len(names) - 1}-others"


def _told(runs: Sequence[Finished], rows: Sequence[Row], form: str) -> str:
    names = [run.name for run in runs]
    parts = ["\n".join(f"- {own}" if form == "md" else own for own in sentences(runs, rows))]
    differ = [[name, *map(_cut, values)] for name, *values in parameters_that_differ(runs)]
    if differ:
        parts.append(table(["parameter", *names], differ, form))
    judged_ones = [row for row in rows if any(row.differences)]
    differ = [row for row in judged_ones if set(row.verdicts) - {SAME, ""}]
    heads = [f"difference of {name}" for name in names[1:]] if len(names) > 2 else ["difference"]
    for group in dict.fromkeys(row.group for row in differ):
        lines = [_line(row) for row in differ if row.group == group]
        parts.append(table([group, *names, *heads], lines, form))
    left_out = {
        "the same to the last digit": len(judged_ones) - len(differ),
        "of one run alone": len(rows) - len(judged_ones),
    }
    counted = [f"{plural(n, 'score')} {what}" for what, n in left_out.items() if n]
    return "\n\n".join([*parts, *([f"Left out here: {listed(counted)}."] if counted else [])])


def _line(row: Row) -> list[str]:
    values = ["{} ({})".format(*numbers.told(row.name, own)) if own else "-" for own in row.values]
    told = [
        word if word in (SAME, "") else f"{word}, {numbers.difference(row.name, own)}"
        for own, word in zip(row.differences, row.verdicts, strict=True)
    ]
    return [row.name, *values, *told]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], form: str) -> str:
    """Write a table in aligned text, or in Markdown."""
    lines = [[" ".join(str(cell).split()).replace("|", "\\|" if form == "md" else "|") for cell in row]
             for row in (head, *rows)]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if form == "md":
        lines.insert(1, ["---"] * len(head))
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                     for line in lines)  # fmt: skip
