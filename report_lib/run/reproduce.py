"""A run again from its record: what the record says, how today differs from it, and whether the same comes out."""

import json
import math
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from report_lib.common.errors import ReportError
from report_lib.common.facts import environment
from report_lib.run import artifacts, phases, publish
from report_lib.run.params import Params
from report_lib.run.record import RECORD

BLOCK = re.compile(r'<script type="application/json" id="provenance">(.*?)</script>', re.DOTALL)
# Numbers that another processor, other threads or other versions give may differ by this share.
TOLERANCE = 1e-3
MOST_LISTED = 20


def read(path: Path) -> dict[str, Any]:
    """Return the record of a run, from its `provenance.json`, its page, or its folder.

    Raises
    ------
    ReportError
        When there is none.
    """
    path = path / RECORD if path.is_dir() else path
    try:
        text = path.read_text(encoding="utf8")
        found = BLOCK.search(text) if path.suffix in (".html", ".htm") else None
        record = json.loads(found[1] if found else text)
        if not isinstance(record["parameters"], dict):
            raise KeyError("parameters")
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}; a run leaves {RECORD} and report.html") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(f"{path}: holds no record of a run; take {RECORD} or report.html of one") from error
    return record


def params_of(record: dict[str, Any], path: Path) -> Params:
    """Return the parameters of a record, as they were asked for: fitted to the images they give the same again.

    Raises
    ------
    ReportError
        When this version knows others.
    """
    try:
        return Params.model_validate(record.get("asked", record["parameters"]))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ReportError(
            f"{path}: {where}: {first['msg']}; the record is of another version of the project, "
            f"commit {str(record.get('commit', ''))[:12] or 'unknown'}"
        ) from error


def differences(record: dict[str, Any] | None, about: dict[str, Any]) -> list[str]:
    """Say where today's code, packages, machine or images are not those of a record."""
    if record is None:
        return []
    told = []
    for name in ("commit", "changes", "lock", "processor", "accelerator", "threads"):
        then, now = record.get(name, ""), about.get(name, "")
        if then != now:
            told.append(f"{_TITLES.get(name, name)}: {_short(then)} in the record, {_short(now)} now")
    versions = about["versions"]
    for name in sorted({*versions, *record.get("versions", {})}):
        then, now = record.get("versions", {}).get(name, "none"), versions.get(name, "none")
        if then != now:
            told.append(f"{name}: {then} in the record, {now} now")
    told += [f"{name} are other data than those of the record" for name, own in about["data"].items()
             if record.get("data", {}).get(name) != own]  # fmt: skip
    return told


_TITLES = {"lock": "requirements.lock", "changes": "changes to the commit"}


def _short(value: object) -> str:
    text = str(value)
    return text[:12] if re.fullmatch("[0-9a-f]{40,64}", text) else text or "none"


def again(folder: Path, *, verbose: bool = False) -> tuple[list[str], list[str]]:
    """Make a run again from its record, in a fresh folder and with nothing reused, and compare.

    Returns
    -------
    other : list of str
        As `differences` gives them.
    differ : list of str
        What came out otherwise; empty where everything is identical, or, on another machine or with other packages, every
        number within `TOLERANCE`.
    """
    from report_lib.run.pipeline import run_report

    record = read(folder)
    params = params_of(record, folder / RECORD)
    fresh = Path(tempfile.mkdtemp(prefix=".reproduce-", dir=folder.parent))
    try:
        with environment(**{"REPORT_BUILD_DIR": str(fresh), artifacts.STORE: "off"}):
            made = run_report(params, verbose=verbose).parent
        other = differences(record, read(made))
        return other, list(compare(folder, made, alike=not other))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def compare(folder: Path, made: Path, *, alike: bool) -> Iterator[str]:
    """Say what differs between two runs: numbers, one a line, then files.

    Parameters
    ----------
    alike : bool
        Whether the same bytes are to be expected. Else numbers may differ by `TOLERANCE`, and files are not compared.
    """
    one, other = (json.loads((own / "metrics.json").read_text(encoding="utf8")) for own in (folder, made))
    yield from _numbers(one, other, 0.0 if alike else TOLERANCE)
    if alike:
        names = {name for name in publish.made_by_run(folder) if not name.endswith("times.json")}
        for name in sorted(names - {RECORD, phases.MADE_OF}):
            if _told(folder / name) != _told(made / name):
                yield f"{name}: other bytes"


def _told(path: Path) -> bytes:
    """Return the bytes of a file but for the block of a page that may differ."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return b"not there"
    return BLOCK.sub("", data.decode("utf8"), count=1).encode() if path.suffix == ".html" else data


def _numbers(one: Any, other: Any, tolerance: float, place: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from _numbers(one.get(key), other.get(key), tolerance, f"{place}.{key}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for i, pair in enumerate(zip(one, other, strict=True)):
            yield from _numbers(*pair, tolerance, f"{place}[{i}]")
    elif not _equal(one, other, tolerance):
        yield f"{place}: {other}, not {one}"


def _equal(one: Any, other: Any, tolerance: float) -> bool:
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (one, other))
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance) if numbers and tolerance else one == other
