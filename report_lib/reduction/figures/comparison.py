"""Figures that set ways of describing an image beside one another."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.common.prose import MEASURES, percent
from report_lib.common.representations import trained_once
from report_lib.reduction.comparison import FittedRepresentation, PCACurve
from report_lib.reduction.few_labels import Curve


def loss_curves(learnt: Sequence[FittedRepresentation]) -> go.Figure | None:
    """Draw the loss of each autoencoder, epoch by epoch, on the images learnt from and on those held out."""
    if not learnt:
        return None
    fig = go.Figure()
    for i, r in enumerate(learnt):
        curve = r.model.loss_curve_
        epochs = list(range(1, len(curve) + 1))
        for part, dash, mark in (("train", "dot", " (dotted)"), ("validation", "solid", "")):
            fig.add_scatter(x=epochs, y=[losses[part] for losses in curve], mode="lines+markers",
                            name=f"{r.title}, {part}{mark}", line={"color": style.series(i), "dash": dash},
                            hovertemplate="epoch %{x}: %{y:.4f}")  # fmt: skip
    longest = max(len(r.model.loss_curve_) for r in learnt)
    fig.update_xaxes(title_text="epoch", dtick=1 if longest <= 12 else None)
    fig.update_yaxes(title_text="binary cross-entropy (nats a pixel)")
    last = [f"{r.title} {r.model.loss_curve_[r.model.best_epoch_ - 1]['validation']:.4f}" for r in learnt]
    return style.finish(
        fig,
        reading=(
            "Loss falls while the network learns what images share. Where it rises again on the images held out, the network "
            "learns single images by heart; the best epoch is kept."
        ),
        title=f"Loss on held-out train images: {', '.join(last)}",
        caption="Binary cross-entropy of each autoencoder after each epoch, on the train images that it learnt from, "
        "and on train images held out. It cannot reach 0: a grey pixel costs something even where it is rebuilt exactly.",
        numbers=" ".join(f"{r.title}, validation, by epoch: {_some_epochs(r.model.loss_curve_)}" for r in learnt),
        hovermode="x unified",
    )


def _some_epochs(curve: Sequence[dict[str, float]]) -> str:
    """Write about ten values of a curve, the last among them."""
    kept = sorted({*range(0, len(curve), -(-len(curve) // 10)), len(curve) - 1})
    return style.listing([f"{i + 1}:" for i in kept], [curve[i]["validation"] for i in kept], ".4f")


def rebuilt(images: dict[str, np.ndarray], names: Sequence[str]) -> go.Figure:
    """Draw test images above what each description makes of them, by title, the originals first."""
    return style.finish(
        style.image_rows(list(images.values()), list(images), names),
        title=f"The same test images, rebuilt from {len(images) - 1} descriptions",
        caption=f"Top row: test images as they are ({', '.join(map(str, names))}). Below, each rebuilt from its code; in "
        "brackets, how many numbers the code has.",
        margin_l=190,
    )


@passes_none
def error_by_size(curve: PCACurve | None, fitted: Sequence[FittedRepresentation]) -> go.Figure | None:
    """Draw the error on test images against the size of the code, with PCA's curve."""
    counts, pca = np.asarray(curve.counts), np.asarray(curve.mse)
    shown = [r for r in fitted if r.name != "pixels" and not r.name.startswith("pca")]
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
    once = trained_once(r.title for r in shown)
    below = [r.title for r in shown if curve.is_beaten_by(r.size, r.test_mse)]
    return style.finish(
        fig,
        reading=(
            "To the right a description has more numbers, so its error should fall. At the same size, the lower one is the "
            "better."
        ),
        title=f"Better than as many principal components{once}: {', '.join(below) or 'none'}",
        caption="Mean squared error of rebuilding all test images (range of the pixels: 1) against how many numbers describe "
        "an image. Below PCA's curve, a description does better than as many principal components.",
        numbers=style.listing([f"{r.title} ({r.size})" for r in fitted], [r.test_mse for r in fitted], ".5f"),
    )


def walk(steps: dict[str, np.ndarray], names: Sequence[str]) -> go.Figure | None:
    """Draw straight walks from the first of the named images to the last through each code space.

    Parameters
    ----------
    steps : dict of str to ndarray of shape (n_steps, h, w)
        As `comparison.walk` gives it.
    """
    if not steps:
        return None
    last = len(next(iter(steps.values()))) - 1
    return style.finish(
        style.image_rows(list(steps.values()), list(steps), [f"{i}/{last}" for i in range(last + 1)]),
        title=f"From {names[0]} to {names[-1]} in a straight line",
        caption=f"Codes of two test images ({names[0]}, {names[-1]}) are mixed in steps and turned back into images, one "
        "row for each description. Linear descriptions can only fade one picture into the other.",
        margin_l=150,
    )


def kmeans_scores(scores: dict[str, dict[str, np.ndarray]]) -> go.Figure | None:
    """Draw how far K-Means on each representation agrees with the classes, every repeat a point.

    Parameters
    ----------
    scores : dict of str to dict
        As `comparison.kmeans_scores` gives it.
    """
    if not scores:
        return None
    words = {kind: MEASURES[kind] for kind in ("accuracy", "nmi", "ari")}
    repeats = {name: [by_kind[kind] for by_kind in scores.values()] for kind, name in words.items()}
    means = {name: [values.mean() for values in by_title] for name, by_title in repeats.items()}
    fig = style.dots(
        list(scores), means, score="score on test images", row="described by", repeats=repeats, spread=0.22
    )
    fig.update_xaxes(rangemode="tozero")
    first = {name: list(scores)[int(np.argmax(values))] for name, values in means.items()}
    return style.finish(
        fig,
        title=f"Highest mean{trained_once(scores)}: {', '.join(f'{title} by {name}' for name, title in first.items())}",
        caption="Agreement of K-Means clusters with the classes of the test images, on each description. A small point "
        "is one repeat, with its own sample of train images and its own start; a large mark is their mean.",
        numbers=style.listings(scores, {f"{name}, mean": values for name, values in means.items()}, ".3f"),
    )


def few_labels(curves: dict[str, Curve]) -> go.Figure | None:
    """Draw the accuracy of a small network on each representation, with its interval, from `comparison.few_labels`."""
    if not curves:
        return None
    names, n_labels = list(curves), next(iter(next(iter(curves.values())).right))
    accuracies = [curve.accuracy[n_labels] for curve in curves.values()]
    values, low, high = (np.array([getattr(a, end) for a in accuracies]) for end in ("value", "low", "high"))
    fig = style.dots(
        names, {"accuracy": values}, score="share of test images right, 95% interval", form=".1%",
        intervals={"accuracy": (low, high)},
    )  # fmt: skip
    best, worst = names[int(values.argmax())], names[int(values.argmin())]
    return style.finish(
        fig,
        reading=(
            "Each dot is a mean over draws of the labelled images, the bar its 95% interval. Where two bars are far apart, "
            "the difference does not come from the draw."
        ),
        title=f"With {n_labels:,} labels{trained_once(names)}: from {percent(values.min(), 1)} ({worst}) to "
        f"{percent(values.max(), 1)} ({best})",
        caption=f"A network with one hidden layer learns {n_labels:,} labelled train images, described in each way. Shown is "
        "its share of right answers on all test images; intervals are over the draws of labels and of test images.",
        numbers=style.listing(names, values, ".1%"),
    )
