"""How many of the first on a list of doubtful labels are wrong, tried with labels that are made wrong on purpose.

Which labels of a set are wrong nobody knows, so some are made wrong: at random, or between classes that are confused, as
a tired person does. Judges are asked as they are: those of an image have not learnt from its label, nor from a wrong
one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from report_lib.classification.judges import doubt
from report_lib.common.models import seeds_of_draws

# Share of the labels that is made wrong, and how often that is done.
SHARE, N_DRAWS = 0.01, 10
KINDS = ("random", "confused")
# How many of a list are looked at, of so many images or more; of fewer, the same share of them.
SIZES, OF = (100, 200, 500), 10_000


@dataclass(frozen=True)
class Planted:
    """What a list finds of labels that were made wrong; means over several draws.

    Attributes
    ----------
    n_planted : int
    sizes : tuple of int
        How many of the list are looked at.
    precision : dict of str to ndarray of shape (n_sizes,)
        By kind, the share of those looked at that were made wrong.
    recall : dict of str to ndarray of shape (n_sizes,)
        By kind, the share of those made wrong that are among those looked at.
    """

    n_planted: int
    sizes: tuple[int, ...]
    precision: dict[str, np.ndarray]
    recall: dict[str, np.ndarray]

    def as_dict(self) -> dict[str, object]:
        """Return the numbers, under the names of `metrics.json`."""
        by_size = {
            kind: {
                str(size): {"precision": float(self.precision[kind][i]), "recall": float(self.recall[kind][i])}
                for i, size in enumerate(self.sizes)
            }
            for kind in self.precision
        }
        return {"share": SHARE, "n_planted": self.n_planted, **by_size}


def sizes_for(n: int) -> tuple[int, ...]:
    """Return how many of a list of n images are looked at: 100, 200 and 500, or fewer of few images."""
    return tuple(sorted({max(1, round(size * min(1, n / OF))) for size in SIZES}))


def plant(
    labels: np.ndarray, opinions: Sequence[np.ndarray], *, random_state: int, n_draws: int = N_DRAWS
) -> Planted | None:
    """Make labels wrong several times, rank all of them by `judges.doubt`, and see how many of the first are wrong.

    Parameters
    ----------
    labels : ndarray of shape (n,), int64
        Those that are wrong already count as right.
    opinions : sequence of ndarray of shape (n, n_classes)
        Of judges that have not seen these labels.

    Returns
    -------
    Planted or None
        None of a single class.
    """
    n, n_classes = opinions[0].shape
    if n_classes < 2:
        return None
    sizes, n_planted = sizes_for(n), max(1, round(SHARE * n))
    others = {"random": 1 - np.eye(n_classes), "confused": confusions(labels, np.mean(opinions, axis=0))}
    hits = {kind: np.zeros((n_draws, len(sizes))) for kind in KINDS}
    for draw, seed in enumerate(seeds_of_draws(random_state, n_draws)):
        for kind in KINDS:
            rng = np.random.default_rng(seed)
            rows = rng.choice(n, n_planted, replace=False)
            wrong = np.isin(np.arange(n), rows)
            ranking = np.argsort(-doubt(opinions, _mistaken(labels, rows, others[kind], rng)), kind="stable")
            hits[kind][draw] = np.cumsum(wrong[ranking])[np.array(sizes) - 1]
    found = {kind: own.mean(axis=0) for kind, own in hits.items()}
    return Planted(
        n_planted,
        sizes,
        {kind: own / sizes for kind, own in found.items()},
        {kind: own / n_planted for kind, own in found.items()},
    )


def confusions(labels: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """Return how much of their probability judges give, class by class of the labels, to each other class.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        0 on the diagonal; a class without images is confused with all alike.
    """
    n_classes = proba.shape[1]
    told = np.stack([proba[labels == own].sum(axis=0, dtype=np.float64) for own in range(n_classes)])
    told = told * (1 - np.eye(n_classes))
    return np.where(told.sum(axis=1, keepdims=True) > 0, told, 1 - np.eye(n_classes))


def _mistaken(labels: np.ndarray, rows: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return labels, some of them another class each, drawn in proportion to its weight in `others`."""
    reached = np.cumsum(others / others.sum(axis=1, keepdims=True), axis=1)[labels[rows]]
    # Rounding may leave the last sum below 1.
    drawn = np.argmax(reached > rng.random((len(rows), 1)) * reached[:, -1:], axis=1)
    made = labels.copy()
    made[rows] = drawn
    return made
