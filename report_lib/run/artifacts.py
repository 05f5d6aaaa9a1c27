"""The only place that knows names and files of what one phase leaves for the next.

Arrays go to npz, the rest to JSON; nothing is pickled.
"""

import csv
import json
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from report_lib import ROOT
from report_lib.common import keep
from report_lib.common.errors import ReportError
from report_lib.common.store import Store

PHASES = ("understanding", "reduction", "clustering", "classification")

# Phase and file of each thing that is kept, by its key.
HOMES = {
    "dataset": ("understanding", "dataset.json"),
    "duplicates": ("understanding", "duplicates.npz"),
    "moments": ("reduction", "moments.npz"),
    "scaler": ("reduction", "scaler.npz"),
    "pca": ("reduction", "pca.npz"),
    "features": ("reduction", "features.npz"),
    "autoencoders": ("reduction", "autoencoders.npz"),
    "few_labels": ("reduction", "few_labels.npz"),
    "neighbors": ("reduction", "neighbors.npz"),
    "maps": ("reduction", "maps.npz"),
    # What was measured with a clock; nothing that the report's numbers may hold.
    "times": ("reduction", "times.json"),
    "clusters": ("clustering", "clusters.npz"),
    # The description of shape, its codes, and everyone's nearest train images.
    "gradients": ("clustering", "gradients.npz"),
    "graph": ("clustering", "graph.npz"),
    "clustering_times": ("clustering", "times.json"),
    "classification_times": ("classification", "times.json"),
    "label_next": ("classification", "label_next.csv"),
    "audit": ("classification", "audit.csv"),
    "unusual": ("classification", "unusual.csv"),
    "predictions": ("classification", "predictions.csv"),
    "all_images": ("classification", "all_images.parquet"),
    # The test images as points, for the page's reader to explore.
    "datamap": ("classification", "datamap.npz"),
    # The first of each list, with pictures, for the page.
    "lists": ("classification", "lists.npz"),
    "model": ("classification", "model.npz"),
    "model_about": ("classification", "model.json"),
}


# Where the pipeline lets the notebooks of a run write until all of it is there.
STAGING = "REPORT_STAGING_DIR"
# Whether what is kept of earlier runs is used.
STORE = "REPORT_STORE"
# The folder, beside the finished runs, of what notebooks that are run by hand leave.
LAB = "lab"


def build_dir() -> Path:
    """Return the folder of all runs: `REPORT_BUILD_DIR`, or `build` in the project."""
    return Path(os.environ.get("REPORT_BUILD_DIR") or ROOT / "build")


def store() -> Store | None:
    """Return where finished phases and calls are kept, for all runs: none where `REPORT_STORE` is `off`.

    Where it is `write`, all is made anew, and kept.
    """
    mode = os.environ.get(STORE, "")
    return None if mode == "off" else Store(build_dir() / ".store", reads=mode != "write")


def notebook_name(phase: str) -> str:
    """Return a phase's notebook, such as `03_clustering.ipynb`."""
    return f"{PHASES.index(phase) + 1:02d}_{phase}.ipynb"


class Run:
    """What the phases of one run leave for one another.

    While the pipeline runs the notebooks, that is its staging folder. Run by hand, they write to `build/lab/<run>`, so that
    a finished run stays as it is, and read from that run the phases before the first one that was run by hand.

    Parameters
    ----------
    name : str
    folder : Path, optional
        Where the files are instead, all of them.
    """

    def __init__(self, name: str, folder: Path | None = None):
        self.name = name
        staging = os.environ.get(STAGING)
        self.folder = folder or Path(staging or build_dir() / LAB) / name
        self._finished = None if folder or staging else build_dir() / name
        self._told = False
        if folder is None:
            keep.use(store())

    def save(self, key: str, **values: Any) -> None:
        """Keep something for a later phase: arrays as npz, anything else as JSON."""
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".npz":
            np.savez(path, allow_pickle=False, **values)
        else:
            path.write_text(to_json(values), encoding="utf8")

    def save_rows(self, key: str, columns: Sequence[str], rows: Iterable[Sequence[object]] | None) -> None:
        """Keep a table for people and spreadsheets, as CSV; nothing where there is none."""
        if rows is None:
            return
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_csv(path, columns, rows)

    def load(self, key: str) -> dict[str, Any]:
        """Return what `save` kept.

        Raises
        ------
        ReportError
            When the phase that makes it has not run; says which command to run.
        """
        path = self._there(*HOMES[key])
        if path.suffix == ".json":
            return json.loads(path.read_text(encoding="utf8"))
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}

    def save_metrics(self, phase: str, *results: Any) -> None:
        """Keep the numbers that a phase shows; `metrics` brings them together.

        Parameters
        ----------
        *results : dict, object with an `as_dict`, or None
            None is passed over.
        """
        values: dict[str, Any] = {}
        for result in results:
            values |= result if isinstance(result, dict) else result.as_dict() if result else {}
        path = self.folder / "artifacts" / phase / "metrics.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_json(values), encoding="utf8")

    def metrics(self) -> dict[str, Any]:
        """Return every number that the report shows: `dataset`, then one object a phase."""
        found = {p: json.loads(self._there(p, "metrics.json").read_text(encoding="utf8")) for p in PHASES}
        return {"dataset": found["understanding"].pop("dataset"), **found}

    def path(self, key: str) -> Path:
        """Return the file that `save` keeps something in, there or not."""
        phase, file = HOMES[key]
        return self.folder / "artifacts" / phase / file

    def _there(self, phase: str, file: str) -> Path:
        """Return the file to read, of the finished run where no phase so far was run by hand; say so once."""
        path = self.folder / "artifacts" / phase / file
        finished = self._finished and self._finished / "artifacts" / phase / file
        if finished and finished.is_file():
            so_far = PHASES[: PHASES.index(phase) + 1]
            if not any((self.folder / "artifacts" / other).is_dir() for other in so_far):
                if not self._told:
                    print(f"What {self.folder} does not have yet is read from the finished run, {self._finished}.")
                self._told, path = True, finished
        if path.is_file():
            return path
        instead = f"`make report PARAMS=params/{self.name}.yaml` for all phases"
        if finished and finished.is_file():
            instead = f"remove {self.folder} to go on from the finished run"
        raise ReportError(f"{path}: not there yet; first run notebooks/{notebook_name(phase)}, or {instead}")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as CSV."""
    lines: list[str] = []
    # Only what is part of its line ends is quoted, and a bare carriage return has to be.
    end = "\r\n"
    writer = csv.writer(SimpleNamespace(write=lambda line: lines.append(line.removesuffix(end))), lineterminator=end)
    for row in (columns, *rows):
        writer.writerow([_no_formula(cell) for cell in row])
    write_text(path, "\n".join([*lines, ""]))


def _no_formula(cell: object) -> object:
    """Put an apostrophe before text that a spreadsheet would run; the page's script does the same."""
    if not isinstance(cell, str) or not cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8, line ends as they are; it appears when it is whole."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_text(text, encoding="utf8", newline="")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def to_json(values: Any) -> str:
    """Write values as JSON with sorted keys, floats unrounded, NaN and infinity as null."""
    return json.dumps(_plain(values), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
