"""How many of the first on a list of doubtful labels are wrong, tried with labels that are made wrong on purpose.

Which labels of a set are wrong nobody knows, so some are made wrong: at random, or between classes that are confused, as
a tired person does. Test labels teach nobody, so the same judges are asked again. Train labels do, and judges who have
learnt from labels of which 1% are wrong find fewer of them, so they are taught again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from report_lib.classification.judges import Opinion, doubt, together
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
    n_planted, n_draws : int
    sizes : tuple of int
        How many of the list are looked at.
    precision : dict of str to ndarray of shape (n_sizes,)
        By kind, the share of those looked at that were made wrong.
    recall : dict of str to ndarray of shape (n_sizes,)
        By kind, the share of those made wrong that are among those looked at.
    """

    n_planted: int
    n_draws: int
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
        return {"share": SHARE, "n_planted": self.n_planted, "n_draws": self.n_draws, **by_size}


def sizes_for(n: int) -> tuple[int, ...]:
    """Return how many of a list of n images are looked at: 100, 200 and 500, or fewer of few images."""
    return tuple(sorted({max(1, round(size * min(1, n / OF))) for size in SIZES}))


def plant(
    labels: np.ndarray,
    opinions: Sequence[Opinion],
    *,
    again: Callable[[np.ndarray], Sequence[Opinion]] | None = None,
    n_draws: int = N_DRAWS,
    random_state: int,
) -> Planted | None:
    """Make labels wrong, rank all of them by `judges.doubt`, and see how many of the first are wrong; several times.

    Parameters
    ----------
    labels : ndarray of shape (n,), int64
        Those that are wrong already count as right.
    opinions : sequence of Opinion
        Of judges that have not seen these labels. They say which classes are confused.
    again : callable, optional
        Labels in, opinions out of judges who have learnt from them; where judges learn from other labels, those of `opinions`
        are asked.

    Returns
    -------
    Planted or None
        None of a single class.
    """
    sure = together(opinions).proba
    n, n_classes = sure.shape
    if n_classes < 2:
        return None
    others = {"random": 1 - np.eye(n_classes), "confused": confusions(labels, sure)}
    found: dict[str, list[np.ndarray]] = {kind: [] for kind in KINDS}
    for kind in KINDS:
        for seed in seeds_of_draws(random_state, n_draws):
            made = mistaken(labels, others[kind], random_state=seed)
            wrong = made != labels
            ranking = np.argsort(-doubt(again(made) if again else opinions, made), kind="stable")
            found[kind].append(np.cumsum(wrong[ranking])[np.array(sizes_for(n)) - 1])
    means = {kind: np.mean(hits, axis=0) for kind, hits in found.items()}
    n_planted = _n_planted(n)
    precision = {kind: hits / sizes_for(n) for kind, hits in means.items()}
    return Planted(
        n_planted, n_draws, sizes_for(n), precision, {kind: hits / n_planted for kind, hits in means.items()}
    )


def _n_planted(n: int) -> int:
    return max(1, round(SHARE * n))


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


def mistaken(labels: np.ndarray, others: np.ndarray, *, random_state: int) -> np.ndarray:
    """Return labels of which a share is wrong.

    Parameters
    ----------
    others : ndarray of shape (n_classes, n_classes)
        How often each class is given in place of another, 0 on the diagonal.
    """
    rng = np.random.default_rng(random_state)
    rows = rng.choice(len(labels), _n_planted(len(labels)), replace=False)
    reached = np.cumsum(others, axis=1)[labels[rows]]
    made = labels.copy()
    made[rows] = np.argmax(reached > rng.random((len(rows), 1)) * reached[:, -1:], axis=1)
    return made
