"""The kernel that runs all notebooks of a run, and dies with it.

Starting a kernel and importing scikit-learn takes three seconds of processor time, so one kernel serves all phases.
Whenever a new client speaks to it, its namespace is emptied first, so that no notebook can lean on what another left
in memory.
"""

import asyncio
import ctypes
import gc
import hashlib
import importlib
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

import psutil
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop, run_sync

from report_lib.common import engine, memory, parallel
from report_lib.run.artifacts import PHASES
from report_lib.run.progress import cleared

# A socket's path may have 107 characters on Linux, 103 on macOS; that of the process that workers are copies of has 32 more.
LONGEST_SOCKET_FOLDER = 70
# Names the descriptor on which the kernel reports how far it is.
PROGRESS = "REPORT_PROGRESS_DESCRIPTOR"
# Names the process that started the kernel.
STARTER = "REPORT_STARTER"
# For the kernel's workers to end, and for what counts their semaphores to put those away.
SECONDS_TO_END = 2.0
_PR_SET_PDEATHSIG = 1


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
        """End the kernel, its workers and its client."""
        self._close_client()
        if self.has_kernel:
            self._end_group()
            run_sync(self.shutdown_kernel)(now=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end_group(self) -> None:
        """Ask the kernel and its workers to end: what counts semaphores stays until they have, and must not be killed."""
        group, until = self.provisioner.pgid, time.monotonic() + SECONDS_TO_END
        with suppress(ProcessLookupError, psutil.Error):
            kernel = psutil.Process(group)
            left = [kernel, *kernel.children(recursive=True)]
            os.killpg(group, signal.SIGTERM)
            while time.monotonic() < until and any(map(_runs, left)):
                time.sleep(0.02)

    def _close_client(self) -> None:
        if self._lent_client is not None:
            self._lent_client.stop_channels()
            self._lent_client = None


def _runs(process: psutil.Process) -> bool:
    # What has ended may stay listed for seconds, until its parent asks about it.
    with suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def start_kernel(run: Path) -> Kernel:
    """Start a kernel; it imports what the notebooks will while its starter goes on with other things.

    Parameters
    ----------
    run : Path
        What no other kernel works for at the same time; sockets that a killed one left are removed.
    """
    _leave_signals_alone()
    folder = _socket_folder(run)
    # Sockets in a folder of our own, rather than open TCP ports.
    kernel = Kernel(
        kernel_name="python3",
        transport="ipc",
        ip=os.path.join(folder, "socket"),
        connection_file=os.path.join(folder, "kernel.json"),
    )
    kernel._folder = folder
    arguments = [
        "--IPKernelApp.extensions=report_lib.run.kernel",
        "--IPKernelApp.log_level=ERROR",
        "--HistoryManager.enabled=False",
    ]
    # It writes progress to this process's standard error; its own goes into the notebook's outputs.
    descriptor = os.dup(2)
    # What it and its workers leave in their place for temporary files goes with the folder, however they end.
    own = {PROGRESS: str(descriptor), STARTER: str(os.getpid()), "TMPDIR": folder}
    try:
        run_sync(kernel.start_kernel)(extra_arguments=arguments, pass_fds=(descriptor,), env={**os.environ, **own})
    except BaseException:
        kernel.close()
        raise
    finally:
        os.close(descriptor)
    return kernel


def _leave_signals_alone() -> None:
    """Keep nbclient from Ctrl-C and SIGTERM: it would kill the kernel, and then find it dead."""
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        return
    ensure_event_loop().add_signal_handler = _refuse_handler


def _refuse_handler(*_: object) -> None:
    # What nbclient knows from threads that cannot have one.
    raise RuntimeError("signals are the command line's")


def _socket_folder(run: Path) -> str:
    """Return a new folder; those that a killed kernel of the same run left are removed."""
    prefix = f"report-{hashlib.sha256(bytes(run.absolute())).hexdigest()[:12]}-"
    for place in {tempfile.gettempdir(), "/tmp"}:
        for left in Path(place).glob(f"{prefix}*"):
            shutil.rmtree(left, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix=prefix)
    if len(folder) > LONGEST_SOCKET_FOLDER:
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix=prefix, dir="/tmp")
    return folder


def _die_with_starter() -> None:
    """Have the system kill the kernel once its starter is gone, however that ended; ipykernel looks once a second itself."""
    starter = int(os.environ.pop(STARTER, "0"))
    if starter and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if starter and os.getppid() != starter:
        os._exit(1)


def _log_progress() -> None:
    descriptor = os.environ.pop(PROGRESS, "")
    if descriptor:
        handler = logging.StreamHandler(stream := os.fdopen(int(descriptor), "w", encoding="utf8"))
        handler.setFormatter(logging.Formatter(f"{cleared(stream)}      %(message)s"))
        logger = logging.getLogger("report_lib")
        logger.addHandler(handler)
        logger.setLevel(logging.WARNING)
        for name in ("common.training", "classification.everything"):
            logging.getLogger(f"report_lib.{name}").setLevel(logging.INFO)
        logger.propagate = False


def load_ipython_extension(shell: object) -> None:
    """Import in the kernel what the notebooks will, without touching their namespace.

    Modules that phases after the first need follow in a thread, while the starter reads the images. The first cell waits for
    it: two threads that import parts of one library at once may meet half of them.
    """
    _die_with_starter()
    _log_progress()
    if not engine.is_asked_for():
        parallel.get_ready()
    # Until the first cell there is nothing to collect, and modules would be looked through again and again.
    gc.disable()
    try:
        _import("run.artifacts", "data.datasets", "common.display", "common.prose", *_parts(PHASES[0]))
    except BaseException:
        gc.enable()
        raise
    later = [module for phase in PHASES[1:] for module in _parts(phase)]
    importing = threading.Thread(target=_import, args=("common.metrics", *later), daemon=True)
    importing.start()
    shell.events.register("pre_execute", importing.join)
    shell.events.register("pre_execute", _collect_again)
    shell.events.register("pre_execute", _EmptyForNewClients(shell))


def _collect_again() -> None:
    """Collect what is not needed any more, from the first cell on, but never look through what was imported until then."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _parts(phase: str) -> tuple[str, ...]:
    """Name what a phase's notebook imports first."""
    computing = {"understanding": "measure", "reduction": "comparison", "clustering": "league"}
    return tuple(f"{phase}.{part}" for part in (computing.get(phase, "pseudo"), "figures", "findings"))


def _import(*modules: str) -> None:
    for module in modules:
        importlib.import_module(f"report_lib.{module}")


class _EmptyForNewClients:
    """Empties the namespace when a message comes from another client than the one before; gives memory back at each."""

    def __init__(self, shell: object):
        self._shell = shell
        self._session = ""

    def __call__(self) -> None:
        session = self._shell.kernel.get_parent("shell")["header"]["session"]
        if self._session and session != self._session:
            self._shell.reset(new_session=True)
            gc.collect()
        self._session = session
        memory.give_back()
