"""A notebook that fails: what is said of it, and the page as far as it went."""

import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from report_lib import __main__
from report_lib.data import datasets
from report_lib.run import publish
from tests.run.notebooks import fails, with_notebooks
from tests.run.test_pipeline import DIGITS, ROOT, files

pytestmark = pytest.mark.slow


@pytest.fixture
def last_good(tmp_path):
    """What stands for a finished run where the next one will be written."""
    final = tmp_path / "build" / "digits"
    with publish.only_run(final) as staged:
        staged.mkdir()
        (staged / "report.html").write_text("good")
        publish.publish(staged, final)
    return final


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n\n1 / 0", "cell 2, line 3 (`1 / 0`): ZeroDivisionError: division by zero"),
        ("x = = 2", "cell 2, line 1 (`x = = 2`): SyntaxError: invalid syntax"),
        (
            "from report_lib.common.errors import ReportError\nraise ReportError('mend it')",
            "line 2 (`raise ReportError('mend it')`): mend it",
        ),
        ("import sys\nsys.exit()", "cell 2 (`import sys`): it ends the notebook"),
        ("import os\nos._exit(1)", "cell 2 (`import os`): the kernel died"),
        (
            "import time\ntime.sleep(600)",
            "cell 2 (`import time`): not done after 2 seconds; a larger cell_timeout",
        ),
    ],
)
def test_a_cell_that_fails_is_named_and_leaves_a_page(last_good, monkeypatch, tmp_path, capfd, source, said):
    before = files(last_good)
    with_notebooks(monkeypatch, tmp_path, understanding="print('so far so good')", reduction=source)
    message = fails(capfd, "report", "--params", DIGITS, "--set", "cell_timeout=2")
    assert said in message
    assert message.startswith("error: 02_reduction.ipynb, section 'Trouble', cell 2")
    assert message.endswith(f" (the page as far as it went: {last_good / 'failed.html'})")
    assert files(last_good) == before
    page = (last_good / "failed.html").read_text()
    assert "so far so good" in page
    # At its cell, after what went well.
    why = re.search(r"Error: [a-z ]+[a-z]|mend it|kernel died|not done after|ends the notebook", message)[0]
    why = why.replace("ends the notebook", "SystemExit")
    assert page.index('<pre class="stream">so far so good') < page.rindex(why)
    assert "<script" not in page
    assert "&lt;pre" not in page
    assert not [path for path in (last_good.parent / ".staging").iterdir() if path.suffix != ".lock"]


def test_a_kernel_that_dies_before_its_first_cell(last_good, monkeypatch, tmp_path, capfd):
    with_notebooks(monkeypatch, tmp_path)
    monkeypatch.setenv("PYTHONMALLOC", "no such allocator")
    assert "the kernel died" in fails(capfd, "report", "--params", DIGITS)
    assert (last_good / "failed.html").is_file()


def test_a_long_message_is_cut(monkeypatch, tmp_path, capfd):
    with_notebooks(monkeypatch, tmp_path, understanding="raise ValueError('x' * 100_000)")
    assert len(fails(capfd, "report", "--params", DIGITS)) < 1000


READ = """
from report_lib import __main__
from report_lib.data import datasets
from report_lib.run.artifacts import Run
images = datasets.load({path!r})
Run(run).save("dataset", source={path!r}, sha256=images.hashes)
import numpy as np
np.save({path!r}, 255 - np.load({path!r}))
"""
READ_AGAIN = """
from report_lib import __main__
from report_lib.data import datasets
from report_lib.run.artifacts import Run
datasets.load(**Run(run).load("dataset"))
"""


def test_data_that_are_replaced_between_phases_stop_the_run(monkeypatch, tmp_path, capfd):
    path = str(tmp_path / "mine.npy")
    np.save(path, datasets.load("digits").train_images)
    with_notebooks(monkeypatch, tmp_path, understanding=READ.format(path=path), reduction=READ_AGAIN)
    message = fails(capfd, "report", "--params", "params/own.yaml", "--set", f"dataset.source={path} name=mine")
    assert f'cell 2, line 5 (`datasets.load(**Run(run).load("dataset"))`): {path}: replaced while' in message
    assert "replaced while the run was under way (images); start the run again" in message


def test_data_that_are_replaced_before_the_first_phase_stop_the_run_too(last_good, monkeypatch, tmp_path, capfd):
    read = "from report_lib.run.artifacts import Run\nRun(run).save('dataset', sha256={'images': 'of others'})"
    with_notebooks(monkeypatch, tmp_path, understanding=read)
    before = files(last_good)
    assert "digits: replaced while the run was under way (images, labels)" in fails(capfd, "report", "--params", DIGITS)
    assert files(last_good) == before


# --- signals --------------------------------------------------------------------------------------------------------

STOPPED = "stopped; the last good report is as it was"


def start(tmp_path, **sources):
    """Start the command as a process of its own, on small notebooks."""
    code = (
        "import sys; from pathlib import Path; from report_lib.run import plan; from report_lib.__main__ import main;"
        f"plan.NOTEBOOKS = Path({str(tmp_path / 'notebooks')!r}); sys.exit(main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", code, "report", "--params", DIGITS]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("line", ["report digits", "understanding: start", "reduction: Trouble"])
def test_a_signal_ends_in_one_line(last_good, monkeypatch, tmp_path, number, status, line):
    with_notebooks(monkeypatch, tmp_path, reduction="import time\ntime.sleep(600)")
    before = files(last_good)
    process = start(tmp_path)
    for said in process.stderr:
        if line in said:
            process.send_signal(number)
            break
    rest = process.stderr.read().splitlines()
    assert process.wait(60) == status
    assert [said for said in rest if not re.match(r"\d+:\d\d ", said)] == [STOPPED]
    assert files(last_good) == before
    assert not (last_good / "failed.html").exists()
    assert [path.name for path in (last_good.parent / ".staging").iterdir()] == ["digits.lock"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "there is not enough memory"),
        (ImportError("x.so: failed to map segment from shared object"), "there is not enough memory"),
        (ImportError("x.so: cannot allocate memory in static TLS block"), "there is not enough memory"),
        (ImportError("no module x"), "ImportError: no module x (a bug?"),
    ],
)
def test_want_of_memory_is_called_that(error, said):
    assert __main__._unforeseen(error).startswith(said)
