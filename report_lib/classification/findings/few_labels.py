"""Sentences on what few labels are worth."""

from typing import Any

import numpy as np
import pandas as pd

from report_lib.common.prose import listed, percent, plural, scored


def table(curves: dict[str, Any]) -> pd.DataFrame:
    """Tabulate mean accuracy and its standard deviation over the draws, by description and number of labels."""
    found = {}
    for title, curve in curves.items():
        spread = curve.spread
        found[title] = {
            f"{n:,}": f"{score.value:.3f}" + (f" ± {spread[n]:.3f}" if len(curve.right[n]) > 1 else "")
            for n, score in curve.accuracy.items()
        }
    return pd.DataFrame.from_dict(found, orient="index").fillna("")


def key(n_draws: int) -> str:
    """Say what the table holds."""
    return (
        f"Accuracy on all test images by number of labels: mean ± standard deviation over {n_draws} draws of the labelled "
        "images, the same draws for all; one fit where all train images are labelled. `graph`: labels spread over the graph of "
        "nearest neighbours in the description of shape (gradients); the others: a small network taught the labelled "
        "images alone."
    )


def curves(found: dict[str, Any], level_with: Any) -> str:
    """Say which description makes the most of few labels, and what more labels add.

    Parameters
    ----------
    level_with : function
        Such as `few_labels.level_with`: those that cannot be told from the best.
    """
    counts = sorted({n for curve in found.values() for n in curve.accuracy})
    said = []
    for n in dict.fromkeys((counts[0], counts[len(counts) // 2], counts[-1])):
        scores = {title: curve.accuracy[n] for title, curve in found.items() if n in curve.accuracy}
        best = max(scores, key=lambda title: scores[title].value)
        near = level_with(found, best, n)
        level = f", but cannot be told from {listed(near)} on the same draws" if near else ""
        said.append(f"with {plural(n, 'label')}, {best} does best: {scored(scores[best])}{level}")
    first = "; ".join(said)
    return f"{first[:1].upper()}{first[1:]}."


def choosing(random: Any, chosen: Any) -> str:
    """Say what choosing which images to label is worth."""
    said = []
    for n in (n for n in chosen.accuracy if n in random.accuracy):
        a, b = chosen.accuracy[n], random.accuracy[n]
        apart = "" if a.low > b.high or b.low > a.high else " (their intervals overlap)"
        said.append(f"{n:,}: {a.value:.3f} against {b.value:.3f}{apart}")
    return (
        f"Chosen against random, by number of labels: {listed(said)}. No fit saw a label: neither "
        "the graph nor its clusters nor the choice. But the settings of the description were chosen with train labels in view, "
        "and as many clusters were asked for as there are classes, so on other images expect less. The draws of chosen images "
        "differ in which images of a cluster are looked at, not in the clusters."
    )


def medoids(chosen: Any, n_clusters: int) -> str:
    """Say what one label for each cluster gives, where that number was tried."""
    if n_clusters not in chosen.accuracy:
        return ""
    return (
        f"With {n_clusters} labels, one for the middle of each cluster, {percent(chosen.accuracy[n_clusters].value, 1)} of the "
        "test images are named rightly."
    )


def to_label(rows: np.ndarray, path: str) -> str:
    """Say how the list of images to label is meant."""
    first = ", ".join(map(str, rows[:10].tolist()))
    return (
        f"The list of {len(rows):,} images is in `{path}`: row in the file that the images came from, cluster, and how many "
        f"images each stands for. The first rows: {first}. No label was looked at in making it."
    )


def absent(names: list[str]) -> str:
    """Say which descriptions were asked for and could not be had."""
    return f"Not in this run, which made no such description: {listed(names)}." if names else ""
