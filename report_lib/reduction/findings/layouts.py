"""Sentences on maps."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.common.display import passes_none
from report_lib.common.prose import listed, percent, text
from report_lib.reduction.layouts import Plane, Trust


@passes_none
def neighborhood_hit(values: np.ndarray | None, names: Sequence[str], k: int) -> str | None:
    """Say how often like lies beside like, before any map is drawn."""
    low = text(names[int(np.nanargmin(values))])
    return (
        f"Of an image's {k} nearest, {percent(np.nanmean(values))} are of its own class, averaged over classes: so far do "
        f"distance and label agree. {low} is where neighbours mislead most."
    )


@passes_none
def faithfulness(trust: Trust | None) -> str | None:
    """Say what each map keeps, against what there is to keep and what a layout at random would keep."""
    scores, chance = trust.scores, trust.chance
    *drawn, whole = scores
    kept = listed([f"{title} {percent(scores[title].kept)}" for title in drawn])
    said = (
        f"True neighbours are the nearest by pixels among the {trust.n_images:,} images scored. On the map, {kept} of them are "
        f"still neighbours; on the {whole} that maps are made from, {percent(scores[whole].kept)}. A layout at random would "
        f"keep {percent(chance.kept, 1)}, and score {chance.trustworthiness:.1f} in trustworthiness and continuity. Images "
        "that are near may lie far apart on any of these maps."
    )
    if {"UMAP", "t-SNE"} <= set(drawn):
        said += " t-SNE was laid out from few images, these among them, and UMAP from all, so this favours t-SNE."
    if not all(own.hit is not None and np.isfinite(own.hit) for own in scores.values()):
        return said
    hits = listed([f"{title} {percent(scores[title].hit)}" for title in drawn])
    return (
        f"{said} Of the same class among the nearest: {hits}; on the {whole} {percent(scores[whole].hit)}; at random "
        f"{percent(chance.hit)}. With fewer images to choose from, neighbours are farther away than in the graph above."
    )


@passes_none
def umap_is_not_clusters(plane: Plane | None) -> str | None:
    """Warn of what the picture tempts to."""
    n_images, n_drawn = plane.n_images, len(plane.X)
    shown = "" if n_drawn == n_images else f", of which {n_drawn:,} are drawn"
    return (
        f"All {n_images:,} train images are placed by who their neighbours are{shown}. Gaps between islands and the sizes of "
        "islands come largely from how the method pulls and pushes: an island is a hint to look, not a finding, and neither "
        "a bridge nor a gap measures likeness. Another seed would give another picture."
    )


@passes_none
def tsne_shape(plane: Plane | None) -> str | None:
    """Warn of what the picture tempts to."""
    return (
        f"A sample of {plane.n_images:,} train images. t-SNE evens out density, so a dense group and a sparse one look alike, "
        "and how far apart two groups lie says little about how unlike they are. Both maps start from the same components, so "
        "that they agree is no independent proof."
    )


def in_short(maps: dict[str, dict[str, Any]]) -> list[str]:
    """Sum up what the maps keep; nothing where none was made."""
    drawn = list(maps)[:-1]
    if not drawn:
        return []
    return [
        "Of the true neighbours of an image, " + listed([f"{t} keeps {percent(maps[t]['kept'])}" for t in drawn]) + "."
    ]
