"""How long a run takes, how much memory, and what a rerun costs after each kind of change: `make bench`.

With `--sizes`, in place of that, how both grow with the number of images, by runs of some images of the set.

Runs in a copy of the checkout with a store of its own, so that neither what is kept of earlier runs nor edits here touch
it; the data come from the cache. Prints figures, judges nothing, and adds them to `bench.json` beside the runs.

python -m tests.benchmark --params params/digits.yaml --set "seed=7" --sizes "400 800 1600"
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from report_lib import ROOT
from report_lib.common import facts
from report_lib.common.errors import ReportError
from report_lib.run import artifacts, record
from report_lib.run.params import load_params
from tests import growth, opening
from tests.browser import CHROMIUM

KEPT = "bench.json"
# Where code is added to: it changes nothing that is drawn, but nobody can know that before it runs.
FIGURE, PAGE = "report_lib/reduction/figures/linear.py", "report_lib/page/exporter.py"
NOTEBOOK = "notebooks/03_clustering.ipynb"


def checkout(target: Path) -> None:
    """Copy what git knows of the project, and new files that it does not ignore, as they are now."""
    words = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    found = subprocess.run(words, capture_output=True, check=True, text=True).stdout
    for name in filter(None, found.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def edit_code(path: Path) -> None:
    """Add a line of code to a module."""
    path.write_text(path.read_text(encoding="utf8") + f"\n_EDITED = {time.time_ns()}\n", encoding="utf8")


def edit_words(path: Path) -> None:
    """Add a sentence to the first Markdown cell of a notebook."""
    found = json.loads(path.read_text(encoding="utf8"))
    cell = next(cell for cell in found["cells"] if cell["cell_type"] == "markdown")
    cell["source"] = ["".join(cell["source"]), "\n\nOne more sentence."]
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf8")


def changes(project: Path, params: dict[str, Any]) -> dict[str, Callable[[], str]]:
    """Return what to do for each kind of change, by its name; each returns a setting, or nothing.

    Parameters
    ----------
    project : Path
        The copy.
    params : dict
        The parameters of the run, fitted to its images.
    """
    k_max, n_folds = params["clustering"]["k_max"], params["classification"]["n_folds"]
    # One fewer is always allowed where one more may be above what so few images carry.
    k_max += -1 if k_max > params["clustering"]["k_min"] + 1 else 1
    n_folds += -1 if n_folds > 2 else 1
    return {
        "nothing": lambda: "",
        "a figure": lambda: edit_code(project / FIGURE) or "",
        "a sentence": lambda: edit_words(project / NOTEBOOK) or "",
        "the page's code": lambda: edit_code(project / PAGE) or "",
        "clustering.k_max": lambda: f"clustering.k_max={k_max}",
        "classification.n_folds": lambda: f"classification.n_folds={n_folds}",
    }


def run_once(project: Path, given: dict[str, str], settings: list[str]) -> dict[str, Any]:
    """Make the report in the copy; return how long it took, the most memory, and which phases ran.

    Raises
    ------
    ReportError
        When the run fails, with what it said last.
    """
    words = [part for name, value in given.items() for part in (f"--{name}", value)]
    words += ["--set", " ".join([given["set"], *settings])]
    path = os.pathsep.join([str(project), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    own = {"PYTHONPATH": path, "REPORT_BUILD_DIR": str(project / "build")}
    others = {k: v for k, v in os.environ.items() if k not in (artifacts.STORE, artifacts.STAGING)}
    start, seen = time.perf_counter(), {}
    process = subprocess.Popen(
        [sys.executable, "-m", "report_lib", "report", *words],
        cwd=project, env=others | own, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with record.peak_memory(process.pid, seen):
        _, said = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise ReportError(f"the run failed: {(said.splitlines() or ['it said nothing'])[-1]}")
    return {"seconds": seconds, **seen, "ran": re.findall(r"^(\w+): runs, ", said, re.MULTILINE)}


def measure(project: Path, given: dict[str, str]) -> dict[str, Any]:
    """Make a run and each rerun in a copy of the checkout, and open its page; return the figures."""
    settings: list[str] = []
    first = run_once(project, given, settings)
    folder = next(path.parent for path in (project / "build").glob(f"*/{record.RECORD}"))
    told = record.of_run(folder)
    phases = {phase: {"seconds": sum(told["sections"][phase].values()), "peak_memory": told["peak_memory"][phase]}
              for phase in told["sections"] if phase in told["peak_memory"]}  # fmt: skip
    reruns = {}
    for name, change in changes(project, told["parameters"]).items():
        print(f"again, with another version of {name}" if name != "nothing" else "again", file=sys.stderr)
        settings += filter(None, [change()])
        reruns[name] = run_once(project, given, settings)
    page = opening.opened(folder / "report.html") if CHROMIUM else {}
    return {"run": folder.name, "first": first, "phases": phases, "reruns": reruns, "opening": page}


def grow(project: Path, given: dict[str, str], sizes: list[int]) -> dict[str, Any]:
    """Make a run of each number of images of a set in a copy of the checkout; return what each took, and how that grows.

    Numbers above what the set has are left out.
    """
    source = [f"dataset.{name}={given[of]}" for name, of in (("source", "data"), ("labels", "labels")) if given[of]]
    own = shlex.split(given["set"])
    params = given["params"] or f"params/{'own' if given['data'] else 'fashion_mnist'}.yaml"
    asked = load_params(Path(params), [*source, *own])
    # What was asked of the whole set has been done to the images by then.
    others = [word for word in own if not word.startswith(("dataset.", "name="))]
    by_size: dict[int, dict[str, Any]] = {}
    for n in sizes:
        some = growth.write_some(asked, n, project.parent)
        if not some:
            print(f"the set has fewer than {n:,} images", file=sys.stderr)
            continue
        print(f"{n:,} images", file=sys.stderr)
        which = {"data": str(some), "labels": "", "params": params, "set": shlex.join(others)}
        took = run_once(project, which, [f"name=images-{n}"])
        by_size[n] = took | {"sections": record.of_run(project / "build" / f"images-{n}")["sections"]}
    if len(by_size) < 2:
        raise ReportError("of fewer than two numbers of images nothing can be said of growth")
    return {"run": asked.name, "growth": {"by_size": by_size, **growth.summed_up(by_size)}}


def keep(found: dict[str, Any], path: Path) -> None:
    """Add figures to those of earlier times."""
    earlier = json.loads(path.read_text(encoding="utf8")) if path.is_file() else []
    path.parent.mkdir(parents=True, exist_ok=True)
    artifacts.write_text(path, artifacts.to_json([*earlier, found]))


def told(found: dict[str, Any]) -> list[str]:
    """Return the figures as lines."""

    def line(name: str, own: dict[str, Any]) -> str:
        memory = f", {own['peak_memory'] / 1e9:.2f} GB" if own["peak_memory"] else ""
        ran = f"; ran: {', '.join(own['ran']) or 'no phase'}" if "ran" in own else ""
        return f"  {name}: {own['seconds']:.1f} s{memory}{ran}"

    head = f"{found['run']}, commit {found['commit'][:12] or 'unknown'}{' with changes' if found['changes'] else ''}"
    if "growth" in found:
        return [head, *growth.lines(found["growth"]["by_size"], found["growth"])]
    return [
        head,
        line("all anew", found["first"]),
        *(line(f"  {phase}", found["phases"][phase]) for phase in artifacts.PHASES if phase in found["phases"]),
        "the same again after a change of",
        *(line(name, own) for name, own in found["reruns"].items()),
        *(
            ["the page", *opening.lines(found["opening"])]
            if found["opening"]
            else ["no Chromium to open the page with"]
        ),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Measure a run, or runs of several sizes; the other arguments are those of the command `report`."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("data", "labels", "params", "set"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--sizes", default="", help='numbers of images: "7500 15000 30000 60000"')
    given = vars(parser.parse_args(arguments))
    sizes = sorted({int(n) for n in given.pop("sizes").replace(",", " ").split()})
    for name in ("data", "labels", "params"):
        # From where one stands; the copy stands elsewhere.
        if given[name] and Path(given[name]).expanduser().exists():
            given[name] = str(Path(given[name]).expanduser().absolute())
    about = {"date": record.started_at(), **record.commit(), "machine": record.machine(), "given": given,
             "processor": facts.processor(), "threads": facts.n_threads()}  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="report-bench-") as scratch:
        project = Path(scratch) / "project"
        checkout(project)
        try:
            figures = grow(project, given, sizes) if sizes else measure(project, given)
        except ReportError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        found = about | figures
    keep(found, artifacts.build_dir() / KEPT)
    print("\n".join(told(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
