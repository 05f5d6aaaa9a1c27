"""What few labels are worth: learning curves for each description, and labels spread over the neighbour graph."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import reverse_cuthill_mckee
from sklearn.exceptions import ConvergenceWarning
from sklearn.semi_supervised import LabelSpreading

from report_lib.classification.label_choice import Choice, choose
from report_lib.clustering.graph_clustering import Edges
from report_lib.clustering.hog import OrientedGradients
from report_lib.clustering.methods import HOG, PCA
from report_lib.clustering.representations import Representation
from report_lib.common import representations
from report_lib.common.arrays import UNKNOWN, flatten
from report_lib.common.keep import kept
from report_lib.common.metrics import NOISE, apply_map, contingency, majority_map
from report_lib.common.models import seeds_of_draws
from report_lib.common.neighbors import Neighbors, weights
from report_lib.common.parallel import at_once
from report_lib.data.images import ImageSet
from report_lib.reduction import comparison
from report_lib.reduction.few_labels import Curve, draws_by_count, measured, network_curve

# How far a label may be overruled by its neighbours, and how many edges it travels at most.
ALPHA, SPREADING_STEPS = 0.8, 30
# Curves that are not of a description of `reduction.representations`, and what readers call them.
OTHERS = {"graph": "graph", "hog": HOG}
# Images that are chosen by their clusters, at most: looking for many parts takes K-Means long.
MOST_CHOSEN = 500


def chosen_rows(
    codes: np.ndarray, clusters: np.ndarray, counts: Sequence[int], *, n_draws: int, random_state: int
) -> dict[int, list[np.ndarray]]:
    """Choose which images to label, several times: by the number of labels, so many from the top of a list.

    The lists are made by `label_choice.choose` with other seeds, as the list that a person gets.

    Parameters
    ----------
    codes : ndarray of shape (n, d)
    clusters : ndarray of shape (n,), int
    counts : sequence of int
        Those beyond `MOST_CHOSEN`, or half the images in clusters, are left out: there is nothing left to choose.
    """
    counts = [count for count in counts if count <= min(MOST_CHOSEN, np.sum(clusters != NOISE) // 2)]
    seeds = seeds_of_draws(random_state, n_draws)
    calls = ((choose, (codes, clusters, max(counts, default=0)), {"random_state": seed}) for seed in seeds)
    lists = [choice.rows for choice in at_once(calls)] if counts else []
    return {n: [rows[:n] for rows in lists] for n in counts}


def named_curve(images: ImageSet, clusters: dict[str, np.ndarray], chosen: dict[int, list[np.ndarray]]) -> Curve:
    """Name each cluster after most of its chosen train images; nothing spreads.

    Parameters
    ----------
    images : ImageSet
        Only the labels of the chosen are looked at before scoring.
    clusters : dict with `train` and `test`
    chosen : dict of int to list of ndarray
        By the number of labels, the rows of each draw.
    """
    n_classes, n_clusters = (int(known.max()) + 1 for known in (images.train_labels, clusters["train"]))
    judged = images.labelled["test"]

    def right(rows: np.ndarray) -> np.ndarray:
        table = contingency(images.train_labels[rows], clusters["train"][rows], n_classes, n_clusters)
        return (apply_map(majority_map(table), clusters["test"]) == images.test_labels)[judged]

    return Curve({n: np.stack([right(rows) for rows in drawn]) for n, drawn in chosen.items()})


def level_with(curves: dict[str, Curve], best: str, n_labels: int) -> list[str]:
    """Return the titles of those that are not told from the best by a 95% interval of the difference, draw by draw."""
    others = {title: curve for title, curve in curves.items() if title != best and n_labels in curve.right}
    return [title for title, curve in others.items() if curves[best].gain_over(curve, n_labels).low <= 0]


@dataclass(frozen=True)
class LearningCurves:
    """What few labels are worth, description by description.

    Attributes
    ----------
    curves : dict of str to Curve
        By name in the parameters; `hog` is of oriented gradients, `graph` of labels spread over the graph.
    missing : list of str
        Descriptions that were asked for and could not be had.
    n_draws : int
    chosen : Curve or None
        Of images to label that were chosen by their clusters: the clusters are named after them while there are fewer than
        two for each, then the labels spread over the graph.
    chosen_spread : Curve or None
        The same, always spread.
    on : str
        Title of the description whose graph it is.
    """

    curves: dict[str, Curve]
    missing: list[str]
    n_draws: int
    chosen: Curve | None = None
    chosen_spread: Curve | None = None
    on: str = HOG

    @property
    def by_title(self) -> dict[str, Curve]:
        """The curves by what readers call their descriptions."""
        return {title_of(name): curve for name, curve in self.curves.items()}

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, under the names of `metrics.json`."""
        curves = self.curves | (
            {"graph_chosen": self.chosen, "graph_chosen_spread": self.chosen_spread} if self.chosen else {}
        )
        scores = {name: curve.accuracy.items() for name, curve in curves.items()}
        return {
            "label_efficiency": {name: {n: score.value for n, score in own} for name, own in scores.items()},
            "label_efficiency_intervals_95": {
                name: {n: score.as_dict() for n, score in own} for name, own in scores.items()
            },
            "label_efficiency_spread": {name: curve.spread for name, curve in curves.items()},
        }


@kept
def learning_curves(
    names: Sequence[str],
    images: ImageSet,
    representation: Representation,
    shape: Representation | None,
    *,
    counts: Sequence[int],
    autoencoders: dict[str, np.ndarray],
    kept: dict[str, np.ndarray],
    scaling: str,
    n_components: int,
    **options: int,
) -> LearningCurves | None:
    """Draw the learning curve of each description, and of labels spread over the graph, where there is one.

    Parameters
    ----------
    names : sequence of str
        Descriptions.
    counts : sequence of int
        Numbers of labels, more than all being all; without any, or without labels, there are no curves.
    autoencoders, kept : dict of str to ndarray
        What the comparison of the descriptions kept: fitted autoencoders, and what few labels gave there.
    representation : Representation
        Whose graph labels are spread over, where it has one.
    shape : Representation or None
        Oriented gradients.
    scaling, n_components
        Of the linear descriptions.
    **options
        `n_draws` and `random_state`.
    """
    if not (images.has_labels and counts):
        return None
    n_known = int(images.labelled["train"].sum())
    options |= {"counts": sorted({min(count, n_known) for count in counts})}
    linear = {"scaling": scaling, "n_components": n_components}
    fitted = comparison.from_arrays(autoencoders)
    described = comparison.described(names, images.train_images, images.test_images, fitted, **linear)
    known = measured(kept, options["n_draws"])
    curves = {
        name: _network_curve(images, train, test, known.get(title_of(name), {}), **options)
        for name, train, test in described
    }
    missing = [name for name in names if name not in curves]
    if shape is not None:
        curves["hog"] = _network_curve(images, shape.train, shape.test, {}, **options)
    if representation.edges is not None:
        drawn = draws_by_count(images.train_labels, **options).items()
        curves["graph"] = graph_curve(representation, images, {n: [rows for _, rows in d] for n, d in drawn})
    return LearningCurves(curves, missing, options["n_draws"], on=representation.title) if curves else None


def _network_curve(
    images: ImageSet,
    train: np.ndarray,
    test: np.ndarray,
    known: dict[int, np.ndarray],
    *,
    counts: list[int],
    **options: int,
) -> Curve:
    """Draw `network_curve`, but for the numbers of labels of which it is known which test images are right."""
    done = {n: right for n, right in known.items() if n in counts}
    left = [n for n in counts if n not in done]
    curve = network_curve(train, images.train_labels, test, images.test_labels, counts=left, **options)
    return Curve(dict(sorted((curve.right | done).items())))


@kept
def with_chosen(
    curves: LearningCurves | None,
    images: ImageSet,
    representation: Representation,
    clusters: dict[str, np.ndarray],
    *,
    random_state: int,
) -> LearningCurves | None:
    """Add the curve for images that are chosen by their clusters, where there is a graph.

    Chosen are images whose labels are known; the labels spread over all.

    Parameters
    ----------
    clusters : dict with `train` and `test`
        ndarrays of int, -1 for noise.
    """
    if curves is None or "graph" not in curves.curves:
        return curves
    counts, train = list(curves.curves["graph"].right), clusters["train"]
    known = np.where(images.labelled["train"], train, NOISE)
    chosen = chosen_rows(representation.train, known, counts, n_draws=curves.n_draws, random_state=random_state)
    if not chosen:
        return curves
    named, over_graph = named_curve(images, clusters, chosen), graph_curve(representation, images, chosen)
    n_clusters = int(train.max()) + 1
    best = {n: (named if n_clusters <= n < 2 * n_clusters else over_graph).right[n] for n in chosen}
    return replace(curves, chosen=Curve(best), chosen_spread=over_graph)


@kept
def label_next(
    images: ImageSet, representation: Representation, clusters: np.ndarray, n: int, *, random_state: int
) -> Choice:
    """Choose train images to label, as `choose` does: among those without a label where some have one, else among all.

    Parameters
    ----------
    clusters : ndarray of shape (n_train,), int
    """
    labelled = images.labelled["train"]
    left = clusters if labelled.all() else np.where(labelled, NOISE, clusters)
    return choose(representation.train, left, n, random_state=random_state)


def title_of(name: str) -> str:
    """Return what readers call a description, or the graph."""
    return OTHERS.get(name) or representations.parse(name).title


@kept
def representation_of(graph: dict[str, np.ndarray], features: dict[str, np.ndarray]) -> Representation:
    """Return what this phase looks for neighbours on: the description whose graph was chosen, or PCA without one.

    Parameters
    ----------
    graph, features : dict of str to ndarray
        As the phases before kept them; `graph` is empty where the run made none.
    """
    return Representation.from_arrays(**graph) if graph else Representation(PCA, features["train"], features["test"])


@kept
def shape_of(
    representation: Representation, gradients: dict[str, np.ndarray], images: ImageSet
) -> Representation | None:
    """Return the description by oriented gradients, made anew where the graph is another's; None where there is none.

    Parameters
    ----------
    gradients : dict of str to ndarray
        The fitted description, as the phase before kept it.
    """
    if not gradients or representation.title == HOG:
        return representation if gradients else None
    model = OrientedGradients.from_arrays(**gradients)
    train, test = (model.transform(flatten(part)) for part in (images.train_images, images.test_images))
    return Representation(HOG, train, test)


def as_matrix(edges: Edges) -> csr_matrix:
    """Return the weights of a graph as a symmetric sparse matrix of shape (n, n)."""
    a, b = edges.pairs.T
    both = np.concatenate([a, b]), np.concatenate([b, a])
    return coo_matrix((np.tile(edges.weights, 2), both), shape=(edges.n, edges.n)).tocsr()


def spread(graph: csr_matrix, labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Let labels spread over a graph (Zhou et al., Learning with local and global consistency, 2004).

    Parameters
    ----------
    graph : sparse matrix of shape (n, n)
    labels : ndarray of shape (n,), int
        -1 where nobody has looked.

    Returns
    -------
    ndarray of shape (n, n_classes), float64
        Share of each class; zeros where no label arrives.
    """
    model = LabelSpreading(kernel=lambda *_: graph, alpha=ALPHA, max_iter=SPREADING_STEPS, tol=0)
    # All steps are gone; what has not arrived by then is too far away to matter.
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        model.fit(np.arange(len(labels))[:, None], labels)
    found = np.zeros((len(labels), n_classes))
    found[:, model.classes_] = np.nan_to_num(model.label_distributions_)
    return found


def spread_to(
    graph: csr_matrix, test_graph: Neighbors, rows: np.ndarray, labels: np.ndarray, n_classes: int
) -> np.ndarray:
    """Label a few train images, let the labels spread, and ask test images' nearest train images; returns classes.

    Parameters
    ----------
    rows, labels : ndarray of int
        The train images that have labels, and these.

    Returns
    -------
    ndarray of shape (n_test,), int64
        The commonest class of `labels` where no label arrives.
    """
    given = np.full(graph.shape[0], UNKNOWN)
    given[rows] = labels
    shares = spread(graph, given, n_classes)
    votes = np.einsum("ij,ijk->ik", weights(test_graph), shares[test_graph.indices])
    nobody = votes.max(axis=1) == 0
    votes[nobody, np.bincount(labels).argmax()] = 1
    return votes.argmax(axis=1)


def graph_curve(representation: Representation, images: ImageSet, chosen: dict[int, list[np.ndarray]]) -> Curve:
    """Spread the labels of chosen train images over the graph.

    Parameters
    ----------
    images : ImageSet
        Only the labels of the chosen are looked at before scoring.
    chosen : dict of int to list of ndarray
        By the number of labels, the rows of each draw.
    """
    graph, labels, test_labels = as_matrix(representation.edges), images.train_labels, images.test_labels
    n_classes = int(max(labels.max(), test_labels.max())) + 1
    # Neighbours are put side by side, and so are often in the processor's memory already: a third of the time is saved.
    order = reverse_cuthill_mckee(graph, symmetric_mode=True)
    place = np.argsort(order)
    graph, near = graph[order][:, order], representation.test_graph
    test_graph = replace(near, indices=place[near.indices])
    calls = (
        (spread_to, (graph, test_graph, place[rows], labels[rows], n_classes), {})
        for drawn in chosen.values()
        for rows in drawn
    )
    classes: Iterator[np.ndarray] = at_once(calls)
    judged = test_labels != UNKNOWN
    found = {n: np.stack([next(classes)[judged] for _ in drawn]) for n, drawn in chosen.items()}
    return Curve({n: own == test_labels[judged] for n, own in found.items()})
