"""What the images can be described with: scaled pixels, principal components, truncated SVD.

Everything comes from one pass over the train images, which gives the mean and the second moment of the pixels. One
eigendecomposition of the covariance then holds every PCA at once: each number of components, its explained variance
and its exact reconstruction error; the same with the uncentred second moment gives truncated SVD.
Jolliffe, Principal Component Analysis, 2nd edition, 2002, sections 1.1 and 3.2.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from report_lib.common.arrays import CHUNK, chunks, flatten


@dataclass(frozen=True)
class Moments:
    """First and second moments of rows.

    Attributes
    ----------
    n : int
    mean : ndarray of shape (d,), float64
    covariance : ndarray of shape (d, d), float64
        With n - 1 in the denominator, as scikit-learn's PCA has it.
    low, high : float
        Smallest and largest value.
    """

    n: int
    mean: np.ndarray
    covariance: np.ndarray
    low: float
    high: float

    @property
    def second(self) -> np.ndarray:
        """Mean of the outer products x xᵀ, not centred; shape (d, d)."""
        return self.covariance * ((self.n - 1) / self.n) + np.outer(self.mean, self.mean)

    def scaled(self, offset: np.ndarray, scale: np.ndarray) -> "Moments":
        """Return the moments of (x - offset) / scale."""
        return Moments(self.n, (self.mean - offset) / scale, self.covariance / np.outer(scale, scale), np.nan, np.nan)


def moments(X: np.ndarray) -> Moments:
    """Sum up rows in one pass: products in float32, sums in float64.

    A rough mean, that of the first rows, is taken off before the products. Far from zero, as in pictures on white
    paper, float32 products would otherwise lose the digits that the variance is made of; and summed in float32
    throughout, 60,000 rows lose enough to move the count of components for 95% of it. Chan, Golub and LeVeque,
    Algorithms for computing the sample variance, 1983, section 1.
    """
    d = X.shape[1]
    shift = np.asarray(X[:CHUNK], np.float64).mean(axis=0).astype(np.float32)
    total, products = np.zeros(d), np.zeros((d, d))
    for chunk in chunks(X):
        centred = chunk - shift
        total += centred.sum(axis=0, dtype=np.float64)
        products += centred.T @ centred
    n, mean = len(X), total / len(X)
    covariance = (products - n * np.outer(mean, mean)) / max(n - 1, 1)
    return Moments(n, shift + mean, covariance, float(X.min()), float(X.max()))


class PixelScaler(TransformerMixin, BaseEstimator):
    """Scale pixels with what the train images say.

    Parameters
    ----------
    kind : {"none", "min-max", "standard"}
        `min-max` maps the range of all train pixels to [0, 1]; `standard` gives each pixel mean 0 and variance 1
        (a pixel that never changes is only centred); `none` leaves them.

    Attributes
    ----------
    offset_, scale_ : ndarray of shape (d,), float64
        A row x becomes (x - offset_) / scale_.
    """

    def __init__(self, kind: str = "min-max"):
        self.kind = kind

    def fit(self, X: np.ndarray, y: object = None) -> "PixelScaler":
        """Learn from rows of shape (n, d)."""
        return self.fit_moments(moments(X))

    def fit_moments(self, m: Moments) -> "PixelScaler":
        """Learn from the moments of the rows."""
        d = len(m.mean)
        self.offset_, self.scale_ = np.zeros(d), np.ones(d)
        if self.kind == "min-max":
            self.offset_, self.scale_ = np.full(d, m.low), np.full(d, m.high - m.low)
        elif self.kind == "standard":
            deviation = np.sqrt(np.maximum(np.diag(m.covariance), 0.0) * ((m.n - 1) / m.n))
            constant = deviation <= 1e-6 * (m.high - m.low)
            self.offset_, self.scale_ = m.mean, np.where(constant, 1.0, deviation)
        return self

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what `from_arrays` needs, as arrays that can be kept without pickling."""
        return {"kind": np.array(self.kind), "offset": self.offset_, "scale": self.scale_}

    @classmethod
    def from_arrays(cls, *, kind: np.ndarray, offset: np.ndarray, scale: np.ndarray) -> "PixelScaler":
        """Return the fitted scaler that `arrays` came from."""
        scaler = cls(kind.item())
        scaler.offset_, scaler.scale_ = offset, scale
        return scaler

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Scale rows; returns float32."""
        check_is_fitted(self)
        return (np.asarray(X, np.float32) - self.offset_.astype(np.float32)) / self.scale_.astype(np.float32)

    def inverse_transform(self, X: np.ndarray) -> np.ndarray:
        """Bring scaled rows back to pixels; returns float32."""
        check_is_fitted(self)
        return X.astype(np.float32) * self.scale_.astype(np.float32) + self.offset_.astype(np.float32)


class LinearReducer(TransformerMixin, BaseEstimator):
    """PCA (`center=True`) or truncated SVD (`center=False`) by eigendecomposition of the second moment.

    Parameters
    ----------
    n_components : int or None
        Components that `transform` gives; None gives all. All are always fitted.
    center : bool

    Attributes
    ----------
    components_ : ndarray of shape (d, d), float32
        One axis a row, by falling eigenvalue; the largest loading of each is positive.
    mean_ : ndarray of shape (d,), float64
        Zero where `center` is False.
    explained_variance_ : ndarray of shape (d,), float64
        Variance along each axis.
    explained_variance_ratio_ : ndarray of shape (d,), float64
        Its share of the total variance.
    """

    def __init__(self, n_components: int | None = None, *, center: bool = True):
        self.n_components = n_components
        self.center = center

    def fit(self, X: np.ndarray, y: object = None) -> "LinearReducer":
        """Learn from rows of shape (n, d)."""
        return self.fit_moments(moments(X))

    def fit_moments(self, m: Moments) -> "LinearReducer":
        """Learn from the moments of the rows."""
        covariance = m.covariance
        axes = eigh(covariance if self.center else m.second, driver="evd")[1][:, ::-1].T
        largest = np.abs(axes).argmax(axis=1)
        axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
        self.components_ = np.ascontiguousarray(axes, dtype=np.float32)
        self.mean_ = m.mean if self.center else np.zeros_like(m.mean)
        self.explained_variance_ = np.maximum(np.einsum("ij,jk,ik->i", axes, covariance, axes, optimize=True), 0.0)
        self.explained_variance_ratio_ = self.explained_variance_ / max(np.trace(covariance), np.finfo(float).tiny)
        return self

    def arrays(self, n_components: int) -> dict[str, np.ndarray]:
        """Return what `from_arrays` needs to work with the first components."""
        return {
            "components": self.components_[:n_components],
            "mean": self.mean_,
            "explained_variance": self.explained_variance_,
            "explained_variance_ratio": self.explained_variance_ratio_,
        }

    @classmethod
    def from_arrays(
        cls,
        *,
        components: np.ndarray,
        mean: np.ndarray,
        explained_variance: np.ndarray,
        explained_variance_ratio: np.ndarray,
    ) -> "LinearReducer":
        """Return the fitted reducer that `arrays` came from, with as many components as were kept."""
        reducer = cls(len(components), center=bool(mean.any()))
        reducer.components_, reducer.mean_ = components, mean
        reducer.explained_variance_ = explained_variance
        reducer.explained_variance_ratio_ = explained_variance_ratio
        return reducer

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Give the first components of rows; shape (n, n_components), float32."""
        check_is_fitted(self)
        axes = self.components_[: self.n_components]
        return (X - self.mean_.astype(np.float32)) @ axes.T

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """Rebuild rows from their first components; as many are used as `Z` has columns."""
        check_is_fitted(self)
        return Z @ self.components_[: Z.shape[1]] + self.mean_.astype(np.float32)


@dataclass(frozen=True)
class Reduction:
    """A scaler, a PCA and a truncated SVD, fitted together on the train images."""

    scaler: PixelScaler
    pca: LinearReducer
    svd: LinearReducer


def fit_moments(m: Moments, *, scaling: str) -> Reduction:
    """Fit everything to the moments of unscaled pixels."""
    scaler = PixelScaler(scaling).fit_moments(m)
    scaled = m.scaled(scaler.offset_, scaler.scale_)
    pca, svd = (LinearReducer(center=center).fit_moments(scaled) for center in (True, False))
    return Reduction(scaler, pca, svd)


def encode(scaler: PixelScaler, reducer: LinearReducer, images: np.ndarray, n_components: int) -> np.ndarray:
    """Give the first components of images, chunk by chunk; shape (n, n_components), float32."""
    axes = reducer.components_[:n_components].T
    mean = reducer.mean_.astype(np.float32)
    return np.concatenate([(scaler.transform(chunk) - mean) @ axes for chunk in chunks(flatten(images))])


def components_for(reducer: LinearReducer, share: float) -> int:
    """Return the smallest number of components that together explain at least `share` of the variance."""
    cumulative = np.cumsum(reducer.explained_variance_ratio_)
    return int(np.argmax(cumulative >= min(share, cumulative[-1]))) + 1


def test_mse(scaler: PixelScaler, reducer: LinearReducer, images: np.ndarray) -> np.ndarray:
    """Mean squared error of rebuilding images, for each number of components, in scaled pixels.

    The axes are orthonormal, so what k components leave out is ‖x - mean‖² minus the sum of their first k squares.

    Returns
    -------
    ndarray of shape (d + 1,), float64
        Entry k is the error with k components.
    """
    d = len(reducer.mean_)
    total, explained = 0.0, np.zeros(d)
    for chunk in chunks(flatten(images)):
        centred = scaler.transform(chunk) - reducer.mean_.astype(np.float32)
        total += float(np.square(centred, dtype=np.float64).sum())
        explained += np.square(centred @ reducer.components_.T).sum(axis=0, dtype=np.float64)
    left = total - np.concatenate([[0.0], np.cumsum(explained)])
    return np.maximum(left, 0.0) / (len(images) * d)


def code_sizes(largest: int, also: list[int]) -> list[int]:
    """Return about thirty sizes from 2 to `largest`, even on a log scale, and those asked for that are no larger."""
    return sorted({*np.geomspace(2, largest, 30).round().astype(int).tolist(), *(k for k in also if k <= largest)})


def pixel_mse(fitted: Reduction, images: np.ndarray, counts: list[int], m: Moments) -> np.ndarray:
    """Mean squared error of rebuilding images by PCA, in pixels whose range in the train images is 1.

    Returns
    -------
    ndarray of shape (len(counts),), float64
    """
    scale = fitted.scaler.scale_
    if np.ptp(scale) == 0:
        # One unit for all pixels: the errors in scaled pixels hold, and come all at once.
        return test_mse(fitted.scaler, fitted.pca, images)[counts] * (scale[0] / (m.high - m.low)) ** 2
    errors = []
    for k in counts:
        rebuilt = reconstruct(fitted.scaler, fitted.pca, images, k)
        errors.append(np.square(rebuilt - images, dtype=np.float64).mean() / (m.high - m.low) ** 2)
    return np.array(errors)


def reconstruct(scaler: PixelScaler, reducer: LinearReducer, images: np.ndarray, n_components: int) -> np.ndarray:
    """Rebuild images from their first components, in the file's own units; shape of `images`, float32."""
    codes = encode(scaler, reducer, images, n_components)
    return scaler.inverse_transform(reducer.inverse_transform(codes)).reshape(images.shape)


def reconstructions(fitted: Reduction, images: np.ndarray, counts: list[int]) -> np.ndarray:
    """Set images beside what each number of components makes of them; shape (1 + len(counts), n, h, w)."""
    rebuilt = [reconstruct(fitted.scaler, fitted.pca, images, k) for k in counts]
    return np.stack([images.astype(np.float32), *rebuilt])


def report_metrics(
    fitted: Reduction,
    scaling: str,
    marks: dict[float, int],
    mse: dict[str, np.ndarray],
    grid: list[int],
    max_components: int,
) -> dict[str, object]:
    """Gather the numbers that the phase shows, under the names of `metrics.json`."""
    counts = {f"components_for_{share * 100:g}": count for share, count in marks.items()}
    by_method = {
        name: {
            "explained_variance_ratio": reducer.explained_variance_ratio_[:max_components],
            "test_mse": {k: mse[title][k] for k in sorted({0, *grid})},
        }
        for name, title, reducer in (("pca", "PCA", fitted.pca), ("truncated_svd", "truncated SVD", fitted.svd))
    }
    return {"scaling": scaling, "pca": {**counts, **by_method["pca"]}, "truncated_svd": by_method["truncated_svd"]}
