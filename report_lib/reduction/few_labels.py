"""What few labels are worth: a small network is taught those of some train images, drawn several times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from report_lib.common import metrics
from report_lib.common.arrays import UNKNOWN
from report_lib.common.models import draws, small_network
from report_lib.common.parallel import at_once


@dataclass(frozen=True)
class Curve:
    """How often test images are classified rightly, by the number of labelled train images.

    Attributes
    ----------
    right : dict of int to ndarray of shape (n_draws, n_test), bool
        By the number of labels, ascending; of the test images whose labels are known.
    """

    right: dict[int, np.ndarray]

    @property
    def accuracy(self) -> dict[int, metrics.Interval]:
        """Mean over the draws; where there is one draw only, the interval is over the images alone."""
        return {n: metrics.mean_over_draws(right) for n, right in self.right.items()}

    @property
    def spread(self) -> dict[int, float]:
        """Standard deviation over the draws, 0 where there is one."""
        return {n: float(r.mean(axis=1).std(ddof=1)) if len(r) > 1 else 0.0 for n, r in self.right.items()}

    def gain_over(self, other: "Curve", n_labels: int) -> metrics.Interval:
        """Return the accuracy less that of another curve, on the same draws and images."""
        return metrics.difference_over_draws(self.right[n_labels], other.right[n_labels])

    def as_dict(self) -> dict[str, object]:
        """Return what the fewest labels give, under the names of `metrics.json`."""
        (n_labels, right), *_ = self.right.items()
        accuracy = metrics.mean_over_draws(right)
        return {
            "n_labels": n_labels,
            "accuracy": accuracy.value,
            "interval_95": accuracy.as_dict(),
            "draws": right.mean(axis=1),
        }


def draws_by_count(
    labels: np.ndarray, *, counts: Sequence[int], n_draws: int, random_state: int
) -> dict[int, list[tuple[int, np.ndarray]]]:
    """Return (seed, rows) of each draw among the known labels, by their number; of all labels there is one draw."""
    known = np.flatnonzero(labels != UNKNOWN)
    drawn = {n: draws(len(known), n, 1 if n == len(known) else n_draws, random_state) for n in counts}
    return {n: [(seed, known[rows]) for seed, rows in own] for n, own in drawn.items()}


def network_curve(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    *,
    counts: Sequence[int],
    n_draws: int,
    random_state: int,
) -> Curve:
    """Teach the small network more and more labels, several draws of each number but one of all.

    The labelled images are the same for all who ask with the same seed.

    Parameters
    ----------
    train, test : ndarray of shape (n, d)
        Codes.
    train_labels, test_labels : ndarray of shape (n,), int
        -1 where they are unknown: such images are neither taught nor scored.
    """
    drawn = draws_by_count(train_labels, counts=counts, n_draws=n_draws, random_state=random_state)
    # Those that learn longest begin first, so that none is left to learn alone.
    order = sorted(drawn, reverse=True)
    calls = (
        (small_network, (_of_rows(train, rows), train_labels[rows], seed), {}) for n in order for seed, rows in drawn[n]
    )
    networks, judged = at_once(calls), test_labels != UNKNOWN
    found = {n: np.stack([next(networks).predict(test)[judged] for _ in drawn[n]]) for n in order}
    return Curve({n: found[n] == test_labels[judged] for n in drawn})


def _of_rows(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows, which ascend; all of them are the codes as they are, whose copy would take as much memory again."""
    return np.ascontiguousarray(codes) if len(rows) == len(codes) else codes[rows]


def arrays(curves: dict[str, Curve]) -> dict[str, np.ndarray]:
    """Return what `measured` reads again, under the number of labels and the title of the representation."""
    return {f"{n}/{title}": right for title, curve in curves.items() for n, right in curve.right.items()}


def measured(kept: dict[str, np.ndarray], n_draws: int) -> dict[str, dict[int, np.ndarray]]:
    """Return `Curve.right` of the curves that `arrays` came from, by title, where it has as many draws."""
    known: dict[str, dict[int, np.ndarray]] = {}
    for key, right in kept.items():
        n_labels, title = key.split("/", 1)
        if len(right) == n_draws:
            known.setdefault(title, {})[int(n_labels)] = right
    return known
