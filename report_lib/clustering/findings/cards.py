"""Sentences and tables on what each cluster looks like."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from report_lib.common.prose import listed, percent

CARDS_KEY = (
    "`share`: of the train images. `near a border`: share of its train images whose neighbours are nearly as often in another "
    "cluster: their own leads by less than half of the neighbours, the nearer counting more."
)
STABILITY_KEY = (
    " `stability`: how well other seeds find the cluster again, as the overlap of its test images with the most similar "
    "cluster there, 1 for the same images."
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
        again = "" if np.isnan(stability[i]) else f"{stability[i]:.2f}"
        known = {} if np.isnan(stability).all() else {"stability": again}
        near = "" if np.isnan(doubtful[i]) else percent(doubtful[i], 1)
        rows[f"C{i + 1}"] = {"share": percent(part, 1), **known, "near a border": near}
        if counts is not None:
            rows[f"C{i + 1}"]["classes inside (test images)"] = _inside(counts[:, i], names)
    return pd.DataFrame.from_dict(rows, orient="index")


def _inside(counts: np.ndarray, names: Sequence[str]) -> str:
    if counts.sum() == 0:
        return "none"
    share = counts / counts.sum()
    first, *others = np.argsort(-share, kind="stable")
    order = [first, *(i for i in others if share[i] >= 0.05)][:4]
    return ", ".join(f"{names[i]} {percent(share[i], 1)}" for i in order)


def cards_key(stability: np.ndarray) -> str:
    """Explain the columns of the table."""
    return CARDS_KEY + STABILITY_KEY * (not np.isnan(stability).all())


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
        return ""
    firm, loose = (np.flatnonzero(mask) for mask in (stability >= 0.9, stability < 0.6))
    said = f"Other seeds find {len(firm)} of {len(stability)} clusters again almost as they are"
    return f"{said}, and {listed([f'C{i + 1}' for i in loose])} hardly." if len(loose) else f"{said}."


def naming(has_labels: bool) -> str:
    """Ask for names where there are no labels to name a cluster by."""
    return "" if has_labels else "There are no labels, so you can name the clusters: look along each row."
