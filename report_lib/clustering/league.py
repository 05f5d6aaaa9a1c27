"""All clusterings of a run side by side, scored on test images against classes that none of them saw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from report_lib.clustering.fitting import Clusters, Fitted
from report_lib.common import metrics


@dataclass(frozen=True)
class Row:
    """One method on one description.

    Attributes
    ----------
    fitted : Fitted
    scores : metrics.ClusterScores
        Of the fit that is kept.
    by_seed : dict of str to ndarray of shape (n_seeds,)
        `n_clusters`, `coverage` and, with labels, what `metrics.plain_scores` gives.
    """

    fitted: Fitted
    scores: metrics.ClusterScores
    by_seed: dict[str, np.ndarray]

    @property
    def name(self) -> str:
        """As it is called in `metrics.json`."""
        return f"{self.fitted.method} on {self.fitted.on}"

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        spread = {name: float(np.std(own, ddof=1)) if len(own) > 1 else None for name, own in self.by_seed.items()}
        return {
            **self.scores.as_dict(),
            "method": self.fitted.method,
            "on": self.fitted.on,
            "by_seed": self.by_seed,
            "mean": {name: float(np.mean(own)) for name, own in self.by_seed.items()},
            "standard_deviation": spread,
        }


def league(
    fitted: Sequence[Fitted],
    train_labels: np.ndarray | None,
    test_labels: np.ndarray | None,
    n_classes: int,
    *,
    random_state: int,
) -> list[Row]:
    """Score every fit of every method; the kept one with intervals."""
    rows = []
    for one in fitted:
        known = {"test_labels": test_labels, "n_classes": n_classes}
        kept = one.kept
        scores = metrics.score_clusters(
            kept.train, kept.test, kept.n_clusters,
            train_labels=kept.of_train(train_labels), random_state=random_state, **known,
        )  # fmt: skip
        rows.append(Row(one, scores, _by_seed(one.fits, train_labels, **known)))
    return rows


def _by_seed(
    fits: Sequence[Clusters], train_labels: np.ndarray | None, *, test_labels: np.ndarray | None, n_classes: int
) -> dict[str, np.ndarray]:
    found = {
        "n_clusters": np.array([fit.n_clusters for fit in fits]),
        "coverage": np.array([float(np.mean(fit.test != metrics.NOISE)) for fit in fits]),
    }
    if test_labels is None:
        return found
    scored = [
        metrics.plain_scores(fit.train, fit.test, fit.n_clusters, fit.of_train(train_labels), test_labels, n_classes)
        for fit in fits
    ]
    return found | {name: np.array([own[name] for own in scored]) for name in scored[0]}


def numbers_as_classes(kept: Clusters, test_labels: np.ndarray) -> float:
    """Share of test images whose cluster happens to have the number of their class: what one must not look at."""
    return float(np.mean(kept.test == test_labels))
