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
    accuracy, majority_accuracy, ari, nmi : Interval, or None
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
    """Score the clusters of test images; the majority map is learnt on train images only.

    Parameters
    ----------
    train_labels, test_labels : ndarray of int, or None
        Of all images; those of -1, unknown, are left out. Without labels only the number of clusters and the coverage
        are known.
    """
    coverage = float(np.mean(clusters.test != NOISE))
    if test_labels is None:
        return ClusterScores(clusters.n_clusters, coverage)
    clusters, test_labels = _judged(clusters, test_labels)
    kept = clusters.test != NOISE
    table, mapping, right = _against_classes(clusters, train_labels, test_labels, n_classes)
    return ClusterScores(
        clusters.n_clusters,
        coverage,
        table=table,
        mapping=mapping,
        majority_accuracy=metrics.wilson_interval(int(right.sum()), len(right)),
        ami=float(adjusted_mutual_info_score(test_labels, clusters.test)),
        clustered=_clustered_only(test_labels[kept], clusters.test[kept]),
        **metrics.bootstrap_intervals(table, random_state=random_state),
    )


def plain_scores(
    clusters: Clusters, train_labels: np.ndarray, test_labels: np.ndarray, n_classes: int
) -> dict[str, float]:
    """Score the clusters of test images, without intervals: accuracy, majority accuracy, ARI, NMI and AMI."""
    clusters, test_labels = _judged(clusters, test_labels)
    table, _, right = _against_classes(clusters, train_labels, test_labels, n_classes)
    return metrics.table_scores(table) | {
        "majority_accuracy": float(right.mean()),
        "ami": float(adjusted_mutual_info_score(test_labels, clusters.test)),
    }


def _judged(clusters: Clusters, test_labels: np.ndarray) -> tuple[Clusters, np.ndarray]:
    """Leave out the test images whose labels are unknown."""
    known = test_labels != UNKNOWN
    return replace(clusters, test=clusters.test[known]), test_labels[known]


def _against_classes(
    clusters: Clusters, train_labels: np.ndarray, test_labels: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the table of test images, the class of each cluster by its train images, and which test images that hits."""
    table = metrics.contingency(test_labels, clusters.test, n_classes, clusters.n_clusters)
    seen = clusters.of_train(train_labels)
    mapping = metrics.majority_map(metrics.contingency(seen, clusters.train, n_classes, clusters.n_clusters))
    return table, mapping, metrics.apply_map(mapping, clusters.test) == test_labels


def _clustered_only(labels: np.ndarray, clusters: np.ndarray) -> dict[str, float]:
    if len(labels) == 0:
        return {"ari": np.nan, "ami": np.nan}
    return {
        "ari": float(adjusted_rand_score(labels, clusters)),
        "ami": float(adjusted_mutual_info_score(labels, clusters)),
    }
