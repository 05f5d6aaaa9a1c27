"""The figure of what became of the test images, on the map."""

import numpy as np
import plotly.graph_objects as go

from report_lib.classification.datamap import DataMap
from report_lib.common import style
from report_lib.common.arrays import UNKNOWN

READING = (
    "Mistakes along the borders of groups are doubtful cases. A mistake deep within a group is one that the neighbours "
    "cannot explain, and its label deserves a look."
)
OUTCOMES = ("named rightly", "named wrongly", "label looks wrong", "unknown")


def outcomes(chart: DataMap) -> go.Figure:
    """Draw test images by what became of them; by cluster where that cannot be known."""
    rows, known = chart.drawn, chart.wrong is not None
    n_clusters = int(chart.clusters.max()) + 1
    groups, names = (_outcomes(chart), OUTCOMES) if known else (chart.clusters, style.cluster_names(n_clusters))
    fig = style.scatter(*chart.positions[rows].T, groups[rows], names, clusters=not known)
    if known:
        for trace in fig.data:
            i = OUTCOMES.index(trace.name)
            color = (style.NOISE_COLOR, style.SECOND, style.ACCENT, style.NOISE_COLOR)[i]
            trace.marker.update(color=color, symbol=style.SYMBOLS[i])
            trace.marker.update(size=(3, 5, 6, 3)[i], opacity=(0.4, 0.9, 0.9, 0.4)[i])
    style.name_map_axes(fig, chart.method)
    return style.finish(
        fig, reading=READING if known else "", title=_title(chart), caption=_caption(chart), height=640
    )  # fmt: skip


def _outcomes(chart: DataMap) -> np.ndarray:
    """Return for each image which outcome it has, -1 without a label; a doubtful label counts before a mistake."""
    suspects = chart.suspects if len(chart.suspects) else np.zeros(len(chart.wrong), bool)
    found = np.where(suspects, 2, chart.wrong.astype(int))
    return np.where(chart.labels == UNKNOWN, UNKNOWN, found)


def _title(chart: DataMap) -> str:
    unsure = chart.unsure_share
    if chart.wrong is None:
        return f"{len(chart.positions):,} test images on the map, by cluster"
    wrong = chart.wrong[chart.labels != UNKNOWN]
    if unsure is None:
        return f"Not one of {len(wrong):,} test images is named wrongly"
    return (
        f"{round(unsure * wrong.sum()):,} of {wrong.sum():,} mistakes are among the quarter of the images that the model is "
        "least sure of"
    )


def _caption(chart: DataMap) -> str:
    shown = "" if len(chart.drawn) == len(chart.positions) else f"{len(chart.drawn):,} of "
    by = (
        "by what the model makes of them; where the label itself looks wrong, the image is counted as that"
        if chart.wrong is not None
        else "by cluster"
    )
    placed = (
        "each put amid its nearest train images" if chart.method == "UMAP" else "on the first axes of the description"
    )
    return f"{shown}{len(chart.positions):,} test images, {placed}, {by}."
