"""Figures of what the images can be described with."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from report_lib.common import style
from report_lib.reduction.linear import Sample


def explained_variance(ratio: np.ndarray, marks: dict[float, int]) -> go.Figure:
    """Draw the share of variance of each component, and of all up to it.

    Parameters
    ----------
    ratio : ndarray of shape (d,)
    marks : dict of float to int
        Components needed for each share.
    """
    k = np.arange(1, len(ratio) + 1)
    cumulative = np.cumsum(ratio)
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    hover = "component %{x}: %{y:.2%}<extra></extra>"
    fig.add_scatter(x=k, y=cumulative.astype(np.float32), mode="lines", line_color=style.ACCENT, row=1, col=1,
                    hovertemplate="first %{x}: %{y:.2%}<extra></extra>")  # fmt: skip
    fig.add_scatter(x=k, y=ratio.astype(np.float32), mode="lines", line_color=style.ACCENT, row=2, col=1,
                    hovertemplate=hover)  # fmt: skip
    for share, count in marks.items():
        fig.add_scatter(x=[count], y=[cumulative[count - 1]], mode="markers+text", text=[f" {share:.0%} at {count}"],
                        textposition="bottom right", marker={"size": 9, "color": style.SECOND}, row=1, col=1,
                        cliponaxis=False, hoverinfo="skip")  # fmt: skip
    fig.update_yaxes(title_text="cumulative share", tickformat=".0%", rangemode="tozero", row=1, col=1)
    low = int(np.floor(np.log10(max(ratio[ratio > 0].min(), 1e-7))))
    decades = [10.0**power for power in range(low, 1)]
    fig.update_yaxes(title_text="share of each", type="log", range=[low, 0], tickvals=decades,
                     ticktext=[f"{100 * d:.7f}".rstrip("0").rstrip(".") + "%" for d in decades], row=2, col=1)  # fmt: skip
    fig.update_xaxes(title_text="principal component", row=2, col=1)
    needed = ", ".join(f"{count} for {share:.0%}" for share, count in marks.items())
    return style.finish(
        fig,
        reading=(
            "Each component takes up as much of what is left as one direction can. The curve rises fast where pixels move "
            "together; a bend is where further components add little each. Above, the share so far; below, what each "
            "adds, on a logarithmic scale."
        ),
        title=f"Components needed: {needed}",
        caption=f"Variance explained by PCA on train images. The first component holds {ratio[0]:.1%}, the first two "
        f"{cumulative[min(1, len(ratio) - 1)]:.1%}; components needed: {needed} of the variance.",
        height=520,
        showlegend=False,
    )


def components(images: np.ndarray, ratio: np.ndarray) -> go.Figure:
    """Draw the first components as images."""
    titles = [f"{i + 1}: {r:.1%}" for i, r in enumerate(ratio[: len(images)])]
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


def scatter_2d(sample: Sample, names: Sequence[str], ratio: np.ndarray) -> go.Figure:
    """Draw images on the first two components."""
    Z, labels = sample.codes, sample.labels
    fig = style.scatter(Z[:, 0], Z[:, 1], labels, names)
    fig.update_xaxes(title_text=style.component_axis(0, ratio))
    fig.update_yaxes(title_text=style.component_axis(1, ratio))
    colored = "coloured by class" if labels is not None else "without labels"
    return style.finish(
        fig,
        reading=(
            "Two images are near each other here if they are alike in the two directions that vary most; those that lie "
            "together may still differ in all others."
        ),
        title=f"Two components show {ratio[:2].sum():.0%} of the variance",
        caption=f"{len(Z):,} train images on the first two principal components, {colored}. What lies apart here is "
        "apart in all components; what overlaps here may still be apart in others.",
    )


def scatter_3d(sample: Sample, names: Sequence[str], ratio: np.ndarray) -> go.Figure:
    """Draw images on the first three components; drag to turn."""
    fig, Z, labels = go.Figure(), sample.codes, sample.labels
    for group, rows, name in style.split_groups(labels, len(Z), names):
        x, y, z = np.asarray(Z[rows, :3], np.float32).T
        fig.add_scatter3d(x=x, y=y, z=z, mode="markers", name=name, hoverinfo="name",
                          marker={"size": 2, "opacity": 0.7, "color": style.color(group)})  # fmt: skip
    axes = {f"{axis}axis_title_text": f"component {i + 1}" for i, axis in enumerate("xyz")}
    return style.finish(
        fig.update_scenes(**axes, aspectmode="data"),
        reading="Drag to turn it, pinch or scroll to come nearer.",
        title=f"Three components show {ratio[:3].sum():.0%}; drag to turn",
        caption=f"{len(Z):,} train images on the first three principal components, "
        f"{ratio[0]:.1%}, {ratio[1]:.1%} and {ratio[2]:.1%} of the variance.",
        height=620,
        margin={"l": 0, "r": 0, "t": 56, "b": 0},
    )


def reconstructions(images: np.ndarray, names: Sequence[str], counts: Sequence[int], mse: np.ndarray) -> go.Figure:
    """Draw test images beside what few components make of them.

    Parameters
    ----------
    images : ndarray of shape (1 + len(counts), n, h, w)
        The originals, then the reconstructions with each number of components.
    mse : ndarray of shape (d + 1,)
        Error with each number of components.
    """
    worst = ", ".join(f"{mse[k]:.4f} with {k}" for k in counts)
    return style.finish(
        style.image_rows(images, ["original", *[f"k = {k}" for k in counts]], names),
        title=f"Test images rebuilt from {', '.join(map(str, counts))} components",
        caption=f"Top row: test images as they are ({', '.join(map(str, names))}). Below, the same images rebuilt. "
        f"Mean squared error over all test images, in scaled pixels: {worst}.",
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
        title=f"From {grid[0]} to {grid[-1]} components, {names[0]} and {names[1]} are within {gap:.1%} of one another",
        caption="Mean squared error of rebuilding all test images from their first components, on axes fitted on train.",
        numbers=style.listings([f"k = {k}:" for k in grid], curves, ".5f"),
        hovermode="x unified",
    )


def variance_comparison(pca: np.ndarray, svd: np.ndarray, n_components: int) -> go.Figure:
    """Draw the share of variance of the first components of PCA beside that of truncated SVD."""
    pca, svd = pca[:n_components], svd[:n_components]
    n = min(20, len(pca))
    k = np.arange(1, n + 1)
    fig = go.Figure()
    fig.add_bar(x=k, y=pca[:n], name="PCA", marker_color=style.ACCENT, hovertemplate="%{y:.2%}")
    fig.add_bar(x=k, y=svd[:n], name="truncated SVD", marker_color=style.SECOND, hovertemplate="%{y:.2%}")
    fig.update_xaxes(title_text="component", dtick=1)
    fig.update_yaxes(title_text="share of the variance", tickformat=".0%")
    return style.finish(
        fig,
        title=f"SVD's first component holds {svd[0]:.1%} of the variance, PCA's {pca[0]:.1%}",
        caption=f"Explained variance of the first {n} components. Truncated SVD does not subtract the mean image; where that "
        f"is far from zero, its first axis points there. It explains {svd[0]:.1%}, PCA's first axis {pca[0]:.1%}. Over "
        f"all {len(pca)} components compared PCA explains {pca.sum():.2%}, SVD {svd.sum():.2%}.",
        hovermode="x unified",
    )
