"""Sentences on ways of describing an image, set beside one another."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from report_lib.prose import listed, percent, plural, scored

WHY = {
    "budget": "used its whole budget of {n}",
    "no progress": "stopped after {n}, when the held-out images gained no more",
    "not a number": "broke off after {n}, when its loss was no longer a number",
}


TIMES = "Seconds to learn from all train images, and to encode them, on the machine and in this run."


def missing(absent: dict[str, str]) -> str:
    """Say what is left out, and why."""
    said = "; ".join(f"{title}: {why}" for title, why in absent.items())
    return f"> Not every description that was asked for could be had. {said}."


def training(found: Sequence[Any], n_images: int) -> str:
    """Say what learning cost, and how it ended.

    Parameters
    ----------
    found : sequence of `comparison.Representation`
        Those that are autoencoders.
    """
    told = []
    for r in found:
        n = len(r.model.loss_curve_)
        kept = "" if r.model.best_epoch_ == n else f" and kept epoch {r.model.best_epoch_}"
        told.append(f"{r.title} {WHY[r.model.stopped_].format(n=plural(n, 'epoch'))}{kept}")
    fraction = found[0].model.validation_fraction
    precision = listed(sorted({r.model.precision_ for r in found}))
    last = [r.title for r in found if r.model.best_epoch_ == len(r.model.loss_curve_)]
    more = f" {listed(last)} did best in the last epoch, so a larger budget may do better." if last else ""
    return (
        f"Each saw {percent(1 - fraction)} of the {n_images:,} train images and was judged on the rest, in {precision}. "
        f"{'; '.join(told)}.{more}"
    )


def error_by_size(found: Sequence[Any], counts: Sequence[int], pca: np.ndarray) -> str:
    """Set each autoencoder against as many principal components."""
    at = dict(zip(counts, pca, strict=True))
    said = [_against_pca(r, at.get(r.size)) for r in found]
    return " ".join(said) or "No autoencoder is in this run, so there is nothing to set against PCA."


def _against_pca(r: Any, error: float | None) -> str:
    told = f"With {r.size:,} numbers {r.title} leaves an error of {r.test_mse:.5f}"
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


def walk(result: Any, titles: Sequence[str]) -> str:
    """Say how far from any real image the middle of each walk is."""
    order = np.argsort(result.middle_error)
    ranked = listed([f"{titles[i]} {result.middle_error[i]:.3f}" for i in order])
    return (
        "Half way, how far is the picture from the nearest train image (root mean square, the range of the pixels counted "
        f"as 1)? {ranked}. A small number says that the way leads past real images; a picture that is blurred is also near "
        "to many."
    )


def kmeans(scores: dict[str, dict[str, np.ndarray]]) -> str:
    """Say which representation K-Means does best on, where the repeats agree on it."""
    n = len(next(iter(scores.values()))["nmi"])
    said = [
        _ranking(scores, kind, word)
        for kind, word in (("accuracy", "matched accuracy"), ("nmi", "NMI"), ("ari", "ARI"))
    ]
    return (
        f"Mean of {n} repeats, and their standard deviation. {' '.join(said)} Representations whose repeats overlap are not "
        "told apart by this."
    )


def _ranking(scores: dict[str, dict[str, np.ndarray]], kind: str, word: str) -> str:
    order = sorted(scores, key=lambda title: -scores[title][kind].mean())
    best, rest = order[0], order[1:]
    told = f"{best} {scores[best][kind].mean():.3f} ± {scores[best][kind].std(ddof=1):.3f}"
    if not rest:
        return f"By {word}: {told}."
    clear = [title for title in rest if (scores[best][kind] > scores[title][kind]).all()]
    ahead = "all others" if len(clear) == len(rest) else listed(clear) if clear else "none of the others"
    last = f"{order[-1]} {scores[order[-1]][kind].mean():.3f} ± {scores[order[-1]][kind].std(ddof=1):.3f}"
    return f"By {word}, {told} is first and {last} last; in every repeat the first is ahead of {ahead}."


def few_labels(result: Any) -> str:
    """Say which representations beat the first one, and which lose to it, from `comparison.FewLabels`."""
    accuracy, advantage = result.accuracy, result.advantage
    first = next(iter(accuracy))
    better = [f"{t} ({_points(d)})" for t, d in advantage.items() if d.low > 0]
    worse = [f"{t} ({_points(d)})" for t, d in advantage.items() if d.high < 0]
    same = [f"{t} ({_points(d)})" for t, d in advantage.items() if d.low <= 0 <= d.high]
    alone = scored(accuracy[first])
    said = [f"Taught {result.n_labels:,} labels, the network on {first} is right on {alone} of the test images."]
    said += [f"Better, in points with the 95% interval of the difference: {listed(better)}."] if better else []
    said += [f"Worse: {listed(worse)}."] if worse else []
    said += [f"Not told apart from {first}: {listed(same)}."] if same else []
    return " ".join(said)


def _points(difference: Any) -> str:
    value, low, high = (
        f"{100 * end:+.1f}".replace("+0.0", "0.0").replace("-0.0", "0.0")
        for end in (difference.value, difference.low, difference.high)
    )
    return f"{value}, {low} to {high}"


def in_short(numbers: dict[str, dict[str, Any]], titles: dict[str, str]) -> list[str]:
    """Sum up the comparison, one sentence a question that was put."""
    said = []
    few = {titles[name]: own["few_labels"] for name, own in numbers.items() if "few_labels" in own}
    if few:
        best, worst = (pick(few, key=lambda title: few[title]["accuracy"]) for pick in (max, min))
        n = next(iter(few.values()))["n_labels"]
        said.append(
            f"Taught {n:,} labels, a small network reaches from {few[worst]['accuracy']:.3f} on {worst} to "
            f"{few[best]['accuracy']:.3f} on {best}."
        )
    grouped = {titles[name]: float(np.mean(own["kmeans"]["nmi"])) for name, own in numbers.items() if "kmeans" in own}
    if grouped:
        best, worst = (pick(grouped, key=grouped.get) for pick in (max, min))
        said.append(
            f"K-Means agrees with the classes from NMI {grouped[worst]:.3f} on {worst} to {grouped[best]:.3f} on {best}."
        )
    return said


def table(numbers: dict[str, dict[str, Any]], titles: dict[str, str], n_pixels: int) -> pd.DataFrame:
    """Tabulate the whole comparison, one row a representation."""
    rows = {}
    for name, own in numbers.items():
        row = {
            "numbers in the code": f"{own['code_size']:,}",
            "of the pixels": percent(own["code_size"] / n_pixels),
            "test MSE": f"{own['test_mse']:.5f}",
        }
        for kind, word in (("accuracy", "K-Means accuracy"), ("nmi", "K-Means NMI"), ("ari", "K-Means ARI")):
            if "kmeans" in own:
                row[word] = f"{own['kmeans'][kind].mean():.3f} ± {own['kmeans'][kind].std(ddof=1):.3f}"
        if "few_labels" in own:
            ends = own["few_labels"]["interval_95"]
            row["few labels"] = f"{own['few_labels']['accuracy']:.3f} ({ends['low']:.3f} to {ends['high']:.3f})"
        rows[titles[name]] = row
    return pd.DataFrame.from_dict(rows, orient="index").fillna("")
