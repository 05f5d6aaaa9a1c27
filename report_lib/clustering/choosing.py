"""What groups the images fall into, found without labels: the descriptions, the methods, and what a run reports."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.clustering import density, fitting, graph_clustering, panel
from report_lib.clustering.cards import Cards
from report_lib.clustering.fitting import Clusters, Fitted, Space
from report_lib.clustering.league import Row
from report_lib.common import models
from report_lib.common.errors import ReportError
from report_lib.common.neighbors import Neighbors, nearest, nearest_to, weights

PCA, GRADIENTS, MAP = "PCA", "gradients", "UMAP"
# Where each method is tried; the first of these that a run has is what `metrics.json` gives under its name.
PLACES = {
    "kmeans": (PCA, GRADIENTS, MAP),
    "gaussian_mixture": (PCA, GRADIENTS, MAP),
    "dbscan": (MAP, PCA),
    "hdbscan": (MAP, PCA),
    "graph": (GRADIENTS, PCA),
}
FITS = {
    "kmeans": fitting.fit_kmeans,
    "gaussian_mixture": fitting.fit_gaussian_mixture,
    "dbscan": fitting.fit_dbscan,
    "hdbscan": fitting.fit_hdbscan,
    "graph": fitting.fit_graph,
}
# Starts of K-Means for each refit after a scaling.
STARTS_OF_REFITS = 3


def with_graph(title: str, train: np.ndarray, test: np.ndarray, *, k: int, known: Neighbors | None = None) -> Space:
    """Return a description with the nearest train images of every image, searched anew unless `known` has as many."""
    start = time.perf_counter()
    graph = known if known is not None and known.indices.shape == (len(train), k) else nearest(train, k)
    found = nearest_to(train, test, k)
    edges = graph_clustering.jaccard_edges(graph)
    return Space(title, train, test, graph, found, edges, time.perf_counter() - start)


def on_map(layout: np.ndarray, pca: Space, *, k: int) -> Space:
    """Return a map as a description; test images lie amid their nearest train images, the nearer the weightier.

    Parameters
    ----------
    layout : ndarray of shape (n_train, 2)
    pca : Space
        Its neighbours of test images are used where it has them, else they are looked for.
    """
    found = pca.test_graph or nearest_to(pca.train, pca.test, k)
    placed = np.einsum("ij,ijk->ik", weights(found), layout[found.indices].astype(np.float64))
    return Space(MAP, layout.astype(np.float32), placed.astype(np.float32))


def fit_all(spaces: dict[str, Space], options: dict[str, dict[str, Any]], *, seeds: Sequence[int]) -> list[Fitted]:
    """Fit every method that has options on every description where it is tried.

    Parameters
    ----------
    spaces : dict of str to Space
        By title.
    options : dict of str to dict
        By method, what its function in `fitting` takes.
    """
    return [
        FITS[method](spaces[place], seeds=seeds, **own)
        for method, own in options.items()
        for place in PLACES[method]
        if place in spaces
    ]


def pick(fitted: Sequence[Fitted], method: str) -> Fitted:
    """Return a method where a run reports it: on the first of its descriptions."""
    found = {one.on: one for one in fitted if one.method == method}
    return next(found[place] for place in PLACES[method] if place in found)


def row_of(rows: Sequence[Row], fitted: Fitted) -> Row:
    """Return the scores of a method on a description."""
    return next(row for row in rows if row.fitted is fitted)


def choose(fitted: Sequence[Fitted], method: str, spaces: dict[str, Space]) -> tuple[Fitted, Clusters]:
    """Return the method whose clusters the next phase takes, and these clusters, of all train images.

    Raises
    ------
    ReportError
        When it found fewer than two clusters, which the next phase cannot work with.
    """
    chosen = pick(fitted, method)
    clusters = fitting.for_all(chosen, spaces[chosen.on])
    if clusters.n_clusters < 2:
        raise ReportError(
            f"clustering.chosen is {method}, but it found {clusters.n_clusters} clusters on {chosen.on}, and the next "
            f"phase needs two; choose another of {', '.join(dict.fromkeys(one.method for one in fitted))}"
        )
    return chosen, clusters


def handed_on(chosen: Fitted, clusters: Clusters, n_neighbors: int) -> dict[str, np.ndarray]:
    """Return what the next phase takes: the clusters of train and test images, and what tells those of new ones.

    That is where they were found, how many of the nearest train images have a vote, and the centres of K-Means.
    """
    found = {
        "train": clusters.train,
        "test": clusters.test,
        "on": np.array(chosen.on),
        "n_neighbors": np.array(n_neighbors),
    }
    return found if clusters.centers is None else found | {"centers": clusters.centers}


def compare_scalings(
    variants: dict[str, tuple[np.ndarray, np.ndarray]], *, n_clusters: int, n_refits: int, random_state: int
) -> dict[str, list[Clusters]]:
    """Refit K-Means several times after each scaling of `reduction.scaling_variants`.

    Each refit draws half of the train rows and has a seed of its own, the same for every scaling, so that what
    scaling changes can be told from what refitting changes.
    """
    n = len(next(iter(variants.values()))[0])
    found: dict[str, list[Clusters]] = {name: [] for name in variants}
    for refit, seed in enumerate(models.seeds_of_fits(random_state, n_refits)):
        rows = np.random.default_rng([random_state, refit]).permutation(n)[: max(n // 2, n_clusters)]
        for name, (train, test) in variants.items():
            space = Space(name, train[rows], test)
            fitted = fitting.fit_kmeans(space, n_clusters=n_clusters, n_init=STARTS_OF_REFITS, seeds=[seed])
            found[name].append(fitted.kept)
    return found


def report_metrics(
    *,
    chosen: Fitted,
    rows: Sequence[Row],
    sweep: panel.KMeansSweep,
    criteria: panel.Panel,
    resolutions: graph_clustering.Resolutions | None,
    densities: dict[str, density.Density],
    cards: Cards,
    stability: np.ndarray,
    numbers_as_classes: float | None,
    scalings: dict[str, dict[str, np.ndarray]],
    agreement: np.ndarray,
) -> dict[str, object]:
    """Gather the numbers that the phase shows, under the names of `metrics.json`."""
    fitted = [row.fitted for row in rows]
    league = {row.name: row.as_dict() for row in rows}
    homes = {method: pick(fitted, method) for method in dict.fromkeys(one.method for one in fitted)}
    said = {method: league[row_of(rows, one).name] for method, one in homes.items()}
    if "kmeans" in said:
        said["kmeans"] = said["kmeans"] | {"sizes": homes["kmeans"].kept.sizes}
    names = list(scalings)
    return {
        "chosen": chosen.method,
        "chosen_on": chosen.on,
        "numbers_taken_for_classes": numbers_as_classes,
        "methods": said,
        "league": league,
        "cards": {"stability": stability, "doubtful": cards.doubtful},
        "sweep": {
            "best_k": sweep.best,
            "best_silhouette": np.nan_to_num(sweep.silhouette, nan=-np.inf).max(),
            "inertia": dict(zip(sweep.n_clusters, sweep.inertia, strict=True)),
            "n_images": sweep.n_images,
            "silhouette": dict(zip(sweep.n_clusters, sweep.silhouette, strict=True)),
        },
        "panel": {
            "best": criteria.best,
            "mean_rank": dict(zip(criteria.n_clusters, criteria.mean_rank, strict=True)),
            "suggested": criteria.suggested,
            "tied": criteria.tied,
            "values": {c.name: dict(zip(criteria.n_clusters, c.values, strict=True)) for c in criteria.criteria},
        },
        "resolutions": None if resolutions is None else {
            "resolution": resolutions.resolution, "n_clusters": resolutions.n_clusters,
            "modularity": resolutions.modularity,
        },
        "density": {place: own.as_dict() for place, own in densities.items()},
        "scaling": {
            name: {**scalings[name], "agreement": dict(zip(names, agreement[i], strict=True))}
            for i, name in enumerate(names)
        },
    }  # fmt: skip
