"""Figures of dense places: how far neighbours are, and what DBSCAN makes of it."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from report_lib.clustering.density import Density
from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.common.prose import percent, plural


def k_distances(density: Density) -> go.Figure:
    """Draw the sorted distances to the k-th neighbour, with the knee."""
    result, where = density.distances, density.where
    n = len(result.distances)
    shown = np.unique(np.linspace(0, n - 1, min(n, 1500)).astype(int))
    fig = go.Figure(
        go.Scatter(x=shown, y=result.distances[shown].astype(np.float32), mode="lines", line_color=style.ACCENT,
                   hovertemplate="image %{x:,}: %{y:.3f}<extra></extra>")
    )  # fmt: skip
    knee = "no knee was found"
    if result.knee is not None:
        above = 1 - (result.knee + 1) / n
        knee = f"the knee is at a distance of {result.knee_eps:.2f}, with {percent(above, 1)} of the images above"
        fig.add_scatter(x=[result.knee], y=[result.knee_eps], mode="markers+text", text=[f"knee: {result.knee_eps:.2f} "],
                        textposition="middle left", marker={"size": 10, "color": style.SECOND}, hoverinfo="skip")  # fmt: skip
    fig.update_xaxes(title_text="images, sorted by that distance")
    fig.update_yaxes(title_text=f"distance to neighbour {result.k}, itself counted", rangemode="tozero")
    return style.finish(
        fig,
        reading=(
            "Flat stretches are images in places about equally dense; the sharp rise at the right is images that are alone. A "
            "radius at the bend keeps the first and drops the second."
        ),
        title=f"How far the neighbours are {where}"
        + ("" if result.knee is None else f": the knee is at {result.knee_eps:.2f}"),
        caption=f"Distance from each of {n:,} train images to its neighbour number {result.k} (the image itself is the "
        f"first), in ascending order; {knee}. DBSCAN's radii are taken from this curve.",
        showlegend=False,
    )


@passes_none
def dbscan_sweep(density: Density | None) -> go.Figure | None:
    """Draw clusters, the silhouette that chooses, and noise against eps, and the knee of the distances where there is one."""
    sweep, where, knee = density.sweep, density.where, density.distances.knee_eps
    fig = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    panels = (
        (sweep.n_clusters, "clusters", "d"),
        (sweep.overall, "silhouette of all", ".3f"),
        (sweep.noise, "noise", ".1%"),
    )
    for row, (values, name, form) in enumerate(panels, start=1):
        fig.add_scatter(x=sweep.eps, y=values, mode="lines+markers", line_color=style.ACCENT, row=row, col=1, name=name,
                        hovertemplate="eps %{x:.3f}: %{y:" + form + "}<extra></extra>")  # fmt: skip
        fig.update_yaxes(title_text=name, row=row, col=1)
    fig.update_yaxes(rangemode="tozero", tickformat="d", nticks=4, row=1, col=1)
    fig.update_yaxes(tickformat=".0%", range=[0, 1], row=3, col=1)
    fig.update_xaxes(title_text="eps", row=3, col=1)
    fig.add_vline(x=sweep.eps[sweep.best_index], line={"color": style.SECOND, "dash": "dot"})
    if knee is not None:
        fig.add_vline(x=knee, line={"color": style.INK, "dash": "dash"})
    rows = zip(sweep.eps, sweep.n_clusters, sweep.overall, sweep.noise, strict=True)
    best = sweep.best_index
    marked = "" if knee is None else ", the dashed line the knee of the distances"
    return style.finish(
        fig,
        reading="From left to right the radius grows: noise falls, and in the end all images are one cluster.",
        title=f"DBSCAN {where}: at best {plural(int(sweep.n_clusters[best]), 'cluster')} and "
        f"{percent(sweep.noise[best], 1)} noise",
        caption=f"DBSCAN {where} at {len(sweep.eps)} radii. The mean silhouette of all images, noise counted as 0, chooses the "
        f"best, which the dotted line marks{marked}. Fewer than two clusters have no silhouette.",
        numbers="; ".join(_radius(*row) for row in rows) + ".",
        height=500,
        showlegend=False,
    )


def _radius(eps: float, n_clusters: int, silhouette: float, noise: float) -> str:
    score = "no silhouette" if np.isnan(silhouette) else f"silhouette {silhouette:.2f}"
    return f"eps {eps:.2f}: {plural(int(n_clusters), 'cluster')}, {score}, noise {percent(noise, 1)}"
