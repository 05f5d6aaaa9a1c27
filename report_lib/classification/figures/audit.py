"""Figures of what a person should look at again."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style


def suspects(
    images: np.ndarray, rows: Sequence[str], limits: tuple[float, float], *, part: str, n_found: int
) -> go.Figure:
    """Draw images whose labels look wrong, each with its nearest train images.

    Parameters
    ----------
    images : ndarray of shape (n, 1 + n_neighbors, h, w)
    rows : sequence of str
        What each is labelled, and what it looks like.
    part : str
        `train` or `test`.
    n_found : int
        Likely label errors in it.
    """
    n, columns = images.shape[:2]
    fig = style.image_grid(
        images.reshape(n * columns, *images.shape[2:]),
        columns=columns,
        titles=["image", *[f"nearest {i}" for i in range(1, columns)]],
        rows=rows,
        limits=limits,
    )
    return style.finish(
        fig,
        title=f"{n_found:,} labels of {part} images to look at again; the {n} that the network finds least likely",
        caption=f"One row an image of the {part} part: at its left its label and what a classifier that has not seen the "
        "label takes it for, then the image, then the train images nearest to it.",
        margin_l=210,
    )


def strangers(images: np.ndarray, titles: Sequence[str], limits: tuple[float, float]) -> go.Figure:
    """Draw the images farthest from their class, with what they are labelled."""
    fig = style.image_grid(images, columns=min(8, len(images)), titles=titles, limits=limits)
    return style.finish(
        fig,
        title=f"The {len(images)} train images farthest from their class",
        caption="Train images whose nearest images of the same class are far away, compared with the rest of the class; the "
        "farthest first. Over each, its label.",
    )
