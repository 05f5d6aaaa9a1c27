"""Sentences on what a person should look at again."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from report_lib.classification.audit import Issues, disagreeing
from report_lib.common.display import passes_none
from report_lib.common.prose import count_of, percent, plural, text
from report_lib.data.images import ImageSet


@passes_none
def suspects(issues: Issues) -> str | None:
    """Say how many labels look wrong."""
    counts = [
        f"{int(p.issue.sum()):,} of {len(p.issue):,} {name} labels ({percent(p.issue.mean(), 1)})"
        for name, p in issues.parts.items()
    ]
    return (
        f"{' and '.join(counts)} look wrong. That is what a classifier says which is right itself for "
        f"{percent(issues.out_of_fold_accuracy, 1)} of the "
        "train images out of fold: where two classes are hard to tell apart, it will suspect labels that are right. The list "
        "is for a person to look through."
    )


@passes_none
def suspects_by_class(issues: Issues, names: Sequence[str]) -> pd.DataFrame | None:
    """Tabulate, class by class, how many labels look wrong."""
    rows = {}
    for i, name in enumerate(names):
        of = {part: judged.labels == i for part, judged in issues.parts.items()}
        rows[text(name)] = {
            part: f"{int(np.sum(judged.issue & of[part])):,} of {int(of[part].sum()):,}"
            for part, judged in issues.parts.items()
        }
    return pd.DataFrame.from_dict(rows, orient="index")


@passes_none
def removal(issues: Issues) -> str | None:
    """Say what leaving out the suspects changes."""
    found = issues.removal
    gain, others = found.gain, found.gain_of_others
    way = "shows no gain and no loss beyond what the draw of test images allows" if gain.low <= 0 <= gain.high else (
        "makes it better" if gain.value > 0 else "makes it worse"
    )  # fmt: skip
    said = (
        f"Taught without the train suspects, the classifier gets {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}) on "
        f"all test images: leaving them out {way} (one fit each; test labels have "
        f"such suspects, too). Without as many others, drawn at random, it gets {others.value:+.4f} "
        f"({others.low:+.4f} to {others.high:+.4f})."
    )
    if not found.kept.all() and found.kept.any():
        said += (
            f" Leaving the suspects out of the test images would raise its accuracy from {found.with_all.mean():.4f} to "
            f"{found.with_all[found.kept].mean():.4f}, but that means little: a test image is suspected because the classifier "
            "disagrees with its label."
        )
    return said


@passes_none
def strangers(issues: Issues) -> str | None:
    """Say how many images are far from their class."""
    train, test = (int(issues.parts[name].far.sum()) for name in ("train", "test"))
    return (
        f"{plural(train, 'train image')} and {plural(test, 'test image')} are far from their class: the mean distance to their "
        "nearest train images of the class is beyond the outer fence of the class, three interquartile ranges above the third "
        "quartile."
    )


@passes_none
def copies(issues: Issues, duplicates: dict[str, np.ndarray], images: ImageSet) -> str | None:
    """Say how many copies and near-copies there are, and how many have different labels.

    Parameters
    ----------
    duplicates : dict with `pairs` and `rms`
        As in `audit.rows_of`.
    """
    pairs, rms = duplicates["pairs"], duplicates["rms"]
    if not len(pairs):
        return "There are no copies or near-copies."
    n_disagreeing = disagreeing(pairs, images)
    exact = int(np.sum(rms == 0))
    return (
        f"Within and between train and test images there {'is' if exact == 1 else 'are'} {count_of(exact, 'pair', 'pairs')} of "
        f"copies and {count_of(len(pairs) - exact, 'pair', 'pairs')} of near-copies; "
        f"{n_disagreeing or 'none':} of them {'have' if n_disagreeing > 1 else 'has'} two different labels."
    )


@passes_none
def audit_list(rows: Sequence[object], path: str) -> str | None:
    """Say where the whole list is."""
    return f"All {len(rows):,} findings are in `{path}`: part, row, finding, label, prediction."
