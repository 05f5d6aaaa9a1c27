"""Sentences and tables on what each cluster looks like."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from report_lib.common.prose import listed, percent, plural

CARDS_KEY = (
    "`share`: of the train images. `stability`: how well the cluster is found again with other seeds, as the overlap of its "
    "test images with the most similar cluster there, 1 for the same images; mean over the other seeds. `near a border`: share "
    "of its train images whose margin is below a half. The margin of an image is the share of its nearest neighbours, the "
    "nearer the weightier, that are in its own cluster, less the share of the strongest other cluster."
)


def cards_table(
    share: np.ndarray, stability: np.ndarray, doubtful: np.ndarray, counts: np.ndarray | None, names: Sequence[str]
) -> pd.DataFrame:
    """Tabulate the cards.

    Parameters
    ----------
    share, stability, doubtful : ndarray of shape (n_clusters,)
    counts : ndarray of shape (n_classes, n_clusters), or None
        Test images by class and cluster.
    """
    rows = {}
    for i, part in enumerate(share):
        rows[f"C{i + 1}"] = {
            "share": percent(part, 1),
            "stability": "" if np.isnan(stability[i]) else f"{stability[i]:.2f}",
            "near a border": "" if np.isnan(doubtful[i]) else percent(doubtful[i], 1),
        }
        if counts is not None:
            rows[f"C{i + 1}"]["classes inside (test images)"] = _inside(counts[:, i], names)
    return pd.DataFrame.from_dict(rows, orient="index")


def _inside(counts: np.ndarray, names: Sequence[str]) -> str:
    if counts.sum() == 0:
        return "none"
    share = counts / counts.sum()
    first, *others = np.argsort(-share, kind="stable")
    order = [first, *(i for i in others if share[i] >= 0.05)][:4]
    return ", ".join(f"{names[i]} {percent(share[i])}" for i in order)


def cards_summary(stability: np.ndarray, doubtful: np.ndarray) -> str:
    """Say which clusters lie apart, which are found again, and which are not."""
    return f"{_borders(doubtful)} {_found_again(stability)}".strip()


def _borders(doubtful: np.ndarray) -> str:
    if np.isnan(doubtful).all():
        return ""
    least, most = int(np.nanargmin(doubtful)), int(np.nanargmax(doubtful))
    if doubtful[most] == 0:
        return "No cluster has images near a border."
    return (
        f"C{least + 1} has the smallest share of images near a border ({percent(doubtful[least], 1)}), C{most + 1} the largest "
        f"({percent(doubtful[most], 1)})."
    )


def _found_again(stability: np.ndarray) -> str:
    if np.isnan(stability).all():
        return "There was one seed only, so nothing can be said of stability."
    firm, loose = (np.flatnonzero(mask) for mask in (stability >= 0.9, stability < 0.6))
    comes = "comes" if len(firm) == 1 else "come"
    said = (
        f"{plural(len(firm), 'cluster')} of {len(stability)} {comes} out almost the same with other seeds, on average"
    )
    if not len(loose):
        return said + "."
    verb = "comes" if len(loose) == 1 else "come"
    return f"{said}; {listed([f'C{i + 1}' for i in loose])} {verb} out otherwise."


def naming(has_labels: bool) -> str:
    """Say what the cards are for."""
    return (
        "Whether a name fits can be checked here against the classes; without labels, these rows are all there is to name a "
        "cluster by."
        if has_labels
        else "There are no labels, so names are yours to give: look along a row, then at the borders below."
    )
