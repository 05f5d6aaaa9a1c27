"""Figures of maps, and of how far they may be trusted."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style

MAY_NOT = (
    "Which images lie together can be read from it; how far apart groups lie, how large or how dense they are, and which "
    "way is up cannot."
)


def layout(
    X: np.ndarray, labels: np.ndarray | None, names: Sequence[str], *, method: str, hit: np.ndarray | None
) -> go.Figure:
    """Draw a map, coloured by class where there are labels.

    Parameters
    ----------
    X : ndarray of shape (n, 2)
    hit : ndarray of shape (n_classes,), or None
        Share of the nearest on the map that are of the same class, for each class.
    """
    fig = style.scatter(X[:, 0], X[:, 1], labels, names)
    style.name_map_axes(fig, method)
    title, colored = f"{method} of {len(X):,} train images", "without labels"
    if hit is not None:
        low = int(np.nanargmin(hit))
        title = f"{method}: {np.nanmean(hit):.0%} of the nearest are of the same class, least for {names[low]} ({hit[low]:.0%})"
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


def faithfulness(scores: dict[str, object], k: int) -> go.Figure:
    """Draw how much of the neighbourhoods each map keeps.

    Parameters
    ----------
    scores : dict of str to `layouts.Faithfulness`
    """
    shown = {key: name for key, name in MEASURES.items() if all(getattr(s, key) is not None for s in scores.values())}
    titles = list(scores)
    fig = go.Figure()
    values = {name: [getattr(s, key) for s in scores.values()] for key, name in shown.items()}
    for i, (name, own) in enumerate(values.items()):
        fig.add_scatter(x=own, y=titles, mode="markers", name=name,
                        marker={"size": 11, "color": style.series(i), "symbol": style.SYMBOLS[i]},
                        hovertemplate=f"%{{y}}, {name}: %{{x:.3f}}<extra></extra>")  # fmt: skip
    fig.update_xaxes(title_text=f"score, over the {k} nearest", range=[0, 1.03])
    fig.update_yaxes(autorange="reversed", type="category")
    drawn = titles[:-1]
    kept = [f"{title} {scores[title].kept:.0%}" for title in drawn]
    return style.finish(
        fig,
        title=f"Neighbours that each map keeps: {', '.join(kept)}",
        caption=f"How faithful each map is to the images, over the {k} nearest of each; the last row is no map but what it was "
        "made from. Trustworthiness falls where strangers become neighbours on the map, continuity where neighbours are torn "
        "apart; neighbours kept is the share of an image's own that it still has"
        + ("; neighbourhood hit is the share of the nearest that are of its own class." if "hit" in shown else "."),
        numbers=style.listings(titles, values, ".3f"),
        height=150 + 50 * len(titles),
    )


def neighborhood_hit(values: np.ndarray, names: Sequence[str], k: int) -> go.Figure:
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


def neighbor_distances(distances: np.ndarray) -> go.Figure:
    """Draw how far the nearest and the k-th nearest image are.

    Parameters
    ----------
    distances : ndarray of shape (n, k)
    """
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
