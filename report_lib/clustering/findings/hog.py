"""Sentences on the description of shape."""

import numpy as np

from report_lib.clustering.gradient_settings import SettingsTried
from report_lib.common.display import passes_none
from report_lib.common.prose import decimal, listed, percent


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


@passes_none
def gradient_settings(tried: SettingsTried | None) -> str | None:
    """Say how much clusters hang on the settings of the gradients, and which would be taken without labels."""
    names, support = [own.title for own in tried.settings], tried.support.mean(axis=1)
    by = (
        f"By modularity times agreement of halves, without labels, {names[tried.chosen]} would be taken: "
        f"{decimal(support[tried.chosen])}, against {decimal(support[0])} for the run's own."
    )
    if tried.chosen == 0:
        by = f"By modularity times agreement of halves, without labels, the run's own would be taken: {decimal(support[0])}."
    said = (
        f"How much hangs on the settings of the gradients: halves of {tried.n_images:,} train images are cut into "
        f"{tried.n_clusters} clusters after each of {len(names)}. {by}"
    )
    if tried.nmi is None:
        return said
    nmi, moved = tried.nmi.mean(axis=1), np.ptp(tried.nmi, axis=1).max()
    low, high = int(nmi.argmin()), int(nmi.argmax())
    own = f"the run's own, {names[0]}, has {decimal(nmi[0])}"
    taken = "" if tried.chosen == 0 else f", the one taken without labels {decimal(nmi[tried.chosen])}"
    return (
        f"{said} Judged by the classes, NMI goes from {decimal(nmi[low])} ({names[low]}) to {decimal(nmi[high])} "
        f"({names[high]}); {own}{taken}. Halves after one setting differ by up to {decimal(moved)}."
    )
