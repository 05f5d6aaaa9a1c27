"""Sentences and tables on all clusterings side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from report_lib.prose import listed, percent, scored, text

KEY = (
    "`clusters`, `clustered`: of the kept fit, and the share of test images that are not noise. `matched`, `majority`, `ARI`, "
    "`NMI`, `AMI`: mean ± standard deviation over the seeds; matched accuracy gives each class one cluster at most, majority "
    "accuracy names each cluster after its commonest train class, and both count noise as wrong. `ARI, AMI of the clustered`: "
    "the kept fit without its noise, to be read together with how much was clustered."
)
TIMES = (
    "Seconds for one fit, with the search for neighbours where the method needs it; measured once, on the machine named at "
    "the end of the page. Making the description itself is not counted."
)
NOT_COMPARABLE = (
    "Silhouettes and other indices without labels are left out on purpose: they measure distances, and distances in one "
    "description cannot be compared with those in another."
)
TITLES = {
    "kmeans": "K-Means",
    "gaussian_mixture": "Gaussian mixture",
    "dbscan": "DBSCAN",
    "hdbscan": "HDBSCAN",
    "graph": "graph clustering",
}
NAMES = {"accuracy": "matched", "majority_accuracy": "majority", "ari": "ARI", "nmi": "NMI", "ami": "AMI"}


def table(rows: Sequence[Any]) -> pd.DataFrame:
    """Tabulate every method on every description.

    Parameters
    ----------
    rows : sequence of `league.Row`
    """
    return pd.DataFrame.from_dict({_title(row): _line(row) for row in rows}, orient="index").fillna("")


def _title(row: Any) -> str:
    return text(row.fitted.title)


def _line(row: Any) -> dict[str, str]:
    found = {"clusters": f"{row.scores.n_clusters}", "clustered": percent(row.scores.coverage, 1)}
    for key, name in NAMES.items():
        if key in row.by_seed:
            found[name] = _spread(row.by_seed[key])
    if row.scores.clustered is not None:
        ends = [row.scores.clustered[key] for key in ("ari", "ami")]
        found["ARI, AMI of the clustered"] = ", ".join("none" if np.isnan(v) else f"{v:.3f}" for v in ends)
    return found


def _spread(values: np.ndarray) -> str:
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{values.mean():.3f} ± {values.std(ddof=1):.3f}"


def intervals(rows: Sequence[Any]) -> pd.DataFrame:
    """Tabulate the fits that are kept, with 95% intervals over the draw of test images."""
    keys = {key: name for key, name in NAMES.items() if key != "ami"}
    found = {_title(row): {name: scored(getattr(row.scores, key)) for key, name in keys.items()} for row in rows}
    return pd.DataFrame.from_dict(found, orient="index")


def league(rows: Sequence[Any]) -> str:
    """Say which clusterings lead, and which cannot be told apart from the leader."""
    ordered = sorted(rows, key=lambda row: -row.scores.accuracy.value)
    first, others = ordered[0], ordered[1:]
    lead = first.scores.accuracy
    near = [one.fitted.title for one in others if one.scores.accuracy.high >= lead.low]
    said = (
        f"Judged by the classes, {first.fitted.title} leads with a matched accuracy of {scored(lead)}, NMI "
        f"{scored(first.scores.nmi)} and ARI {scored(first.scores.ari)}."
    )
    if near:
        said += f" The interval of {listed(near)} overlaps with its own."
    elif others:
        nearest = others[0]
        said += f" Next comes {nearest.fitted.title} with {scored(nearest.scores.accuracy)}."
    return said + _same_method(rows)


def _same_method(rows: Sequence[Any]) -> str:
    """Say where one method gains most from another description."""
    gains = []
    for method in dict.fromkeys(row.fitted.method for row in rows):
        own = sorted((row for row in rows if row.fitted.method == method), key=lambda row: row.scores.nmi.value)
        if len(own) > 1:
            gains.append((own[-1].scores.nmi.value - own[0].scores.nmi.value, own[0], own[-1]))
    if not gains:
        return ""
    low, high = max(gains, key=lambda found: found[0])[1:]
    return (
        f" The description counts as much as the method: from {low.fitted.title} to {high.fitted.title}, NMI goes from "
        f"{low.scores.nmi.value:.3f} to {high.scores.nmi.value:.3f}."
    )


def published(found: Sequence[Any], source: str) -> pd.DataFrame:
    """Tabulate figures from the literature, marked as such.

    Parameters
    ----------
    found : sequence of `published.Published`
    """
    rows = {text(one.method): {"matched": f"{one.accuracy:.3f}", "NMI": f"{one.nmi:.3f}"} for one in found}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(f"published: {source}")


def against_published(row: Any, found: Sequence[Any], source: str) -> str:
    """Set the clusters that go on beside the best of the literature."""
    best = max(found, key=lambda one: one.accuracy)
    ours = f"{row.fitted.title} has {scored(row.scores.accuracy)} and {scored(row.scores.nmi)}"
    return (
        f"Not computed here: figures from {source}. The best of them is {text(best.method)}, with a matched accuracy of "
        f"{best.accuracy:.3f} and NMI {best.nmi:.3f}; {ours}. Theirs were fitted to all images of the set and scored on the "
        "same images, ours to train images and scored on test images. The settings of the description of shape were chosen "
        "while looking at the train labels of Fashion-MNIST and MNIST; on other images nobody has tuned it."
    )


def title_of(numbers: dict[str, Any]) -> str:
    """Name the method and the description of the clusters that go on, from the run's metrics."""
    return f"{TITLES[numbers['chosen']]} on {numbers['chosen_on']}"


def league_headline(numbers: dict[str, Any]) -> list[str]:
    """Say what the clusters that go on are worth, from the run's metrics."""
    own, title = numbers["methods"][numbers["chosen"]], title_of(numbers)
    if "ari" not in own:
        return [
            f"The clusters that go on are those of {title}: {own['n_clusters']}; there are no labels to judge them by."
        ]
    ends = own["intervals_95"]
    return [
        f"{title[0].upper()}{title[1:]} makes {own['n_clusters']} clusters without labels. Against the classes of the test "
        f"images: matched accuracy {own['accuracy']:.3f} ({ends['accuracy']['low']:.3f} to {ends['accuracy']['high']:.3f}), "
        f"NMI {own['nmi']:.3f} ({ends['nmi']['low']:.3f} to {ends['nmi']['high']:.3f}), ARI {own['ari']:.3f} "
        f"({ends['ari']['low']:.3f} to {ends['ari']['high']:.3f})."
    ]
