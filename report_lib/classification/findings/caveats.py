"""How far to trust a run: the caveats that hold for it, each made from its values."""

from typing import Any

from report_lib.classification.findings.headlines import NUMBER_OPEN
from report_lib.clustering.methods import HOG, titled
from report_lib.common.prose import count_of, listed, percent

# The settings of the oriented gradients were chosen with the train labels of these in view.
TUNED_ON = ("Fashion-MNIST", "MNIST")
NETWORKS = ("mlp", "hog_mlp", "conv")


def caveats(metrics: dict[str, Any]) -> list[str]:
    """Return the caveats, the weightiest first."""
    clustered, classified = metrics["clustering"], metrics["classification"]
    said = [
        _drawn(metrics["dataset"], classified),
        _corrected(metrics["dataset"].get("marks")),
        _number(clustered, labelled=bool(metrics["dataset"]["class_names"])),
        _gradients(metrics["dataset"]["title"], clustered),
        _seeds(clustered["league"]),
        _networks(classified.get("supervised", {}), metrics["dataset"]["n_test"]),
        _map(classified["map"]),
        _suspects(classified),
    ]
    return [sentence for sentence in said if sentence]


def _drawn(data: dict[str, Any], classified: dict[str, Any]) -> str:
    if "n_source" not in data:
        return ""
    others = ", and the model has told the others" if "all_images" in classified else ""
    n = data["n_train"] + data["n_test"]
    return (
        f"The report looks at {n:,} of {data['n_source']:,} images, drawn at random: what is rare among them may be missing. "
        f"Its components are those of all{others}."
    )


def _corrected(marks: dict[str, Any] | None) -> str:
    n = sum(marks["n_corrected"].values()) if marks else 0
    if not n:
        return ""
    return (
        f"{count_of(n, 'label is', 'labels are')} corrected by hand. They are among those that the judges doubt, so "
        "scores against them flatter; published scores are against the labels as they came."
    )


def _number(clustered: dict[str, Any], *, labelled: bool) -> str:
    number, panel = clustered["methods"][clustered["chosen"]]["n_clusters"], clustered["panel"]
    if clustered["chosen"] in NUMBER_OPEN:
        return ""
    if panel["given"] is not None:
        known = ", which takes knowing how many classes there are" if labelled else ""
        return f"The number of clusters, {number}, was given to the methods that need one{known}."
    support = panel.get("support")
    if support is None:
        return f"The number of clusters, {number}, is the one that several criteria without labels rank highest."
    if not support["supported"]:
        return f"Nothing in the images supports {number} clusters more than another number."
    near = f", and {listed(support['nearly'], 'or')} may be as good" if support["nearly"] else ""
    shifting = "" if support["found_again"] else " Other images would put the borders between them elsewhere."
    return f"The number of clusters, {number}, was chosen by a rule that sees no labels{near}.{shifting}"


def _gradients(title: str, clustered: dict[str, Any]) -> str:
    if not any(own["on"] == HOG for own in clustered["league"].values()):
        return ""
    if title in TUNED_ON:
        return (
            f"The settings of the {HOG} were chosen with the train labels of {listed(TUNED_ON)} in view: on other images "
            "expect less."
        )
    return f"The settings of the {HOG} were chosen on {listed(TUNED_ON)}, and may not suit these images."


def _seeds(league: dict[str, Any]) -> str:
    n = max((len(own["by_seed"]["n_clusters"]) for own in league.values()), default=0)
    if n == 1:
        return "Each method ran with one seed, so how far another seed would move its scores is not known."
    spread = [own for own in league.values() if (own.get("standard_deviation") or {}).get("accuracy") is not None]
    if not spread:
        return f"Each method ran with {n} seeds."
    worst = max(spread, key=lambda own: own["standard_deviation"]["accuracy"])
    ends = worst["by_seed"]["accuracy"]
    return (
        f"A single fit may be far from its mean: over {n} seeds the accuracy of {titled(worst['method'], worst['on'])} runs "
        f"from {percent(min(ends), 1)} to {percent(max(ends), 1)}."
    )


def _networks(supervised: dict[str, Any], n_test: int) -> str:
    if not any(name in supervised for name in NETWORKS):
        return ""
    return (
        f"Each network was trained once: its interval holds for another draw of {n_test:,} test images, not for another "
        "training."
    )


def _map(numbers: dict[str, Any]) -> str:
    there, on_map = numbers["same_nearby"], numbers["same_nearby_on_map"]
    if there is None:
        return ""
    return (
        f"The map is a flat picture of many dimensions: of an image's nearest, {percent(on_map)} are of its kind on the map, "
        f"{percent(there)} in the description."
    )


def _suspects(classified: dict[str, Any]) -> str:
    if "audit" not in classified:
        return ""
    return "Scores take every label as right, also those that look wrong."
