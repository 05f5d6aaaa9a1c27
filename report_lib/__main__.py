"""The command line that the Makefile calls: `python -m report_lib report --params params/fashion_mnist.yaml`."""

import argparse
import logging
import os
import shlex
import signal
import sys
import traceback

from report_lib.common.errors import ReportError


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status: 0 done, 1 failed for a reason that is said in one line."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("report_lib").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return options.run_command(options)
    except Exception as error:
        if options.verbose:
            traceback.print_exc()
        print(f"error: {error if isinstance(error, ReportError) else _unforeseen(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the last good report is as it was", file=sys.stderr)
        return 130


def _unforeseen(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    if isinstance(error, OSError):
        return f"{error.filename or 'file'}: {error.strerror or first}"
    return f"{type(error).__name__}: {first} (a bug? the same with `--verbose` shows the traceback)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m report_lib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, run, text in (
        ("report", _report, "run the four notebooks and write build/<run>/report.html"),
        ("data", _data, "find, check and cache the data of a run"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--params", default="params/fashion_mnist.yaml", help="YAML file of the run")
        command.add_argument("--set", default="", help='"section.parameter=value …", overriding the file')
        command.add_argument("--verbose", action="store_true", help="show the traceback of an error")
        command.set_defaults(run_command=run)
    command = commands.add_parser("pdf", help="print the report of a run with an installed Chromium")
    command.add_argument("--run", required=True, help="name of the run, its folder below build/")
    command.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    command.set_defaults(run_command=_pdf)
    command = commands.add_parser("predict", help="ask the model of a run about new images")
    command.add_argument("--run", required=True, help="name of the run, its folder below build/")
    command.add_argument("--images", required=True, help=".npy or .npz file with images")
    command.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    command.set_defaults(run_command=_predict)
    return parser


def _load(options: argparse.Namespace):
    from report_lib.run.params import load_params

    try:
        settings = shlex.split(options.set)
    except ValueError as error:
        raise ReportError(f"SET {options.set!r}: {error}") from error
    return load_params(options.params, settings)


def _report(options: argparse.Namespace) -> int:
    from report_lib.run.pipeline import run_report

    run_report(_load(options), verbose=options.verbose)
    return 0


def _data(options: argparse.Namespace) -> int:
    from report_lib.run.pipeline import check_data

    images, _, adjusted = check_data(_load(options))
    print(*adjusted, sep="\n", end="\n" if adjusted else "")
    print(f"{images.title}: {len(images.train_images):,} train and {len(images.test_images):,} test images")
    return 0


def _pdf(options: argparse.Namespace) -> int:
    from report_lib.run.pipeline import make_pdf

    print(make_pdf(options.run))
    return 0


def _predict(options: argparse.Namespace) -> int:
    from report_lib.common.parallel import pinned_threads

    os.environ.update(pinned_threads())
    from report_lib.common.prose import plural
    from report_lib.run.pipeline import predict

    if not options.images:
        raise ReportError("no images; write `make predict RUN=fashion_mnist IMAGES=new.npy`")
    path, n_images, n_unlike = predict(options.run, options.images)
    print(f"{path}: {plural(n_images, 'image')}, {n_unlike:,} of them unlike anything seen")
    return 0


if __name__ == "__main__":
    sys.exit(main())
