"""The runs of a sweep on a Dask cluster: each is the ordinary command on a worker, and comes back as its folder.

A worker needs this library and the data, and shares no disk with who asks. It keeps its run, and what runs share, in its
own `build`.
"""

import io
import json
import logging
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from report_lib import ROOT
from report_lib.common import engine
from report_lib.common.errors import ReportError
from report_lib.common.parallel import numeric_environment
from report_lib.run import artifacts, publish
from report_lib.run.params import Params

# The command, which ends with the worker that started it.
_COMMAND = (
    "import sys; from report_lib.common.parallel import die_with; die_with(int(sys.argv[1])); "
    "from report_lib.__main__ import main; sys.exit(main(sys.argv[2:]))"
)
log = logging.getLogger(__name__)


def make_all(asked: Sequence[Params]) -> Iterator[tuple[str, str]]:
    """Make runs on workers.

    Yields
    ------
    name : str
        Of a run that has come back, or failed.
    why : str
        Why there is none; empty where there is one.

    Raises
    ------
    ReportError
        When no scheduler answers, or its workers cannot be used.
    """
    log.info("runs go to %s", engine.told())
    topic, threads = f"runs-{uuid.uuid4().hex}", numeric_environment()
    engine.client().subscribe_topic(topic, _teller())
    calls = [engine.submit(params.name, _make, params.model_dump(mode="json"), threads, topic) for params in asked]
    by_future = {call.future: call for call in calls}
    for future in as_completed(by_future):
        call = by_future.pop(future)
        yield call.what, _take(call)


def _teller() -> Any:
    """Return what says where a run starts, and whether that is once more."""
    starts: Counter[str] = Counter()

    def tell(event: tuple[float, dict[str, str]]) -> None:
        name, where = event[1]["run"], event[1]["on"]
        starts[name] += 1
        again = "" if starts[name] == 1 else f" once more, what it ran on is gone (start {starts[name]})"
        log.info("%s runs on %s%s", name, where, again)

    return tell


def _take(call: engine.Elsewhere) -> str:
    """Put a run that has come back in its place; return why there is none."""
    try:
        packed = call.result()
        final = artifacts.build_dir() / call.what
        with publish.only_run(final, wait=True) as staged, tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(staged, filter="data")
            publish.publish(staged, final)
    except Exception as error:
        return str(error) if isinstance(error, ReportError) else f"{type(error).__name__}: {error}"
    return ""


# --- on a worker ----------------------------------------------------------------------------------------------------


def _make(given: dict[str, Any], threads: dict[str, str], topic: str) -> bytes:
    """Make a run, with as many threads as who asks would: with another number sums are rounded otherwise."""
    from distributed import get_worker

    where = f"{socket.gethostname()} ({get_worker().address})"
    for _ in range(engine.MOST_TRIES):
        get_worker().log_event(topic, {"run": given["name"], "on": where})
        done = _run(given, threads)
        if done.returncode >= 0:
            break
    if done.returncode < 0:
        raise ReportError(f"on {where}: its process ended {engine.MOST_TRIES} times, by signal {-done.returncode}")
    if done.returncode:
        lines = done.stderr.splitlines() or ["it said nothing"]
        said = next((line for line in lines if line.startswith("error: ")), lines[-1])
        raise ReportError(f"on {where}: {said.removeprefix('error: ')}")
    return _packed(artifacts.build_dir() / given["name"])


def _run(given: dict[str, Any], threads: dict[str, str]) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{given['name']}.yaml"
        path.write_text(json.dumps(given), encoding="utf8")
        return subprocess.run(
            # Of a worker that was killed, the run may take a moment to end.
            [sys.executable, "-c", _COMMAND, str(os.getpid()), "report", "--params", str(path), "--wait", "1"],
            env=os.environ | threads | engine.NOT_ASKED_FOR, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip


def _packed(folder: Path) -> bytes:
    """Return the files that a run has made as a tar."""
    buffer = io.BytesIO()
    with publish.reading(folder), tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in publish.made_by_run(folder):
            archive.add(folder / name, name)
    return buffer.getvalue()
