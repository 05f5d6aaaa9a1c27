"""All clusterings of a run side by side, scored on test images against classes that none of them saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from report_lib.clustering.cards import Cards
from report_lib.clustering.density import Density
from report_lib.clustering.fitting import Clusters, Fitted, fit_all, for_all, recurrence
from report_lib.clustering.gradient_settings import SettingsTried
from report_lib.clustering.graphs import GraphChoice, Support, halves
from report_lib.clustering.panel import Panel
from report_lib.clustering.representations import Representation
from report_lib.clustering.scaling import Scalings
from report_lib.clustering.scores import ClusterScores, matched, plain_scores, score_clusters
from report_lib.common.arrays import UNKNOWN
from report_lib.common.errors import ReportError
from report_lib.common.keep import kept
from report_lib.common.metrics import NOISE, Interval, over_seeds
from report_lib.reduction.linear import LinearReducer, PixelScaler


@dataclass(frozen=True)
class Row:
    """One method on one description.

    Attributes
    ----------
    fitted : Fitted
    scores : ClusterScores
        Of the fit that is kept.
    by_seed : dict of str to ndarray of shape (n_seeds,)
        `n_clusters`, `coverage` and, with labels, what `plain_scores` gives.
    right : ndarray of shape (n_seeds, n_test), bool, or None without labels
        Which test images of known class are in the cluster that is matched with it, by each fit.
    """

    fitted: Fitted
    scores: ClusterScores
    by_seed: dict[str, np.ndarray]
    right: np.ndarray | None = None

    @property
    def name(self) -> str:
        """As it is called in `metrics.json`."""
        return f"{self.fitted.method} on {self.fitted.on}"

    @property
    def mean(self) -> dict[str, Interval]:
        """Mean scores of the fits, with 95% intervals over seeds and test images; empty without labels."""
        if self.right is None:
            return {}
        lowest = {"ari": -1.0}
        return {
            name: over_seeds(self.by_seed[name], getattr(self.scores, name), lowest=lowest.get(name, 0.0))
            for name in ("accuracy", "majority_accuracy", "ari", "nmi")
        }

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        spread = {name: float(np.std(own, ddof=1)) if len(own) > 1 else None for name, own in self.by_seed.items()}
        return {
            **self.scores.as_dict(),
            "method": self.fitted.method,
            "on": self.fitted.on,
            "by_seed": self.by_seed,
            "mean": {name: float(np.mean(own)) for name, own in self.by_seed.items()},
            "mean_intervals_95": {name: own.as_dict() for name, own in self.mean.items()},
            "standard_deviation": spread,
        }


@dataclass(frozen=True)
class Chosen:
    """The clusters that the next phase takes.

    Attributes
    ----------
    row : Row
        The method that found them.
    clusters : Clusters
        Of all train images.
    representation : Representation
        Where they were found.
    numbers_as_classes : float, or None
        Share of test images whose cluster happens to have the number of their class: what one must not look at.
    """

    row: Row
    clusters: Clusters
    representation: Representation
    numbers_as_classes: float | None

    @property
    def title(self) -> str:
        """Method and description, for readers."""
        return self.row.fitted.title

    @property
    def share(self) -> np.ndarray:
        """Share of the train images in each cluster."""
        return self.clusters.sizes / len(self.clusters.train)

    @property
    def stability(self) -> np.ndarray:
        """How well each cluster is found again with other seeds."""
        return recurrence(self.row.fitted)

    def arrays(self, n_neighbors: int) -> dict[str, np.ndarray]:
        """Return what the next phase takes: the clusters of train and test images, and what tells those of new ones.

        That is where they were found, how many of the nearest train images have a vote, and the centres of K-Means.
        """
        clusters, on = self.clusters, np.array(self.representation.title)
        arrays = {"train": clusters.train, "test": clusters.test, "on": on, "n_neighbors": np.array(n_neighbors)}
        return arrays if clusters.centers is None else arrays | {"centers": clusters.centers}


@kept
def score(
    fitted: Sequence[Fitted],
    train_labels: np.ndarray | None,
    test_labels: np.ndarray | None,
    n_classes: int,
    *,
    random_state: int,
) -> list[Row]:
    """Score every fit of every method; the kept one with intervals."""
    known = train_labels, test_labels, n_classes
    return [
        Row(
            own,
            score_clusters(own.kept, *known, random_state=random_state),
            _by_seed(own.fits, *known),
            None if test_labels is None else np.stack([matched(fit, *known) for fit in own.fits]),
        )
        for own in fitted
    ]


def _by_seed(
    fits: Sequence[Clusters], train_labels: np.ndarray | None, test_labels: np.ndarray | None, n_classes: int
) -> dict[str, np.ndarray]:
    counted = {
        "n_clusters": np.array([fit.n_clusters for fit in fits]),
        "coverage": np.array([float(np.mean(fit.test != NOISE)) for fit in fits]),
    }
    if test_labels is None:
        return counted
    scored = [plain_scores(fit, train_labels, test_labels, n_classes) for fit in fits]
    return counted | {name: np.array([own[name] for own in scored]) for name in scored[0]}


@kept
def choose_graph(
    fitted: Sequence[Fitted], representations: dict[str, Representation], *, random_state: int
) -> GraphChoice | None:
    """Choose the graph that goes on by its modularity and by how far halves of the images agree; None without graphs."""
    found = {}
    for own in (own for own in fitted if own.method == "graph"):
        agreement = halves(representations[own.on], own.kept.n_clusters, random_state=random_state)
        found[own.on] = Support(own.kept.modularity, agreement)
    return GraphChoice(found) if found else None


def leading(fitted: Sequence[Fitted], choice: GraphChoice | None) -> list[Fitted]:
    """Return the fits with the graph chosen before the other, so that it is the one that the run reports."""
    return sorted(fitted, key=lambda own: own.method == "graph" and own.on != choice.on)


@kept
def at_number(
    row: Row, representations: dict[str, Representation], panel: Panel, *labels: Any, random_state: int
) -> Row | None:
    """Score one more fit of a row's method, at the number of clusters that halves of the images support.

    None where that is not known, is the number of the row, or where the method takes none.

    Parameters
    ----------
    *labels
        `train_labels`, `test_labels` and `n_classes`, as `score` takes them.
    """
    own = row.fitted
    if panel.support is None or own.options.get("n_clusters", panel.best) == panel.best:
        return None
    options, where = own.options | {"n_clusters": panel.best}, {own.on: representations[own.on]}
    again = fit_all(where, [own.method], n_seeds=1, random_state=random_state, **options)
    return score(again, *labels, random_state=random_state)[0]


def pick(rows: Sequence[Row], method: str) -> Row | None:
    """Return a method where a run reports it, the first of its rows; None where the run has no such method."""
    return next((row for row in rows if row.fitted.method == method), None)


@kept
def choose(
    rows: Sequence[Row], method: str, representations: dict[str, Representation], test_labels: np.ndarray | None
) -> Chosen:
    """Return the clusters that the next phase takes, those of one method.

    Raises
    ------
    ReportError
        When it found fewer than two clusters, which the next phase cannot work with.
    """
    row = pick(rows, method)
    on = representations[row.fitted.on]
    clusters = for_all(row.fitted, on)
    if clusters.n_clusters < 2:
        raise ReportError(
            f"clustering.chosen is {method}, but it found {clusters.n_clusters} clusters on {row.fitted.on}, and the next "
            f"phase needs two; choose another of {', '.join(dict.fromkeys(own.fitted.method for own in rows))}"
        )
    if test_labels is None:
        return Chosen(row, clusters, on, None)
    known = test_labels != UNKNOWN
    return Chosen(row, clusters, on, float(np.mean(clusters.test[known] == test_labels[known])))


@dataclass(frozen=True)
class Centers:
    """Centres of K-Means as images of shape (n_clusters, h, w), with the train images of each cluster counted."""

    images: np.ndarray
    sizes: np.ndarray


def centers(
    rows: Sequence[Row], pca: dict[str, np.ndarray], scaler: dict[str, np.ndarray], image_shape: tuple[int, int]
) -> Centers | None:
    """Turn the centres of K-Means on principal components back into images; None where a run has no K-Means.

    Parameters
    ----------
    pca, scaler : dict
        As the reducer and the scaler are kept.
    """
    row = pick(rows, "kmeans")
    if row is None:
        return None
    pixels = LinearReducer.from_arrays(**pca).inverse_transform(row.fitted.kept.centers)
    images = PixelScaler.from_arrays(**scaler).inverse_transform(pixels)
    return Centers(images.reshape(-1, *image_shape), row.fitted.kept.sizes)


def report_metrics(
    rows: Sequence[Row],
    chosen: Chosen,
    *,
    panel: Panel,
    densities: dict[str, Density],
    cards: Cards,
    scalings: Scalings,
    graphs: GraphChoice | None,
    gradients: SettingsTried | None = None,
    at_panel_number: Row | None = None,
) -> dict[str, object]:
    """Gather the numbers that the phase shows, under the names of `metrics.json`."""
    homes = {method: pick(rows, method) for method in dict.fromkeys(row.fitted.method for row in rows)}
    methods = {method: row.as_dict() for method, row in homes.items()}
    if "kmeans" in methods:
        methods["kmeans"]["sizes"] = homes["kmeans"].fitted.kept.sizes
    return {
        "chosen": chosen.row.fitted.method,
        "chosen_on": chosen.row.fitted.on,
        "numbers_taken_for_classes": chosen.numbers_as_classes,
        "graph_choice": graphs and graphs.as_dict(),
        "methods": methods,
        "at_panel_number": at_panel_number and at_panel_number.as_dict(),
        "league": {row.name: row.as_dict() for row in rows},
        "cards": {"stability": chosen.stability, "doubtful": cards.doubtful},
        "sweep": panel.sweep.as_dict(),
        "panel": panel.as_dict(),
        "resolutions": panel.communities and panel.communities.as_dict(),
        "density": {title: own.as_dict() for title, own in densities.items()},
        "scaling": scalings.as_dict(),
        "gradient_settings": gradients and gradients.as_dict(),
    }
