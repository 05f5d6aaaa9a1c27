"""The command line that the Makefile calls: `python -m report_lib report --params params/fashion_mnist.yaml`."""

import argparse
import gc
import json
import logging
import os
import re
import shlex
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from report_lib import ROOT
from report_lib.common.errors import ReportError
from report_lib.run.progress import cleared

# What is said of an error, at most.
MOST_LINES, LONGEST = 5, 3000
# What the loader of libraries says where memory is short.
_NO_ROOM = re.compile("failed to map segment|cannot allocate memory", re.IGNORECASE)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status: 0 done, 1 failed for a reason that is said in one line."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format=f"{cleared(sys.stderr)}%(message)s", stream=sys.stderr)
    logging.getLogger("report_lib").setLevel(logging.INFO)
    stopped = options.stopped = _stop_on_signals()
    try:
        return options.run_command(options)
    except (Exception, KeyboardInterrupt) as error:
        # Whatever became of it on its way: a kernel that was stopped may look like one that died.
        if stopped:
            # Who asks twice is not to see Python end.
            _on_signals(signal.SIG_IGN)
            print("stopped; the last good report is as it was", file=sys.stderr)
            return stopped[0]
        if options.verbose:
            traceback.print_exc()
        said = str(error) if isinstance(error, ReportError) else _unforeseen(error)
        print(f"error: {said if options.verbose else _cut(said)}", file=sys.stderr)
        return 1


def _stop_on_signals() -> list[int]:
    """Have Ctrl-C and SIGTERM unwind what is under way; return a list that holds the exit status once one came."""
    stopped: list[int] = []

    def stop(number: int, _: object) -> None:
        stopped.append(128 + number)
        # What was awaited is not awaited any more.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        raise KeyboardInterrupt

    _on_signals(stop)
    return stopped


def _on_signals(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _cut(said: str) -> str:
    """Keep what goes to a terminal short and free of what would steer it."""
    lines = ["".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) for line in said.splitlines()]
    text = "\n".join(lines[:MOST_LINES])
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… (all of it: `--verbose`)"


def _unforeseen(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    if isinstance(error, MemoryError) or (isinstance(error, ImportError) and _NO_ROOM.search(first)):
        return "there is not enough memory; use fewer images or close other programs"
    if isinstance(error, OSError):
        return f"{error.filename or 'a file that was read or written'}: {error.strerror or first}"
    return f"{type(error).__name__}: {first} (a bug? the same with `--verbose` shows the traceback)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m report_lib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, run, text in (
        ("report", _report, "run the four notebooks and write build/<run>/report.html"),
        ("data", _data, "find, check and cache the data of a run"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--data", default="", help="file or folder of your own images, from where you stand")
        command.add_argument("--labels", default="", help="file with their labels, where they are not with the images")
        command.add_argument("--params", default="", help="YAML file of the run; params/own.yaml where data are given")
        command.add_argument("--set", default="", help='"section.parameter=value …", overriding the file')
        command.add_argument("--verbose", action="store_true", help="show the traceback of an error")
        command.set_defaults(run_command=run)
    report = commands.choices["report"]
    report.add_argument("--from", dest="record", default="", help="provenance.json or report.html of a run to repeat")
    report.add_argument("--force", default="", help="1: run everything, also what did not change")
    report.add_argument("--wait", default="", help="1: wait for another run of this name")
    command = commands.add_parser("reproduce", help="make a run again from its record, reuse nothing, and compare")
    command.add_argument("--run", required=True, help="name of the run, its folder below build/")
    command.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    command.set_defaults(run_command=_reproduce)
    command = commands.add_parser("pdf", help="print the report of a run with an installed Chromium")
    command.add_argument("--run", required=True, help="name of the run, its folder below build/")
    command.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    command.set_defaults(run_command=_pdf)
    command = commands.add_parser("predict", help="ask the model of a run about new images")
    command.add_argument("--run", required=True, help="name of the run, its folder below build/")
    command.add_argument("--images", required=True, help=".npy or .npz file with images")
    command.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    command.set_defaults(run_command=_predict)
    command = commands.add_parser("compare", help="hold finished runs against one another, on a page and in a table")
    command.add_argument("--runs", required=True, help='names of two runs or more: "fashion_mnist classic"')
    command.add_argument("--format", default="text", help="of the table: text, or md for a pull request")
    command.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    command.set_defaults(run_command=_compare)
    command = commands.add_parser(
        "sweep", help="make the runs of a file that varies parameters, and a page of all of them"
    )
    command.add_argument("--sweep", required=True, help="YAML file of the sweep")
    command.add_argument("--confirm", default="", help="1: also where that is more than 50 runs")
    command.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    command.set_defaults(run_command=_sweep)
    return parser


def _load(options: argparse.Namespace):
    from report_lib.run.params import load_params

    try:
        settings = shlex.split(options.set)
    except ValueError as error:
        raise ReportError(f"SET {options.set!r}: {error}") from error
    default = ROOT / "params" / ("own.yaml" if options.data else "fashion_mnist.yaml")
    params = options.params or os.path.relpath(default)
    return load_params(params, [*_own_images(options), *settings])


def _own_images(options: argparse.Namespace) -> list[str]:
    """Return `--data` and `--labels` as settings; paths may be from where one stands, the run is called as the file."""
    if not options.data:
        return [f"dataset.labels={_quoted(options.labels)}"] if options.labels else []
    from report_lib.data import own

    name = re.sub(r"[^A-Za-z0-9_-]+", "_", own.title(Path(options.data))).strip("_-") or "images"
    if name == "lab" or (ROOT / "params" / f"{name}.yaml").exists():
        # Such a run is there already, or may be.
        name = f"{name}_own"
    given = {"dataset.source": options.data, "dataset.labels": options.labels}
    return [f"name={name}", *(f"{key}={_quoted(path)}" for key, path in given.items() if path)]


def _quoted(path: str) -> str:
    """Write a path as YAML; what is there from where one stands is meant, wherever the project is."""
    full = Path(path).expanduser().absolute()
    # A plain word may be a data set.
    if full.exists() or (re.search("[./]", path) and not (ROOT / path).exists()):
        path = str(full.relative_to(ROOT) if full.is_relative_to(ROOT) else full)
    return json.dumps(path, ensure_ascii=False)


def _report(options: argparse.Namespace) -> int:
    from report_lib.run.pipeline import run_report

    how = {"verbose": options.verbose, "force": _is_on(options.force), "wait": _is_on(options.wait)}
    if options.record:
        params, found = _recorded(options)
        run_report(params, record_before=found, **how)
    else:
        run_report(_load(options), **how)
    return 0


def _is_on(flag: str) -> bool:
    return flag not in ("", "0")


def _recorded(options: argparse.Namespace):
    """Return the parameters of a record, and the record."""
    from report_lib.run import reproduce

    if options.set or options.data or options.labels:
        raise ReportError("FROM repeats a run as it was: leave SET, DATA and LABELS out")
    path = Path(options.record).expanduser()
    found = reproduce.read(path)
    return reproduce.params_of(found, path), found


def _reproduce(options: argparse.Namespace) -> int:
    from report_lib.run import reproduce
    from report_lib.run.pipeline import existing

    run = existing(options.run)
    other, differ = reproduce.again(run.folder, verbose=options.verbose)
    for line in [*other, *differ[: reproduce.MOST_LISTED]]:
        print(line)
    if differ[reproduce.MOST_LISTED :]:
        print(f"{len(differ) - reproduce.MOST_LISTED:,} more")
    close = f"every number within {reproduce.TOLERANCE:g}" if other else "identical"
    print(f"{options.run}: " + (f"{len(differ):,} differ" if differ else close))
    return 1 if differ else 0


def _data(options: argparse.Namespace) -> int:
    from report_lib.run.pipeline import check_data

    images, _, adjusted = check_data(_load(options))
    for line in filter(None, (*adjusted, images.recognised, *images.skipped)):
        print(line)
    print(f"{images.title}: {len(images.train_images):,} train and {len(images.test_images):,} test images")
    if images.has_labels:
        unknown = sum(int((~known).sum()) for known in images.labelled.values())
        names = ", ".join(images.class_names[:10]) + ", …" * (len(images.class_names) > 10)
        print(f"{len(images.class_names):,} classes: {names}" + f"; {unknown:,} labels unknown" * (unknown > 0))
    return 0


def _pdf(options: argparse.Namespace) -> int:
    from report_lib.run.pipeline import make_pdf

    print(make_pdf(options.run))
    return 0


def _predict(options: argparse.Namespace) -> int:
    from report_lib.common.parallel import numeric_environment

    os.environ.update(numeric_environment())
    from report_lib.common.prose import plural
    from report_lib.run.pipeline import predict

    if not options.images:
        raise ReportError("no images; write `make predict RUN=fashion_mnist IMAGES=new.npy`")
    path, n_images, n_unlike = predict(options.run, options.images)
    print(f"{path}: {plural(n_images, 'image')}, {n_unlike:,} of them unlike anything seen")
    return 0


def _compare(options: argparse.Namespace) -> int:
    from report_lib.run.compare import compare

    page, told = compare(options.runs.split(), options.format or "text")
    print(told)
    print(f"done: {page}", file=sys.stderr)
    return 0


def _sweep(options: argparse.Namespace) -> int:
    from report_lib.run.sweep import sweep

    if not options.sweep:
        raise ReportError("no sweep; write `make sweep SWEEP=params/sweeps/digits.yaml`")
    page, failed = sweep(
        Path(options.sweep),
        confirmed=_is_on(options.confirm),
        verbose=options.verbose,
        is_stopped=lambda: bool(options.stopped),
    )
    print(page)
    for name, why in failed.items():
        print(f"failed: {name}: {_cut(why)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    status = main()
    # As Python ends it looks through all that is there, for half a second.
    gc.freeze()
    sys.exit(status)
