"""Decoded images are found again, checked, and make room."""

import errno
import os

import numpy as np
import pytest

from report_lib.data import cache, datasets, folders
from report_lib.data.source import Asked, Part, Source
from tests.data.test_folders import classes, digits, write  # noqa: F401


@pytest.fixture
def source(rng):
    images = rng.integers(0, 256, (6, 4, 3)).astype(np.uint8)
    train = Part(images[:4], np.array([0, 1, -1, 0]), np.array(["a", "b", "c", "ü"]))
    test = Part(images[4:], np.array([1, 0]))
    return Source({"train": train, "test": test}, "Something", ("Left out.",), ("x", "y"), images[:2, :, :, None])


def test_what_was_kept_is_found_as_it_was(source):
    cache.keep("k", source)
    found = cache.find("k")
    for name, part in source.parts.items():
        for column in ("images", "labels", "names"):
            np.testing.assert_array_equal(getattr(found.parts[name], column), getattr(part, column))
    assert isinstance(found.parts["train"].images, np.memmap)
    assert found.parts["test"].names is None
    np.testing.assert_array_equal(found.originals, source.originals)
    assert (found.recognised, found.skipped, found.class_names) == ("Something", ("Left out.",), ("x", "y"))
    assert cache.find("other") is None


def test_a_damaged_or_half_entry_is_not_used(source):
    cache.keep("k", source)
    path = cache._folder() / "k" / "train_images.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert cache.find("k") is None
    cache.keep("k", source)
    assert cache.find("k") is not None
    (cache._folder() / "k" / "source.json").write_text("{")
    assert cache.find("k") is None


def test_what_was_used_longest_ago_goes_first(source, monkeypatch):
    for i, key in enumerate("abc"):
        cache.keep(key, source)
        os.utime(cache._folder() / key, (i, i))
    assert cache.find("a") is not None
    size = sum(file.stat().st_size for file in (cache._folder() / "a").iterdir())
    monkeypatch.setattr(cache, "MAX_BYTES", 3 * size)
    cache.keep("d", source)
    assert sorted(path.name for path in cache._folder().iterdir()) == ["a", "c", "d"]


def test_contents_are_hashed_once(tmp_path, monkeypatch):
    folder = write(tmp_path / "d", {"a.png": b"a", "b/c.png": b"c"})
    key = cache.key([folder], Asked(), use_labels=True)
    assert (
        len({key, cache.key([folder], Asked(size=3), use_labels=True), cache.key([folder], Asked(), use_labels=False)})
        == 3
    )
    monkeypatch.setattr(cache, "_digest", lambda path: pytest.fail("hashed again"))
    assert cache.key([folder], Asked(), use_labels=True) == key
    monkeypatch.undo()
    monkeypatch.setenv("REPORT_CACHE_DIR", str(tmp_path / "cache"))
    (folder / "a.png").write_bytes(b"b")
    assert cache.key([folder], Asked(), use_labels=True) != key
    (folder / "a.png").write_bytes(b"a")
    assert cache.key([folder], Asked(), use_labels=True) == key


def test_a_cache_that_cannot_be_written_is_passed_over_in_one_line(source, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REPORT_CACHE_DIR", str(tmp_path / "file"))
    caplog.set_level("INFO", "report_lib")
    cache.keep("k", source)
    assert cache.find("k") is None
    (record,) = caplog.records
    assert "decoded images are not kept" in record.getMessage()


def test_pictures_are_decoded_once_until_they_change(digits, tmp_path, monkeypatch):  # noqa: F811
    folder = write(tmp_path / "d", classes(*digits))
    first = datasets.load(str(folder))
    read = folders.read
    asked = []
    monkeypatch.setattr(folders, "read", lambda path, given: asked.append(given) or read(path, given))
    again = datasets.load(str(folder))
    assert asked == []
    np.testing.assert_array_equal(again.train_images, first.train_images)
    np.testing.assert_array_equal(again.train_names, first.train_names)
    np.testing.assert_array_equal(again.train_labels, first.train_labels)
    assert vars(again).keys() == vars(first).keys()
    assert again.recognised == first.recognised
    datasets.load(str(folder), size=6)
    assert asked == [Asked(size=6)]
    (folder / "0" / "0.png").rename(folder / "1" / "0.png")
    assert datasets.load(str(folder)).class_counts != first.class_counts
    assert len(asked) == 2


def test_what_a_linked_folder_gains_is_seen(tmp_path, digits):  # noqa: F811
    x, y = digits
    write(tmp_path / "away", {f"cats/{i}.png": data for i, data in enumerate(classes(x[:9], y[:9]).values())})
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "cats").symlink_to(tmp_path / "away" / "cats")
    first = cache.key([tmp_path / "d"], Asked(), use_labels=True)
    write(tmp_path / "away", {"cats/more.png": next(iter(classes(x[9:10], y[9:10]).values()))})
    assert cache.key([tmp_path / "d"], Asked(), use_labels=True) != first


def test_labels_beside_a_source_are_no_part_of_it(tmp_path):
    write(tmp_path / "d", {"a.png": b"a", "z.csv": b"1"})
    inside = cache.key([tmp_path / "d"], Asked(), use_labels=True)
    (tmp_path / "d" / "z.csv").rename(tmp_path / "z.csv")
    assert cache.key([tmp_path / "d", tmp_path / "z.csv"], Asked(), use_labels=True) != inside


def test_a_damaged_note_of_a_key_is_made_again(tmp_path, source):
    folder = write(tmp_path / "d", {"a.png": b"a"})
    key = cache.key([folder], Asked(), use_labels=True)
    (note,) = cache._folder().glob("*.key")
    note.write_bytes(b"\xff\xfe")
    assert cache.key([folder], Asked(), use_labels=True) == key
    note.write_bytes(b"\xff\xfe")
    cache.keep("k", source)
    assert not note.exists()


def test_a_file_in_the_place_of_an_entry_is_replaced(source):
    cache._folder().mkdir(parents=True)
    (cache._folder() / "k").write_text("")
    cache.keep("k", source)
    assert cache.find("k") is not None


def test_a_full_disk_leaves_nothing_half_written(source, monkeypatch, caplog):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache.np, "save", full)
    caplog.set_level("INFO", "report_lib")
    cache.keep("k", source)
    (record,) = caplog.records
    assert "No space left on device" in record.getMessage()
    assert list(cache._folder().iterdir()) == []


def test_a_note_that_a_full_disk_cut_short_is_made_again(tmp_path):
    folder = write(tmp_path / "d", {"a.png": b"a"})
    key = cache.key([folder], Asked(), use_labels=True)
    (note,) = cache._folder().glob("*.key")
    note.write_text(key[:10])
    assert cache.key([folder], Asked(), use_labels=True) == key
    assert note.read_text() == key


def test_what_a_killed_run_left_half_written_goes_and_what_is_being_written_stays(source):
    for name in (".killed", ".writing"):
        (cache._folder() / name).mkdir(parents=True)
    os.utime(cache._folder() / ".killed", (0, 0))
    cache.keep("k", source)
    assert sorted(path.name for path in cache._folder().iterdir()) == [".writing", "k"]
