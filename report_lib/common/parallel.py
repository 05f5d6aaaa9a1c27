"""Several calls at once, each in a process and a thread of its own, so that results do not depend on the machine.

Where the environment names a Dask scheduler, these are processes of its workers.
"""

import logging
import multiprocessing
import os
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import cache
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

import psutil

from report_lib.common import engine, keep, memory
from report_lib.common.errors import ReportError
from report_lib.common.facts import environment, n_threads

Call = tuple[Callable, tuple, dict]
# The key under which a call is kept, and its result or the process that works on it.
Started = tuple[str, Any]
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
# A worker grows by 300 MB when it first imports PyTorch: loky takes that for a leak, and starts another one in its place.
NO_RESTARTS = {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e15"}
# What workers have in their environment.
IN_WORKERS = ONE_THREAD | NO_RESTARTS
# More processes than this would cost more memory than they save time.
MOST_PROCESSES = 8
# What a pipe takes in one piece, and a little less.
LONGEST_LINE = 500
# In a process that calls are sent to, the one that started it.
_is_at_work: list[int] = []
# On a worker, the process that a thread of it has beside it.
_of_this_thread = threading.local()


def numeric_environment() -> dict[str, str]:
    """Return what an environment has to hold before NumPy is imported.

    Sums are rounded alike in every process by as many threads everywhere. Threads that wait give their core away: beside
    other work, ours or another's, a network else learns at a fifth of the speed, its threads spinning for one another.
    """
    pinned = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(n_threads()))
    return pinned | {"OMP_WAIT_POLICY": "PASSIVE"} | memory.KEPT


def at_once(calls: Iterable[Call]) -> Iterator[Any]:
    """Start calling each function with its positional and named arguments; return an iterator of results, in order.

    Work on the first calls goes on while the caller does other things; the later ones start as results are taken, so
    that few arguments are in memory at a time. What is slow here holds Python's lock or goes through small arrays, so
    threads would wait for one another. What is kept of a call is read, and no process is started for it. What is called
    so makes its own calls one after the other, as the others are at work beside it.
    """
    left = iter(calls)
    if _is_at_work:
        return (function(*args, **named) for function, args, named in left)
    return _results(left, deque(_start(call) for call in islice(left, _n_in_flight())))


def _n_in_flight() -> int:
    return engine.n_in_flight() if engine.is_asked_for() else _n_processes() + 1


@cache
def _n_processes() -> int:
    # Loaded here: the command line asks this module for the number of threads alone, and need not wait for it.
    from loky import cpu_count

    return min(n_threads(), cpu_count(), MOST_PROCESSES)


def _results(left: Iterator[Call], started: deque[Started]) -> Iterator[Any]:
    while started:
        key, found = started.popleft()
        if isinstance(found, (Future, engine.Elsewhere)):
            found = _result(found)
            keep.write(key, found)
        started.extend(_start(call) for call in islice(left, 1))
        yield found


def _start(call: Call) -> Started:
    function, args, named = call
    key = keep.key_of(function, args, named)
    found = keep.read(key)
    return key, _submit(call) if found is keep.MISSING else found


def _result(found: Future | engine.Elsewhere) -> Any:
    if isinstance(found, Future):
        return found.result()
    import cloudpickle

    return cloudpickle.loads(found.result())


def _submit(call: Call) -> Future | engine.Elsewhere:
    function, args, named = call
    if engine.is_asked_for():
        import cloudpickle

        what = getattr(function, "__qualname__", type(function).__name__)
        # As bytes, which Dask passes on as they are: it would give arrays another layout, and may make them read-only.
        return engine.submit(what, _in_own_process, what, cloudpickle.dumps(call), _surroundings())
    from loky import get_reusable_executor

    # IPython forgets it when it empties its namespace, and new processes are told of it.
    vars(sys.modules["__main__"]).setdefault("__spec__", None)
    executor = get_reusable_executor(_n_processes(), context=get_ready(), **_options(IN_WORKERS, _way_to_be_heard()))
    return executor.submit(_call_and_tidy, function, args, named)


@cache
def get_ready() -> BaseContext | None:
    """Begin to import in the background what workers need, so that the first call need not wait for it.

    On Linux one process imports `loaded`, and workers are copies of that one: they begin at once and share its memory.
    Elsewhere system libraries do not take being copied.
    """
    if sys.platform != "linux":
        return None
    from multiprocessing.forkserver import ensure_running

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["report_lib.common.loaded"])
    with environment(**IN_WORKERS):
        ensure_running()
    return context


def _call_and_tidy(function: Callable, args: tuple, named: dict[str, Any]) -> Any:
    """Call, and give back the memory that was kept for the call's arrays: the next may be another process's."""
    try:
        return function(*args, **named)
    finally:
        memory.give_back()


def _surroundings() -> dict[str, str]:
    """Return what a process on a worker has to find in its environment to be one of this machine's."""
    passed_on = ("OMP_WAIT_POLICY", "PYTHONHASHSEED", "CUBLAS_WORKSPACE_CONFIG", *memory.KEPT)
    return {name: os.environ[name] for name in passed_on if name in os.environ} | IN_WORKERS | engine.NOT_ASKED_FOR


def _in_own_process(what: str, packed: bytes, surroundings: dict[str, str]) -> bytes:
    """Make a call on a worker, in a process beside it: Dask's own may have threads, and what ends it would end the worker."""
    from loky import BrokenProcessPool

    for _ in range(engine.MOST_TRIES):
        try:
            return _process(surroundings).submit(_call, packed).result()
        except BrokenProcessPool:
            _of_this_thread.__dict__.clear()
    raise ReportError(f"{what}: its process on {socket.gethostname()} ended {engine.MOST_TRIES} times")


def _process(surroundings: dict[str, str]) -> Executor:
    from loky import ProcessPoolExecutor

    if getattr(_of_this_thread, "surroundings", None) != surroundings:
        # Dask's nanny starts its worker as a daemon, which may start no process.
        multiprocessing.current_process().daemon = False
        _of_this_thread.executor = ProcessPoolExecutor(1, **_options(surroundings))
        _of_this_thread.surroundings = surroundings
    return _of_this_thread.executor


def _call(packed: bytes) -> bytes:
    import cloudpickle

    function, args, named = cloudpickle.loads(packed)
    return cloudpickle.dumps(function(*args, **named))


def _options(surroundings: dict[str, str], heard: Connection | None = None) -> dict[str, Any]:
    begin = {"initializer": _begin, "initargs": (os.getpid(), heard)}
    # Processes that wait in vain for a minute give their memory back. Copies have the environment of what they are copies of.
    return {"timeout": 60, "env": surroundings} | begin


def _begin(starter: int, heard: Connection | None) -> None:
    _is_at_work.append(starter)
    die_with(starter)
    if heard:
        logger = logging.getLogger("report_lib")
        logger.addHandler(_ToParent(heard))
        logger.setLevel(logging.INFO)
        logger.propagate = False


class _ToParent(logging.Handler):
    """Sends lines to the process that started this one; one line is one write, so those of several do not mix."""

    def __init__(self, connection: Connection):
        super().__init__()
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            self._connection.send((record.name, record.levelno, record.getMessage()[:LONGEST_LINE]))


@cache
def _way_to_be_heard() -> Connection:
    """Return where workers may send what they log, and log it here, as if it were this process's own."""
    from loky.backend.context import get_context

    reader, writer = get_context().Pipe(duplex=False)

    def listen() -> None:
        with suppress(EOFError, OSError):
            while True:
                name, level, line = reader.recv()
                logging.getLogger(name).log(level, "%s", line)

    threading.Thread(target=listen, daemon=True).start()
    return writer


def die_with(starter: int) -> None:
    """End this process once the one that asked for it is gone; a kernel that is killed cannot tell its workers."""

    def watch() -> None:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(starter)
            # What has ended stays listed until its parent asks about it.
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
