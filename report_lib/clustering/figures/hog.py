"""Figures of the description of shape, and of the neighbours that it gives."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style

ARROWS = "→↘↓↙←↖↑↗"


def gradients(images: np.ndarray, found: np.ndarray, names: Sequence[str], n_components: int) -> go.Figure:
    """Draw images beside how much edge runs in each of eight directions, cell by cell.

    Parameters
    ----------
    images : ndarray of shape (n, h, w)
    found : ndarray of shape (n, 8, rows, columns)
        From 0 for no edge.
    """
    h, w = images.shape[1:]
    low, high = float(images.min()), float(images.max())
    scaled = (images.astype(np.float32) - low) / max(high - low, 1e-12)
    down, across = -(-h // found.shape[2]), -(-w // found.shape[3])
    large = found.repeat(down, axis=2).repeat(across, axis=3)[:, :, :h, :w] / max(float(found.max()), 1e-12)
    tiles = np.concatenate([scaled[:, None], large], axis=1)
    fig = style.image_grid(
        tiles.reshape(-1, h, w), columns=tiles.shape[1], titles=["image", *ARROWS], rows=names, limits=(0.0, 1.0)
    )
    return style.finish(
        fig,
        title="What is left of an image: which way its edges run, and where",
        caption="Test images and, to the right, how strongly brightness rises in eight directions, cell by cell. The "
        f"description tells twice as many apart, and keeps {n_components} principal components of the square roots.",
    )


def same_class(hits: dict[str, np.ndarray], names: Sequence[str], k: int) -> go.Figure:
    """Draw how many of the nearest are of the same class, for each description.

    Parameters
    ----------
    hits : dict of str to ndarray of shape (n_classes,)
        By description.
    """
    fig = go.Figure()
    for i, (title, own) in enumerate(hits.items()):
        fig.add_scatter(x=own, y=[style.escape(n) for n in names], mode="markers", name=style.escape(title),
                        marker={"size": 11, "color": style.series(i), "symbol": style.SYMBOLS[i]},
                        hovertemplate=f"%{{y}}, {style.escape(title)}: %{{x:.1%}}<extra></extra>")  # fmt: skip
    fig.update_xaxes(title_text=f"share of the {k} nearest that are of the same class", tickformat=".0%")
    fig.update_yaxes(autorange="reversed", type="category", title_text="class")
    means = ", ".join(f"{title} {np.nanmean(own):.1%}" for title, own in hits.items())
    return style.finish(
        fig,
        title=f"Nearest neighbours of the same class: {means}",
        caption=f"For the train images of each class, the share of their {k} nearest train images that are of the same "
        "class, by description. No description has seen a label.",
        numbers=style.listings(names, hits, ".1%"),
        height=140 + 34 * len(names),
    )
