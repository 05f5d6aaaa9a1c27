"""Sentences on what few labels are worth."""

from typing import Any

import pandas as pd

from report_lib.prose import listed, percent, plural, scored


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
        "shapes; the others: a small network taught the labelled images alone."
    )


def curves(found: dict[str, Any]) -> str:
    """Say which description makes the most of few labels, and what more labels add."""
    counts = sorted({n for curve in found.values() for n in curve.accuracy})
    said = []
    for n in dict.fromkeys((counts[0], counts[len(counts) // 2], counts[-1])):
        scores = {title: curve.accuracy[n] for title, curve in found.items() if n in curve.accuracy}
        best = max(scores, key=lambda title: scores[title].value)
        near = [t for t, s in scores.items() if t != best and s.high >= scores[best].low]
        level = f", level within the intervals with {listed(near)}" if near else ""
        said.append(f"with {plural(n, 'label')} {best} at {scored(scores[best])}{level}")
    return f"Most is made of the labels {'; '.join(said)}."


def choosing(random: Any, chosen: Any) -> str:
    """Say what choosing which images to label is worth."""
    said = []
    for n in (n for n in chosen.accuracy if n in random.accuracy):
        a, b = chosen.accuracy[n], random.accuracy[n]
        apart = "" if a.low > b.high or b.low > a.high else " (the intervals overlap)"
        said.append(f"{n:,}: {a.value:.3f} against {b.value:.3f}{apart}")
    return (
        f"Chosen against random, by number of labels: {listed(said)}. The graph, its clusters and the choice saw no label; the "
        "draws differ in where K-Means starts when it parts the clusters, and with one image a cluster hardly at all."
    )


def medoids(chosen: Any, n_clusters: int) -> str:
    """Say what one label for each cluster gives, where that number was tried."""
    if n_clusters not in chosen.accuracy:
        return ""
    return (
        f"With {n_clusters} labels, one for the middle of each cluster, {percent(chosen.accuracy[n_clusters].value, 1)} of the "
        "test images are named rightly."
    )


def to_label(choice: Any, path: str) -> str:
    """Say how the list of images to label is meant."""
    rows = ", ".join(map(str, choice.rows[:10].tolist()))
    return (
        f"The list of {len(choice.rows):,} images is in `{path}`: row among the train images, cluster, and how many images "
        f"each stands for. The first rows: {rows}. No label was looked at in making it."
    )


def absent(names: list[str]) -> str:
    """Say which descriptions were asked for and could not be had."""
    return f"Not in this run, which made no such description: {listed(names)}." if names else ""
