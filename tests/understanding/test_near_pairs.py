"""Pairs that are near are those that comparing each with each finds."""

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist, squareform

from report_lib.data.images import ImageSet
from report_lib.data.source import Part
from report_lib.data.whole import Whole
from report_lib.understanding import near_pairs as module
from report_lib.understanding.near_pairs import near_pairs, nearly_another


def as_set(pairs):
    found = np.concatenate([*pairs])
    assert (found[:, 0] < found[:, 1]).all()
    told = list(map(tuple, found.tolist()))
    assert len(set(told)) == len(told)
    return set(told)


@pytest.mark.parametrize("d", [1, 2, 3, 8])
@pytest.mark.parametrize("radius", [0.01, 0.3, 2.0, 50.0])
def test_each_near_pair_is_yielded_once_and_next_to_none_that_is_not(d, radius, rng, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 7)
    monkeypatch.setattr(module, "SPAN", 11)
    points = (rng.normal(size=(300, d)) * np.linspace(4, 1, d) + 100).astype(np.float32)
    points[7], points[8] = points[9], points[9] + radius / 2 / np.sqrt(d)
    found = as_set(near_pairs(points, radius))
    wide = points.astype(np.float64)
    assert found >= cKDTree(wide).query_pairs(radius)
    assert found <= cKDTree(wide).query_pairs(radius + 0.02)


def test_pairs_of_which_both_are_settled_are_left_out(rng):
    points = rng.normal(size=(60, 3)).astype(np.float32)
    assert not list(near_pairs(points, 5.0, np.ones(60, bool)))
    some = np.arange(60) > 0
    assert as_set(near_pairs(points, 50.0, some)) >= {(0, i) for i in range(1, 60)}


def source(train, test):
    looked_at = ImageSet("Made", train[:5], test[:5], train_rows=np.arange(5), test_rows=np.arange(5))
    return Whole({"train": Part(train, None, None), "test": Part(test, None, None)}, looked_at)


def test_near_copies_of_all_parts_are_those_of_each_with_each(rng, monkeypatch):
    monkeypatch.setattr(module, "BYTES", 4 * 30 * 8)
    images = rng.integers(0, 256, (200, 6, 5)).astype(np.uint8)
    near = rng.choice(200, 60, replace=False).reshape(-1, 2)
    images[near[:, 1]] = np.clip(images[near[:, 0]].astype(int) + rng.integers(-4, 5, (30, 6, 5)), 0, 255)
    # A copy of an image that is near another counts once, and one that is near nothing but its copy not at all.
    alone = np.setdiff1d(np.arange(200), near)
    images[alone[0]], images[alone[1]] = images[near[0, 0]], images[alone[2]]
    whole = source(images[:120], images[120:])
    axes = np.linalg.qr(rng.normal(size=(30, 4)))[0].astype(np.float32)
    between = squareform(pdist(images.reshape(200, -1).astype(np.float64)))
    expected = ((between > 0) & (between <= 18.0)).any(axis=1) & ~whole.copies
    assert expected.sum() > 40
    np.testing.assert_array_equal(nearly_another(whole, axes, 18.0), expected)


def test_many_that_are_all_alike_take_no_longer_for_being_many(rng, monkeypatch):
    compared = []
    look_at = module._look_at
    monkeypatch.setattr(module, "_look_at", lambda pairs, *rest: (compared.append(len(pairs)), look_at(pairs, *rest)))
    images = rng.integers(100, 103, (4000, 4, 4)).astype(np.uint8)
    whole = source(images[:3000], images[3000:])
    found = nearly_another(whole, np.eye(16, 3, dtype=np.float32), 60.0)
    assert (found | whole.copies).all()
    assert sum(compared) < 3e6
