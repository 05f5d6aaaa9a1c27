"""What the images can be described with: scaled pixels, principal components, truncated SVD.

Everything comes from one pass over the train images, which gives the mean and the second moment of the pixels. One
eigendecomposition of the covariance then holds every PCA at once: each number of components, its explained variance
and its exact reconstruction error; the same with the uncentred second moment gives truncated SVD.
Jolliffe, Principal Component Analysis, 2nd edition, 2002, sections 1.1 and 3.2.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from report_lib.common.arrays import CHUNK, chunks, flatten, labels_of, sample_rows
from report_lib.common.keep import kept
from report_lib.common.representations import KINDS
from report_lib.data.images import ImageSet
from report_lib.data.whole import Whole
from report_lib.reduction.linear_maps import Axes, LinearRepresentation, Scaling

PCA, SVD = KINDS["pca"].title, KINDS["svd"].title


class Encoder(Protocol):
    """What makes codes of rows of raw pixels, and such rows of codes."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the codes of rows, float32."""

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """Rebuild rows of raw pixels from codes, float32."""


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
    return summed_up(chunks(X))


def summed_up(rows: Iterable[np.ndarray]) -> Moments:
    """Sum up rows that come chunk by chunk, as `moments` does; of shape (n, d), float32."""
    n, total, products, shift, low, high = 0, 0.0, 0.0, None, np.inf, -np.inf
    for chunk in rows:
        shift = chunk.mean(axis=0, dtype=np.float64).astype(np.float32) if shift is None else shift
        centred = chunk - shift
        total = total + centred.sum(axis=0, dtype=np.float64)
        products = products + (centred.T @ centred).astype(np.float64)
        n, low, high = n + len(chunk), min(low, float(chunk.min())), max(high, float(chunk.max()))
    mean = total / n
    covariance = (products - n * np.outer(mean, mean)) / max(n - 1, 1)
    return Moments(n, shift + mean, covariance, low, high)


def moments_of_all(whole: Whole | None) -> Moments | None:
    """Sum up all images of a source that a run may learn from, also those that it does not look at."""
    if whole is None:
        return None
    return summed_up(flatten(block.images[~block.held_out]).astype(np.float32) for block in whole.blocks()
                     if not block.held_out.all())  # fmt: skip


class PixelScaler(Scaling, TransformerMixin, BaseEstimator):
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

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Scale rows; returns float32."""
        check_is_fitted(self)
        return super().transform(X)

    def inverse_transform(self, X: np.ndarray) -> np.ndarray:
        """Bring scaled rows back to pixels; returns float32."""
        check_is_fitted(self)
        return super().inverse_transform(X)


def _pointed(axes: np.ndarray) -> np.ndarray:
    """Turn each axis so that its largest loading is positive."""
    largest = np.abs(axes).argmax(axis=1)
    return axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]


class LinearReducer(Axes, TransformerMixin, BaseEstimator):
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

    def fit(self, X: np.ndarray, y: object = None) -> "LinearReducer":
        """Learn from rows of shape (n, d)."""
        return self.fit_moments(moments(X))

    def fit_moments(self, m: Moments) -> "LinearReducer":
        """Learn from the moments of the rows."""
        covariance = m.covariance
        axes = _pointed(eigh(covariance if self.center else m.second, driver="evd")[1][:, ::-1].T)
        self.components_ = np.ascontiguousarray(axes, dtype=np.float32)
        self.mean_ = m.mean if self.center else np.zeros_like(m.mean)
        self.explained_variance_ = np.maximum(np.einsum("ij,jk,ik->i", axes, covariance, axes, optimize=True), 0.0)
        self.explained_variance_ratio_ = self.explained_variance_ / max(np.trace(covariance), np.finfo(float).tiny)
        return self

    def fit_few(self, X: np.ndarray) -> "LinearReducer":
        """Learn the same axes from fewer rows than columns, as many as there are rows: none of size (d, d) is needed."""
        centred = np.asarray(X, np.float64) - X.mean(axis=0, dtype=np.float64)
        rows = centred if self.center else X.astype(np.float64)
        axes = _pointed(np.linalg.svd(rows, full_matrices=False)[2])
        self.components_ = np.ascontiguousarray(axes, dtype=np.float32)
        self.mean_ = X.mean(axis=0, dtype=np.float64) if self.center else np.zeros(X.shape[1])
        self.explained_variance_ = np.square(centred @ axes.T).sum(axis=0) / max(len(X) - 1, 1)
        total = np.square(centred).sum() / max(len(X) - 1, 1)
        self.explained_variance_ratio_ = self.explained_variance_ / max(total, np.finfo(float).tiny)
        return self

    def first(self, n_components: int) -> "LinearReducer":
        """Return the same axes, of which `transform` gives the first."""
        reducer = copy(self)
        reducer.n_components = n_components
        return reducer

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Give the first components of rows; shape (n, n_components), float32."""
        check_is_fitted(self)
        return super().transform(X)

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """Rebuild rows from their first components; as many are used as `Z` has columns."""
        check_is_fitted(self)
        return super().inverse_transform(Z)


def fit_linear(X: np.ndarray, kind: str, *, scaling: str, n_components: int) -> LinearRepresentation:
    """Learn from rows of raw pixels.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    kind : {"pixels", "pca", "svd"}
    scaling : str
        As in `PixelScaler`.
    n_components : int
        Of `pca` and `svd`.
    """
    m = moments(X)
    scaler = PixelScaler(scaling).fit_moments(m)
    if kind == "pixels":
        return LinearRepresentation(scaler)
    return LinearRepresentation(scaler, fit_reducer(X, m, scaler, center=kind == "pca").first(n_components))


def encode(model: Encoder, images: np.ndarray) -> np.ndarray:
    """Return the codes of images, chunk by chunk; shape (n, size of the code), float32."""
    rows = flatten(images)
    first = model.transform(rows[:CHUNK])
    # Not put together at the end, which takes twice the memory.
    codes = np.empty((len(rows), first.shape[1]), first.dtype)
    codes[:CHUNK] = first
    for i in range(CHUNK, len(rows), CHUNK):
        codes[i : i + CHUNK] = model.transform(rows[i : i + CHUNK])
    return codes


def rebuild(model: Encoder, images: np.ndarray) -> np.ndarray:
    """Rebuild images from their codes, in the file's own units; shape of `images`, float32."""
    return model.inverse_transform(encode(model, images)).reshape(images.shape)


@dataclass(frozen=True)
class Reduction:
    """A scaler, a PCA and a truncated SVD, fitted together on the train images, with what they were fitted to."""

    moments: Moments
    scaler: PixelScaler
    pca: LinearReducer
    svd: LinearReducer

    def first(self, n_components: int) -> LinearRepresentation:
        """Return the representation by the first principal components."""
        return LinearRepresentation(self.scaler, self.pca.first(n_components))

    @property
    def marks(self) -> dict[float, int]:
        """The number of components that holds 90, 95 and 99% of the variance, by the share."""
        return {share: components_for(self.pca, share) for share in (0.9, 0.95, 0.99)}

    def axes(self, n: int, image_shape: tuple[int, int]) -> np.ndarray:
        """Return the first axes of PCA as images; shape (n, h, w)."""
        return self.pca.components_[:n].reshape(-1, *image_shape)

    def as_dict(self, mse: dict[str, np.ndarray], grid: Sequence[int], max_components: int) -> dict[str, object]:
        """Return the numbers that the phase shows, under the names of `metrics.json`.

        Parameters
        ----------
        mse : dict of str to ndarray
            As `mse_by_size` gives it.
        grid : sequence of int
            The numbers of components of which the errors are kept.
        max_components : int
            So many shares of the variance are kept.
        """
        counts = {f"components_for_{share * 100:g}": count for share, count in self.marks.items()}
        by_method = {
            title: {
                "explained_variance_ratio": reducer.explained_variance_ratio_[:max_components],
                "test_mse": {k: mse[title][k] for k in sorted({0, *grid})},
            }
            for title, reducer in ((PCA, self.pca), (SVD, self.svd))
        }
        return {"scaling": self.scaler.kind, "pca": {**counts, **by_method[PCA]}, "truncated_svd": by_method[SVD]}


@kept
def fit(images: np.ndarray, *, scaling: str, known: Moments | None = None) -> Reduction:
    """Fit scaler, PCA and truncated SVD to train images of shape (n, h, w), or to the moments of more of them."""
    rows = flatten(images)
    m = known or moments(rows)
    scaler = PixelScaler(scaling).fit_moments(m)
    return Reduction(m, scaler, *(fit_reducer(rows, m, scaler, center=center) for center in (True, False)))


def fit_reducer(X: np.ndarray, m: Moments, scaler: PixelScaler, *, center: bool = True) -> LinearReducer:
    """Fit to scaled rows: by their moments `m`, or where they are few and long by the rows, which have as many axes only."""
    if len(X) == m.n < X.shape[1] // 2:
        return LinearReducer(center=center).fit_few(scaler.transform(X))
    return LinearReducer(center=center).fit_moments(m.scaled(scaler.offset_, scaler.scale_))


def components_for(reducer: LinearReducer, share: float) -> int:
    """Return the smallest number of components that together explain at least `share` of the variance."""
    cumulative = np.cumsum(reducer.explained_variance_ratio_)
    return int(np.argmax(cumulative >= min(share, cumulative[-1]))) + 1


@kept
def mse_by_size(fitted: Reduction, images: np.ndarray) -> dict[str, np.ndarray]:
    """Mean squared error of rebuilding images, for each number of components, in scaled pixels, by PCA and truncated SVD.

    The axes are orthonormal, so what k components leave out is ‖x - mean‖² minus the sum of their first k squares.

    Returns
    -------
    dict of str to ndarray of shape (d + 1,), float64
        By title; entry k is the error with k components.
    """
    return {title: _mse(fitted.scaler, reducer, images) for title, reducer in ((PCA, fitted.pca), (SVD, fitted.svd))}


def _mse(scaler: PixelScaler, reducer: LinearReducer, images: np.ndarray) -> np.ndarray:
    d = len(reducer.mean_)
    # Without more axes the error stays what it is.
    total, explained, n_axes = 0.0, np.zeros(d), len(reducer.components_)
    for chunk in chunks(flatten(images)):
        centred = scaler.transform(chunk) - reducer.mean_.astype(np.float32)
        total += float(np.square(centred, dtype=np.float64).sum())
        explained[:n_axes] += np.square(centred @ reducer.components_.T).sum(axis=0, dtype=np.float64)
    left = total - np.concatenate([[0.0], np.cumsum(explained)])
    return np.maximum(left, 0.0) / (len(images) * d)


def code_sizes(largest: int, also: list[int]) -> list[int]:
    """Return about thirty sizes from 2 to `largest`, even on a log scale, and those asked for that are no larger."""
    return sorted({*np.geomspace(2, largest, 30).round().astype(int).tolist(), *(k for k in also if k <= largest)})


def pixel_mse(fitted: Reduction, images: np.ndarray, counts: list[int]) -> np.ndarray:
    """Mean squared error of rebuilding images by PCA, in pixels whose range in the train images is 1.

    Returns
    -------
    ndarray of shape (len(counts),), float64
    """
    scale, span = fitted.scaler.scale_, fitted.moments.high - fitted.moments.low
    if np.ptp(scale) == 0:
        # One unit for all pixels: the errors in scaled pixels hold, and come all at once.
        return _mse(fitted.scaler, fitted.pca, images)[counts] * (scale[0] / span) ** 2
    errors = []
    for k in counts:
        rebuilt = rebuild(fitted.first(k), images)
        errors.append(np.square(rebuilt - images, dtype=np.float64).mean() / span**2)
    return np.array(errors)


@dataclass(frozen=True)
class Sample:
    """Some train images on the first three principal components.

    Attributes
    ----------
    rows : ndarray of shape (n,), int
        Ascending.
    codes : ndarray of shape (n, 3), float32
    labels : ndarray of shape (n,), or None
    """

    rows: np.ndarray
    codes: np.ndarray
    labels: np.ndarray | None


def draw_sample(fitted: Reduction, images: ImageSet, n_images: int, *, random_state: int) -> Sample:
    """Draw train images for scatter plots, all where there are no more than asked for."""
    rows = sample_rows(len(images.train_images), n_images, random_state)
    return Sample(rows, encode(fitted.first(3), images.train_images[rows]), labels_of(images.train_labels, rows))
