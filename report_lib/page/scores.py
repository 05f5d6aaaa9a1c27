"""The table on the first screen: methods and their scores, beside what others have published."""

from collections.abc import Sequence
from typing import Any

from report_lib.classification import classifiers
from report_lib.clustering.methods import MAP, METHODS, PCA, titled
from report_lib.common import published
from report_lib.common.display import interval_drawn
from report_lib.common.prose import listed, measure, percent
from report_lib.common.style import sentence

NONE: dict[str, Any] = {"value": "", "note": ""}
CURVES = {
    "graph_chosen": "{n:,} labels on chosen images",
    "graph": "{n:,} labels on random images",
}
FEW = ("10", "100", "500")


def table(metrics: dict[str, Any]) -> dict[str, Any]:
    """Gather methods and their scores on test images; without labels, how many clusters each method finds.

    Parameters
    ----------
    metrics : dict
        Of the run; where others have published scores on these images, they stand beside it.

    Returns
    -------
    dict
        `header`, `groups` of rows of cells, each a `value` and a `note`, and `note`.
    """
    clusterings = published.CLUSTERING.get(metrics["dataset"]["title"], [])
    known = classifiers.published(metrics["dataset"]["title"])
    methods, chosen = metrics["clustering"]["methods"], metrics["clustering"]["chosen"]
    if "ari" not in methods[chosen]:
        rows = [_unjudged(own) for own in methods.values()]
        groups = [{"title": "Without labels", "rows": rows}]
        note = "Covered is the share of the test images that are not noise."
        return {"header": ("method", "clusters", "covered"), "groups": groups, "note": note}
    groups = [
        {"title": "Clusters, without labels", "rows": _clusterings(_shown(metrics["clustering"]), clusterings)},
        {"title": "With few labels", "rows": _few(metrics["classification"])},
        {"title": "With all labels", "rows": _taught(metrics, known)},
    ]
    return {
        "header": ("method", "accuracy", "published", "NMI", "ARI"),
        "groups": [_with_winners(group) for group in groups if group["rows"]],
        "note": _note(metrics, clusterings),
    }


def references(metrics: dict[str, Any]) -> list[dict[str, str]]:
    """Return the papers whose figures stand beside those of the run, each with its address."""
    title = metrics["dataset"]["title"]
    named = {own.source: own.method for own in reversed(published.CLUSTERING.get(title, ()))}
    papers = {
        source: f"{method}, and others in its table" if "Table" in source else method
        for source, method in named.items()
    }
    if classifiers.published(title):
        papers[classifiers.SOURCE] = "Classifiers taught all labels (Xiao et al., 2017)"
    return [{"name": name, "address": published.address(source)} for source, name in papers.items()]


def _note(metrics: dict[str, Any], others: Sequence[published.Published]) -> str:
    clustered, few = metrics["clustering"], metrics["classification"].get("label_efficiency")
    own = clustered["methods"][clustered["chosen"]]
    n = len(own["by_seed"]["ari"])
    said = [
        "On test images, with 95% intervals.",
        f"Clusters: the mean of {n} seeds, over these and the draw of the test images."
        if n > 1
        else "Clusters: one fit, so over the draw of the test images alone.",
        "Accuracy is matched: each class has one cluster at most, by the train images.",
        f"Each method is shown on {listed(dict.fromkeys([PCA, clustered['chosen_on']]))}"
        + (", methods of density on the map" if any(one["on"] == MAP for one in clustered["methods"].values()) else "")
        + "; labels play no part in that choice.",
    ]
    if few:
        said.append(
            "Few labels: over the draw of the labels (of chosen images, over the seeds that choose them) and of the test "
            "images."
        )
    if others:
        said.append(
            f"Published, not computed here: clusterings in {listed(published.sources(others))}, fitted to and scored on "
            f"all 70,000 images; classifiers in {classifiers.SOURCE}. The settings of the oriented gradients were chosen "
            "with the train labels of these sets in view."
        )
    return " ".join(said)


def _with_winners(group: dict[str, Any]) -> dict[str, Any]:
    """Mark the highest value of each column, where there are several."""
    columns = zip(*(row["cells"] for row in group["rows"]), strict=True)
    best = [max((cell.get("number", -1) for cell in column), default=-1) for column in columns]
    rows = [
        {
            **row,
            "cells": [
                {**cell, "best": cell.get("number") == top} for cell, top in zip(row["cells"], best, strict=True)
            ],
        }
        for row in group["rows"]
    ]
    return {**group, "rows": rows if len(rows) > 1 else group["rows"]}


def _cell(key: str, value: float, ends: dict[str, float] | None = None) -> dict[str, Any]:
    note = "" if ends is None else f"{measure(key, ends['low'])} to {measure(key, ends['high'])}"
    drawn = "" if ends is None or key != "accuracy" else interval_drawn(value, ends["low"], ends["high"])
    return {"value": measure(key, value), "note": note, "number": value, "drawn": drawn}


def _row(name: str, *cells: dict[str, str], **more: bool) -> dict[str, Any]:
    return {"name": name, "cells": list(cells), **more}


def _unjudged(own: dict[str, Any]) -> dict[str, Any]:
    cells = f"{own['n_clusters']:,}", percent(own["coverage"], 1)
    return _row(titled(own["method"], own["on"]), *({"value": value, "note": ""} for value in cells))


def _shown(clustered: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each method on PCA and on the description that was chosen, methods of density on the map where there is one."""
    methods, on = clustered["methods"], {PCA, clustered["chosen_on"]}
    return [
        own
        for own in clustered["league"].values()
        if own["on"] == methods[own["method"]]["on"] or (own["on"] in on and METHODS[own["method"]].places[0] != MAP)
    ]


def _clusterings(rows: Sequence[dict[str, Any]], others: Sequence[published.Published]) -> list[dict[str, Any]]:
    """Tabulate clusterings by their means over the seeds, those of others among ours, the highest accuracy first."""
    found = []
    for own in rows:
        mean, ends = own["mean"], own["mean_intervals_95"]
        accuracy, *more = (_cell(key, mean[key], ends[key]) for key in ("accuracy", "nmi", "ari"))
        found.append((mean["accuracy"], _row(titled(own["method"], own["on"]), accuracy, NONE, *more)))
    for one in others:
        row = _row(one.method, NONE, _cell("accuracy", one.accuracy), _cell("nmi", one.nmi), NONE, by_others=True)
        found.append((one.accuracy, row))
    return [row for _, row in sorted(found, key=lambda pair: -pair[0])]


def _few(classified: dict[str, Any]) -> list[dict[str, Any]]:
    curves, ends = classified.get("label_efficiency", {}), classified.get("label_efficiency_intervals_95", {})
    return [
        _row(name.format(n=int(n)), _cell("accuracy", curves[key][n], ends[key][n]), NONE, NONE, NONE)
        for n in FEW
        for key, name in CURVES.items()
        if n in curves.get(key, {})
    ]


def _taught(metrics: dict[str, Any], known: dict[str, float]) -> list[dict[str, Any]]:
    """Tabulate classifiers that were taught every label, the most accurate first."""
    found, data = metrics["classification"].get("supervised", {}), metrics["dataset"]
    n_known = data["n_train"] - data.get("n_unknown", {}).get("train", 0)
    full = {name: own for name, own in found.items() if own["n_images"] == n_known}
    rows = []
    for name, own in sorted(full.items(), key=lambda item: -item[1]["accuracy"]):
        beside = _cell("accuracy", known[name]) if name in known else NONE
        title = sentence(classifiers.CLASSIFIERS[name].title)
        rows.append(_row(title, _cell("accuracy", own["accuracy"], own["interval_95"]), beside, NONE, NONE))
    return rows
