"""Sentences on what we have."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform

from report_lib.common.arrays import UNKNOWN
from report_lib.common.display import passes_none
from report_lib.common.prose import bullets, count_of, listed, percent, plural, text
from report_lib.data.images import Marks
from report_lib.understanding.measure import Brightness, Duplicates, Histogram, Overall, Summary


def summary_table(parts: Sequence[Summary]) -> pd.DataFrame:
    """Tabulate the parts, one row a part."""
    rows = {
        s.part: {
            "images": f"{s.n_images:,}",
            "size": f"{s.height} × {s.width}",
            "type": s.dtype,
            "range": f"{s.minimum:g} to {s.maximum:g}",
            "mean": f"{s.mean:.2f}",
            "missing pixels": f"{s.n_missing:,}",
            "blank images": f"{s.n_blank:,}",
        }
        for s in parts
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def summary(parts: Sequence[Summary], origin: str) -> str:
    """Say what the images are."""
    train = parts[0]
    missing, blank = sum(s.n_missing for s in parts), sum(s.n_blank for s in parts)
    return (
        f"{text(origin)} An image is a point with {train.height * train.width:,} coordinates, one a pixel. "
        f"{count_of(missing, 'pixel is', 'pixels are').capitalize()} missing and "
        f"{count_of(blank, 'image is', 'images are')} blank."
    )


@passes_none
def over_all(overall: Overall | None) -> str | None:
    """Say what all images of a source are like, of which the run looks at some."""
    return (
        f"The source has {overall.n:,} images, and the report looks at {overall.n_looked_at:,} of them. Of all of them pixels "
        f"run from {overall.minimum:g} to {overall.maximum:g}, {overall.mean:.2f} on the mean; "
        f"{count_of(overall.n_blank, 'image is', 'images are')} blank, and {count_of(overall.n_copies, 'is', 'are')} the same "
        f"as an earlier one. Of the others {count_of(overall.n_near, 'is a near-copy', 'are near-copies')} of another: pixels "
        f"differ by at most {percent(overall.rms, 1)} of the range (root mean square)."
    )


def recognised(said: str, skipped: Sequence[str]) -> str:
    """Say what a person's own images were taken for, and what was left out; empty for a named data set."""
    return bullets(*(text(sentence) for sentence in (f"Recognised: {said}.", *skipped))) if said else ""


@passes_none
def class_balance(counts: np.ndarray | None, names: Sequence[str]) -> str | None:
    """Say how even the classes are, and what a guess is worth; None without labels."""
    guess = percent(counts.max() / counts.sum(), 1)
    if counts.min() == counts.max():
        return (
            f"The {len(counts)} classes are exactly balanced, {counts[0]:,} train images each. Always guessing one class "
            f"is right for {guess}."
        )
    low, high = text(names[counts.argmin()]), text(names[counts.argmax()])
    if counts.min() == 0:
        return (
            f"{high} has {counts.max():,} train images and {low} has none. Always guessing {high} is right for {guess}."
        )
    return (
        f"The {len(counts)} classes are not quite even: {high} has {counts.max():,} train images and {low} "
        f"{counts.min():,}, {percent(counts.min() / counts.max())} of that. Always guessing {high} is right for {guess}."
    )


def unknown(data: dict[str, Any]) -> str:
    """Say how many labels are unknown, from the run's metrics of the data set; nothing where all are known, or none."""
    if "n_unknown" not in data:
        return ""
    counts = [f"{data['n_unknown'][part]:,} of {data[f'n_{part}']:,} {part} images" for part in ("train", "test")]
    said = f"The label of {listed(counts)} is unknown. "
    if data["class_names"]:
        return said + "These images take part in everything but the scores, and in learning from labels."
    but = (
        ", but for the list of images to label next, which leaves out those with one"
        if data["n_unknown"]["train"]
        else ""
    )
    why = "That leaves nothing to judge by, which takes two classes among the train images and two labels in the test part"
    if any(sentence.startswith("Labels are left out") for sentence in data.get("skipped", ())):
        why = "The others are left out for the reason below"
    return f"{said}{why}: the report goes on as without labels{but}."


@passes_none
def corrections(marks: Marks | None, names: Sequence[str]) -> str | None:
    """Say how many labels a person has corrected, and which change came most often; None where nobody has."""
    counts, other = marks.n_corrected, []
    n = sum(counts.values())
    said = f"{count_of(n, 'label is', 'labels are').capitalize()} corrected after {text(marks.file)}"
    if n:
        parts = listed([f"{counts[part]:,} in the {part} part" for part in ("test", "train") if counts[part]])
        said += f": {parts}, most often {_most_often(marks, names)}"
    if marks.n_confirmed:
        other.append(count_of(marks.n_confirmed, "is confirmed", "are confirmed"))
    if marks.n_unsure:
        other.append(count_of(marks.n_unsure, "is left open", "are left open"))
    return f"{said}.{f' {listed(other)}.' if other else ''}"


def _most_often(marks: Marks, names: Sequence[str]) -> str:
    pairs = np.concatenate([np.column_stack([marks.before[part], marks.after[part]]) for part in marks.rows])
    kinds, counts = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0, return_counts=True)
    before, after = kinds[counts.argmax()]
    was = "unknown" if before == UNKNOWN else text(names[before])
    return f"{was} to {text(names[after])} ({counts.max():,})"


def intensity(histogram: Histogram) -> str:
    """Say how the pixels are spread."""
    centers = (histogram.edges[:-1] + histogram.edges[1:]) / 2
    share = histogram.counts / histogram.counts.sum()
    upper = percent(share[centers > (centers[0] + centers[-1]) / 2].sum(), 1)
    fullest = max(histogram.at_lowest, share[0], share[-1])
    return (
        f"{percent(histogram.at_lowest, 1)} of the pixels have the lowest value, {upper} are in the brighter half. "
        + (
            "More than half of all pixels are alike, so distances between images come from the others."
            if fullest > 0.5
            else "Distances between images come from all over the range."
        )
    )


def brightness(result: Brightness, names: Sequence[str]) -> str:
    """Say how far brightness alone tells classes apart."""
    if len(result.groups) == 1:
        half = f"{percent(result.lower[0], 1)} and {percent(result.upper[0], 1)}"
        return (
            f"The mean brightness of an image is {percent(result.means[0], 1)}; half of all images are between {half}."
        )
    dark, light = text(names[result.groups[0]]), text(names[result.groups[-1]])
    pairs = len(result.groups) - 1
    overlap = pairs - int((result.lower[1:] > result.upper[:-1]).sum())
    times = f"{light} is {result.means[-1] / max(result.means[0], 1e-12):.1f} times as bright as {dark}"
    if not overlap:
        return f"{times}. The middle halves of no two classes overlap: brightness alone nearly tells them apart."
    how_many = "all classes" if overlap == pairs else f"{overlap} of {pairs} classes"
    return (
        f"{times}. The middle half of {how_many} overlaps with that of the next brighter one: brightness alone cannot tell "
        "these apart."
    )


@passes_none
def class_means(class_images: np.ndarray | None, names: Sequence[str]) -> str | None:
    """Say which mean images are most alike; None without labels."""
    flat = class_images.reshape(len(class_images), -1)
    kept = np.flatnonzero(np.isfinite(flat).all(axis=1))
    if len(kept) < 3:
        return f"With {len(kept)} mean images there is only one pair to compare."
    distances = squareform(pdist(flat[kept]))
    np.fill_diagonal(distances, np.inf)
    i, j = np.unravel_index(distances.argmin(), distances.shape)
    np.fill_diagonal(distances, -np.inf)
    k, m = np.unravel_index(distances.argmax(), distances.shape)
    near, far = ([text(names[kept[a]]) for a in pair] for pair in ((i, j), (k, m)))
    return f"Pixel by pixel, the mean images of {listed(near)} are most alike, those of {listed(far)} least."


def duplicates(result: Duplicates, limit: float) -> str:
    """Say how many images are copies of others."""
    exact, near = result.count(exact=True), result.count(exact=False)
    across = exact["across"] + near["across"]
    copies, close = sum(exact.values()), sum(near.values())
    joined = (
        f"{plural(across, 'pair')} {'has' if across == 1 else 'have'} one image in train and one in test: at most that many "
        "test images are easier than they should be."
        if across
        else "No pair has one image in train and one in test."
    )
    return (
        f"{count_of(copies, 'image is a copy', 'images are copies').capitalize()} of an earlier one, pixel by pixel. "
        f"{count_of(close, 'pair is a near-copy', 'pairs are near-copies').capitalize()}: their pixels differ by at most "
        f"{percent(limit, 1)} of the range (root mean square). {joined}"
    )


def in_short(numbers: dict[str, Any]) -> str:
    """Sum up the first phase."""
    data = numbers["dataset"]
    bright, copies = numbers["mean_brightness"], numbers["near_duplicates"]
    return bullets(
        f"{data['n_train']:,} train and {data['n_test']:,} test images of {data['height']} × {data['width']} pixels, "
        + (f"in {len(data['class_names'])} classes." if data["class_names"] else "without labels."),
        *filter(None, [unknown(data)]),
        f"The mean brightness of the classes goes from {percent(min(bright.values()), 1)} to "
        f"{percent(max(bright.values()), 1)}."
        if len(bright) > 1
        else f"The mean brightness is {percent(next(iter(bright.values())), 1)}.",
        f"{count_of(copies['exact']['total'], 'image is a copy', 'images are copies')} of an earlier one, "
        f"{count_of(copies['near']['total'], 'pair is a near-copy', 'pairs are near-copies')}.".capitalize(),
    )
