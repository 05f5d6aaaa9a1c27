"""Whole runs: what did not change does not run, and what comes out is what a forced run gives."""

import json
import re

import numpy as np
import pytest

from report_lib.__main__ import main
from report_lib.data import datasets
from tests.run.test_pipeline import files, without_provenance

pytestmark = pytest.mark.slow


def report(capfd, *more):
    """Run; return which phases ran, which did not, and all that was said."""
    assert main(["report", "--params", "params/own.yaml", *more]) == 0
    said = capfd.readouterr().err
    ran = re.findall(r"^(\w+): runs, ", said, re.MULTILINE)
    spared = re.findall(r"^(\w+): (?:up to date|taken from the store)", said, re.MULTILINE)
    return ran, spared, said


def test_only_what_changed_runs_and_gives_the_bytes_of_a_forced_run(tmp_path, capfd):
    np.save(tmp_path / "few.npy", datasets.load("digits").train_images[:24])
    build = tmp_path / "build"
    given = f"dataset.source={tmp_path / 'few.npy'} name=few"
    ran, _, _ = report(capfd, "--set", given)
    assert ran == ["understanding", "reduction", "clustering", "classification"]
    first = files(build / "few")

    ran, spared, said = report(capfd, "--set", given)
    assert (ran, spared) == ([], [])
    assert f"up to date: {build / 'few' / 'report.html'}" in said
    assert files(build / "few") == first

    # Something of the run was changed by hand: it is put right without running anything.
    (build / "few" / "metrics.json").write_text("{}")
    ran, spared, _ = report(capfd, "--set", given)
    assert (ran, len(spared)) == ([], 4)
    assert files(build / "few")[min(path for path in first if path.name == "metrics.json")] != b"{}"

    other = f"{given} clustering.hdbscan_share=0.3"
    ran, spared, said = report(capfd, "--set", other)
    assert spared[:2] == ["understanding", "reduction"]
    assert re.search(r"clustering: runs, because hdbscan_share changed from 0\.2\d* to 0\.3", said)
    changed = files(build / "few")
    ran, spared, _ = report(capfd, "--set", other, "--force", "1")
    assert (len(ran), spared) == (4, [])
    forced = files(build / "few")
    assert {path for path in forced if forced[path] != changed[path]} <= {
        path for path in forced if path.name in ("provenance.json", "times.json", ".report-run", "report.html")
    }
    page = min(path for path in forced if path.name == "report.html")
    assert without_provenance(forced[page].decode()) == without_provenance(changed[page].decode())

    # Back to what it was: everything is known.
    ran, spared, _ = report(capfd, "--set", given)
    assert (ran, len(spared)) == ([], 4)
    record = json.loads((build / "few" / "provenance.json").read_text())
    assert record["taken_over"] == spared

    # From its record alone.
    page = build / "few" / "report.html"
    ran, spared, said = report(capfd, "--from", str(page))
    assert (ran, spared) == ([], [])
    assert "in the record" not in said
