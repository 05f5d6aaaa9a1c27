"""What is freed is given back."""

import sys

import psutil
import pytest

from report_lib.common.memory import give_back


@pytest.mark.skipif(sys.platform != "linux", reason="other systems give back by themselves")
def test_what_was_freed_between_other_things_is_given_back():
    kept = [bytearray(100_000) for _ in range(2_000)]
    own = psutil.Process()
    full = own.memory_info().rss
    # The last one stays: it keeps what lies before it from going by itself.
    del kept[:-1]
    give_back()
    assert full - own.memory_info().rss > 150e6
