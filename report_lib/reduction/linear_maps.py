"""What scalers and components do once they are fitted: bring rows to codes and back. NumPy alone.

The estimators of `linear` learn them; who only applies them, such as a model for new images, need not wait for scikit-learn.
"""

from dataclasses import dataclass

import numpy as np


class Scaling:
    """What a `linear.PixelScaler` does, without its learning: parameters and attributes are its own."""

    def __init__(self, kind: str = "min-max"):
        self.kind = kind

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what `from_arrays` needs, as arrays that can be kept without pickling."""
        return {"kind": np.array(self.kind), "offset": self.offset_, "scale": self.scale_}

    @classmethod
    def from_arrays(cls, *, kind: np.ndarray, offset: np.ndarray, scale: np.ndarray) -> "Scaling":
        """Return the scaling that `arrays` came from."""
        scaler = cls(kind.item())
        scaler.offset_, scaler.scale_ = offset, scale
        return scaler

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Scale rows; returns float32."""
        return (np.asarray(X, np.float32) - self.offset_.astype(np.float32)) / self.scale_.astype(np.float32)

    def inverse_transform(self, X: np.ndarray) -> np.ndarray:
        """Bring scaled rows back to pixels; returns float32."""
        return X.astype(np.float32) * self.scale_.astype(np.float32) + self.offset_.astype(np.float32)


class Axes:
    """What a `linear.LinearReducer` does, without its learning: parameters and attributes are its own."""

    def __init__(self, n_components: int | None = None, *, center: bool = True):
        self.n_components = n_components
        self.center = center

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
    ) -> "Axes":
        """Return the axes that `arrays` came from, with as many components as were kept."""
        reducer = cls(len(components), center=bool(mean.any()))
        reducer.components_, reducer.mean_ = components, mean
        reducer.explained_variance_ = explained_variance
        reducer.explained_variance_ratio_ = explained_variance_ratio
        return reducer

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Give the first components of rows; shape (n, n_components), float32."""
        axes = self.components_[: self.n_components]
        return (X - self.mean_.astype(np.float32)) @ axes.T

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """Rebuild rows from their first components; as many are used as `Z` has columns."""
        return Z @ self.components_[: Z.shape[1]] + self.mean_.astype(np.float32)


@dataclass(frozen=True)
class LinearRepresentation:
    """Scaled pixels, or the first components of PCA or truncated SVD: raw pixels in, codes out.

    Attributes
    ----------
    scaler : Scaling
    reducer : Axes or None
        None for the scaled pixels themselves.
    """

    scaler: Scaling
    reducer: Axes | None = None

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the codes of rows, float32."""
        scaled = self.scaler.transform(X)
        return scaled if self.reducer is None else self.reducer.transform(scaled)

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """Rebuild rows of raw pixels from codes or from their first columns, float32."""
        return self.scaler.inverse_transform(Z if self.reducer is None else self.reducer.inverse_transform(Z))

    def residual(self, X: np.ndarray) -> np.ndarray:
        """Return how much of each row the components leave out: the length of what is missing, float32."""
        scaled = self.scaler.transform(X)
        missing = scaled - self.reducer.inverse_transform(self.reducer.transform(scaled))
        return np.sqrt(np.square(missing).sum(axis=1))
