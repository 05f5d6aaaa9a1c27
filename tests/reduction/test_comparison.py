"""Every description is asked the same questions, of the same images, and the answers are right."""

import io
import math
import sys

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from report_lib.common import arrays, metrics, models
from report_lib.common.errors import ReportError
from report_lib.data.images import ImageSet
from report_lib.reduction import comparison, linear
from report_lib.reduction.few_labels import Curve

OPTIONS = {
    "n_components": 6,
    "steps": {"dense": 40, "conv": 20},
    "precision": "float32",
    "random_state": 0,
}


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    images = data.images.astype(np.uint8)
    return images[:400], images[400:600], data.target[:400], data.target[400:600]


def image_set(digits):
    return ImageSet("digits", *digits, tuple("0123456789"))


def fit(names, digits, **options):
    train, test, *_ = digits
    fitted = linear.fit(train, scaling=options.pop("scaling", "min-max"))
    options = {**OPTIONS, **options}
    n_components = options.pop("n_components")
    learnt = dict(comparison.begin(names, train, **options))
    return comparison.fit_representations(names, train, test, fitted, n_components=n_components, autoencoders=learnt)


@pytest.fixture(scope="module")
def found(digits):
    found, absent = fit(["pixels", "pca", "svd", "dense-12-5", "conv-4-2"], digits)
    assert absent == {}
    return found


def test_codes_of_every_description(found, digits):
    assert [(r.title, r.size, r.code_shape) for r in found] == [
        ("pixels", 64, (64,)), ("PCA", 6, (6,)), ("truncated SVD", 6, (6,)), ("dense 12-5", 5, (5,)),
        ("convolutional 4-2", 8, (2, 2, 2)),
    ]  # fmt: skip
    for r in found:
        assert r.train.shape == (400, r.size)
        assert r.test.shape == (200, r.size)
        assert r.train.dtype == np.float32
        assert set(r.seconds) == {"fit", "encode"}


def test_errors_are_those_of_scikit_learn(found, digits):
    train, test = (arrays.flatten(part) / 16.0 for part in digits[:2])
    errors = {r.name: r.test_mse for r in found}
    assert errors["pixels"] < 1e-12
    for name, method in (("pca", PCA(6, svd_solver="full")), ("svd", TruncatedSVD(6, algorithm="arpack"))):
        method.fit(train)
        expected = np.mean((method.inverse_transform(method.transform(test)) - test) ** 2)
        assert errors[name] == pytest.approx(expected, rel=1e-4)
    for r in found[3:]:
        rebuilt = r.model.inverse_transform(r.model.transform(arrays.flatten(digits[1]))) / 16.0
        assert r.test_mse == pytest.approx(np.mean((rebuilt - test) ** 2), rel=1e-5)


@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_errors_are_in_pixels_whatever_the_scaling(scaling, digits):
    train, test, *_ = digits
    fitted = linear.fit(train, scaling=scaling)
    ((r,), _) = fit(["pca"], digits, scaling=scaling)
    (error,) = linear.pixel_mse(fitted, test, [6])
    assert r.test_mse == pytest.approx(error, rel=1e-5)
    rebuilt = linear.rebuild(fitted.first(6), test)
    assert error == pytest.approx(np.mean(((rebuilt - test) / 16.0) ** 2), rel=1e-5)


@pytest.mark.slow
def test_fewer_images_are_seen_more_often(digits):
    ((few,), _) = fit(["dense-4"], (digits[0][:100], digits[1]), steps={"dense": 40})
    ((many,), _) = fit(["dense-4"], digits, steps={"dense": 40})
    assert (few.model.max_epochs, many.model.max_epochs) == (40, 20)


@pytest.fixture
def in_this_process(monkeypatch):
    """What is put in the place of a function here is not seen in other processes."""
    monkeypatch.setattr(comparison, "at_once", lambda calls: (f(*args, **named) for f, args, named in calls))


def test_without_pytorch_the_others_are_still_had(digits, monkeypatch, in_this_process):
    monkeypatch.delitem(sys.modules, "report_lib.reduction.autoencoders", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    found, absent = fit(["dense-4", "pca", "conv-4-2"], digits)
    assert [r.name for r in found] == ["pca"]
    assert list(absent) == ["dense 4", "convolutional 4-2"]
    assert set(absent.values()) == {"PyTorch is not installed, or does not load; `pip install torch` brings it"}


def test_another_missing_module_is_not_taken_for_pytorch(digits, monkeypatch):
    def broken(*_, **__):
        raise ModuleNotFoundError("No module named 'nonsense'", name="nonsense")

    monkeypatch.setattr(linear, "fit_linear", broken)
    with pytest.raises(ModuleNotFoundError, match="nonsense"):
        fit(["pca"], digits)


def test_training_that_comes_to_nothing_leaves_the_others(digits, monkeypatch, in_this_process):
    from report_lib.reduction.autoencoders import Autoencoder

    def fails(self, X, y=None):
        raise ReportError("the loss was not a number in epoch 1")

    monkeypatch.setattr(Autoencoder, "fit", fails)
    found, absent = fit(["dense-4", "pca"], digits)
    assert [r.name for r in found] == ["pca"]
    assert absent == {"dense 4": "the loss was not a number in epoch 1"}


def test_half_a_percent_below_the_curve_of_pca_is_better():
    curve = comparison.PCACurve([2, 4], np.array([0.2, 0.1]))
    assert (curve.at(4), curve.at(3)) == (0.1, None)
    made = {"clear": (4, 0.0994), "level": (4, 0.0996), "worse": (2, 0.3), "of no size on it": (3, 0.01)}
    assert {title: curve.is_beaten_by(*sized) for title, sized in made.items()} == {
        "clear": True, "level": False, "worse": False, "of no size on it": None,
    }  # fmt: skip


def test_images_above_what_is_made_of_them(found, digits):
    images = digits[1][:3]
    pca = linear.fit(digits[0], scaling="min-max")
    rebuilt = comparison.rebuild_all(comparison.learnt(found), pca, images, [2, 6])
    assert list(rebuilt) == ["original", "PCA (2)", "PCA (6)", "dense 12-5 (5)", "convolutional 4-2 (8)"]
    assert {pictures.shape for pictures in rebuilt.values()} == {(3, 8, 8)}
    np.testing.assert_array_equal(rebuilt["original"], images)
    model = pca.first(6)
    expected = model.inverse_transform(model.transform(arrays.flatten(images)))
    np.testing.assert_allclose(rebuilt["PCA (6)"], expected.reshape(3, 8, 8), atol=1e-4)
    assert np.abs(rebuilt["PCA (6)"] - images).mean() < np.abs(rebuilt["PCA (2)"] - images).mean()


def test_a_walk_begins_and_ends_at_the_images_and_fades_between(found, digits):
    test = digits[1]
    steps = comparison.walk(found, test[:2], n_steps=5)
    assert {title: pictures.shape for title, pictures in steps.items()} == {r.title: (5, 8, 8) for r in found}
    np.testing.assert_allclose(steps["pixels"][[0, -1]], test[:2], atol=1e-4)
    np.testing.assert_allclose(steps["pixels"][2], test[:2].mean(axis=0), atol=1e-4)


def test_pictures_half_way_and_the_nearest_train_image(found, digits):
    train, test, *_ = digits
    m = linear.moments(arrays.flatten(train))
    result = comparison.middles(found, test, train, m, n_pairs=30, random_state=0)
    rows = np.random.default_rng(0).permutation(200)[:60]
    halves = (arrays.flatten(test)[rows[:30]] + arrays.flatten(test)[rows[30:]].astype(float)) / 2

    def mean_gap(pictures):
        gaps = np.sqrt(((pictures[:, None, :] - arrays.flatten(train)[None].astype(float)) ** 2).mean(axis=2))
        return gaps.min(axis=1).mean() / 16.0

    assert result.distance["pixels"].value == pytest.approx(mean_gap(halves), rel=1e-4)
    assert result.real.value == pytest.approx(mean_gap(arrays.flatten(test)[rows[:30]].astype(float)), rel=1e-4)
    assert result.distance["pixels"].low < result.distance["pixels"].value
    assert comparison.middles(found[:1], test[:7], train, m, n_pairs=30, random_state=0).n_pairs == 3


def test_kmeans_scores_are_scikit_learns(found, digits):
    labels, options = digits[3], {"n_clusters": 8, "n_images": 300, "n_repeats": 3, "random_state": 0}
    scores = comparison.kmeans_scores(found[:2], image_set(digits), **options)
    assert comparison.kmeans_scores(found[:2], ImageSet("x", *digits[:2]), **options) == {}
    seed = models.seeds_of_draws(0, 3)[1]
    rows = arrays.sample_rows(400, 300, seed)
    clusters = KMeans(8, n_init=1, random_state=seed).fit(found[1].train[rows]).predict(found[1].test)
    assert scores["PCA"]["ari"][1] == pytest.approx(adjusted_rand_score(labels, clusters))
    assert scores["PCA"]["nmi"][1] == pytest.approx(normalized_mutual_info_score(labels, clusters))
    assert len(set(scores["PCA"]["accuracy"])) > 1


@pytest.mark.slow
def test_few_labels_are_drawn_alike_for_all(found, digits):
    images = image_set(digits)
    options = {"label_share": 0.25, "n_repeats": 3, "random_state": 0}
    result = comparison.few_labels([found[0], found[0], found[3]], images, **options)
    assert result["pixels"].right[100].shape == (3, 200)
    assert result["pixels"].accuracy[100].value > 0.7
    again = comparison.few_labels(found[:1], images, **options)
    np.testing.assert_array_equal(again["pixels"].right[100], result["pixels"].right[100])
    assert result["dense 12-5"].gain_over(result["pixels"], 100).value == pytest.approx(
        result["dense 12-5"].accuracy[100].value - result["pixels"].accuracy[100].value
    )
    assert comparison.few_labels(found, ImageSet("x", *digits[:2]), **options) == {}


def test_labels_of_one_class_only(found):
    images = ImageSet(
        "x", np.zeros((400, 8, 8)), np.zeros((200, 8, 8)), np.zeros(400, int), np.arange(200) % 2, ("a", "b")
    )
    result = comparison.few_labels(found[:1], images, label_share=0.01, n_repeats=2, random_state=0)
    assert result["pixels"].accuracy[4].value == 0.5


def test_autoencoders_are_kept_and_come_back(found, digits):
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **comparison.arrays(found))
    file.seek(0)
    with np.load(file, allow_pickle=False) as kept:
        loaded = comparison.from_arrays(dict(kept))
    assert set(loaded) == {"dense-12-5", "conv-4-2"}
    rows = arrays.flatten(digits[1])
    for r in found[3:]:
        assert loaded[r.name].transform(rows).tobytes() == r.test.tobytes()


def test_numbers_of_the_comparison(found):
    curves = {r.title: Curve({7: np.array([[True, False], [True, True]])}) for r in found}
    scores = {r.title: {"nmi": np.array([0.5, 0.7])} for r in found}
    numbers = comparison.gather(found, scores, curves)
    assert numbers["pca"]["code_size"] == 6
    assert numbers["pca"]["few_labels"]["accuracy"] == 0.75
    assert numbers["pca"]["few_labels"]["draws"].tolist() == [0.5, 1.0]
    assert "training" not in numbers["pca"]
    assert len(numbers["dense-12-5"]["training"]["loss_curve"]) == math.ceil(40 / 2)
    assert set(comparison.gather(found, {}, {})["pixels"]) == {"code_size", "active", "test_mse"}


def test_the_interval_of_a_mean_covers(rng):
    # A model is right on an image with a chance that depends on both; how often does the interval hold the truth?
    held = 0
    for _ in range(300):
        chance = np.clip(0.7 + 0.03 * rng.normal(size=(5, 1)) + 0.2 * rng.normal(size=(1, 400)), 0, 1)
        interval = metrics.mean_over_draws(rng.random((5, 400)) < chance)
        held += interval.low <= 0.695 <= interval.high
    assert held / 300 > 0.93


def test_paired_differences_are_narrower_than_two_intervals(rng):
    hard = rng.random(1000) < 0.3
    a = ~hard & (rng.random((5, 1000)) < 0.98)
    b = ~hard & (rng.random((5, 1000)) < 0.95)
    difference = metrics.difference_over_draws(a, b)
    assert difference.low > 0
    assert difference.high - difference.low < metrics.mean_over_draws(a).high - metrics.mean_over_draws(a).low


def test_the_unit_of_a_code_does_not_matter_to_the_small_network(digits):
    X = arrays.flatten(digits[0]).astype(np.float32)
    unit = models.OneUnit()
    np.testing.assert_allclose(unit.fit_transform(X * 1024), unit.fit_transform(X), rtol=1e-5, atol=1e-6)
    scaled = unit.fit(X[:200]).transform(X[200:])
    np.testing.assert_allclose(scaled * np.sqrt(X[:200].var(axis=0).mean()) + X[:200].mean(axis=0), X[200:], atol=1e-4)
    assert unit.fit_transform(np.zeros((3, 2), np.float32)).tolist() == np.zeros((3, 2)).tolist()


def test_intervals_stay_within_what_can_be():
    nearly = np.ones((2, 40), dtype=bool)
    nearly[0, 0] = False
    interval = metrics.mean_over_draws(nearly)
    assert interval.low < interval.value < interval.high == 1.0
    certain = metrics.mean_over_draws(np.ones((3, 40), dtype=bool))
    assert certain.low < certain.value == certain.high == 1.0
    assert metrics.difference_over_draws(nearly, ~nearly).high <= 1.0


def test_intervals_of_means_are_scipys(rng):
    from scipy import stats

    values = rng.normal(size=12)
    low, high = stats.t.interval(0.95, 11, loc=values.mean(), scale=stats.sem(values))
    interval = metrics.mean_interval(values)
    assert (interval.low, interval.high) == pytest.approx((low, high))


def test_entries_of_a_code_that_never_change_are_counted(found):
    assert found[0].active == int((np.ptp(found[0].train, axis=0) > 0).sum()) < 64
    assert found[1].active == 6
