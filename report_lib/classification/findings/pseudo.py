"""Sentences on what classifiers learn from clusters, and on the whole phase."""

from typing import Any

import numpy as np
import pandas as pd

from report_lib.classification.classifiers import CLASSIFIERS, PSEUDO
from report_lib.classification.pseudo import PseudoLabels
from report_lib.common.prose import bullets, decimal, listed, percent, shared, signed


def fidelity(pseudo: PseudoLabels) -> str:
    """Say how well classifiers repeat the clusters."""
    results = list(pseudo.results.values())
    first = results[0]
    spread = "" if first.stratified else " A cluster was too small to be spread over the folds, so folds are random."
    folds = {PSEUDO[r.name].title: np.array([fold.value for fold in r.folds]) for r in results}
    scores = [f"the {title} {percent(own.mean(), 1)} ± {100 * own.std(ddof=1):.1f}" for title, own in folds.items()]
    return (
        f"Each classifier learns {first.n_images:,} train images with their clusters as labels. In cross-validation of "
        f"{len(first.folds)} folds they repeat the cluster of an image this often: {listed(scores)} (mean ± standard "
        f"deviation).{spread}"
    )


def cluster_table(pseudo: PseudoLabels) -> pd.DataFrame:
    """Tabulate precision, recall and F1 of each cluster on the held-out images, for the most faithful classifier."""
    report = pseudo.most_faithful.report
    columns = {
        "precision": [percent(v, 1) for v in report.precision],
        "recall": [percent(v, 1) for v in report.recall],
        "F1": [decimal(v) for v in report.f1],
        "held-out images": [f"{v:,}" for v in report.support],
    }
    return pd.DataFrame(columns, index=[f"C{i + 1}" for i in range(len(report.f1))])


def cluster_report(pseudo: PseudoLabels) -> str:
    """Say how far clusters differ in how well they are repeated."""
    result = pseudo.most_faithful
    f1 = result.report.f1
    worst, best = int(np.argmin(f1)), int(np.argmax(f1))
    return (
        f"For the {PSEUDO[result.name].title}, F1 runs from {decimal(f1[worst])} (C{worst + 1}) to {decimal(f1[best])} "
        f"(C{best + 1}). The table measures agreement with the clusters, on the part held out."
    )


def ceiling(pseudo: PseudoLabels) -> str | None:
    """Set fidelity, accuracy and the clusters' own accuracy side by side."""
    results, truth = pseudo.results, pseudo.truth
    if truth is None:
        return None
    name = max(results, key=lambda name: results[name].fidelity.value)
    fidelity, right, top, below = results[name].fidelity, truth.accuracy[name], truth.ceiling, truth.below[name]
    beside = "is not clearly different from them" if below.low <= 0 <= below.high else (
        "is better" if below.value > 0 else "is worse"
    )  # fmt: skip
    low, high = (signed(100 * end, 1) for end in (below.low, below.high))
    return (
        f"The {PSEUDO[name].title} repeats the clusters best, of one training each, for {shared(fidelity)} of the test "
        f"images, and agrees with the true class of {shared(right)}. The clusters themselves, each named after its largest "
        f"train class, reach {shared(top)}; the classifier {beside} ({signed(100 * below.value, 1)} points, {low} to {high}). "
        "A classifier that learns from clusters learns their mistakes too."
    )


def pseudo_headline(models: dict[str, Any]) -> str:
    """Say what a classifier taught the clusters is worth, from the run's metrics."""
    name = max(models, key=lambda name: models[name]["fidelity"])
    found, title = models[name], PSEUDO[name].title
    said = f"Taught these clusters, the {title} repeats them for {percent(found['fidelity'], 1)} of the test images"
    if "accuracy" not in found:
        return said + "; how often it is right cannot be known without labels."
    return said + (
        f" and agrees with the true class of {percent(found['accuracy'], 1)}; the clusters themselves, each "
        f"named after its largest class, agree with {percent(found['ceiling'], 1)}."
    )


def few_labels_headline(numbers: dict[str, Any]) -> str:
    """Say what the fewest labels give, from the phase's metrics; nothing where there are none."""
    curves = numbers.get("label_efficiency", {})
    chosen, random = curves.get("graph_chosen"), curves.get("graph", {})
    if not chosen:
        return ""
    n = min(chosen, key=int)
    ends = numbers["label_efficiency_intervals_95"]["graph_chosen"][n]
    return (
        f"{int(n):,} labels, on the middles of clusters, get {percent(chosen[n], 1)} "
        f"({percent(ends['low'], 1)} to {percent(ends['high'], 1)}) of the test images right; on images drawn at random "
        f"{percent(random[n], 1)}."
    )


def speaker(found: dict[str, Any]) -> tuple[dict[str, Any], str] | None:
    """Return the numbers of the classifier that speaks for those that learnt all labels, and its name; None without any.

    Which one that is the table of classifiers settles, whatever the scores.
    """
    n_images = max((own["n_images"] for own in found.values()), default=0)
    full = [name for name in reversed(CLASSIFIERS) if name in found and found[name]["n_images"] == n_images]
    if not full:
        return None
    return found[full[0]], CLASSIFIERS[full[0]].named or f"a {CLASSIFIERS[full[0]].title}"


def tried(numbers: dict[str, Any]) -> tuple[float, int, float, float] | None:
    """Return what was tried with test labels made wrong; None where nothing was.

    Their share, the length of the shortest list looked at, and which share of it are such ones, at random and between
    confused classes.
    """
    found = numbers.get("audit", {}).get("planted", {}).get("test")
    if not found:
        return None
    size = min(map(int, found["random"]))
    return (found["share"], size, *(found[kind][str(size)]["precision"] for kind in ("random", "confused")))


def all_labels_headline(numbers: dict[str, Any]) -> str:
    """Say what all labels give, from the phase's metrics; nothing where no classifier learnt them."""
    found = speaker(numbers.get("supervised", {}))
    if found is None:
        return ""
    own, by = found
    ends = own["interval_95"]
    return (
        f"Taught {own['n_images']:,} labels, {by} gets {percent(own['accuracy'], 1)} ({percent(ends['low'], 1)} to "
        f"{percent(ends['high'], 1)}) of the test images right."
    )


def audit_headline(numbers: dict[str, Any]) -> str:
    """Say how far the list of doubtful labels is to be trusted, from the phase's metrics; nothing where there is none."""
    found = tried(numbers)
    if found is None:
        return ""
    share, size, at_random, confused = found
    return (
        f"All labels are ranked by how doubtful they are. With {percent(share)} of the test labels made wrong at "
        f"random, {percent(at_random)} of the first {size:,} on the list are such ones; made wrong between classes that are "
        f"confused, {percent(confused)}."
    )


def in_short(numbers: dict[str, Any]) -> str:
    """Sum up the fourth phase, from its metrics."""
    said = [
        pseudo_headline(numbers["pseudo_labels"]),
        few_labels_headline(numbers),
        all_labels_headline(numbers),
        audit_headline(numbers),
    ]
    return bullets(*filter(None, said))
