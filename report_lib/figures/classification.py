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
        error_x=_error_bars(list(scores.values())),
        texttemplate="%{x:.3f}", textposition="inside", insidetextanchor="start",
        hovertemplate="%{y}: %{x:.4f}<extra></extra>",
    )  # fmt: skip
    fig.update_xaxes(title_text="share of images", range=[0, 1], tickformat=".0%")
    return style.finish(
        fig,
        title=f"{values[0]:.1%} agree with the clusters"
        + (f", {values[-1]:.1%} with the true classes" if len(names) > 1 else ""),
        caption="Shares of the test images, with 95% intervals. Fidelity is agreement with the clusters; true class means "
        "that each cluster is named after the commonest class of its train images.",
        numbers=", ".join(f"{n} {s.value:.3f} ({s.low:.3f} to {s.high:.3f})" for n, s in scores.items()) + ".",
        height=150 + 42 * len(names),
    )


def _error_bars(intervals: Sequence[object]) -> dict[str, object]:
    return style.interval_bars(*np.array([(i.value, i.low, i.high) for i in intervals]).T)


def folds(intervals: Sequence[object], holdout) -> go.Figure:
    """Draw fidelity in each fold and on the hold-out, each an `Interval`."""
    names = [*[f"fold {i + 1}" for i in range(len(intervals))], "hold-out"]
    found = [*intervals, holdout]
    values = np.array([f.value for f in found])
    fig = go.Figure(
        go.Scatter(x=values, y=names, mode="markers", hovertemplate="%{y}: %{x:.4f}<extra></extra>",
                   marker={"size": 10, "color": [style.ACCENT] * len(intervals) + [style.SECOND]},
                   error_x=_error_bars(found))
    )  # fmt: skip
    fig.update_yaxes(autorange="reversed", type="category")
    fig.update_xaxes(title_text="fidelity: agrees with the clusters", tickformat=".1%", nticks=6)
    low, high = values[:-1].min(), values[:-1].max()
    return style.finish(
        fig,
        title=f"Fidelity is {low:.1%} to {high:.1%} over {len(intervals)} folds, {holdout.value:.1%} on the hold-out",
        caption="Agreement with the clusters on images that the forest did not learn from, with 95% intervals; the hold-out "
        "in orange.",
        numbers=style.listing(names, values, ".3f"),
        height=150 + 30 * len(names),
    )
