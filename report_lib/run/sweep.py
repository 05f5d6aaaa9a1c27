"""Many runs of one file, here or on a cluster: what is finished stays, what fails stops no other, one page tells of all."""

import logging
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from report_lib.common import engine
from report_lib.common.errors import ReportError
from report_lib.common.prose import plural
from report_lib.run import artifacts, cluster, record
from report_lib.run.compare import read_run
from report_lib.run.params import Params
from report_lib.run.pipeline import is_done, run_report
from report_lib.run.sweep_file import Planned, read_sweep

# More runs than these are made only for who confirms it.
MOST_UNASKED = 50
log = logging.getLogger(__name__)


def sweep(
    path: Path, *, confirmed: bool = False, verbose: bool = False, is_stopped: Callable[[], bool] = lambda: False
) -> tuple[Path, dict[str, str]]:
    """Make the runs that a file asks for and that are not there yet, then a page of all of them.

    Parameters
    ----------
    path : Path
        As `sweep_file.read_sweep` takes it.
    confirmed : bool
        Whether more than `MOST_UNASKED` may be made.
    verbose : bool
        Whether the message of a cell that failed has the traceback.
    is_stopped : callable
        Whether somebody has asked to stop: a run that was stopped may look like one that failed.

    Returns
    -------
    page : Path
        Such as `build/sweep-seeds.html`; a table beside it has the same name and ends in `.csv`.
    failed : dict of str to str
        Names of runs, and why there is none.

    Raises
    ------
    ReportError
        When the file is not what it should be, too many runs are left, or none succeeded.
    """
    planned = read_sweep(path)
    left = [run for run in planned if not _is_done(run.params)]
    log.info("%s", _told(path.stem, planned, left))
    if len(left) > MOST_UNASKED and not confirmed:
        raise ReportError(f"{path}: makes {len(left):,} runs, more than {MOST_UNASKED}; `CONFIRM=1` goes ahead")
    waiting = [run.params for run in left]
    is_elsewhere = bool(waiting) and engine.is_asked_for()
    made = cluster.make_all(waiting) if is_elsewhere else _in_turn(path.stem, waiting, verbose, is_stopped)
    failed: dict[str, str] = {}
    for i, (name, why) in enumerate(made, start=1):
        if is_elsewhere and not why:
            log.info("sweep %s: %s of %s are done, the last is %s", path.stem, f"{i:,}", f"{len(left):,}", name)
        if why:
            failed[name] = why
            log.info("%s failed: %s", name, why)
    return _write_page(path.stem, planned, failed), failed


def _in_turn(
    sweep: str, waiting: Sequence[Params], verbose: bool, is_stopped: Callable[[], bool]
) -> Iterator[tuple[str, str]]:
    """Make runs one after the other; yield the name of each, and why there is none."""
    for i, params in enumerate(waiting, start=1):
        log.info("sweep %s: run %s of %s, %s", sweep, f"{i:,}", f"{len(waiting):,}", params.name)
        why = ""
        try:
            run_report(params, verbose=verbose)
        except Exception as error:
            if is_stopped():
                raise
            why = str(error) if isinstance(error, ReportError) else f"{type(error).__name__}: {error}"
        yield params.name, why


def _is_done(params: Params) -> bool:
    try:
        return is_done(params)
    except ReportError:
        # Why its images cannot be had is said when its turn comes.
        return False


def _told(name: str, planned: Sequence[Planned], left: Sequence[Planned]) -> str:
    """Say how many runs there are, how many are done, and about how long the others take."""
    known = _seconds_by_source()
    seconds = [known[run.params.dataset.source] for run in left if run.params.dataset.source in known]
    said = f"sweep {name}: {plural(len(planned), 'run')}, {len(planned) - len(left):,} of them done already"
    if seconds:
        said += f"; at most about {_clock(sum(seconds))} for {_others(len(seconds))}: what they share is made once"
    if len(seconds) < len(left):
        said += f"; no earlier run to judge the time of {len(left) - len(seconds):,} by"
    return said


def _others(n: int) -> str:
    return "the other one" if n == 1 else f"{n:,} others"


def _seconds_by_source() -> dict[str, float]:
    """Return how long a run on each kind of images took, all its sections together; the middle one of earlier runs."""
    found: dict[str, list[float]] = {}
    for folder in artifacts.build_dir().glob("[!.]*"):
        told = record.of_run(folder)
        source = told.get("parameters", {}).get("dataset", {}).get("source")
        seconds = sum(sum(own.values()) for own in told.get("sections", {}).values())
        if source and seconds:
            found.setdefault(source, []).append(seconds)
    return {source: statistics.median(seconds) for source, seconds in found.items()}


def _clock(seconds: float) -> str:
    minutes = seconds / 60
    return plural(max(1, round(minutes)), "minute") if minutes < 90 else plural(round(minutes / 60), "hour")


def _write_page(name: str, planned: Sequence[Planned], failed: dict[str, str]) -> Path:
    from report_lib.page.sweep import Swept, sweep_page, sweep_table

    done = [run for run in planned if run.params.name not in failed]
    if not done:
        raise ReportError(
            f"no run of the sweep succeeded; the first, {next(iter(failed))}: {next(iter(failed.values()))}"
        )
    runs = [Swept(read_run(run.params.name, with_notebooks=False), run.varies) for run in done]
    page = artifacts.build_dir() / f"sweep-{name}.html"
    artifacts.write_csv(page.with_suffix(".csv"), *sweep_table(runs))
    artifacts.write_text(page, sweep_page(name, runs, failed, page.with_suffix(".csv").name))
    return page
