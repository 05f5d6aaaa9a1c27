"""What nearly every worker needs and is slow to import; on Linux one process imports this, and workers are copies of it."""

import gc
import importlib
from contextlib import suppress

# Collections would look through all modules again and again, and find nothing: a fifth of the time of importing.
gc.disable()
try:
    importlib.import_module("report_lib.common.models")
    # PyTorch may not be there, or not load; who needs it says so.
    with suppress(Exception):
        importlib.import_module("report_lib.common.training")
        import torch

        # The first optimizer imports as much again.
        torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
finally:
    # They leave alone what there is now: they write to all that they look at, and each worker would have pages of its own.
    gc.freeze()
    gc.enable()
