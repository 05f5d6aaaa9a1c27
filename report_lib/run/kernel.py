"""The kernel that runs all notebooks of a run.

Starting a kernel and importing scikit-learn takes three seconds of processor time, so one kernel serves all phases.
Whenever a new client speaks to it, its namespace is emptied first, so that no notebook can lean on what another left
in memory.
"""

import gc
import importlib
import logging
import os
import shutil
import tempfile
import threading
import uuid

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from report_lib.run.artifacts import PHASES

# A socket's path may have 107 characters on Linux, 103 on macOS.
LONGEST_SOCKET_FOLDER = 85
# Names the descriptor on which the kernel reports how far it is.
PROGRESS = "REPORT_PROGRESS_DESCRIPTOR"


class Kernel(AsyncKernelManager):
    """A kernel for papermill's `km`; who brings a kernel also has to close the clients that papermill asks it for."""

    _lent_client: AsyncKernelClient | None = None

    def client(self, **options: object) -> AsyncKernelClient:
        """Return a client with a session of its own, by which the kernel knows it; the one lent before is closed."""
        self._close_client()
        session = self.session.clone()
        session.session = uuid.uuid4().hex
        self._lent_client = super().client(session=session, **options)
        return self._lent_client

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
    folder = tempfile.mkdtemp(prefix="report-")
    if len(folder) > LONGEST_SOCKET_FOLDER:
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix="report-", dir="/tmp")
    # Sockets in a folder of our own, rather than open TCP ports.
    kernel = Kernel(kernel_name="python3", transport="ipc", ip=os.path.join(folder, "socket"))
    kernel._folder = folder
    arguments = [
        "--IPKernelApp.extensions=report_lib.run.kernel",
        "--IPKernelApp.log_level=ERROR",
        "--HistoryManager.enabled=False",
    ]
    # It writes progress to this process's standard error; its own goes into the notebook's outputs.
    descriptor = os.dup(2)
    try:
        run_sync(kernel.start_kernel)(
            extra_arguments=arguments, pass_fds=(descriptor,), env={**os.environ, PROGRESS: str(descriptor)}
        )
    finally:
        os.close(descriptor)
    return kernel


def _log_progress() -> None:
    descriptor = os.environ.pop(PROGRESS, "")
    if descriptor:
        handler = logging.StreamHandler(os.fdopen(int(descriptor), "w", encoding="utf8"))
        handler.setFormatter(logging.Formatter("      %(message)s"))
        logger = logging.getLogger("report_lib")
        logger.addHandler(handler)
        logger.setLevel(logging.WARNING)
        logging.getLogger("report_lib.common.training").setLevel(logging.INFO)
        logger.propagate = False


def load_ipython_extension(shell: object) -> None:
    """Import in the kernel what the notebooks will, without touching their namespace.

    The first notebook waits for its own modules only; scikit-learn's follow while it computes.
    """
    _log_progress()
    _import("run.artifacts", "data.datasets", "common.display", "common.prose", *_parts(PHASES[0]))
    later = [module for phase in PHASES[1:] for module in _parts(phase)]
    threading.Thread(target=_import, args=("common.metrics", *later), daemon=True).start()
    shell.events.register("pre_execute", _EmptyForNewClients(shell))


def _parts(phase: str) -> tuple[str, ...]:
    """Name what a phase's notebook imports first."""
    computing = {"understanding": "measure", "reduction": "comparison", "clustering": "league"}
    return tuple(f"{phase}.{part}" for part in (computing.get(phase, "pseudo"), "figures", "findings"))


def _import(*modules: str) -> None:
    for module in modules:
        importlib.import_module(f"report_lib.{module}")


class _EmptyForNewClients:
    """Empties the namespace when a message comes from another client than the one before."""

    def __init__(self, shell: object):
        self._shell = shell
        self._session = ""

    def __call__(self) -> None:
        session = self._shell.kernel.get_parent("shell")["header"]["session"]
        if self._session and session != self._session:
            self._shell.reset(new_session=True)
            gc.collect()
        self._session = session
