"""Several calls at once, each in a process and a thread of its own, so that results do not depend on the machine."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from joblib import Parallel, delayed, parallel_config


def n_threads() -> int:
    """Return how many threads a run uses: those of the machine, unless `OMP_NUM_THREADS` says otherwise."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(asked) if asked.isdigit() and int(asked) else allowed or 1


def at_once(calls: Iterable[tuple[Callable, tuple, dict]]) -> Iterator[Any]:
    """Start calling each function with its positional and named arguments; return an iterator of results, in order.

    Work goes on while the caller does other things, until the results are asked for. What is slow here holds Python's
    lock or goes through small arrays, so threads would wait for one another.
    """
    # Processes that wait in vain give their memory back.
    with parallel_config("loky", n_jobs=n_threads(), inner_max_num_threads=1, idle_worker_timeout=10):
        run = Parallel(return_as="generator")
        return run(delayed(function)(*args, **named) for function, args, named in calls)
