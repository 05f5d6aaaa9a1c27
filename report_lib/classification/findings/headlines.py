"""The first screen of the page: what was asked, and the findings that matter most."""

from typing import Any

from report_lib.classification.findings import pseudo
from report_lib.clustering.findings.density import dbscan_headline
from report_lib.clustering.findings.league import title_of
from report_lib.clustering.findings.panel import panel_headline
from report_lib.common.prose import bullets, count_of, percent, plural
from report_lib.understanding.findings import unknown


def lede(metrics: dict[str, Any]) -> str:
    """Say in one sentence what was asked."""
    data = metrics["dataset"]
    judged = (
        f"how far those groups agree with the {len(data['class_names'])} classes that people see"
        if data["class_names"]
        else "with no labels to judge them by"
    )
    return (
        f"{data['n_train'] + data['n_test']:,} greyscale images: what they can be described with, what groups they fall "
        f"into, {judged}, and what can be told of a new one."
        + (f" Recognised: {data['recognised'].partition('; ')[0]}." if "recognised" in data else "")
    )


def headlines(metrics: dict[str, Any]) -> list[str]:
    """Return what was found, as sentences made from the run's metrics; what matters most comes first."""
    clustered, classified = metrics["clustering"], metrics["classification"]
    said = [
        _clusters(metrics),
        unknown(metrics["dataset"]),
        pseudo.few_labels_headline(classified),
        pseudo.all_labels_headline(classified),
        panel_headline(clustered["panel"]),
        pseudo.audit_headline(classified),
        pseudo.pseudo_headline(classified["pseudo_labels"]),
        dbscan_headline(clustered["density"]),
        *_images(metrics),
    ]
    return [sentence for sentence in said if sentence]


def _clusters(metrics: dict[str, Any]) -> str:
    clustered = metrics["clustering"]
    found = clustered["methods"][clustered["chosen"]]
    if "ari" not in found:
        return (
            f"{plural(found['n_clusters'], 'cluster')} by {title_of(clustered)}. There are no labels, so the report cannot "
            "say how well clusters agree with anything true."
        )
    ends = found["intervals_95"]["majority_accuracy"]
    counts = metrics["understanding"]["class_counts"].values()
    return (
        f"{plural(found['n_clusters'], 'cluster')}, found without looking at labels ({title_of(clustered)}), each then "
        "named after its commonest train class (the names, not the clusters, use the train labels), agree with the class of "
        f"{percent(found['majority_accuracy'], 1)} of the test images "
        f"({percent(ends['low'], 1)} to {percent(ends['high'], 1)} for this one fit; a blind guess: "
        f"{percent(max(counts) / sum(counts), 1)}); with one cluster a class, {percent(found['accuracy'], 1)}. Adjusted "
        f"Rand index {found['ari']:.2f}, normalised mutual information {found['nmi']:.2f}."
    )


def _images(metrics: dict[str, Any]) -> list[str]:
    data, near = metrics["dataset"], metrics["understanding"]["near_duplicates"]
    return [
        f"{metrics['reduction']['pca']['components_for_95']} of {data['height'] * data['width']} principal components hold "
        "95% of the variance.",
        f"{data['n_train']:,} train and {data['n_test']:,} test images of {data['height']} × {data['width']} pixels: "
        f"{count_of(near['exact']['total'], 'exact copy', 'exact copies')}, and "
        f"{count_of(near['near']['total'], 'pair', 'pairs')} of near-copies.",
    ]


def interpretation(metrics: dict[str, Any]) -> str:
    """Write the headlines as a list."""
    return bullets(*headlines(metrics))
