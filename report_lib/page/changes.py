"""The same test images in two runs: which changed cluster, class or suspicion, with pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from scipy.optimize import linear_sum_assignment

from report_lib.common import metrics, style
from report_lib.common.arrays import NOISE, UNKNOWN
from report_lib.common.prose import decimal, percent, plural, shared
from report_lib.page.explorer import stretched

# Kinds of change that are shown with pictures, and pictures of each.
MOST_KINDS, MOST_OF_A_KIND = 12, 12
Points = dict[str, np.ndarray]


@dataclass(frozen=True)
class Change:
    """What became of one property of the images that two runs share.

    Attributes
    ----------
    title : str
    said : str
        How many changed, in sentences.
    kinds : list of (str, str, int)
        What it was, what it is, and of how many images, the commonest first.
    figure : Figure or None
        Some images of each of the first kinds; None where nothing changed.
    """

    title: str
    said: str
    kinds: list[tuple[str, str, int]]
    figure: go.Figure | None


def shared_images(one: Points, other: Points) -> tuple[Points, Points]:
    """Return the points of two runs of the same data, of the test images that both have on their map, in one order."""
    _, *places = np.intersect1d(one["rows"], other["rows"], return_indices=True)
    n = [len(own["rows"]) for own in (one, other)]
    both = zip((one, other), places, n, strict=True)
    return tuple(
        {key: own[at] if own.ndim and len(own) == length else own for key, own in points.items()}
        for points, at, length in both
    )


def changes(one: Points, other: Points, class_names: Sequence[str]) -> list[Change]:
    """Hold two runs against one another, image by image.

    Parameters
    ----------
    one, other : dict of str to ndarray
        As `shared_images` gives them.
    class_names : sequence of str
    """
    if not len(one["rows"]):
        return []
    have = [key for key in ("predicted", "suspects") if len(one.get(key, ())) and len(other.get(key, ()))]
    both = [("Cluster", _clusters(one, other, class_names))]
    if "predicted" in have:
        names = np.array([*class_names, "none"])
        pair = names[one["predicted"]], names[other["predicted"]]
        both.append(("Class", (*pair, one["predicted"] != other["predicted"], _right(one, other))))
    if "suspects" in have:
        names = np.array(["not doubted", "doubted"])
        pair = names[one["suspects"].astype(int)], names[other["suspects"].astype(int)]
        both.append(("Suspicion of the label", (*pair, pair[0] != pair[1], "")))
    return [_change(title, *found, stretched(one["thumbnails"])) for title, found in both]


def matched(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the clusters of another run under the numbers of those that share most images with them, one to one.

    Noise stays noise; what no cluster is left for is -2. Kuhn, The Hungarian method for the assignment problem, 1955.

    Returns
    -------
    ndarray of shape (n,), int64
    """
    n_one, n_other = (int(own.max(initial=NOISE)) + 1 for own in (one, other))
    is_in = (one != NOISE) & (other != NOISE)
    table = np.bincount(one[is_in] * n_other + other[is_in], minlength=n_one * n_other).reshape(n_one, n_other)
    rows, columns = linear_sum_assignment(table, maximize=True)
    numbers = np.full(n_other + 1, -2)
    numbers[columns], numbers[NOISE] = rows, NOISE
    return numbers[other]


def _clusters(one: Points, other: Points, class_names: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    was, now = one["clusters"], matched(one["clusters"], other["clusters"])
    # Both by the numbers of the first run, each with the class that its own run has there; -2 and -1 are the last two.
    named = [
        np.array([*_named(np.maximum(own, NOISE), one["labels"], class_names), "a new one", "noise"])[own]
        for own in (was, now)
    ]
    said = (
        "Clusters of the second run bear the numbers of those of the first that they share most images with, one to one. The "
        "adjusted Rand index of the two, 1 where they are equal and 0 where they have nothing to do with one another, is "
        f"{decimal(metrics.rand_between(was, other['clusters']))}."
    )
    return *named, now != was, said


def _named(clusters: np.ndarray, labels: np.ndarray, class_names: Sequence[str]) -> list[str]:
    """Name clusters by number, and by the commonest class of their images where there are labels."""
    names = style.cluster_names(int(clusters.max(initial=NOISE)) + 1)
    if not len(labels):
        return names
    table = metrics.contingency(labels, clusters, len(class_names), len(names))
    return [f"{name} ({class_names[i]})" for name, i in zip(names, metrics.majority_map(table), strict=True)]


def _right(one: Points, other: Points) -> str:
    """Say which of two models is right more often, image by image; nothing where no label is known."""
    known = one["labels"] != UNKNOWN if len(one["labels"]) else np.zeros(0, bool)
    if known.sum() < 2:
        return ""
    first, second = ((own["predicted"] == one["labels"])[known] for own in (one, other))
    found = metrics.paired_difference(second, first)
    word = "more often than" if found.low > 0 else "less often than" if found.high < 0 else "about as often as"
    told = [shared(metrics.wilson_interval(int(right.sum()), len(right))) for right in (first, second)]
    return (
        f"The model of the second run is right {word} that of the first, on the same images: {told[1]} against {told[0]}; "
        f"{int((first & ~second).sum()):,} of the first run's right answers are wrong in the second, and "
        f"{int((second & ~first).sum()):,} of its wrong ones right."
    )


def _change(
    title: str, was: np.ndarray, now: np.ndarray, changed: np.ndarray, more: str, pictures: np.ndarray
) -> Change:
    n = int(changed.sum())
    if not n:
        return Change(title, f"None of {plural(len(changed), 'image')} changed.", [], None)
    said = f"{n:,} of {plural(len(changed), 'image')} changed ({percent(n / len(changed), 1)}). {more}".strip()
    kinds, own, counts = np.unique(
        np.stack([was[changed], now[changed]]), axis=1, return_inverse=True, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")
    told = [(str(kinds[0, k]), str(kinds[1, k]), int(counts[k])) for k in order]
    groups = [np.flatnonzero(changed)[own == k][:MOST_OF_A_KIND] for k in order[:MOST_KINDS]]
    return Change(title, said, told, _pictures(title, groups, told, pictures))


def _pictures(
    title: str, groups: list[np.ndarray], kinds: list[tuple[str, str, int]], pictures: np.ndarray
) -> go.Figure:
    """Draw some images of each kind of change, a row a kind."""
    tiles = np.full((len(groups), MOST_OF_A_KIND, *pictures.shape[1:]), np.nan)
    for row, group in zip(tiles, groups, strict=True):
        row[: len(group)] = pictures[group]
    names = [f"{was} → {now}" for was, now, _ in kinds[: len(groups)]]
    fig = style.image_grid(tiles.reshape(-1, *pictures.shape[1:]), columns=MOST_OF_A_KIND, rows=names)
    # The names are longer than those of classes, and nothing stands above the columns.
    fig.update_layout(margin_l=24 + 8 * max(map(len, names)), margin_t=style.TITLE_HEIGHT + 4)
    was, now, n = kinds[0]
    return style.finish(
        fig,
        title=f"{title}: the commonest change is {was} → {now}, {plural(n, 'image')}",
        caption="Some of the test images that changed, a row for each of the commonest changes: what the first run says, then "
        "what the second says.",
    )


def counted(kinds: Sequence[tuple[str, str, int]], most: int = MOST_KINDS) -> dict[str, Any]:
    """Return the commonest changes as a table, and how many kinds more there are."""
    return {"rows": kinds[:most], "more": max(0, len(kinds) - most)}
