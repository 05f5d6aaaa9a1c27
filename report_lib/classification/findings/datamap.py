"""Sentences on the map of the test images."""

from report_lib.classification.datamap import DataMap
from report_lib.common.prose import percent


def map_trust(chart: DataMap) -> str:
    """Say how far the map may be trusted."""
    near = chart.same_nearby
    if near is None and len(chart.labels):
        return "No image with a known label is beside another, so the map cannot be held against them."
    if near is None:
        return "All of these images are noise to the clusters, so the map cannot be held against them."
    group = "class" if len(chart.labels) else "cluster"
    return (
        f"Of the nearest of each image, {percent(near[0])} are of its own {group} on the map and {percent(near[1])} in the "
        "description that nearness is measured in; what the map adds or loses is the difference. The page begins with the "
        "same map, to be explored image by image."
    )
