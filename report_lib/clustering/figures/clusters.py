"""Figures of what groups the images fall into."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style


def sizes(clusters, n_images: int, title: str) -> go.Figure:
    """Draw how many train images each cluster of a method has."""
    share = clusters.sizes / n_images
    names = style.cluster_names(clusters.n_clusters)
    fig = style.bars(names, share, text=":.1%")
    fig.update_xaxes(title_text="share of the train images", tickformat=".0%")
    return style.finish(
        fig,
        title=f"The largest cluster has {share.max():.0%} of the images, the smallest {share.min():.0%}",
        caption=f"Share of the train images in each cluster of {title}; clusters are numbered by size.",
        numbers=style.listing(names, share, ".1%"),
    )


def class_by_cluster(table: np.ndarray, names: Sequence[str], *, normalize: bool) -> go.Figure:
    """Draw a contingency table of test images, as counts or as shares of each class."""
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


def scatter(Z: np.ndarray, groups: np.ndarray, axes: Sequence[str], *, method: str, where: str) -> go.Figure:
    """Draw clusters on two axes.

    Parameters
    ----------
    Z : ndarray of shape (n, 2) or wider
    groups : ndarray of shape (n,), int
        -1 is noise.
    axes : sequence of str
        Titles of both axes.
    where : str
        Such as `the first two components`.
    """
    n = int(groups.max()) + 1
    fig = style.scatter(Z[:, 0], Z[:, 1], groups, style.cluster_names(n), clusters=True)
    fig.update_xaxes(title_text=axes[0])
    fig.update_yaxes(title_text=axes[1])
    noise = float((groups < 0).mean())
    grey = f", and {noise:.1%} noise, in grey" if noise else ""
    counted = f"{n} {'cluster' if n == 1 else 'clusters'}"
    return style.finish(
        fig,
        title=f"{method}: {counted} on {where}",
        caption=f"{len(Z):,} train images on {where}, coloured by cluster: {counted}{grey}. A picture in two dimensions may "
        "lay clusters over each other that are apart, and tear apart what is one.",
        height=620,
        # A legend of very many would be longer than the picture.
        showlegend=n <= 20,
    )


def classes(Z: np.ndarray, labels: np.ndarray, names: Sequence[str], axes: Sequence[str], where: str) -> go.Figure:
    """Draw the classes of images on two axes."""
    fig = style.scatter(Z[:, 0], Z[:, 1], labels, names)
    fig.update_xaxes(title_text=axes[0])
    fig.update_yaxes(title_text=axes[1])
    return style.finish(
        fig,
        title=f"{len(names)} classes on {where}",
        caption=f"The same {len(Z):,} train images on {where}, coloured by class, which neither the map nor the clusters saw.",
        height=620,
    )


def purity(values: np.ndarray, mapping: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the share of each cluster's commonest class."""
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


def best_recall(values: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the share of each class that its fullest cluster holds."""
    fig = style.bars(names, values, colors=[style.color(i) for i in range(len(names))], text=":.0%")
    fig.update_xaxes(title_text="share in the fullest cluster", tickformat=".0%", range=[0, 1])
    top, low = int(np.nanargmax(values)), int(np.nanargmin(values))
    return style.finish(
        fig,
        title=f"{names[top]} stays together most ({values[top]:.0%}), {names[low]} least ({values[low]:.0%})",
        caption="Best recall of each class: the share of its test images that its fullest cluster holds.",
        numbers=style.listing(names, values, ".0%"),
    )


def centroids(images: np.ndarray, sizes: np.ndarray, limits: tuple[float, float]) -> go.Figure:
    """Draw cluster centres as images, black and white as the train images have it."""
    share = sizes / sizes.sum()
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


def scaling_scores(scores: dict[str, dict[str, np.ndarray]]) -> go.Figure:
    """Draw agreement with the true classes, one dot a refit, after each scaling."""
    fig = go.Figure()
    for key, colour in (("ari", style.ACCENT), ("nmi", style.SECOND)):
        names = [name for name, found in scores.items() for _ in found[key]]
        values = np.concatenate([found[key] for found in scores.values()])
        fig.add_scatter(x=values, y=names, mode="markers", name=key.upper(), hovertemplate="%{y}: %{x:.3f}",
                        marker={"size": 10, "color": colour, "opacity": 0.6})  # fmt: skip
    fig.update_yaxes(autorange="reversed", type="category", title_text="scaling")
    fig.update_xaxes(title_text="score on test images")
    listing = "; ".join(
        f"{name}: " + ", ".join(f"{key.upper()} {v.min():.3f} to {v.max():.3f}" for key, v in found.items())
        for name, found in scores.items()
    )
    ends = [f"{name} {found['ari'].min():.2f} to {found['ari'].max():.2f}" for name, found in scores.items()]
    return style.finish(
        fig,
        title=f"Adjusted Rand index against the true classes: {', '.join(ends)}",
        caption="Each dot is one refit of K-Means, scored on the test images: adjusted Rand index (ARI) and normalised "
        "mutual information (NMI).",
        numbers=f"{listing}.",
        height=320,
    )
