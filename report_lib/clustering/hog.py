"""A description of shape: which way the edges of an image run, and where.

Histograms of oriented gradients (Dalal and Triggs, Histograms of oriented gradients for human detection, 2005), with
soft cells, the square root of Arandjelović and Zisserman (Three things everyone should know to improve object
retrieval, 2012) and principal components of the result. No fit sees a label; the settings were chosen while looking at
the train labels of Fashion-MNIST and MNIST.
"""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from report_lib.clustering.gradients import EdgeHistograms
from report_lib.reduction.linear import LinearReducer


class OrientedGradients(EdgeHistograms, TransformerMixin, BaseEstimator):
    """Describe images by the directions of their edges, cell by cell.

    Parameters
    ----------
    image_shape : (int, int)
        Height and width of an image in pixels.
    n_orientations : int
        Directions that are told apart, over the full circle.
    n_cells : int
        Cells along each side of the image; a cell has at least two pixels.
    blur : float
        How far pixels are blurred before edges are looked for, in cells.
    n_components : int
        Principal components kept, at most.

    Attributes
    ----------
    reducer_ : LinearReducer
    """

    def fit(self, X: np.ndarray, y: object = None) -> "OrientedGradients":
        """Learn the components from rows of pixels, shape (n, height * width)."""
        self._fit(self.histograms(X))
        return self

    def fit_transform(self, X: np.ndarray, y: object = None) -> np.ndarray:
        """Learn from rows and describe them, looking for edges once."""
        found = self.histograms(X)
        reducer = self._fit(found)
        # As it transforms, but in place.
        found -= reducer.mean_.astype(np.float32)
        return found @ reducer.components_[: reducer.n_components].T

    def _fit(self, found: np.ndarray) -> LinearReducer:
        self.reducer_ = LinearReducer(min(self.n_components, found.shape[1])).fit(found)
        return self.reducer_

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Describe rows of pixels; shape (n, n_components), float32."""
        check_is_fitted(self)
        return super().transform(X)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what `from_arrays` needs, as arrays that can be kept without pickling."""
        check_is_fitted(self)
        return super().arrays()
