"""Sentences on what a person should look at again."""

from collections.abc import Sequence

import pandas as pd

from report_lib.classification.audit import ALL, Issues
from report_lib.classification.classifiers import CLASSIFIERS
from report_lib.classification.planted import N_DRAWS, SHARE
from report_lib.classification.unusual import Copies, Distances
from report_lib.common.display import passes_none
from report_lib.common.prose import count_of, listed, percent, plural

KINDS = {"random": "at random", "confused": "between confused classes"}


@passes_none
def suspects(issues: Issues) -> str | None:
    """Say who judges the labels, and how often each agrees with them."""
    agree = issues.accuracy
    together = agree.pop(ALL)
    said = listed([f"{title} ({percent(own['train'], 1)})" for title, own in agree.items()])
    joined = f"; together they do for {percent(together['train'], 1)}" if len(agree) > 1 else ""
    return (
        f"Who judges, and for how many of the train images, out of fold, they agree with the label: {said}{joined}. Where "
        "they disagree, most labels are right all the same: the classes are hard to tell apart. So this is a list to look "
        "through from its top, and no verdict."
    )


@passes_none
def planted(issues: Issues) -> pd.DataFrame | None:
    """Tabulate how many of the first on the list are wrong, where labels were made wrong on purpose."""
    rows = {
        f"{part}, {words}, first {size:,}": {"are wrong": percent(precision), "of all wrong ones": percent(recall)}
        for part, own in issues.planted.items()
        for kind, words in KINDS.items()
        for size, precision, recall in zip(own.sizes, own.precision[kind], own.recall[kind], strict=True)
    }
    return pd.DataFrame.from_dict(rows, orient="index") if rows else None


@passes_none
def trust(issues: Issues) -> str | None:
    """Say what the trial with labels that were made wrong tells of the list."""
    if not issues.planted:
        return None
    counts = listed([plural(own.n_planted, f"{part} label") for part, own in issues.planted.items()])
    slow = CLASSIFIERS["conv"].title
    kept = f", all but the {slow}" if slow in issues.parts["train"].opinions else ""
    return (
        f"Tried on these images: {percent(SHARE)} of the labels, {counts}, are made wrong, and the list is made again. The "
        "table shows which share of its first are such ones, and which share of all of them that is. Train labels are made "
        f"wrong once, and judges taught with them anew{kept}; test labels {N_DRAWS} times. Labels "
        "that were wrong before count as mistakes of the list. Where fewer labels are wrong, fewer of the first are."
    )


@passes_none
def strangers(found: dict[str, Distances]) -> str | None:
    """Say how many images are far from their class."""
    train, test = (int(own.far.sum()) for own in found.values())
    return (
        f"{plural(train, 'train image')} and {plural(test, 'test image')} are far from their class: the mean distance to their "
        "nearest train images of the class is beyond the outer fence of the class, three interquartile ranges above the third "
        "quartile."
    )


@passes_none
def copies(found: Copies) -> str | None:
    """Say how many copies and near-copies there are, and how many have different labels."""
    if not found.n_pairs:
        return "There are no copies or near-copies."
    return (
        f"Within and between train and test images there {'is' if found.n_exact == 1 else 'are'} "
        f"{count_of(found.n_exact, 'pair', 'pairs')} of copies and "
        f"{count_of(found.n_pairs - found.n_exact, 'pair', 'pairs')} of near-copies; "
        f"{found.n_disagreeing or 'none':} of them {'have' if found.n_disagreeing > 1 else 'has'} two different labels."
    )


@passes_none
def audit_list(rows: Sequence[object], path: str) -> str | None:
    """Say where the whole list is."""
    return f"All {len(rows):,} labels, the most doubtful first, are in `{path}`."


@passes_none
def unusual_list(rows: Sequence[object], path: str) -> str | None:
    """Say where the list of images far from their class and of copies is."""
    return f"All {len(rows):,} are in `{path}`, with their rows." if rows else None
