"""An entry is whole or not there, whatever happens to it."""

import os
import shutil

import pytest

from report_lib.common.store import SUMS, Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def write(text):
    def into(folder):
        (folder / "deep").mkdir()
        (folder / "deep" / "text").write_text(text)

    return into


def text_of(entry):
    return (entry / "deep" / "text").read_text()


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_what_is_kept_is_found(store):
    assert store.find("a") is None
    assert store.keep("a", write("one"))
    assert text_of(store.find("a")) == "one"
    assert store.find("b") is None


def test_what_is_kept_again_replaces(store):
    store.keep("a", write("one"))
    store.keep("a", write("two"))
    assert text_of(store.find("a")) == "two"
    assert [path.name for path in store.folder.iterdir()] == ["a"]


@pytest.mark.parametrize("name", ["deep/text", SUMS])
@pytest.mark.parametrize(
    "harm", [flip, lambda path: path.write_bytes(path.read_bytes()[:3]), lambda path: path.write_bytes(b""), os.unlink]
)
def test_a_flipped_bit_a_short_file_and_a_missing_one_are_found_out(store, name, harm):
    store.keep("a", write("what was computed"))
    harm(store.find("a") / name)
    assert store.find("a") is None
    store.keep("a", write("made again"))
    assert text_of(store.find("a")) == "made again"


def test_what_fails_while_it_is_written_leaves_nothing(store):
    def fails(folder):
        (folder / "half").write_text("half")
        raise OSError(28, "No space left on device")

    assert not store.keep("a", fails)
    assert store.find("a") is None
    assert list(store.folder.iterdir()) == []


def test_a_store_that_cannot_be_made_costs_no_run(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "store")
    assert not store.keep("a", write("one"))
    assert store.find("a") is None


def test_all_is_made_anew_where_nothing_is_to_be_read(store):
    store.keep("a", write("one"))
    anew = Store(store.folder, reads=False)
    assert anew.find("a") is None
    anew.keep("a", write("two"))
    assert text_of(store.find("a")) == "two"


def test_the_oldest_use_goes_first(store):
    for age, key in enumerate(["new", "used", "old"]):
        store.keep(key, write("x" * 1000))
        os.utime(store.folder / key, (10_000 - age, 10_000 - age))
    size = sum(path.stat().st_size for path in (store.folder / "new").rglob("*"))
    os.utime(store.folder / "used", (5_000, 5_000))
    # Being read is being used.
    store.find("used")
    store.trim(2.5 * size)
    assert {path.name for path in store.folder.iterdir()} == {"new", "used"}
    store.trim(0)
    assert list(store.folder.iterdir()) == []


def test_what_a_killed_run_left_goes_and_what_is_being_written_stays(store):
    store.keep("a", write("one"))
    for name, time in ((".new-old", 0), (".new-now", None)):
        (store.folder / name).mkdir()
        if time is not None:
            os.utime(store.folder / name, (time, time))
    store.trim(1e9)
    assert {path.name for path in store.folder.iterdir()} == {"a", ".new-now"}


def test_an_entry_that_is_removed_while_it_is_read_is_not_there(store, monkeypatch):
    store.keep("a", write("one"))
    before = os.utime
    monkeypatch.setattr(os, "utime", lambda path: (shutil.rmtree(path), before(path)))
    assert store.find("a") is None
