"""Several finished runs held against one another: what was asked, what came out, which differences are clear."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import nbformat
import plotly.graph_objects as go

from report_lib.common import style
from report_lib.common.apart import apart
from report_lib.common.metrics import Interval, is_clear
from report_lib.common.prose import decimal, listed, plural
from report_lib.page import changes, numbers, side_by_side
from report_lib.page.embed import read, template
from report_lib.page.exporter import figure_html, stills_on_dark

# What a record says of code and machine, and what readers call it.
SURROUNDINGS = {
    "commit": "commit", "changes": "changes to the commit", "lock": "requirements.lock", "processor": "processor",
    "accelerator": "accelerator", "threads": "threads",
}  # fmt: skip
NOT_CLEAR, SAME, ABSENT = "no clear difference", "the same", "-"
NOTHING = Interval(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Finished:
    """A finished run, as its folder holds it.

    Attributes
    ----------
    name : str
    metrics, record : dict
        What `metrics.json` and `provenance.json` hold.
    notebooks : dict of phase to notebook
        Executed, in order.
    points : dict of str to ndarray
        The arrays of `datamap.DataMap`; empty where the run kept none.
    """

    name: str
    metrics: dict[str, Any]
    record: dict[str, Any]
    notebooks: dict[str, nbformat.NotebookNode]
    points: changes.Points


@dataclass(frozen=True)
class Row:
    """A score of several runs.

    Attributes
    ----------
    group, name : str
    values : list of Interval or None
        One a run; None where a run has none.
    differences : list of Interval or None
        Of each run but the first, above the first.
    """

    group: str
    name: str
    values: list[Interval | None]
    differences: list[Interval | None]

    @property
    def verdicts(self) -> list[str]:
        """What may be said of each run but the first: `higher`, `lower`, that no difference is clear, or nothing."""
        return [verdict(difference) for difference in self.differences]


def verdict(difference: Interval | None) -> str:
    """Say which way a clear difference goes; that there is none, or nothing at all; nothing where one of the two is missing."""
    if difference is None:
        return ""
    if difference == NOTHING:
        return SAME
    return ("higher" if difference.value > 0 else "lower") if is_clear(difference) else NOT_CLEAR


def judged(runs: Sequence[Finished]) -> list[Row]:
    """Return every score that a run has with an interval, all of a group judged at once."""
    found = [numbers.scores(run.metrics, run.record["parameters"]) for run in runs]
    names = dict.fromkeys(name for own in found for name in own)
    rows = []
    for group in dict.fromkeys(group for group, _ in names):
        rows += _judged_together([name for name in names if name[0] == group], found)
    return rows


def _judged_together(names: Sequence[tuple[str, str]], found: Sequence[numbers.Scores]) -> list[Row]:
    first, *others = found
    both = [(i, name) for name in names for i, own in enumerate(others) if name in first and name in own]
    # What a parameter has no part in comes out the same, to the last digit; there is nothing to judge.
    differ = [(i, name) for i, name in both if first[name] != others[i][name]]
    clear = dict.fromkeys(both, NOTHING)
    clear |= zip(differ, apart([(first[name], others[i][name]) for i, name in differ]), strict=True)
    return [
        Row(
            *name,
            [own[name].interval if name in own else None for own in found],
            [clear.get((i, name)) for i in range(len(others))],
        )
        for name in names
    ]


def parameters_that_differ(runs: Sequence[Finished]) -> list[list[str]]:
    """Return the parameters, as fitted to the images, that are not the same in all runs: the name, then one value a run."""
    return _differing([_flat({**run.record["parameters"], "name": ""}) for run in runs])


def surroundings_that_differ(runs: Sequence[Finished]) -> list[list[str]]:
    """Return data, code, versions and machine where they are not the same in all runs, likewise."""
    told = [
        {
            **{f"{part}, SHA-256": own for part, own in run.record.get("data", {}).items()},
            **{title: str(run.record.get(key, "")) or "none" for key, title in SURROUNDINGS.items()},
            **run.record.get("versions", {}),
        }
        for run in runs
    ]
    return [[name, *map(_short, values)] for name, *values in _differing(told)]


def same_data(one: Finished, other: Finished, part: str = "images") -> bool:
    """Say whether two runs had the same images, or labels, by their hashes."""
    first, second = (
        {name: own for name, own in run.record.get("data", {}).items() if name.endswith(part)} for run in (one, other)
    )
    return bool(first) and first == second


def _flat(tree: dict[str, Any], path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in tree.items():
        found |= _flat(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": written(value)}
    return found


def written(value: Any) -> str:
    """Write the value of a parameter."""
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _differing(told: Sequence[dict[str, str]]) -> list[list[str]]:
    names = dict.fromkeys(name for own in told for name in own)
    rows = [[name, *(own.get(name, ABSENT) for own in told)] for name in names]
    return [row for row in rows if len(set(row[1:])) > 1]


def _short(value: str) -> str:
    return value[:12] if re.fullmatch("[0-9a-f]{40,64}", value) else value


def sentences(runs: Sequence[Finished], rows: Sequence[Row]) -> list[str]:
    """Say how far the runs can be compared, and what came of it."""
    first, *others = runs
    said = [_of_data(first, other) for other in others]
    if any(
        name in ("commit", "changes to the commit", "requirements.lock") for name, *_ in surroundings_that_differ(runs)
    ):
        said.append("The runs are of different versions of the project, so a number may differ by its code alone.")
    n = len(parameters_that_differ(runs))
    said.append(
        f"{plural(n, 'parameter')} {'differs' if n == 1 else 'differ'}." if n else "All parameters are the same."
    )
    for i, other in enumerate(others):
        told = [row.verdicts[i] for row in rows if row.verdicts[i]]
        higher, lower, same = (told.count(word) for word in ("higher", "lower", SAME))
        said.append(
            f"Of {plural(len(told), 'score')} that {first.name} and {other.name} both have, {higher:,} "
            f"{'is' if higher == 1 else 'are'} clearly higher in {other.name} and {lower:,} clearly lower; {same:,} "
            f"{'is' if same == 1 else 'are'} the same to the last digit."
            if told
            else f"No score with an interval is in both {first.name} and {other.name}."
        )
    return said


def _of_data(first: Finished, other: Finished) -> str:
    if not same_data(first, other):
        titles = [run.metrics["dataset"]["title"] for run in (first, other)]
        alike = f"both called {titles[0]}" if titles[0] == titles[1] else f"{titles[0]} and {titles[1]}"
        return (
            f"{first.name} and {other.name} are of different images, {alike}: a difference may be that of the images, and no "
            "image is in both."
        )
    labels = "" if same_data(first, other, "labels") else ", with other labels"
    return f"{first.name} and {other.name} are of the same images{labels}."


def compare_page(runs: Sequence[Finished], rows: Sequence[Row]) -> str:
    """Write the page, which fetches nothing and runs nothing.

    Parameters
    ----------
    runs : sequence of Finished
        At least two; the others are held against the first.
    rows : sequence of Row
        As `judged` gives them.
    """
    first, *others = runs
    return template("compare").render(
        css=read("report.css", "runs.css") + stills_on_dark(style.ON_DARK),
        title=listed([run.name for run in runs], "against"),
        names=[run.name for run in runs],
        said=sentences(runs, rows),
        differ=[
            ("Parameters", parameters_that_differ(runs)),
            ("Data, versions and machine", surroundings_that_differ(runs)),
        ],
        groups=_groups(rows),
        images=[_images(i, first, other) for i, other in enumerate(others) if _share_images(first, other)],
        figures=side_by_side.sections([run.notebooks for run in runs]),
        phases=_numbers(runs),
    )


def _groups(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the scores as the template shows them, those that one run alone has apart."""
    groups: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
    for row in rows:
        cells = [numbers.told(row.name, own) if own else (ABSENT, "") for own in row.values]
        told = [
            (
                word if word in ("higher", "lower") else "",
                numbers.difference(row.name, own) if own not in (None, NOTHING) else "",
                word,
            )
            for own, word in zip(row.differences, row.verdicts, strict=True)
        ]
        told_of = {"name": row.name, "cells": cells, "told": told}
        groups.setdefault(row.group, ([], []))[not any(row.differences)].append(told_of)
    return [{"title": title, "rows": both, "alone": alone} for title, (both, alone) in groups.items()]


def _share_images(first: Finished, other: Finished) -> bool:
    return bool(first.points and other.points) and same_data(first, other)


def _images(i: int, first: Finished, other: Finished) -> dict[str, Any]:
    """Return what became of the test images that two runs share."""
    one, two = changes.shared_images(first.points, other.points)
    if not same_data(first, other, "labels"):
        one, two = ({**own, "predicted": (), "suspects": ()} for own in (one, two))
    found = changes.changes(one, two, first.metrics["dataset"]["class_names"])
    return {
        "title": f"{first.name} and {other.name}",
        "n": plural(len(one["rows"]), "test image"),
        "changes": [
            {
                **{"title": own.title, "said": own.said, **changes.counted(own.kinds)},
                "figure": drawn(f"changes-{i}-{j}", f"{i + 1}.{j + 1}", own.figure),
            }
            for j, own in enumerate(found)
        ],
    }


def drawn(place: str, number: str, figure: go.Figure | None) -> str:
    """Return the markup of a figure as a picture; nothing where there is none."""
    return figure_html(place, number, figure.to_plotly_json(), {}) if figure else ""


def _numbers(runs: Sequence[Finished]) -> list[dict[str, Any]]:
    """Return every number of every run, by phase."""
    found = [numbers.every_number(run.metrics) for run in runs]
    phases: dict[str, list[dict[str, Any]]] = {}
    for name in dict.fromkeys(name for own in found for name in own):
        told = [own.get(name, (None, None)) for own in found]
        cells = _cells([value for value, _ in told], [ends for _, ends in told])
        differs = any(value != told[0][0] for value, _ in told)
        phase, _, path = name.partition(".")
        phases.setdefault(phase, []).append({"name": path, "cells": cells, "differs": differs})
    return [{"title": title, "rows": rows, "n": sum(row["differs"] for row in rows)} for title, rows in phases.items()]


def _cells(values: list[Any], intervals: list[dict[str, float] | None]) -> list[tuple[str, str]]:
    if any(isinstance(value, list) for value in values):
        return [_cell_of_list(value, values[0]) for value in values]
    return [
        (
            _number(value),
            f"{decimal(ends['low'])} to {decimal(ends['high'])}" if ends and None not in ends.values() else "",
        )
        for value, ends in zip(values, intervals, strict=True)
    ]


def _cell_of_list(value: Any, first: Any) -> tuple[str, str]:
    """Say of a list how long it is, and in how many places it is not the first run's."""
    if not isinstance(value, list):
        return ABSENT, ""
    if not isinstance(first, list) or len(first) != len(value) or first is value:
        return plural(len(value), "value"), ""
    n = sum(one != other for one, other in zip(first, value, strict=True))
    return plural(len(value), "value"), f"{n:,} differ" if n else "the same"


def _number(value: Any) -> str:
    if value is None:
        return ABSENT
    return f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)
