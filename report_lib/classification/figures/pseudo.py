"""Figures of what classifiers learn from clusters."""

import numpy as np
import plotly.graph_objects as go

from report_lib.classification.classifiers import PSEUDO
from report_lib.classification.pseudo import PseudoLabels
from report_lib.common import style


def fidelity(pseudo: PseudoLabels) -> go.Figure:
    """Draw how well each classifier repeats the clusters: in each fold, on the hold-out and on the test images."""
    names, results = _names(pseudo), list(pseudo.results.values())
    folds = [[fold.value for fold in result.folds] for result in results]
    shown = {"hold-out": [r.holdout for r in results], "test images": [r.fidelity for r in results]}
    series = {"mean of the folds": [np.mean(values) for values in folds]}
    series |= {part: [s.value for s in scores] for part, scores in shown.items()}
    fig = style.dots(
        names,
        series,
        score="fidelity: agrees with the clusters",
        row="classifier",
        form=".1%",
        intervals={part: ([s.low for s in scores], [s.high for s in scores]) for part, scores in shown.items()},
        repeats={"mean of the folds": folds},
        spread=0.22,
    )
    best = max(results, key=lambda result: result.fidelity.value)
    title = style.sentence(PSEUDO[best.name].title)
    return style.finish(
        fig,
        title=f"{title} repeats the clusters best: {best.fidelity.value:.1%} of the test images",
        caption="Agreement with the clusters on images that a classifier did not learn from: each fold of the "
        "cross-validation, the part held out, and the test images, the last two with 95% intervals.",
        numbers=style.listings(names, series, ".3f"),
        xaxis_nticks=7,
    )


def _names(pseudo: PseudoLabels) -> list[str]:
    return [style.sentence(PSEUDO[name].title) for name in pseudo.results]


def fidelity_and_accuracy(pseudo: PseudoLabels) -> go.Figure:
    """Draw fidelity beside accuracy on the test images, under the ceiling that the clusters set."""
    names, truth = _names(pseudo), pseudo.truth
    shown = {"fidelity: agrees with the clusters": [result.fidelity for result in pseudo.results.values()]}
    if truth is not None:
        shown["accuracy: agrees with the true class"] = [truth.accuracy[name] for name in pseudo.results]
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
