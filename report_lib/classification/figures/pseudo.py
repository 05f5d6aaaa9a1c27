"""Figures of what classifiers learn from clusters."""

import numpy as np
import plotly.graph_objects as go

from report_lib.classification.classifiers import PSEUDO
from report_lib.classification.pseudo import PseudoLabels
from report_lib.common import style
from report_lib.common.prose import percent


def fidelity(pseudo: PseudoLabels) -> go.Figure:
    """Draw how well each classifier repeats the clusters, in the folds and on test images, and how often it is right."""
    results, truth = list(pseudo.results.values()), pseudo.truth
    names = [style.sentence(PSEUDO[result.name].title) for result in results]
    folds = [[fold.value for fold in result.folds] for result in results]
    shown = {"agrees with the clusters, test images": [result.fidelity for result in results]}
    if truth is not None:
        shown["agrees with the true classes, test images"] = [truth.accuracy[result.name] for result in results]
    series = {"agrees with the clusters, mean of the folds": [np.mean(values) for values in folds]}
    series |= {part: [score.value for score in scores] for part, scores in shown.items()}
    fig = style.dots(
        names, series, score="share of the images", row="classifier", form=".1%",
        intervals={part: ([s.low for s in scores], [s.high for s in scores]) for part, scores in shown.items()},
        repeats={"agrees with the clusters, mean of the folds": folds}, spread=0.22,
    )  # fmt: skip
    ceiling = ""
    if truth is not None:
        fig.add_vline(x=truth.ceiling.value, line={"color": style.INK, "dash": "dash"})
        ceiling = f" The dashed line is how often the clusters themselves are right, {percent(truth.ceiling.value, 1)}."
    best = max(results, key=lambda result: result.fidelity.value)
    title = f"{style.sentence(PSEUDO[best.name].title)} repeats the clusters for {percent(best.fidelity.value, 1)} of images"
    return style.finish(
        fig,
        title=title if truth is None else f"{title}, and is right for {percent(truth.accuracy[best.name].value, 1)}",
        caption="Answers on images that a classifier did not learn from: small dots are the folds of the cross-validation, "
        f"bars 95% intervals over the test images.{ceiling}",
        numbers=style.listings(names, series, ".1%"),
        xaxis_nticks=7,
        legend={"orientation": "h", "y": -0.3},
    )
