"""Figures of maps, and of how far they may be trusted."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.common.prose import percent
from report_lib.reduction.layouts import Plane, Trust

MAY_NOT = (
    "It shows which images are close to each other. How far apart groups are, how large and how dense they look comes from "
    "the method."
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
        share = f"{percent(np.nanmean(hit), 1)} of the nearest are of the same class"
        title = f"{title}: {share}, least for {names[low]} ({percent(hit[low], 1)})"
        colored = "coloured by class, which the map never saw"
    return style.finish(
        fig,
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
    kept = [f"{title} {percent(scores[title].kept, 1)}" for title in titles[:-1]]
    return style.finish(
        fig,
        title=f"Neighbours that each map keeps: {', '.join(kept)}",
        caption=f"How well each map keeps the {k} nearest neighbours of an image; the last row is what the maps were made "
        "from. Trustworthiness falls where strangers become neighbours, continuity where neighbours are torn apart; neighbours "
        "kept is the share of an image's neighbours that it still has"
        + ("; neighbourhood hit is the share of the nearest that are of its own class." if "hit" in shown else "."),
        numbers=style.listings(titles, values, ".3f"),
    )
