"""Sentences on maps."""

from typing import Any

import numpy as np

from report_lib.common.display import passes_none
from report_lib.common.prose import listed, percent
from report_lib.reduction.layouts import Plane, Trust


@passes_none
def faithfulness(trust: Trust | None) -> str | None:
    """Say what each map keeps, against what there is to keep and what a layout at random would keep."""
    scores, chance = trust.scores, trust.chance
    *drawn, whole = scores
    kept = listed([f"{title} keeps {percent(scores[title].kept, 1)}" for title in drawn])
    said = (
        f"Of the nearest images by pixels, among {trust.n_images:,} images, {kept}. The {whole} that maps are made from keep "
        f"{percent(scores[whole].kept, 1)}, a layout at random {percent(chance.kept, 1)}."
    )
    if {"UMAP", "t-SNE"} <= set(drawn):
        said += " t-SNE was made from few images, these among them, and UMAP from all: this favours t-SNE."
    if not all(own.hit is not None and np.isfinite(own.hit) for own in scores.values()):
        return said
    hits = listed([f"{percent(scores[title].hit, 1)} on {title}" for title in drawn])
    return (
        f"{said} Of the same class among the nearest of these images: {hits}, {percent(scores[whole].hit, 1)} on the {whole}, "
        f"{percent(chance.hit, 1)} at random."
    )


@passes_none
def tsne_shape(plane: Plane | None) -> str | None:
    """Warn of what the picture tempts to."""
    return (
        f"A sample of {plane.n_images:,} train images. t-SNE evens out density, so dense and sparse groups look alike."
    )


def in_short(maps: dict[str, dict[str, Any]]) -> list[str]:
    """Sum up what the maps keep; nothing where none was made."""
    drawn = list(maps)[:-1]
    if not drawn:
        return []
    return [
        "Of the nearest images, " + listed([f"the map of {t} keeps {percent(maps[t]['kept'], 1)}" for t in drawn]) + "."
    ]
