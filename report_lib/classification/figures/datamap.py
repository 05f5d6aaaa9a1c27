"""The figure of what became of the test images, on the map."""

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style

READING = (
    "Mistakes along the borders of groups are doubtful cases. A mistake deep within a group is one that the neighbours "
    "cannot explain, and its label deserves a look."
)
OUTCOMES = ("named rightly", "named wrongly", "label looks wrong")


def outcomes(found: object, n_clusters: int, rows: np.ndarray, *, unsure: float | None) -> go.Figure:
    """Draw test images by what became of them; by cluster where that cannot be known.

    Parameters
    ----------
    found : datamap.DataMap
    n_clusters : int
    rows : ndarray of int
        Positions in the map of the images to draw.
    unsure : float, or None
        Share of the mistakes that are among the quarter with the smallest margins.
    """
    wrong = found.wrong
    known = wrong is not None
    groups, names = (_outcomes(found, wrong), OUTCOMES) if known else (found.clusters, style.cluster_names(n_clusters))
    fig = style.scatter(*found.positions[rows].T, groups[rows], names, clusters=not known)
    if known:
        for trace in fig.data:
            i = OUTCOMES.index(trace.name)
            trace.marker.update(color=(style.NOISE_COLOR, style.SECOND, style.ACCENT)[i], symbol=style.SYMBOLS[i])
            trace.marker.update(size=(3, 5, 6)[i], opacity=(0.4, 0.9, 0.9)[i])
    style.name_map_axes(fig, found.method)
    return style.finish(
        fig,
        reading=READING if known else "",
        title=_title(found, wrong, unsure),
        caption=_caption(found, rows, known),
        height=640,
    )


def _outcomes(found: object, wrong: np.ndarray) -> np.ndarray:
    """Return for each image which outcome it has; a doubtful label counts before a mistake."""
    suspects = found.suspects if len(found.suspects) else np.zeros(len(wrong), bool)
    return np.where(suspects, 2, wrong.astype(int))


def _title(found: object, wrong: np.ndarray | None, unsure: float | None) -> str:
    if wrong is None:
        return f"{len(found.positions):,} test images on the map, by cluster"
    if unsure is None:
        return f"Not one of {len(wrong):,} test images is named wrongly"
    return (
        f"{round(unsure * wrong.sum()):,} of {wrong.sum():,} mistakes are among the quarter of the images that the model is "
        "least sure of"
    )


def _caption(found: object, rows: np.ndarray, known: bool) -> str:
    shown = "" if len(rows) == len(found.positions) else f"{len(rows):,} of "
    by = (
        "by what the model makes of them; where the label itself looks wrong, the image is counted as that"
        if known
        else "by cluster"
    )
    placed = (
        "each put amid its nearest train images" if found.method == "UMAP" else "on the first axes of the description"
    )
    return f"{shown}{len(found.positions):,} test images, {placed}, {by}."
