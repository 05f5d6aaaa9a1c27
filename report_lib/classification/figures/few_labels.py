"""Figures of what few labels are worth."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.classification.few_labels import Curve, LearningCurves
from report_lib.classification.label_choice import Choice
from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.data.images import ImageSet


@passes_none
def learning_curves(found: LearningCurves) -> go.Figure | None:
    """Draw accuracy against the number of labels, one line a description."""
    curves = found.by_title
    fewest = min(n for curve in curves.values() for n in curve.right)
    ahead = max(curves, key=lambda title: curves[title].accuracy[fewest].value)
    return style.finish(
        _lines(curves),
        reading=(
            "To the right there are more labels, on a logarithmic scale. A curve that is higher at the left makes more of "
            "few labels; where curves meet at the right, labels have made up for the description."
        ),
        title=f"With {fewest:,} labels, {ahead} is ahead: {curves[ahead].accuracy[fewest].value:.1%} of the test images right",
        caption="Share of the test images that are classified rightly, by how many train images, drawn at random, have "
        "labels; means over the draws with 95% intervals, the same draws for every line.",
        numbers=_numbers(curves),
        height=500,
        legend={"orientation": "h", "y": -0.22},
    )


def _lines(curves: dict[str, Curve], dashes: Sequence[str] = ("solid",)) -> go.Figure:
    fig = go.Figure()
    for i, (title, curve) in enumerate(curves.items()):
        values, low, high = np.array([(score.value, score.low, score.high) for score in curve.accuracy.values()]).T
        line = {"color": style.series(i), "dash": dashes[i % len(dashes)]}
        error = {**style.interval_bars(values, low, high), "color": line["color"]}
        fig.add_scatter(x=list(curve.right), y=values, error_y=error, mode="lines+markers", name=style.escape(title),
                        line=line, marker={"size": 8, "symbol": style.SYMBOLS[i % len(style.SYMBOLS)]},
                        hovertemplate="%{x:,} labels: %{y:.3f}")  # fmt: skip
    counts = sorted({n for curve in curves.values() for n in curve.right})
    ticks = [f"{n:,}" for n in counts]
    fig.update_xaxes(title_text="labelled train images (logarithmic)", type="log", tickvals=counts, ticktext=ticks)
    fig.update_yaxes(title_text="share of test images right", tickformat=".0%")
    return fig


def _numbers(curves: dict[str, Curve]) -> str:
    said = []
    for title, curve in curves.items():
        values = [score.value for score in curve.accuracy.values()]
        said.append(f"{title}: {style.listing([f'{n:,} labels' for n in curve.accuracy], values, '.3f')}")
    return " ".join(said)


def choosing(found: LearningCurves | None) -> go.Figure | None:
    """Draw what random labels and chosen labels give, both spread over the graph."""
    if found is None or found.chosen is None:
        return None
    random, chosen = found.curves["graph"], found.chosen
    curves = {"chosen: middles of clusters and of their parts": chosen, "drawn at random": random}
    n = next(n for n in chosen.right if n in random.right)
    a, b = chosen.accuracy[n].value, random.accuracy[n].value
    return style.finish(
        _lines(curves, ("solid", "dot")),
        reading=(
            "The distance between the two curves is what it is worth to choose which images to label. Bars are 95% "
            "intervals, over draws and test images."
        ),
        title=f"{n:,} labels: {a:.1%} right where they are chosen, {b:.1%} where they are drawn",
        caption="Share of the test images that are classified rightly when labels spread over the neighbour graph, by how "
        "many train images have labels, chosen by clusters or drawn at random; means with 95% "
        "intervals, over the draws and the test images. All choices come from one clustering.",
        numbers=_numbers(curves),
        height=460,
        legend={"orientation": "h", "y": -0.22},
    )


def to_label(choice: Choice, images: ImageSet, *, most: int = 40) -> go.Figure | None:
    """Draw the first of the images to label next, in their order; None where none is left."""
    if not len(choice.rows):
        return None
    rows, clusters = choice.rows[:most], choice.clusters[:most]
    names = style.cluster_names(int(clusters.max()) + 1)
    in_file = images.rows["train"][rows]
    titles = [f"{names[cluster]} · {row}" for cluster, row in zip(clusters, in_file, strict=True)]
    fig = style.image_grid(images.train_images[rows], columns=min(10, len(rows)), titles=titles, limits=images.limits)
    return style.finish(
        fig,
        title=f"The first {len(rows)} images to label",
        caption="In the order to label them: the middle of the largest part of each cluster first, then of the next parts. "
        "Over each image its cluster and its row in the file.",
    )
