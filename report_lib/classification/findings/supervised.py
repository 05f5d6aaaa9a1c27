"""Sentences and tables on what all labels give."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from report_lib.classification.classifiers import CLASSIFIERS, SOURCE
from report_lib.classification.corrected import Effect
from report_lib.classification.supervised import League, Score
from report_lib.common.display import passes_none
from report_lib.common.prose import decimal, listed, percent, plural, shared, signed, text

# Differences from a published figure up to this count as the same.
SAME = 0.01
LEVEL = 0.05


@passes_none
def classifiers_table(league: League) -> pd.DataFrame | None:
    """Tabulate classifiers, the most accurate first, beside what is published."""
    found, most = {}, max(one.predictions.n_images for one in league.scores)
    published = _comparable(league)
    for one in league.scores:
        known = published.get(one.predictions.name)
        found[one.predictions.title] = {
            "learnt from": f"{one.predictions.n_images:,}",
            "accuracy": shared(one.accuracy),
            **({"published": "" if known is None else percent(known, 1)} if published else {}),
            "macro F1": decimal(one.macro_f1),
            "calibration error": "none given"
            if one.calibration is None
            else percent(one.calibration.expected_error, 1),
        }
        if len(league.scores) > 1:
            found[one.predictions.title]["McNemar's p"] = (
                _p(one) if one.predictions.n_images == most else "fewer images"
            )
    table = pd.DataFrame.from_dict(found, orient="index")
    table.attrs["best"] = ["accuracy", "macro F1"]
    return table


def _comparable(league: League) -> dict[str, float]:
    """Return the published accuracies of the classifiers that learnt from all images, as the published ones did."""
    full = {one.predictions.name for one in league.scores if one.predictions.n_images == league.n_train}
    return {name: known for name, known in league.published.items() if name in full}


def _p(one: Score) -> str:
    if one.p_value is None:
        return "reference"
    return "< 0.001" if one.p_value < 0.001 else f"{one.p_value:.3f}"


@passes_none
def classifiers_key(league: League) -> str | None:
    """Say what the table holds."""
    beside = f" `published`: {SOURCE}, mean of several runs." if _comparable(league) else ""
    notes = [own.note for name, own in CLASSIFIERS.items() if name in league.models and own.note]
    compared = (
        " `McNemar's p` compares with the reference, which was named beforehand, on the same images, adjusted by Holm's method."
        if len(league.scores) > 1
        else ""
    )
    return (
        f"Accuracy: share of the test images that are right, with its 95% interval; each classifier is one fit.{beside}"
        f"{compared} {' '.join(notes)}"
    ).strip()


@passes_none
def league(league: League) -> str | None:
    """Say which classifier is the most accurate, and which are no different."""
    scores = league.scores
    best = f"{scores[0].predictions.title} is right"
    if len(scores) == 1:
        return f"The {best} for {shared(scores[0].accuracy)} of the test images."
    first = f"Of one training each, the {best} most often, for {shared(scores[0].accuracy)} of the test images."
    fixed = next(one.predictions.title for one in scores if one.p_value is None)
    level = [one.predictions.title for one in scores if one.p_value is not None and one.p_value >= LEVEL]
    if level:
        return first + f" Between the {fixed} and the {listed(level)} there is no clear difference (McNemar's test)."
    return f"{first} All others differ clearly from the {fixed} (McNemar's test)."


@passes_none
def published(league: League) -> str | None:
    """Say how near the published figures ours are, of classifiers that learnt from all images."""
    known = _comparable(league)
    gaps = {one.predictions.title: one.accuracy.value - known[one.predictions.name] for one in league.scores
            if one.predictions.name in known}  # fmt: skip
    if not gaps:
        return None
    far = [f"{title} ({signed(100 * gap, 1)} points)" for title, gap in gaps.items() if abs(gap) > SAME]
    near = len(gaps) - len(far)
    said = f"{plural(near, 'classifier')} of {SOURCE} {'comes' if near == 1 else 'come'} out within one point of the published"
    others = ", and not " + listed(far) if far else ""
    fewer = " Its other classifiers learnt from fewer images here." if len(gaps) < len(league.published) else ""
    return f"{said} accuracy{others}.{fewer}"


@passes_none
def by_class(score: Score, names: Sequence[str]) -> pd.DataFrame | None:
    """Tabulate precision, recall and F1 of each class."""
    shares = {"precision": score.precision, "recall": score.recall, "F1": score.f1}
    columns = {name: [decimal(v) if name == "F1" else percent(v, 1) for v in values] for name, values in shares.items()}
    return pd.DataFrame(columns | {"test images": [f"{v:,}" for v in score.support]}, index=[text(n) for n in names])


@passes_none
def classes_without_images(score: Score, names: Sequence[str]) -> str | None:
    """Say which classes have no test images."""
    none = [text(names[i]) for i in np.flatnonzero(score.support == 0)]
    return f"Nothing can be said of {listed(none)}: there are no test images of it." if none else None


@passes_none
def corrected_labels(effect: Effect) -> str | None:
    """Say what corrected labels change, as far as one run can tell."""
    train, test = effect.n_corrected["train"], effect.n_corrected["test"]
    by = percent(effect.accuracy, 1)
    said = f"With {plural(test, 'test label')} corrected, the {effect.title} is right for {by}; "
    said += f"by the labels as they came, for {percent(effect.accuracy_as_given, 1)}."
    if not test:
        said = f"No test label is corrected: the {effect.title} is right for {by} by both."
    if train:
        are = "is" if train == 1 else "are"
        said += f" It has learnt from labels of which {train:,} {are} corrected; what the others would have taught it, a run "
        said += "without `dataset.corrections` tells."
    return said


@passes_none
def confusion(score: Score, names: Sequence[str]) -> str | None:
    """Name the pairs of classes that are confused most, both ways together."""
    both = score.confusion + score.confusion.T
    pairs = sorted(((int(both[i, j]), i, j) for i in range(len(both)) for j in range(i)), reverse=True)[:3]
    wrong = int(score.confusion.sum() - np.trace(score.confusion))
    if not wrong:
        return "Every test image is right."
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
        said.append(f"{one.predictions.title} is {way} ({signed(100 * lean, 1)} points)")
    return f"How sure minus how often right, on average, of one training each: {'; '.join(said)}."


def missing_classifiers(league: League | None) -> str:
    """Say which classifiers could not be had, and why."""
    return " ".join(f"The {title} is left out: {why}." for title, why in league.absent.items()) if league else ""
