"""What a clustering is worth: its test images against classes that it never saw."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from report_lib.clustering.fitting import Clusters
from report_lib.common import metrics
from report_lib.common.arrays import UNKNOWN
from report_lib.common.metrics import NOISE, Interval


@dataclass(frozen=True)
class ClusterScores:
    """What a clustering is worth, on test images.

    Attributes
    ----------
    n_clusters : int
    coverage : float
        Share of the test images that are not noise.
    table : ndarray of shape (n_classes, n_clusters + 1), or None without labels
        Classes by clusters; the last column is noise.
    mapping : ndarray of shape (n_clusters,), or None
        Class of each cluster, by the majority of its train images.
    accuracy, majority_accuracy : Interval, or None
        Of clusters named after classes by their train images: one cluster a class at most, or each after its majority.
    ari, nmi : Interval, or None
    ami : float, or None
        Without an interval: its chance term is too slow to resample.
    clustered : dict with `ari` and `ami`, or None
        Of the test images that are not noise alone.
    """

    n_clusters: int
    coverage: float
    table: np.ndarray | None = None
    mapping: np.ndarray | None = None
    accuracy: Interval | None = None
    majority_accuracy: Interval | None = None
    ari: Interval | None = None
    nmi: Interval | None = None
    ami: float | None = None
    clustered: dict[str, float] | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        scores = {"n_clusters": self.n_clusters, "coverage": self.coverage}
        if self.table is None:
            return scores
        intervals = {name: getattr(self, name) for name in ("accuracy", "majority_accuracy", "ari", "nmi")}
        return {
            **scores,
            "class_by_cluster": self.table,
            "purity": metrics.purity(self.table),
            "best_recall": metrics.best_recall(self.table),
            **{name: interval.value for name, interval in intervals.items()},
            "ami": self.ami,
            "clustered_only": self.clustered,
            "intervals_95": {name: interval.as_dict() for name, interval in intervals.items()},
        }


def score_clusters(
    clusters: Clusters,
    train_labels: np.ndarray | None,
    test_labels: np.ndarray | None,
    n_classes: int,
    *,
    random_state: int = 0,
) -> ClusterScores:
    """Score the clusters of test images; what a cluster is called is learnt on train images only.

    Parameters
    ----------
    train_labels, test_labels : ndarray of int, or None
        Of all images; those of -1, unknown, are left out. Without labels only the number of clusters and the coverage
        are known.
    """
    coverage = float(np.mean(clusters.test != NOISE))
    if test_labels is None:
        return ClusterScores(clusters.n_clusters, coverage)
    table, named = _against_classes(clusters, train_labels, test_labels, n_classes)
    clusters, test_labels = _judged(clusters, test_labels)
    kept = clusters.test != NOISE
    shares = {name: metrics.wilson_interval(int(own.right.sum()), len(own.right)) for name, own in named.items()}
    return ClusterScores(
        clusters.n_clusters,
        coverage,
        table=table,
        mapping=named["majority_accuracy"].mapping,
        ami=float(adjusted_mutual_info_score(test_labels, clusters.test)),
        clustered=_clustered_only(test_labels[kept], clusters.test[kept]),
        **shares,
        **metrics.bootstrap_intervals(table, random_state=random_state),
    )


def plain_scores(
    clusters: Clusters, train_labels: np.ndarray, test_labels: np.ndarray, n_classes: int
) -> dict[str, float]:
    """Score the clusters of test images, without intervals: accuracy, majority accuracy, ARI, NMI and AMI."""
    table, named = _against_classes(clusters, train_labels, test_labels, n_classes)
    clusters, test_labels = _judged(clusters, test_labels)
    return metrics.table_scores(table) | {
        **{name: float(own.right.mean()) for name, own in named.items()},
        "ami": float(adjusted_mutual_info_score(test_labels, clusters.test)),
    }


def matched(clusters: Clusters, train_labels: np.ndarray, test_labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Return which test images of known class are in the cluster that is matched with it; shape (n_known,), bool."""
    return _against_classes(clusters, train_labels, test_labels, n_classes)[1]["accuracy"].right


def _judged(clusters: Clusters, test_labels: np.ndarray) -> tuple[Clusters, np.ndarray]:
    """Leave out the test images whose labels are unknown."""
    known = test_labels != UNKNOWN
    return replace(clusters, test=clusters.test[known]), test_labels[known]


@dataclass(frozen=True)
class _Named:
    """Clusters named after classes, shape (n_clusters,), and which test images of known class that hits."""

    mapping: np.ndarray
    right: np.ndarray


def _against_classes(
    clusters: Clusters, train_labels: np.ndarray, test_labels: np.ndarray, n_classes: int
) -> tuple[np.ndarray, dict[str, _Named]]:
    """Return the table of test images, and two ways to name clusters by their train images."""
    clusters, test_labels = _judged(clusters, test_labels)
    table = metrics.contingency(test_labels, clusters.test, n_classes, clusters.n_clusters)
    seen = metrics.contingency(clusters.of_train(train_labels), clusters.train, n_classes, clusters.n_clusters)
    ways = {"accuracy": metrics.matched_map(seen), "majority_accuracy": metrics.majority_map(seen)}
    return table, {
        name: _Named(mapping, metrics.apply_map(mapping, clusters.test) == test_labels)
        for name, mapping in ways.items()
    }


def _clustered_only(labels: np.ndarray, clusters: np.ndarray) -> dict[str, float]:
    if len(labels) == 0:
        return {"ari": np.nan, "ami": np.nan}
    return {
        "ari": float(adjusted_rand_score(labels, clusters)),
        "ami": float(adjusted_mutual_info_score(labels, clusters)),
    }
