"""Figures of maps, and of how far they may be trusted."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.figures import style

MAY_NOT = (
    "Which images lie together can be read from it; how far apart groups lie, how large or how dense they are, and which "
    "way is up cannot."
)


def layout(X: np.ndarray, labels: np.ndarray | None, names: Sequence[str], *, method: str) -> go.Figure:
    """Draw a map, coloured by class where there are labels.

    Parameters
    ----------
    X : ndarray of shape (n, 2)
    """
    fig = style.scatter(X[:, 0], X[:, 1], labels, names)
    # The axes have no units and no meaning of their own.
    fig.update_xaxes(showticklabels=False, title_text=f"{method}, first axis (no unit)")
    fig.update_yaxes(showticklabels=False, title_text=f"{method}, second axis (no unit)", scaleanchor="x")
    colored = "coloured by class, which the map never saw" if labels is not None else "without labels"
    return style.finish(
        fig,
        title=f"{method} lays like beside like",
        caption=f"{len(X):,} train images, {colored}. {MAY_NOT}",
        height=640,
    )


def faithfulness(scores: dict[str, object], k: int) -> go.Figure:
    """Draw how much of the neighbourhoods each map keeps.

    Parameters
    ----------
    scores : dict of str to `layouts.Faithfulness`
    """
    words = {"trustworthiness": "trustworthiness", "kept": "neighbours kept", "hit": "neighbourhood hit"}
    shown = {key: name for key, name in words.items() if all(getattr(s, key) is not None for s in scores.values())}
    titles = list(scores)
    fig = go.Figure()
    for i, (key, name) in enumerate(shown.items()):
        values = [getattr(s, key) for s in scores.values()]
        fig.add_bar(x=titles, y=values, name=name, marker_color=style.series(i), texttemplate="%{y:.2f}",
                    textposition="outside", cliponaxis=False,
                    hovertemplate=f"%{{x}}, {name}: %{{y:.3f}}<extra></extra>")  # fmt: skip
    fig.update_yaxes(title_text=f"share, over the {k} nearest", range=[0, 1])
    fig.update_xaxes(type="category")
    best = max(titles[:-1], key=lambda title: scores[title].kept)
    return style.finish(
        fig,
        title=f"Of the maps, {best} keeps most neighbours: {scores[best].kept:.0%}",
        caption=f"How faithful each map is to the images, over the {k} nearest of each. Trustworthiness falls where images "
        "that are strangers become neighbours; neighbours kept is the share of an image's own that it still has"
        + ("; neighbourhood hit is the share of the nearest that are of its own class." if "hit" in shown else "."),
        numbers=" ".join(
            f"{name}: {style.listing(titles, [getattr(s, key) for s in scores.values()], '.3f')}"
            for key, name in shown.items()
        ),
    )


def neighborhood_hit(values: np.ndarray, names: Sequence[str], k: int) -> go.Figure:
    """Draw how often an image's nearest neighbours are of its own class, class by class."""
    fig = style.bars(names, values, colors=[style.color(i) for i in range(len(names))], text=":.0%")
    fig.update_xaxes(title_text=f"share of the {k} nearest train images that are of the same class", tickformat=".0%",
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
    for i, (column, name) in enumerate(((0, "the nearest"), (-1, f"number {distances.shape[1]}"))):
        counts = np.histogram(distances[:, column], edges)[0]
        fig.add_scatter(x=middles, y=counts, mode="lines", name=name, line={"color": style.series(i), "shape": "hvh"})
    fig.update_xaxes(title_text="distance (scaled pixels)")
    fig.update_yaxes(title_text="train images", rangemode="tozero")
    first, last = (float(np.median(distances[:, column])) for column in (0, -1))
    return style.finish(
        fig,
        title=f"Half of the images have another within {first:.2f}, and {distances.shape[1]} within {last:.2f}",
        caption="How far the nearest neighbour of each train image is, and the last of those in the graph, by Euclidean "
        "distance on the principal components. An image whose neighbours are all far away is unlike the rest.",
        hovermode="x unified",
    )
