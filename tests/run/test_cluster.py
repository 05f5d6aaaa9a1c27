"""Runs whose calls go to workers of a real scheduler, and sweeps whose runs do."""

import json
import logging
import socket
import threading

import numpy as np
import pytest

from report_lib import ROOT
from report_lib.__main__ import main
from report_lib.clustering.fitting import fit_mixture
from report_lib.common import engine
from report_lib.common.models import small_network
from report_lib.common.parallel import at_once
from report_lib.run import publish
from report_lib.run.params import load_params
from report_lib.run.pipeline import run_report
from tests.cluster import PATIENCE, cluster, until  # noqa: F401

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
    """Return how many steps of tasks the scheduler has seen so far."""
    return engine.client().run_on_scheduler(lambda dask_scheduler: dask_scheduler.transition_counter)


@pytest.mark.slow
def test_a_run_on_workers_has_the_numbers_of_one_without(cluster, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("REPORT_STORE", "off")
    for name in ("a", "b"):
        # As `dask worker` starts them.
        cluster.worker(name, nanny=True)
    before = n_done()
    with_workers = (run_report(small("a")).parent / "metrics.json").read_bytes()
    assert n_done() > before
    engine.disconnect()
    cluster.stop()
    monkeypatch.delenv(engine.ADDRESS)
    monkeypatch.setenv("REPORT_BUILD_DIR", str(tmp_path / "without"))
    assert (run_report(small("a")).parent / "metrics.json").read_bytes() == with_workers
    assert b"graph" in with_workers


@pytest.mark.slow
def test_one_worker_or_two_or_four_or_none_give_the_same_bytes(cluster, blobs, monkeypatch):  # noqa: F811
    rows, labels = blobs
    calls = [(fit_mixture, (rows, 3, seed), {}) for seed in range(4)]
    calls += [(small_network, (rows, labels, seed), {}) for seed in range(2)]
    found = {}
    for n_workers in (1, 2, 4):
        while len(cluster.processes) <= n_workers:
            cluster.worker(f"w{len(cluster.processes)}")
        engine.client().wait_for_workers(n_workers, timeout=PATIENCE)
        found[n_workers] = bytes_of(at_once(calls))
    monkeypatch.delenv(engine.ADDRESS)
    found[0] = bytes_of(at_once(calls))
    assert len(found[0]) == 6
    assert len(set(found[0])) > 2
    assert found[1] == found[2] == found[4] == found[0]


def bytes_of(models):
    asked = np.random.default_rng(1).normal(size=(50, 5)).astype(np.float32)
    return [model.predict_proba(asked).tobytes() for model in models]


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
