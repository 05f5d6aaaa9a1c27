"""Sentences on what a person should look at again."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from report_lib.common.prose import count_of, percent, plural, text


def labels(parts: dict[str, Any]) -> str:
    """Say how many labels look wrong."""
    said = [
        f"{int(p.issue.sum()):,} of {len(p.issue):,} {name} labels ({percent(p.issue.mean(), 1)})"
        for name, p in parts.items()
    ]
    right = float(np.mean(parts["train"].predicted == parts["train"].labels))
    return (
        f"{' and '.join(said)} look wrong. That is what a classifier says which is right itself for {percent(right, 1)} of the "
        "train images out of fold: where two classes are hard to tell apart, it will suspect labels that are right. The list "
        "is for a person to look through."
    )


def by_class(parts: dict[str, Any], names: Sequence[str]) -> pd.DataFrame:
    """Tabulate, class by class, how many labels look wrong."""
    rows = {}
    for i, name in enumerate(names):
        counts = {
            part: (int(np.sum(own.issue & (own.labels == i))), int(np.sum(own.labels == i)))
            for part, own in parts.items()
        }
        rows[text(name)] = {part: f"{n:,} of {total:,}" for part, (n, total) in counts.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def titles_of(rows: np.ndarray, part: Any, names: Sequence[str]) -> list[str]:
    """Say of each row what it is labelled and what it looks like."""
    return [f"{names[part.labels[r]]}: rather {names[part.predicted[r]]}?" for r in rows]


def removal(found: Any) -> str:
    """Say what leaving out the suspects changes."""
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


def strangers(parts: dict[str, Any]) -> str:
    """Say how many images are far from their class."""
    train, test = (int(parts[name].far.sum()) for name in ("train", "test"))
    return (
        f"{plural(train, 'train image')} and {plural(test, 'test image')} are far from their class: the mean distance to their "
        "nearest train images of the class is beyond the outer fence of the class, three interquartile ranges above the third "
        "quartile."
    )


def copies(pairs: np.ndarray, rms: np.ndarray, n_disagreeing: int) -> str:
    """Say how many copies and near-copies there are, and how many have different labels."""
    if not len(pairs):
        return "There are no copies or near-copies."
    exact = int(np.sum(rms == 0))
    return (
        f"Within and between train and test images there {'is' if exact == 1 else 'are'} {count_of(exact, 'pair', 'pairs')} of "
        f"copies and {count_of(len(pairs) - exact, 'pair', 'pairs')} of near-copies; "
        f"{n_disagreeing or 'none':} of them {'have' if n_disagreeing > 1 else 'has'} two different labels."
    )


def where(n_rows: int, path: str) -> str:
    """Say where the whole list is."""
    return f"All {n_rows:,} findings are in `{path}`: part, row, finding, label, prediction."
