"""Figures of what each cluster looks like."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style


def cards(means: np.ndarray, typical: np.ndarray, share: np.ndarray, limits: tuple[float, float]) -> go.Figure:
    """Draw the mean image of each cluster and the images around its medoid.

    Parameters
    ----------
    means : ndarray of shape (n_clusters, h, w)
    typical : ndarray of shape (n_clusters * n_shown, h, w)
    share : ndarray of shape (n_clusters,)
        Of the train images.
    """
    n = len(means)
    tiles = np.concatenate([means[:, None], typical.reshape(n, -1, *means.shape[1:])], axis=1)
    shown = tiles.shape[1] - 1
    fig = style.image_grid(
        tiles.reshape(-1, *means.shape[1:]),
        columns=tiles.shape[1],
        titles=["mean", "medoid", *[""] * (shown - 1)],
        rows=_labels(share),
        limits=limits,
    )
    return style.finish(
        fig,
        title="Each cluster by its mean and its most typical images",
        caption=f"One row a cluster, with its share of the train images: the mean of its images, the medoid (the image "
        f"nearest to all others of the cluster), and the {shown - 1} images nearest to that.",
    )


def border(images: np.ndarray, n_clusters: int, share: np.ndarray, limits: tuple[float, float]) -> go.Figure:
    """Draw the images of each cluster that lie nearest to another.

    Parameters
    ----------
    images : ndarray of shape (n_clusters * n_shown, h, w)
    """
    shown = len(images) // n_clusters
    fig = style.image_grid(images, columns=shown, titles=[""] * shown, rows=_labels(share), limits=limits)
    return style.finish(
        fig,
        title="The images that fit their cluster worst",
        caption=f"One row a cluster: the {shown} train images that fit it worst. Most of what lies nearest to them belongs to "
        "another cluster.",
    )


def _labels(share: np.ndarray) -> list[str]:
    return [f"{name} · {part:.0%}" for name, part in zip(style.cluster_names(len(share)), share, strict=True)]


def margins(Z: np.ndarray, margin: np.ndarray, axes: Sequence[str], where: str) -> go.Figure:
    """Draw how far inside its cluster each image lies; noise, which has no margin, is left out."""
    # The lowest come last, and so on top.
    known = np.argsort(-margin, kind="stable")[: int(np.isfinite(margin).sum())]
    xy = {"x": np.asarray(Z[known, 0], np.float32), "y": np.asarray(Z[known, 1], np.float32)}
    bar = {"title": {"text": "margin"}, "thickness": 12}
    marker = {"size": 4, "color": np.asarray(margin[known], np.float32).round(2), "cmin": 0, "cmax": 1, "opacity": 0.75,
              "colorscale": style.DIVERGING, "colorbar": bar}  # fmt: skip
    hover = "margin %{marker.color:.2f}<extra></extra>"
    fig = go.Figure(go.Scatter(**xy, mode="markers", marker=marker, hovertemplate=hover))
    fig.update_xaxes(title_text=axes[0])
    fig.update_yaxes(title_text=axes[1])
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
