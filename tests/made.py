"""Made things that several tests look at: panels, leagues, scores, maps, all small."""

import numpy as np

from report_lib.classification import datamap, supervised
from report_lib.clustering import league, panel
from report_lib.clustering.fitting import Clusters, Fitted
from report_lib.clustering.gradient_settings import GRID, Setting, SettingsTried
from report_lib.common import metrics

NAMES = ["<b>bold", "Trouser", "Coat"]


def interval(value):
    return metrics.Interval(value, value - 0.1, value + 0.1)


def made_panel(**changes):
    """Four numbers of clusters by three criteria that disagree; the mean rank is best at 4."""
    spread = {"low": np.array([0.3, 0.5, 0.6, 0.1]), "high": np.array([0.6, 0.8, 1.0, 0.4]), "spread": "over halves"}
    criteria = [
        panel.Criterion("silhouette", np.array([0.1, 0.4, 0.3, 0.2])),
        panel.Criterion("mixture BIC", np.array([-500.0, -600.0, -700.0, np.nan]), highest=False),
        panel.Criterion("stability", np.array([0.4, 0.6, 0.8, 0.2]), **spread),
    ]
    return panel.Panel(**{"n_clusters": np.array([2, 3, 4, 5]), "criteria": criteria, **changes})


def made_settings(**changes):
    """Three settings of the gradients, on two pairs of halves: the second is supported best, the third agrees best."""
    support = np.array([[0.6, 0.5], [0.7, 0.6], [0.4, 0.5]])
    nmi = np.array([[0.7, 0.72, 0.7, 0.7], [0.66, 0.66, 0.6, 0.68], [0.73, 0.74, 0.7, 0.75]])
    settings = [Setting(*own) for own in GRID[:3]]
    return SettingsTried(
        **{"settings": settings, "n_clusters": 7, "n_images": 2000, "support": support, "nmi": nmi, **changes}
    )


def league_rows(rng, shares=(0.2, 0.6)):
    """Rows of methods that get that share of the images wrong."""
    labels, rows = rng.integers(0, 3, 90), []
    for (method, on), share in zip((("graph", "oriented gradients"), ("kmeans", "PCA")), shares, strict=True):
        found = [np.where(rng.random(90) < share, rng.integers(0, 3, 90), labels) for _ in range(2)]
        rows.append(Fitted(method, on, [Clusters(3, test, test) for test in found], 0.1))
    return league.score(rows, labels, labels, 3, random_state=0)


def scored(rng, n=60):
    """Scores of two classifiers of three classes, one of them without probabilities."""
    labels = np.arange(n) % 3
    proba = rng.dirichlet(np.ones(3), n).astype(np.float32)
    proba[np.arange(n), labels] += 0.7
    proba /= proba.sum(axis=1, keepdims=True)
    seconds = {"fit": 1.0, "predict": 0.1}
    found = [
        supervised.Predictions("conv", n, proba.argmax(axis=1), proba, seconds, None),
        supervised.Predictions("svc", 30, np.roll(labels, 1), None, seconds, None),
    ]  # fmt: skip
    return supervised.score(found, labels, 3)


def made_map(rng, **changes):
    """Forty test images of three classes: 4 of them named wrongly, 0 to 3, and the labels of two, 3 and 4, doubted."""
    labels = np.arange(40) % 3
    arrays = {
        "method": "UMAP", "positions": rng.normal(size=(40, 2)).astype(np.float32),
        "rows": np.arange(40) + 100, "thumbnails": np.zeros((40, 6, 4), np.uint8), "clusters": (labels + 1) % 3,
        "labels": labels, "predicted": np.where(np.arange(40) < 4, (labels + 1) % 3, labels),
        "margins": np.linspace(0, 1, 40, dtype=np.float32), "suspects": np.isin(np.arange(40), [3, 4]),
        "names": np.empty(0, str), "neighbors": np.zeros((40, 6), np.int32),
    }  # fmt: skip
    return datamap.DataMap(**{**arrays, **changes})
