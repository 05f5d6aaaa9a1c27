"""Figures of all clusterings side by side."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.figures import style

MEASURES = {"accuracy": "matched accuracy", "nmi": "NMI", "ari": "ARI"}


def league(rows: Sequence, chosen: str) -> go.Figure:
    """Draw the scores of each method on each description: what is kept with its interval, and every seed.

    Parameters
    ----------
    rows : sequence of `league.Row`
        With labels.
    chosen : str
        Title of the one whose clusters go on to the next phase.
    """
    rows = sorted(rows, key=lambda row: -row.scores.accuracy.value)
    titles = [row.fitted.title for row in rows]
    fig = go.Figure()
    for i, (key, name) in enumerate(MEASURES.items()):
        y = np.arange(len(rows)) + (i - 1) * 0.24
        found = [getattr(row.scores, key) for row in rows]
        values, low, high = (np.array([getattr(one, end) for one in found]) for end in ("value", "low", "high"))
        fig.add_scatter(x=values, y=y, mode="markers", name=name, error_x=style.interval_bars(values, low, high),
                        marker={"size": 9, "color": style.series(i), "symbol": style.SYMBOLS[i]}, text=titles,
                        hovertemplate=f"%{{text}}, {name}: %{{x:.3f}}<extra></extra>")  # fmt: skip
        seeds = [row.by_seed[key] for row in rows]
        fig.add_scatter(x=np.concatenate(seeds), y=np.repeat(y, [len(own) for own in seeds]), mode="markers",
                        marker={"size": 5, "color": style.series(i), "opacity": 0.4}, showlegend=False,
                        hoverinfo="skip")  # fmt: skip
    fig.update_xaxes(title_text="score on test images", rangemode="tozero")
    fig.update_yaxes(tickvals=list(range(len(rows))), ticktext=[style.escape(t) for t in titles], autorange="reversed",
                     showgrid=False, title_text="method and description")  # fmt: skip
    best = rows[0].scores.accuracy
    shares = {name: [getattr(row.scores, key).value for row in rows] for key, name in MEASURES.items()}
    return style.finish(
        fig,
        title=f"{titles[0]} agrees best with the classes: matched accuracy {best.value:.3f}",
        caption="Agreement of clusters with the classes of the test images, for every method on every description, in the "
        "order of matched accuracy. Large marks: the fit that the method itself likes best, with its 95% interval over the "
        f"test images; small dots: one for each seed. The clusters of {chosen} go on to the next phase.",
        numbers=style.listings(titles, shares, ".3f"),
        height=150 + 56 * len(rows),
    )
