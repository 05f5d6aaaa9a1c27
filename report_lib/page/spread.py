"""What runs of a sweep came to: their outcomes, which parameter explains how these differ, and how far seeds move them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from report_lib.classification.classifiers import CLASSIFIERS
from report_lib.common.metrics import TINY, rand_between
from report_lib.common.prose import decimal, percent
from report_lib.page import numbers
from report_lib.page.changes import shared_images
from report_lib.page.compare import Finished, same_data, written

SEED = "seed"
ACCURACY, NMI, ARI = "matched accuracy of the clusters", "NMI of the clusters", "ARI of the clusters"
FEW, ALL = "accuracy with the fewest labels, on chosen images", "accuracy with all labels"
HALVES, FOUND, COVERED = "agreement of halves", "number of clusters", "share that is in clusters"
# What they are called where there is little room.
SHORT = {
    ACCURACY: "accuracy", NMI: "NMI", ARI: "ARI", FEW: "fewest labels", ALL: "all labels", HALVES: "halves", FOUND: "clusters",
    COVERED: "covered",
}  # fmt: skip
SHARES = (ACCURACY, FEW, ALL, COVERED)


@dataclass(frozen=True)
class Swept:
    """A finished run of a sweep.

    Attributes
    ----------
    run : Finished
    varies : dict of str to value
        The parameters in which the runs of the sweep differ.
    """

    run: Finished
    varies: dict[str, Any]


@dataclass(frozen=True)
class Explained:
    """How much of the spread of an outcome goes with one parameter.

    Attributes
    ----------
    share : float
        Of the sum of squares about the mean, what the means of the parameter's values have (eta squared).
    by_chance : float
        What a parameter of as many values would have on average if it changed nothing.
    """

    share: float
    by_chance: float


def outcomes(metrics: dict[str, Any]) -> dict[str, float]:
    """Return what a run came to in a few numbers, by name; those that need labels are missing where there are none."""
    clustered, classified = metrics.get("clustering", {}), metrics.get("classification", {})
    own = clustered.get("methods", {}).get(clustered.get("chosen"), {})
    mean, found = own.get("mean", {}), {}
    found |= {name: mean[key] for name, key in ((ACCURACY, "accuracy"), (NMI, "nmi"), (ARI, "ari")) if key in mean}
    curve = classified.get("label_efficiency", {}).get("graph_chosen", {})
    if curve:
        found[FEW] = curve[min(curve, key=int)]
    # The one that the others are compared with in a report, not the best one: that would be chosen by its score.
    taught = classified.get("supervised", {})
    if reference := [name for name in CLASSIFIERS if name in taught]:
        found[ALL] = taught[reference[-1]]["accuracy"]
    support = clustered.get("panel", {}).get("support") or {}
    halves = support.get("by_representation", {}).get(support.get("on"), {}).get("images", {})
    if (agreed := halves.get(str(own.get("n_clusters")))) is not None:
        found[HALVES] = agreed
    return found | {name: own[key] for name, key in ((FOUND, "n_clusters"), (COVERED, "coverage")) if key in own}


def told(outcome: str, value: float) -> str:
    """Write an outcome as a report does: a share of images as a percentage, a count as it is, an index as a score."""
    if outcome in SHARES:
        return percent(value, 1)
    return f"{value:,.0f}" if outcome == FOUND and float(value).is_integer() else decimal(value)


def by_outcome(runs: Sequence[Swept]) -> dict[str, np.ndarray]:
    """Return the outcomes that all runs have, a value a run; first the one that runs are ranked by."""
    found = [outcomes(own.run.metrics) for own in runs]
    return {
        name: np.array([own[name] for own in found], float) for name in found[0] if all(name in own for own in found)
    }


def levels(runs: Sequence[Swept], parameter: str) -> tuple[list[str], np.ndarray]:
    """Return the values of a parameter as text, numbers in their order, and which of them each run has."""
    values = [own.varies[parameter] for own in runs]
    names = list(dict.fromkeys(map(written, sorted(values) if are_numbers(values) else values)))
    return names, np.array([names.index(written(value)) for value in values])


def are_numbers(values: Sequence[Any]) -> bool:
    """Say whether all values are numbers, which have an order."""
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def explained(values: np.ndarray, groups: np.ndarray) -> Explained | None:
    """Return how much of the spread goes with the groups; None where nothing varies, or every group has one run alone.

    Fisher, Statistical Methods for Research Workers, 1925: the one-way analysis of variance.
    """
    n, present = len(values), np.unique(groups)
    total = float(((values - values.mean()) ** 2).sum())
    if len(present) < 2 or len(present) == n or total <= TINY:
        return None
    means = np.array([values[groups == own].mean() for own in present])
    sizes = np.array([(groups == own).sum() for own in present])
    return Explained(float((sizes * (means - values.mean()) ** 2).sum()) / total, (len(present) - 1) / (n - 1))


def is_grid(runs: Sequence[Swept], parameters: Sequence[str]) -> bool:
    """Say whether every combination of values has as many runs as every other: then the shares of parameters add up."""
    _, counts = np.unique(
        [[written(own.varies[key]) for key in parameters] for own in runs], axis=0, return_counts=True
    )
    n_values = [len(levels(runs, key)[0]) for key in parameters]
    return len(counts) == np.prod(n_values) and len(set(counts.tolist())) == 1


def settings(runs: Sequence[Swept]) -> dict[str, list[int]]:
    """Return which runs differ by their seed alone, by what they have in common; none where no seed varies."""
    found: dict[str, list[int]] = {}
    for i, own in enumerate(runs):
        others = [f"{key} {written(value)}" for key, value in own.varies.items() if key != SEED]
        if SEED in own.varies:
            found.setdefault(", ".join(others) or "all runs", []).append(i)
    return {name: rows for name, rows in found.items() if len(rows) > 1}


def mean_agreement(runs: Sequence[Swept]) -> float | None:
    """Return the mean adjusted Rand index of all pairs of clusterings of the test images that two runs share."""
    found = []
    for i, one in enumerate(runs):
        for other in runs[:i]:
            if one.run.points and other.run.points and same_data(one.run, other.run):
                pair = shared_images(one.run.points, other.run.points)
                found += [rand_between(*(own["clusters"] for own in pair))] if len(pair[0]["rows"]) else []
    return float(np.mean(found)) if found else None


def over_seeds(runs: Sequence[Swept], groups: dict[str, list[int]]) -> list[tuple[str, str, np.ndarray, float]]:
    """Return each score with an interval over the runs that differ by their seed alone.

    Returns
    -------
    list of (group, name, values, spread)
        All values, and their standard deviation within what else is the same (pooled).
    """
    found = [numbers.scores(own.run.metrics, own.run.record["parameters"]) for own in runs]
    rows = [row for own in groups.values() for row in own]
    names = [name for name in found[rows[0]] if all(name in found[row] for row in rows)] if rows else []
    told = []
    for name in names:
        values = [np.array([found[row][name].interval.value for row in own]) for own in groups.values()]
        squares = sum(float(((own - own.mean()) ** 2).sum()) for own in values)
        spread = np.sqrt(squares / sum(len(own) - 1 for own in values))
        told.append((*name, np.concatenate(values), float(spread)))
    return sorted(told, key=lambda row: -row[3])
