"""Figures of what few labels are worth."""

import numpy as np
import plotly.graph_objects as go

from report_lib.classification.few_labels import Curve, LearningCurves
from report_lib.classification.label_choice import Choice
from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.common.models import HIDDEN_UNITS
from report_lib.common.prose import percent
from report_lib.common.representations import trained_once
from report_lib.data.images import ImageSet

CHOSEN = "choice by clusters"
NAMED = (
    "With fewer than two of those a cluster, each cluster is named after its label; with more, labels spread over the graph "
    "of neighbours."
)


@passes_none
def learning_curves(found: LearningCurves) -> go.Figure | None:
    """Draw accuracy against the number of labels, one line for each description, and one where the labels were chosen."""
    curves = found.by_title | ({CHOSEN: found.chosen} if found.chosen else {})
    fewest = min(n for curve in curves.values() for n in curve.right)
    ahead = max(curves, key=lambda title: curves[title].accuracy[fewest].value)
    return style.finish(
        _lines(curves),
        reading=(
            "A curve that is higher at the left makes more of few labels. Where curves meet at the right, labels have made up "
            "for the description."
        ),
        title=f"With {fewest:,} labels{trained_once(curves)}, {ahead} is highest: "
        f"{percent(curves[ahead].accuracy[fewest].value, 1)} of the test images right",
        caption="Share of the test images that are classified correctly, by how many train images have labels; means over the "
        "draws with 95% intervals. Labels are drawn at random, the same for every line"
        + (", but where clusters chose the images. " + NAMED if found.chosen else ".")
        + f" Networks have {HIDDEN_UNITS} hidden units, so that many can be taught.",
        numbers=_numbers(curves),
        height=460,
        legend={"orientation": "h", "y": -0.22},
    )


def _lines(curves: dict[str, Curve]) -> go.Figure:
    fig = go.Figure()
    for i, (title, curve) in enumerate(curves.items()):
        values, low, high = np.array([(score.value, score.low, score.high) for score in curve.accuracy.values()]).T
        line = {"color": style.series(i), "dash": "dot" if title == CHOSEN else "solid"}
        error = {**style.interval_bars(values, low, high), "color": line["color"]}
        fig.add_scatter(x=list(curve.right), y=values, error_y=error, mode="lines+markers", name=style.escape(title),
                        line=line, marker={"size": 8, "symbol": style.SYMBOLS[i % len(style.SYMBOLS)]},
                        hovertemplate="%{x:,} labels: %{y:.1%}")  # fmt: skip
    counts = sorted({n for curve in curves.values() for n in curve.right})
    ticks = [f"{n:,}" for n in counts]
    fig.update_xaxes(title_text="labelled train images (logarithmic)", type="log", tickvals=counts, ticktext=ticks)
    fig.update_yaxes(title_text="share of test images right", tickformat=".0%")
    return fig


def _numbers(curves: dict[str, Curve]) -> str:
    said = []
    for title, curve in curves.items():
        values = [score.value for score in curve.accuracy.values()]
        said.append(f"{title}: {style.listing([f'{n:,} labels' for n in curve.accuracy], values, '.1%')}")
    return " ".join(said)


def to_label(choice: Choice, images: ImageSet, *, most: int = 30) -> go.Figure | None:
    """Draw the first of the images to label next, in their order; None where none is left."""
    if not len(choice.rows):
        return None
    rows, clusters = choice.rows[:most], choice.clusters[:most]
    names = style.cluster_names(int(clusters.max()) + 1)
    called = images.called("train", rows, short=True)
    titles = [f"{names[cluster]} · {name}" for cluster, name in zip(clusters, called, strict=True)]
    fig = style.image_grid(images.train_images[rows], columns=min(10, len(rows)), titles=titles, limits=images.limits)
    return style.finish(
        fig,
        title=f"The first {len(rows)} images to label",
        caption="In the order to label them: the middle of the largest part of each cluster first, then of the next parts. "
        "Over each image its cluster and its "
        f"{'name' if images.has_names else 'row in the file'}.",
    )
