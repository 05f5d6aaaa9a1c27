"""A file of a sweep in, the parameters of its runs out: all of them are checked before anything runs."""

import hashlib
import itertools
import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report_lib import ROOT
from report_lib.common.errors import ReportError, did_you_mean
from report_lib.run.params import Params, load_params, read_yaml

DEFAULT = "params/fashion_mnist.yaml"
# The keys of a sweep: the file of parameters, what all runs have, a value from each list, runs by name.
PARAMS, SET, GRID, RUNS = KEYS = "params", "set", "grid", "runs"
MOST_RUNS, LONGEST_NAME = 1_000, 60
# Of a parameter: its value, and where it stands.
Given = dict[str, tuple[Any, str]]


@dataclass(frozen=True)
class Planned:
    """One run of a sweep.

    Attributes
    ----------
    params : Params
    varies : dict of str to value
        Parameters in which the runs of the sweep differ; `params` is the file.
    """

    params: Params
    varies: dict[str, Any]


def read_sweep(path: Path) -> list[Planned]:
    """Return the runs that a file asks for: each of its `runs`, with each combination of its `grid`.

    Raises
    ------
    ReportError
        With file, line and the nearest name, where anything in it is not known or out of range.
    """
    values, lines = read_yaml(path)
    where = {keys: f"{path}, line {line}" for keys, line in lines.items()}
    _check(values, where, path)
    shared = {name: (value, where[SET, name]) for name, value in (values.get(SET) or {}).items()}
    if PARAMS in values:
        shared[PARAMS] = (values[PARAMS], where[(PARAMS,)])
    named = [(name, {key: (value, where[RUNS, name, key]) for key, value in own.items()})
             for name, own in (values.get(RUNS) or {"": {}}).items()]  # fmt: skip
    grid = {name: [(value, where[GRID, name]) for value in own] for name, own in (values.get(GRID) or {}).items()}
    n = len(named) * math.prod(map(len, grid.values()))
    if n > MOST_RUNS:
        raise ReportError(f"{path}: asks for {n:,} runs; a sweep has at most {MOST_RUNS:,}")
    return _planned(path.stem, shared, named, grid)


def _check(values: dict[str, Any], where: dict[tuple[str, ...], str], path: Path) -> None:
    for key in values.keys() - set(KEYS):
        hint = did_you_mean(key, KEYS, cutoff=0.5)
        raise ReportError(f"{where[(key,)]}: a sweep has no {key}; {hint and hint + ' '}known here: {', '.join(KEYS)}")
    if not values.get(GRID) and not values.get(RUNS):
        raise ReportError(
            f"{path}: nothing varies; `grid:` takes parameters with a list of values each, `runs:` names runs"
        )
    for key in (SET, GRID, RUNS):
        if not isinstance(values.get(key) or {}, dict):
            raise ReportError(f"{where[(key,)]}: {key} takes lines beneath it, each a name and what it is to be")
    for name, own in (values.get(GRID) or {}).items():
        if not isinstance(own, list) or not own:
            raise ReportError(f"{where[GRID, name]}: {name} takes a list of values, such as [10, 12], one run each")
        if len(set(map(_exactly, own))) < len(own):
            raise ReportError(f"{where[GRID, name]}: {name} has a value twice, which would be the same run again")
    for name, own in (values.get(RUNS) or {}).items():
        if not isinstance(own, dict):
            raise ReportError(f"{where[RUNS, name]}: {name} takes parameters and their values, such as {{seed: 1}}")
    named = [keys for keys in where if keys[-1] == "name" and len(keys) == (3 if keys[0] == RUNS else 2)]
    if named:
        raise ReportError(f"{where[named[0]]}: runs of a sweep are named after what varies; leave name out")


def _planned(
    sweep: str, shared: Given, named: list[tuple[str, Given]], grid: dict[str, list[tuple[Any, str]]]
) -> list[Planned]:
    varying = list(dict.fromkeys([*(key for _, own in named for key in own), *grid]))
    short = _short(varying)
    taken: set[str] = set()
    checked: list[tuple[Params, Given]] = []
    for title, own in named:
        for point in itertools.product(*grid.values()):
            given = {**shared, **own, **dict(zip(grid, point, strict=True))}
            parts = [title] * bool(title) + [
                f"{short[key]}_{_slug(value)}" for key, (value, _) in zip(grid, point, strict=True)
            ]
            exactly = _exactly([title, *(value for value, _ in point)])
            checked.append((_params(given, _named(sweep, parts, exactly, taken)), given))
    # A name that is none is told of by the run that has it, not by the first.
    return [Planned(params, {key: _value(params, given, key) for key in varying}) for params, given in checked]


def _params(given: Given, name: str) -> Params:
    file, where = given.get(PARAMS, (DEFAULT, ""))
    if not isinstance(file, str):
        raise ReportError(f"{where}: params is {file!r}; it takes the path of a file of parameters")
    path = os.path.relpath(ROOT / file)
    rest = {key: value for key, value in given.items() if key != PARAMS}
    for key, (value, place) in rest.items():
        if isinstance(value, dict) or not re.fullmatch(r"\w+(\.\w+)?", key):
            raise ReportError(f"{place}: {key!r}: write it as section.parameter, such as clustering.n_clusters")
    return load_params(path, [f"name={name}"], rest)


def _value(params: Params, given: Given, key: str) -> Any:
    if key == PARAMS:
        return Path(given.get(PARAMS, (DEFAULT, ""))[0]).stem
    found: Any = params
    for part in key.split("."):
        found = getattr(found, part)
    return found


def _short(keys: list[str]) -> dict[str, str]:
    """Return what parameters are called in names of runs: their last part, where no two share it."""
    last = [key.rpartition(".")[2] for key in keys]
    return {key: own if last.count(own) == 1 else _slug(key) for key, own in zip(keys, last, strict=True)}


def _slug(value: Any) -> str:
    text = Path(value).stem if isinstance(value, str) and value.endswith((".yaml", ".yml")) else value
    text = text if isinstance(text, str) else _exactly(text)
    return re.sub("[^A-Za-z0-9-]+", "_", text).strip("_") or "none"


def _exactly(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _named(sweep: str, parts: list[str], exactly: str, taken: set[str]) -> str:
    """Name a run after its sweep and what varies; what is too long, or taken, ends in a hash of what exactly it is."""
    name = _slug("-".join([sweep, *parts]))
    if len(name) > LONGEST_NAME or name in taken:
        name = f"{name[:LONGEST_NAME]}-{hashlib.sha256(exactly.encode()).hexdigest()[:6]}"
    taken.add(name)
    return name
