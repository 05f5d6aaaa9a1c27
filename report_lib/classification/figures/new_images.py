"""Figures of what a run can say of new images."""

import numpy as np
import plotly.graph_objects as go

from report_lib.classification.new_images import NewImages
from report_lib.common import style
from report_lib.common.display import passes_none


@passes_none
def unlike(model: NewImages) -> go.Figure | None:
    """Draw how many images of each kind are called unlike anything seen."""
    names, values = list(model.called_unlike), np.array(list(model.called_unlike.values()))
    fig = style.bars(names, values, colors=[style.ACCENT] + [style.SECOND] * (len(names) - 1), text=":.1%")
    fig.update_xaxes(title_text="share called unlike anything seen", tickformat=".0%", range=[0, 1.05])
    return style.finish(
        fig,
        reading=(
            "The first bar should be small: these are ordinary images. The others are the same images spoilt on purpose; "
            "the nearer to all of them, the better the model knows what it has not seen."
        ),
        title=f"Called unlike anything seen: {values[0]:.1%} of ordinary images, {values[1:].max():.0%} of the strangest",
        caption=f"{model.n_changed:,} test images as they are, and after each of three changes that make them unlike the train "
        "images; the share that is more unusual than 99% of all test images, by the distance to the nearest train images or by "
        "what the principal components leave out.",
        numbers=style.listing(names, values, ".1%"),
    )
