"""The kernel that runs all notebooks of a run.

Starting a kernel and importing scikit-learn takes three seconds of processor time, so one kernel serves all phases.
Between phases its namespace is emptied, so that no notebook can lean on what another left in memory.
"""

import os
import shutil
import tempfile

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from report_lib.errors import ReportError

_RESET = "get_ipython().reset(new_session=True); __import__('gc').collect()"


class Kernel(AsyncKernelManager):
    """A kernel for papermill's `km`; it also remembers its clients, which who brings a kernel has to close."""

    _lent_client: AsyncKernelClient | None = None

    def client(self, **options: object) -> AsyncKernelClient:
        """Return a client; the one lent before is closed."""
        self._close_client()
        self._lent_client = super().client(**options)
        return self._lent_client

    def reset(self) -> None:
        """Empty the namespace.

        Raises
        ------
        ReportError
            When the kernel does not answer.
        """
        client = self.client()
        client.start_channels()
        run_sync(client.wait_for_ready)(timeout=60)
        reply = run_sync(client.execute_interactive)(_RESET, silent=True, store_history=False, timeout=60)
        if reply["content"]["status"] != "ok":
            raise ReportError("the kernel could not be emptied between two notebooks; run the report again")

    def close(self) -> None:
        """End the kernel and its client."""
        self._close_client()
        if self.has_kernel:
            run_sync(self.shutdown_kernel)(now=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _close_client(self) -> None:
        if self._lent_client is not None:
            self._lent_client.stop_channels()
            self._lent_client = None


def start_kernel() -> Kernel:
    """Start a kernel; it imports what the notebooks will while its starter goes on with other things."""
    folder = tempfile.mkdtemp(prefix="report-kernel-")
    # Sockets in a folder of our own, rather than open TCP ports.
    transport = {"transport": "ipc", "ip": os.path.join(folder, "socket")} if os.name == "posix" else {}
    kernel = Kernel(kernel_name="python3", **transport)
    kernel._folder = folder
    arguments = ["--IPKernelApp.extensions=report_lib.kernel", "--IPKernelApp.log_level=ERROR"]
    run_sync(kernel.start_kernel)(extra_arguments=arguments)
    return kernel


def load_ipython_extension(shell: object) -> None:
    """Import in the kernel what the notebooks will, without touching their namespace."""
    import importlib

    for module in ("understanding", "reduction", "clustering", "classification"):
        importlib.import_module(f"report_lib.{module}")
        importlib.import_module(f"report_lib.figures.{module}")
    for module in ("datasets", "artifacts", "findings", "metrics", "display"):
        importlib.import_module(f"report_lib.{module}")
