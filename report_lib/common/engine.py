"""Other machines: the Dask scheduler that the environment names, and what is asked of its workers.

Nothing here is used, and Dask need not be there, unless `DASK_SCHEDULER_ADDRESS` or `DASK_SCHEDULER_FILE` is set.
"""

import asyncio
import hashlib
import importlib.metadata
import json
import logging
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_lib import ROOT
from report_lib.common import facts
from report_lib.common.errors import ReportError
from report_lib.common.prose import plural

if TYPE_CHECKING:
    from distributed import Client

ADDRESS, FILE = "DASK_SCHEDULER_ADDRESS", "DASK_SCHEDULER_FILE"
# What is started on a worker works there alone: if it waited for other workers, all of them could wait for one another.
NOT_ASKED_FOR = {ADDRESS: "", FILE: ""}
# For each answer of the scheduler, unless Dask's own `distributed.comm.timeouts.connect` is shorter.
SECONDS = 10.0
# Calls that are sent at a time: their arguments are in the memory of the scheduler, too.
MOST_IN_FLIGHT = 64
# A process that ended under a call, or a run, is started again so often in all.
MOST_TRIES = 3
_connected: list["Client"] = []


def is_asked_for() -> bool:
    """Say whether the environment names a scheduler."""
    return bool(os.environ.get(ADDRESS) or os.environ.get(FILE))


class Elsewhere:
    """What a worker has been asked for.

    Parameters
    ----------
    future : Future
        Has the result as soon as there is one: a worker that is gone takes none along.
    what : str
        For messages.
    """

    def __init__(self, future: Future, what: str):
        self.future, self.what = future, what

    def result(self) -> Any:
        """Wait for the result and return it.

        Raises
        ------
        ReportError
            When one worker after another ended over it, or the scheduler is gone.
        """
        from distributed import KilledWorker

        try:
            return self.future.result()
        except KilledWorker as error:
            last = error.last_worker.address
            raise ReportError(f"{self.what}: one worker after another ended over it, the last at {last}") from error
        except CancelledError as error:
            raise ReportError(
                f"{self.what}: the Dask scheduler is gone; the same command goes on from what is finished"
            ) from error


def submit(what: str, function: Callable, *args: Any) -> Elsewhere:
    """Ask for a call on any worker, which is asked of another one if that ends."""
    executor = client().get_executor(pure=False)
    return Elsewhere(executor.submit(_on_worker, identity(), function, *args), what)


def n_in_flight() -> int:
    """Return how many calls are sent at a time: one for each thread of the workers, and the next."""
    return min(sum(client().nthreads().values()) + 1, MOST_IN_FLIGHT)


def told() -> str:
    """Return who does the work; ReportError says why it cannot go there."""
    workers = len(client().nthreads())
    dashboard = client().dashboard_link if "dashboard" in client().scheduler_info()["services"] else ""
    return f"{plural(workers, 'worker')} of {client().scheduler.address}" + bool(dashboard) * f", watch {dashboard}"


def client() -> "Client":
    """Connect to the scheduler, once.

    Raises
    ------
    ReportError
        When none answers in time, it has no workers, or one of these is of another version.
    """
    if _connected and _connected[0].status == "closed":
        disconnect()
    if not _connected:
        try:
            import distributed  # noqa: F401
        except ImportError as error:
            named = ADDRESS if os.environ.get(ADDRESS) else FILE
            raise ReportError(f'{named} is set, and Dask is not there: `pip install ".[cluster]"` brings it') from error
        _connected.append(_connect(_address()))
    return _connected[0]


def disconnect() -> None:
    """Leave the scheduler."""
    while _connected:
        _connected.pop().close()


def _address() -> str:
    if os.environ.get(ADDRESS):
        return os.environ[ADDRESS]
    path = Path(os.environ[FILE])
    try:
        return json.loads(path.read_text(encoding="utf8"))["address"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(f"{path}: not there, or not what `dask scheduler --scheduler-file` writes") from error


def _connect(where: str) -> "Client":
    import dask
    from dask.utils import parse_timedelta
    from distributed import Client, Security

    # Dask gives some of its loggers levels of their own. What matters is said here, in one line.
    for name in [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # Arguments are arrays; it would warn of each.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"})
    seconds = min(SECONDS, parse_timedelta(dask.config.get("distributed.comm.timeouts.connect")))
    security = Security()
    try:
        _within(seconds, lambda: asyncio.run(_greet(where, security, seconds)))
        found = _within(seconds, lambda: Client(where, security=security, timeout=seconds, set_as_default=False))
    except Exception as error:
        why = "" if isinstance(error, TimeoutError) else f": {(str(error).splitlines() or [type(error).__name__])[0]}"
        raise ReportError(f"no Dask scheduler answers at {where} within {seconds:g} seconds{why}") from error
    try:
        _check_workers(found, where, seconds)
    except BaseException:
        found.close(timeout=1)
        raise
    return found


def _within(seconds: float, function: Callable[[], Any]) -> Any:
    """Call a function in a thread that is left to itself if it takes longer: Dask waits for ever for some answers."""
    answer: Future = Future()

    def call() -> None:
        try:
            answer.set_result(function())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    return answer.result(timeout=seconds)


async def _greet(where: str, security: Any, seconds: float) -> None:
    """See that a scheduler answers: it may be anything that listens, and a client would wait for it."""
    from distributed.core import connect

    # Longer than who waits for this: one message of a time limit.
    comm = await connect(where, timeout=2 * seconds, **security.get_connection_args("client"))
    await comm.write({"op": "identity", "reply": True})
    found = await comm.read()
    comm.abort()
    if found.get("type") != "Scheduler":
        raise ValueError(f"what is there is a {found.get('type')}")


# --- who the workers are --------------------------------------------------------------------------------------------


def _check_workers(found: "Client", where: str, seconds: float) -> None:
    try:
        found.wait_for_workers(1, timeout=seconds)
        # Another Python may not understand what is asked below.
        versions = _within(seconds, lambda: found.get_versions()["workers"])
        for worker, own in versions.items():
            here = {"Python": identity()["Python"]}
            if own and (told := _differences({"Python": _python(own["host"]["python"])}, here)):
                raise ReportError(f"worker {worker} has {told}")
        answers = _within(seconds, lambda: found.run(identity, on_error="return"))
    except TimeoutError as error:
        said = f"within {seconds:g} seconds; `dask worker {where} --nthreads 1` starts one"
        raise ReportError(f"no worker of the Dask scheduler at {where} answers {said}") from error
    for worker, own in answers.items():
        if not isinstance(own, dict):
            raise ReportError(f"worker {worker} has no report_lib that can do this: {str(own).splitlines()[0]}")
        if told := _differences(own, identity()):
            raise ReportError(f"worker {worker} has {told}")


@cache
def identity() -> dict[str, str]:
    """Return what has to be the same everywhere: this library, by its files, Python, and the packages that compute."""
    paths = [*(ROOT / "report_lib").rglob("*.*"), *(ROOT / "notebooks").glob("*.ipynb")]
    told = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file() and path.suffix != ".pyc"):
        told.update(path.relative_to(ROOT).as_posix().encode() + hashlib.sha256(path.read_bytes()).digest())
    # A build for a processor has the same version.
    packages = {name: version.partition("+")[0] for name, version in facts.versions().items()}
    python = _python(packages.pop("python"))
    own = f"{importlib.metadata.version('report_lib')} ({told.hexdigest()[:12]})"
    return {"report_lib": own, "Python": python} | packages


def _python(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _differences(there: dict[str, str], here: dict[str, str]) -> str:
    named = ((name, there.get(name, "none"), own) for name, own in here.items())
    return " and ".join(f"{name} {found}, not {own} as here" for name, found, own in named if found != own)


def _on_worker(asked_by: dict[str, str], function: Callable, *args: Any) -> Any:
    """Call a function on a worker, which may have come later than others were looked at."""
    if told := _differences(identity(), asked_by):
        raise ReportError(f"the worker on {socket.gethostname()} has {told}")
    return function(*args)
