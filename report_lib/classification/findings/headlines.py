"""The first screen of the page: what the images are, and the findings that matter most, each a number and a clause."""

from dataclasses import dataclass
from typing import Any

from report_lib.classification.findings import pseudo
from report_lib.clustering.findings.league import title_of
from report_lib.clustering.findings.panel import by_number
from report_lib.common.prose import count_of, decimal, listed, percent, plural
from report_lib.data.idx import DATASETS
from report_lib.understanding.findings import unknown

# Methods that are not told a number of clusters.
NUMBER_OPEN = ("dbscan", "hdbscan")


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes
    ----------
    figure : str
        The number that it comes down to.
    said : str
        One clause on it.
    evidence : str
        The section of the page that shows it, by the beginning of its id.
    note : str
        What explains a word of it.
    """

    figure: str
    said: str
    evidence: str
    note: str = ""


def data_line(metrics: dict[str, Any]) -> str:
    """Say what the images are: how many, how large, from where, how even the classes; and who set the number of clusters."""
    data = metrics["dataset"]
    known = [own.licence for own in DATASETS.values() if own.title == data["title"]]
    source = known or [data[name].partition("; ")[0] for name in ("recognised",) if name in data]
    parts = [
        f"{data['n_train'] + data['n_test']:,} {_of_all(data)}greyscale images of {data['height']} × {data['width']} pixels",
        f"{data['n_train']:,} to learn from and {data['n_test']:,} to test on",
        *source,
        _classes(metrics["understanding"]["class_counts"]) if data["class_names"] else "no labels",
        *_corrected(data.get("marks")),
        _number(metrics["clustering"]),
    ]
    return " · ".join(parts)


def _of_all(data: dict[str, Any]) -> str:
    return f"of {data['n_source']:,} " if "n_source" in data else ""


def _classes(counts: dict[str, int]) -> str:
    low, high = min(counts.values()), max(counts.values())
    return f"{len(counts)} classes, {'each of' if low == high else f'of {low:,} to'} {high:,} train images"


def _corrected(marks: dict[str, Any] | None) -> list[str]:
    n = sum(marks["n_corrected"].values()) if marks else 0
    return [f"{plural(n, 'label')} corrected by hand"] if n else []


def _number(clustered: dict[str, Any]) -> str:
    number = clustered["methods"][clustered["chosen"]]["n_clusters"]
    if clustered["chosen"] in NUMBER_OPEN:
        return f"{plural(number, 'cluster')}, as many as the method finds"
    if clustered["panel"]["given"] is None:
        return f"{plural(number, 'cluster')}, a number chosen without labels"
    return f"{plural(number, 'cluster')} were asked for"


def headlines(metrics: dict[str, Any]) -> list[Finding]:
    """Return what was found, made from the run's metrics; what matters most comes first."""
    classified = metrics["classification"]
    found = [
        *_clusters(metrics),
        _unknown(metrics["dataset"]),
        _few_labels(classified),
        _all_labels(classified),
        _number_of_clusters(metrics["clustering"]),
        _doubts(classified),
        _copies(metrics["understanding"]["near_duplicates"]),
    ]
    return [one for one in found if one]


def _clusters(metrics: dict[str, Any]) -> list[Finding]:
    clustered = metrics["clustering"]
    found, by = clustered["methods"][clustered["chosen"]], title_of(clustered)
    if "ari" not in found:
        said = f"{'group' if found['n_clusters'] == 1 else 'groups'} by {by}"
        note = "Without labels nobody can say whether they mean anything."
        return [Finding(f"{found['n_clusters']:,}", f"{said}.", "clustering-a-card-for-each-cluster", note)]
    counts = metrics["understanding"]["class_counts"].values()
    accuracy = f"of the test images are in the cluster of their class, by {by}, which sees no label ({_ends(found)})."
    matched = (
        "This is the accuracy of clusters: each class is matched to one cluster at most. Always guessing the largest class "
        f"gets {percent(max(counts) / sum(counts), 1)}."
    )
    mean = found["mean"]
    indices = f"is the adjusted Rand index (ARI) of clusters and classes, {decimal(mean['nmi'])} the mutual information (NMI)."
    scale = (
        "ARI: 1 where clusters and classes are the same groups, 0 where they agree no better than chance. NMI, normalised: 1 "
        "where the cluster tells the class, 0 where it tells nothing of it."
    )
    evidence = "clustering-how-far-clusters-agree-with-classes"
    return [
        Finding(percent(mean["accuracy"], 1), accuracy, evidence, matched),
        Finding(decimal(mean["ari"]), indices, evidence, scale),
    ]


def _ends(found: dict[str, Any]) -> str:
    ends, n = found["mean_intervals_95"]["accuracy"], len(found["by_seed"]["accuracy"])
    over = f"{n} seeds and the draw of these images" if n > 1 else "the draw of these images"
    return f"{percent(ends['low'], 1)} to {percent(ends['high'], 1)} over {over}"


def _unknown(data: dict[str, Any]) -> Finding | None:
    said = unknown(data)
    return said and Finding(f"{sum(data['n_unknown'].values()):,}", f"labels are unknown. {said}", "understanding")


def _few_labels(classified: dict[str, Any]) -> Finding | None:
    curves = classified.get("label_efficiency", {})
    chosen, random = curves.get("graph_chosen"), curves.get("graph", {})
    if not chosen:
        return None
    n = min(chosen, key=int)
    said = (
        f"named correctly from {int(n):,} labels, given to the middles of the clusters; {percent(random[n], 1)} where as many "
        "labels of images drawn at random spread over the neighbour graph."
    )
    return Finding(percent(chosen[n], 1), said, "classification-few-labels")


def _all_labels(classified: dict[str, Any]) -> Finding | None:
    found = pseudo.speaker(classified.get("supervised", {}))
    if found is None:
        return None
    own, by = found
    ends = own["interval_95"]
    said = (
        f"named correctly by {by} that learnt {own['n_images']:,} labels ({percent(ends['low'], 1)} to "
        f"{percent(ends['high'], 1)})."
    )
    return Finding(percent(own["accuracy"], 1), said, "classification-all-labels")


def _number_of_clusters(clustered: dict[str, Any]) -> Finding | None:
    suggested, evidence = clustered["panel"]["suggested"], "clustering-how-many-groups"
    support = clustered["panel"].get("support")
    if support is not None:
        return Finding(f"{support['number']}", _supported(support, clustered["panel"]["given"]), evidence)
    if not suggested:
        return None
    low, high = min(suggested.values()), max(suggested.values())
    if low == high:
        return Finding(f"{low}", f"clusters, say all {len(suggested)} criteria that need no labels.", evidence)
    said = (
        f"clusters, say the {len(suggested)} criteria that need no labels: {by_number(suggested)}. They do not agree."
    )
    figure = f"{low} or {high}" if {low, high} == set(suggested.values()) else f"{low} to {high}"
    return Finding(figure, said, evidence)


def _supported(support: dict[str, Any], given: int | None) -> str:
    told = "" if given is None else f" The run was given {given}."
    if not support["supported"]:
        return (
            "clusters divide the images, but halves of the images support no number: these may be no groups that are "
            f"there.{told}"
        )
    near = f"; {listed(support['nearly'], 'or')} may be as good" if support["nearly"] else ""
    shifting = "" if support["found_again"] else ", but they do not agree on the borders between them"
    return f"clusters are what halves of the images support best{near}{shifting}.{told}"


def _doubts(classified: dict[str, Any]) -> Finding | None:
    found = pseudo.tried(classified)
    if found is None:
        return None
    share, size, at_random, confused = found
    said = (
        f"of the first {size:,} on a list of doubtful labels are wrong in a trial, where {percent(share)} of the test labels "
        f"are made wrong at random; {percent(confused, 1)} where they are made wrong between classes that are confused."
    )
    return Finding(percent(at_random, 1), said, "classification-labels-that-look-wrong")


def _copies(near: dict[str, Any]) -> Finding:
    n, pairs = near["exact"]["total"], count_of(near["near"]["total"], "pair", "pairs")
    said = f"exact {'copy' if n == 1 else 'copies'}, and {pairs} of near-copies."
    return Finding(f"{n:,}", said, "understanding-copies-and-near-copies")
