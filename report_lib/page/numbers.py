"""The numbers of a run, by name, as `metrics.json` holds them: all of them, and the scores that have an interval."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from report_lib.classification.classifiers import CLASSIFIERS, PSEUDO, Classifier
from report_lib.classification.few_labels import title_of
from report_lib.clustering.methods import titled
from report_lib.common.apart import Measured, over_draws
from report_lib.common.metrics import Interval
from report_lib.common.prose import MEASURES, SHARES, decimal, percent, signed
from report_lib.common.style import sentence

# Scores are judged against those of their own group.
CLUSTERS, FEW, TAUGHT_CLUSTERS, ALL, DESCRIPTIONS = (
    "Clusters, without labels",
    "With few labels",
    "Taught the clusters",
    "With all labels",
    "Descriptions, by what few labels are worth on them",
)
SHOWN_OF_CLUSTERS = ("accuracy", "nmi", "ari")
# Curves that are of no description.
CURVES = {
    "graph": "random images, spread over the graph",
    "graph_chosen": "chosen images",
    "graph_chosen_spread": "chosen images, always spread over the graph",
}
_INTERVALS = "interval_95", "intervals_95"
# How the names of scores end that are no shares of images.
_INDICES = tuple(f", {name}" for key, name in MEASURES.items() if key not in SHARES)
Scores = dict[tuple[str, str], Measured]


def every_number(metrics: dict[str, Any]) -> dict[str, tuple[Any, dict[str, float] | None]]:
    """Return every number and word of `metrics.json` by its path with dots, with the ends of its interval where it has one.

    What tells images and labels apart, their hashes, is left out; a list stands for itself.
    """
    return dict(_walk(metrics, "", {}))


def _walk(tree: dict[str, Any], path: str, above: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for key, value in tree.items():
        if key == "sha256" or key.endswith(_INTERVALS):
            continue
        # An interval stands beside its number, under the number's own name, or beside a whole table of numbers.
        ends = tree.get(f"{key}_intervals_95") or tree.get("intervals_95", {}).get(key) or above.get(key)
        ends = ends or (tree.get("interval_95") if key == "accuracy" else None)
        if isinstance(value, dict):
            yield from _walk(value, f"{path}{key}.", ends or {})
        else:
            yield f"{path}{key}", (value, ends if ends and {"low", "high"} <= ends.keys() else None)


def scores(metrics: dict[str, Any], parameters: dict[str, Any]) -> Scores:
    """Return the scores on test images that two runs can be held against one another by.

    Parameters
    ----------
    metrics : dict
    parameters : dict
        Of the run; they say how many draws there were where `metrics` does not.

    Returns
    -------
    dict of (group, name) to Measured
        Empty where the images have no labels.
    """
    # A run of another version may lack any of it.
    clustered, classified, reduced = (metrics.get(phase, {}) for phase in ("clustering", "classification", "reduction"))
    found = [*_clusters(clustered), *_few(classified, parameters), *_taught_clusters(classified)]
    return dict([*found, *_taught(classified), *_descriptions(reduced)])


def told(name: str, own: Interval) -> tuple[str, str]:
    """Write a score of that name and the ends of its interval as the report does: a share of images as a percentage."""
    low, high = (written(name, end) for end in (own.low, own.high))
    return written(name, own.value), f"{low} to {high}"


def difference(name: str, own: Interval) -> str:
    """Write a difference of scores of that name with its interval; of shares in percentage points."""
    times, digits, unit = (100, 1, " points") if is_share(name) else (1, 3, "")
    value, low, high = (signed(times * end, digits) for end in (own.value, own.low, own.high))
    return f"{value}{unit} ({low} to {high})"


def written(name: str, value: float) -> str:
    """Write a score of that name: a share of images as a percentage, an index as a score."""
    return percent(value, 1) if is_share(name) else decimal(value)


def is_share(name: str) -> bool:
    """Say whether a score of that name is a share of images; the others are indices."""
    return not name.endswith(_INDICES)


def _interval(value: float, ends: dict[str, float]) -> Interval:
    return Interval(value, ends["low"], ends["high"])


def _clusters(clustered: dict[str, Any]) -> Iterator[tuple[tuple[str, str], Measured]]:
    for own in clustered.get("league", {}).values():
        for key in SHOWN_OF_CLUSTERS if "mean_intervals_95" in own else ():
            spread, n = own["standard_deviation"][key], len(own["by_seed"][key])
            name = f"{titled(own['method'], own['on'])}, {MEASURES[key]}"
            yield (CLUSTERS, name), over_draws(_interval(own["mean"][key], own["mean_intervals_95"][key]), spread, n)


def _few(classified: dict[str, Any], parameters: dict[str, Any]) -> Iterator[tuple[tuple[str, str], Measured]]:
    ends, spreads = (classified.get(f"label_efficiency_{kind}", {}) for kind in ("intervals_95", "spread"))
    n_draws = parameters.get("classification", {}).get("n_draws", 1)
    for source, curve in classified.get("label_efficiency", {}).items():
        for n, value in sorted(curve.items(), key=lambda item: int(item[0])):
            name = f"{int(n):,} labels, {CURVES.get(source) or _description(source)}"
            yield (FEW, name), over_draws(_interval(value, ends[source][n]), spreads[source][n], n_draws)


def _taught_clusters(classified: dict[str, Any]) -> Iterator[tuple[tuple[str, str], Measured]]:
    for model, own in classified.get("pseudo_labels", {}).items():
        for key in ("fidelity", "accuracy"):
            if key in own.get("intervals_95", {}):
                yield (
                    (TAUGHT_CLUSTERS, f"{_title(PSEUDO, model)}, {key}"),
                    Measured(_interval(own[key], own["intervals_95"][key])),
                )


def _taught(classified: dict[str, Any]) -> Iterator[tuple[tuple[str, str], Measured]]:
    for model, own in classified.get("supervised", {}).items():
        name = f"{_title(CLASSIFIERS, model)}, {own['n_images']:,} labels"
        yield (ALL, name), Measured(_interval(own["accuracy"], own["interval_95"]))


def _descriptions(reduced: dict[str, Any]) -> Iterator[tuple[tuple[str, str], Measured]]:
    for name, own in reduced.get("representations", {}).items():
        few = own.get("few_labels")
        if few:
            said, draws = f"{_description(name)}, {few['n_labels']:,} labels", few["draws"]
            spread = float(np.std(draws, ddof=1)) if len(draws) > 1 else None
            yield (DESCRIPTIONS, said), over_draws(_interval(few["accuracy"], few["interval_95"]), spread, len(draws))


def _description(name: str) -> str:
    """Return what readers call a description; one of another version, by its name."""
    try:
        return title_of(name)
    except ValueError:
        return name


def _title(known: dict[str, Classifier], model: str) -> str:
    return sentence(known[model].title) if model in known else model
