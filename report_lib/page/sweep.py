"""The page of a sweep: what varied, what it changed, which run is the best and which a typical one, how far seeds go."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.common import style
from report_lib.common.prose import decimal, deviation, listed, percent, plural
from report_lib.page import numbers
from report_lib.page import sweep_figures as figures
from report_lib.page.compare import drawn, written
from report_lib.page.embed import read, template
from report_lib.page.exporter import stills_on_dark
from report_lib.page.spread import (
    SEED,
    SHARES,
    Explained,
    Swept,
    by_outcome,
    explained,
    is_grid,
    levels,
    mean_agreement,
    outcomes,
    over_seeds,
    settings,
    told,
)

ABSENT = "-"


def sweep_table(runs: Sequence[Swept]) -> tuple[list[str], list[list[Any]]]:
    """Return all runs with what they vary in and what they came to, unrounded."""
    found = [outcomes(own.run.metrics) for own in runs]
    names = list(dict.fromkeys(name for own in found for name in own))
    rows = [
        [own.run.name, *map(written, own.varies.values()), *(came.get(name, "") for name in names)]
        for own, came in zip(runs, found, strict=True)
    ]
    return ["run", *runs[0].varies, *names], rows


def sweep_page(name: str, runs: Sequence[Swept], failed: dict[str, str], table: str) -> str:
    """Write the page, which fetches nothing and runs nothing.

    Parameters
    ----------
    name : str
        Of the sweep.
    runs : sequence of Swept
        Finished, at least one.
    failed : dict of str to str
        Names of runs, and why there is none.
    table : str
        The file of `sweep_table`, beside the page.
    """
    found, groups = by_outcome(runs), settings(runs)
    varied = {key: levels(runs, key) for key in runs[0].varies}
    shares = {of: {key: explained(values, own) for key, (_, own) in varied.items()} for of, values in found.items()}
    return template("sweep").render(
        css=read("report.css", "runs.css") + stills_on_dark(style.ON_DARK),
        title=f"Sweep {name}",
        said=_sentences(runs, found, shares, groups),
        failed=failed,
        file=table,
        runs=_runs(runs, found),
        parallel=drawn("parallel", "1", figures.parallel(runs, found)) if len(runs) > 1 else "",
        against=_against(runs, found),
        shares=_shares(shares),
        adds_up=is_grid(runs, list(varied)),
        seeds=_seeds(runs, groups),
        scores=[(group, score, *_spread(score, *own)) for group, score, *own in over_seeds(runs, groups)],
    )


def _against(runs: Sequence[Swept], found: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return the figures of each parameter: of the first outcome, and of the others."""
    figures_of = []
    # Of what came out the same in all runs there is nothing to draw.
    differ = {of: values for of, values in found.items() if np.ptp(values) > 0}
    for i, key in enumerate(key for key in runs[0].varies if differ and len(levels(runs, key)[0]) > 1):
        own = [
            drawn(f"parameter-{i}-{j}", f"2.{i + 1}.{j + 1}", figures.against(runs, key, of, values))
            for j, (of, values) in enumerate(differ.items())
        ]
        figures_of.append({"name": key, "first": own[0], "more": own[1:]})
    return figures_of


def _ranked(main: np.ndarray) -> tuple[int, int]:
    """Return the best run and a typical one, the one nearest to the median."""
    return int(main.argmax()), int(np.abs(main - np.median(main)).argmin())


def _runs(runs: Sequence[Swept], found: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return the table of runs, the best first."""
    main = next(iter(found.values()))
    best, typical = _ranked(main)
    rows = [
        {
            "name": runs[i].run.name,
            "is": "best" if i == best else "typical" if i == typical else "",
            "cells": [*map(written, runs[i].varies.values()), *(told(of, own[i]) for of, own in found.items())],
        }
        for i in np.argsort(-main, kind="stable")
    ]
    return {"header": ["run", *runs[0].varies, *found], "rows": rows}


def _shares(shares: dict[str, dict[str, Explained | None]]) -> dict[str, Any]:
    """Return the table of what each parameter explains of each outcome; no rows where nothing can be said."""
    rows = [
        (of, *(f"{percent(one.share)} ({percent(one.by_chance)} by chance)" if one else ABSENT for one in own.values()))
        for of, own in shares.items()
        if any(own.values())
    ]
    return {"header": ["outcome", *next(iter(shares.values()), {})], "rows": rows}


def _seeds(runs: Sequence[Swept], groups: dict[str, list[int]]) -> list[tuple[str, str, str]]:
    """Return how alike the clusterings of runs are that differ by their seed alone."""
    found = []
    for name, rows in groups.items():
        alike = mean_agreement([runs[row] for row in rows])
        found.append((name, plural(len(rows), "seed"), ABSENT if alike is None else decimal(alike)))
    return found


def _spread(score: str, values: np.ndarray, spread: float) -> tuple[str, ...]:
    mean, low, high = (numbers.written(score, own) for own in (values.mean(), values.min(), values.max()))
    return mean, deviation(spread, of_shares=numbers.is_share(score)), low, high


def _sentences(
    runs: Sequence[Swept],
    found: dict[str, np.ndarray],
    shares: dict[str, dict[str, Explained | None]],
    groups: dict[str, list[int]],
) -> list[str]:
    varied = [f"{key} ({plural(len(levels(runs, key)[0]), 'value')})" for key in runs[0].varies]
    if len(runs) < 2:
        return [f"One run of the sweep, {runs[0].run.name}."]
    said = [f"{plural(len(runs), 'run')}, which differ in {listed(varied)}."]
    name, main = next(iter(found.items()))
    best, typical = _ranked(main)
    said.append(
        f"The {name} goes from {told(name, main.min())} to {told(name, main.max())}. The best run is "
        f"{runs[best].run.name}, a typical one {runs[typical].run.name} with {told(name, main[typical])}; the best of "
        f"{len(runs):,} is partly luck, so take it as an upper end."
    )
    own = {key: one for key, one in shares[name].items() if one}
    if own:
        first = max(own, key=lambda key: own[key].share - own[key].by_chance)
        clear = own[first].share > own[first].by_chance
        said.append(
            f"{first} explains {percent(own[first].share)} of its spread, where chance alone would give "
            f"{percent(own[first].by_chance)}."
            if clear
            else "No parameter explains more of its spread than chance would."
        )
    if SEED in runs[0].varies and groups:
        moved = float(np.sqrt(np.mean([main[rows].var(ddof=1) for rows in groups.values()])))
        said.append(
            f"Between seeds alone it moves by {deviation(moved, of_shares=name in SHARES)} (standard deviation)."
        )
    return said
