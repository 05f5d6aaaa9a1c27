"""Figures of maps, and of how far they may be trusted."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.common.neighbors import Neighbors
from report_lib.reduction.layouts import Plane, Trust

MAY_NOT = (
    "Which images lie together can be read from it; how far apart groups lie, how large or how dense they are, and which "
    "way is up cannot."
)


@passes_none
def layout(plane: Plane | None, names: Sequence[str]) -> go.Figure | None:
    """Draw a map, coloured by class where there are labels."""
    X, hit = plane.X, plane.hit
    fig = style.scatter(X[:, 0], X[:, 1], plane.labels, names)
    style.name_map_axes(fig, plane.title)
    title, colored = f"{plane.title} of {len(X):,} train images", "without labels"
    if hit is not None:
        low = int(np.nanargmin(hit))
        share = f"{np.nanmean(hit):.0%} of the nearest are of the same class"
        title = f"{plane.title}: {share}, least for {names[low]} ({hit[low]:.0%})"
        colored = "coloured by class, which the map never saw"
    return style.finish(
        fig,
        reading=(
            "Look at who lies beside whom. The space between groups, their size and how dense they look come from the "
            "method, and another seed would turn and bend the picture."
        ),
        title=title,
        caption=f"{len(X):,} train images, {colored}. {MAY_NOT}",
        height=640,
    )


MEASURES = {
    "trustworthiness": "trustworthiness",
    "continuity": "continuity",
    "kept": "neighbours kept",
    "hit": "neighbourhood hit",
}


@passes_none
def faithfulness(trust: Trust | None) -> go.Figure | None:
    """Draw how much of the neighbourhoods each map keeps."""
    scores, k = trust.scores, trust.k
    shown = {key: name for key, name in MEASURES.items() if getattr(trust.chance, key) is not None}
    titles = list(scores)
    values = {name: [getattr(s, key) for s in scores.values()] for key, name in shown.items()}
    fig = style.dots(titles, values, score=f"score, over the {k} nearest")
    fig.update_xaxes(range=[0, 1.03])
    kept = [f"{title} {scores[title].kept:.0%}" for title in titles[:-1]]
    return style.finish(
        fig,
        title=f"Neighbours that each map keeps: {', '.join(kept)}",
        caption=f"How faithful each map is to the images, over the {k} nearest of each; the last row is no map but what it was "
        "made from. Trustworthiness falls where strangers become neighbours on the map, continuity where neighbours are torn "
        "apart; neighbours kept is the share of an image's own that it still has"
        + ("; neighbourhood hit is the share of the nearest that are of its own class." if "hit" in shown else "."),
        numbers=style.listings(titles, values, ".3f"),
    )


@passes_none
def neighborhood_hit(values: np.ndarray | None, names: Sequence[str], k: int) -> go.Figure | None:
    """Draw how often an image's nearest neighbours are of its own class, class by class."""
    fig = style.bars(names, values, colors=[style.color(i) for i in range(len(names))], text=":.0%")
    fig.update_xaxes(title_text=f"same class among the {k} nearest", tickformat=".0%",
                     range=[0, 1])  # fmt: skip
    top, low = int(np.nanargmax(values)), int(np.nanargmin(values))
    return style.finish(
        fig,
        title=f"{names[top]} has its own kind about it most ({values[top]:.0%}), {names[low]} least ({values[low]:.0%})",
        caption=f"For the train images of each class, the share of their {k} nearest neighbours, by Euclidean distance on "
        "the principal components, that are of the same class.",
        numbers=style.listing(names, values, ".0%"),
    )


@passes_none
def neighbor_distances(graph: Neighbors | None) -> go.Figure | None:
    """Draw how far the nearest and the k-th nearest image are."""
    distances = graph.distances
    fig = go.Figure()
    edges = np.linspace(0, float(np.quantile(distances[:, -1], 0.999)), 61)
    middles = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
    for i, (column, name) in enumerate(((0, "the nearest"), (-1, f"the {distances.shape[1]}th nearest"))):
        counts = np.histogram(distances[:, column], edges)[0]
        fig.add_scatter(x=middles, y=counts, mode="lines", name=name, line={"color": style.series(i), "shape": "hvh"})
    fig.update_xaxes(title_text="Euclidean distance on the components")
    fig.update_yaxes(title_text="train images", rangemode="tozero")
    first, last = (float(np.median(distances[:, column])) for column in (0, -1))
    return style.finish(
        fig,
        title=f"Median distance: {first:.2f} to the nearest, {last:.2f} to the {distances.shape[1]}th",
        caption="How far the nearest neighbour of each train image is, and the last of those in the graph, by Euclidean "
        "distance on the principal components. An image whose neighbours are all far away is unlike the rest; the farthest "
        "thousandth is not drawn.",
        hovermode="x unified",
    )
