"""Kernels that are ready when their turn comes: the next one starts and imports while the present one computes."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync


class _Kernel(AsyncKernelManager):
    """Remembers the client that papermill asks for: who brings a kernel has to close its client too."""

    kept_client: AsyncKernelClient | None = None

    def client(self, **options: object) -> AsyncKernelClient:
        self.kept_client = super().client(**options)
        return self.kept_client

    def close(self) -> None:
        if self.kept_client is not None:
            self.kept_client.stop_channels()
        if self.has_kernel:
            run_sync(self.shutdown_kernel)(now=True)


class KernelQueue:
    """Starts one kernel ahead.

    Parameters
    ----------
    phases : sequence of str
        In the order in which kernels will be used; each kernel imports its phase's modules on its own.
    """

    def __init__(self, phases: Sequence[str]):
        self._waiting = list(phases)
        self._started: dict[str, _Kernel] = {}
        self._folder = tempfile.mkdtemp(prefix="report-kernels-")

    def __enter__(self) -> "KernelQueue":
        self._start_next()
        return self

    def __exit__(self, *exception: object) -> None:
        for kernel in self._started.values():
            with contextlib.suppress(Exception):
                kernel.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextlib.contextmanager
    def use(self, phase: str) -> Iterator[AsyncKernelManager]:
        """Lend a phase's kernel, started; start the one after it."""
        kernel = self._started[phase]
        self._start_next()
        try:
            yield kernel
        finally:
            self._started.pop(phase).close()

    def _start_next(self) -> None:
        if not self._waiting:
            return
        phase = self._waiting.pop(0)
        # Sockets in a folder of our own, rather than open TCP ports.
        transport = {"transport": "ipc", "ip": os.path.join(self._folder, phase)} if os.name == "posix" else {}
        kernel = _Kernel(kernel_name="python3", **transport)
        arguments = ["--IPKernelApp.extensions=report_lib.kernels", "--IPKernelApp.log_level=ERROR"]
        run_sync(kernel.start_kernel)(extra_arguments=arguments, env=os.environ | {"REPORT_PHASE": phase})
        self._started[phase] = kernel


def load_ipython_extension(shell: object) -> None:
    """Import what the phase's notebook will, without touching its namespace."""
    import importlib

    phase = os.environ.get("REPORT_PHASE", "")
    for module in (phase, f"figures.{phase}", "datasets", "artifacts", "findings", "display"):
        importlib.import_module(f"report_lib.{module}")
