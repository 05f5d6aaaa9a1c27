"""A call is made once for the same arguments, code and surroundings."""

import numpy as np
import pytest

from report_lib.common import facts, keep, parallel
from report_lib.common.neighbors import nearest
from report_lib.common.store import Store

CALLS = []


@keep.kept
def doubled(x, *, by=2):
    CALLS.append(by)
    return {"x": x * by}


doubled.kept_function.__module__ = "report_lib.common.arrays"


@pytest.fixture
def calls(tmp_path):
    CALLS.clear()
    keep._code_of.cache_clear()
    keep.use(Store(tmp_path / "store"))
    yield CALLS
    keep.use(None)
    keep._code_of.cache_clear()


def test_the_same_arguments_however_they_are_given_are_one_call(calls):
    found = [doubled(np.arange(3)), doubled(x=np.arange(3), by=2), doubled(np.arange(6)[:3], by=2)]
    assert calls == [2]
    for own in found:
        np.testing.assert_array_equal(own["x"], [0, 2, 4])


def test_other_arguments_are_another_call(calls):
    doubled(np.arange(3)), doubled(np.arange(3), by=3), doubled(np.arange(4)), doubled(np.arange(3.0))
    assert len(calls) == 4


def test_other_surroundings_are_another_call(calls, monkeypatch):
    doubled(np.arange(3))
    for name in facts.surroundings():
        with monkeypatch.context() as changed:
            now = facts.surroundings() | {name: "another"}
            changed.setattr(facts, "surroundings", lambda now=now: now)
            keep._code_of.cache_clear()
            before = len(calls)
            doubled(np.arange(3))
            assert len(calls) == before + 1, name
    keep._code_of.cache_clear()
    before = len(calls)
    doubled(np.arange(3))
    assert len(calls) == before


def test_other_code_is_another_call(calls, monkeypatch):
    doubled(np.arange(3))
    monkeypatch.setattr(keep.sources, "closure", lambda modules: {"report_lib.common.arrays": "changed"})
    keep._code_of.cache_clear()
    doubled(np.arange(3))
    assert len(calls) == 2


def test_of_code_that_was_edited_since_the_start_nothing_is_kept(calls, monkeypatch):
    monkeypatch.setattr(keep, "_STARTED", 0.0)
    doubled(np.arange(3)), doubled(np.arange(3))
    assert len(calls) == 2


def test_without_a_store_every_call_is_made(calls):
    keep.use(None)
    doubled(np.arange(3)), doubled(np.arange(3))
    assert len(calls) == 2


def test_what_cannot_be_kept_is_made_each_time(calls):
    for _ in range(2):
        assert doubled.kept_function is not None
        assert list(doubled([1], by=2)["x"]) == [1, 1]
        assert doubled("ab", by=np.int64(1))["x"] == "ab"
        with pytest.raises(TypeError):
            doubled(iter([1]))
    assert calls == [2, 1, 2, 2]


def test_neighbours_that_are_kept_are_the_neighbours(calls, rng):
    rows = rng.normal(size=(50, 3)).astype(np.float32)
    first, again = nearest(rows, 4), nearest(rows, 4)
    np.testing.assert_array_equal(first.indices, again.indices)
    np.testing.assert_array_equal(first.distances, again.distances)
    expected = np.argsort(((rows[:, None] - rows[None]) ** 2).sum(axis=2), axis=1)[:, 1:5]
    np.testing.assert_array_equal(again.indices, expected)


def test_no_process_is_started_for_what_is_known(calls, monkeypatch, rng):
    rows = rng.normal(size=(30, 3)).astype(np.float32)
    known = nearest(rows, 2)
    monkeypatch.setattr(parallel, "_submit", lambda call: pytest.fail("started"))
    (found,) = parallel.at_once([(nearest, (rows, 2), {})])
    np.testing.assert_array_equal(found.indices, known.indices)


def test_what_a_process_has_made_is_kept(calls, rng):
    rows = rng.normal(size=(30, 3)).astype(np.float32)
    (found,) = parallel.at_once([(nearest, (rows, 2), {})])
    assert keep.read(keep.key_of(nearest, (rows, 2), {})) is not keep.MISSING
    np.testing.assert_array_equal(nearest(rows, 2).indices, found.indices)
