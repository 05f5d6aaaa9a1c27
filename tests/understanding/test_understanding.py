import numpy as np
import pytest

from report_lib.data.images import ImageSet
from report_lib.understanding import measure


def test_summary_counts_blank_and_missing():
    images = np.zeros((4, 3, 2), dtype=np.float32)
    images[0, 1, 1], images[1] = 2.0, 5.0
    images[2, 0, 0] = np.nan
    found = measure.summarise("train", images[[0, 1, 3]])
    assert (found.n_images, found.height, found.width, found.dtype) == (3, 3, 2, "float32")
    assert (found.minimum, found.maximum, found.n_blank, found.n_missing) == (0.0, 5.0, 2, 0)
    assert found.mean == pytest.approx((2.0 + 6 * 5.0) / 18)
    assert measure.summarise("train", images).n_missing == 1


def test_class_counts_keep_empty_classes():
    np.testing.assert_array_equal(measure.class_counts(np.array([0, 2, 2]), 4), [1, 0, 2, 0])


def test_examples_are_the_first_of_each_class():
    np.testing.assert_array_equal(measure.examples(np.array([2, 0, 2, 1, 0]), 3, 5), [1, 3, 0])
    np.testing.assert_array_equal(measure.examples(None, 0, 3), [0, 1, 2])
    assert len(measure.examples(None, 0, 1000)) == 10


def test_originals_stand_over_what_is_used_of_them(rng):
    originals = rng.integers(0, 256, size=(2, 8, 6, 3), dtype=np.uint8)
    used = np.array([[[0, 10], [20, 5]], [[0, 0], [0, 20]], [[0, 0], [0, 0]]], np.float32)
    tiles = measure.beside_originals(ImageSet("Mine", used, used, originals=originals))
    np.testing.assert_array_equal(tiles[:2], originals)
    assert tiles.shape == (4, 8, 6, 3)
    assert tiles[2, [0, 0, 7, 7], [0, 5, 0, 5], 1].tolist() == [0, 128, 255, 64]
    assert measure.beside_originals(ImageSet("Mine", used, used)) is None


def test_metrics_say_what_was_recognised_where_something_was(rng):
    images = rng.integers(0, 256, size=(6, 4, 4), dtype=np.uint8)
    parts = [measure.summarise(part, images) for part in ("train", "test")]
    rest = (
        measure.intensity_histogram(images, 4),
        measure.brightness(images, None),
        measure.find_duplicates(images, images, rms=0.01),
    )
    plain = measure.report_metrics(ImageSet("Mine", images, images), parts, None, *rest)
    assert not {"recognised", "skipped"} & plain["dataset"].keys()
    found = measure.report_metrics(
        ImageSet("Mine", images, images, recognised="6 images", skipped=("One.",)), parts, None, *rest
    )
    assert found["dataset"] == plain["dataset"] | {"recognised": "6 images", "skipped": ("One.",)}


def test_histogram_counts_every_pixel(rng):
    images = rng.integers(0, 256, size=(20, 6, 6), dtype=np.uint8)
    found = measure.intensity_histogram(images, 256)
    np.testing.assert_array_equal(found.counts, np.bincount(images.ravel(), minlength=256))
    assert measure.intensity_histogram(images, 16).counts.sum() == images.size


def test_histogram_has_no_empty_bins_between_whole_numbers():
    images = np.arange(17, dtype=np.uint8).repeat(2).reshape(2, 17, 1)
    found = measure.intensity_histogram(images, 64)
    np.testing.assert_array_equal(found.counts, np.full(17, 2))


def test_histogram_of_floats_is_numpys(rng):
    images = rng.normal(size=(10, 4, 4)).astype(np.float32)
    found = measure.intensity_histogram(images, 8)
    np.testing.assert_array_equal(found.counts, np.histogram(images, 8)[0])


def test_brightness_is_ordered_and_relative():
    images = np.stack([np.full((2, 2), v) for v in (0, 100, 200, 150)]).astype(np.uint8)
    found = measure.brightness(images, np.array([1, 0, 0, 1]))
    np.testing.assert_array_equal(found.groups, [1, 0])
    np.testing.assert_allclose(found.means, [0.375, 0.75])
    np.testing.assert_allclose(found.median, [0.375, 0.75])
    np.testing.assert_array_equal(measure.brightness(images, None).groups, [0])


def test_mean_images(images):
    pixels, labels = images
    overall, by_class = measure.mean_images(pixels, labels, 3)
    np.testing.assert_allclose(overall, pixels.mean(axis=0))
    np.testing.assert_allclose(by_class[1], pixels[labels == 1].mean(axis=0))
    assert np.isnan(by_class[2]).all()
    assert measure.mean_images(pixels, None, 0)[1] is None


def brute_force_pairs(train, test, rms):
    rows = np.concatenate([train, test]).reshape(len(train) + len(test), -1).astype(float)
    scale = float(train.max()) - float(train.min())
    found = set()
    for i in range(len(rows)):
        for j in range(i + 1, len(rows)):
            if np.sqrt(np.mean((rows[i] - rows[j]) ** 2)) / scale <= rms:
                found.add((i, j))
    return found


def test_near_duplicates_are_all_found(rng):
    train = rng.integers(0, 256, size=(80, 8, 8)).astype(np.uint8)
    train[1] = train[0]
    train[5] = np.clip(train[4].astype(int) + rng.integers(-6, 7, size=(8, 8)), 0, 255)
    test = rng.integers(0, 256, size=(20, 8, 8)).astype(np.uint8)
    test[3], test[4] = train[7], test[9]
    found = measure.find_duplicates(train, test, rms=0.02)
    assert {tuple(sorted(p)) for p in found.pairs.tolist()} == brute_force_pairs(train, test, 0.02)
    assert found.count(exact=True) == {"train": 1, "test": 1, "across": 1}
    assert found.count(exact=False) == {"train": 1, "test": 0, "across": 0}
    assert (np.diff(found.rms) >= 0).all()


def test_near_duplicates_agree_with_brute_force_on_smooth_images(rng):
    base = rng.normal(size=(6, 5, 5))
    train = (base[rng.integers(0, 6, 60)] + 0.05 * rng.normal(size=(60, 5, 5))).astype(np.float32)
    test = train[:10] + 0.04 * rng.normal(size=(10, 5, 5)).astype(np.float32)
    for rms in (0.005, 0.01, 0.02):
        found = measure.find_duplicates(train, test, rms=rms)
        assert {tuple(sorted(p)) for p in found.pairs.tolist()} == brute_force_pairs(train, test, rms)


def test_many_blank_images_are_as_many_copies_not_all_their_pairs(rng):
    train = np.concatenate([np.zeros((500, 4, 4)), rng.integers(0, 256, (50, 4, 4))]).astype(np.uint8)
    test = np.zeros((30, 4, 4), np.uint8)
    found = measure.find_duplicates(train, test, rms=0.02)
    assert found.count(exact=True) == {"train": 499, "test": 0, "across": 30}
    assert len(found.pairs) == 529


def test_nearest_pairs_are_the_images_themselves(images):
    train, _ = images
    test = train[[4]].copy()
    found = measure.find_duplicates(train, test, rms=0.02)
    pairs, titles = measure.nearest_pairs(found, train, test, n_pairs=3)
    np.testing.assert_array_equal(pairs[0, 0], train[4])
    np.testing.assert_array_equal(pairs[0, 1], test[0])
    assert titles[0] == "0.0%"


def test_report_metrics_without_labels(images):
    pixels, _ = images
    data = ImageSet("x", pixels[:30], pixels[30:])
    parts = [measure.summarise("train", pixels[:30]), measure.summarise("test", pixels[30:])]
    numbers = measure.report_metrics(
        data,
        parts,
        None,
        measure.intensity_histogram(pixels, 8),
        measure.brightness(pixels, None),
        measure.find_duplicates(pixels[:30], pixels[30:], rms=0.01),
    )
    assert "class_counts" not in numbers
    assert (numbers["dataset"]["n_train"], numbers["dataset"]["height"]) == (30, 7)
