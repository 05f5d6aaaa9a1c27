"""Figures of what a person should look at again."""

import plotly.graph_objects as go

from report_lib.classification.audit import Issues, Suspects
from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.data.images import ImageSet


@passes_none
def suspects(worst: Suspects, images: ImageSet) -> go.Figure | None:
    """Draw images whose labels look wrong, each with its nearest train images."""
    n, columns = worst.images.shape[:2]
    names = images.class_names
    fig = style.image_grid(
        worst.images.reshape(n * columns, *images.image_shape),
        columns=columns,
        titles=["image", *[f"nearest {i}" for i in range(1, columns)]],
        rows=[
            f"{names[label]}: rather {names[other]}?"
            for label, other in zip(worst.labels, worst.predicted, strict=True)
        ],
        limits=images.limits,
    )
    return style.finish(
        fig,
        title=f"{worst.n_found:,} labels of {worst.part} images to look at again; the {n} that the network finds least likely",
        caption=f"One row an image of the {worst.part} part: at its left its label and what a classifier that has not seen the "
        "label takes it for, then the image, then the train images nearest to it.",
        margin_l=210,
    )


def strangers(issues: Issues | None, images: ImageSet, *, most: int = 16) -> go.Figure | None:
    """Draw the train images farthest from their class, with what they are labelled."""
    rows = [] if issues is None else issues.parts["train"].strangers[:most]
    if not len(rows):
        return None
    titles = [images.class_names[images.train_labels[row]] for row in rows]
    fig = style.image_grid(images.train_images[rows], columns=min(8, len(rows)), titles=titles, limits=images.limits)
    return style.finish(
        fig,
        title=f"The {len(rows)} train images farthest from their class",
        caption="Train images whose nearest images of the same class are far away, compared with the rest of the class; the "
        "farthest first. Over each, its label.",
    )
