"""Calls on workers of a real scheduler, each a process of its own; what is refused, and how soon."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest

from report_lib import ROOT
from report_lib.common import engine
from report_lib.common.errors import ReportError
from report_lib.common.parallel import ONE_THREAD, at_once
from tests.cluster import PATIENCE, Cluster, cluster, silent, until  # noqa: F401

dask = pytest.importorskip("dask")
pytest.importorskip("distributed")


@pytest.fixture(autouse=True)
def left(monkeypatch):
    monkeypatch.delenv(engine.ADDRESS, raising=False)
    monkeypatch.delenv(engine.FILE, raising=False)
    yield
    engine.disconnect()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    started = Cluster(tmp_path_factory.mktemp("dask") / "cluster")
    yield started
    started.stop()


@pytest.fixture
def two_workers(scheduler, monkeypatch):
    """Two workers, also after a test that killed one."""
    monkeypatch.setenv(engine.ADDRESS, scheduler.address)
    monkeypatch.setattr(engine, "SECONDS", PATIENCE)
    alive = [process for process in scheduler.processes[1:] if process.poll() is None]
    for _ in range(2 - len(alive)):
        scheduler.worker(f"w{len(scheduler.processes)}")
    engine.client().wait_for_workers(2, timeout=PATIENCE)
    return scheduler


def refused():
    """Return why nobody is asked: one line."""
    with pytest.raises(ReportError) as error:
        engine.told()
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


# --- who is asked ---------------------------------------------------------------------------------------------------


def test_dask_is_asked_only_where_the_environment_names_a_scheduler(monkeypatch):
    assert not engine.is_asked_for()
    monkeypatch.setenv(engine.FILE, "scheduler.json")
    assert engine.is_asked_for()
    for name, empty in engine.NOT_ASKED_FOR.items():
        monkeypatch.setenv(name, empty)
    assert not engine.is_asked_for()


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setenv(engine.ADDRESS, "tcp://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refused() == 'DASK_SCHEDULER_ADDRESS is set, and Dask is not there: `pip install ".[cluster]"` brings it'


def test_a_scheduler_that_takes_connections_and_never_answers_has_a_time_limit(monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.5)
    with silent() as where:
        monkeypatch.setenv(engine.ADDRESS, where)
        assert refused() == f"no Dask scheduler answers at {where} within 0.5 seconds"


def test_dasks_own_time_limit_holds_where_it_is_shorter(monkeypatch):
    with silent() as where, dask.config.set({"distributed.comm.timeouts.connect": "250ms"}):
        monkeypatch.setenv(engine.ADDRESS, where)
        assert "within 0.25 seconds" in refused()


@pytest.mark.parametrize("where", ["tcp://127.0.0.1:1", "nonsense://x", "not an address"])
def test_an_address_that_nobody_listens_at_is_named(monkeypatch, where):
    monkeypatch.setattr(engine, "SECONDS", 0.5)
    monkeypatch.setenv(engine.ADDRESS, where)
    assert refused().startswith(f"no Dask scheduler answers at {where} within 0.5 seconds")


@pytest.mark.parametrize("text", [None, "", "{}", "[1]"])
def test_a_file_that_no_scheduler_wrote_is_named(monkeypatch, tmp_path, text):
    path = tmp_path / "scheduler.json"
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv(engine.FILE, str(path))
    assert refused() == f"{path}: not there, or not what `dask scheduler --scheduler-file` writes"


@pytest.mark.slow
def test_a_scheduler_without_workers_says_how_to_start_one(cluster, monkeypatch):  # noqa: F811
    monkeypatch.setattr(engine, "SECONDS", 3)
    said = f"no worker of the Dask scheduler at {cluster.address} answers within 3 seconds"
    assert refused() == f"{said}; `dask worker {cluster.address} --nthreads 1` starts one"


@pytest.mark.slow
def test_a_worker_of_another_version_is_refused_and_both_are_named(cluster, tmp_path):  # noqa: F811
    root = tmp_path / "other"
    for folder in ("report_lib", "notebooks"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.lock", root)
    with (root / "report_lib" / "common" / "errors.py").open("a") as file:
        file.write("CHANGED = True\n")
    cluster.worker("other", root=root)
    said = refused()
    assert said.startswith("worker tcp://127.0.0.1:")
    assert said.endswith(f", not {engine.identity()['report_lib']} as here")
    assert said.count("report_lib 0.1.0 (") == 1


def test_a_worker_that_comes_later_is_looked_at_too():
    asked_by = engine.identity() | {"Python": "3.9", "numpy": "1.0"}
    with pytest.raises(ReportError) as error:
        engine._on_worker(asked_by, pow, 2, 2)
    here = engine.identity()
    said = f"has Python {here['Python']}, not 3.9 as here and numpy {here['numpy']}, not 1.0 as here"
    assert str(error.value) == f"the worker on {socket.gethostname()} {said}"
    assert engine._on_worker(here, pow, 2, 3) == 8


# --- what is asked --------------------------------------------------------------------------------------------------


def surroundings():
    return os.getppid(), {name: os.environ.get(name) for name in (*ONE_THREAD, *engine.NOT_ASKED_FOR)}


def end_worker_once(mark):
    """End the worker that this process is beside, the first time."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getppid(), signal.SIGKILL)
        threading.Event().wait()
    return "done elsewhere"


def end_this_process(mark):
    with mark.open("a") as file:
        file.write("x")
    os._exit(1)


def wait_for(mark):
    until(mark.exists, "the other call")
    return "slow"


def make(mark):
    mark.touch()
    return "quick"


@pytest.mark.slow
def test_calls_come_back_in_order_as_they_would_here_and_fail_loudly(two_workers):
    calls = [(np.multiply, (np.asfortranarray(np.eye(3)), n), {}) for n in range(7)]
    found = list(at_once(calls))
    assert [array[0, 0] for array in found] == list(range(7))
    assert all(array.flags.writeable and array.flags.f_contiguous for array in found)
    with pytest.raises(ZeroDivisionError):
        list(at_once([(divmod, (1, 0), {})]))
    assert engine.told().startswith(f"2 workers of {two_workers.address}")


@pytest.mark.slow
def test_a_call_has_one_thread_and_asks_no_other_worker(two_workers):
    found = list(at_once([(surroundings, (), {})] * 3))
    workers = {process.pid for process in two_workers.processes[1:]}
    for beside, own in found:
        assert beside in workers
        assert own == ONE_THREAD | engine.NOT_ASKED_FOR


@pytest.mark.slow
def test_what_a_killed_worker_was_at_is_done_elsewhere(two_workers, tmp_path):
    calls = [(end_worker_once, (tmp_path / "mark",), {}), *[(pow, (n, 2), {}) for n in range(4)]]
    assert list(at_once(calls)) == ["done elsewhere", 0, 1, 4, 9]
    assert [process.poll() for process in two_workers.processes[1:]].count(-signal.SIGKILL) == 1


@pytest.mark.slow
def test_a_call_that_ends_its_process_ends_no_worker_and_is_given_up(two_workers, tmp_path):
    before = [process.poll() for process in two_workers.processes]
    with pytest.raises(ReportError) as error:
        list(at_once([(end_this_process, (tmp_path / "deaths",), {})]))
    assert str(error.value) == f"end_this_process: its process on {socket.gethostname()} ended 3 times"
    assert (tmp_path / "deaths").read_text() == "xxx"
    assert [process.poll() for process in two_workers.processes] == before
    assert list(at_once([(pow, (2, 2), {})])) == [4]


@pytest.mark.slow
def test_nobody_waits_for_a_worker_that_is_slow(two_workers, tmp_path):
    mark = tmp_path / "mark"
    assert list(at_once([(wait_for, (mark,), {}), (pow, (2, 2), {}), (make, (mark,), {})])) == ["slow", 4, "quick"]


@pytest.mark.slow
def test_a_scheduler_that_is_gone_is_told(cluster, tmp_path):  # noqa: F811
    cluster.worker("a")
    found = at_once([(wait_for, (tmp_path / "never",), {})])
    cluster.processes[0].kill()
    with pytest.raises(ReportError, match=r"wait_for: the Dask scheduler is gone; the same command goes on"):
        list(found)


@pytest.mark.slow
def test_the_certificates_that_dask_is_configured_with_are_used(tmp_path, monkeypatch):
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    key, own = tmp_path / "key.pem", tmp_path / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", key, "-out", own], check=True, capture_output=True,
    )  # fmt: skip
    paths = {"ca-file": own} | {f"{role}.{kind}": path for role in ("scheduler", "worker", "client")
                                for kind, path in (("cert", own), ("key", key))}  # fmt: skip
    tls = {f"distributed.comm.tls.{name}": str(path) for name, path in paths.items()}
    variables = {f"DASK_{name.upper().replace('.', '__').replace('-', '_')}": path for name, path in tls.items()}
    started = Cluster(tmp_path / "cluster", "tls", **variables)
    try:
        monkeypatch.setenv(engine.ADDRESS, started.address)
        started.worker("a")
        assert started.address.startswith("tls://")
        monkeypatch.setattr(engine, "SECONDS", 1)
        assert refused().startswith(f"no Dask scheduler answers at {started.address} within 1 seconds: ")
        monkeypatch.setattr(engine, "SECONDS", PATIENCE)
        with dask.config.set(tls):
            assert list(at_once([(pow, (2, 5), {})])) == [32]
    finally:
        started.stop()
