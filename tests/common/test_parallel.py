"""Workers that compute beside the notebooks."""

from report_lib.common.parallel import at_once


def growth_allowed():
    from loky import process_executor

    return process_executor._MAX_MEMORY_LEAK_SIZE


def test_a_worker_that_loads_a_large_library_is_not_taken_for_one_that_leaks():
    assert min(at_once([(growth_allowed, (), {})] * 2)) > 10**12
