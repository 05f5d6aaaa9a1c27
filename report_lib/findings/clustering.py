"""Sentences on what groups the images fall into."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.findings.density import dbscan_headline
from report_lib.findings.league import league_headline
from report_lib.findings.panel import panel_headline
from report_lib.prose import bullets, listed, percent, scored, text


def cluster_scores(scores: Any) -> str:
    """Say how well clusters agree with classes that they never saw."""
    return (
        f"On test images: Hungarian accuracy {scored(scores.accuracy)}, majority accuracy {scored(scores.majority_accuracy)}, "
        f"adjusted Rand index {scored(scores.ari)}, normalised mutual information {scored(scores.nmi)}, adjusted mutual "
        f"information {scores.ami:.3f}. Intervals are 95%, over the draw of test images, for this one fit; other seeds "
        "move them too, as the table of all methods shows. Hungarian accuracy gives each class one cluster at most, matched "
        "on the test images themselves; majority accuracy names each cluster after its commonest train class."
    )


def cluster_classes(table: np.ndarray, mapping: np.ndarray, names: Sequence[str]) -> str:
    """Say which classes merge, and which split."""
    counts = table[:, :-1]
    share = counts / np.maximum(table.sum(axis=1, keepdims=True), 1)
    merged = [np.flatnonzero(share[:, c] >= 0.3) for c in range(counts.shape[1])]
    merges = [f"C{c + 1} holds {listed([text(names[i]) for i in m])}" for c, m in enumerate(merged) if len(m) > 1]
    splits = [text(names[i]) for i in range(len(names)) if table[i].sum() and share[i].max() < 0.5]
    lost = [text(names[i]) for i in range(len(names)) if i not in set(mapping.tolist())]
    parts = [
        f"Merged, at least 30% of each class in one cluster: {'; '.join(merges)}."
        if merges
        else "No cluster holds 30% of two classes.",
        f"Split, with no cluster holding half: {listed(splits)}." if splits else "No class is split below a half.",
        f"No cluster is named after {listed(lost, 'or')}." if lost else "Every class has a cluster named after it.",
    ]
    return " ".join(parts)


def scaling(agreement: np.ndarray, scores: dict[str, dict[str, np.ndarray]], n_images: int) -> str:
    """Say what scaling does to K-Means, beyond what refitting does."""
    names = list(scores)
    same = listed([f"{value:.2f} ({name})" for name, value in zip(names, np.diag(agreement), strict=True)])
    moved = [name for i, name in enumerate(names) if i and agreement[0, i] < agreement[0, 0] - 0.1]
    kept = [name for name in names[1:] if name not in moved]
    said = f"Refits on {n_images:,} images after the same scaling agree with one another at {same}. "
    if moved:
        said += (
            f"Compared with {names[0]}, {listed(moved)} {'moves' if len(moved) == 1 else 'move'} the clusters further. "
        )
    if kept:
        verb = "changes" if len(kept) == 1 else "change"
        said += f"Compared with {names[0]}, {listed(kept)} {verb} little more than refitting does. "
    if not scores[names[0]]:
        return said + "Without labels nothing says which is better; silhouettes are not comparable between them."
    ranges = listed([f"{name} {found['ari'].min():.3f} to {found['ari'].max():.3f}" for name, found in scores.items()])
    return said + f"Against the true classes, the adjusted Rand index of the refits is {ranges}: {_leader(scores)}."


def _leader(scores: dict[str, dict[str, np.ndarray]]) -> str:
    """Name a winner only where its worst refit beats the best of all others."""
    for name, found in scores.items():
        if all(found["ari"].min() > other["ari"].max() for key, other in scores.items() if key != name):
            return f"{name} does best in every refit"
    best = max(scores, key=lambda name: scores[name]["ari"].mean())
    level = [name for name, found in scores.items() if found["ari"].max() >= scores[best]["ari"].min()]
    return f"the ranges of {listed(level)} overlap, so none of them is clearly best"


def numbers_as_classes(share: float, scores: Any) -> str:
    """Say once what comes of comparing cluster numbers with class numbers."""
    matched = percent(scores.accuracy.value, 1)
    return (
        "The number of a cluster says nothing. Were the numbers of these clusters taken for the numbers of classes, "
        f"{percent(share, 1)} of the test images would count as right, where matching finds {matched}; "
        "another numbering of the same clusters would give another share. Nothing on this page compares them so."
    )


def unconnected(n_parts: int, n_clusters: int) -> str:
    """Say where the graph of neighbours is not in one piece; nothing where it is."""
    if n_parts == 1:
        return ""
    said = f"The graph of nearest neighbours falls into {n_parts:,} parts that no edge joins"
    if n_parts > n_clusters:
        return f"{said}, more than the {n_clusters} clusters asked for; the smallest were put together."
    return f"{said}; clusters never reach across them."


def in_short(numbers: dict[str, Any]) -> str:
    """Sum up the third phase."""
    said = [panel_headline(numbers["panel"]), *league_headline(numbers)]
    return bullets(*said, dbscan_headline(numbers["density"]))
