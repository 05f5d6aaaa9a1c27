"""Scores of two runs, each with an interval of its own: which differences are clear where all are judged at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import stdtr, stdtrit

from report_lib.common.metrics import TINY, Interval, holm

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Measured:
    """A score as a run has it.

    Attributes
    ----------
    interval : Interval
        Of 95%.
    degrees : float
        Degrees of freedom of that interval; infinite where the test images alone make it as wide as it is.
    """

    interval: Interval
    degrees: float = np.inf

    @property
    def variance(self) -> float:
        """Of the score, by the longer side of its interval: the other may have been cut at 0 or 1."""
        half = max(self.interval.high - self.interval.value, self.interval.value - self.interval.low, TINY**0.5)
        return float((half / _quantile(self.degrees, (1 + CONFIDENCE) / 2)) ** 2)


def over_draws(interval: Interval, spread: float | None, n_draws: int) -> Measured:
    """Return a mean over seeds or draws, and over the test images, as `metrics.over_seeds` gives its interval.

    The fewer the draws, the less is known of their spread; the less they add to the interval, the less that matters
    (Satterthwaite, An approximate distribution of estimates of variance components, 1946).

    Parameters
    ----------
    interval : Interval
    spread : float or None
        Standard deviation over the draws.
    n_draws : int
    """
    if not spread or n_draws < 2:
        return Measured(interval)
    half, drawn = max(interval.high - interval.value, interval.value - interval.low), spread**2 / n_draws
    tested = max(0.0, half**2 - _quantile(n_draws - 1, (1 + CONFIDENCE) / 2) ** 2 * drawn)
    tested /= _quantile(np.inf, (1 + CONFIDENCE) / 2) ** 2
    return Measured(interval, (n_draws - 1) * ((drawn + tested) / drawn) ** 2)


def apart(pairs: Sequence[tuple[Measured, Measured]]) -> list[Interval]:
    """Return how much the second of each pair is above the first; an interval without zero is a clear difference.

    The two intervals of a pair are taken as independent and combined by the root of the sum of squares (Zou and Donner,
    Construction of confidence limits about effect measures, 2008). On the same test images that is on the safe side, because
    what depends on the draw of these is in both. All pairs are judged at once; see `metrics.holm`.

    Parameters
    ----------
    pairs : sequence of (Measured, Measured)
    """
    order = np.argsort([_p_value(*pair) for pair in pairs], kind="stable")
    return holm([partial(_difference, *pair) for pair in pairs], order)


def _difference(one: Measured, other: Measured, confidence: float) -> Interval:
    value = other.interval.value - one.interval.value
    half = np.sqrt(one.variance + other.variance) * _quantile(_degrees(one, other), (1 + confidence) / 2)
    # No two scores are further apart.
    return Interval(value, max(-1.0, float(value - half)), min(1.0, float(value + half)))


def _p_value(one: Measured, other: Measured) -> float:
    distance = abs(other.interval.value - one.interval.value) / np.sqrt(one.variance + other.variance)
    return float(2 * stdtr(_degrees(one, other), -distance))


def _degrees(one: Measured, other: Measured) -> float:
    """Return the degrees of freedom of a difference (Welch, The generalization of Student's problem, 1947)."""
    parts = sum(own.variance**2 / own.degrees for own in (one, other))
    return (one.variance + other.variance) ** 2 / parts if parts else np.inf


def _quantile(degrees: float, share: float) -> float:
    return float(stdtrit(degrees, share))
