"""Figures of what can be told of a new image."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.figures import style


def fidelity_and_accuracy(scores: dict[str, object]) -> go.Figure:
    """Draw scores with their intervals.

    Parameters
    ----------
    scores : dict of str to Interval
        What was measured, in the order to be drawn.
    """
    names = list(scores)
    values = np.array([s.value for s in scores.values()])
    colors = [style.SECOND if "true" in name else style.ACCENT for name in names]
    fig = style.bars(names, values, colors=colors)
    fig.update_traces(
        error_x={"type": "data", "symmetric": False, "array": [s.high - s.value for s in scores.values()],
                 "arrayminus": [s.value - s.low for s in scores.values()], "color": style.INK, "thickness": 1.2},
        texttemplate="%{x:.3f}", textposition="inside", insidetextanchor="start",
        hovertemplate="%{y}: %{x:.4f}<extra></extra>",
    )  # fmt: skip
    fig.update_xaxes(title_text="share of images", range=[0, 1], tickformat=".0%")
    first, last = names[0], names[-1]
    return style.finish(
        fig,
        title=f"{first}: {values[0]:.1%}; {last}: {values[-1]:.1%}" if len(names) > 1 else f"{first}: {values[0]:.1%}",
        caption="With 95% intervals: "
        + ", ".join(f"{n} {s.value:.3f} ({s.low:.3f} to {s.high:.3f})" for n, s in scores.items())
        + ".",
        height=150 + 42 * len(names),
    )


def folds(values: np.ndarray, holdout) -> go.Figure:
    """Draw fidelity in each fold, beside the hold-out."""
    names = [*[f"fold {i + 1}" for i in range(len(values))], "hold-out"]
    heights = np.append(values, holdout.value)
    fig = go.Figure(
        go.Scatter(x=heights, y=names, mode="markers", hovertemplate="%{y}: %{x:.4f}<extra></extra>",
                   marker={"size": 11, "color": [style.ACCENT] * len(values) + [style.SECOND]})
    )  # fmt: skip
    fig.update_yaxes(autorange="reversed", type="category")
    fig.update_xaxes(title_text="fidelity: share that agrees with the clusters", tickformat=".2%", nticks=5)
    return style.finish(
        fig,
        title=f"{len(values)} folds agree: {values.min():.1%} to {values.max():.1%}, mean {values.mean():.1%}",
        caption="Agreement with the clusters on images that the forest did not learn from: "
        + ", ".join(f"{n} {v:.3f}" for n, v in zip(names, heights, strict=True))
        + f". Standard deviation over the folds {values.std(ddof=1):.4f}.",
        height=150 + 30 * len(names),
    )


def class_report(report, names: Sequence[str]) -> go.Figure:
    """Draw precision, recall and F1 of each cluster."""
    values = np.stack([report.precision, report.recall, report.f1], axis=1)
    rows = [f"{n} ({s})" for n, s in zip(names, report.support, strict=True)]
    fig = style.heatmap(values, rows, ["precision", "recall", "F1"], text=":.2f", top=1.0)
    fig.update_yaxes(title_text="cluster (held-out images)")
    worst = int(np.argmin(report.f1))
    return style.finish(
        fig,
        title=f"F1 runs from {report.f1.min():.2f} ({names[worst]}) to {report.f1.max():.2f}",
        caption="How well the forest repeats each cluster on held-out images: "
        + "; ".join(
            f"{n} precision {p:.2f}, recall {r:.2f}, F1 {f:.2f}"
            for n, p, r, f in zip(names, report.precision, report.recall, report.f1, strict=True)
        )
        + ".",
    )
