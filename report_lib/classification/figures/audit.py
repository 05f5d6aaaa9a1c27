"""Figures of what a person should look at again."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.classification.audit import Suspects
from report_lib.classification.unusual import Copies, Distances
from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.data.images import ImageSet

# Pixels between pictures that belong together.
GAP = 1


@passes_none
def suspects(worst: Suspects, images: ImageSet) -> go.Figure | None:
    """Draw the images whose labels are the most doubtful, each with its nearest train images."""
    n, n_tiles = worst.images.shape[:2]
    names, mark = images.class_names, "" if images.has_names else "#"
    titles = [
        f"{mark}{called} · {names[label]}" + (f", rather {names[other]}?" if label != other else "")
        for called, label, other in zip(worst.called, worst.labels, worst.suggested, strict=True)
    ]
    return style.finish(
        _strips(worst.images, titles, images.limits, columns=2),
        title=f"The {n} most doubtful labels of {worst.part} images",
        caption=f"Images of the {worst.part} part, the most doubtful label first. Over each its row or name, its label and "
        f"what judges who have not seen the label take it for; at its right the {n_tiles - 1} train images nearest to it.",
    )


@passes_none
def strangers(found: dict[str, Distances], images: ImageSet, *, most: int = 10) -> go.Figure | None:
    """Draw the images of each part that are farthest from their class, with their rows or names and their labels."""
    shown = {part: own.strangers[:most] for part, own in found.items()}
    if not any(map(len, shown.values())):
        return None
    pictures = np.concatenate([getattr(images, f"{part}_images")[rows] for part, rows in shown.items()])
    mark = "" if images.has_names else "#"
    titles = [
        f"{mark}{called} · {images.class_names[found[part].labels[row]]}"
        for part, rows in shown.items()
        for row, called in zip(rows, images.called(part, rows, short=True), strict=True)
    ]
    n = {part: len(rows) for part, rows in shown.items()}
    return style.finish(
        style.image_grid(pictures, columns=min(5, len(pictures)), titles=titles, limits=images.limits),
        title=f"The {len(pictures)} images farthest from their class",
        caption=f"{n['train']} train and {n['test']} test images whose nearest train images of the same class are far away, "
        "compared with the rest of the class; train before test images, the farthest first. Over each, its row or name and "
        "its label.",
    )


@passes_none
def copies(found: Copies, images: ImageSet) -> go.Figure | None:
    """Draw pairs of copies and near-copies side by side, with their rows or names and their labels."""
    if not len(found.images):
        return None
    names = images.class_names
    titles = [
        " = ".join(f"{called} · {names[label]}" for called, label in zip(pair, labels, strict=True))
        for pair, labels in zip(found.called, found.labels, strict=True)
    ]
    return style.finish(
        _strips(found.images, titles, images.limits, columns=2),
        title=f"{len(found.images)} of {found.n_pairs:,} pairs of copies and near-copies",
        caption="Pairs of images, those with different labels first, then exact copies before near-copies. Over each pair, the "
        "part, the row or name and the label of both.",
    )


def _strips(images: np.ndarray, titles: Sequence[str], limits: tuple[float, float], *, columns: int) -> go.Figure:
    """Draw groups of images, of shape (n, n_tiles, h, w), each group a strip under one title."""
    n, n_tiles, h, w = images.shape
    joined = np.full((n, h, n_tiles * (w + GAP) - GAP), limits[1], np.float64)
    for i in range(n_tiles):
        joined[:, :, i * (w + GAP) : i * (w + GAP) + w] = images[:, i]
    return style.image_grid(joined, columns=min(columns, n), titles=titles, limits=limits)
