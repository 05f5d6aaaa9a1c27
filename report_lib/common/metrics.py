"""Scores, matchings and intervals. Labels are used here, and nowhere before, to judge what was found without them.

A contingency table has one row a class and one column a cluster; a last column holds noise, where there is any.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import ndtri, stdtrit

from report_lib.common.arrays import NOISE

TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class Interval:
    """A score with the ends of its 95% interval."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """Return the ends, as `metrics.json` holds them."""
        return {"low": self.low, "high": self.high}


def contingency(labels_true: np.ndarray, clusters: np.ndarray, n_classes: int, n_clusters: int) -> np.ndarray:
    """Count images by class and cluster; noise (-1) goes to an extra last column, unknown labels (-1) are left out.

    Returns
    -------
    ndarray of shape (n_classes, n_clusters + 1), int64
    """
    known = labels_true >= 0
    columns = np.where(clusters == NOISE, n_clusters, clusters)[known]
    flat = np.bincount(labels_true[known] * (n_clusters + 1) + columns, minlength=n_classes * (n_clusters + 1))
    return flat.reshape(n_classes, n_clusters + 1)


def hungarian_accuracy(table: np.ndarray) -> float:
    """Share of images right under the best one-to-one matching of clusters with classes; noise counts as wrong.

    Kuhn, The Hungarian method for the assignment problem, 1955.
    """
    rows, columns = linear_sum_assignment(table[:, :-1], maximize=True)
    return float(table[rows, columns].sum() / table.sum())


def matched_map(table: np.ndarray) -> np.ndarray:
    """Name clusters after classes, one to one, so that most images are right; -1 for those left over.

    Kuhn, The Hungarian method for the assignment problem, 1955. Learn it on train images, and what it hits in test images
    is a share like any other, with Wilson's interval.

    Returns
    -------
    ndarray of shape (n_clusters,), int64
    """
    rows, columns = linear_sum_assignment(table[:, :-1], maximize=True)
    mapping = np.full(table.shape[1] - 1, NOISE)
    mapping[columns] = rows
    return mapping


def majority_map(table: np.ndarray) -> np.ndarray:
    """Name each cluster after its commonest class; -1 for an empty one. Learn it on train images.

    Returns
    -------
    ndarray of shape (n_clusters,), int64
    """
    counts = table[:, :-1]
    return np.where(counts.sum(axis=0) > 0, counts.argmax(axis=0), -1)


def apply_map(mapping: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Turn clusters into classes; noise stays -1 and is right for no class."""
    return np.append(mapping, NOISE)[clusters]


def purity(table: np.ndarray) -> np.ndarray:
    """Share of each cluster's commonest class, noise left out; NaN for an empty cluster."""
    counts = table[:, :-1]
    with np.errstate(invalid="ignore"):
        return counts.max(axis=0) / counts.sum(axis=0)


def best_recall(table: np.ndarray) -> np.ndarray:
    """Share of each class that its fullest cluster holds; NaN for a class without images."""
    with np.errstate(invalid="ignore"):
        return table[:, :-1].max(axis=1, initial=0) / table.sum(axis=1)


def wilson_interval(n_right: int, n: int, confidence: float = 0.95) -> Interval:
    """Interval of a share of independent images.

    Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    z = float(ndtri((1 + confidence) / 2))
    p = n_right / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return Interval(p, max(0.0, float(middle - half)), min(1.0, float(middle + half)))


def adjusted_rand(tables: np.ndarray) -> np.ndarray:
    """Compute the adjusted Rand index of each table (Hubert and Arabie, Comparing partitions, 1985).

    Parameters
    ----------
    tables : ndarray of shape (..., n_classes, n_clusters)
    """
    n = tables.sum(axis=(-2, -1), dtype=np.float64)
    pairs = _choose_two(tables).sum(axis=(-2, -1))
    rows, columns = (_choose_two(tables.sum(axis=axis)).sum(axis=-1) for axis in (-1, -2))
    # Of a single image there is no pair, and nothing to expect.
    expected = rows * columns / np.maximum(_choose_two(n), 1)
    return _ratio(pairs - expected, (rows + columns) / 2 - expected)


def rand_between(one: np.ndarray, other: np.ndarray) -> float:
    """Compute the adjusted Rand index of two clusterings of the same images, noise (-1) being one more cluster of each.

    Parameters
    ----------
    one, other : ndarray of shape (n,), int
    """
    n_one, n_other = (int(clusters.max(initial=0)) + 2 for clusters in (one, other))
    table = np.bincount((one + 1) * n_other + other + 1, minlength=n_one * n_other)
    return float(adjusted_rand(table.reshape(n_one, n_other)))


def normalized_mutual_info(tables: np.ndarray) -> np.ndarray:
    """Mutual information over the mean of both entropies, of each table of shape (..., n_classes, n_clusters)."""
    p = tables / tables.sum(axis=(-2, -1), keepdims=True, dtype=np.float64)
    joint, rows, columns = _entropy(p, (-2, -1)), _entropy(p.sum(axis=-1), -1), _entropy(p.sum(axis=-2), -1)
    return _ratio(rows + columns - joint, (rows + columns) / 2)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide; where both partitions are the same trivial one, 0 / 0, the score is 1, as scikit-learn has it."""
    return np.where(below == 0, 1.0, above / np.where(below == 0, 1.0, below))


def _choose_two(counts: np.ndarray) -> np.ndarray:
    counts = np.asarray(counts, dtype=np.float64)
    return counts * (counts - 1) / 2


def _entropy(p: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    return -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=axis)


def bootstrap_intervals(table: np.ndarray, *, n_resamples: int = 1000, random_state: int = 0) -> dict[str, Interval]:
    """Intervals of ARI and NMI over the draw of the test images (basic bootstrap).

    Drawing images with replacement is drawing their table's cells from a multinomial, so tables are resampled.
    Mutual information is too large in small samples, and again in samples of samples; the basic interval takes that off
    once, where percentiles would add it twice. Davison and Hinkley, Bootstrap Methods and their Application, 1997,
    section 5.2. It is widened where it would not hold the score itself.
    """
    n = int(table.sum())
    draws = np.random.default_rng(random_state).multinomial(n, table.ravel() / n, size=n_resamples)
    draws = draws.reshape(n_resamples, *table.shape)
    scores = {"ari": adjusted_rand, "nmi": normalized_mutual_info}
    return {name: _basic_interval(float(score(table)), score(draws)) for name, score in scores.items()}


def _basic_interval(value: float, drawn: np.ndarray) -> Interval:
    low, high = 2 * value - np.quantile(drawn, [0.975, 0.025])
    return Interval(value, min(value, float(low)), max(value, min(1.0, float(high))))


def mean_over_draws(right: np.ndarray) -> Interval:
    """Return the mean of what several models got right on the same images, with its 95% interval.

    Two things could have come out otherwise: which images each model was taught, and which images it was tested on.
    Student's interval over the models and Wilson's over the images are combined by the root of the sum of squares,
    which is on the safe side: what depends on both is in each of them. Each end is as far from the mean as its own two ends
    say. Of one model it is Wilson's.

    Parameters
    ----------
    right : ndarray of shape (n_models, n_images), bool
    """
    by_model = right.mean(axis=1, dtype=np.float64)
    single = wilson_interval(float(right.sum()) / len(right), right.shape[1])
    return over_seeds(by_model, single)


def over_seeds(by_seed: np.ndarray, single: Interval, *, lowest: float = 0.0) -> Interval:
    """Return the mean score of several fits with its 95% interval, over their seeds and over the draw of the test images.

    As `mean_over_draws`, for any score; of one fit, over the draw alone. The mean need not be in the middle: of few test images
    mutual information comes out too large, so that its interval reaches farther down.

    Parameters
    ----------
    by_seed : ndarray of shape (n_fits,)
    single : Interval
        Of one of the fits, over the draw of the test images.
    """
    return single if len(by_seed) == 1 else _over_draws(by_seed, single, lowest=lowest)


def _over_draws(by_model: np.ndarray, tested: Interval, *, lowest: float, confidence: float = 0.95) -> Interval:
    drawn, value = _student_half(by_model, confidence), float(by_model.mean())
    below, above = (float(np.hypot(drawn, side)) for side in (tested.value - tested.low, tested.high - tested.value))
    return Interval(value, max(lowest, value - below), min(1.0, value + above))


def mean_interval(values: np.ndarray) -> Interval:
    """Return the mean of independent values with its 95% interval by Student's t."""
    value, half = float(np.mean(values, dtype=np.float64)), _student_half(values)
    return Interval(value, value - half, value + half)


def _student_half(values: np.ndarray, confidence: float = 0.95) -> float:
    """Return half of Student's interval of the mean of independent values; NaN where there is only one."""
    n = len(values)
    if n < 2:
        return np.nan
    return float(stdtrit(n - 1, (1 + confidence) / 2) * np.std(values, ddof=1, dtype=np.float64) / np.sqrt(n))


def difference_over_draws(right: np.ndarray, baseline: np.ndarray, confidence: float = 0.95) -> Interval:
    """Return how much more often one is right than the other, draw by draw and image by image.

    As `mean_over_draws`, with the normal interval of the mean difference over the images. Of one draw, over the images.
    """
    if len(right) == 1:
        return paired_difference(right[0], baseline[0], confidence)
    gain = right.astype(np.int8) - baseline.astype(np.int8)
    by_image = gain.mean(axis=0, dtype=np.float64)
    half = float(ndtri((1 + confidence) / 2) * by_image.std(ddof=1) / np.sqrt(len(by_image)))
    tested = Interval(0.0, -half, half)
    return _over_draws(gain.mean(axis=1, dtype=np.float64), tested, lowest=-1.0, confidence=confidence)


def holm(differences: Sequence[Callable[[float], Interval]], order: Iterable[int]) -> list[Interval]:
    """Return several differences, their intervals as wide as judging all of them at once asks for.

    Holm, A simple sequentially rejective multiple test procedure, 1979: the clearest difference is held to a level of
    5% over their number, the next to 5% over one less, and from the first that is not clear on, none is.

    Parameters
    ----------
    differences : sequence of callable
        A confidence in, the interval out.
    order : iterable of int
        Their positions, the clearest first.
    """
    found: dict[int, Interval] = {}
    left = len(differences)
    for i in order:
        found[i] = differences[i](1 - 0.05 / left)
        left -= is_clear(found[i])
    return [found[i] for i in range(len(differences))]


def is_clear(difference: Interval) -> bool:
    """Say whether an interval leaves zero out."""
    return difference.low > 0 or difference.high < 0


def ahead(right: Sequence[np.ndarray], baselines: Sequence[np.ndarray]) -> list[Interval]:
    """Return the differences of several pairs, all judged at once; see `holm`.

    Parameters
    ----------
    right, baselines : sequence of ndarray of shape (n_draws, n_images), bool
    """
    differences = [partial(difference_over_draws, *pair) for pair in zip(right, baselines, strict=True)]
    alone = [own() for own in differences]
    return holm(differences, np.argsort([-own.value / max(own.high - own.low, TINY) for own in alone], kind="stable"))


def paired_difference(right: np.ndarray, baseline: np.ndarray, confidence: float = 0.95) -> Interval:
    """Return how much more often one model is right than another on the same images, with its normal interval.

    Parameters
    ----------
    right, baseline : ndarray of shape (n_images,), bool
    """
    gain = right.astype(np.int8) - baseline.astype(np.int8)
    value, half = float(gain.mean()), float(ndtri((1 + confidence) / 2) * gain.std(ddof=1) / np.sqrt(len(gain)))
    return Interval(value, value - half, value + half)


def table_scores(table: np.ndarray) -> dict[str, float]:
    """Score a contingency table: Hungarian accuracy, ARI and NMI."""
    return {
        "accuracy": hungarian_accuracy(table),
        "ari": float(adjusted_rand(table)),
        "nmi": float(normalized_mutual_info(table)),
    }
