"""The kernel and its workers do not outlive the run, however it ends, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from report_lib.run import kernel

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc and /dev/shm"),
]
SHARED = Path("/dev/shm")


def in_group(group):
    """Return the processes of a group that are alive: what has ended and was not asked about does not count."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group, *_ = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.1)
    return condition()


def child(folder, *options):
    words = [sys.executable, "-m", "tests.run.kernel_child", str(folder), *options]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "2"})


def semaphores(pids):
    return [path.name for path in SHARED.glob("sem.loky-*") if int(path.name.split("-")[1]) in pids]


def test_a_kernel_and_its_workers_die_with_a_starter_that_is_killed(tmp_path):
    starter = child(tmp_path)
    group, folder = starter.stdout.readline().split()
    pids = in_group(int(group))
    assert len(pids) >= 4
    assert semaphores(pids)
    # The socket by which workers are asked for goes with the folder.
    assert list(Path(folder).glob("pymp-*/listener-*"))
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    assert wait_for(lambda: not in_group(int(group)))
    assert not semaphores(pids)
    # The next kernel of the same run puts the sockets away.
    assert Path(folder).is_dir()
    os.rmdir(kernel._socket_folder(tmp_path))
    assert not Path(folder).exists()


def test_workers_die_with_a_kernel_that_is_killed(tmp_path):
    starter = child(tmp_path)
    group = int(starter.stdout.readline().split()[0])
    pids = in_group(group)
    os.kill(group, signal.SIGKILL)
    try:
        assert wait_for(lambda: not in_group(group))
        assert not semaphores(pids)
    finally:
        starter.kill()
        starter.wait()
        os.rmdir(kernel._socket_folder(tmp_path))


def test_a_kernel_that_is_closed_leaves_no_process_no_semaphore_and_no_socket(tmp_path):
    starter = child(tmp_path, "--close")
    group, folder = starter.stdout.readline().split()
    assert starter.wait(60) == 0
    assert not in_group(int(group))
    assert not semaphores([int(group)])
    assert not Path(folder).exists()
