"""Figures of all clusterings side by side."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style

DRAWN = ("accuracy", "nmi", "ari")


def league(rows: Sequence, chosen: str, measures: dict[str, str]) -> go.Figure:
    """Draw the scores of each method on each description: every seed, and their mean.

    Parameters
    ----------
    rows : sequence of `league.Row`
        With labels.
    chosen : str
        Title of the one whose clusters go on to the next phase.
    measures : dict of str to str
        What each score is called.
    """
    rows = sorted(rows, key=lambda row: -row.by_seed["accuracy"].mean())
    titles, names = [row.fitted.title for row in rows], {key: measures[key] for key in DRAWN}
    fig = go.Figure()
    for i, (key, name) in enumerate(names.items()):
        y = np.arange(len(rows)) + (i - 1) * 0.24
        values = [row.by_seed[key].mean() for row in rows]
        marker = {"size": 10, "color": style.series(i), "symbol": style.SYMBOLS[i]}
        fig.add_scatter(x=values, y=y, mode="markers", name=name, marker=marker, text=titles,
                        hovertemplate=f"%{{text}}, {name}: %{{x:.3f}}<extra></extra>")  # fmt: skip
        seeds = [row.by_seed[key] for row in rows]
        fig.add_scatter(x=np.concatenate(seeds), y=np.repeat(y, [len(own) for own in seeds]), mode="markers",
                        marker={"size": 5, "color": style.series(i), "opacity": 0.4}, showlegend=False,
                        hoverinfo="skip")  # fmt: skip
    fig.update_xaxes(title_text="score on test images", rangemode="tozero")
    fig.update_yaxes(tickvals=list(range(len(rows))), ticktext=[style.escape(t) for t in titles], autorange="reversed",
                     showgrid=False, title_text="method and description")  # fmt: skip
    means = {name: [row.by_seed[key].mean() for row in rows] for key, name in names.items()}
    return style.finish(
        fig,
        reading=(
            "Each large mark is a mean, the small dots about it are single seeds: where they spread, one fit says little. "
            "Accuracy gives each class one cluster at most; NMI and ARI forgive a class that is split more readily."
        ),
        title=f"{titles[0]} agrees best with the classes: matched accuracy {rows[0].by_seed['accuracy'].mean():.3f}",
        caption="Agreement of clusters with the classes of the test images, for every method on every description, in the "
        "order of matched accuracy. Large marks are means over the seeds, small dots the seeds. The clusters of "
        f"{chosen} go on to the next phase.",
        numbers=style.listings(titles, means, ".3f"),
        height=150 + 52 * len(rows),
    )
