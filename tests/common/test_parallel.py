"""Workers that compute beside the notebooks."""

import gc
import logging
import os
import queue
import sys
from logging.handlers import QueueHandler

import pytest

from report_lib.common.parallel import at_once


def growth_allowed():
    from loky import process_executor

    return process_executor._MAX_MEMORY_LEAK_SIZE


def test_a_worker_that_loads_a_large_library_is_not_taken_for_one_that_leaks():
    assert min(at_once([(growth_allowed, (), {})] * 2)) > 10**12


def say(name, level, line):
    logging.getLogger(name).log(level, line)


def test_what_workers_log_is_logged_here_as_far_as_anybody_listens(monkeypatch):
    heard = queue.Queue()
    training, other = (logging.getLogger(f"report_lib.common.{name}") for name in ("training", "other"))
    for logger, level in ((training, logging.INFO), (other, logging.WARNING)):
        monkeypatch.setattr(logger, "level", level)
        monkeypatch.setattr(logger, "handlers", [QueueHandler(heard)])
        logging.getLogger().manager._clear_cache()
    lines = [(other, logging.INFO, "nobody asks"), (training, logging.INFO, "epoch 1"), (other, 40, "x" * 9_000)]
    list(at_once([(say, (logger.name, *rest), {}) for logger, *rest in lines]))
    found = sorted(heard.get(timeout=60).getMessage() for _ in range(2))
    assert found == ["epoch 1", "x" * 500]


def place(depth):
    return [os.getpid(), *(at_once([(place, (depth - 1,), {})] * 2) if depth else [])]


def test_what_is_called_makes_its_own_calls_itself():
    (found,) = at_once([(place, (2,), {})])
    first, (second, *third), _ = found
    assert first != os.getpid()
    assert {second, *(own for pid in third for own in pid)} == {first}


def origin():
    loaded = {"report_lib.common.loaded", "torch._dynamo"} <= set(sys.modules)
    return os.getppid(), os.environ["OMP_NUM_THREADS"], loaded, gc.get_freeze_count(), gc.isenabled()


@pytest.mark.skipif(sys.platform != "linux", reason="workers start from nothing there")
def test_workers_are_copies_of_a_process_that_has_loaded_what_they_need():
    ((parent, n_threads, loaded, n_frozen, collects),) = at_once([(origin, (), {})])
    assert parent != os.getpid()
    assert n_threads == "1"
    assert loaded
    assert n_frozen > 10_000
    assert collects
