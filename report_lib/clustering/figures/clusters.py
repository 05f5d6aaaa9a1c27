"""Figures of what groups the images fall into."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.clustering.league import Centers, Chosen
from report_lib.common import metrics, style
from report_lib.common.display import passes_none


def sizes(chosen: Chosen) -> go.Figure:
    """Draw how many train images each of the clusters that go on has."""
    share = chosen.share
    names = style.cluster_names(len(share))
    fig = style.bars(names, share, text=":.1%")
    fig.update_xaxes(title_text="share of the train images", tickformat=".0%")
    return style.finish(
        fig,
        title=f"The largest cluster has {share.max():.0%} of the images, the smallest {share.min():.0%}",
        caption=f"Share of the train images in each cluster of {chosen.title}; clusters are numbered by size.",
        numbers=style.listing(names, share, ".1%"),
    )


@passes_none
def class_by_cluster(table: np.ndarray | None, names: Sequence[str], *, normalize: bool) -> go.Figure | None:
    """Draw a contingency table of test images, as counts or as shares of each class; nothing without labels."""
    counts = table[:, :-1]
    columns = style.cluster_names(counts.shape[1])
    with np.errstate(invalid="ignore"):
        share = np.nan_to_num(counts / table.sum(axis=1, keepdims=True))
    values, text, top = (share, ":.0%", 1.0) if normalize else (counts, ":,", float(counts.max()))
    fig = style.heatmap(values, names, columns, text=text, top=top)
    fig.update_xaxes(title_text="cluster")
    fig.update_yaxes(title_text="true class")
    homes = ", ".join(
        f"{n}: {columns[i]} {share[r, i]:.0%}"
        for r, (n, i) in enumerate(zip(names, share.argmax(1), strict=True))
        if table[r].sum()
    )
    whole = int((share.max(axis=1).round(2) >= 0.8).sum())
    stay = "class stays" if whole == 1 else "classes stay"
    title = (
        f"{whole} {stay} at least 80% together, of {len(names)}" if normalize else "Test images by class and cluster"
    )
    what = "Share of each class's test images" if normalize else "Number of test images of each class"
    return style.finish(
        fig,
        reading=(
            "Read along a row to see where a class goes, down a column to see what a cluster is made of. A class that "
            "fills one cell is found as it is; a column with several full cells is a cluster that mixes classes."
        ),
        title=title,
        caption=f"{what} in each cluster.",
        numbers=f"Fullest cluster: {homes}.",
    )


@passes_none
def purity(table: np.ndarray | None, names: Sequence[str]) -> go.Figure | None:
    """Draw the share of each cluster's commonest class, from the contingency table; nothing without labels."""
    values, mapping = metrics.purity(table), metrics.majority_map(table)
    labels = [
        f"{c}: {names[m] if m >= 0 else 'none'}" for c, m in zip(style.cluster_names(len(values)), mapping, strict=True)
    ]
    fig = style.bars(labels, values, colors=[style.color(m) for m in mapping], text=":.0%")
    fig.update_xaxes(title_text="share of the commonest class", tickformat=".0%", range=[0, 1])
    return style.finish(
        fig,
        title=f"Purity runs from {np.nanmin(values):.0%} to {np.nanmax(values):.0%}",
        caption="Each cluster with the commonest class of its test images, in that class's colour, and the share of that "
        "class. Purity grows with the number of clusters, so compare it only at the same number.",
        numbers=style.listing(labels, values, ".0%"),
    )


@passes_none
def best_recall(table: np.ndarray | None, names: Sequence[str]) -> go.Figure | None:
    """Draw the share of each class that its fullest cluster holds, from the contingency table; nothing without labels."""
    values = metrics.best_recall(table)
    fig = style.bars(names, values, colors=[style.color(i) for i in range(len(names))], text=":.0%")
    fig.update_xaxes(title_text="share in the fullest cluster", tickformat=".0%", range=[0, 1])
    top, low = int(np.nanargmax(values)), int(np.nanargmin(values))
    return style.finish(
        fig,
        title=f"{names[top]} stays together most ({values[top]:.0%}), {names[low]} least ({values[low]:.0%})",
        caption="Best recall of each class: the share of its test images that its fullest cluster holds.",
        numbers=style.listing(names, values, ".0%"),
    )


@passes_none
def centroids(centers: Centers | None, limits: tuple[float, float]) -> go.Figure | None:
    """Draw cluster centres as images, black and white as the train images have it."""
    images, share = centers.images, centers.sizes / centers.sizes.sum()
    titles = [f"{n}: {s:.0%}" for n, s in zip(style.cluster_names(len(images)), share, strict=True)]
    fig = style.image_grid(images, columns=min(5, len(images)), titles=titles, limits=limits)
    return style.finish(
        fig,
        title="Cluster centres as images",
        caption="The centre of each cluster, rebuilt from its components, with its share of the train images.",
        numbers=", ".join(titles) + ".",
    )


def scaling_agreement(values: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw how far K-Means agrees with itself, refitted after the same scaling and after another."""
    fig = style.heatmap(values, names, names, text=":.2f", top=1.0)
    fig.update_xaxes(title_text="scaling of one refit")
    fig.update_yaxes(title_text="of another")
    same, other = np.diag(values), values[~np.eye(len(values), dtype=bool)]
    pairs = [(names[i], names[j], values[i, j]) for i in range(len(names)) for j in range(i + 1)]
    return style.finish(
        fig,
        title=f"Refits agree at {same.min():.2f} to {same.max():.2f} after the same scaling, at {other.min():.2f} to "
        f"{other.max():.2f} after another",
        caption="Mean adjusted Rand index between two refits of K-Means on the same test images (1: the same groups, 0: no "
        "more alike than chance). The diagonal is what refitting alone changes; only what is well below it is scaling's.",
        numbers=", ".join(f"{a} and {b} {v:.2f}" for a, b, v in pairs) + ".",
        height=320,
    )


def scaling_scores(scores: dict[str, dict[str, np.ndarray]]) -> go.Figure | None:
    """Draw agreement with the true classes, one dot a refit, after each scaling; nothing without labels."""
    if not all(scores.values()):
        return None
    names = [name for name, own in scores.items() for _ in own["ari"]]
    series = {key.upper(): np.concatenate([own[key] for own in scores.values()]) for key in ("ari", "nmi")}
    fig = style.dots(names, series, score="score on test images", row="scaling")
    listing = "; ".join(
        f"{name}: " + ", ".join(f"{key.upper()} {v.min():.3f} to {v.max():.3f}" for key, v in own.items())
        for name, own in scores.items()
    )
    ends = [f"{name} {own['ari'].min():.2f} to {own['ari'].max():.2f}" for name, own in scores.items()]
    return style.finish(
        fig,
        title=f"Adjusted Rand index against the true classes: {', '.join(ends)}",
        caption="Each dot is one refit of K-Means, scored on the test images: adjusted Rand index (ARI) and normalised "
        "mutual information (NMI).",
        numbers=f"{listing}.",
        height=320,
    )
