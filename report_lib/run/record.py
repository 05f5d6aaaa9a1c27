"""What a run writes down about itself: from which code, parameters and images, on which machine, and how long it took."""

import hashlib
import itertools
import json
import os
import platform
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from report_lib import ROOT
from report_lib.common import facts
from report_lib.run.params import Params, load_params

# What a run leaves of it.
RECORD = "provenance.json"
# Seconds after which memory is looked at. What is shared in it takes the system 40 ms to count, and so is counted only where
# the memory of all, each with what it shares, is another by a fiftieth than when it was counted last; and every tenth time.
EVERY, CHANGE, NTH = 0.5, 0.02, 10


def started_at() -> str:
    """Return the time, or that of `SOURCE_DATE_EPOCH` where somebody wants the same bytes at another time."""
    asked = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(asked), UTC) if asked.isdigit() else datetime.now(UTC)
    return now.isoformat(timespec="seconds")


def commit() -> dict[str, str]:
    """Return the commit of the project and, where files differ from it, a hash of the difference.

    Files that git does not know count: a new module computes too. Both are empty outside a checkout.
    """
    try:
        found = _git("rev-parse", "HEAD").decode().strip()
        new = [name for name in _git("ls-files", "--others", "--exclude-standard", "-z").decode().split("\0") if name]
        difference = _git("diff", "HEAD", "--binary", "--no-ext-diff", "--no-color")
    except (OSError, subprocess.CalledProcessError):
        return {"commit": "", "changes": ""}
    digest = hashlib.sha256(difference)
    for name in sorted(new):
        with suppress(OSError):
            digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes())
    return {"commit": found, "changes": digest.hexdigest() if difference or new else ""}


def _git(*words: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=True).stdout


def of_run(folder: Path) -> dict[str, Any]:
    """Return the record of a finished run; empty where there is none, or something else in its place."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf8"))
        return found if "name" in found["parameters"] else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def about(
    asked: Params, params: Params, adjusted: list[str], hashes: dict[str, str], code: dict[str, str]
) -> dict[str, Any]:
    """Return what is the same in every run of the same thing, and enough to make it again.

    Parameters
    ----------
    asked, params : Params
        As the run was asked for, and fitted to its images.
    adjusted : list of str
        As `sizes.resolve` gives them.
    hashes : dict of str to str
        Of the images and labels.
    code : dict of str to str
        As `commit` gives it.
    """
    return {
        "asked": asked.model_dump(mode="json"),
        "parameters": params.model_dump(mode="json"),
        "adjusted": adjusted,
        "data": hashes,
        **code,
        "lock": facts.lock(),
        "versions": dict(facts.versions()),
        # Sums are rounded otherwise with another number of threads, or by another processor's kernels.
        "threads": facts.n_threads(),
        "processor": facts.processor(),
        "accelerator": facts.accelerator(),
    }


def command(asked: Params) -> str:
    """Return the `make` that asks for the same: the file of parameters and what was set beside it, or else the run's record."""
    path = ROOT / "params" / f"{asked.name}.yaml"
    if not path.is_file():
        return "make report FROM=report.html"
    changed = " ".join(_settings(load_params(path).model_dump(mode="json"), asked.model_dump(mode="json")))
    if re.search(r"[^\w .,=/\[\]-]", changed):
        return "make report FROM=report.html"
    params = f" PARAMS=params/{path.name}" * (asked.name != "fashion_mnist")
    return f"make report{params}" + f' SET="{changed}"' * bool(changed)


def _settings(base: dict[str, Any], asked: dict[str, Any], section: str = "") -> Iterator[str]:
    for key, value in asked.items():
        if isinstance(value, dict):
            yield from _settings(base[key], value, f"{section}{key}.")
        elif value != base[key]:
            text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
            yield f"{section}{key}={text.replace(chr(34), '')}"


def machine() -> dict[str, str]:
    """Return what else there is to say of the machine."""
    return {"system": platform.platform(), "machine": platform.machine()}


@contextmanager
def peak_memory(pid: int, into: dict[str, Any]) -> Iterator[None]:
    """Watch a process and all that it starts; put the most memory that they took together into a dict, in bytes.

    What they share, such as libraries, is counted once where the system tells it, as Linux does; elsewhere not at all.
    """
    done, most = threading.Event(), [0]

    def watch() -> None:
        counted = 0
        for n in itertools.count():
            found = _memory(pid, _own)
            if abs(found - counted) > CHANGE * counted or n % NTH == 0:
                counted, most[0] = found, max(most[0], _memory(pid, _share))
            if done.wait(EVERY):
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        into["peak_memory"] = most[0]


def _memory(pid: int, of: Callable[[psutil.Process], int]) -> int:
    found = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                found += of(process)
    return found


def _own(process: psutil.Process) -> int:
    return process.memory_info().rss


def _share(process: psutil.Process) -> int:
    own = process.memory_full_info()
    return getattr(own, "pss", own.uss)
