"""Figures of what we have."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.common.prose import percent
from report_lib.understanding.measure import Brightness, Examples, Histogram


@passes_none
def class_counts(counts: np.ndarray | None, names: Sequence[str]) -> go.Figure | None:
    """Draw how many train images each class has; None without labels."""
    low, high = int(counts.min()), int(counts.max())
    title = f"Every class has {low:,} train images" if low == high else f"Classes have {low:,} to {high:,} train images"
    fig = style.bars(names, counts, colors=[style.color(i) for i in range(len(names))], text=":,")
    fig.update_xaxes(title_text="train images")
    caption = f"Number of train images in each of {len(names)} classes."
    return style.finish(fig, title=title, caption=caption, numbers=style.listing(names, counts, ","))


@passes_none
def originals(tiles: np.ndarray | None) -> go.Figure | None:
    """Draw images as they came over what is used of them, from `measure.beside_originals`; None where nothing changed."""
    n = len(tiles) // 2
    fig = style.image_grid(tiles, columns=n, rows=["as it came", "as used"])
    return style.finish(
        fig,
        title="The first images as they came, and what is used of them",
        caption=f"The first {n} train images, each over the grey image that every later step sees.",
    )


def examples(shown: Examples) -> go.Figure:
    """Draw the first image of each class, or without labels a few images with their rows."""
    fig = style.image_grid(shown.images, columns=min(10, len(shown.images)), titles=shown.titles)
    return style.finish(
        fig, title="What the images look like", caption=f"One train image each: {', '.join(shown.titles)}."
    )


def intensity_histogram(histogram: Histogram) -> go.Figure:
    """Draw the share of pixels by intensity, on a logarithmic scale."""
    centers = (histogram.edges[:-1] + histogram.edges[1:]) / 2
    share = histogram.counts / histogram.counts.sum()
    fig = go.Figure(
        go.Scatter(x=centers, y=share, mode="lines", line={"color": style.ACCENT, "shape": "hvh"},
               hovertemplate="around %{x:.3g}: %{y:.2%} of the pixels<extra></extra>")
    )  # fmt: skip
    fig.update_xaxes(title_text="pixel intensity (the file's units)")
    fig.update_yaxes(title_text="share of all pixels (log scale)", type="log", tickformat=".2~%", dtick="D2")
    return style.finish(
        fig,
        title=f"{percent(histogram.at_lowest, 1)} of the pixels have the lowest value",
        caption=f"Histogram of all {int(histogram.counts.sum()):,} train pixels in {len(centers)} bins. Of all pixels, "
        f"{percent(histogram.at_lowest, 1)} have the lowest value.",
    )


def brightness(result: Brightness, names: Sequence[str]) -> go.Figure:
    """Draw the mean brightness of each class, with the middle half of its images."""
    groups = [names[g] for g in result.groups]
    fig = style.dots(
        groups,
        {"mean": result.means},
        score="mean brightness (share of the range)",
        form=".1%",
        intervals={"mean": (result.lower, result.upper)},
        colors=[style.color(g) for g in result.groups],
    )
    fig.update_xaxes(tickformat=".0%", rangemode="tozero")
    low, high = percent(result.means[0], 1), percent(result.means[-1], 1)
    ends = f"{groups[0]} is darkest at {low}, {groups[-1]} brightest at {high}"
    return style.finish(
        fig,
        title=ends if len(groups) > 1 else f"The mean brightness is {low}",
        caption="The dot is the mean brightness over the images, the bar spans the middle half of them.",
        numbers=style.listing(groups, result.means, ".1%"),
        height=130 + 30 * len(groups),
    )


def mean_images(overall: np.ndarray, by_class: np.ndarray | None, names: Sequence[str]) -> go.Figure:
    """Draw the mean of all train images, then that of each class where there are classes."""
    tiles = overall[None] if by_class is None else np.concatenate([overall[None], by_class])
    titles = ["all", *names][: len(tiles)]
    fig = style.image_grid(tiles, columns=min(6, len(tiles)), titles=titles)
    if by_class is None:
        fig.update_layout(height=330)
        what = "The mean of all train images, stretched to its own range: light where most images are light."
        return style.finish(fig, title="All train images laid over one another", caption=what)
    return style.finish(
        fig,
        title="All train images laid over one another, then those of each class",
        caption=f"Mean of all train images, and of each class: {', '.join(map(str, names))}. A sharp mean belongs to a class "
        "whose images are alike, a blurred one to a class that varies.",
    )


@passes_none
def duplicates(nearest: tuple[np.ndarray, list[str]] | None) -> go.Figure | None:
    """Draw the nearest pairs, one above the other, from `measure.nearest_pairs`; None where there are none."""
    pairs, titles = nearest
    fig = style.image_grid(
        np.concatenate([pairs[:, 0], pairs[:, 1]]), columns=len(pairs), titles=titles, rows=["one", "other"]
    )
    return style.finish(
        fig,
        title="The pairs of images that are nearest to being copies",
        caption=f"{len(pairs)} pairs, nearest first, one image above the other; the number is the root-mean-square "
        f"difference of their pixels, as a share of the range: {', '.join(titles)}.",
    )
