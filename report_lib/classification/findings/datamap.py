"""Sentences on the map of the test images."""

from typing import Any

from report_lib.common.prose import percent


def said(found: Any, near: tuple[float, float] | None) -> str:
    """Say how far the map may be trusted.

    Parameters
    ----------
    found : datamap.DataMap
    near : (float, float)
        How many of the nearest are of the same class, or cluster, on the map and in the description; None if all is noise.
    """
    if near is None:
        return "All of these images are noise to the clusters, so the map cannot be held against them."
    group = "class" if len(found.labels) else "cluster"
    return (
        f"Of the nearest of each image, {percent(near[0])} are of its own {group} on the map and {percent(near[1])} in the "
        "description that nearness is measured in; what the map adds or loses is the difference. The page begins with the "
        "same map, to be explored image by image."
    )
