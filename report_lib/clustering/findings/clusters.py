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
from report_lib.common.prose import bullets, decimal, first, listed, percent, scored, shared, text

FIFTH = 0.2
SCALINGS = {
    "min-max": "Min-max brings all pixels to one range.",
    "standard": "Standard brings each pixel to the same variance.",
    "whitened": "Whitened brings each component to the same variance.",
}


def cluster_scores(scores: ClusterScores) -> str | None:
    """Say how well clusters agree with classes that they never saw; nothing without labels."""
    if scores.accuracy is None:
        return None
    return (
        f"The one fit that goes on, on test images: matched accuracy {shared(scores.accuracy)}, majority accuracy "
        f"{shared(scores.majority_accuracy)}, adjusted Rand index (ARI) {scored(scores.ari)}, normalised mutual information "
        f"(NMI) {scored(scores.nmi)}, adjusted mutual information (AMI) {decimal(scores.ami)}; with 95% intervals over the "
        "draw of test images. Matched (Hungarian) accuracy gives each class one cluster at most; majority accuracy names each "
        "cluster after its largest train class. ARI, NMI and AMI are 1 where clusters and classes are the same, and about 0 "
        "where they have nothing in common."
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
        f"Merged, with a fifth or more from a second class: {'; '.join(first(merges))}."
        if merges
        else "No cluster has a fifth from a second class.",
        f"Split, with a fifth or more in a second cluster: {'; '.join(first(splits))}."
        if splits
        else "No class has a fifth in a second cluster.",
        f"No cluster is named after {listed(lost, 'or')}." if lost else "Every class has a cluster named after it.",
    ]
    return " ".join(parts)


def _several(share: np.ndarray) -> bool:
    return len(share) > 1 and bool(np.partition(share, -2)[-2] >= FIFTH)


def _parts(share: np.ndarray, names: Sequence[str]) -> str:
    order = [i for i in np.argsort(-share, kind="stable") if share[i] >= FIFTH]
    return ", ".join(f"{text(names[i])} {percent(share[i], 1)}" for i in order)


def scaling(agreement: np.ndarray, scores: dict[str, dict[str, np.ndarray]], n_images: int) -> str:
    """Say what scaling does to K-Means, beyond what refitting does."""
    names = list(scores)
    same = listed([f"{decimal(value)} ({name})" for name, value in zip(names, np.diag(agreement), strict=True)])
    # What is compared with an unstable way differs for that reason alone.
    own = np.diag(agreement)
    unstable = [name for i, name in enumerate(names) if i and own[i] < own[0] - 0.1]
    steady = [(i, name) for i, name in enumerate(names) if i and name not in unstable]
    moved = [name for i, name in steady if agreement[0, i] < min(own[0], own[i]) - 0.1]
    kept = [name for _, name in steady if name not in moved]
    said = [f"How scaling changes K-Means: {_leader(scores)}."]
    if scores[names[0]]:
        ranges = [
            f"{name} {decimal(found['ari'].min())} to {decimal(found['ari'].max())}" for name, found in scores.items()
        ]
        said.append(f"The ARI of the refits against the classes is {listed(ranges)}.")
    said.append(f"Refits on {n_images:,} images after the same scaling agree with each other at an ARI of {same}.")
    said += [f"Less stable than {names[0]}: {listed(unstable)}."] if unstable else []
    said += [f"Further from {names[0]} than refitting explains: {listed(moved)}."] if moved else []
    said += [f"Nearly the same clusters as {names[0]}: {listed(kept)}."] if kept else []
    return " ".join([*said, *(SCALINGS[name] for name in names if name in SCALINGS)])


def _leader(scores: dict[str, dict[str, np.ndarray]]) -> str:
    """Name a winner, or a loser, only where every refit is beyond all of the others."""
    if not all(scores.values()):
        return "without labels nothing says which scaling is better"
    found = {name: own["ari"] for name, own in scores.items()}
    for name, own in found.items():
        if all(own.min() > other.max() for key, other in found.items() if key != name):
            return f"{name} does best in every refit"
    best = max(found, key=lambda name: found[name].mean())
    level = [name for name, own in found.items() if own.max() >= found[best].min()]
    said = f"none of {listed(level)} is clearly best"
    for name, own in found.items():
        if all(own.max() < other.min() for key, other in found.items() if key != name):
            return f"{said}, and {name} does worst in every refit"
    return said


def unconnected(result: Resolutions | None, n_clusters: int) -> str | None:
    """Say where the graph of neighbours is not in one piece; nothing where it is."""
    if result is None or result.n_parts == 1:
        return None
    said = f"The graph of nearest neighbours falls into {result.n_parts:,} parts that no edge joins"
    if result.n_parts > n_clusters:
        return f"{said}, more than the {n_clusters} clusters asked for; the smallest were put together."
    return f"{said}; no cluster has images of two parts."


def in_short(numbers: dict[str, Any]) -> str:
    """Sum up the third phase."""
    said = [panel_headline(numbers["panel"]), league_headline(numbers)]
    return bullets(*said, dbscan_headline(numbers["density"]))
