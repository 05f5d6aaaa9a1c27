"""Sentences and tables on all clusterings side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from report_lib.prose import listed, percent, scored, text

KEY = "`K`, `covered`: clusters of the kept fit, and the share of test images that are not noise."
SCORES_KEY = (
    "The scores are mean ± standard deviation over the seeds. `matched` accuracy gives each class one cluster at most, "
    "`majority` accuracy names each cluster after its commonest train class, and both count noise as wrong; `ARI`, `NMI` and "
    "`AMI` count it as one more cluster."
)
INTERVALS_KEY = (
    "The kept fits, each with its 95% interval over the draw of test images. `of the covered`: ARI and AMI of the test "
    "images that are not noise, to be read together with how many those are."
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
    "graph": "Graph clustering",
}
NAMES = {"accuracy": "matched", "majority_accuracy": "majority", "ari": "ARI", "nmi": "NMI", "ami": "AMI"}


def table(rows: Sequence[Any]) -> pd.DataFrame:
    """Tabulate every method on every description.

    Parameters
    ----------
    rows : sequence of `league.Row`
    """
    return pd.DataFrame.from_dict({row.fitted.title: _line(row) for row in rows}, orient="index").fillna("")


def _line(row: Any) -> dict[str, str]:
    found = {"K": f"{row.scores.n_clusters}", "covered": percent(row.scores.coverage)}
    for key, name in NAMES.items():
        if key in row.by_seed:
            found[name] = _spread(row.by_seed[key])
    return found


def _spread(values: np.ndarray) -> str:
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{values.mean():.3f} ± {values.std(ddof=1):.3f}"


def intervals(rows: Sequence[Any]) -> pd.DataFrame:
    """Tabulate the fits that are kept, with 95% intervals over the draw of test images."""
    return pd.DataFrame.from_dict({row.fitted.title: _kept(row) for row in rows}, orient="index")


def _kept(row: Any) -> dict[str, str]:
    found = {name: scored(getattr(row.scores, key)) for key, name in NAMES.items() if key != "ami"}
    alone = [row.scores.clustered[key] for key in ("ari", "ami")]
    return found | {"of the covered": ", ".join("none" if np.isnan(v) else f"{v:.3f}" for v in alone)}


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
    """Say what another description does for the same method, where all images are clustered."""
    pairs = []
    for method in dict.fromkeys(row.fitted.method for row in rows):
        own = [row for row in rows if row.fitted.method == method and row.scores.coverage == 1]
        own = sorted(own, key=lambda row: row.scores.nmi.value)
        if len(own) > 1:
            pairs.append((own[0], own[-1]))
    if not pairs:
        return ""
    low, high = max(pairs, key=lambda pair: pair[1].scores.nmi.value - pair[0].scores.nmi.value)
    return (
        f" The description counts too: NMI is {low.scores.nmi.value:.3f} for {low.fitted.title}, and "
        f"{high.scores.nmi.value:.3f} for {high.fitted.title}."
    )


def published(row: Any, found: Sequence[Any], source: str) -> pd.DataFrame:
    """Tabulate figures from the literature, marked as such, beneath the clusters that go on.

    Parameters
    ----------
    row : league.Row
    found : sequence of `published.Published`
    """
    ours = {"matched": f"{row.scores.accuracy.value:.3f}", "NMI": f"{row.scores.nmi.value:.3f}", "source": "this run"}
    rows = {
        text(one.method): {"matched": f"{one.accuracy:.3f}", "NMI": f"{one.nmi:.3f}", "source": source} for one in found
    }
    return pd.DataFrame.from_dict({row.fitted.title: ours} | rows, orient="index")


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
        f"{title} makes {own['n_clusters']} clusters without labels. Against the classes of the test "
        f"images: matched accuracy {own['accuracy']:.3f} ({ends['accuracy']['low']:.3f} to {ends['accuracy']['high']:.3f}), "
        f"NMI {own['nmi']:.3f} ({ends['nmi']['low']:.3f} to {ends['nmi']['high']:.3f}), ARI {own['ari']:.3f} "
        f"({ends['ari']['low']:.3f} to {ends['ari']['high']:.3f})."
    ]
