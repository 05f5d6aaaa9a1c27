"""Figures of all clusterings side by side."""

from collections.abc import Sequence

import plotly.graph_objects as go

from report_lib.clustering.league import Row
from report_lib.common import style
from report_lib.common.prose import MEASURES, SHARES, shared

DRAWN = ("accuracy", "nmi", "ari")


def league_scores(rows: Sequence[Row], chosen: str) -> go.Figure | None:
    """Draw the scores of each method on each description: every seed, and their mean; nothing without labels.

    Parameters
    ----------
    chosen : str
        Title of the one whose clusters go on to the next phase.
    """
    if "accuracy" not in rows[0].by_seed:
        return None
    rows = sorted(rows, key=lambda row: -row.by_seed["accuracy"].mean())
    titles = [row.fitted.title for row in rows]
    seeds = {MEASURES[key]: [row.by_seed[key] for row in rows] for key in DRAWN}
    means = {name: [own.mean() for own in values] for name, values in seeds.items()}
    fig = style.dots(
        titles, means, score="score on test images", row="method and description", repeats=seeds, spread=0.24
    )
    fig.update_xaxes(rangemode="tozero")
    several = len(rows[0].by_seed["accuracy"]) > 1
    return style.finish(
        fig,
        reading=(
            "The small dots around a mean are single seeds: where they spread, one fit says little. " * several
            + "Accuracy gives each class one cluster at most; NMI and ARI punish a split class less."
        ),
        title=f"{titles[0]} has the highest matched accuracy: {shared(rows[0].mean['accuracy'])}",
        caption="Agreement of clusters with the classes of the test images, for every method on every description, in the "
        "order of matched accuracy. "
        + "Large marks are means over the seeds, small dots the seeds. " * several
        + f"The clusters of {chosen} go on to the next phase.",
        numbers=" ".join(
            f"{MEASURES[key]}: {style.listing(titles, means[MEASURES[key]], '.1%' if key in SHARES else '.3f')}"
            for key in DRAWN
        ),
        height=150 + 40 * len(rows),
    )
