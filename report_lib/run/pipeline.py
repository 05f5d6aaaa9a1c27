"""The only place that knows the order of the phases: runs the notebooks, gathers what they leave, publishes the run.

Everything is written to a folder beside the runs and moved into place when all of it is there, so that a run that
fails leaves the last good report alone.
"""

import importlib.metadata
import json
import logging
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_lib import ROOT
from report_lib.common.errors import ReportError
from report_lib.common.parallel import n_threads, pinned_threads
from report_lib.data import datasets, formats, pixels
from report_lib.data.images import ImageSet
from report_lib.data.source import Asked
from report_lib.run import artifacts, failure, publish
from report_lib.run.artifacts import PHASES, Run, notebook_name
from report_lib.run.params import Params
from report_lib.run.progress import Progress
from report_lib.run.sizes import resolve

if TYPE_CHECKING:
    import nbformat
    import numpy as np

    from report_lib.run.kernel import Kernel

log = logging.getLogger(__name__)
NOTEBOOKS = ROOT / "notebooks"
# What makes a number or the page; a test knows what computes.
PACKAGES = (
    "numpy", "scipy", "scikit-learn", "umap-learn", "numba", "igraph", "kneed", "cleanlab", "torch", "pillow",
    "pandas", "plotly", "papermill", "nbconvert",
)  # fmt: skip


def run_report(params: Params, *, verbose: bool = False, wait: bool = False) -> Path:
    """Run all phases and write the report.

    Parameters
    ----------
    params : Params
    verbose : bool
        Whether the message of a cell that failed has the traceback.
    wait : bool
        Whether to wait for another run of that name; it is refused otherwise.

    Returns
    -------
    Path
        `report.html` in the run's folder.

    Raises
    ------
    ReportError
        When the data, the parameters or a notebook stop the run; the last good run is left as it was.
    """
    started = datetime.now(UTC)
    _spare_a_grammar()
    final = artifacts.build_dir() / params.name
    with publish.only_run(final, wait=wait) as staged:
        progress = Progress(params.name, _last_times(final))
        images, params, adjusted = check_data(params)
        for sentence in [*replaced(final, params), *adjusted]:
            log.info("%s", sentence)
        with _environment(staged.parent), _kernel(staged) as kernel, failure.page_of(staged, final):
            notebooks = _run_phases(params, staged, kernel, progress, verbose)
            # What parameters were fitted to; later phases hold themselves to what the first one read.
            read = Run(params.name).load("dataset").get("sha256")
            datasets.refuse_replaced(images.hashes, read, params.dataset.source, params.dataset.labels)
            page = _write_page(params, adjusted, Run(params.name), notebooks, progress, started)
        for sentence in publish.publish(staged, final):
            log.info("%s", sentence)
    progress.done(final / page.name)
    return final / page.name


def _spare_a_grammar() -> None:
    """Keep jsonschema from a parser of internationalised addresses, which takes a second to build: no notebook has any."""
    sys.modules.setdefault("rfc3987_syntax", None)


def check_data(params: Params) -> tuple[ImageSet, Params, list[str]]:
    """Find the data and fit the run to it, before a kernel starts.

    Returns
    -------
    images : ImageSet
    params : Params
    adjusted : list of str
        As `sizes.resolve` gives them.
    """
    images = datasets.load(**params.dataset.model_dump(), seed=params.seed)
    return images, *resolve(
        params,
        n_train=len(images.train_images),
        n_test=len(images.test_images),
        image_shape=images.image_shape,
        class_counts=images.class_counts,
    )


def predict(name: str, images_path: str) -> tuple[Path, int, int]:
    """Ask the model of a run about images; the answers are written beside them, as CSV and as a page with pictures.

    Returns
    -------
    path : Path
        Such as `new.predictions.csv` for `new.npy`; the page is `new.predictions.html`.
    n_images, n_unlike : int
        How many there were, and how many of them are unlike anything seen.

    Raises
    ------
    ReportError
        When the run, its model or the images are not what they should be; nothing is written then.
    """
    from report_lib.classification import new_images
    from report_lib.page.predictions import predictions_page

    run = _existing(name)
    with publish.reading(run.folder):
        model = new_images.load(name, run.path("model_about"), run.path("model"))
        given = _asked(run, model.image_shape)
    images, names = _read_new(images_path, given, model.image_shape)
    images, scaled = pixels.scaled_like(images, model.low, model.high)
    if scaled:
        log.info("%s: %s", images_path, scaled)
    new_images.check_images(images, model, images_path)
    answers, asked = model.predict(images), ImageSet(images_path, images, images[:0], train_names=names)
    place = Path(images_path).expanduser()
    place = place if place.name else place.resolve()
    path, page = (_beside(place, f".predictions.{end}") for end in ("csv", "html"))
    told = new_images.table(answers, model.class_names)
    html = predictions_page(answers, images, names, model.class_names, run=name, table=path.name)
    artifacts.write_csv(path, *asked.with_names(new_images.COLUMNS, told))
    artifacts.write_text(page, html)
    return path, len(images), int((~answers.like_seen).sum())


def _asked(run: Run, image_shape: tuple[int, int]) -> Asked:
    """Return what the run was told about its own images; flat rows that are not square need the run's shape."""
    told = run.load("dataset")
    # What was brought to a size may come larger.
    shape = () if told["size"] or max(image_shape) >= pixels.MAX_SIDE else image_shape
    given = {name: tuple(told[name]) if isinstance(told[name], list) else told[name] for name in vars(Asked())}
    return Asked(**given | {"image_shape": given["image_shape"] or shape})


def _read_new(path: str, asked: Asked, image_shape: tuple[int, int]) -> tuple["np.ndarray", "np.ndarray | None"]:
    """Read new images; arrays and columns need not be called as the run's own were, and pictures may be larger."""
    h, w = image_shape
    side = h if h == w else 0
    try:
        return formats.read_new(path, asked, side=side)
    except ReportError:
        if not asked.keys:
            raise
        return formats.read_new(path, replace(asked, keys=()), side=side)


def _beside(images: Path, ending: str) -> Path:
    path = images.with_name((images.name if images.is_dir() else images.stem) + ending)
    if path.is_dir():
        raise ReportError(f"{path}: is a folder, and the answers would be written there; move it away")
    return path


def make_pdf(name: str) -> Path:
    """Print the report of a run; returns `report.pdf` beside it.

    Raises
    ------
    ReportError
        When there is no such run, or nothing to print with.
    """
    from report_lib.page.pdf import write_pdf

    run = _existing(name)
    page = run.folder / "report.html"
    if not page.is_file():
        raise ReportError(f"{page}: not there; `make report PARAMS=params/{name}.yaml` makes it")
    with publish.reading(run.folder, alone=True):
        return write_pdf(page, run.folder / publish.PDF)


def _existing(name: str) -> Run:
    run = Run(name, artifacts.build_dir() / name)
    if name.strip(". ") != name or "/" in name or name in ("", artifacts.LAB) or not run.folder.is_dir():
        folders = {p.name for p in artifacts.build_dir().glob("[!.]*") if p.is_dir()} - {artifacts.LAB}
        there = ", ".join(sorted(folders)) or "none"
        raise ReportError(
            f"no run {name!r}; runs that are there: {there}; `make report PARAMS=params/{name}.yaml` makes one"
        )
    return run


def notebook_parameters(params: Params, phase: str) -> dict[str, Any]:
    """Return what a phase's notebook is given: the run, the seed, and its own section."""
    values = {"run": params.name, "seed": params.seed}
    if phase == PHASES[0]:
        values |= params.dataset.model_dump()
    return values | getattr(params, phase).model_dump()


@contextmanager
def _environment(staging: Path) -> Iterator[None]:
    """Pin what a kernel inherits: threads before NumPy is imported, hashing, and where its artifacts go."""
    pinned = pinned_threads() | {
        "PYTHONHASHSEED": "0",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        artifacts.STAGING: str(staging.resolve()),
    }
    before = {name: os.environ.get(name) for name in pinned}
    os.environ.update(pinned)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextmanager
def _kernel(staged: Path) -> Iterator["Kernel"]:
    """Start the kernel first of all, so that it imports while papermill does."""
    from report_lib.run.kernel import start_kernel

    kernel = start_kernel(staged)
    try:
        yield kernel
    finally:
        kernel.close()


def _run_phases(
    params: Params, folder: Path, kernel: "Kernel", progress: Progress, verbose: bool
) -> dict[str, "nbformat.NotebookNode"]:
    (folder / "notebooks").mkdir(parents=True)
    # nbconvert takes a second to import; it can do so while the kernel computes.
    threading.Thread(target=_warm_exporter, daemon=True).start()
    return {phase: _run_phase(params, phase, folder, kernel, progress, verbose) for phase in PHASES}


def _warm_exporter() -> None:
    # What goes wrong is said when the page is written.
    with suppress(Exception):
        from report_lib.page.exporter import packed_plotly

        packed_plotly()


def _run_phase(
    params: Params, phase: str, folder: Path, kernel: "Kernel", progress: Progress, verbose: bool
) -> "nbformat.NotebookNode":
    import nbformat
    import papermill

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    source, target = NOTEBOOKS / notebook_name(phase), folder / "notebooks" / notebook_name(phase)
    progress.phase(phase, nbformat.read(source, as_version=4))
    with failure.told(phase, progress, params.cell_timeout, verbose=verbose) as watch:
        nb = papermill.execute_notebook(
            str(source),
            str(target),
            notebook_parameters(params, phase),
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            cwd=str(ROOT),
            km=kernel,
            execution_timeout=params.cell_timeout,
            iopub_timeout=600,
            on_cell_start=watch,
        )
    progress.section_done()
    nb = _clean(nb)
    nbformat.write(nb, target)
    return nb


def _clean(nb: "nbformat.NotebookNode") -> "nbformat.NotebookNode":
    """Take out what changes from run to run: papermill's times, cell timings, random ids, and warnings.

    Libraries warn with paths of the machine; whoever waits for the run sees it, the report's readers do not.
    """
    nb.metadata.pop("papermill", None)
    for cell in nb.cells:
        for output in [o for o in cell.get("outputs", []) if o.get("name") == "stderr"]:
            print(output.text, file=sys.stderr, end="")
            cell.outputs.remove(output)
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
    return nb


def _write_page(
    params: Params,
    adjusted: list[str],
    run: Run,
    notebooks: dict[str, "nbformat.NotebookNode"],
    progress: Progress,
    started: datetime,
) -> Path:
    from report_lib.page.exporter import write_report

    progress.phase("page")
    metrics = run.metrics()
    about = {
        "parameters": params.model_dump(mode="json"),
        "adjusted": adjusted,
        "data": metrics["dataset"]["sha256"],
        "commit": _commit(),
        "versions": _versions(),
    }
    (run.folder / "metrics.json").write_text(artifacts.to_json(metrics), encoding="utf8")
    provenance = about | _facts(started, progress, _times(run))
    (run.folder / "provenance.json").write_text(artifacts.to_json(provenance), encoding="utf8")
    return write_report(run.folder / "report.html", notebooks, metrics, about, provenance, run.load("datamap"))


def _versions() -> dict[str, str]:
    """Return the versions of Python and of what is installed of `PACKAGES`; PyTorch may not be."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def _facts(started: datetime, progress: Progress, times: dict[str, Any]) -> dict[str, Any]:
    """Everything that may differ between two runs of the same thing."""
    return {
        "started": started.isoformat(timespec="seconds"),
        "seconds": progress.elapsed(),
        "sections": progress.times,
        "times": times,
        "machine": {
            "system": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "threads": n_threads(),
        },
    }


def _times(run: Run) -> dict[str, Any]:
    return {
        key: rows
        for name in ("times", "clustering_times", "classification_times")
        for key, rows in run.load(name).items()
    }


def _commit() -> str:
    """Return the commit of the project, marked where files differ from it; empty outside a checkout."""

    def git(*words: str) -> str:
        found = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True)
        return found.stdout.strip() if found.returncode == 0 else ""

    try:
        commit = git("rev-parse", "HEAD")
        return commit + (" with local changes" if commit and git("status", "--porcelain", "-uno") else "")
    except OSError:
        return ""


def replaced(final: Path, params: Params) -> list[str]:
    """Say that a run of the same name, of other images, will be replaced; nothing where there is none."""
    try:
        before = json.loads((final / "provenance.json").read_text(encoding="utf8"))["parameters"]["dataset"]["source"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    if before == params.dataset.source:
        return []
    return [f'{final} was made of {before} and will be replaced; SET="name=another" keeps both']


def _last_times(folder: Path) -> dict[str, dict[str, float]]:
    try:
        return json.loads((folder / "provenance.json").read_text(encoding="utf8"))["sections"]
    except (OSError, ValueError, KeyError):
        return {}
