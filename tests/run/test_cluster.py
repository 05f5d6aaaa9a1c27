"""Runs whose calls go to workers of a real scheduler, and sweeps whose runs do."""

import json
import logging
import socket
import threading

import pytest

from report_lib import ROOT
from report_lib.__main__ import main
from report_lib.common import engine
from report_lib.run import publish
from report_lib.run.params import load_params
from report_lib.run.pipeline import run_report
from tests.cluster import cluster, until  # noqa: F401

pytest.importorskip("distributed")

SMALL = {
    "reduction.representations": "[pca]", "reduction.maps": "[]", "classification.label_sources": "[]",
    "classification.label_counts": "[]", "classification.classifiers": "[]", "classification.audit_folds": "0",
    "clustering.methods": "[kmeans,graph]", "clustering.n_halves": "0",
}  # fmt: skip


def small(name):
    settings = [f"name={name}", *(f"{key}={value}" for key, value in SMALL.items())]
    return load_params(ROOT / "params" / "digits.yaml", settings)


def n_done():
    """Return how many tasks the scheduler has seen to so far."""
    return engine.client().run_on_scheduler(lambda dask_scheduler: dask_scheduler.transition_counter)


@pytest.mark.slow
def test_one_worker_or_two_or_four_or_none_give_the_same_numbers(cluster, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("REPORT_STORE", "off")
    made = {}
    for n_workers in (1, 2, 4, 0):
        while len(cluster.processes) <= n_workers:
            cluster.worker(f"w{len(cluster.processes)}")
        if n_workers:
            engine.client().wait_for_workers(n_workers, timeout=60)
            before = n_done()
        else:
            monkeypatch.delenv(engine.ADDRESS)
        monkeypatch.setenv("REPORT_BUILD_DIR", str(tmp_path / f"on {n_workers}"))
        made[n_workers] = (run_report(small("a")).parent / "metrics.json").read_bytes()
        assert n_workers == 0 or n_done() > before
    assert b"graph" in made[0]
    assert made[1] == made[2] == made[4] == made[0]


@pytest.mark.slow
def test_an_address_that_nobody_listens_at_stops_a_run_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(engine, "SECONDS", 0.5)
    monkeypatch.setenv(engine.ADDRESS, "tcp://127.0.0.1:1")
    assert main(["report", "--params", str(ROOT / "params" / "digits.yaml")]) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert line == "error: no Dask scheduler answers at tcp://127.0.0.1:1 within 0.5 seconds"


@pytest.mark.slow
def test_a_sweep_outlives_a_worker_and_says_who_lacks_the_data(cluster, tmp_path, monkeypatch, caplog):  # noqa: F811
    caplog.set_level(logging.INFO)
    path = tmp_path / "mine.yaml"
    shared = [f"  {key}: {value}" for key, value in SMALL.items()]
    runs = ["runs:", "  fine: {}", "  lacking: {dataset.source: nowhere/images.npy}"]
    path.write_text("\n".join(["params: params/digits.yaml", "set:", *shared, *runs]))
    first = cluster.worker("first")

    def kill():
        staging = cluster.folder / "build of first" / publish.STAGING
        until((staging / "mine-fine").is_dir, "a run under way")
        first.kill()
        cluster.worker("second")

    killer = threading.Thread(target=kill)
    killer.start()
    status = main(["sweep", "--sweep", str(path)])
    killer.join()
    assert status == 1
    assert f"runs go to 1 worker of {cluster.address}" in caplog.text
    assert "once more, what it ran on is gone (start 2)" in caplog.text
    assert "of 2 are done, the last is mine-fine" in caplog.text
    (said,) = [line for line in caplog.messages if line.startswith("mine-lacking failed: ")]
    assert said.startswith(f"mine-lacking failed: on {socket.gethostname()} (tcp://127.0.0.1:")
    assert "nowhere/images.npy" in said
    here, there = tmp_path / "build" / "mine-fine", cluster.folder / "build of second" / "mine-fine"
    assert publish.made_by_run(here) == publish.made_by_run(there)
    assert len(publish.made_by_run(here)) > 15
    assert json.loads((here / "provenance.json").read_text())["parameters"]["name"] == "mine-fine"
    assert (tmp_path / "build" / "sweep-mine.html").is_file()
    # What has come back is not asked for again.
    caplog.clear()
    main(["sweep", "--sweep", str(path)])
    assert "2 runs, 1 of them done already" in caplog.text
