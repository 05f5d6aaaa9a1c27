"""A Dask scheduler and workers as processes of their own on loopback."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from report_lib import ROOT
from report_lib.common import engine

PATIENCE = 120


def until(condition, what):
    """Look again and again whether something is so, with a limit that no machine should need."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"still not: {what}"
        threading.Event().wait(0.02)


class Cluster:
    """One scheduler on a free port, and the workers that a test starts."""

    def __init__(self, folder, scheme="tcp", **environment):
        self.folder, self.processes, self.environment = folder, [], environment
        folder.mkdir()
        self.file = folder / "scheduler.json"
        place = (
            ["--host", f"{scheme}://127.0.0.1", "--port", "0"]
            if scheme != "tcp"
            else ["--host", "127.0.0.1", "--port", "0"]
        )
        self._start("scheduler", *place, "--no-dashboard", "--scheduler-file", str(self.file))
        until(lambda: self.file.is_file() and self.file.read_text().strip().endswith("}"), "a scheduler")
        self.address = json.loads(self.file.read_text())["address"]

    def worker(self, name, *, root=ROOT, nanny=False, **environment):
        """Start a worker with one thread, and return its process, or that of its nanny."""
        own = {"REPORT_BUILD_DIR": str(self.folder / f"build of {name}")} | environment
        place = ["--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--nanny" if nanny else "--no-nanny"]
        return self._start("worker", self.address, "--name", name, *place, root=root, **own)

    def _start(self, *words, root=ROOT, **environment):
        # What a worker is, not what the test asks for.
        own = os.environ | engine.NOT_ASKED_FOR | {"PYTHONPATH": str(root)} | self.environment | environment
        with (self.folder / f"{words[0]}-{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words], env=own, cwd=self.folder, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def stop(self):
        engine.disconnect()
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A scheduler that the environment names, so far without workers."""
    started = Cluster(tmp_path / "cluster")
    monkeypatch.setenv(engine.ADDRESS, started.address)
    monkeypatch.setattr(engine, "SECONDS", PATIENCE)
    yield started
    started.stop()


@contextmanager
def silent():
    """The address of something that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
