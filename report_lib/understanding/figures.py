"""Figures of what we have."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style


def class_counts(counts: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw how many train images each class has."""
    low, high = int(counts.min()), int(counts.max())
    title = f"Every class has {low:,} train images" if low == high else f"Classes have {low:,} to {high:,} train images"
    fig = style.bars(names, counts, colors=[style.color(i) for i in range(len(names))], text=":,")
    fig.update_xaxes(title_text="train images")
    caption = f"Number of train images in each of {len(names)} classes."
    return style.finish(fig, title=title, caption=caption, numbers=style.listing(names, counts, ","))


def examples(images: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the first image of each class, or without labels a few images with their rows."""
    fig = style.image_grid(images, columns=min(5, len(images)), titles=names)
    return style.finish(
        fig, title="What the images look like", caption=f"One train image each: {', '.join(map(str, names))}."
    )


def intensity_histogram(histogram) -> go.Figure:
    """Draw the share of pixels by intensity, on a logarithmic scale."""
    centers = (histogram.edges[:-1] + histogram.edges[1:]) / 2
    share = histogram.counts / histogram.counts.sum()
    fig = go.Figure(
        go.Scatter(x=centers, y=share, mode="lines", line={"color": style.ACCENT, "shape": "hvh"},
               hovertemplate="around %{x:.3g}: %{y:.2%} of the pixels<extra></extra>")
    )  # fmt: skip
    fig.update_xaxes(title_text="pixel intensity (the file's units)")
    fig.update_yaxes(title_text="share of all pixels (log scale)", type="log", tickformat=".2~%", dtick="D2")
    brightest = float(share[-1])
    return style.finish(
        fig,
        title=f"{histogram.share_lowest:.0%} of the pixels are in the darkest bin",
        caption=f"Histogram of all {int(histogram.counts.sum()):,} train pixels in {len(centers)} bins: "
        f"{histogram.share_lowest:.1%} lie in the darkest, {brightest:.1%} in the brightest.",
    )


def brightness(result, names: Sequence[str]) -> go.Figure:
    """Draw the mean brightness of each class, with the middle half of its images."""
    labels = [style.escape(names[g]) for g in result.groups]
    fig = go.Figure(
        go.Scatter(x=result.means, y=labels, mode="markers", name="mean",
                   marker={"size": 11, "color": [style.color(g) for g in result.groups]},
                   error_x=style.interval_bars(result.means, result.lower, result.upper),
                   hovertemplate="%{y}: mean %{x:.1%}<extra></extra>")
    )  # fmt: skip
    fig.update_xaxes(title_text="mean brightness (share of the range)", tickformat=".0%", rangemode="tozero")
    fig.update_yaxes(autorange="reversed", type="category")
    ends = f"{names[result.groups[0]]} is darkest at {result.means[0]:.0%}, {names[result.groups[-1]]} brightest at "
    return style.finish(
        fig,
        title=f"{ends}{result.means[-1]:.0%}" if len(labels) > 1 else f"The mean brightness is {result.means[0]:.0%}",
        caption="The dot is the mean brightness over the images, the bar spans the middle half of them.",
        numbers=style.listing([names[g] for g in result.groups], result.means, ".1%"),
        height=130 + 30 * len(labels),
    )


def mean_image(image: np.ndarray) -> go.Figure:
    """Draw the mean of all train images."""
    fig = style.image_grid(image[None], columns=1)
    fig.update_layout(height=330)
    return style.finish(
        fig,
        title="All train images laid over one another",
        caption="The mean of all train images, stretched to its own range: light where most images are light.",
    )


def class_means(images: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the mean image of each class."""
    fig = style.image_grid(images, columns=min(5, len(images)), titles=names)
    return style.finish(
        fig,
        title="Each class laid over itself: its prototype",
        caption=f"Mean train image of each class: {', '.join(map(str, names))}. A sharp mean belongs to a class whose "
        "images agree; a blurred one to a class that varies.",
    )


def duplicates(pairs: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the nearest pairs, one above the other.

    Parameters
    ----------
    pairs : ndarray of shape (n_pairs, 2, h, w)
    names : sequence of str
        What to write above each pair.
    """
    fig = style.image_grid(
        np.concatenate([pairs[:, 0], pairs[:, 1]]), columns=len(pairs), titles=names, rows=["one", "other"]
    )
    return style.finish(
        fig,
        title="The pairs of images that are nearest to being copies",
        caption=f"{len(pairs)} pairs, nearest first, one image above the other; the number is the root-mean-square "
        f"difference of their pixels, as a share of the range: {', '.join(names)}.",
    )
