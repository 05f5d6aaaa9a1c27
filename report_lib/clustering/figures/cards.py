"""Figures of what each cluster looks like."""

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style
from report_lib.common.prose import percent


def cluster_cards(means: np.ndarray, typical: np.ndarray, share: np.ndarray, limits: tuple[float, float]) -> go.Figure:
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
        caption=f"One row for each cluster, with its share of the train images: the mean of its images, the medoid (the image "
        f"nearest to all others of the cluster), and the {shown - 1} images nearest to that.",
    )


def border(images: np.ndarray, share: np.ndarray, limits: tuple[float, float]) -> go.Figure:
    """Draw the images of each cluster that lie nearest to another.

    Parameters
    ----------
    images : ndarray of shape (n_clusters * n_shown, h, w)
    """
    shown = len(images) // len(share)
    fig = style.image_grid(images, columns=shown, titles=[""] * shown, rows=_labels(share), limits=limits)
    return style.finish(
        fig,
        title="The images that fit their cluster worst",
        caption=f"One row for each cluster: the {shown} train images that fit it worst, because many of their neighbours are "
        "in another cluster.",
    )


def _labels(share: np.ndarray) -> list[str]:
    return [f"{name} · {percent(part)}" for name, part in zip(style.cluster_names(len(share)), share, strict=True)]
