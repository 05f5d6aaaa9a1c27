"""Sentences on dense places."""

from typing import Any

import numpy as np

from report_lib.prose import listed, percent, plural

# A mean silhouette below this, noise counted as 0, is no grouping to speak of.
MEAGRE = 0.25


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
    verdict = ""
    if outside < 0.1 * kept:
        verdict = " That is one body of images with crumbs beside it, not a grouping."
    elif result.noise[i] >= 0.1:
        verdict = " A silhouette of those that were kept flatters where few were: read it together with the noise."
    return (
        f"Of {n} radii, eps {result.eps[i]:.2f} does best by the mean silhouette of all images, noise counted as 0. The "
        f"silhouette of those that are not noise is {result.silhouette[i]:.2f} there, with "
        f"{plural(int(result.n_clusters[i]), 'cluster')} and "
        f"{percent(result.noise[i], 1)} noise; {outside:,} of the {kept:,} clustered images lie outside the largest "
        f"cluster.{edge}{verdict}"
    )


def contrast(found: dict[str, Any]) -> str:
    """Say how much sparse places differ from dense ones, in each description: what DBSCAN lives on.

    Parameters
    ----------
    found : dict of str to `density.Density`
        Nothing is said where copies bring a distance to zero.
    """
    spread = {place: _spread(one.distances.distances) for place, one in found.items()}
    if not np.isfinite(list(spread.values())).all():
        return ""
    told = listed([f"{value:.1f} on {place}" for place, value in spread.items()])
    said = (
        "DBSCAN lives on the contrast between dense and sparse places. Between the sparsest and the densest tenth of the "
        f"images, the distance to the neighbours differs by a factor of at least {told}."
    )
    first, last = next(iter(found)), next(reversed(found))
    worth = {place: _overall(one.sweep) for place, one in found.items()}
    if worth[first] < MEAGRE < worth[last]:
        sweep = found[last].sweep
        best = sweep.best_index
        said += (
            " In many dimensions distances grow alike, and no one radius parts what is dense from what is sparse. On "
            f"{last} one does: {plural(int(sweep.n_clusters[best]), 'cluster')}, with {percent(sweep.noise[best], 1)} noise. "
            "They are islands of that map, and whether they are more is for the scores below to say."
        )
    return said


def _spread(distances: np.ndarray) -> float:
    low, high = np.quantile(distances, [0.1, 0.9])
    return float(high / low) if low > 1e-6 * distances[-1] else np.nan


def _overall(sweep: Any) -> float:
    """Mean silhouette of all images, noise counted as 0."""
    best = sweep.best_index
    return float(np.nan_to_num(sweep.silhouette[best]) * (1 - sweep.noise[best]))


def dbscan_headline(found: dict[str, dict[str, Any]]) -> str:
    """Say what DBSCAN found on each description, from the run's metrics."""
    return " ".join(_on(place, own["best"], len(own["eps"])) for place, own in found.items())


def _on(place: str, best: dict[str, Any], n_radii: int) -> str:
    if best["n_clusters"] < 2:
        return f"On {place}, DBSCAN finds no two groups at any of the {n_radii} radii tried."
    return (
        f"On {place}, DBSCAN at the best of {n_radii} radii makes {plural(best['n_clusters'], 'cluster')} and calls "
        f"{percent(best['noise'], 1)} of the images noise; {best['n_outside_largest']:,} of the {best['n_clustered']:,} "
        "clustered lie outside the largest cluster."
    )
