"""Sentences on what can be told of a new image."""

from typing import Any

import numpy as np
import pandas as pd

from report_lib.prose import percent, scored


def fidelity(result: Any) -> str:
    """Say how well a forest repeats the clusters."""
    spread = "" if result.stratified else " A cluster was too small to be spread over the folds, so folds are random."
    folds = np.array([fold.value for fold in result.folds])
    return (
        f"Taught {result.n_learnt:,} images with their clusters as labels, the forest agrees with the clusters of the "
        f"{result.n_images - result.n_learnt:,} held out at {scored(result.holdout)}, and in {len(folds)}-fold "
        f"cross-validation at {folds.mean():.3f} ± {folds.std(ddof=1):.3f} (standard deviation over the folds).{spread} "
        "Where clusters come from K-Means, an image's cluster is a fixed rule, the nearest centre, and this is how well the "
        "forest imitates it."
    )


def report_table(report: Any) -> pd.DataFrame:
    """Tabulate precision, recall and F1 of each cluster on the held-out images."""
    columns = {
        "precision": [f"{v:.3f}" for v in report.precision],
        "recall": [f"{v:.3f}" for v in report.recall],
        "F1": [f"{v:.3f}" for v in report.f1],
        "held-out images": [f"{v:,}" for v in report.support],
    }
    return pd.DataFrame(columns, index=[f"C{i + 1}" for i in range(len(report.f1))])


def forest_report(report: Any) -> str:
    """Say how far clusters differ in how well they are repeated."""
    worst, best = int(np.argmin(report.f1)), int(np.argmax(report.f1))
    return (
        f"F1 runs from {report.f1[worst]:.2f} (C{worst + 1}) to {report.f1[best]:.2f} (C{best + 1}). "
        "The table measures agreement with the clusters, not with any truth."
    )


def ceiling(fidelity: Any, accuracy: Any, ceiling: Any) -> str:
    """Set fidelity, accuracy and the clusters' own accuracy side by side."""
    overlap = accuracy.low <= ceiling.high and ceiling.low <= accuracy.high
    beside = "no different within the intervals" if overlap else "better" if accuracy.value > ceiling.value else "worse"
    return (
        f"On test images the forest agrees with the clusters at {scored(fidelity)}, and with the true classes at "
        f"{scored(accuracy)}. The clusters themselves, each named after its commonest train class, reach {scored(ceiling)}: "
        f"the forest is {beside}. It was taught the clusters, mistakes included, and a high fidelity says only that it "
        "learnt its lesson."
    )


def forest_headline(forest: dict[str, Any]) -> str:
    """Say what a forest taught the clusters is worth, from the run's metrics."""
    said = f"A Random Forest taught these clusters repeats them for {percent(forest['fidelity'], 1)} of the test images"
    if "accuracy" not in forest:
        return said + "; how many it names rightly cannot be known without labels."
    return said + (
        f" and agrees with the true class of {percent(forest['accuracy'], 1)}; the clusters themselves agree with "
        f"{percent(forest['ceiling'], 1)}."
    )
