"""Sentences and tables on what all labels give."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from report_lib.common.prose import listed, plural, scored, text

TIMES = (
    "Seconds for learning and for classifying all test images, measured once and partly side by side, on the machine named at "
    "the end of the page."
)
# Differences from a published figure up to this count as the same.
SAME = 0.01
LEVEL = 0.05


def table(scores: Sequence[Any], published: dict[str, float]) -> pd.DataFrame:
    """Tabulate classifiers, the most accurate first, beside what is published."""
    found, most = {}, max(one.predictions.n_images for one in scores)
    for one in scores:
        known = published.get(one.predictions.name)
        found[one.predictions.title] = {
            "learnt from": f"{one.predictions.n_images:,}",
            "accuracy": f"{one.accuracy.value:.4f} ({one.accuracy.low:.4f}–{one.accuracy.high:.4f})",
            **({"published": "" if known is None else f"{known:.3f}"} if published else {}),
            "macro F1": f"{one.macro_f1:.3f}",
            "calibration error": "none given" if one.calibration is None else f"{one.calibration.expected_error:.4f}",
            "McNemar's p": _p(one) if one.predictions.n_images == most else "fewer images",
        }
    return pd.DataFrame.from_dict(found, orient="index")


def _p(one: Any) -> str:
    if one.p_value is None:
        return "reference"
    return "< 0.001" if one.p_value < 0.001 else f"{one.p_value:.3f}"


def key(source: str | None) -> str:
    """Say what the table holds; `source` names the publication, None where there is none for these images."""
    beside = f" `published`: {source}, taught 60,000 images, mean of several runs." if source else ""
    return (
        f"Test images; accuracy with its 95% interval over their draw.{beside} `McNemar's p` compares with the reference "
        "on the same images, adjusted for the number of comparisons by Holm's method; the reference was named beforehand, and "
        "each classifier is one fit. Logistic regression has 30 steps and the network on pixels ten epochs. A classifier that "
        "gives no probabilities has no calibration error."
    )


def league(scores: Sequence[Any]) -> str:
    """Say which classifier is the most accurate, and which are no different."""
    said = (
        f"The most accurate on these test images is the {scores[0].predictions.title}, {scored(scores[0].accuracy, 4)}."
    )
    fixed = next(one.predictions.title for one in scores if one.p_value is None)
    level = [one.predictions.title for one in scores if one.p_value is not None and one.p_value >= LEVEL]
    if level:
        return said + f" The {fixed} cannot be told from the {listed(level)} (McNemar's test, p of {LEVEL} or more)."
    return said + (f" All others differ from the {fixed} by McNemar's test." if len(scores) > 1 else "")


def published(scores: Sequence[Any], known: dict[str, float], source: str, n_train: int) -> str:
    """Say how near the published figures ours are."""
    ours = {one.predictions.title: (one.accuracy.value - known[one.predictions.name], one.predictions.n_images)
            for one in scores if one.predictions.name in known}  # fmt: skip
    if not ours:
        return ""
    full = {title: gap for title, (gap, n) in ours.items() if n == n_train}
    fewer = {title: (gap, n) for title, (gap, n) in ours.items() if n < n_train}
    said = ""
    if full:
        far = [f"{title} ({gap:+.3f})" for title, gap in full.items() if abs(gap) > SAME]
        come = "comes" if len(full) - len(far) == 1 else "come"
        near = len(full) - len(far)
        said = (
            f"Taught all {n_train:,} images, {plural(near, 'classifier')} of {source} {come} out within {SAME} of the "
        )
        said += f"published accuracy, and not {listed(far)}." if far else "published accuracy."
    if fewer:
        n = min(n for _, n in fewer.values())
        parts = [f"{title} {gap:+.3f}" for title, (gap, _) in fewer.items()]
        said += (
            f" To save minutes, {n:,} images alone taught these, which is not the published experiment: {listed(parts)} beside "
            "the published accuracy. `params/yardstick.yaml` takes all images."
        )
    return said.strip()


def by_class(score: Any, names: Sequence[str]) -> pd.DataFrame:
    """Tabulate precision, recall and F1 of each class."""
    columns = {name: [f"{v:.3f}" for v in getattr(score, key)] for name, key in
               (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))}  # fmt: skip
    return pd.DataFrame(columns | {"test images": [f"{v:,}" for v in score.support]}, index=[text(n) for n in names])


def missing(score: Any, names: Sequence[str]) -> str:
    """Say which classes have no test images."""
    none = [text(names[i]) for i in np.flatnonzero(score.support == 0)]
    return f"Nothing can be said of {listed(none)}: there are no test images of it." if none else ""


def confusion(score: Any, names: Sequence[str]) -> str:
    """Name the pairs of classes that are confused most, both ways together."""
    both = score.confusion + score.confusion.T
    pairs = sorted(((int(both[i, j]), i, j) for i in range(len(both)) for j in range(i)), reverse=True)[:3]
    wrong = int(score.confusion.sum() - np.trace(score.confusion))
    if not wrong:
        return "Not one test image is named wrongly."
    said = [f"{text(names[j])} and {text(names[i])} ({n:,})" for n, i, j in pairs if n]
    return f"Of {plural(wrong, 'mistake')}, most are between {listed(said)}."


def titles_of(rows: np.ndarray, labels: np.ndarray, proba: np.ndarray, names: Sequence[str]) -> list[str]:
    """Say of each row what it is and what it is called, such as `Shirt → Coat`."""
    called = proba.argmax(axis=1)
    return [f"{names[labels[r]]} → {names[called[r]]}" for r in rows]


def calibration(scores: Sequence[Any]) -> str:
    """Say who is too sure and who not sure enough."""
    said = []
    for one in scores:
        found = one.calibration
        kept = found.count > 0
        lean = float(np.sum((found.confidence - found.accuracy)[kept] * found.count[kept]) / found.count.sum())
        way = "about as sure as it is right" if abs(lean) < SAME else "too sure" if lean > 0 else "not sure enough"
        said.append(f"{one.predictions.title} is {way} ({lean:+.3f}; error {found.expected_error:.3f})")
    return (
        f"How sure less how right, on average, up to {SAME} counting as nothing, and the expected calibration error: "
        f"{'; '.join(said)}."
    )


def absent(reasons: dict[str, str]) -> str:
    """Say which classifiers could not be had, and why."""
    return " ".join(f"The {title} is left out: {why}." for title, why in reasons.items())
