"""Maps: images on a plane, like beside like, and how far such a picture may be trusted."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from sklearn.manifold import TSNE, trustworthiness

from report_lib.common.arrays import UNKNOWN, flatten, labels_of, sample_rows
from report_lib.common.keep import kept
from report_lib.common.neighbors import Neighbors, nearest
from report_lib.common.parallel import at_once
from report_lib.data.images import ImageSet

MOST_SCORED = 2500


@kept
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
        from umap import UMAP, layouts, umap_

        _keep_compiled(umap_, layouts)
        n, k = graph.indices.shape
        # UMAP counts a row as its own first neighbour.
        indices = np.column_stack([np.arange(n, dtype=np.int32), graph.indices])
        distances = np.column_stack([np.zeros(n, np.float32), graph.distances])
        layout = UMAP(
            n_neighbors=k + 1, precomputed_knn=(indices, distances), init="pca", n_epochs=n_epochs,
            random_state=random_state, n_jobs=1,
        )  # fmt: skip
        return layout.fit_transform(X)


def _keep_compiled(*modules: ModuleType) -> None:
    """Have Numba keep on disk what it compiles of modules: UMAP compiles for seconds, and lays out 1,000 rows in less."""
    for compiled in (own for module in modules for own in vars(module).values() if hasattr(own, "enable_caching")):
        # It has nowhere to keep them where neither the package nor the home folder can be written to.
        with suppress(RuntimeError):
            compiled.enable_caching()


@kept
def tsne_map(X: np.ndarray, *, n_iterations: int, random_state: int) -> np.ndarray:
    """Lay out rows with t-SNE (van der Maaten and Hinton, 2008).

    Returns
    -------
    ndarray of shape (n, 2), float32
    """
    perplexity = min(30.0, (len(X) - 1) / 3)
    layout = TSNE(perplexity=perplexity, init="pca", max_iter=n_iterations, random_state=random_state)
    return layout.fit_transform(X)


@dataclass(frozen=True)
class Underway:
    """The graph of nearest neighbours, and the maps that are laid out in the background.

    Attributes
    ----------
    rows : ndarray of int
        Train images that t-SNE sees, and that the maps are scored on.
    graph : Neighbors or None
        None where no map was asked for.
    kinds : sequence of {"umap", "tsne"}
    underway : iterator of ndarray
        In the order of `kinds`.
    """

    rows: np.ndarray
    graph: Neighbors | None = None
    kinds: Sequence[str] = ()
    underway: Iterator[np.ndarray] | tuple[()] = ()

    def finish(self) -> dict[str, np.ndarray]:
        """Wait for the maps, and return them by kind: `umap` of all images, `tsne` of `rows`."""
        return dict(zip(self.kinds, self.underway, strict=True))


def begin(
    X: np.ndarray,
    kinds: Sequence[str],
    *,
    n_neighbors: int,
    n_tsne: int,
    umap_epochs: int,
    tsne_iterations: int,
    random_state: int,
) -> Underway:
    """Look for neighbours, and start on the maps asked for: `umap` of all rows, `tsne` of `n_tsne` at most.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    kinds : sequence of {"umap", "tsne"}
    """
    rows = sample_rows(len(X), n_tsne, random_state)
    if not kinds:
        return Underway(rows)
    graph = nearest(X, n_neighbors)
    calls = {
        "umap": (umap_map, (X, graph), {"n_epochs": umap_epochs, "random_state": random_state}),
        "tsne": (tsne_map, (X[rows],), {"n_iterations": tsne_iterations, "random_state": random_state}),
    }
    return Underway(rows, graph, kinds, at_once(calls[kind] for kind in kinds))


@dataclass(frozen=True)
class Plane:
    """A map as it is drawn.

    Attributes
    ----------
    title : str
        The method's name.
    X : ndarray of shape (n, 2)
        Those images of it that are drawn.
    labels : ndarray of shape (n,), or None
    hit : ndarray of shape (n_classes,), or None
        `neighborhood_hit` on the map; None without labels.
    n_images : int
        On the whole map.
    """

    title: str
    X: np.ndarray
    labels: np.ndarray | None
    hit: np.ndarray | None
    n_images: int


@kept
def tsne_plane(made: dict[str, np.ndarray], images: ImageSet, *, rows: np.ndarray, k: int) -> Plane | None:
    """Return t-SNE's map of some train images; None where there is none."""
    if "tsne" not in made:
        return None
    layout, labels = made["tsne"], labels_of(images.train_labels, rows)
    hit = neighborhood_hit(nearest(layout, k), labels, len(images.class_names))
    return Plane("t-SNE", layout, labels, hit, len(layout))


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


@dataclass(frozen=True)
class Trust:
    """How far maps may be trusted.

    Attributes
    ----------
    scores : dict of str to Faithfulness
        By title; last, all components, which are no map.
    chance : Faithfulness
        What a layout at random would score.
    n_images, k : int
        Images scored, and neighbours looked at.
    """

    scores: dict[str, Faithfulness]
    chance: Faithfulness
    n_images: int
    k: int

    def as_dict(self) -> dict[str, dict[str, float | None]]:
        """Return the scores by title, as `metrics.json` has them."""
        return {title: vars(scores) for title, scores in self.scores.items()}


@kept
def trust(Z: np.ndarray, made: dict[str, np.ndarray], rows: np.ndarray, images: ImageSet, *, k: int) -> Trust | None:
    """Score maps, and PCA's plane, on the same train images; None where no map was made."""
    if not made:
        return None
    planes, scored = same_rows(Z, made, rows)
    labels = labels_of(images.train_labels, scored)
    scores = faithfulness(flatten(images.train_images)[scored], planes, labels, k=k)
    return Trust(scores, chance(len(scored), labels, k=k), len(scored), k)


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
    true = nearest(X, k).indices
    scores = at_once((_faithfulness, (X, true, layout, labels), {}) for layout in layouts.values())
    return dict(zip(layouts, scores, strict=True))


def _faithfulness(X: np.ndarray, true: np.ndarray, layout: np.ndarray, labels: np.ndarray | None) -> Faithfulness:
    """Hold a map against rows whose nearest are known."""
    k = true.shape[1]
    found = nearest(layout, k).indices
    kept = (found[:, :, None] == true[:, None, :]).any(axis=2).mean()
    hit = None if labels is None else _share(_same_label(found, labels))
    there, back = (float(trustworthiness(a, b, n_neighbors=k)) for a, b in ((X, layout), (layout, X)))
    return Faithfulness(there, back, float(kept), hit)


def _same_label(indices: np.ndarray, labels: np.ndarray) -> np.ma.MaskedArray:
    """Return whether each neighbour of each row has the row's own label, masked where one of the two is unknown."""
    known = labels != UNKNOWN
    return np.ma.array(labels[indices] == labels[:, None], mask=~(known[indices] & known[:, None]))


def _share(same: np.ma.MaskedArray) -> float:
    return float(same.compressed().mean()) if same.count() else np.nan


def chance(n: int, labels: np.ndarray | None, *, k: int) -> Faithfulness:
    """Return what a layout at random would score."""
    hit = None
    if labels is not None:
        known = labels[labels != UNKNOWN]
        hit = float(np.square(np.bincount(known) / len(known)).sum())
    return Faithfulness(0.5, 0.5, k / (n - 1), hit)


def neighborhood_hit(graph: Neighbors | None, labels: np.ndarray | None, n_classes: int) -> np.ndarray | None:
    """Return, for each class, the share of its images' nearest neighbours that are of the same class; NaN if empty.

    Of images and neighbours whose labels are known; None without a graph, or where no two such are neighbours.
    """
    if graph is None or labels is None:
        return None
    same = _same_label(graph.indices, labels)
    beside = same.count(axis=1)
    rows = np.flatnonzero(beside)
    if not len(rows):
        return None
    hits, own = same[rows].filled(False).sum(axis=1) / beside[rows], labels[rows]
    with np.errstate(invalid="ignore"):
        return np.bincount(own, hits, n_classes) / np.bincount(own, minlength=n_classes)
