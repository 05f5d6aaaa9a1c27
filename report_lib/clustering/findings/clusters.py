"""Sentences on what groups the images fall into."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.clustering.findings.density import dbscan_headline
from report_lib.clustering.findings.league import league_headline
from report_lib.clustering.findings.panel import panel_headline
from report_lib.clustering.graph_clustering import Resolutions
from report_lib.clustering.scores import ClusterScores
from report_lib.common.display import passes_none
from report_lib.common.prose import bullets, listed, percent, scored, text

FIFTH = 0.2


def cluster_scores(scores: ClusterScores) -> str | None:
    """Say how well clusters agree with classes that they never saw; nothing without labels."""
    if scores.accuracy is None:
        return None
    return (
        f"On test images, for the fit that is kept: matched (Hungarian) accuracy {scored(scores.accuracy)}, majority accuracy "
        f"{scored(scores.majority_accuracy)}, adjusted Rand index {scored(scores.ari)}, normalised mutual information "
        f"{scored(scores.nmi)}, adjusted mutual information {scores.ami:.3f}. Intervals are 95%, over the draw of test images; "
        "other seeds move the scores too, as the table of all methods shows. Matched accuracy gives each class one cluster at "
        "most, matched on the test images themselves; majority accuracy names each cluster after its commonest train class."
    )


@passes_none
def cluster_classes(table: np.ndarray | None, mapping: np.ndarray | None, names: Sequence[str]) -> str | None:
    """Say which classes merge, which split, and which have no cluster named after them; nothing without labels."""
    counts = table[:, :-1].astype(float)
    of_class = counts / np.maximum(table.sum(axis=1, keepdims=True), 1)
    of_cluster = counts / np.maximum(counts.sum(axis=0), 1)
    merges = [
        f"C{c + 1} ({_parts(of_cluster[:, c], names)})" for c in range(counts.shape[1]) if _several(of_cluster[:, c])
    ]
    clusters = [f"C{c + 1}" for c in range(counts.shape[1])]
    splits = [f"{text(names[i])} ({_parts(own, clusters)})" for i, own in enumerate(of_class) if _several(own)]
    lost = [text(names[i]) for i in range(len(names)) if i not in set(mapping.tolist())]
    parts = [
        f"Merged, with a fifth or more from a second class: {'; '.join(merges)}."
        if merges
        else "No cluster has a fifth from a second class.",
        f"Split, with a fifth or more in a second cluster: {'; '.join(splits)}."
        if splits
        else "No class has a fifth in a second cluster.",
        f"No cluster is named after {listed(lost, 'or')}." if lost else "Every class has a cluster named after it.",
    ]
    return " ".join(parts)


def _several(share: np.ndarray) -> bool:
    return len(share) > 1 and bool(np.partition(share, -2)[-2] >= FIFTH)


def _parts(share: np.ndarray, names: Sequence[str]) -> str:
    order = [i for i in np.argsort(-share, kind="stable") if share[i] >= FIFTH]
    return ", ".join(f"{text(names[i])} {percent(share[i])}" for i in order)


def scaling(agreement: np.ndarray, scores: dict[str, dict[str, np.ndarray]], n_images: int) -> str:
    """Say what scaling does to K-Means, beyond what refitting does."""
    names = list(scores)
    same = listed([f"{value:.2f} ({name})" for name, value in zip(names, np.diag(agreement), strict=True)])
    # What is compared with an unstable way differs for that reason alone.
    own = np.diag(agreement)
    unstable = [name for i, name in enumerate(names) if i and own[i] < own[0] - 0.1]
    steady = [(i, name) for i, name in enumerate(names) if i and name not in unstable]
    moved = [name for i, name in steady if agreement[0, i] < min(own[0], own[i]) - 0.1]
    kept = [name for _, name in steady if name not in moved]
    said = f"Refits on {n_images:,} images after the same scaling agree with one another at {same}. "
    if unstable:
        verb = "does not even agree with itself" if len(unstable) == 1 else "do not even agree with themselves"
        said += f"K-Means after {listed(unstable)} {verb} as {names[0]} does. "
    if moved:
        verb = "moves" if len(moved) == 1 else "move"
        said += f"Compared with {names[0]}, {listed(moved)} {verb} the clusters further than refitting does. "
    if kept:
        verb = "changes" if len(kept) == 1 else "change"
        said += f"Compared with {names[0]}, {listed(kept)} {verb} little more than refitting does. "
    if not scores[names[0]]:
        return said + "Without labels nothing says which is better; silhouettes are not comparable between them."
    ranges = listed([f"{name} {found['ari'].min():.3f} to {found['ari'].max():.3f}" for name, found in scores.items()])
    return said + f"Against the true classes, the adjusted Rand index of the refits is {ranges}: {_leader(scores)}."


def _leader(scores: dict[str, dict[str, np.ndarray]]) -> str:
    """Name a winner, or a loser, only where every refit is beyond all of the others."""
    found = {name: own["ari"] for name, own in scores.items()}
    for name, own in found.items():
        if all(own.min() > other.max() for key, other in found.items() if key != name):
            return f"{name} does best in every refit"
    best = max(found, key=lambda name: found[name].mean())
    level = [name for name, own in found.items() if own.max() >= found[best].min()]
    said = f"the ranges of {listed(level)} overlap, so none of them is clearly best"
    for name, own in found.items():
        if all(own.max() < other.min() for key, other in found.items() if key != name):
            return f"{said}, and {name} does worst in every refit"
    return said


@passes_none
def numbers_as_classes(share: float | None, scores: ClusterScores) -> str | None:
    """Say once what comes of comparing cluster numbers with class numbers; nothing without labels."""
    matched = percent(scores.accuracy.value, 1)
    return (
        "The number of a cluster says nothing. Were the numbers of these clusters taken for the numbers of classes, "
        f"{percent(share, 1)} of the test images would count as right, where matching finds {matched}; "
        "another numbering of the same clusters would give another share. Nothing else on the "
        "page compares them so."
    )


def unconnected(result: Resolutions | None, n_clusters: int) -> str | None:
    """Say where the graph of neighbours is not in one piece; nothing where it is."""
    if result is None or result.n_parts == 1:
        return None
    said = f"The graph of nearest neighbours falls into {result.n_parts:,} parts that no edge joins"
    if result.n_parts > n_clusters:
        return f"{said}, more than the {n_clusters} clusters asked for; the smallest were put together."
    return f"{said}; clusters never reach across them."


def in_short(numbers: dict[str, Any]) -> str:
    """Sum up the third phase."""
    said = [panel_headline(numbers["panel"]), league_headline(numbers)]
    return bullets(*said, dbscan_headline(numbers["density"]))
