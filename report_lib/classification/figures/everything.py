"""Figures of all images of a source, of which a run looks at some."""

import plotly.graph_objects as go

from report_lib.classification.everything import Everything
from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.data.images import ImageSet


@passes_none
def strangest(told: Everything, images: ImageSet) -> go.Figure | None:
    """Draw the most unusual of all images, with their rows or names."""
    mark = "" if images.has_names else "#"
    titles = [f"{mark}{called}" for called in told.called]
    return style.finish(
        style.image_grid(told.strangest, columns=min(10, len(titles)), titles=titles, limits=images.limits),
        title=f"The {len(titles)} most unusual of all {told.n:,} images",
        caption="Farthest from the images that the report has looked at, or worst described by their components, the most "
        "unusual first. Over each, its row or name.",
    )
