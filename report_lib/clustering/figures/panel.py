"""Figures of how many clusters there may be."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from report_lib.clustering.graph_clustering import Resolutions
from report_lib.clustering.panel import SUPPORT, Criterion, KMeansSweep, Panel
from report_lib.common import style
from report_lib.common.display import passes_none

FORMS = {"Calinski–Harabasz": ",.0f", "mixture BIC": ",.0f"}
MEANT = {
    "silhouette": "how far an image is from its own group, compared with the next one",
    "Calinski–Harabasz": "variance between groups over variance inside",
    "stability": "how alike the groups of two halves of the images are",
    "mixture BIC": "how well a Gaussian mixture fits, less a price for each of its parameters",
    "modularity": "how much more of the weight of the graph is inside groups than chance would put there",
    SUPPORT: "modularity times the agreement of halves, compared with images that have no groups",
}


def criteria(result: Panel) -> go.Figure:
    """Draw each criterion against the number of clusters."""
    drawn, ks = result.criteria, result.n_clusters
    fig = make_subplots(rows=len(drawn), cols=1, shared_xaxes=True, vertical_spacing=0.06)
    for row, criterion in enumerate(drawn, start=1):
        _draw(fig, row, criterion, ks, result.suggested[criterion.name])
    fig.update_xaxes(title_text="number of clusters K", dtick=1, row=len(drawn), col=1)
    fig.add_vline(x=result.number, line={"color": style.SECOND, "dash": "dot"})
    said = ", ".join(f"{name} {k}" for name, k in result.suggested.items())
    bands = "; ".join(f"{c.name}, {c.spread}" for c in drawn if c.spread)
    meant = "; ".join(f"{c.name}: {MEANT[c.name]}" for c in drawn if c.name in MEANT)
    names = [f"K = {k}:" for k in ks]
    falling = [c.name for c in drawn if not c.highest]
    lower = f", but for {' and '.join(falling)}, where the lower is" if falling else ""
    listed = style.listings(names, {c.name: c.values for c in drawn}, ".4g")
    return style.finish(
        fig,
        reading=(f"{style.sentence(meant)}. Every criterion has a scale of its own, so only its shape counts."),
        title=f"Suggested numbers of clusters: {said}",
        caption=f"Criteria for the number of clusters; the higher the better{lower}. The filled dot "
        f"is the K that each suggests, the dotted line the K that the run uses, {result.number}. Bands: {bands}."
        + (f" Of {SUPPORT} what images without groups reach is taken off." if SUPPORT in result.suggested else ""),
        numbers=listed,
        height=130 + 95 * len(drawn),
        showlegend=False,
    )


def _draw(fig: go.Figure, row: int, criterion: Criterion, ks: np.ndarray, best: int) -> None:
    form = FORMS.get(criterion.name, ".3f")
    if criterion.low is not None:
        around = np.concatenate([ks, ks[::-1]]), np.concatenate([criterion.high, criterion.low[::-1]])
        fig.add_scatter(x=around[0], y=around[1], fill="toself", mode="none", fillcolor="rgba(61,111,209,0.15)",
                        name=f"{criterion.name}, spread", hoverinfo="skip", row=row, col=1)  # fmt: skip
    fig.add_scatter(x=ks, y=criterion.values, mode="lines+markers", line_color=style.ACCENT, row=row, col=1,
                    name=criterion.name,
                    marker={"size": 6}, hovertemplate="K = %{x}: %{y:" + form + "}<extra></extra>")  # fmt: skip
    at = int(np.flatnonzero(ks == best)[0])
    fig.add_scatter(x=[best], y=[criterion.values[at]], mode="markers", marker={"size": 12, "color": style.ACCENT},
                    name=f"{criterion.name}, best", hoverinfo="skip", row=row, col=1)  # fmt: skip
    fig.update_yaxes(title_text=criterion.name, nticks=4, row=row, col=1)


@passes_none
def inertia(sweep: KMeansSweep | None) -> go.Figure | None:
    """Draw the inertia of K-Means against the number of clusters."""
    ks, values = sweep.n_clusters, sweep.inertia / sweep.n_images
    fig = go.Figure(go.Scatter(x=ks, y=values, mode="lines+markers", line_color=style.ACCENT,
                               hovertemplate="K = %{x}: %{y:.4g}<extra></extra>"))  # fmt: skip
    fig.update_xaxes(title_text="number of clusters K", dtick=1)
    fig.update_yaxes(title_text="squared distance to the own centre, mean", rangemode="tozero")
    names = [f"K = {k}:" for k in ks]
    return style.finish(
        fig,
        reading="It falls with every further centre, whatever the images are; a bend in it would speak for the number there.",
        title=f"From K = {ks[0]} to {ks[-1]}, the inertia of K-Means falls by {1 - values[-1] / values[0]:.0%}",
        caption=f"Inertia of K-Means on the components of {sweep.n_images:,} train images, for each of them.",
        numbers=style.listings(names, {"inertia": values}, ".4g"),
        height=340,
    )


@passes_none
def resolutions(result: Resolutions | None) -> go.Figure | None:
    """Draw the number of communities and their modularity against the resolution."""
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12)
    panels = ((result.n_clusters, "communities", "d"), (result.modularity, "modularity", ".3f"))
    for row, (values, name, form) in enumerate(panels, start=1):
        fig.add_scatter(x=result.resolution, y=values, mode="lines+markers", line_color=style.ACCENT, row=row, col=1, name=name,
                        hovertemplate="resolution %{x:.3g}: %{y:" + form + "}<extra></extra>")  # fmt: skip
        fig.update_yaxes(title_text=name, row=row, col=1)
    ticks = [float(f"{r:.2g}") for r in result.resolution]
    fig.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{t:g}" for t in ticks])
    fig.update_xaxes(title_text="resolution (log scale)", row=2, col=1)
    best = int(result.modularity.argmax())
    names = [f"resolution {r:.3g}:" for r in result.resolution]
    return style.finish(
        fig,
        title=f"From {result.n_clusters.min()} to {result.n_clusters.max()} communities; modularity is highest at "
        f"{result.n_clusters[best]}",
        caption="Communities that Leiden finds in the graph of nearest neighbours at several resolutions, and their "
        "modularity: how much more of the weight lies inside communities than chance would put there.",
        numbers=style.listings(names, {"communities": result.n_clusters, "modularity": result.modularity}, ".3g"),
        height=430,
        showlegend=False,
    )
