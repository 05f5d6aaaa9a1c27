"""Figures of what groups the images fall into."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.clustering.league import Centers
from report_lib.common import metrics, style
from report_lib.common.display import passes_none
from report_lib.common.prose import percent

# A class is together where one cluster holds this much of it.
TOGETHER = 0.8


@passes_none
def class_by_cluster(table: np.ndarray | None, names: Sequence[str]) -> go.Figure | None:
    """Draw a contingency table of test images as shares of each class, classes by the cluster that holds most of them."""
    counts = table[:, :-1]
    columns = style.cluster_names(counts.shape[1])
    with np.errstate(invalid="ignore"):
        share = np.nan_to_num(counts / table.sum(axis=1, keepdims=True))
    order = np.lexsort((-share.max(axis=1), share.argmax(axis=1)))
    rows = [names[i] for i in order]
    fig = style.heatmap(share[order], rows, columns, text=":.1%", top=1.0)
    looks = style.cluster_looks(len(columns), table)
    style.name_in_colors(fig, rows=[style.color(i) for i in order], columns=[look.color for look in looks])
    fig.update_xaxes(title_text="cluster")
    fig.update_yaxes(title_text="true class")
    whole = int((share.max(axis=1) >= TOGETHER).sum())
    stay = "class has" if whole == 1 else "classes have"
    counted = [f"{name}: {style.listing(columns, counts[i], ',d')}" for name, i in zip(rows, order, strict=True)]
    return style.finish(
        fig,
        reading=(
            "Read along a row to see where a class goes, down a column to see what a cluster is made of. A class that fills "
            "one cell is found as it is; a column with several full cells is a cluster that mixes classes."
        ),
        title=f"{whole} of {len(names)} {stay} at least {TOGETHER:.0%} of their images in one cluster",
        caption="Share of the test images of each class in each cluster.",
        numbers=f"Test images. {' '.join(counted)}",
    )


@passes_none
def purity(table: np.ndarray | None, names: Sequence[str]) -> go.Figure | None:
    """Draw the share of each cluster's largest class, from the contingency table; nothing without labels."""
    values, mapping = metrics.purity(table), metrics.majority_map(table)
    labels = [
        f"{c}: {names[m] if m >= 0 else 'none'}" for c, m in zip(style.cluster_names(len(values)), mapping, strict=True)
    ]
    looks = style.cluster_looks(len(values), table)
    fig = style.bars(labels, values, colors=[look.color for look in looks], text=":.1%")
    fig.update_xaxes(title_text="share of the largest class", tickformat=".0%", range=[0, 1])
    return style.finish(
        fig,
        title=f"The purity of clusters goes from {percent(np.nanmin(values), 1)} to {percent(np.nanmax(values), 1)}",
        caption="Each cluster with the largest class among its test images, in a shade of its colour, and the share of that "
        "class. Purity grows with the number of clusters.",
        numbers=style.listing(labels, values, ".1%"),
    )


@passes_none
def best_recall(table: np.ndarray | None, names: Sequence[str]) -> go.Figure | None:
    """Draw the share of each class that its fullest cluster holds, from the contingency table; nothing without labels."""
    values = metrics.best_recall(table)
    fig = style.bars(names, values, colors=[style.color(i) for i in range(len(names))], text=":.1%")
    fig.update_xaxes(title_text="share in the fullest cluster", tickformat=".0%", range=[0, 1])
    top, low = int(np.nanargmax(values)), int(np.nanargmin(values))
    return style.finish(
        fig,
        title=f"{names[top]} stays together most ({percent(values[top], 1)}), {names[low]} least ({percent(values[low], 1)})",
        caption="Best recall of each class: the share of its test images that its fullest cluster holds.",
        numbers=style.listing(names, values, ".1%"),
    )


@passes_none
def centroids(centers: Centers | None, limits: tuple[float, float], *, letter: str) -> go.Figure | None:
    """Draw the centres of K-Means as images, black and white as the train images have it; `letter` names its clusters."""
    images, share = centers.images, centers.sizes / centers.sizes.sum()
    titles = [f"{n}: {percent(s)}" for n, s in zip(style.cluster_names(len(images), letter), share, strict=True)]
    fig = style.image_grid(images, columns=min(5, len(images)), titles=titles, limits=limits)
    return style.finish(
        fig,
        title="The centres of K-Means as images",
        caption=f"The centre of each cluster of K-Means, {letter}1 and on, rebuilt from its components, with its share of the "
        "train images. Beside the cards above, it shows what a mean of pixels blurs.",
        numbers=", ".join(titles) + ".",
    )
