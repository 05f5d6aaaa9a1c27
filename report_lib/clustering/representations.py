"""What clusters are looked for in: principal components, oriented gradients and a map, with everyone's neighbours."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from report_lib.clustering.graph_clustering import Edges, jaccard_edges
from report_lib.clustering.hog import OrientedGradients
from report_lib.clustering.methods import HOG, MAP, PCA
from report_lib.common.arrays import flatten, sample_rows
from report_lib.common.keep import kept
from report_lib.common.neighbors import Neighbors, nearest, nearest_to, weights
from report_lib.data.images import ImageSet
from report_lib.reduction.layouts import neighborhood_hit
from report_lib.understanding.measure import Examples, pick_examples

# Train images that are looked at where all would take long, and as many as a browser draws without WebGL.
SAMPLE, DRAWN = 10_000, 4_000


@dataclass(frozen=True)
class Representation:
    """A description of the images that clusters are looked for in.

    Attributes
    ----------
    title : str
    train, test : ndarray of shape (n, d), float32
    graph, test_graph : Neighbors, or None
        The nearest train images of each train and of each test image.
    edges : Edges, or None
        Of `graph`.
    seconds : float
        That finding the neighbours took.
    ratio : ndarray, or None
        Of components, their shares of the variance.
    """

    title: str
    train: np.ndarray
    test: np.ndarray
    graph: Neighbors | None = None
    test_graph: Neighbors | None = None
    edges: Edges | None = None
    seconds: float = 0.0
    ratio: np.ndarray | None = None

    def first(self, n: int) -> "Representation":
        """Return its first dimensions alone."""
        return replace(self, train=self.train[:, :n], test=self.test[:, :n])

    def of(self, rows: dict[str, np.ndarray]) -> "Representation":
        """Return it for some rows of `train` and `test`: itself for all, else without neighbours, who may not be there."""
        if all(own.all() for own in rows.values()):
            return self
        return Representation(self.title, self.train[rows["train"]], self.test[rows["test"]], ratio=self.ratio)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what `from_arrays` needs of a description with neighbours."""
        return {
            "title": np.array(self.title), "train": self.train, "test": self.test,
            "indices": self.graph.indices, "distances": self.graph.distances,
            "test_indices": self.test_graph.indices, "test_distances": self.test_graph.distances,
        }  # fmt: skip

    @classmethod
    def from_arrays(
        cls,
        *,
        title: np.ndarray,
        train: np.ndarray,
        test: np.ndarray,
        indices: np.ndarray,
        distances: np.ndarray,
        test_indices: np.ndarray,
        test_distances: np.ndarray,
    ) -> "Representation":
        """Return the description that `arrays` came from, with the edges of its graph."""
        graph = Neighbors(indices, distances)
        return cls(title.item(), train, test, graph, Neighbors(test_indices, test_distances), jaccard_edges(graph))


@dataclass(frozen=True)
class Plane:
    """Some train images on the first two axes of a description.

    Attributes
    ----------
    representation : Representation
    rows : ndarray of int
        The images.
    """

    representation: Representation
    rows: np.ndarray

    @property
    def Z(self) -> np.ndarray:
        """Where they lie; shape (len(rows), 2)."""
        return self.representation.train[self.rows, :2]


@dataclass(frozen=True)
class Shapes:
    """Images described by oriented gradients.

    Attributes
    ----------
    model : OrientedGradients
    train, test : ndarray of shape (n, n_components), float32
    examples : Examples
        A few test images.
    directions : ndarray of shape (n_examples, 8, rows, columns)
        How much edge runs in every other direction, cell by cell, in these.
    """

    model: OrientedGradients
    train: np.ndarray
    test: np.ndarray
    examples: Examples
    directions: np.ndarray


@kept
def describe_shapes(images: ImageSet, methods: Sequence[str]) -> Shapes | None:
    """Describe images by the edges in them, where a method goes by the graph of shapes; else None."""
    if "graph" not in methods:
        return None
    model = OrientedGradients(images.image_shape)
    train, test = model.fit_transform(flatten(images.train_images)), model.transform(flatten(images.test_images))
    examples = pick_examples(images, "test", 6)
    return Shapes(model, train, test, examples, model.directions(flatten(examples.images))[:, ::2])


@kept
def gather(
    features: dict[str, np.ndarray],
    shapes: Shapes | None,
    maps: dict[str, np.ndarray],
    *,
    k: int,
    known: dict[str, np.ndarray],
    ratio: np.ndarray,
) -> dict[str, Representation]:
    """Bring together, by title, what a run describes its images with; graphs are made where there are shapes.

    Parameters
    ----------
    features : dict with `train` and `test`
        Principal components.
    maps : dict of str to ndarray
        Layouts of the train images, of which `umap` is taken.
    k : int
        Neighbours of an image.
    known : dict
        Neighbours of train images by principal components, where a phase before has looked for them.
    ratio : ndarray
        Shares of the variance of these components.
    """
    described = {PCA: Representation(PCA, features["train"], features["test"], ratio=ratio)}
    if shapes is not None:
        graph = Neighbors(**known) if known else None
        described[PCA] = with_graph(described[PCA], k=k, known=graph)
        described[HOG] = with_graph(Representation(HOG, shapes.train, shapes.test), k=k)
    return described | ({MAP: on_map(maps["umap"], described[PCA], k=k)} if "umap" in maps else {})


def with_graph(on: Representation, *, k: int, known: Neighbors | None = None) -> Representation:
    """Return a description with the nearest train images of every image, searched anew unless `known` has as many."""
    train, start = on.train, time.perf_counter()
    graph = known if known is not None and known.indices.shape == (len(train), k) else nearest(train, k)
    test_graph, edges = nearest_to(train, on.test, k), jaccard_edges(graph)
    return replace(on, graph=graph, test_graph=test_graph, edges=edges, seconds=time.perf_counter() - start)


def on_map(layout: np.ndarray, pca: Representation, *, k: int) -> Representation:
    """Return a map as a description; test images lie amid their nearest train images, the nearer the weightier.

    Parameters
    ----------
    layout : ndarray of shape (n_train, 2)
    pca : Representation
        Its neighbours of test images are used where it has them, else they are looked for.
    """
    near = pca.test_graph or nearest_to(pca.train, pca.test, k)
    placed = np.einsum("ij,ijk->ik", weights(near), layout[near.indices].astype(np.float64))
    return Representation(MAP, layout.astype(np.float32), placed.astype(np.float32))


def same_class(
    representations: dict[str, Representation], labels: np.ndarray | None, n_classes: int
) -> dict[str, np.ndarray] | None:
    """Return how many of the nearest are of the same class, by description and class; None where none is told."""
    graphs = {title: own.graph for title, own in representations.items() if own.graph is not None}
    if labels is None or not graphs:
        return None
    hits = {title: neighborhood_hit(graph, labels, n_classes) for title, graph in graphs.items()}
    return None if any(own is None for own in hits.values()) else hits


def sample(n: int, random_state: int) -> np.ndarray:
    """Draw the train images that cards and pictures are made from."""
    return sample_rows(n, SAMPLE, random_state)


def thinned(rows: np.ndarray) -> np.ndarray:
    """Return every so manieth of some rows, so that a browser can draw them."""
    return rows[:: -(-len(rows) // DRAWN)]


def plane(representations: dict[str, Representation], *, random_state: int) -> Plane:
    """Return some of the train images that cards are made from, on the map, or else on the first two components."""
    shown = representations.get(MAP, representations[PCA])
    return Plane(shown, thinned(sample(len(shown.train), random_state)))
