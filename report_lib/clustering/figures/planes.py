"""Figures of train images on two axes: clusters, classes, margins."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.clustering.density import Density
from report_lib.clustering.methods import MAP
from report_lib.clustering.representations import Plane
from report_lib.common import style


def _where(plane: Plane) -> str:
    return "the map" if plane.representation.title == MAP else "the first two components"


def _name_axes(fig: go.Figure, plane: Plane) -> None:
    if plane.representation.title == MAP:
        titles = [f"{MAP}, first axis (no unit)", f"{MAP}, second axis (no unit)"]
    else:
        titles = [style.component_axis(i, plane.representation.ratio) for i in range(2)]
    fig.update_xaxes(title_text=titles[0])
    fig.update_yaxes(title_text=titles[1])


def scatter(plane: Plane, groups: np.ndarray, *, method: str) -> go.Figure:
    """Draw clusters.

    Parameters
    ----------
    groups : ndarray of shape (n,), int
        Of all train images; -1 is noise.
    """
    return _clusters(plane, groups[plane.rows], method)


def dense_places(density: Density | None) -> go.Figure | None:
    """Draw what DBSCAN finds at the best radius."""
    return None if density is None else _clusters(density.plane, density.groups, "DBSCAN")


def _clusters(plane: Plane, groups: np.ndarray, method: str) -> go.Figure:
    n, Z, where = int(groups.max()) + 1, plane.Z, _where(plane)
    fig = style.scatter(Z[:, 0], Z[:, 1], groups, style.cluster_names(n), clusters=True)
    _name_axes(fig, plane)
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


def classes(plane: Plane, labels: np.ndarray | None, names: Sequence[str]) -> go.Figure | None:
    """Draw the classes of images; nothing without labels, of which there is one for every train image."""
    if labels is None:
        return None
    Z, where = plane.Z, _where(plane)
    fig = style.scatter(Z[:, 0], Z[:, 1], labels[plane.rows], names)
    _name_axes(fig, plane)
    return style.finish(
        fig,
        title=f"{len(names)} classes on {where}",
        caption=f"The same {len(Z):,} train images on {where}, coloured by class, which neither the map nor the clusters saw.",
        height=620,
    )


def margins(plane: Plane, margin: np.ndarray) -> go.Figure:
    """Draw how far inside its cluster each image lies; noise, which has no margin, is left out."""
    Z, where, margin = plane.Z, _where(plane), margin[plane.rows]
    # The lowest come last, and so on top.
    known = np.argsort(-margin, kind="stable")[: int(np.isfinite(margin).sum())]
    xy = {"x": np.asarray(Z[known, 0], np.float32), "y": np.asarray(Z[known, 1], np.float32)}
    bar = {"title": {"text": "margin"}, "thickness": 12}
    marker = {"size": 4, "color": np.asarray(margin[known], np.float32).round(2), "cmin": 0, "cmax": 1, "opacity": 0.75,
              "colorscale": style.DIVERGING, "colorbar": bar}  # fmt: skip
    hover = "margin %{marker.color:.2f}<extra></extra>"
    fig = go.Figure(go.Scatter(**xy, mode="markers", marker=marker, hovertemplate=hover))
    _name_axes(fig, plane)
    doubtful = float((margin[known] <= 0).mean())
    return style.finish(
        fig,
        reading=(
            "Near 1 an image is surrounded by its own cluster, near 0 it lies on a border, and below 0 its neighbours are "
            "mostly of another."
        ),
        title=f"{doubtful:.1%} of the images have as much of their neighbourhood in another cluster as in their own, or more",
        caption=f"{len(known):,} train images on {where}, coloured by margin: the share of an image's nearest "
        "neighbours that are in its own cluster, less that of the strongest other. 1 is deep inside; 0, and all below it, "
        "is on the border or nearer to another cluster.",
        height=620,
        dragmode="pan",
    )
