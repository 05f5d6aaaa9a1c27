"""Sentences on what groups the images fall into."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.prose import bullets, listed, percent, plural, scored, text


def sweep(result: Any, chosen: int, auto: bool) -> str:
    """Say which K the silhouette likes, and how much that is worth."""
    best = float(np.nanmax(result.silhouette))
    spread = best - float(np.nanmin(result.silhouette))
    reason = "and the run takes it" if auto else f"while the run was asked for {chosen} clusters"
    if not auto and chosen == result.best:
        reason = "which is also what the run was asked for"
    ks = result.n_clusters
    edge = " That is the edge of what was tried." if result.best in (ks[0], ks[-1]) and len(ks) > 1 else ""
    return (
        f"Of K = {ks[0]} to {ks[-1]}, the silhouette is largest at K = {result.best}, {reason}.{edge} It is {best:.3f} there, "
        f"and all K tried lie within {spread:.3f}: {_apart(best)}. Inertia falls with every K and has no say in it."
    )


def _apart(silhouette: float) -> str:
    if silhouette < 0.25:
        return "the groups touch more than they stand apart"
    return "the groups stand apart to some degree" if silhouette < 0.5 else "the groups stand well apart"


def cluster_scores(scores: Any) -> str:
    """Say how well clusters agree with classes that they never saw."""
    return (
        f"On test images: Hungarian accuracy {scored(scores.accuracy)}, majority accuracy {scored(scores.majority_accuracy)}, "
        f"adjusted Rand index {scored(scores.ari)}, normalised mutual information {scored(scores.nmi)}, adjusted mutual "
        f"information {scores.ami:.3f}. Intervals are 95%, over the draw of test images, for this one fit; refits move the "
        "scores further, as the section on scaling shows. Hungarian accuracy gives each class one cluster at most, matched "
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
        said += f"Compared with {names[0]}, {listed(kept)} changes little more than refitting does. "
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


def knee(result: Any) -> str:
    """Say where the k-distances bend."""
    low, high = np.quantile(result.distances, [0.1, 0.9])
    spread = f"Nine images in ten have theirs within {high:.2f}, one in ten within {low:.2f}."
    if result.knee is None:
        return f"The curve has no knee: no radius parts dense from sparse. {spread}"
    above = 1 - (result.knee + 1) / len(result.distances)
    return (
        f"The knee is at {result.knee_eps:.2f}; {percent(above, 1)} of the images have their neighbour number {result.k} "
        f"farther away. {spread}"
    )


def dbscan(result: Any) -> str:
    """Say what density finds."""
    i, n = result.best_index, len(result.eps)
    if not result.found_groups:
        return (
            f"At none of the {n} radii tried does DBSCAN find two clusters: it sees one body of images, or noise alone."
        )
    edge = (
        " It is the edge of what was tried, so a radius beyond it may do better." if i in (0, n - 1) and n > 1 else ""
    )
    outside, kept = int(result.n_outside[i]), int(result.n_clustered[i])
    verdict = (
        "That is one body of images with crumbs beside it, not a grouping."
        if outside < 0.1 * kept
        else "The silhouette is of the images that were kept, and flatters where few were: read it together with the noise."
    )
    return (
        f"Of {n} radii, eps {result.eps[i]:.2f} has the best silhouette among the images that are not noise, "
        f"{result.silhouette[i]:.2f}, with {plural(int(result.n_clusters[i]), 'cluster')} and "
        f"{percent(result.noise[i], 1)} noise; {outside:,} of the {kept:,} clustered images lie outside the largest "
        f"cluster.{edge} {verdict}"
    )


def in_short(numbers: dict[str, Any]) -> str:
    """Sum up the third phase."""
    kmeans, swept = numbers["methods"]["kmeans"], numbers["sweep"]
    said = [f"K-Means makes {kmeans['n_clusters']} clusters. {sweep_headline(swept)}"]
    if "ari" in kmeans:
        said.append(
            f"Against the true classes of the test images: adjusted Rand index {kmeans['ari']:.3f}, normalised mutual "
            f"information {kmeans['nmi']:.3f}, majority accuracy {kmeans['majority_accuracy']:.3f}."
        )
    said.append(dbscan_headline(numbers["methods"]["dbscan"]))
    return bullets(*said)


def sweep_headline(swept: dict[str, Any]) -> str:
    """Say which K the silhouette likes, from the run's metrics."""
    ks = sorted(map(int, swept["silhouette"]))
    return (
        f"Of K = {ks[0]} to {ks[-1]} clusters, K-Means has its best silhouette at K = {swept['best_k']}, and it is "
        f"{swept['best_silhouette']:.2f}: {_apart(swept['best_silhouette'])}."
    )


def dbscan_headline(dbscan: dict[str, Any]) -> str:
    """Say what DBSCAN found, from the run's metrics."""
    if dbscan["n_clusters"] < 2:
        return f"DBSCAN finds no two groups at any of the {dbscan['n_radii']} radii tried."
    return (
        f"DBSCAN, at the best of {dbscan['n_radii']} radii, makes {plural(dbscan['n_clusters'], 'cluster')} and calls "
        f"{percent(dbscan['noise'], 1)} of the images noise; {dbscan['n_outside_largest']:,} of the "
        f"{dbscan['n_clustered']:,} clustered lie outside the largest cluster."
    )
