"""Maps: images on a plane, like beside like, and how far such a picture may be trusted."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.manifold import TSNE, trustworthiness

from report_lib.common.neighbors import Neighbors, nearest
from report_lib.common.parallel import at_once

MOST_SCORED = 2500


def umap_map(X: np.ndarray, graph: Neighbors, *, n_epochs: int, random_state: int) -> np.ndarray:
    """Lay out all rows with UMAP (McInnes, Healy and Melville, 2018), from neighbours that are known already.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Gives the starting positions, its first two principal components.
    graph : Neighbors
        Of the rows of `X`.

    Returns
    -------
    ndarray of shape (n, 2), float32
    """
    with warnings.catch_warnings():
        # It warns that a seed costs it its threads, and that neighbours found elsewhere cannot place new rows.
        warnings.simplefilter("ignore")
        from umap import UMAP

        n, k = graph.indices.shape
        # UMAP counts a row as its own first neighbour.
        indices = np.column_stack([np.arange(n, dtype=np.int32), graph.indices])
        distances = np.column_stack([np.zeros(n, np.float32), graph.distances])
        layout = UMAP(
            n_neighbors=k + 1, precomputed_knn=(indices, distances), init="pca", n_epochs=n_epochs,
            random_state=random_state, n_jobs=1,
        )  # fmt: skip
        return layout.fit_transform(X)


def tsne_map(X: np.ndarray, *, n_iterations: int, random_state: int) -> np.ndarray:
    """Lay out rows with t-SNE (van der Maaten and Hinton, 2008).

    Returns
    -------
    ndarray of shape (n, 2), float32
    """
    perplexity = min(30.0, (len(X) - 1) / 3)
    layout = TSNE(perplexity=perplexity, init="pca", max_iter=n_iterations, random_state=random_state)
    return layout.fit_transform(X)


def begin(
    X: np.ndarray,
    graph: Neighbors,
    rows: np.ndarray,
    kinds: Sequence[str],
    *,
    umap_epochs: int,
    tsne_iterations: int,
    random_state: int,
) -> Iterator[np.ndarray]:
    """Start on the maps asked for, and return an iterator of them: `umap` of all rows, `tsne` of those named.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    graph : Neighbors
        Of the rows of `X`.
    rows : ndarray of int
        Those that t-SNE sees.
    kinds : sequence of {"umap", "tsne"}
    """
    calls = {
        "umap": (umap_map, (X, graph), {"n_epochs": umap_epochs, "random_state": random_state}),
        "tsne": (tsne_map, (X[rows],), {"n_iterations": tsne_iterations, "random_state": random_state}),
    }
    return at_once(calls[kind] for kind in kinds)


@dataclass(frozen=True)
class Faithfulness:
    """How much of the neighbourhoods among the images a map keeps.

    Attributes
    ----------
    trustworthiness : float
        Near 1 where neighbours on the map are neighbours among the images too. Venna and Kaski, Neighborhood
        preservation in nonlinear projection methods, 2001.
    kept : float
        Share of an image's nearest neighbours that are among its nearest on the map.
    continuity : float
        Near 1 where neighbours among the images are neighbours on the map too: trustworthiness the other way round.
    hit : float or None
        Share of the nearest on the map that have the image's own label (neighbourhood hit: Paulovich et al., Least
        square projection, 2008); None without labels.
    """

    trustworthiness: float
    continuity: float
    kept: float
    hit: float | None


def same_rows(Z: np.ndarray, made: dict[str, np.ndarray], rows: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Bring maps down to the same rows, beside PCA's plane; last, all components, which are no map.

    Parameters
    ----------
    Z : ndarray of shape (n, n_components)
    made : dict with `umap` of shape (n, 2), `tsne` of shape (len(rows), 2), or both
    rows : ndarray of int

    Returns
    -------
    planes : dict of str to ndarray of shape (n_scored, 2)
    scored : ndarray of int
        The rows kept, at most `MOST_SCORED`: scores take memory and time with the square of their number.
    """
    kept = slice(None, None, -(-len(rows) // MOST_SCORED))
    scored = rows[kept]
    planes = {"PCA": Z[scored, :2]}
    if "umap" in made:
        planes["UMAP"] = made["umap"][scored]
    if "tsne" in made:
        planes["t-SNE"] = made["tsne"][kept]
    return {**planes, f"{Z.shape[1]} components": Z[scored]}, scored


def faithfulness(
    X: np.ndarray, layouts: dict[str, np.ndarray], labels: np.ndarray | None, *, k: int
) -> dict[str, Faithfulness]:
    """Hold maps of the same rows against the rows themselves.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    layouts : dict of str to ndarray of shape (n, m)
        By title.
    labels : ndarray of shape (n,), or None
    k : int
        Neighbours looked at; less than half of n.
    """
    X = np.asarray(X, np.float32)
    true, scores = nearest(X, k).indices, {}
    for title, layout in layouts.items():
        found = nearest(layout, k).indices
        kept = (found[:, :, None] == true[:, None, :]).any(axis=2).mean()
        hit = None if labels is None else float(_same_label(found, labels).mean())
        there, back = (float(trustworthiness(a, b, n_neighbors=k)) for a, b in ((X, layout), (layout, X)))
        scores[title] = Faithfulness(there, back, float(kept), hit)
    return scores


def _same_label(indices: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return whether each neighbour of each row has the row's own label; shape of `indices`, bool."""
    return labels[indices] == labels[:, None]


def chance(n: int, labels: np.ndarray | None, *, k: int) -> Faithfulness:
    """Return what a layout at random would score."""
    hit = None if labels is None else float(np.square(np.bincount(labels) / n).sum())
    return Faithfulness(0.5, 0.5, k / (n - 1), hit)


def map_hit(layout: np.ndarray, labels: np.ndarray | None, n_classes: int, *, k: int) -> np.ndarray | None:
    """Return `neighborhood_hit` on a map; None without labels."""
    return None if labels is None else neighborhood_hit(nearest(layout, k), labels, n_classes)


def neighborhood_hit(graph: Neighbors, labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Return, for each class, the share of its images' nearest neighbours that are of the same class; NaN if empty."""
    hits = _same_label(graph.indices, labels).mean(axis=1)
    with np.errstate(invalid="ignore"):
        return np.bincount(labels, hits, n_classes) / np.bincount(labels, minlength=n_classes)
