"""Sentences on the description of shape."""

import numpy as np

from report_lib.common.display import passes_none
from report_lib.common.prose import listed, percent


@passes_none
def same_class(hits: dict[str, np.ndarray] | None, k: int) -> str | None:
    """Say how many of the nearest are of the same class, by description.

    Parameters
    ----------
    hits : dict of str to ndarray of shape (n_classes,), or None
    """
    means = {title: float(np.nanmean(own)) for title, own in hits.items()}
    best = max(means, key=means.get)
    told = listed([f"{percent(value, 1)} on {title}" for title, value in means.items()])
    return (
        f"Of the {k} nearest train images, {told} are of an image's own class, mean over the classes. Methods that go by "
        f"neighbours should do better on {best}."
    )
