"""Figures that set ways of describing an image beside one another."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style


def loss_curves(found: Sequence) -> go.Figure:
    """Draw the loss of each autoencoder, epoch by epoch, on the images learnt from and on those held out.

    Parameters
    ----------
    found : sequence of `comparison.Representation`
        Those that are autoencoders.
    """
    fig = go.Figure()
    for i, r in enumerate(found):
        curve = r.model.loss_curve_
        epochs = list(range(1, len(curve) + 1))
        for part, dash, mark in (("train", "dot", " (dotted)"), ("validation", "solid", "")):
            fig.add_scatter(x=epochs, y=[losses[part] for losses in curve], mode="lines+markers",
                            name=f"{r.title}, {part}{mark}", line={"color": style.series(i), "dash": dash},
                            hovertemplate="epoch %{x}: %{y:.4f}")  # fmt: skip
    longest = max(len(r.model.loss_curve_) for r in found)
    fig.update_xaxes(title_text="epoch", dtick=1 if longest <= 12 else None)
    fig.update_yaxes(title_text="binary cross-entropy (nats a pixel)")
    last = [f"{r.title} {r.model.loss_curve_[r.model.best_epoch_ - 1]['validation']:.4f}" for r in found]
    return style.finish(
        fig,
        reading=(
            "Loss falls while the network learns what images have in common. Where it rises again on the images held out, "
            "the network begins to learn single images by heart; the best epoch is the one that is kept."
        ),
        title=f"Loss on held-out train images: {', '.join(last)}",
        caption="Binary cross-entropy of each autoencoder after each epoch, on the train images that it learnt from, "
        "averaged while it learnt, and on train images held out. It cannot reach 0: a grey pixel costs something even "
        "where it is rebuilt exactly.",
        numbers=" ".join(f"{r.title}, validation, by epoch: {_some_epochs(r.model.loss_curve_)}" for r in found),
        hovermode="x unified",
    )


def _some_epochs(curve: Sequence[dict[str, float]]) -> str:
    """Write about ten values of a curve, the last among them."""
    kept = sorted({*range(0, len(curve), -(-len(curve) // 10)), len(curve) - 1})
    return style.listing([f"{i + 1}:" for i in kept], [curve[i]["validation"] for i in kept], ".4f")


def reconstructions(images: np.ndarray, names: Sequence[str], found: Sequence) -> go.Figure:
    """Draw test images above what each representation makes of them.

    Parameters
    ----------
    images : ndarray of shape (1 + len(found), n, h, w)
    """
    limits = (float(images[0].min()), float(images[0].max()))
    rows = ["original", *[f"{r.title} ({r.size})" for r in found]]
    fig = style.image_grid(
        np.concatenate(list(images)), columns=images.shape[1], titles=names, rows=rows, limits=limits
    )
    return style.finish(
        fig,
        title="The same test images, rebuilt from each description",
        caption=f"Top row: test images as they are ({', '.join(map(str, names))}). Below, each rebuilt from its code; in "
        "brackets, how many numbers the code has.",
        margin_l=190,
    )


def error_by_size(curve, found: Sequence) -> go.Figure:
    """Draw the error on test images against the size of the code, with PCA's curve, a `comparison.PCACurve`."""
    counts, pca = np.asarray(curve.counts), np.asarray(curve.mse)
    shown = [r for r in found if r.name != "pixels" and not r.name.startswith("pca")]
    floor = min([r.test_mse for r in shown], default=1.0) / 4
    kept = pca > floor
    fig = go.Figure()
    fig.add_scatter(x=counts[kept], y=pca[kept], mode="lines", name="PCA, every size",
                    line_color=style.INK, hovertemplate="PCA, %{x} components: %{y:.5f}<extra></extra>")  # fmt: skip
    for i, r in enumerate(shown):
        fig.add_scatter(x=[r.size], y=[r.test_mse], mode="markers", name=r.title,
                        marker={"size": 11, "color": style.series(i), "symbol": style.SYMBOLS[i % len(style.SYMBOLS)]},
                        hovertemplate=f"{r.title}, %{{x}} numbers: %{{y:.5f}}<extra></extra>")  # fmt: skip
    ticks = [t for t in (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if counts[0] <= t <= counts[-1]]
    fig.update_xaxes(title_text="numbers in the code (log scale)", type="log", tickvals=ticks)
    decades = [digit * 10.0**power for power in range(-7, 2) for digit in (1, 2, 5)]
    fig.update_yaxes(title_text="test mean squared error (log scale)", type="log", tickvals=decades,
                     ticktext=[f"{value:.7f}".rstrip("0").rstrip(".") for value in decades])  # fmt: skip
    below = [title for title, beats in curve.beaten_by(shown).items() if beats]
    return style.finish(
        fig,
        reading=(
            "To the right a description has more numbers to work with, so its error should fall. Compare what stands "
            "above one another: what is lower at the same size describes the images better."
        ),
        title=f"Better than as many principal components: {', '.join(below) or 'none'}",
        caption="Mean squared error of rebuilding all test images, the range of the pixels counted as 1, against how many "
        "numbers describe an image. Below PCA's curve, a description does better than as many principal components. All "
        "pixels, which rebuild the images exactly, are off the scale.",
        numbers=style.listing([f"{r.title} ({r.size})" for r in found], [r.test_mse for r in found], ".5f"),
    )


def code_images(pictures: np.ndarray, names: Sequence[str], title: str) -> go.Figure:
    """Draw images beside the channels of their codes.

    Parameters
    ----------
    pictures : ndarray of shape (n, 1 + channels, h, w)
    """
    n, columns = pictures.shape[:2]
    constant = [str(i) for i in range(1, columns) if np.ptp(pictures[:, i]) == 0]
    silent = f" Constant on all of these images: channel {', '.join(constant)}." if constant else ""
    fig = style.image_grid(
        pictures.reshape(n * columns, *pictures.shape[2:]),
        columns=columns,
        titles=["image", *map(str, range(1, columns))],
        rows=names,
        limits=(0.0, 1.0),
    )
    return style.finish(
        fig,
        title=f"The code of the {title} autoencoder, channel by channel",
        caption=f"Test images and, to their right, the {columns - 1} small pictures that stand for them, each channel "
        f"brought to one range over all of these images.{silent}",
    )


def walk(steps: np.ndarray, titles: Sequence[str], names: Sequence[str]) -> go.Figure:
    """Draw straight walks from one image to another through each code space.

    Parameters
    ----------
    steps : ndarray of shape (n_representations, n_steps, h, w)
    """
    n_steps = steps.shape[1]
    limits = (float(steps[0].min()), float(steps[0].max()))
    shares = [f"{i}/{n_steps - 1}" for i in range(n_steps)]
    fig = style.image_grid(np.concatenate(list(steps)), columns=n_steps, titles=shares, rows=titles, limits=limits)
    return style.finish(
        fig,
        title=f"From {names[0]} to {names[1]} in a straight line",
        caption=f"Codes of two test images ({names[0]}, {names[1]}) are mixed in steps and turned back into images, one "
        "row a description. Linear descriptions can only fade one picture into the other.",
        margin_l=150,
    )


def kmeans_scores(scores: dict[str, dict[str, np.ndarray]], measures: dict[str, str]) -> go.Figure:
    """Draw how far K-Means on each representation agrees with the classes, every repeat a point.

    Parameters
    ----------
    scores : dict of str to dict
        By title of the representation, and by score.
    measures : dict of str to str
        What each score is called.
    """
    fig = go.Figure()
    words = {kind: measures[kind] for kind in ("accuracy", "nmi", "ari")}
    for i, (kind, name) in enumerate(words.items()):
        for j, (title, found) in enumerate(scores.items()):
            y = [j + (i - 1) * 0.22] * len(found[kind])
            fig.add_scatter(x=found[kind], y=y, mode="markers", name=name, legendgroup=name, showlegend=j == 0,
                            marker={"size": 8, "color": style.series(i), "symbol": style.SYMBOLS[i], "opacity": 0.8},
                            hovertemplate=f"{style.escape(title)}, {name}: %{{x:.3f}}<extra></extra>")  # fmt: skip
    fig.update_xaxes(title_text="score on test images", rangemode="tozero")
    fig.update_yaxes(tickvals=list(range(len(scores))), ticktext=list(scores), autorange="reversed", showgrid=False,
                     title_text="described by")  # fmt: skip
    first = {name: max(scores, key=lambda title: scores[title][kind].mean()) for kind, name in words.items()}
    means = {f"{name}, mean": [found[kind].mean() for found in scores.values()] for kind, name in words.items()}
    return style.finish(
        fig,
        title=f"Highest mean: {', '.join(f'{title} by {name}' for name, title in first.items())}",
        caption="Agreement of K-Means clusters with the classes of the test images, on each description. A point is one "
        "repeat, with its own sample of train images and its own start; the same for all descriptions.",
        numbers=style.listings(scores, means, ".3f"),
        height=140 + 62 * len(scores),
    )


def few_labels(result) -> go.Figure:
    """Draw the accuracy of a small network on each representation, with its interval, from `comparison.FewLabels`."""
    accuracy, n_labels = result.accuracy, result.n_labels
    names = list(accuracy)
    values, low, high = (
        np.array([getattr(found, end) for found in accuracy.values()]) for end in ("value", "low", "high")
    )
    fig = go.Figure(
        go.Scatter(x=values, y=names, mode="markers", marker={"size": 10, "color": style.ACCENT},
                   error_x=style.interval_bars(values, low, high), showlegend=False,
                   hovertemplate="%{y}: %{x:.4f}<extra></extra>")
    )  # fmt: skip
    fig.update_xaxes(title_text="test accuracy, 95% interval")
    fig.update_yaxes(autorange="reversed", type="category")
    best, worst = names[int(values.argmax())], names[int(values.argmin())]
    return style.finish(
        fig,
        reading=(
            "Each dot is a mean over draws of the labelled images, the bar its 95% interval. Where two bars are far apart "
            "the difference is no accident of the draw."
        ),
        title=f"With {n_labels:,} labels: from {values.min():.1%} ({worst}) to {values.max():.1%} ({best})",
        caption=f"Accuracy on all test images of a network with one hidden layer, taught {n_labels:,} labelled train images "
        "described in each way. The interval is of the mean over draws of the labelled images, and over the test images.",
        numbers=style.listing(names, values, ".4f"),
        height=140 + 36 * len(names),
    )
