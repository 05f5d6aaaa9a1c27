"""Of more images than a run looks at some are drawn; all of them are read again, block by block."""

import hashlib
import sys

import numpy as np
import psutil
import pytest
from sklearn.covariance import EmpiricalCovariance

from report_lib.common import arrays
from report_lib.common.errors import ReportError
from report_lib.data import datasets
from report_lib.data.images import sha256
from report_lib.data.whole import Whole
from report_lib.reduction import linear
from report_lib.understanding import findings, measure

N = 130
SPEC = {
    "labels": "",
    "data_dir": "",
    "keys": [],
    "image_shape": [],
    "transpose": False,
    "colour": "luminance",
    "size": 0,
}


@pytest.fixture
def pictures(rng, monkeypatch):
    # Several blocks of few images.
    monkeypatch.setattr(arrays, "CHUNK", 16)
    images = rng.integers(0, 255, (N, 8, 7), dtype=np.uint8)
    images[40], images[100], images[3] = images[7], images[7], 9
    return images


def loaded(path, images, n_images=50, **more):
    np.save(path / "mine.npy", images) if isinstance(images, np.ndarray) else np.savez(path / "mine.npz", **images)
    source = str(path / ("mine.npy" if isinstance(images, np.ndarray) else "mine.npz"))
    spec = {**SPEC, "source": source, "n_images": n_images, "use_labels": True, "seed": 3, **more}
    found = datasets.load(**spec)
    return found, datasets.whole(found, spec)


def test_as_many_as_asked_for_are_drawn_and_the_rows_say_which(pictures, tmp_path):
    found, whole = loaded(tmp_path, pictures)
    rows = np.concatenate([found.rows["train"], found.rows["test"]])
    assert (len(found.train_images), len(found.test_images), found.n_source) == (40, 10, N)
    assert len(np.unique(rows)) == 50
    assert rows.max() > 50
    np.testing.assert_array_equal(found.train_images, pictures[found.rows["train"]])
    np.testing.assert_array_equal(found.test_images, pictures[found.rows["test"]])
    assert "50 of its 130 images, drawn at random, 20% of them" in found.origin
    assert whole.n == N


def test_no_more_than_there_are_is_all_of_them_as_ever(pictures, tmp_path):
    all_of_them, whole = loaded(tmp_path, pictures, n_images=N)
    assert whole is None
    assert all_of_them.n_source == 0
    assert "its" not in all_of_them.origin
    assert len(all_of_them.train_images) + len(all_of_them.test_images) == N


def test_parts_of_the_source_give_their_share_each(pictures, tmp_path):
    labels = np.arange(N) % 3
    parts = {"train_images": pictures[:100], "train_labels": labels[:100], "test_images": pictures[100:],
             "test_labels": labels[100:]}  # fmt: skip
    found, whole = loaded(tmp_path, parts, n_images=65)
    assert (len(found.train_images), len(found.test_images)) == (50, 15)
    np.testing.assert_array_equal(found.train_labels, labels[found.rows["train"]])
    np.testing.assert_array_equal(found.test_images, pictures[100:][found.rows["test"]])
    blocks = list(whole.blocks())
    np.testing.assert_array_equal(np.concatenate([block.labels for block in blocks]), labels)
    # Nothing is learnt from a test part, not even from what of it nobody looks at.
    assert {block.part: block.held_out.all() for block in blocks} == {"train": False, "test": True}


def test_blocks_are_all_images_in_order_and_say_which_are_seen_held_out_and_copies(pictures, tmp_path):
    found, whole = loaded(tmp_path, pictures)
    blocks = list(whole.blocks())
    assert len(blocks) == -(-N // 16)
    joined = {name: np.concatenate([getattr(block, name) for block in blocks])
              for name in ("rows", "images", "seen", "held_out")}  # fmt: skip
    np.testing.assert_array_equal(joined["rows"], np.arange(N))
    np.testing.assert_array_equal(joined["images"], pictures)
    np.testing.assert_array_equal(np.flatnonzero(joined["held_out"]), found.rows["test"])
    np.testing.assert_array_equal(np.flatnonzero(joined["seen"]), np.sort(np.concatenate([*found.rows.values()])))
    assert np.flatnonzero(whole.copies).tolist() == [40, 100]
    assert [block.place for block in blocks] == [slice(i, min(i + 16, N)) for i in range(0, N, 16)]


def test_a_named_set_may_be_drawn_from_too():
    spec = {**SPEC, "source": "digits", "n_images": 300, "use_labels": True, "seed": 0}
    found = datasets.load(**spec)
    whole = datasets.whole(found, spec)
    assert (len(found.train_images), len(found.test_images), found.n_source, whole.n) == (240, 60, 1797, 1797)
    first = next(whole.blocks())
    rows = found.rows["train"][found.rows["train"] < len(first.rows)]
    np.testing.assert_array_equal(first.images[rows], found.train_images[: len(rows)])
    np.testing.assert_array_equal(first.labels[rows], found.train_labels[: len(rows)])


def test_moments_are_those_of_all_but_the_images_that_are_held_out(pictures, tmp_path):
    found, whole = loaded(tmp_path, pictures)
    known = linear.moments_of_all(whole)
    rest = np.delete(pictures.reshape(N, -1), found.rows["test"], axis=0).astype(np.float64)
    known_otherwise = EmpiricalCovariance().fit(rest)
    assert (known.n, known.low, known.high) == (N - 10, rest.min(), rest.max())
    np.testing.assert_allclose(known.mean, known_otherwise.location_, rtol=1e-6)
    np.testing.assert_allclose(
        known.covariance * (known.n - 1) / known.n, known_otherwise.covariance_, rtol=1e-5, atol=0.05
    )
    fitted = linear.fit(found.train_images, scaling="none", known=known)
    variances = np.linalg.eigvalsh(np.cov(rest.T))[::-1]
    np.testing.assert_allclose(fitted.pca.explained_variance_, variances, rtol=1e-4)
    assert linear.moments_of_all(None) is None


def test_what_is_said_of_all_images_is_so(pictures, tmp_path):
    pictures[60] = pictures[50] ^ 1
    _, whole = loaded(tmp_path, pictures)
    overall = measure.over_all(whole, rms=0.02)
    assert (overall.n, overall.n_looked_at, overall.n_blank, overall.n_copies) == (N, 50, 1, 2)
    assert overall.n_near == 2
    assert (overall.minimum, overall.maximum) == (pictures.min(), pictures.max())
    assert overall.mean == pytest.approx(pictures.mean())
    assert "has 130 images, and the report looks at 50" in findings.over_all(overall)
    assert "1 image is blank, and 2 are the same as an earlier one" in findings.over_all(overall)
    assert "Of the others 2 are near-copies of another: pixels differ by at most 2.0%" in findings.over_all(overall)


def test_what_is_read_block_by_block_of_a_file_does_not_stay_in_memory(tmp_path):
    images = np.zeros((40_000, 40, 40), np.uint8)
    np.save(tmp_path / "large.npy", images)
    mapped = np.load(tmp_path / "large.npy", mmap_mode="r")
    assert sha256(mapped) == hashlib.sha256(images.tobytes()).hexdigest()
    if sys.platform == "linux":
        left = [own.rss for own in psutil.Process().memory_maps() if own.path.endswith("large.npy")]
        assert sum(left) < images.nbytes / 4


def test_rows_of_a_file_are_those_of_the_array_and_leave_no_more_of_it_in_memory(tmp_path, rng):
    images = rng.integers(0, 255, (40_000, 40, 40), dtype=np.uint8)
    np.save(tmp_path / "large.npy", images)
    mapped = np.load(tmp_path / "large.npy", mmap_mode="r").reshape(-1, 20, 80)
    rows = np.flatnonzero(rng.random(40_000) < 0.1)
    found = arrays.rows_of(mapped, rows)
    np.testing.assert_array_equal(found.reshape(-1, 40, 40), images[rows])
    np.testing.assert_array_equal(arrays.rows_of(images, rows), images[rows])
    assert found.flags.owndata
    if sys.platform == "linux":
        left = [own.rss for own in psutil.Process().memory_maps() if own.path.endswith("large.npy")]
        assert sum(left) < images.nbytes / 4


def test_without_pyarrow_more_images_are_refused_before_anything_is_computed(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "find_spec", lambda name: None)
    with pytest.raises(ReportError, match=r"130 images; .* takes pyarrow: `python -m pip install pyarrow`"):
        loaded(tmp_path, pictures)
    assert loaded(tmp_path, pictures, n_images=N)[1] is None


def test_nothing_is_kept_of_all_images_by_name_of_labels_that_are_not_used(pictures, tmp_path):
    found, whole = loaded(tmp_path, {"images": pictures, "labels": np.arange(N) % 2}, use_labels=False)
    assert isinstance(whole, Whole)
    assert not found.has_labels
    assert all((block.labels == -1).all() for block in whole.blocks())
