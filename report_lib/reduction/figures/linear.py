"""Figures of what the images can be described with."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from report_lib.common import style
from report_lib.common.prose import percent
from report_lib.reduction.linear import Sample


def explained_variance(pca: np.ndarray, svd: np.ndarray, marks: dict[float, int]) -> go.Figure:
    """Draw the share of variance of each component, of PCA and of truncated SVD, and of all of PCA up to it.

    Parameters
    ----------
    pca, svd : ndarray of shape (d,)
    marks : dict of float to int
        Components of PCA needed for each share.
    """
    k = np.arange(1, len(pca) + 1)
    cumulative = np.cumsum(pca)
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12)
    fig.add_scatter(x=k, y=cumulative.astype(np.float32), mode="lines", line_color=style.ACCENT, row=1, col=1,
                    name="PCA, so far", showlegend=False, hovertemplate="first %{x}: %{y:.2%}<extra></extra>")  # fmt: skip
    for name, ratio, color, dash in (("PCA", pca, style.ACCENT, "solid"), ("truncated SVD", svd, style.SECOND, "dot")):
        fig.add_scatter(x=k, y=ratio.astype(np.float32), mode="lines", name=name, line={"color": color, "dash": dash},
                        hovertemplate="component %{x}: %{y:.2%}", row=2, col=1)  # fmt: skip
    for share, count in marks.items():
        fig.add_scatter(x=[count], y=[cumulative[count - 1]], mode="markers+text", text=[f" {share:.0%} at {count}"],
                        textposition="bottom right", marker={"size": 9, "color": style.SECOND}, row=1, col=1,
                        cliponaxis=False, hoverinfo="skip", showlegend=False, name=f"{share:.0%} reached")  # fmt: skip
    fig.update_yaxes(title_text="cumulative share", tickformat=".0%", rangemode="tozero", row=1, col=1)
    low = int(np.floor(np.log10(max(pca[pca > 0].min(), 1e-7))))
    decades = [10.0**power for power in range(low, 1)]
    fig.update_yaxes(title_text="share of each", type="log", range=[low, 0], tickvals=decades,
                     ticktext=[f"{100 * d:.7f}".rstrip("0").rstrip(".") + "%" for d in decades], row=2, col=1)  # fmt: skip
    fig.update_xaxes(title_text="component", row=2, col=1)
    needed = ", ".join(f"{count} for {share:.0%}" for share, count in marks.items())
    return style.finish(
        fig,
        reading=(
            "Above, the share so far; below, what each component adds, on a logarithmic scale. The curve rises fast where "
            "pixels change together."
        ),
        title=f"Components needed: {needed}",
        caption=f"Variance of the train images that components explain. The first of PCA holds {percent(pca[0], 1)}, the "
        f"first of truncated SVD, which does not subtract the mean image, {percent(svd[0], 1)}.",
        height=480,
        legend={"orientation": "h", "y": -0.14},
    )


def components(images: np.ndarray, ratio: np.ndarray) -> go.Figure:
    """Draw the first components as images."""
    titles = [f"{i + 1}: {percent(r, 1)}" for i, r in enumerate(ratio[: len(images)])]
    fig = style.image_grid(images, columns=min(5, len(images)), titles=titles, diverging=True)
    return style.finish(
        fig,
        reading=(
            "Grey is zero. Adding a component to an image brightens what is light in it and darkens what is dark; the "
            "sign as a whole means nothing. The first components are broad shapes, later ones detail."
        ),
        title=f"The first {len(images)} components as images",
        caption="Each tile is one principal axis: where it is light, a larger coordinate adds brightness, where it is "
        "dark it takes brightness away, mid grey is left alone; each is stretched to its own range.",
        numbers=f"Shares of the variance: {', '.join(titles)}.",
    )


def scatter(sample: Sample, names: Sequence[str], ratio: np.ndarray) -> go.Figure:
    """Draw images on the first three components, two at a time: the first against each of the others."""
    Z, labels = sample.codes, sample.labels
    others = range(1, min(3, Z.shape[1]))
    fig = make_subplots(rows=1, cols=len(others), horizontal_spacing=0.1)
    for group, rows, name in style.split_groups(labels, len(Z), names):
        for col, i in enumerate(others, start=1):
            x, y = np.asarray(Z[rows][:, [0, i]], np.float32).T
            marker = {"size": 3, "opacity": style.OPACITY, "color": style.color(group)}
            fig.add_scatter(x=x, y=y, mode="markers", name=name, hoverinfo="name", row=1, col=col, legendgroup=name,
                            showlegend=col == 1, marker=marker)  # fmt: skip
    for col, i in enumerate(others, start=1):
        fig.update_xaxes(title_text=style.component_axis(0, ratio), row=1, col=col)
        fig.update_yaxes(title_text=style.component_axis(i, ratio), row=1, col=col)
    n = len(others) + 1
    colored = "coloured by class" if labels is not None else "without labels"
    return style.finish(
        fig,
        title=f"The first {n} components show {percent(ratio[:n].sum(), 1)} of the variance",
        caption=f"{len(Z):,} train images on the first {n} principal components, two at a time, {colored}. What is apart here "
        "is apart in all components; what overlaps here may still be apart in others.",
        height=440,
        dragmode="pan",
    )


def mse_curve(grid: Sequence[int], curves: dict[str, np.ndarray]) -> go.Figure:
    """Draw test error against the number of components, all methods on the same axes.

    Parameters
    ----------
    grid : sequence of int
        The numbers of components that are drawn.
    curves : dict of str to ndarray of shape (d + 1,)
        As `linear.mse_by_size` gives it.
    """
    fig, curves = go.Figure(), {name: values[grid] for name, values in curves.items()}
    for i, (name, values) in enumerate(curves.items()):
        fig.add_scatter(x=list(grid), y=np.asarray(values), mode="lines+markers", name=name,
                        line={"color": (style.ACCENT, style.SECOND)[i % 2], "dash": ("solid", "dash")[i % 2]},
                        hovertemplate="%{x} components: %{y:.5f}")  # fmt: skip
    fig.update_xaxes(title_text="components (log scale)", type="log", tickvals=list(grid))
    fig.update_yaxes(title_text="test mean squared error (scaled pixels)", rangemode="tozero")
    names = list(curves)
    one, other = (curves[name] for name in names)
    # All components leave no error, and nothing to divide by.
    gap = np.max(np.abs(one - other)[other > 0] / other[other > 0], initial=0)
    return style.finish(
        fig,
        title=f"From {grid[0]} to {grid[-1]} components, {names[0]} and {names[1]} are within {percent(gap, 1)} of each other",
        caption="Mean squared error of rebuilding all test images from their first components, on axes fitted on train.",
        numbers=style.listings([f"k = {k}:" for k in grid], curves, ".5f"),
        hovermode="x unified",
    )
