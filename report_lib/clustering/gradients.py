"""Histograms of oriented gradients of images, and what their components make of them: how it is done, not how it is learnt.

NumPy alone: `hog` has the estimator, and says where it is from.
"""

import numpy as np

from report_lib.reduction.linear_maps import Axes

CHUNK = 2048
# In cells: how far pixels usually are blurred before edges are looked for, and how far around its middle a cell gathers them.
BLUR, REACH = 0.175, 0.5


class EdgeHistograms:
    """What a `hog.OrientedGradients` does, without its learning: parameters and attributes are its own."""

    def __init__(
        self,
        image_shape: tuple[int, int],
        *,
        n_orientations: int = 16,
        n_cells: int = 7,
        blur: float = BLUR,
        n_components: int = 100,
    ):
        self.image_shape = image_shape
        self.n_orientations = n_orientations
        self.n_cells = n_cells
        self.blur = blur
        self.n_components = n_components

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Describe rows of pixels; shape (n, n_components), float32."""
        return self.reducer_.transform(self.histograms(X))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what `from_arrays` needs, as arrays that can be kept without pickling."""
        settings = {
            name: np.array(getattr(self, name)) for name in ("image_shape", "n_orientations", "n_cells", "blur")
        }
        return settings | self.reducer_.arrays(self.reducer_.n_components)

    @classmethod
    def from_arrays(
        cls,
        *,
        image_shape: np.ndarray,
        n_orientations: np.ndarray,
        n_cells: np.ndarray,
        blur: np.ndarray | float = BLUR,
        **reducer: np.ndarray,
    ) -> "EdgeHistograms":
        """Return the fitted description that `arrays` came from; it gives the same codes. Older ones had the usual blur."""
        settings = {"n_orientations": int(n_orientations), "n_cells": int(n_cells), "blur": float(blur)}
        fitted = cls(tuple(image_shape.tolist()), **settings, n_components=len(reducer["components"]))
        fitted.reducer_ = Axes.from_arrays(**reducer)
        return fitted

    def histograms(self, X: np.ndarray) -> np.ndarray:
        """Return how much edge runs in each direction in each cell.

        Returns
        -------
        ndarray of shape (n, n_orientations * cells), float32
            Direction by direction, each row by row of cells; of length 1, or 0 for an image without edges.
        """
        cells = [self._n_cells(n) for n in self.image_shape]
        # Written into place: together they take more memory than the images.
        found = np.empty((len(X), self.n_orientations * cells[0] * cells[1]), np.float32)
        for i in range(0, len(X), CHUNK):
            found[i : i + CHUNK] = self._histograms(X[i : i + CHUNK])
        return found

    def directions(self, X: np.ndarray) -> np.ndarray:
        """Return the same as pictures: shape (n, n_orientations, rows of cells, columns of cells)."""
        cells = [self._n_cells(n) for n in self.image_shape]
        return self.histograms(X).reshape(len(X), self.n_orientations, *cells)

    def _n_cells(self, n_pixels: int) -> int:
        return max(1, min(self.n_cells, n_pixels // 2))

    def _histograms(self, X: np.ndarray) -> np.ndarray:
        X = np.asarray(X, np.float32)
        down, across, cells = self._filters()
        images = X.reshape(len(X), *self.image_shape)
        # From a flat image nothing may be left but zero: rounding would be scaled up to a picture of its own.
        images = images - images[:, :1, :1]
        dy = ((down[1] @ images) @ across[0].T).reshape(len(X), -1)
        dx = ((down[0] @ images) @ across[1].T).reshape(len(X), -1)
        size, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
        angle *= self.n_orientations / (2 * np.pi)
        found = np.concatenate([(size * self._near(angle, i)) @ cells for i in range(self.n_orientations)], axis=1)
        found /= np.maximum(found.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        return np.sqrt(found, out=found)

    def _near(self, angle: np.ndarray, direction: int) -> np.ndarray:
        """Weight of each angle, in steps between directions, for one of them: 1 on it, 0 from the next one on."""
        away = np.abs(angle - direction)
        away = np.minimum(away, np.abs(away - self.n_orientations), out=away)
        return np.maximum(1 - away, 0, out=away)

    def _filters(self) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
        """Blur and blurred derivative along each side, and the weights of pixels in cells."""
        sides, gather = [], []
        for n in self.image_shape:
            count = self._n_cells(n)
            cell = n / count
            blur = _gaussian(np.arange(n), n, self.blur * cell)
            sides.append([blur.astype(np.float32), (_difference(n) @ blur).astype(np.float32)])
            gather.append(_gaussian((np.arange(count) + 0.5) * cell - 0.5, n, REACH * cell))
        return *sides, np.kron(*gather).T.astype(np.float32)


def _gaussian(centers: np.ndarray, n: int, sigma: float) -> np.ndarray:
    """Weights of n pixels around each centre, which sum to 1; shape (len(centers), n)."""
    weights = np.exp(-0.5 * ((np.arange(n) - centers[:, None]) / sigma) ** 2)
    return weights / weights.sum(axis=1, keepdims=True)


def _difference(n: int) -> np.ndarray:
    """Central differences; zero at both ends, where there is no pixel beyond."""
    inner = np.arange(1, n - 1)
    matrix = np.zeros((n, n))
    matrix[inner, inner + 1], matrix[inner, inner - 1] = 1.0, -1.0
    return matrix
