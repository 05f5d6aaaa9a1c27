"""How a run comes into its folder: guarded before anything is computed, swapped in one step, mended after a kill.

Beside the folders of all runs, `.staging` holds for each run a lock that is never removed, and what is not finished.
A finished run carries a list of what it made; only that is ever deleted.
"""

import ctypes
import errno
import fcntl
import logging
import os
import re
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from report_lib.common.errors import ReportError
from report_lib.run import phases, record
from report_lib.run.artifacts import write_text

log = logging.getLogger(__name__)

STAGING = ".staging"
# In a run's folder: the hash and the path of every file that the run made, as `sha256sum --check` reads them.
MADE = ".report-run"
_LINE = re.compile("(?:([0-9a-f]{64})  )?(.+)")
PDF, FAILED = "report.pdf", "failed.html"
# Made of one report, by `make pdf` or by a run that failed; they go with it.
OF_ONE_REPORT = {PDF, FAILED}
# What a run made that carries no list, from before there were any.
_BEFORE_LISTS = ("report.html", "metrics.json", "provenance.json", "notebooks", "artifacts")
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_NO_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}


@contextmanager
def only_run(final: Path, *, wait: bool = False) -> Iterator[Path]:
    """Keep a run's folder from other runs of its name, and from being lost; yield the folder to write to.

    What a killed run left is mended and removed first, what this one leaves when it fails, at the end.

    Parameters
    ----------
    final : Path
        Where the run will be published.
    wait : bool
        Whether to wait for another run of that name.

    Raises
    ------
    ReportError
        When another run of that name is under way, or the folder could not be replaced in the end.
    """
    staged = final.parent / STAGING / final.name
    _make_folders(staged.parent)
    with staged.with_name(f"{final.name}.lock").open("a") as lock:
        _take(lock.fileno(), final.name, wait)
        _refuse_what_is_no_run(final)
        _mend(staged, final)
        _refuse_what_cannot_be_moved(staged, final)
        try:
            yield staged
        finally:
            _discard(staged)


def publish(staged: Path, final: Path) -> list[str]:
    """Swap a finished run for the one before, in one step, and take along what a person put there.

    Returns
    -------
    list of str
        A sentence for what is gone with the run before.
    """
    made = "".join(f"{own}  {name}\n" for name, own in phases.files_of(staged).items())
    (staged / MADE).write_text(made, encoding="utf8")
    with _no_reader(final):
        printed = (final / PDF).exists()
        _carry_over(final, staged)
        _to_disk(staged)
        with _no_signals():
            _swap(staged, final)
            _sync(final.parent)
            # What a person added meanwhile.
            _carry_over(staged, final)
            _discard(staged)
    return [f"{final / PDF} was printed of the report before and is removed; `make pdf` prints the new one"] * printed


@contextmanager
def reading(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """Keep a run as it is while its files are read: what is published meanwhile waits.

    Parameters
    ----------
    folder : Path
        A finished run.
    alone : bool
        Whether others who read it have to wait, too, as for a file that is written there.
    """
    while True:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            # Some network disks lock no folders; the swap is one step there, too.
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            # Another may have been published while this one was waited for.
            if os.path.samestat(os.fstat(handle), os.stat(folder)):
                yield
                return
        finally:
            os.close(handle)


def keep_failed(final: Path, html: str) -> Path:
    """Put the page of a run that failed beside the last good report; return where it is."""
    final.mkdir(exist_ok=True)
    if not _is_run(final):
        write_text(final / MADE, "")
    write_text(final / FAILED, html)
    return final / FAILED


# --- before anything is computed ------------------------------------------------------------------------------------


def _make_folders(staging: Path) -> None:
    try:
        staging.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"{staging}: cannot be made ({error.strerror}); move away what is in its place") from error


def _take(lock: int, name: str, wait: bool) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        if not wait:
            said = f'another run of {name} is under way; `WAIT=1` waits for it, and SET="name=another" runs beside it'
            raise ReportError(said) from error
        log.info("another run of %s is under way; waiting for it", name)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _refuse_what_is_no_run(final: Path) -> None:
    what = "a symbolic link" if final.is_symlink() else "a file" if final.exists() and not final.is_dir() else ""
    if not what and final.is_dir() and not _is_run(final) and any(final.iterdir()):
        what = "a folder that no run made"
    if what:
        raise ReportError(f'{final}: is {what}, and the report would replace it; move it away, or SET="name=another"')


def _refuse_what_cannot_be_moved(staged: Path, final: Path) -> None:
    """Find out by trying, as far as that can be."""
    try:
        staged.mkdir()
        (staged / MADE).touch()
        (staged / MADE).unlink()
        staged.rename(staged.with_name(f"{final.name}.try"))
        staged.with_name(f"{final.name}.try").rmdir()
    except OSError as error:
        raise ReportError(
            f"{staged}: cannot be written ({error.strerror}); mend that, or REPORT_BUILD_DIR=path"
        ) from error
    places = [staged.parent, final.parent, *([final] if final.exists() else [])]
    if len({place.stat().st_dev for place in places}) > 1 or not all(os.access(p, os.W_OK | os.X_OK) for p in places):
        raise ReportError(f'{final}: cannot be replaced: another disk, or not yours to write; SET="name=another"')


def _is_run(folder: Path) -> bool:
    if (folder / MADE).is_file():
        return True
    return bool(record.of_run(folder))


# --- what is a run's and what is a person's -------------------------------------------------------------------------


def made_by_run(folder: Path) -> dict[str, str]:
    """Return the files that a finished run made, by their place in its folder, with their hashes; empty where no list is.

    Runs of earlier versions have a list without hashes.
    """
    try:
        lines = (folder / MADE).read_text(encoding="utf8").split("\n")
    except (OSError, ValueError):
        return {}
    return {found[2]: found[1] or "" for found in map(_LINE.fullmatch, lines) if found}


def _made(folder: Path) -> set[str]:
    if (folder / MADE).is_file():
        files = {MADE, *made_by_run(folder)} | OF_ONE_REPORT
        return files | {str(above) for name in files for above in PurePosixPath(name).parents}
    tops = [folder / name for name in _BEFORE_LISTS]
    below = [path for top in tops if top.is_dir() for path in top.rglob("*")]
    return {path.relative_to(folder).as_posix() for path in (*tops, *below)} | OF_ONE_REPORT


def _carry_over(old: Path, new: Path) -> None:
    """Give the new folder what a person put into the old one; the same files, not copies, where that can be."""
    if not old.is_dir():
        return
    made, made_now = _made(old), _made(new)
    for place, folders, files in os.walk(old):
        for path in (Path(place) / name for name in (*folders, *files)):
            name = path.relative_to(old).as_posix()
            if name not in made:
                _link(path, new / (f"{name}.kept" if name in made_now else name))


def _link(path: Path, target: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        target.mkdir(parents=True, exist_ok=True)
        return
    if os.path.lexists(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(path, target, follow_symlinks=False)


def _discard(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


# --- the swap -------------------------------------------------------------------------------------------------------


@contextmanager
def _no_reader(final: Path) -> Iterator[None]:
    if not final.is_dir():
        yield
        return
    with reading(final, alone=True):
        yield


@contextmanager
def _no_signals() -> Iterator[None]:
    """Let nobody stop what is as good as done: it would be said that the last report is as it was, and it is not."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _swap(staged: Path, final: Path) -> None:
    """Put the new run in place; the old one is in the new one's place then."""
    if not final.exists():
        os.rename(staged, final)
    elif not _exchange(staged, final):
        # Two steps: `_mend` knows what to do where the second one is missing.
        old = _aside(staged)
        os.rename(final, old)
        os.rename(staged, final)
        os.rename(old, staged)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step, where the system can."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _aside(staged: Path) -> Path:
    return staged.with_name(f"{staged.name}.old")


def _mend(staged: Path, final: Path) -> None:
    """Finish or take back what a killed run began to publish, then remove what it left."""
    leftovers = [folder for folder in (staged, _aside(staged)) if _is_run(folder)]
    if leftovers and not final.exists():
        os.rename(leftovers.pop(0), final)
        log.info("%s is back: a run was stopped while it was being published", final)
    for folder in leftovers:
        _carry_over(folder, final)
    for folder in (staged, _aside(staged), staged.with_name(f"{staged.name}.try")):
        if folder.is_dir():
            shutil.rmtree(folder)


def _to_disk(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        if path.is_dir() or path.is_file():
            _sync(path)


def _sync(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        # A person's file need not be readable.
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
