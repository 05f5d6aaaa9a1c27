"""What a `networks.ConvClassifier` says of images, from its arrays alone.

NumPy does it: PyTorch takes longer to import than a model for new images takes to answer. Probabilities are PyTorch's
but for the rounding of sums.
"""

import json
import math
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from report_lib.common.arrays import in_unit
from report_lib.common.representations import halved

# Rows that are worked on at once.
CHUNK = 256
# That PyTorch's batch normalisation adds to variances.
EPSILON = np.float32(1e-5)


class ConvForward:
    """A convolutional network that has learnt.

    Parameters
    ----------
    about : ndarray
        Parameters and fitted attributes, as `ConvClassifier.arrays` gives them.
    **weights : ndarray
        Likewise.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError, KeyError
        When they do not make a network.
    """

    def __init__(self, *, about: np.ndarray, **weights: np.ndarray):
        known = json.loads(about.item())
        self._arrays = {"about": about, **weights}
        self.classes_ = np.array(known["fitted"]["classes_"])
        self._low, self._high = known["fitted"]["low_"], known["fitted"]["high_"]
        self._filters = tuple(known["parameters"]["filters"])
        side = math.isqrt(known["fitted"]["n_features_in_"])
        self._image_shape = tuple(known["parameters"]["image_shape"] or (side, side))
        for name, shape in self._shapes().items():
            if weights[f"weights.{name}"].shape != shape:
                raise ValueError(f"{name} has the shape {weights[f'weights.{name}'].shape}, not {shape}")

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what it was made of."""
        return self._arrays

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class; shape (n, n_classes), float32."""
        return np.concatenate([self._probabilities(X[i : i + CHUNK]) for i in range(0, len(X), CHUNK)])

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape that each array has to have."""
        found: dict[str, tuple[int, ...]] = {}
        for i, (before, filters) in enumerate(pairwise([1, *self._filters])):
            found[f"convolutions.{i}.weight"] = filters, before, 3, 3
            names = (
                f"convolutions.{i}.bias",
                *(f"norms.{i}.{n}" for n in ("weight", "bias", "running_mean", "running_var")),
            )
            found |= dict.fromkeys(names, (filters,))
        height, width = halved(self._image_shape, len(self._filters))[-1]
        n_classes = len(self.classes_)
        return found | {"head.weight": (n_classes, self._filters[-1] * height * width), "head.bias": (n_classes,)}

    def _probabilities(self, rows: np.ndarray) -> np.ndarray:
        # Filled up, so that no result depends on how many rows there are: matrices of other sizes are rounded otherwise.
        full = np.concatenate([rows, np.repeat(rows[:1], CHUNK - len(rows), axis=0)])
        x = in_unit(full, self._low, self._high).reshape(CHUNK, *self._image_shape, 1)
        for i in range(len(self._filters)):
            x = np.maximum(self._normalised(_pooled(self._convolved(x, i)), i), 0)
        # Channel by channel, as PyTorch has them.
        flat = x.transpose(0, 3, 1, 2).reshape(CHUNK, -1)
        logits = flat @ self._weight("head.weight").T + self._weight("head.bias")
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (raised / raised.sum(axis=1, keepdims=True))[: len(rows)]

    def _convolved(self, x: np.ndarray, i: int) -> np.ndarray:
        """Go over images of shape (n, h, w, channels) with 3 × 3 filters; the sides stay."""
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        seen = sliding_window_view(padded, (3, 3), axis=(1, 2)).reshape(*x.shape[:3], -1)
        filters = self._weight(f"convolutions.{i}.weight")
        return seen @ filters.reshape(len(filters), -1).T + self._weight(f"convolutions.{i}.bias")

    def _normalised(self, x: np.ndarray, i: int) -> np.ndarray:
        weight, bias, mean, var = (
            self._weight(f"norms.{i}.{n}") for n in ("weight", "bias", "running_mean", "running_var")
        )
        unit = weight / np.sqrt(var + EPSILON)
        return x * unit + (bias - mean * unit)

    def _weight(self, name: str) -> np.ndarray:
        return self._arrays[f"weights.{name}"]


def _pooled(x: np.ndarray) -> np.ndarray:
    """Keep the largest of each 2 × 2 pixels; at the edges, of those that there are."""
    n, h, w, channels = x.shape
    even = np.pad(x, ((0, 0), (0, h % 2), (0, w % 2), (0, 0)), constant_values=-np.inf)
    return even.reshape(n, (h + 1) // 2, 2, (w + 1) // 2, 2, channels).max(axis=(2, 4))
