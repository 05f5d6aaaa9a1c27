"""Sentences on ways of describing an image, set beside one another."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from report_lib.common.display import passes_none
from report_lib.common.metrics import Interval
from report_lib.common.prose import COLUMNS, MEASURES, decimal, listed, percent, plural, scored, shared, signed, spread
from report_lib.common.representations import parse, trained_once
from report_lib.reduction.comparison import FittedRepresentation, Middles, PCACurve
from report_lib.reduction.few_labels import Curve

TABLE_KEY = (
    "All descriptions side by side. `numbers`: size of the code, and how many of them differ between train images."
)
LABELS_KEY = (
    " `few labels`: share of the test images that the small network gets right, with its 95% interval. `matched`, `NMI`, "
    "`ARI`: K-Means clusters against classes, mean ± standard deviation over the repeats."
)

WHY = {
    "budget": "used its whole budget of {n}",
    "no progress": "stopped after {n}, when the held-out images gained no more",
    "not a number": "broke off after {n}, when its loss was no longer a number",
}
# What goes with a comparison of autoencoders.
ONCE = " Autoencoders were trained once; another training may come out otherwise."
# By what K-Means on each description is judged.
JUDGED = ("accuracy", "nmi", "ari")


def missing(reasons: dict[str, str]) -> str | None:
    """Say what is left out, and why, by title."""
    if not reasons:
        return None
    by_reason = {why: [title for title in reasons if reasons[title] == why] for why in reasons.values()}
    sentences = " ".join(f"{listed(titles)}: {why}." for why, titles in by_reason.items())
    return f"> Not every description that was asked for could be had. {sentences}"


def training(learnt: Sequence[FittedRepresentation], n_images: int) -> str | None:
    """Say what learning cost, and how it ended."""
    if not learnt:
        return None
    endings = []
    for r in learnt:
        n = len(r.model.loss_curve_)
        kept = "" if r.model.best_epoch_ == n else f" and kept epoch {r.model.best_epoch_}"
        endings.append(f"{r.title} {WHY[r.model.stopped_].format(n=plural(n, 'epoch'))}{kept}")
    fraction = learnt[0].model.validation_fraction
    last = [r.title for r in learnt if r.model.best_epoch_ == len(r.model.loss_curve_)]
    more = f" {listed(last)} did best in the last epoch: more training may improve on this." if last else ""
    return (
        f"Each autoencoder saw {percent(1 - fraction)} of the {n_images:,} train images, was judged on the rest, and was "
        f"trained once. {'; '.join(endings)}.{more}"
    )


def error_by_size(learnt: Sequence[FittedRepresentation], curve: PCACurve | None) -> str | None:
    """Set each autoencoder against as many principal components."""
    if curve is None:
        return None
    return " ".join(_against_pca(r, curve.at(r.size)) for r in learnt) + ONCE * bool(learnt)


def _against_pca(r: FittedRepresentation, error: float | None) -> str:
    used = "" if r.active == r.size else f", {r.active:,} of them in use,"
    told = f"With {r.size:,} numbers{used} {r.title} leaves an error of {r.test_mse:.5f}"
    if error is None:
        return f"{told}."
    if error < 1e-7:
        return f"{told}; as many principal components rebuild the images exactly."
    ratio = r.test_mse / error
    much = (
        f"{ratio:.1f} times that"
        if ratio >= 2
        else f"{percent(abs(ratio - 1))} {'more' if ratio > 1 else 'less'} than that"
    )
    return f"{told}, {much} of as many principal components ({error:.5f})."


@passes_none
def middles(result: Middles | None) -> str | None:
    """Say how far from any real image the pictures half way are."""
    ordered = sorted(result.distance, key=lambda title: result.distance[title].value)
    ranked = listed([f"{title} {scored(result.distance[title])}" for title in ordered])
    return (
        f"How far is the picture half way from the nearest train image (root mean square, {result.n_pairs:,} random pairs)? "
        f"{ranked}. For real test images it is {scored(result.real)}. Blurred pictures come near to many images, so a small "
        f"distance alone does not make a good picture.{_once(ordered)}"
    )


def _once(titles: Iterable[str]) -> str:
    return ONCE * bool(trained_once(titles))


def kmeans(scores: dict[str, dict[str, np.ndarray]], n_clusters: int) -> str | None:
    """Say which representation K-Means does best on, where the repeats agree on it."""
    if not scores:
        return None
    n = len(next(iter(scores.values()))["nmi"])
    rankings = [_ranking(scores, kind, MEASURES[kind]) for kind in JUDGED]
    return (
        f"{n_clusters} clusters, {n} repeats on the same samples; matched accuracy pairs clusters with classes. "
        f"{' '.join(rankings)}{_once(scores)}"
    )


def _ranking(scores: dict[str, dict[str, np.ndarray]], kind: str, word: str) -> str:
    order = sorted(scores, key=lambda title: -scores[title][kind].mean())
    best, rest = order[0], order[1:]
    told = f"{best} {spread(kind, scores[best][kind])}"
    if not rest:
        return f"By {word}: {told}."
    clear = [title for title in rest if (scores[best][kind] > scores[title][kind]).all()]
    ahead = "all others" if len(clear) == len(rest) else listed(clear) if clear else "none of the others"
    last = f"{order[-1]} {spread(kind, scores[order[-1]][kind])}"
    return f"By {word}, {told} is first and {last} last; it is ahead of {ahead} in every repeat."


def few_labels(curves: dict[str, Curve]) -> str | None:
    """Say which representations beat the first one, and which lose to it, from `comparison.few_labels`."""
    if not curves:
        return None
    first, *others = curves
    n_labels, n_draws = next((n, len(right)) for n, right in curves[first].right.items())
    advantage = {title: curves[title].gain_over(curves[first], n_labels) for title in others}
    better = [f"{t} ({_points(d)})" for t, d in advantage.items() if d.low > 0]
    worse = [f"{t} ({_points(d)})" for t, d in advantage.items() if d.high < 0]
    same = [f"{t} ({_points(d)})" for t, d in advantage.items() if d.low <= 0 <= d.high]
    alone = shared(curves[first].accuracy[n_labels])
    said = [
        f"Taught {n_labels:,} labels ({n_draws} draws), the network on {first} is right on {alone} of the test images."
    ]
    found = {"better": better, "worse": worse, "no clear difference": same}
    told = [f"{way}: {listed(titles)}" for way, titles in found.items() if titles]
    if told:
        said.append(f"The others against that, in percentage points with 95% intervals: {'; '.join(told)}.")
    return " ".join(said) + _once(curves)


def _points(difference: Interval) -> str:
    value, low, high = (signed(100 * end, 2) for end in (difference.value, difference.low, difference.high))
    return f"{value}, {low} to {high}"


def table(numbers: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Tabulate the whole comparison, as `comparison.gather` has it, one row a representation."""
    rows = {}
    for name, own in numbers.items():
        used = "" if own["active"] == own["code_size"] else f" ({own['active']:,} in use)"
        row = {"numbers": f"{own['code_size']:,}{used}", "test MSE": f"{own['test_mse']:.5f}"}
        if "few_labels" in own:
            ends = own["few_labels"]["interval_95"]
            row["few labels"] = shared(Interval(own["few_labels"]["accuracy"], ends["low"], ends["high"]))
        for kind in JUDGED:
            if "kmeans" in own:
                row[COLUMNS[kind]] = spread(kind, own["kmeans"][kind])
        rows[parse(name).title] = row
    return pd.DataFrame.from_dict(rows, orient="index").fillna("")


def table_key(numbers: dict[str, dict[str, Any]]) -> str:
    """Explain the columns of the table; empty where there is none."""
    judged = any("kmeans" in own for own in numbers.values())
    return TABLE_KEY + LABELS_KEY * judged + _once(parse(name).title for name in numbers) if numbers else ""


def in_short(numbers: dict[str, dict[str, Any]], curve: PCACurve | None) -> list[str]:
    """Sum up the comparison, one sentence a question that was put."""
    said = _beaten(numbers, curve) if curve is not None else []
    few = {name: own["few_labels"] for name, own in numbers.items() if "few_labels" in own}
    if few:
        best, worst = (pick(few, key=lambda name: few[name]["accuracy"]) for pick in (max, min))
        n = next(iter(few.values()))["n_labels"]
        said.append(
            f"Taught {n:,} labels, a small network is right on {percent(few[worst]['accuracy'], 1)} of the test images with "
            f"{_sized(worst, numbers)} and on {percent(few[best]['accuracy'], 1)} with {_sized(best, numbers)}."
        )
    grouped = {name: float(np.mean(own["kmeans"]["nmi"])) for name, own in numbers.items() if "kmeans" in own}
    if grouped:
        best, worst = (pick(grouped, key=grouped.get) for pick in (max, min))
        said.append(
            f"The clusters of K-Means agree with the classes worst on {_sized(worst, numbers)}, NMI {decimal(grouped[worst])}, "
            f"and best on {_sized(best, numbers)}, NMI {decimal(grouped[best])}."
        )
    if said and any(parse(name).is_learnt for name in numbers):
        said[-1] += ONCE
    return said


def _beaten(numbers: dict[str, dict[str, Any]], curve: PCACurve) -> list[str]:
    """Say which autoencoders rebuild better than as many principal components, of those that PCA has a value for."""
    named = {parse(name): own for name, own in numbers.items()}
    beaten = {
        spec.title: curve.is_beaten_by(own["code_size"], own["test_mse"])
        for spec, own in named.items()
        if spec.is_learnt
    }
    below, above = ([title for title, beats in beaten.items() if beats is better] for better in (True, False))
    told = {"better": below, "no better": above}
    return [
        f"{listed(titles)} {_rebuild(titles)} test images {how} than as many principal components."
        for how, titles in told.items()
        if titles
    ]


def _rebuild(titles: Sequence[str]) -> str:
    return "rebuilds" if len(titles) == 1 else "rebuild"


def _sized(name: str, numbers: dict[str, dict[str, Any]]) -> str:
    return f"{parse(name).title} ({numbers[name]['code_size']:,} numbers)"
