"""Figures of what groups the images fall into."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from report_lib.figures import style


def cluster_names(n: int) -> list[str]:
    """Name clusters C1 to Cn, largest first; a number alone would look like a class."""
    return [f"C{i + 1}" for i in range(n)]


def kmeans_sweep(sweep, chosen: int) -> go.Figure:
    """Draw inertia and silhouette against the number of clusters."""
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    for row, values, name, form in ((1, sweep.silhouette, "silhouette", ".3f"), (2, sweep.inertia, "inertia", ",.0f")):
        fig.add_scatter(x=sweep.n_clusters, y=values, mode="lines+markers", line_color=style.ACCENT, row=row, col=1,
                        hovertemplate="K = %{x}: %{y:" + form + "}<extra></extra>")  # fmt: skip
        fig.update_yaxes(title_text=name, row=row, col=1)
    fig.update_xaxes(title_text="number of clusters K", dtick=1, row=2, col=1)
    fig.add_vline(x=chosen, line={"color": style.SECOND, "dash": "dot"})
    best = float(np.nanmax(sweep.silhouette))
    ks = [f"K = {k}:" for k in sweep.n_clusters]
    return style.finish(
        fig,
        title=f"Of K = {sweep.n_clusters[0]} to {sweep.n_clusters[-1]}, the silhouette is largest at {sweep.best}: {best:.2f}",
        caption=f"K-Means on {sweep.n_images:,} train images. Silhouette is 1 where groups lie far apart and 0 where they "
        f"touch; inertia falls with every K. The dotted line marks the K that the run uses, {chosen}.",
        numbers=f"Silhouette: {style.listing(ks, sweep.silhouette, '.3f')}",
        height=500,
        showlegend=False,
    )


def sizes(clusters, n_images: int) -> go.Figure:
    """Draw how many train images each cluster has."""
    share = clusters.sizes / n_images
    names = cluster_names(clusters.n_clusters)
    fig = style.bars(names, share, text=":.1%")
    fig.update_xaxes(title_text="share of the train images", tickformat=".0%")
    return style.finish(
        fig,
        title=f"The largest cluster has {share.max():.0%} of the images, the smallest {share.min():.0%}",
        caption="Share of the train images in each cluster; clusters are numbered by size.",
        numbers=style.listing(names, share, ".1%"),
    )


def class_by_cluster(table: np.ndarray, names: Sequence[str], *, normalize: bool) -> go.Figure:
    """Draw a contingency table of test images, as counts or as shares of each class."""
    counts = table[:, :-1]
    columns = cluster_names(counts.shape[1])
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
    whole = int((share.max(axis=1) >= 0.8).sum())
    stay = "class stays" if whole == 1 else "classes stay"
    title = (
        f"{whole} {stay} at least 80% together, of {len(names)}" if normalize else "Test images by class and cluster"
    )
    what = "Share of each class's test images" if normalize else "Number of test images of each class"
    return style.finish(fig, title=title, caption=f"{what} in each cluster.", numbers=f"Fullest cluster: {homes}.")


def scatter(Z: np.ndarray, groups: np.ndarray, ratio: np.ndarray, *, method: str) -> go.Figure:
    """Draw clusters on the first two components."""
    n = int(groups.max()) + 1
    fig = style.scatter(Z[:, 0], Z[:, 1], groups, cluster_names(n), clusters=True)
    fig.update_xaxes(title_text=style.component_axis(0, ratio))
    fig.update_yaxes(title_text=style.component_axis(1, ratio))
    noise = float((groups < 0).mean())
    grey = f", and {noise:.1%} noise, in grey" if noise else ""
    return style.finish(
        fig,
        title=f"{method}: {n} {'cluster' if n == 1 else 'clusters'} on the first two components",
        caption=f"{len(Z):,} train images, coloured by cluster: {n} {'cluster' if n == 1 else 'clusters'}{grey}. "
        "The clusters were found in all "
        "components, so that they may overlap in two.",
    )


def purity(values: np.ndarray, mapping: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the share of each cluster's commonest class."""
    labels = [
        f"{c}: {names[m] if m >= 0 else 'none'}" for c, m in zip(cluster_names(len(values)), mapping, strict=True)
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
    titles = [f"{n}: {s:.0%}" for n, s in zip(cluster_names(len(images)), share, strict=True)]
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


def k_distances(result) -> go.Figure:
    """Draw the sorted distances to the k-th neighbour, with the knee."""
    n = len(result.distances)
    shown = np.unique(np.linspace(0, n - 1, min(n, 1500)).astype(int))
    fig = go.Figure(
        go.Scatter(x=shown, y=result.distances[shown].astype(np.float32), mode="lines", line_color=style.ACCENT,
                   hovertemplate="image %{x:,}: %{y:.3f}<extra></extra>")
    )  # fmt: skip
    knee = "no knee was found"
    if result.knee is not None:
        above = 1 - (result.knee + 1) / n
        knee = f"the knee is at a distance of {result.knee_eps:.2f}, with {above:.1%} of the images above"
        fig.add_scatter(x=[result.knee], y=[result.knee_eps], mode="markers+text", text=[f"knee: {result.knee_eps:.2f} "],
                        textposition="middle left", marker={"size": 10, "color": style.SECOND}, hoverinfo="skip")  # fmt: skip
    fig.update_xaxes(title_text="images, sorted by that distance")
    fig.update_yaxes(title_text=f"distance to neighbour {result.k}, itself counted", rangemode="tozero")
    return style.finish(
        fig,
        title="How far the neighbours are" + ("" if result.knee is None else f": the knee is at {result.knee_eps:.2f}"),
        caption=f"Distance from each of {n:,} train images to its neighbour number {result.k} (the image itself is the "
        f"first), in ascending order; {knee}. DBSCAN's radii are taken from this curve.",
        showlegend=False,
    )


def dbscan_sweep(sweep) -> go.Figure:
    """Draw clusters, silhouette and noise against eps."""
    fig = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.07)
    panels = (
        (sweep.n_clusters, "clusters", "d"),
        (sweep.silhouette, "silhouette", ".3f"),
        (sweep.noise, "noise", ".1%"),
    )
    for row, (values, name, form) in enumerate(panels, start=1):
        fig.add_scatter(x=sweep.eps, y=values, mode="lines+markers", line_color=style.ACCENT, row=row, col=1,
                        hovertemplate="eps %{x:.3f}: %{y:" + form + "}<extra></extra>")  # fmt: skip
        fig.update_yaxes(title_text=name, row=row, col=1)
    fig.update_yaxes(rangemode="tozero", tickformat="d", nticks=4, row=1, col=1)
    fig.update_yaxes(tickformat=".0%", range=[0, 1], row=3, col=1)
    fig.update_xaxes(title_text="eps", row=3, col=1)
    fig.add_vline(x=sweep.eps[sweep.best_index], line={"color": style.SECOND, "dash": "dot"})
    rows = zip(sweep.eps, sweep.n_clusters, sweep.silhouette, sweep.noise, strict=True)
    most, outside = int(sweep.n_clusters.max()), int(sweep.n_outside[sweep.best_index])
    return style.finish(
        fig,
        title=f"At most {most} {'cluster' if most == 1 else 'clusters'} at any of {len(sweep.eps)} radii; at the best, "
        f"{outside:,} {'image lies' if outside == 1 else 'images lie'} outside the largest",
        caption="DBSCAN at several radii. The silhouette is of the images that are not noise, and there is none where "
        "there are fewer than two clusters. The dotted line marks the one that is drawn next.",
        numbers="; ".join(_radius(*row) for row in rows) + ".",
        height=560,
        showlegend=False,
    )


def _radius(eps: float, n_clusters: int, silhouette: float, noise: float) -> str:
    score = "no silhouette" if np.isnan(silhouette) else f"silhouette {silhouette:.2f}"
    return f"eps {eps:.2f}: {n_clusters} {'cluster' if n_clusters == 1 else 'clusters'}, {score}, noise {noise:.1%}"
