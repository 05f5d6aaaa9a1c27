"""Starts a kernel with workers, says so, and waits to be killed: `python -m tests.run.kernel_child folder`."""

import sys
import time
from pathlib import Path

from jupyter_core.utils import run_sync

from report_lib.run.kernel import start_kernel

WORK = """
import os, time
from report_lib.common.parallel import at_once
print(list(at_once([(os.getpid, (), {})] * 4)), flush=True)
"""

if __name__ == "__main__":
    kernel = start_kernel(Path(sys.argv[1]))
    client = kernel.client()
    client.start_channels()
    run_sync(client.wait_for_ready)(timeout=60)
    reply = run_sync(client.execute_interactive)(WORK, timeout=120, output_hook=lambda message: None)
    assert reply["content"]["status"] == "ok", reply
    print(kernel.provisioner.pgid, kernel._folder, flush=True)
    if "--close" in sys.argv:
        kernel.close()
    else:
        time.sleep(600)
