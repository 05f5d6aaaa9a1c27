"""Each fast formula is held against scikit-learn's own."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.preprocessing import StandardScaler

from report_lib.common import arrays
from report_lib.reduction import linear


@pytest.fixture
def pixels(rng):
    """Rows with structure: 300 mixtures of six patterns, 24 pixels each, not centred."""
    return (rng.random((300, 6)) @ rng.random((6, 24)) * 200 + rng.normal(size=(300, 24))).astype(np.float32)


def fit(images, scaling):
    return linear.fit(images, scaling=scaling)


@pytest.mark.parametrize("offset", [0, 100, 1000])
def test_variance_far_from_zero_is_not_lost(rng, offset):
    """Pictures on white paper: a float32 sum of squares would keep no digit of their variance."""
    X = (offset + rng.random((400, 5)) @ rng.random((5, 16)) + 0.01 * rng.normal(size=(400, 16))).astype(np.float32)
    theirs = PCA(svd_solver="full").fit(X.astype(float))
    ours = linear.LinearReducer().fit(X)
    np.testing.assert_allclose(ours.explained_variance_ratio_, theirs.explained_variance_ratio_, atol=2e-5)
    deviation = X.astype(float).std(axis=0)
    np.testing.assert_allclose(linear.PixelScaler("standard").fit(X).scale_, deviation, rtol=1e-4)


def test_inverted_pictures_have_the_same_components(rng):
    images = np.where(rng.random((300, 6, 6)) < 0.15, rng.integers(0, 256, (300, 6, 6)), 0).astype(np.uint8)
    for scaling in ("min-max", "standard"):
        plain, inverted = (fit(x, scaling).pca.explained_variance_ratio_ for x in (images, 255 - images))
        np.testing.assert_allclose(plain, inverted, atol=1e-6)


def test_moments_are_numpys(pixels, monkeypatch):
    monkeypatch.setattr(arrays, "CHUNK", 64)
    found = linear.moments(pixels)
    np.testing.assert_allclose(found.mean, pixels.mean(axis=0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(found.covariance, np.cov(pixels.astype(float), rowvar=False), rtol=1e-5, atol=1e-3)
    second = pixels.astype(float).T @ pixels.astype(float) / len(pixels)
    np.testing.assert_allclose(found.second, second, rtol=1e-6)


@pytest.mark.parametrize("kind", ["none", "min-max", "standard"])
def test_moments_of_scaled_rows_are_moments_of_what_the_scaler_gives(pixels, kind):
    m = linear.moments(pixels)
    scaler = linear.PixelScaler(kind).fit(pixels)
    expected = linear.moments(scaler.transform(pixels))
    found = m.scaled(scaler.offset_, scaler.scale_)
    np.testing.assert_allclose(found.mean, expected.mean, atol=2e-5 * max(1, abs(expected.mean).max()))
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=2e-3, atol=2e-3)


def test_standard_scaling_is_scikit_learns_also_for_constant_pixels(pixels):
    pixels = pixels.copy()
    pixels[:, 3] = 7.0
    found = linear.PixelScaler("standard").fit_transform(pixels)
    np.testing.assert_allclose(found, StandardScaler().fit_transform(pixels), atol=2e-3)
    assert (found[:, 3] == 0).all()


def test_min_max_maps_the_range_of_all_pixels_to_one(pixels):
    scaler = linear.PixelScaler().fit(pixels)
    found = scaler.transform(pixels)
    assert (found.min(), found.max()) == pytest.approx((0, 1), abs=1e-6)
    np.testing.assert_allclose(scaler.inverse_transform(found), pixels, rtol=1e-4, atol=1e-3)


def test_pca_is_scikit_learns(pixels):
    ours, theirs = linear.LinearReducer(5).fit(pixels), PCA(svd_solver="full").fit(pixels.astype(float))
    np.testing.assert_allclose(ours.explained_variance_ratio_, theirs.explained_variance_ratio_, atol=1e-5)
    np.testing.assert_allclose(ours.explained_variance_[:6], theirs.explained_variance_[:6], rtol=1e-3)
    cosines = np.abs((ours.components_[:5] * theirs.components_[:5]).sum(axis=1))
    np.testing.assert_allclose(cosines, 1.0, atol=1e-4)
    assert ours.transform(pixels).shape == (300, 5)


def test_svd_is_scikit_learns(pixels):
    ours = linear.LinearReducer(center=False).fit(pixels)
    theirs = TruncatedSVD(6, algorithm="arpack", random_state=0).fit(pixels.astype(float))
    np.testing.assert_allclose(ours.explained_variance_ratio_[:6], theirs.explained_variance_ratio_, atol=1e-5)
    cosines = np.abs((ours.components_[:6] * theirs.components_).sum(axis=1))
    np.testing.assert_allclose(cosines, 1.0, atol=1e-4)


@pytest.mark.parametrize("center", [True, False])
def test_test_error_is_that_of_rebuilding(rng, center):
    train = rng.integers(0, 256, size=(200, 4, 6)).astype(np.uint8)
    test = rng.integers(0, 256, size=(50, 4, 6)).astype(np.uint8)
    fitted = fit(train, "min-max")
    reducer = fitted.pca if center else fitted.svd
    errors = linear.mse_by_size(fitted, test)["PCA" if center else "truncated SVD"]
    X = test.reshape(50, -1) / 255
    theirs = (PCA if center else TruncatedSVD)(7, random_state=0, **({} if center else {"algorithm": "arpack"}))
    theirs.fit(train.reshape(200, -1) / 255)
    expected = np.mean((X - theirs.inverse_transform(theirs.transform(X))) ** 2)
    assert errors[7] == pytest.approx(expected, rel=1e-4)
    assert errors[-1] == pytest.approx(0, abs=1e-8)
    assert (np.diff(errors) <= 1e-9).all()
    rebuilt = linear.rebuild(linear.LinearRepresentation(fitted.scaler, reducer.first(7)), test)
    assert np.mean((rebuilt / 255 - test / 255) ** 2) == pytest.approx(errors[7], rel=1e-4)


def test_components_for_a_share_are_the_fewest(pixels):
    fitted = linear.LinearReducer().fit(pixels)
    cumulative = np.cumsum(fitted.explained_variance_ratio_)
    for share in (0.5, 0.9, 0.95, 0.99):
        k = linear.components_for(fitted, share)
        assert cumulative[k - 1] >= share
        assert k == 1 or cumulative[k - 2] < share
    assert linear.components_for(fitted, 1.0) <= 24


@pytest.mark.parametrize("n", [60, linear.CHUNK + 60])
def test_encode_is_scaler_then_reducer(rng, n):
    images = rng.integers(0, 256, size=(n, 4, 4)).astype(np.uint8)
    fitted = fit(images, "standard")
    expected = fitted.pca.transform(fitted.scaler.transform(arrays.flatten(images)))[:, :3]
    np.testing.assert_allclose(linear.encode(fitted.first(3), images), expected, atol=1e-5)


def test_kept_arrays_give_the_same_codes(rng):
    images = rng.integers(0, 256, size=(60, 4, 4)).astype(np.uint8)
    fitted = fit(images, "min-max")
    scaler = linear.PixelScaler.from_arrays(**fitted.scaler.arrays())
    pca = linear.LinearReducer.from_arrays(**fitted.pca.arrays(5))
    np.testing.assert_array_equal(
        linear.encode(linear.LinearRepresentation(scaler, pca), images), linear.encode(fitted.first(5), images)
    )
    assert scaler.kind == "min-max"


def test_estimators_can_be_cloned():
    assert clone(linear.PixelScaler("none")).kind == "none"
    assert clone(linear.LinearReducer(3, center=False)).get_params() == {"n_components": 3, "center": False}


def test_sample_rows():
    np.testing.assert_array_equal(arrays.sample_rows(5, 10, 0), np.arange(5))
    rows = arrays.sample_rows(100, 10, 0)
    assert len(set(rows.tolist())) == 10
    assert (np.diff(rows) > 0).all()
    assert (rows != arrays.sample_rows(100, 10, 1)).any()


def test_codes_larger_than_the_image_have_no_place_on_the_curve_of_pca():
    # Sides that do not halve evenly are rounded up: 30 x 30 pixels make a code of 16 x 8 x 8.
    counts = linear.code_sizes(900, [100, 1024])
    assert 100 in counts
    assert counts[0] == 2
    assert counts[-1] == 900


@pytest.mark.parametrize("kind", ["pca", "svd"])
def test_few_rows_of_many_pixels_give_the_same_codes_without_a_matrix_of_all_pixels(rng, kind, monkeypatch):
    X = (rng.random((20, 6)) @ rng.random((6, 60)) * 200 + rng.normal(size=(20, 60))).astype(np.float32)
    m = linear.moments(X)
    scaler = linear.PixelScaler("min-max").fit_moments(m)
    whole = linear.LinearReducer(5, center=kind == "pca").fit_moments(m.scaled(scaler.offset_, scaler.scale_))
    few = linear.LinearReducer(5, center=kind == "pca").fit_few(scaler.transform(X))
    assert few.components_.shape == (20, 60)
    np.testing.assert_allclose(few.explained_variance_[:6], whole.explained_variance_[:6], rtol=1e-4)
    np.testing.assert_allclose(few.explained_variance_ratio_[:6], whole.explained_variance_ratio_[:6], rtol=1e-4)
    np.testing.assert_allclose(few.transform(X), whole.transform(X), rtol=1e-3, atol=1e-2)
    monkeypatch.setattr(linear, "eigh", None)
    found = linear.fit_linear(X, kind, scaling="min-max", n_components=5)
    np.testing.assert_allclose(found.transform(X), few.transform(scaler.transform(X)), atol=1e-6)


def test_few_large_images_have_as_many_axes_as_there_are_and_scikit_learns_errors(rng):
    train, test = (rng.integers(0, 256, (n, 9, 8)).astype(np.uint8) for n in (20, 7))
    fitted = linear.fit(train, scaling="none")
    errors = linear.mse_by_size(fitted, test)["PCA"]
    assert errors.shape == (73,)
    for k in (1, 5, 19):
        pca = PCA(k, svd_solver="full").fit(train.reshape(20, -1))
        rebuilt = pca.inverse_transform(pca.transform(test.reshape(7, -1)))
        assert errors[k] == pytest.approx(np.mean((rebuilt - test.reshape(7, -1)) ** 2), rel=1e-5)
    np.testing.assert_allclose(errors[20:], errors[20])
