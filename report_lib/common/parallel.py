"""Several calls at once, each in a process and a thread of its own, so that results do not depend on the machine."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from typing import Any

Call = tuple[Callable, tuple, dict]
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
# More processes than this would cost more memory than they save time.
MOST_PROCESSES = 8


def n_threads() -> int:
    """Return how many threads a run uses: those of the machine, unless `OMP_NUM_THREADS` says otherwise."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(asked) if asked.isdigit() and int(asked) else allowed or 1


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
    threads would wait for one another.
    """
    # Loaded here: the command line asks this module for the number of threads alone, and need not wait for it.
    from loky import cpu_count, get_reusable_executor

    n = min(n_threads(), cpu_count(), MOST_PROCESSES)
    # Processes that wait in vain for a minute give their memory back.
    executor = get_reusable_executor(
        n, timeout=60, env=ONE_THREAD, initializer=die_with_parent, initargs=(os.getpid(),)
    )
    left = iter(calls)
    return _results(executor, left, deque(_submit(executor, call) for call in islice(left, n + 1)))


def _results(executor: Executor, left: Iterator[Call], started: deque[Future]) -> Iterator[Any]:
    while started:
        result = started.popleft().result()
        started.extend(_submit(executor, call) for call in islice(left, 1))
        yield result


def _submit(executor: Executor, call: Call) -> Future:
    function, args, named = call
    return executor.submit(function, *args, **named)


def die_with_parent(parent: int) -> None:
    """End this process once the one that started it is gone; a kernel that is killed cannot tell its workers."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
