"""Figures of what classifiers learn from clusters."""

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style

TITLES = {"random_forest": "Random Forest", "svm": "Support vector machine", "mlp": "Network, 100 units"}


def fidelity(results: dict[str, object]) -> go.Figure:
    """Draw how well each classifier repeats the clusters: in each fold, on the hold-out and on the test images.

    Parameters
    ----------
    results : dict of str to classification.PseudoLabelResult
    """
    fig, names = go.Figure(), [TITLES[name] for name in results]
    rows = np.arange(len(names))
    folds = [[fold.value for fold in own.folds] for own in results.values()]
    fig.add_scatter(x=np.concatenate(folds), y=np.repeat(rows - 0.22, [len(own) for own in folds]), mode="markers",
                    name="folds", marker={"size": 6, "color": style.INK, "opacity": 0.7},
                    hovertemplate="a fold: %{x:.4f}<extra></extra>")  # fmt: skip
    shown = {
        "hold-out": [own.holdout for own in results.values()],
        "test images": [o.fidelity for o in results.values()],
    }
    for i, (part, scores) in enumerate(shown.items()):
        ends = np.array([(s.value, s.low, s.high) for s in scores]).T
        fig.add_scatter(x=ends[0], y=rows + 0.22 * i, mode="markers", name=part, text=names,
                        marker={"size": 10, "color": style.series(i), "symbol": style.SYMBOLS[i]},
                        error_x=style.interval_bars(*ends),
                        hovertemplate=f"%{{text}}, {part}: %{{x:.4f}}<extra></extra>")  # fmt: skip
    fig.update_xaxes(title_text="fidelity: agrees with the clusters", tickformat=".1%", nticks=7)
    fig.update_yaxes(tickvals=rows, ticktext=names, autorange="reversed", showgrid=False, title_text="classifier")
    values = np.array([own.fidelity.value for own in results.values()])
    best = names[int(values.argmax())]
    parts = {part: [s.value for s in scores] for part, scores in shown.items()}
    return style.finish(
        fig,
        title=f"{best} repeats the clusters best: {values.max():.1%} of the test images",
        caption="Agreement with the clusters on images that a classifier did not learn from: each fold of the "
        "cross-validation, the part held out, and the test images, the last two with 95% intervals.",
        numbers=style.listings(names, {"mean of the folds": [np.mean(own) for own in folds], **parts}, ".3f"),
        height=170 + 66 * len(names),
    )


def fidelity_and_accuracy(results: dict[str, object], truth) -> go.Figure:
    """Draw fidelity beside accuracy on the test images, under the ceiling that the clusters set.

    Parameters
    ----------
    truth : classification.Truth, or None
        None without labels.
    """
    names = [TITLES[name] for name in results]
    shown = {"fidelity: agrees with the clusters": [own.fidelity for own in results.values()]}
    if truth is not None:
        shown["accuracy: agrees with the true class"] = [truth.accuracy[name] for name in results]
    fig = go.Figure()
    for i, (kind, scores) in enumerate(shown.items()):
        ends = np.array([(s.value, s.low, s.high) for s in scores]).T
        fig.add_bar(x=ends[0], y=names, orientation="h", name=kind, marker_color=(style.ACCENT, style.SECOND)[i],
                    error_x=style.interval_bars(*ends), texttemplate="%{x:.3f}", textposition="inside",
                    insidetextanchor="start", hovertemplate="%{y}: %{x:.4f}")  # fmt: skip
    said = "How often classifiers agree with the clusters that they were taught"
    if truth is not None:
        top = truth.ceiling.value
        above = {"yref": "paper", "y": 1.0, "yanchor": "bottom", "xanchor": "right"}
        fig.add_vline(x=top, line={"color": style.INK, "dash": "dash"},
                      annotation={"text": f"the clusters themselves {top:.3f}", **above})  # fmt: skip
        best = max(score.value for score in truth.accuracy.values())
        said = f"At most {best:.1%} agree with the true class, where the clusters themselves reach {top:.1%}"
    fig.update_xaxes(title_text="share of test images", range=[0, 1], tickformat=".0%")
    fig.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return style.finish(
        fig,
        reading=(
            "Fidelity is agreement with the clusters, accuracy with the true classes. A classifier that copies its lesson "
            "well has a high fidelity whatever the lesson is worth."
        ),
        title=said,
        caption="Shares of the test images, with 95% intervals. An image counts as right when its class is the commonest "
        "train class of the cluster that it is given.",
        numbers=style.listings(names, {kind: [s.value for s in scores] for kind, scores in shown.items()}, ".3f"),
        height=190 + 72 * len(names),
        legend={"orientation": "h", "y": -0.25, "traceorder": "normal"},
        barmode="group",
        margin_t=84,
    )
