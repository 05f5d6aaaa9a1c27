"""Sentences on maps."""

from typing import Any

import numpy as np

from report_lib.prose import listed, percent, text


def neighborhood_hit(values: np.ndarray, names: Any, k: int) -> str:
    """Say how often like lies beside like, before any map is drawn."""
    low = text(names[int(np.nanargmin(values))])
    return (
        f"Of an image's {k} nearest, {percent(np.nanmean(values))} are of its own class, averaged over classes: so far do "
        f"distance and label agree before anything is learnt. {low} is where neighbours mislead most."
    )


def faithfulness(scores: dict[str, Any]) -> str:
    """Say what each map keeps, against what there is to keep.

    Parameters
    ----------
    scores : dict of str to `layouts.Faithfulness`
        The last is no map: all components, the most that a map could keep.
    """
    *drawn, whole = scores
    kept = listed([f"{title} {percent(scores[title].kept)}" for title in drawn])
    trusted = listed([f"{title} {scores[title].trustworthiness:.2f}" for title in drawn])
    said = (
        f"Trustworthiness is {trusted}: the nearer to 1, the fewer strangers a map makes neighbours. Of each image's true "
        f"neighbours {kept} are still neighbours on the map, where all {whole} keep {percent(scores[whole].kept)}. What is "
        "near can be far apart on every map."
    )
    if {"UMAP", "t-SNE"} <= set(drawn):
        said += " The images scored are those that t-SNE saw; UMAP placed them among all train images."
    if scores[whole].hit is None:
        return said
    hits = listed([f"{title} {percent(scores[title].hit)}" for title in drawn])
    return f"{said} Neighbours of the same class: {hits}; on all {whole} {percent(scores[whole].hit)}."


def umap_is_not_clusters(n_images: int, n_drawn: int) -> str:
    """Warn of what the picture tempts to."""
    shown = "" if n_drawn == n_images else f", of which {n_drawn:,} are drawn"
    return (
        f"All {n_images:,} train images are placed by who their neighbours are{shown}. Gaps between islands and the sizes of "
        "islands come largely from how the method pulls and pushes: an island is a hint to look, not a finding, and neither "
        "a bridge nor a gap measures likeness."
    )


def tsne_shape(n_images: int) -> str:
    """Warn of what the picture tempts to."""
    return (
        f"A sample of {n_images:,} train images. t-SNE evens out density, so a dense group and a sparse one look alike, "
        "and how far apart two groups lie says little about how unlike they are."
    )


def in_short(maps: dict[str, dict[str, Any]]) -> list[str]:
    """Sum up what the maps keep; nothing where none was made."""
    drawn = list(maps)[:-1]
    if not drawn:
        return []
    return [
        "Of the true neighbours of an image, " + listed([f"{t} keeps {percent(maps[t]['kept'])}" for t in drawn]) + "."
    ]
