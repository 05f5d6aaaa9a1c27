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
    listing = ", ".join(f"{s:.3f} at K = {k}" for k, s in zip(sweep.n_clusters, sweep.silhouette, strict=True))
    return style.finish(
        fig,
        title=f"Silhouette is largest at K = {sweep.best}, and only {best:.2f}",
        caption=f"K-Means on {sweep.n_images:,} train images. Silhouette (1: far apart, 0: touching): {listing}. "
        f"Inertia always falls with K. The dotted line marks the K that the run uses, {chosen}.",
        height=500,
        showlegend=False,
    )


def sizes(clusters, n_images: int) -> go.Figure:
    """Draw how many train images each cluster has."""
    share = clusters.sizes / n_images
    names = cluster_names(clusters.n_clusters)
    fig = style.bars(names, share, colors=[style.color(i) for i in range(len(names))], text=":.1%")
    fig.update_xaxes(title_text="share of the train images", tickformat=".0%")
    return style.finish(
        fig,
        title=f"The largest cluster has {share.max():.0%} of the images, the smallest {share.min():.0%}",
        caption="Share of the train images in each cluster: "
        + ", ".join(f"{n} {s:.1%}" for n, s in zip(names, share, strict=True))
        + ".",
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
        f"{n}: {columns[i]} {share[r, i]:.0%}" for r, (n, i) in enumerate(zip(names, share.argmax(1), strict=True))
    )
    whole = int((share.max(axis=1) >= 0.8).sum())
    title = (
        f"{whole} of {len(names)} classes stay at least 80% together"
        if normalize
        else "Test images by class and cluster"
    )
    what = "Share of each class's test images" if normalize else "Number of test images of each class"
    return style.finish(fig, title=title, caption=f"{what} in each cluster. Fullest cluster of each class: {homes}.")


def scatter(Z: np.ndarray, groups: np.ndarray, ratio: np.ndarray, *, method: str) -> go.Figure:
    """Draw clusters on the first two components."""
    n = int(groups.max()) + 1
    fig = style.scatter(Z[:, 0], Z[:, 1], groups, cluster_names(n))
    fig.update_xaxes(title_text=f"component 1 ({ratio[0]:.1%} of the variance)")
    fig.update_yaxes(title_text=f"component 2 ({ratio[1]:.1%} of the variance)")
    noise = float((groups < 0).mean())
    grey = f", and {noise:.1%} noise, in grey" if noise else ""
    return style.finish(
        fig,
        title=f"{method}: {n} {'cluster' if n == 1 else 'clusters'} on the first two components",
        caption=f"{len(Z):,} train images, coloured by cluster: {n} clusters{grey}. The clusters were found in all "
        "components, so that they may overlap in two.",
    )


def purity(values: np.ndarray, mapping: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the share of each cluster's commonest class."""
    labels = [f"{c}: {names[m]}" for c, m in zip(cluster_names(len(values)), mapping, strict=True)]
    fig = style.bars(labels, values, colors=[style.color(m) for m in mapping], text=":.0%")
    fig.update_xaxes(title_text="share of the commonest class", tickformat=".0%", range=[0, 1])
    return style.finish(
        fig,
        title=f"Purity runs from {np.nanmin(values):.0%} to {np.nanmax(values):.0%}",
        caption="Share of each cluster's commonest class among its test images: "
        + ", ".join(f"{n} {v:.0%}" for n, v in zip(labels, values, strict=True))
        + ". Purity grows with the number of clusters, so compare it only at the same number.",
    )


def best_recall(values: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the share of each class that its fullest cluster holds."""
    fig = style.bars(names, values, colors=[style.color(i) for i in range(len(names))], text=":.0%")
    fig.update_xaxes(title_text="share in the fullest cluster", tickformat=".0%", range=[0, 1])
    top, low = int(np.nanargmax(values)), int(np.nanargmin(values))
    return style.finish(
        fig,
        title=f"{names[top]} stays together most ({values[top]:.0%}), {names[low]} least ({values[low]:.0%})",
        caption="Best recall of each class, the share of its test images that its fullest cluster holds: "
        + ", ".join(f"{n} {v:.0%}" for n, v in zip(names, values, strict=True))
        + ".",
    )


def centroids(images: np.ndarray, sizes: np.ndarray, limits: tuple[float, float]) -> go.Figure:
    """Draw cluster centres as images, black and white as the train images have it."""
    share = sizes / sizes.sum()
    titles = [f"{n}: {s:.0%}" for n, s in zip(cluster_names(len(images)), share, strict=True)]
    fig = style.image_grid(images, columns=min(5, len(images)), titles=titles, limits=limits)
    return style.finish(
        fig,
        title="Cluster centres as images",
        caption=f"The centre of each cluster, rebuilt from its components, with its share of the train "
        f"images: {', '.join(titles)}.",
    )


def scaling_agreement(values: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw how far K-Means agrees with itself under different scalings."""
    fig = style.heatmap(values, names, names, text=":.2f", top=1.0)
    off = values[~np.eye(len(values), dtype=bool)]
    pairs = [(names[i], names[j], values[i, j]) for i in range(len(names)) for j in range(i)]
    return style.finish(
        fig,
        title=f"The same K-Means after another scaling agrees with itself at {off.min():.2f} to {off.max():.2f}",
        caption="Adjusted Rand index between K-Means clusters of the same test images after each scaling (1: the same "
        "groups, 0: no more alike than chance): " + ", ".join(f"{a} and {b} {v:.2f}" for a, b, v in pairs) + ".",
        height=300,
    )


def scaling_scores(scores: dict[str, object]) -> go.Figure:
    """Draw agreement with the labels, with intervals, for K-Means after each scaling."""
    fig = go.Figure()
    for i, key in enumerate(("ari", "nmi")):
        found = [getattr(s, key) for s in scores.values()]
        values = np.array([f.value for f in found])
        fig.add_bar(x=list(scores), y=values, name=key.upper(), marker_color=(style.ACCENT, style.SECOND)[i],
                    error_y={"type": "data", "symmetric": False, "array": [f.high - f.value for f in found],
                             "arrayminus": [f.value - f.low for f in found], "color": style.INK, "thickness": 1.2},
                    texttemplate="%{y:.2f}", textposition="inside", insidetextanchor="start",
                    hovertemplate="%{x}: %{y:.3f}")  # fmt: skip
    best = max(scores, key=lambda name: scores[name].ari.value)
    fig.update_yaxes(title_text="score on test images", range=[0, 1])
    fig.update_xaxes(title_text="scaling before K-Means")
    listing = ", ".join(f"{n}: ARI {s.ari.value:.3f}, NMI {s.nmi.value:.3f}" for n, s in scores.items())
    return style.finish(
        fig,
        title=f"Against the true classes, {best} scaling does best",
        caption=f"Agreement of K-Means with the true classes of the test images after each scaling, with 95% bootstrap "
        f"intervals: {listing}.",
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
        f"first), in ascending order; {knee}. DBSCAN's eps is sought near the knee.",
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
    fig.update_yaxes(tickformat=".0%", rangemode="tozero", row=3, col=1)
    fig.update_yaxes(rangemode="tozero", row=1, col=1)
    fig.update_xaxes(title_text="eps", row=3, col=1)
    fig.add_vline(x=sweep.eps[sweep.best_index], line={"color": style.SECOND, "dash": "dot"})
    listing = "; ".join(
        f"eps {e:.2f}: {k} clusters, "
        + ("no silhouette" if np.isnan(s) else f"silhouette {s:.2f}")
        + f", noise {q:.1%}"
        for e, k, s, q in zip(sweep.eps, sweep.n_clusters, sweep.silhouette, sweep.noise, strict=True)
    )
    most, outside = int(sweep.n_clusters.max()), int(sweep.n_outside[sweep.best_index])
    return style.finish(
        fig,
        title=f"At most {most} clusters at any eps; at the best, one of them holds all but {outside:,} images",
        caption=f"DBSCAN at several radii; silhouette is of the images that are not noise. {listing}. "
        "The dotted line marks the one that is drawn next.",
        height=600,
        showlegend=False,
    )
