"""Small models that several phases fit, and the seeds and draws that they share."""

import math
import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from report_lib.common.arrays import CHUNK, sample_rows

# Of codes, whose variance is computed at once.
COLUMNS = 64
HIDDEN_UNITS, NETWORK_STEPS, LEAST_EPOCHS = 64, 900, 3


class OneUnit(TransformerMixin, BaseEstimator):
    """Centre codes and divide them by one number, so that the learning rate suits codes of any unit.

    No direction is stretched against another.

    Attributes
    ----------
    mean_ : ndarray of shape (size of the code,)
    unit_ : float32
        Root of the mean variance of the entries; 1 where none of them varies.
    """

    def fit(self, X: np.ndarray, y: object = None) -> "OneUnit":
        """Learn from codes of shape (n, size of the code)."""
        self.mean_ = X.mean(axis=0)
        # Some columns at once: of all in float64 it makes a copy that takes twice the memory of the codes.
        parts = (X[:, i : i + COLUMNS] for i in range(0, X.shape[1], COLUMNS))
        variances = np.concatenate([part.var(axis=0, dtype=np.float64) for part in parts])
        self.unit_ = np.float32(np.sqrt(variances.mean()) or 1.0)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Bring codes to the unit of those learnt from."""
        centred = X - self.mean_
        return np.divide(centred, self.unit_, out=centred)


class ChunkwiseScaler(StandardScaler):
    """scikit-learn's scaler, which learns from one chunk of rows after the other: of all at once it makes two copies more."""

    def fit(self, X: np.ndarray, y: object = None) -> "ChunkwiseScaler":
        """Learn from rows of shape (n, d)."""
        super().fit(X[:CHUNK])
        for i in range(CHUNK, len(X), CHUNK):
            self.partial_fit(X[i : i + CHUNK])
        return self


def small_network(X: np.ndarray, y: np.ndarray, random_state: int) -> BaseEstimator:
    """Teach a network of one hidden layer the classes of codes; a constant where there is one class only."""
    if len(np.unique(y)) == 1:
        return DummyClassifier().fit(X, y)
    batch = min(128, max(16, len(X) // 40))
    # Few images are seen more often, so that the number of steps stays.
    epochs = max(LEAST_EPOCHS, math.ceil(NETWORK_STEPS / math.ceil(len(X) / batch)))
    options = {"batch_size": min(batch, len(X)), "max_iter": epochs, "learning_rate_init": 2e-3}
    network = MLPClassifier((HIDDEN_UNITS,), **options, random_state=random_state)
    return fit_within_budget(make_pipeline(OneUnit(), network), X, y)


def fit_within_budget(model: Any, X: np.ndarray, y: np.ndarray) -> Any:
    """Fit a model whose budget of steps is meant to be spent, which is no failure to converge."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


# Two ways of drawing seeds: reported numbers rest on both, so neither can take the other's place.


def seeds_of_draws(random_state: int, n: int) -> list[int]:
    """Return seeds of several draws of images, the same for all who ask, so that they are compared on the same images."""
    return np.random.default_rng(random_state).integers(2**31, size=n).tolist()


def seeds_of_fits(random_state: int, n: int) -> list[int]:
    """Return seeds of several fits, which no run with another seed has in common with this one but by chance."""
    return np.random.SeedSequence(random_state).generate_state(n).tolist()


def draws(n: int, n_labels: int, n_draws: int, random_state: int) -> list[tuple[int, np.ndarray]]:
    """Draw which of n images have labels, several times; return (seed, rows) of each, the same for all who ask."""
    return [(seed, sample_rows(n, n_labels, seed)) for seed in seeds_of_draws(random_state, n_draws)]


def kmeans(X: np.ndarray, n_clusters: int, *, n_init: int, random_state: int) -> KMeans:
    """Fit K-Means to rows; where there are fewer distinct rows than clusters, the sizes show that some are empty."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(n_clusters, n_init=n_init, random_state=random_state).fit(X)
