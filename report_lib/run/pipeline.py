"""The only place that knows the order of the phases: runs the notebooks, gathers what they leave, publishes the run.

Everything is written to a folder beside the runs and moved into place when all of it is there, so that a run that
fails leaves the last good report alone.
"""

import importlib
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_lib import ROOT
from report_lib.common import engine, memory, values
from report_lib.common.errors import ReportError, did_you_mean
from report_lib.common.facts import environment
from report_lib.common.parallel import numeric_environment
from report_lib.data import datasets, formats, pixels
from report_lib.data.images import ImageSet
from report_lib.data.source import Asked
from report_lib.data.text import visible
from report_lib.run import artifacts, failure, phases, publish, record
from report_lib.run.artifacts import PHASES, Run, notebook_name
from report_lib.run.params import Params
from report_lib.run.plan import Plan, notebook_parameters, source_of
from report_lib.run.progress import Progress, cleared
from report_lib.run.reproduce import differences
from report_lib.run.sizes import resolve

if TYPE_CHECKING:
    import nbformat
    import numpy as np

    from report_lib.page.exporter import Fragment
    from report_lib.run.kernel import Kernel

    # Draws a phase's part of the page; what it returns waits for that.
    Awaited = Callable[[], Fragment]
    Draw = Callable[[str, nbformat.NotebookNode], Awaited]

log = logging.getLogger(__name__)
# Of so many images a report is so quick that what writes its page is imported, and draws, beside the kernel: that takes two
# seconds off the end, and costs 150 MB while the kernel computes.
FEW = 20_000


def run_report(
    params: Params,
    *,
    verbose: bool = False,
    wait: bool = False,
    force: bool = False,
    record_before: dict[str, Any] | None = None,
) -> Path:
    """Run the phases that are not what they were, and write the report.

    Parameters
    ----------
    params : Params
    verbose : bool
        Whether the message of a cell that failed has the traceback.
    wait : bool
        Whether to wait for another run of that name; it is refused otherwise.
    force : bool
        Whether everything is made anew.
    record_before : dict
        Of the run that is to be repeated; where today differs from it is said.

    Returns
    -------
    Path
        `report.html` in the run's folder.

    Raises
    ------
    ReportError
        When the data, the parameters or a notebook stop the run; the last good run is left as it was.
    """
    started, began, code = record.started_at(), time.time(), record.commit()
    _spare_a_grammar()
    final = artifacts.build_dir() / params.name
    with (
        publish.only_run(final, wait=wait) as staged,
        environment(**_pinned(staged.parent, force=force)),
        Progress(params.name, record.of_run(final).get("sections", {})) as progress,
        ExitStack() as at_end,
    ):
        kernel = cache(lambda: at_end.enter_context(_kernel(staged)))
        if force or not record.of_run(final):
            # It imports what it needs while the data are found.
            kernel()
        asked = params
        images, params, adjusted = check_data(asked)
        plan, run = _plan(asked, images, params, adjusted, code, final, began), Run(params.name)
        for sentence in [*replaced(final, params), *adjusted, *differences(record_before, plan.about)]:
            log.info("%s", sentence)
        if not force and plan.is_done(final):
            (final / publish.FAILED).unlink(missing_ok=True)
            progress.up_to_date(final / "report.html")
            return final / "report.html"
        if engine.is_asked_for():
            log.info("calls go to %s", engine.told())
        hashes, n_images = images.hashes, sum(len(images.rows[part]) for part in ("train", "test"))
        progress.expect(n_images, math.prod(images.image_shape))
        draw = at_end.enter_context(_page_beside()) if n_images <= FEW else None
        # The kernel reads them by itself.
        del images
        memory.give_back()
        with failure.page_of(staged, final):
            # The page, also that of a run that failed, has the kernel's memory.
            with at_end:
                finished = _run_phases(plan, run, kernel, progress, verbose, draw or _page_later)
            # What parameters were fitted to; later phases hold themselves to what the first one read.
            read = run.load("dataset").get("sha256")
            of = params.dataset
            datasets.refuse_replaced(hashes, read, of.source, of.labels, of.corrections)
            page = _write_page(plan, run, finished, progress, started)
        for sentence in publish.publish(staged, final):
            log.info("%s", sentence)
        plan.make_room()
    progress.done(final / page.name)
    return final / page.name


def is_done(asked: Params) -> bool:
    """Say whether the finished run of that name is what these parameters would make now; nothing is written."""
    final = artifacts.build_dir() / asked.name
    if not final.is_dir():
        return False
    with environment(**_pinned(final.parent / publish.STAGING, force=False)):
        return _plan(asked, *check_data(asked), record.commit(), final, time.time()).is_done(final)


def _plan(
    asked: Params,
    images: ImageSet,
    params: Params,
    adjusted: list[str],
    code: dict[str, str],
    final: Path,
    began: float,
) -> Plan:
    about = record.about(asked, params, adjusted, images.hashes, code)
    return Plan(params, values.digest(images), about, phases.read_made_of(final), began)


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

    run = existing(name)
    with publish.reading(run.folder):
        model = new_images.load(name, run.path("model_about"), run.path("model"))
        given = _asked(run, model.image_shape)
    images, names, said = _read_new(images_path, given, model.image_shape)
    images, scaled = pixels.scaled_like(images, model.low, model.high)
    if scaled:
        log.info("%s: %s", images_path, scaled)
    new_images.check_images(images, model, images_path)
    answers, asked = model.predict(images), ImageSet(images_path, images, images[:0], train_names=names)
    place = Path(images_path).expanduser()
    place = place if place.name else place.resolve()
    path, page = (_beside(place, f".predictions.{end}") for end in ("csv", "html"))
    told = new_images.table(answers, model.class_names)
    said = f"{said}; {scaled}" if scaled else said
    html = predictions_page(answers, images, names, model.class_names, run=name, table=path.name, said=said)
    artifacts.write_csv(path, *asked.with_names(new_images.COLUMNS, told))
    artifacts.write_text(page, html)
    return path, len(images), int((~answers.like_seen).sum())


def _asked(run: Run, image_shape: tuple[int, int]) -> Asked:
    """Return what the run was told about its own images; flat rows that are not square need the run's shape."""
    told = run.load("dataset")
    # What was brought to a size may come larger.
    shape = () if told["size"] or max(image_shape) >= pixels.MAX_SIDE else image_shape
    asked = Asked.of(told)
    return asked if asked.image_shape else replace(asked, image_shape=shape)


def _read_new(path: str, asked: Asked, image_shape: tuple[int, int]) -> tuple["np.ndarray", "np.ndarray | None", str]:
    """Read new images; arrays and columns need not be called as the run's own were, and pictures may be larger."""
    try:
        images, names, said = formats.read_new(path, asked, shape=image_shape)
    except ReportError:
        if not asked.keys:
            raise
        images, names, said = formats.read_new(path, replace(asked, keys=()), shape=image_shape)
    return images, visible(names), said


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

    run = existing(name)
    page = run.folder / "report.html"
    if not page.is_file():
        raise ReportError(f"{page}: not there; `make report PARAMS=params/{name}.yaml` makes it")
    with publish.reading(run.folder, alone=True):
        return write_pdf(page, run.folder / publish.PDF)


def existing(name: str) -> Run:
    """Return a finished run; ReportError names those that there are."""
    run = Run(name, artifacts.build_dir() / name)
    if name.strip(". ") != name or "/" in name or name in ("", artifacts.LAB) or not run.folder.is_dir():
        folders = {p.name for p in artifacts.build_dir().glob("[!.]*") if p.is_dir()} - {artifacts.LAB}
        there = ", ".join(sorted(folders)) or "none"
        hint = did_you_mean(name, folders, cutoff=0.5)
        raise ReportError(
            f"no run {name!r}; {hint and hint + ' '}runs that are there: {there}; `make report PARAMS=params/{name}.yaml` "
            "makes one"
        )
    return run


def _pinned(staging: Path, *, force: bool) -> dict[str, str]:
    """Return what a kernel inherits: threads before NumPy is imported, hashing, and where its artifacts go."""
    return numeric_environment() | {
        "PYTHONHASHSEED": "0",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        artifacts.STAGING: str(staging.resolve()),
        # What a person has asked for of the store holds, unless all is to be made anew.
        artifacts.STORE: "write" if force else os.environ.get(artifacts.STORE, ""),
    }


@contextmanager
def _kernel(staged: Path) -> Iterator["Kernel"]:
    from report_lib.run.kernel import start_kernel

    kernel = start_kernel(staged)
    try:
        yield kernel
    finally:
        kernel.close()


def _run_phases(
    plan: Plan, run: Run, kernel: Callable[[], "Kernel"], progress: Progress, verbose: bool, draw: "Draw"
) -> dict[str, tuple[phases.Finished, "Awaited"]]:
    """Run the phases whose parts are not what they were, in a kernel that is started when it is first asked for.

    Returns
    -------
    dict of str to tuple
        By phase, what it left, and its part of the page, once that is called for.
    """
    (run.folder / "notebooks").mkdir(parents=True)
    finished: dict[str, tuple[phases.Finished, Awaited]] = {}
    for phase in PHASES:
        parts, was = plan.parts(phase, run), plan.was(phase)
        key = phases.key_of(phase, parts)
        found = plan.store and phases.take(plan.store, key, phase, plan.sources[phase], run)
        if found:
            progress.taken(phase, found.facts["sections"], same=parts == was)
            _write_notebook(found.notebook, phase, run.folder)
        else:
            anew = not (plan.store and plan.store.reads)
            progress.runs(phase, phases.why(parts, was, plan.sources[phase], anew=anew))
            found = _run_phase(plan.params, phase, run.folder, kernel(), progress, verbose)
            if plan.edited(phase):
                log.info("%s: its code was edited while it ran; it will run again next time", phase)
            elif plan.store:
                phases.keep(plan.store, key, phase, found, run)
        finished[phase] = found, draw(phase, found.notebook)
    return finished


def _write_notebook(nb: "nbformat.NotebookNode", phase: str, folder: Path) -> None:
    import nbformat

    nbformat.write(nb, folder / "notebooks" / notebook_name(phase))


@contextmanager
def _page_beside() -> Iterator["Draw"]:
    """Import what writes the page, and draw each phase's part of it, in a thread beside the phase that comes next."""
    # First what is needed before: two threads that import parts of one library at once may meet half of them.
    importlib.import_module("papermill")
    importlib.import_module("report_lib.run.kernel")
    thread = ThreadPoolExecutor(1)
    try:
        # What goes wrong is said when the page is written.
        thread.submit(_load_exporter)
        yield lambda phase, notebook: thread.submit(_draw, phase, notebook).result
    except BaseException:
        thread.shutdown(cancel_futures=True)
        raise
    # The last part may be drawn while the kernel ends.
    thread.shutdown(wait=False)


def _load_exporter() -> None:
    from report_lib.page.exporter import packed_plotly

    packed_plotly()


def _page_later(phase: str, notebook: "nbformat.NotebookNode") -> "Awaited":
    return partial(_draw, phase, notebook)


def _draw(phase: str, notebook: "nbformat.NotebookNode") -> "Fragment":
    from report_lib.page.exporter import fragment

    return fragment(PHASES.index(phase) + 1, phase, notebook)


def _run_phase(
    params: Params, phase: str, folder: Path, kernel: "Kernel", progress: Progress, verbose: bool
) -> phases.Finished:
    import nbformat
    import papermill

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    source, target = source_of(phase), folder / "notebooks" / notebook_name(phase)
    progress.phase(phase, nbformat.read(source, as_version=4))
    seen: dict[str, Any] = {}
    with (
        record.peak_memory(kernel.provisioner.pid, seen),
        failure.told(phase, progress, params.cell_timeout, verbose=verbose) as watch,
    ):
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
    _write_notebook(nb, phase, folder)
    return phases.Finished(nb, seen | {"sections": progress.times[phase]})


def _clean(nb: "nbformat.NotebookNode") -> "nbformat.NotebookNode":
    """Take out what changes from run to run: papermill's times, cell timings, random ids, and warnings.

    Libraries warn with paths of the machine; whoever waits for the run sees it, the report's readers do not.
    """
    nb.metadata.pop("papermill", None)
    for cell in nb.cells:
        for output in [o for o in cell.get("outputs", []) if o.get("name") == "stderr"]:
            print(cleared(sys.stderr) + output.text, file=sys.stderr, end="")
            cell.outputs.remove(output)
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if not cell.metadata.get("tags", True):
            # Papermill gives every cell a list of tags.
            del cell.metadata["tags"]
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
    # The kernel counts on from one notebook to the next, of those that ran.
    for count, cell in enumerate((cell for cell in nb.cells if cell.cell_type == "code"), start=1):
        for numbered in [cell, *(o for o in cell.outputs if o.output_type == "execute_result")]:
            numbered.execution_count = count
    return nb


def _write_page(
    plan: Plan, run: Run, finished: "dict[str, tuple[phases.Finished, Awaited]]", progress: Progress, started: str
) -> Path:
    from report_lib.page.exporter import write_report

    progress.phase("page")
    metrics, ran = run.metrics(), {phase: own for phase, (own, _) in finished.items()}
    (run.folder / "metrics.json").write_text(artifacts.to_json(metrics), encoding="utf8")
    provenance = plan.about | _facts(started, ran, progress, _times(run))
    (run.folder / record.RECORD).write_text(artifacts.to_json(provenance), encoding="utf8")
    about = plan.about | {"command": record.command(Params.model_validate(plan.about["asked"]))}
    points, lists = run.load("datamap"), run.load("lists")
    fragments = [awaited() for _, awaited in finished.values()]
    page = write_report(run.folder / "report.html", fragments, metrics, about, provenance, points, lists)
    made = artifacts.to_json(plan.record())
    (run.folder / phases.MADE_OF).write_text(made, encoding="utf8")
    return page


def _facts(
    started: str, finished: dict[str, phases.Finished], progress: Progress, times: dict[str, Any]
) -> dict[str, Any]:
    """Everything that may differ between two runs of the same thing; times are those of when a phase last ran."""
    return {
        "started": started,
        "seconds": progress.elapsed(),
        "sections": {phase: own.facts["sections"] for phase, own in finished.items()},
        "peak_memory": {phase: own.facts["peak_memory"] for phase, own in finished.items()},
        "taken_over": progress.taken_over,
        "times": times,
        "machine": record.machine(),
    }


def _times(run: Run) -> dict[str, Any]:
    return {
        key: rows
        for name in ("times", "clustering_times", "classification_times")
        for key, rows in run.load(name).items()
    }


def replaced(final: Path, params: Params) -> list[str]:
    """Say that a run of the same name, of other images, will be replaced; nothing where there is none."""
    before = record.of_run(final).get("parameters", {}).get("dataset", {}).get("source", params.dataset.source)
    if before == params.dataset.source:
        return []
    return [f'{final} was made of {before} and will be replaced; SET="name=another" keeps both']
