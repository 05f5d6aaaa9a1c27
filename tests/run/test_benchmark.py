"""What `make bench` measures, and that it leaves the checkout as it is."""

import json
import subprocess

import numpy as np
import pytest

from report_lib.data import datasets
from tests import benchmark, opening

REPORT = {
    "run": "few", "commit": "0123456789abcdef", "changes": "x", "phases": {"reduction": {"seconds": 2.0, "peak_memory": 3e9}},
    "first": {"seconds": 4.04, "peak_memory": 0, "ran": ["reduction", "clustering"]},
    "reruns": {"nothing": {"seconds": 1.0, "peak_memory": 1e9, "ran": []}}, "opening": {"load_ms": [1.0, 2.0, 9.0]},
}  # fmt: skip


def test_figures_are_told_in_lines():
    assert benchmark.told(REPORT) == [
        "few, commit 0123456789ab with changes",
        "  all anew: 4.0 s; ran: reduction, clustering",
        "    reduction: 2.0 s, 3.00 GB",
        "the same again after a change of",
        "  nothing: 1.0 s, 1.00 GB; ran: no phase",
        "the page",
        "  load_ms: 2 (1 to 9, 3 rounds)",
    ]
    assert benchmark.told({**REPORT, "opening": {}})[-1] == "no Chromium to open the page with"


def test_figures_are_added_to_those_of_earlier_times(tmp_path):
    for n in (1, 2):
        benchmark.keep({"n": n}, tmp_path / "build" / "bench.json")
    assert json.loads((tmp_path / "build" / "bench.json").read_text()) == [{"n": 1}, {"n": 2}]


def test_each_change_changes_one_thing_in_the_copy(tmp_path):
    benchmark.checkout(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.relative_to(tmp_path).parts[0] for path in before} >= {"report_lib", "notebooks", "params", "Makefile"}
    params = {"clustering": {"k_min": 2, "k_max": 12}, "classification": {"n_folds": 5}}
    edits = benchmark.changes(tmp_path, params)
    given, written = {}, {}
    for name, edit in edits.items():
        given[name] = edit()
        now = {path: path.read_bytes() for path in before}
        written[name] = [str(path.relative_to(tmp_path)) for path in before if now[path] != before[path]]
        before = now
    assert given == {
        **dict.fromkeys(edits, ""),
        "clustering.k_max": "clustering.k_max=11",
        "classification.n_folds": "classification.n_folds=4",
    }
    assert {name: files for name, files in written.items() if files} == {
        "a figure": [benchmark.FIGURE],
        "a sentence": [benchmark.NOTEBOOK],
        "the page's code": [benchmark.PAGE],
    }
    few = {"clustering": {"k_min": 2, "k_max": 3}, "classification": {"n_folds": 2}}
    assert [benchmark.changes(tmp_path, few)[name]() for name in ("clustering.k_max", "classification.n_folds")] == [
        "clustering.k_max=4",
        "classification.n_folds=3",
    ]


@pytest.mark.slow
def test_a_small_run_is_measured(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(opening, "ROUNDS", 1)
    np.save(tmp_path / "few.npy", datasets.load("digits").train_images[:24])
    status = ["git", "-C", str(benchmark.ROOT), "status", "--porcelain"]
    before = subprocess.run(status, capture_output=True, text=True).stdout
    assert benchmark.main(["--data", str(tmp_path / "few.npy"), "--set", "seed=3"]) == 0
    assert subprocess.run(status, capture_output=True, text=True).stdout == before
    [found] = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert {"date", "commit", "machine", "processor", "threads", "given", "opening"} <= set(found)
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["bench.json"]
    phases = ["understanding", "reduction", "clustering", "classification"]
    assert found["first"]["ran"] == phases
    assert set(found["phases"]) == set(phases)
    assert all(own["seconds"] > 0 and own["peak_memory"] > 0 for own in found["phases"].values())
    ran = {name: own["ran"] for name, own in found["reruns"].items()}
    assert {name: own for name, own in ran.items() if not own} == {
        "nothing": [],
        "a sentence": [],
        "the page's code": [],
    }
    assert ran["a figure"] == ["reduction"]
    assert ran["clustering.k_max"][0] == "clustering"
    assert ran["classification.n_folds"] == ["classification"]
    assert found["reruns"]["nothing"]["seconds"] < found["first"]["seconds"]
    said = capsys.readouterr().out
    assert said.splitlines()[0].startswith(f"{found['run']}, commit ")


def test_a_run_that_fails_is_said_in_a_line(tmp_path, capsys):
    assert benchmark.main(["--params", "params/digits.yaml", "--set", "no.such=1"]) == 1
    assert "error: the run failed: error: " in capsys.readouterr().err
    assert not (tmp_path / "build").exists()
