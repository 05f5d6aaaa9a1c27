"""Figures of the description of shape, and of the neighbours that it gives."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.clustering.gradient_settings import SettingsTried
from report_lib.clustering.representations import Shapes
from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.common.prose import decimal, percent

ARROWS = "→↘↓↙←↖↑↗"


@passes_none
def edges(shapes: Shapes | None) -> go.Figure | None:
    """Draw images beside how much edge runs in each of eight directions, cell by cell."""
    images, directions, names = shapes.examples.images, shapes.directions, shapes.examples.titles
    h, w = images.shape[1:]
    low, high = float(images.min()), float(images.max())
    scaled = (images.astype(np.float32) - low) / max(high - low, 1e-12)
    down, across = -(-h // directions.shape[2]), -(-w // directions.shape[3])
    large = directions.repeat(down, axis=2).repeat(across, axis=3)[:, :, :h, :w] / max(float(directions.max()), 1e-12)
    tiles = np.concatenate([scaled[:, None], large], axis=1)
    fig = style.image_grid(
        tiles.reshape(-1, h, w), columns=tiles.shape[1], titles=["image", *ARROWS], rows=names, limits=(0.0, 1.0)
    )
    return style.finish(
        fig,
        title="What the description keeps of an image: which way its edges run, and where",
        caption="Test images and, to the right, how strongly brightness rises in eight directions, cell by cell. The "
        f"description uses twice as many directions, and keeps {shapes.train.shape[1]} components of the square roots.",
    )


@passes_none
def same_class(hits: dict[str, np.ndarray] | None, names: Sequence[str], k: int) -> go.Figure | None:
    """Draw how many of the nearest are of the same class, for each description.

    Parameters
    ----------
    hits : dict of str to ndarray of shape (n_classes,), or None
        By description.
    """
    fig = style.dots(names, hits, score=f"share of the {k} nearest that are of the same class", row="class", form=".1%")
    fig.update_xaxes(tickformat=".0%")
    means = ", ".join(f"{title} {percent(np.nanmean(own), 1)}" for title, own in hits.items())
    return style.finish(
        fig,
        title=f"Nearest neighbours of the same class: {means}",
        caption=f"For the train images of each class, the share of their {k} nearest train images that are of the same "
        "class, by description.",
        numbers=style.listings(names, hits, ".1%"),
        height=140 + 25 * len(names),
    )


@passes_none
def gradient_settings(tried: SettingsTried | None) -> go.Figure | None:
    """Draw what each setting of the gradients comes to: every half or pair of halves, and their mean."""
    singles = {"modularity × agreement of halves": tried.support}
    if tried.nmi is not None:
        singles = {"NMI with the classes": tried.nmi} | singles
    names, means = [own.title for own in tried.settings], {name: own.mean(axis=1) for name, own in singles.items()}
    score, values = next(iter(means.items()))
    fig = style.dots(
        names, means, score="score", row="cells along a side, directions, blur", repeats=singles, spread=0.3
    )
    return style.finish(
        fig,
        title=f"{style.sentence(score)} by settings of the gradients: {decimal(values.min())} to {decimal(values.max())}",
        caption=f"{tried.n_clusters} clusters of halves of {tried.n_images:,} train images, after several settings of the "
        "oriented gradients; the run's own first. Large marks are means, small dots single halves, or pairs of halves.",
        reading="Settings whose small dots lie among one another are not told apart by these images.",
        numbers=style.listings(names, means, ".3f"),
        height=150 + 36 * len(names),
    )
