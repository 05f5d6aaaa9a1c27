"""Several calls at once, each in a process and a thread of its own, so that results do not depend on the machine."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import cache
from itertools import islice
from typing import Any

from report_lib.common import keep
from report_lib.common.facts import n_threads

Call = tuple[Callable, tuple, dict]
# The key under which a call is kept, and its result or the process that works on it.
Started = tuple[str, Any]
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
# A worker grows by 300 MB when it first imports PyTorch: loky takes that for a leak, and starts another one in its place.
NO_RESTARTS = {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e15"}
# More processes than this would cost more memory than they save time.
MOST_PROCESSES = 8


def pinned_threads() -> dict[str, str]:
    """Return what an environment has to hold before NumPy is imported, for sums to be rounded alike in every process.

    Threads that wait give their core away: beside other work, ours or another's, a network else learns at a fifth of the
    speed, its threads spinning for one another.
    """
    pinned = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(n_threads()))
    return pinned | {"OMP_WAIT_POLICY": "PASSIVE"}


def at_once(calls: Iterable[Call]) -> Iterator[Any]:
    """Start calling each function with its positional and named arguments; return an iterator of results, in order.

    Work on the first calls goes on while the caller does other things; the later ones start as results are taken, so
    that few arguments are in memory at a time. What is slow here holds Python's lock or goes through small arrays, so
    threads would wait for one another. What is kept of a call is read, and no process is started for it.
    """
    left = iter(calls)
    return _results(left, deque(_start(call) for call in islice(left, _n_processes() + 1)))


@cache
def _n_processes() -> int:
    # Loaded here: the command line asks this module for the number of threads alone, and need not wait for it.
    from loky import cpu_count

    return min(n_threads(), cpu_count(), MOST_PROCESSES)


def _results(left: Iterator[Call], started: deque[Started]) -> Iterator[Any]:
    while started:
        key, found = started.popleft()
        if isinstance(found, Future):
            found = found.result()
            keep.write(key, found)
        started.extend(_start(call) for call in islice(left, 1))
        yield found


def _start(call: Call) -> Started:
    function, args, named = call
    key = keep.key_of(function, args, named)
    found = keep.read(key)
    return key, _submit(call) if found is keep.MISSING else found


def _submit(call: Call) -> Future:
    from loky import get_reusable_executor

    function, args, named = call
    # Processes that wait in vain for a minute give their memory back.
    executor = get_reusable_executor(
        _n_processes(), timeout=60, env=ONE_THREAD | NO_RESTARTS, initializer=die_with_parent, initargs=(os.getpid(),)
    )
    return executor.submit(function, *args, **named)


def die_with_parent(parent: int) -> None:
    """End this process once the one that started it is gone; a kernel that is killed cannot tell its workers."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
