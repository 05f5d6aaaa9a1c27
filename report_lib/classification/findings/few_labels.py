"""Sentences on what few labels are worth."""

import pandas as pd

from report_lib.classification.few_labels import LearningCurves, level_with
from report_lib.classification.label_choice import Choice
from report_lib.clustering.methods import HOG
from report_lib.common.display import passes_none
from report_lib.common.prose import listed, percent, plural, shared, text
from report_lib.common.representations import trained_once
from report_lib.data.images import ImageSet


@passes_none
def curves_table(found: LearningCurves) -> pd.DataFrame | None:
    """Tabulate mean accuracy and its standard deviation over the draws, by description and number of labels."""
    rows = {}
    for title, curve in found.by_title.items():
        spread = curve.spread
        rows[title] = {
            f"{n:,}": percent(score.value, 1) + (f" ± {100 * spread[n]:.1f}" if len(curve.right[n]) > 1 else "")
            for n, score in curve.accuracy.items()
        }
    return pd.DataFrame.from_dict(rows, orient="index").fillna("")


@passes_none
def curves_key(found: LearningCurves) -> str | None:
    """Say what the table holds."""
    where = "in the description of shape (oriented gradients)" if found.on == HOG else f"on {found.on}"
    return (
        f"Share of the test images that are right, by number of labels: mean ± standard deviation over {found.n_draws} draws "
        f"of the labelled images. `graph`: labels spread over the graph of nearest neighbours {where}, also to images without "
        "labels; the others: a small network learns from the labelled images alone, anew for each draw"
        f"{trained_once(found.by_title)}."
    )


@passes_none
def learning_curves(found: LearningCurves) -> str | None:
    """Say which description makes the most of few labels, and what more labels add."""
    curves = found.by_title
    counts = sorted({n for curve in curves.values() for n in curve.accuracy})
    said = []
    for n in dict.fromkeys((counts[0], counts[len(counts) // 2], counts[-1])):
        scores = {title: curve.accuracy[n] for title, curve in curves.items() if n in curve.accuracy}
        best = max(scores, key=lambda title: scores[title].value)
        near = level_with(curves, best, n)
        level = f", with no clear difference from {listed(near)}" if near else ""
        said.append(f"with {plural(n, 'label')}, {best} is best: {shared(scores[best])}{level}")
    return f"Labels drawn at random{trained_once(curves)}: {'; '.join(said)}."


def choosing(found: LearningCurves | None, *, n_clusters: int, n_classes: int) -> str | None:
    """Say what choosing which images to label is worth, and which choices were made with labels in view."""
    if found is None or found.chosen is None:
        return None
    random, chosen = found.curves["graph"], found.chosen_spread or found.chosen
    said = []
    for n in (n for n in chosen.accuracy if n in random.accuracy):
        a, b = chosen.accuracy[n], random.accuracy[n]
        gain = chosen.gain_over(random, n)
        apart = " (no clear difference)" if gain.low <= 0 <= gain.high else ""
        said.append(f"{percent(a.value, 1)} against {percent(b.value, 1)} with {n:,}{apart}")
    known = ["the settings of the gradients were chosen with train labels in view"] * (found.on == HOG)
    known += ["there are as many clusters as classes"] * (n_clusters == n_classes)
    less = f" But {', and '.join(known)}: on other images expect less." if known else ""
    return (
        "Labels drawn at random say the same thing twice and miss rare things. So the middle of each cluster is labelled "
        f"first, then the middles of its parts. Chosen against random labels, both spread over the graph: {listed(said)}."
        f"{_named(found, n_clusters)}{less}"
    )


def _named(found: LearningCurves, n_clusters: int) -> str:
    few = [n for n in found.chosen.accuracy if found.chosen_spread and n_clusters <= n < 2 * n_clusters]
    if not few:
        return ""
    named = percent(found.chosen.accuracy[few[0]].value, 1)
    return f" With {few[0]:,}, naming each whole cluster after its own labels gets {named}."


def to_label(choice: Choice, images: ImageSet, path: str) -> str:
    """Say how the list of images to label is meant."""
    if not len(choice.rows):
        return f"Every image in a cluster has a label, so the list in `{path}` is empty."
    first, named = ", ".join(map(text, images.called("train", choice.rows[:10]))), images.has_names
    place = "row and name" if named else "row"
    return (
        f"The list of {len(choice.rows):,} images is in `{path}`: {place} in the file that the images came from, cluster, "
        f"and how many images each stands for. The first {'names' if named else 'rows'}: {first}. {_unseen(images)}"
    )


def _unseen(images: ImageSet) -> str:
    labelled = images.labelled["train"]
    if labelled.all() or not labelled.any():
        return "It was made without looking at labels."
    return f"The {plural(int(labelled.sum()), 'train image')} with a label are left out."


def missing_sources(found: LearningCurves | None) -> str | None:
    """Say which descriptions were asked for and could not be had."""
    if found is None or not found.missing:
        return None
    return f"Not in this run, which made no such description: {listed(found.missing)}."
