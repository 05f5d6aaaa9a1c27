"""Figures of what each cluster looks like."""

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style
from report_lib.common.prose import percent


def cluster_cards(
    means: np.ndarray,
    typical: np.ndarray,
    border: np.ndarray,
    share: np.ndarray,
    limits: tuple[float, float],
    table: np.ndarray | None = None,
) -> go.Figure:
    """Draw the mean image of each cluster, the images around its medoid, and those that fit it worst.

    Parameters
    ----------
    means : ndarray of shape (n_clusters, h, w)
    typical, border : ndarray of shape (n_clusters * n_shown, h, w)
    share : ndarray of shape (n_clusters,)
        Of the train images.
    table : ndarray of shape (n_classes, n_clusters + 1), optional
        Test images by class and cluster, which say whose colours clusters take.
    """
    n, size = len(means), means.shape[1:]
    typical, border = (images.reshape(n, -1, *size) for images in (typical, border))
    tiles = np.concatenate([means[:, None], typical, border], axis=1)
    near, far = typical.shape[1] - 1, border.shape[1]
    fig = style.image_grid(
        tiles.reshape(-1, *size),
        columns=tiles.shape[1],
        titles=["mean", "medoid", *[""] * near, "border", *[""] * (far - 1)],
        rows=[f"{name} · {percent(part)}" for name, part in zip(style.cluster_names(n), share, strict=True)],
        limits=limits,
        row_colors=[look.color for look in style.cluster_looks(n, table)],
    )
    return style.finish(
        fig,
        title="Each cluster by its mean, its most typical images and those at its border",
        caption=f"One row for each cluster, with its share of the train images: the mean of its images; the medoid (the image "
        f"nearest to all others of the cluster) and the {near} images nearest to that; at the right the {far} images that fit "
        "worst, because many of their neighbours are in other clusters. Where these look like the typical ones, the border "
        "runs through a group; where they look like something else, it runs between two.",
    )
