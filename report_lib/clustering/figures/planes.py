"""Figures of the clusters of train images on two axes."""

import numpy as np
import plotly.graph_objects as go

from report_lib.clustering.density import Density
from report_lib.clustering.methods import MAP
from report_lib.clustering.representations import Plane
from report_lib.common import style
from report_lib.common.prose import percent


def _where(plane: Plane) -> str:
    return "the map" if plane.representation.title == MAP else "the first two components"


def _name_axes(fig: go.Figure, plane: Plane) -> None:
    if plane.representation.title == MAP:
        titles = [f"{MAP}, first axis (no unit)", f"{MAP}, second axis (no unit)"]
    else:
        titles = [style.component_axis(i, plane.representation.ratio) for i in range(2)]
    fig.update_xaxes(title_text=titles[0])
    fig.update_yaxes(title_text=titles[1])


def scatter(plane: Plane, groups: np.ndarray, table: np.ndarray | None = None, *, method: str) -> go.Figure:
    """Draw clusters.

    Parameters
    ----------
    groups : ndarray of shape (n,), int
        Of all train images; -1 is noise.
    table : ndarray of shape (n_classes, n_clusters + 1), optional
        Test images by class and cluster, which say whose colours clusters take.
    """
    return _clusters(plane, groups[plane.rows], method, "C", table)


def dense_places(density: Density | None) -> go.Figure | None:
    """Draw what DBSCAN finds at the best radius."""
    return None if density is None else _clusters(density.plane, density.groups, "DBSCAN", "D")


def _clusters(plane: Plane, groups: np.ndarray, method: str, letter: str, table: np.ndarray | None = None) -> go.Figure:
    n, Z, where = int(groups.max()) + 1, plane.Z, _where(plane)
    looks = style.cluster_looks(n if table is None else table.shape[1] - 1, table)
    fig = style.scatter(Z[:, 0], Z[:, 1], groups, style.cluster_names(n, letter), looks=looks, nobody="noise")
    _name_axes(fig, plane)
    noise = float((groups < 0).mean())
    grey = f", and {percent(noise, 1)} noise, in grey" if noise else ""
    counted = f"{n} {'cluster' if n == 1 else 'clusters'}"
    return style.finish(
        fig,
        title=f"{method}: {counted} on {where}",
        caption=f"{len(Z):,} train images on {where}, coloured by cluster: {counted}{grey}. In two dimensions, clusters "
        "that are apart may overlap, and one cluster may fall into pieces.",
        height=620,
        # A legend of very many would be longer than the picture.
        showlegend=n <= 20,
    )
