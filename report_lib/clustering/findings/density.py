"""Sentences on dense places."""

from typing import Any

import numpy as np

from report_lib.clustering.density import DBSCANSweep, Density, KDistances
from report_lib.common.display import passes_none
from report_lib.common.prose import decimal, listed, percent, plural

# A mean silhouette below this, noise counted as 0, is no grouping to speak of.
MEAGRE = 0.25


def knee(result: KDistances) -> str:
    """Say where the k-distances bend."""
    low, high = np.quantile(result.distances, [0.1, 0.9])
    spread = f"For nine images in ten it is below {high:.2f}, for one in ten below {low:.2f}."
    if result.knee is None:
        return f"The curve has no knee: no radius separates dense places from sparse ones. {spread}"
    above = 1 - (result.knee + 1) / len(result.distances)
    return (
        f"For {percent(above, 1)} of the images, neighbour number {result.k} is farther away than the knee at "
        f"{result.knee_eps:.2f}. {spread}"
    )


@passes_none
def dbscan(density: Density | None) -> str | None:
    """Say what density finds: at the knee, and at the best radius."""
    distances, result = density.distances, density.sweep
    i, n = result.best_index, len(result.eps)
    knee = _at_knee(distances, result)
    if not result.found_groups:
        return f"{knee}At none of {n} radii does DBSCAN find two clusters {density.where}: it sees one body, or only noise."
    best = f"eps {result.eps[i]:.2f}, {_found(result, i)}"
    if overall(result) < MEAGRE:
        return (
            f"{knee}No radius {density.where} gives a useful grouping. The best of {n} is {best}: the mean silhouette of all "
            f"images, noise counted as 0, is {decimal(overall(result))}."
        )
    outside, kept = int(result.n_outside[i]), int(result.n_clustered[i])
    verdict = " That is one body of images with crumbs beside it, not a grouping." if outside < 0.1 * kept else ""
    ends = {0: "smallest", n - 1: "largest"}
    edge = f" It is the {ends[i]} radius tried, so another may be better." if i in ends and n > 1 else ""
    return (
        f"{knee}The best of {n} radii {density.where} is {best}: the mean silhouette of all images, noise counted as 0, is "
        f"{overall(result):.2f}. Of the {kept:,} clustered images, {outside:,} are not in the largest cluster.{edge}{verdict}"
    )


def _found(result: DBSCANSweep, i: int) -> str:
    return f"with {plural(int(result.n_clusters[i]), 'cluster')} and {percent(result.noise[i], 1)} noise"


def _at_knee(distances: KDistances, result: DBSCANSweep) -> str:
    if distances.knee_eps is None or distances.knee_eps < result.eps[0]:
        return ""
    i = int(np.abs(result.eps - distances.knee_eps).argmin())
    return f"At the knee, eps {result.eps[i]:.2f}, DBSCAN comes out {_found(result, i)}. "


def contrast(densities: dict[str, Density]) -> str | None:
    """Say how much sparse places differ from dense ones, in each description: what DBSCAN lives on.

    Nothing is said of one description alone, nor where copies bring a distance to zero.
    """
    if len(densities) < 2:
        return None
    spread = {place: _spread(one.distances.distances) for place, one in densities.items()}
    if not np.isfinite(list(spread.values())).all():
        return None
    told = listed([f"{value:.1f} on {place}" for place, value in spread.items()])
    said = (
        "DBSCAN needs a contrast between dense and sparse places: between the sparsest and the densest tenth of the images, "
        f"the distance to the neighbours differs by a factor of at least {told}."
    )
    first, last = next(iter(densities)), next(reversed(densities))
    worth = {place: overall(one.sweep) for place, one in densities.items()}
    if worth[first] < MEAGRE < worth[last]:
        sweep = densities[last].sweep
        best = sweep.best_index
        said += (
            " In many dimensions distances become alike, and no radius separates dense from sparse. On "
            f"{last} one does: {plural(int(sweep.n_clusters[best]), 'cluster')}, with {percent(sweep.noise[best], 1)} noise. "
            "They are islands of that map; the scores below say whether they are more."
        )
    return said


def _spread(distances: np.ndarray) -> float:
    low, high = np.quantile(distances, [0.1, 0.9])
    return float(high / low) if low > 1e-6 * distances[-1] else np.nan


def overall(sweep: DBSCANSweep) -> float:
    """Return the mean silhouette of all images at the best radius, noise counted as 0."""
    best = sweep.best_index
    return float(np.nan_to_num(sweep.silhouette[best]) * (1 - sweep.noise[best]))


def dbscan_headline(found: dict[str, dict[str, Any]]) -> str:
    """Say what DBSCAN found on each description, from the run's metrics."""
    return " ".join(_on(place, own["best"]) for place, own in found.items())


def _on(place: str, best: dict[str, Any]) -> str:
    silhouette = best["silhouette"]
    counted = f"{plural(best['n_clusters'], 'cluster')} and {percent(best['noise'], 1)} noise"
    if silhouette is None or np.isnan(silhouette) or silhouette * (1 - best["noise"]) < MEAGRE:
        return f"On {place}, no radius makes DBSCAN find a grouping; the best gives {counted}."
    return f"On {place}, DBSCAN at the best radius finds {counted}."
