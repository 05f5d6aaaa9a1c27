"""What numbers depend on beside code and data: Python, the packages, the lock, the processor and its threads."""

import hashlib
import importlib.metadata
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from report_lib import ROOT

# What makes a number or the page; a test knows what computes.
PACKAGES = (
    "numpy", "scipy", "scikit-learn", "umap-learn", "numba", "igraph", "faiss-cpu", "kneed", "torch", "pillow",
    "pandas", "plotly", "papermill", "nbconvert",
)  # fmt: skip

# Variables by which libraries choose threads and kernels.
PINNED = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_CORETYPE", "MKL_CBWR", "ATEN_CPU_CAPABILITY",
)  # fmt: skip


def n_threads() -> int:
    """Return how many threads a run uses: those of the machine, unless `OMP_NUM_THREADS` says otherwise."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(asked) if asked.isdigit() and int(asked) else allowed or 1


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of what is installed of `PACKAGES`; PyTorch may not be."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def lock() -> str:
    """Return the SHA-256 of `requirements.lock`; empty where the project came without it."""
    try:
        return hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()
    except OSError:
        return ""


@cache
def processor() -> str:
    """Return the model of the processor: kernels of linear algebra, and the precision of training, go by it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def accelerator() -> str:
    """Return which graphics processors of NVIDIA networks may be trained on; empty for none. PyTorch need not be imported."""
    with suppress(OSError):
        found = sorted(path.name for path in Path("/proc/driver/nvidia/gpus").iterdir())
        shown = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
        return f"{len(found)} NVIDIA, {shown} of them in use" if found and shown else ""
    return ""


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set variables for this process and those that it starts, and put everything back as it was."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def surroundings() -> dict[str, str]:
    """Return all of it, by name."""
    pinned = {name: os.environ[name] for name in PINNED if name in os.environ}
    machine = {"processor": processor(), "accelerator": accelerator(), "threads": str(n_threads())}
    return versions() | {"lock": lock()} | machine | pinned
