"""Memory that a process has freed: when it is kept for the next array, and when the system has it back."""

import ctypes
import sys

# Variables by which glibc keeps what is freed, up to 32 MB each time: else it gives that back after each array, and the
# system clears it page by page a moment later, which is a fifth of the time that a convolutional network takes.
KEPT = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(2**25))


def give_back() -> None:
    """Give back to the system what was freed in between: glibc returns by itself only what lies at the end of its heap."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
