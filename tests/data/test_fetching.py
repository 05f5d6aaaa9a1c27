"""Caches that cannot be written, and mirrors that give too little, too much or too slowly."""

import contextlib
import errno
import gzip
import http.server
import itertools
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from report_lib.common.errors import ReportError
from report_lib.data import datasets, idx
from tests.data.test_datasets import tiny, write_idx  # noqa: F401


@pytest.mark.parametrize("fault", ["a file", "a folder in a file's place", "full"])
def test_a_cache_that_cannot_be_written_is_said_in_one_line(
    tiny,  # noqa: F811
    tmp_path,
    monkeypatch,
    caplog,
    fault,
):
    parts, files = tiny
    monkeypatch.setenv("REPORT_CACHE_DIR", str(tmp_path / "kept"))
    if fault == "a file":
        (tmp_path / "kept").write_text("")
    elif fault == "a folder in a file's place":
        (tmp_path / "kept" / "mnist" / idx.FILES["test_labels"] / "mine").mkdir(parents=True)
    else:

        def full(path, data):
            path.touch()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(Path, "write_bytes", full)
    caplog.set_level("INFO", "report_lib")
    folder = write_idx_by_hand(tmp_path / "data", files)
    found = datasets.load("mnist", data_dir=str(folder))
    np.testing.assert_array_equal(found.test_images, parts["test_images"])
    assert len([r for r in caplog.records if "not kept in the cache" in r.getMessage()]) == 1
    assert not list((tmp_path / "kept").glob("mnist/.*"))


def write_idx_by_hand(folder, files):
    folder.mkdir()
    for part, data in files.items():
        with open(folder / idx.FILES[part], "wb") as file:
            file.write(data)
    return folder


def test_a_gzip_file_that_unpacks_to_more_than_there_can_be_is_stopped(
    tiny,  # noqa: F811
    tmp_path,
    monkeypatch,
):
    _, files = tiny
    most = {part: len(data) for part, data in files.items()}
    monkeypatch.setattr(idx, "MOST_BYTES", most)
    datasets.load("mnist", data_dir=str(write_idx(tmp_path / "good", files)))
    folder = write_idx(tmp_path / "data", {**files, "train_labels": files["train_labels"] + b"\0" * 10**7})
    with pytest.raises(ReportError, match=f"holds more than the {most['train_labels']:,} bytes"):
        datasets.load("mnist", data_dir=str(folder))


@pytest.fixture
def mirror():
    """A function that serves a body, in pieces, to whoever asks for anything; returns the address."""
    servers = []

    def serve(body):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                with contextlib.suppress(OSError):
                    for piece in body(self.path):
                        self.wfile.write(piece)

            def log_message(self, *_):
                pass

        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_mirror_that_drips_is_left(mirror, monkeypatch):
    gone = threading.Event()

    def drip(_):
        while not gone.wait(0.05):
            yield b"x"

    monkeypatch.setattr(idx, "SECONDS_A_MIRROR", 0.5)
    with pytest.raises(idx._Unavailable, match=r"not done after 0\.5 seconds"):
        idx._from_mirror(mirror(drip))
    gone.set()


def test_a_mirror_that_never_ends_is_stopped(mirror):
    with pytest.raises(idx._Damaged, match="does not end"):
        idx._from_mirror(mirror(lambda _: itertools.repeat(b"x" * 2**20)))


def test_a_mirror_gives_what_it_has(mirror):
    files = {part: part.encode() for part in idx.FILES}
    packed = {f"/{idx.FILES[part]}.gz": gzip.compress(data) for part, data in files.items()}
    assert idx._from_mirror(mirror(lambda path: [packed[path]])) == files
