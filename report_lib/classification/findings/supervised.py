"""Sentences and tables on what all labels give."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from report_lib.classification.classifiers import CLASSIFIERS, SOURCE
from report_lib.classification.supervised import League, Score
from report_lib.common.display import passes_none
from report_lib.common.prose import listed, plural, scored, text, times_of

TIMES = (
    "Seconds for learning and for classifying all test images, measured once and partly side by side, on the machine named at "
    "the end of the page."
)
# Differences from a published figure up to this count as the same.
SAME = 0.01
LEVEL = 0.05


@passes_none
def classifiers_table(league: League) -> pd.DataFrame | None:
    """Tabulate classifiers, the most accurate first, beside what is published."""
    found, published, most = {}, league.published, max(one.predictions.n_images for one in league.scores)
    for one in league.scores:
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


def _p(one: Score) -> str:
    if one.p_value is None:
        return "reference"
    return "< 0.001" if one.p_value < 0.001 else f"{one.p_value:.3f}"


@passes_none
def classifiers_key(league: League) -> str | None:
    """Say what the table holds."""
    beside = f" `published`: {SOURCE}, taught 60,000 images, mean of several runs." if league.published else ""
    notes = [own.note for name, own in CLASSIFIERS.items() if name in league.models and own.note]
    notes += ["A classifier that gives no probabilities has no calibration error."]
    return (
        f"Test images; accuracy with its 95% interval over their draw.{beside} `McNemar's p` compares with the reference "
        "on the same images, adjusted for the number of comparisons by Holm's method; the reference was named beforehand, and "
        f"each classifier is one fit. {' '.join(notes)}"
    )


@passes_none
def classifier_times(league: League) -> str | None:
    """Leave a place for the times, which differ from run to run."""
    return times_of("classification", TIMES)


@passes_none
def league(league: League) -> str | None:
    """Say which classifier is the most accurate, and which are no different."""
    scores = league.scores
    first = (
        f"The most accurate on these test images is the {scores[0].predictions.title}, {scored(scores[0].accuracy, 4)}."
    )
    fixed = next(one.predictions.title for one in scores if one.p_value is None)
    level = [one.predictions.title for one in scores if one.p_value is not None and one.p_value >= LEVEL]
    if level:
        return first + f" The {fixed} cannot be told from the {listed(level)} (McNemar's test, p of {LEVEL} or more)."
    return first + (f" All others differ from the {fixed} by McNemar's test." if len(scores) > 1 else "")


@passes_none
def published(league: League) -> str | None:
    """Say how near the published figures ours are."""
    known, n_train = league.published, league.n_train
    ours = {one.predictions.title: (one.accuracy.value - known[one.predictions.name], one.predictions.n_images)
            for one in league.scores if one.predictions.name in known}  # fmt: skip
    if not ours:
        return None
    full = {title: gap for title, (gap, n) in ours.items() if n == n_train}
    fewer = {title: (gap, n) for title, (gap, n) in ours.items() if n < n_train}
    said = ""
    if full:
        far = [f"{title} ({gap:+.3f})" for title, gap in full.items() if abs(gap) > SAME]
        come = "comes" if len(full) - len(far) == 1 else "come"
        near = len(full) - len(far)
        said = (
            f"Taught all {n_train:,} images, {plural(near, 'classifier')} of {SOURCE} {come} out within {SAME} of the "
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


@passes_none
def by_class(score: Score, names: Sequence[str]) -> pd.DataFrame | None:
    """Tabulate precision, recall and F1 of each class."""
    shares = {"precision": score.precision, "recall": score.recall, "F1": score.f1}
    columns = {name: [f"{v:.3f}" for v in values] for name, values in shares.items()}
    return pd.DataFrame(columns | {"test images": [f"{v:,}" for v in score.support]}, index=[text(n) for n in names])


@passes_none
def classes_without_images(score: Score, names: Sequence[str]) -> str | None:
    """Say which classes have no test images."""
    none = [text(names[i]) for i in np.flatnonzero(score.support == 0)]
    return f"Nothing can be said of {listed(none)}: there are no test images of it." if none else None


@passes_none
def confusion(score: Score, names: Sequence[str]) -> str | None:
    """Name the pairs of classes that are confused most, both ways together."""
    both = score.confusion + score.confusion.T
    pairs = sorted(((int(both[i, j]), i, j) for i in range(len(both)) for j in range(i)), reverse=True)[:3]
    wrong = int(score.confusion.sum() - np.trace(score.confusion))
    if not wrong:
        return "Not one test image is named wrongly."
    said = [f"{text(names[j])} and {text(names[i])} ({n:,})" for n, i, j in pairs if n]
    return f"Of {plural(wrong, 'mistake')}, most are between {listed(said)}."


@passes_none
def calibration(league: League) -> str | None:
    """Say who is too sure and who not sure enough."""
    if not league.sure:
        return None
    said = []
    for one in league.sure:
        found = one.calibration
        kept = found.count > 0
        lean = float(np.sum((found.confidence - found.accuracy)[kept] * found.count[kept]) / found.count.sum())
        way = "about as sure as it is right" if abs(lean) < SAME else "too sure" if lean > 0 else "not sure enough"
        said.append(f"{one.predictions.title} is {way} ({lean:+.3f}; error {found.expected_error:.3f})")
    return (
        f"How sure less how right, on average, up to {SAME} counting as nothing, and the expected calibration error: "
        f"{'; '.join(said)}."
    )


def missing_classifiers(league: League | None) -> str:
    """Say which classifiers could not be had, and why."""
    return " ".join(f"The {title} is left out: {why}." for title, why in league.absent.items()) if league else ""
