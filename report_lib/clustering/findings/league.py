"""Sentences and tables on all clusterings side by side."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from report_lib.clustering.league import Row
from report_lib.clustering.methods import METHODS, titled
from report_lib.common import published, style
from report_lib.common.metrics import Interval, ahead
from report_lib.common.prose import (
    COLUMNS,
    MEASURES,
    absent,
    decimal,
    listed,
    measure,
    measured,
    percent,
    points,
    scored,
    shared,
    text,
)

LEAGUE_KEY = "`K`, `covered`: number of clusters, and mean share of the test images that are not noise."
SCORES_KEY = (
    "Scores on test images, highest matched accuracy first. `matched` accuracy gives each class one cluster at most, "
    "`majority` accuracy names each cluster after the most frequent class of its train images; both learn the names on train "
    "images and count noise as wrong. `ARI` and `NMI` count it as one more cluster. "
)
SEVERAL = (
    "They are means of {} fits with other seeds, with 95% intervals over these and over the draw of the test images. Where "
    "fits fall into a few solutions that differ much, so few seeds may miss one, and the intervals hold less often than that."
)
ONCE = "Each method was fitted once: the 95% intervals are over the draw of the test images, and say nothing of another fit."
KEPT = "Of its fits a method keeps the most typical one, which agrees most with the others."
COVERED_KEY = (
    "Scores of the test images that are not noise alone. The fewer are covered, the less such a score is worth."
)
SHOWN = ("accuracy", "majority_accuracy", "nmi", "ari")
# Differences of NMI below this are not worth a sentence.
WORTH_SAYING = 0.02


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Sort by mean matched accuracy over the seeds, the highest first; as they come without labels."""
    if "accuracy" not in rows[0].by_seed:
        return list(rows)
    return sorted(rows, key=lambda row: -row.by_seed["accuracy"].mean())


def league_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Tabulate every method on every description."""
    table = pd.DataFrame.from_dict({row.fitted.title: _line(row) for row in ranked(rows)}, orient="index")
    table.attrs["best"] = list(COLUMNS.values())
    return table


def _line(row: Row) -> dict[str, str]:
    low, high = row.by_seed["n_clusters"].min(), row.by_seed["n_clusters"].max()
    found = {"K": f"{low}" if low == high else f"{low} to {high}", "covered": percent(row.by_seed["coverage"].mean())}
    return found | {name: measured(key, row.mean[key]) for key, name in COLUMNS.items() if key in row.mean}


def scores_explained(rows: Sequence[Row]) -> list[str | pd.DataFrame]:
    """Return what goes with the scores in the table: their key, and the table of the covered images alone."""
    if "accuracy" not in rows[0].by_seed:
        return []
    left_out = covered(rows)
    n = len(rows[0].by_seed["accuracy"])
    key = SCORES_KEY + (SEVERAL.format(n) if n > 1 else ONCE)
    return [key, *([] if left_out is None else [left_out, COVERED_KEY])]


def covered(rows: Sequence[Row]) -> pd.DataFrame | None:
    """Tabulate ARI and AMI of the covered images, where a kept fit leaves some out; nothing where none does."""
    found = {
        row.fitted.title: {"covered": percent(row.scores.coverage, 1)}
        | {COLUMNS[key]: measure(key, value) for key, value in row.scores.clustered.items()}
        for row in ranked(rows)
        if row.scores.coverage < 1
    }
    return pd.DataFrame.from_dict(found, orient="index") if found else None


def terms(rows: Sequence[Row], n_train: int) -> str:
    """Say what each method of the run gets to see, so what a seed changes, and by what it keeps a fit."""
    options = {row.fitted.method: row.fitted.options for row in rows}
    whole = [METHODS[name].spoken for name in options if not METHODS[name].n_images]
    sampled = {name: own for name, own in options.items() if METHODS[name].n_images}
    said = ["The terms are not equal."] if sampled and len(options) > 1 else []
    if whole:
        verb, start = ("see", "they start") if len(whole) > 1 else ("sees", "it starts")
        said.append(
            f"{style.sentence(listed(whole))} {verb} all {n_train:,} train images, and a seed changes where {start}."
        )
    if sampled:
        of = " of them" if whole else " train images"
        seen = [
            _seen(name, own, n_train, f"sees {{:,}}{of}" if i == 0 else "{:,}")
            for i, (name, own) in enumerate(sampled.items())
        ]
        said.append(f"{style.sentence(', '.join(seen))}; there a seed draws the images anew.")
    return " ".join([*said, *[KEPT] * (len(rows[0].fitted.fits) > 1)])


def _seen(name: str, options: dict[str, int], n_train: int, form: str) -> str:
    method = METHODS[name]
    within = f" in at most {options[method.n_components]} dimensions" if method.n_components else ""
    return f"{method.spoken} {form.format(min(options[method.n_images], n_train))}{within}"


def leaders(rows: Sequence[Row]) -> str | None:
    """Say which clustering has the highest mean, and which others it is clearly ahead of; nothing without labels."""
    if "accuracy" not in rows[0].by_seed:
        return None
    first, *others = ranked(rows)
    n, own = len(first.right), first.mean
    over = f", mean of {n} seeds" if n > 1 else ""
    said = (
        f"Judged by the classes, {first.fitted.title} has the highest matched accuracy{over}: {shared(own['accuracy'])}, "
        f"NMI {scored(own['nmi'])}, ARI {scored(own['ari'])}."
    )
    return said + _lead(first, others) + _same_method(rows)


def _lead(first: Row, others: Sequence[Row]) -> str:
    if not others:
        return ""
    gains = ahead([first.right] * len(others), [row.right for row in others])
    level = [row.fitted.title for row, gain in zip(others, gains, strict=True) if gain.low <= 0]
    nearest = gains[0]
    said = f" Next comes {others[0].fitted.title}, {points(nearest, 'behind')}."
    if level:
        return said + f" The lead over {listed(level)} is within what seeds and test images make differ."
    return said + " The lead over each of the others is clear, also when all are judged at once (Holm)."


def at_panel_number(row: Row, other: Row | None) -> str | None:
    """Say what the clusters that go on would be worth at the number that the panel would have chosen."""
    if other is None or not other.mean:
        return None
    told, found = (own.scores.n_clusters for own in (row, other))
    measures = [f"{MEASURES[key]} {measured(key, other.mean[key])}" for key in ("accuracy", "nmi", "ari")]
    return (
        f"The number of clusters was given, {told}. At the {found} that the run would take without labels, "
        f"one fit of {row.fitted.title} has {listed(measures)}."
    )


def _same_method(rows: Sequence[Row]) -> str:
    """Say what another description does for the same method, where all images are clustered."""
    pairs = []
    for method in dict.fromkeys(row.fitted.method for row in rows):
        own = [row for row in rows if row.fitted.method == method and row.scores.coverage == 1]
        own = sorted(own, key=lambda row: row.by_seed["nmi"].mean())
        if len(own) > 1:
            pairs.append((own[0], own[-1]))
    if not pairs:
        return ""
    low, high = max(pairs, key=lambda pair: pair[1].by_seed["nmi"].mean() - pair[0].by_seed["nmi"].mean())
    if high.by_seed["nmi"].mean() - low.by_seed["nmi"].mean() < WORTH_SAYING:
        return ""
    return (
        f" The description counts too: NMI is {decimal(low.by_seed['nmi'].mean())} for {low.fitted.title}, and "
        f"{decimal(high.by_seed['nmi'].mean())} for {high.fitted.title}."
    )


def published_table(row: Row, title: str) -> pd.DataFrame | None:
    """Tabulate figures from the literature, marked as such, beneath the clusters that go on.

    Parameters
    ----------
    title : str
        Of the images; nothing is tabulated where nobody published on them, or without labels.
    """
    if title not in published.CLUSTERING or row.scores.accuracy is None:
        return None
    ours = {key: measure(key, row.mean[key].value) for key in ("accuracy", "nmi")} | {"source": "this run"}
    rows = {
        text(own.method): {key: measure(key, getattr(own, key)) for key in ("accuracy", "nmi")} | {"source": own.source}
        for own in published.CLUSTERING[title]
    }
    return pd.DataFrame.from_dict({row.fitted.title: ours} | rows, orient="index").rename(columns=COLUMNS)


def against_published(row: Row, title: str) -> str | None:
    """Set the clusters that go on beside the best of these figures."""
    if title not in published.CLUSTERING:
        return None
    if row.scores.accuracy is None:
        return absent(labels=False, otherwise="how the clusters compare with published ones")
    known = published.CLUSTERING[title]
    best = max(known, key=lambda own: own.accuracy)
    accuracy, nmi = row.mean["accuracy"], row.mean["nmi"]
    level = f"{_beside(best.accuracy, accuracy)} in matched accuracy, {shared(accuracy)}"
    return (
        f"Not computed here: {len(known)} figures from {listed(published.sources(known))}, the best of them "
        f"{text(best.method)}. Beside it "
        f"{row.fitted.title} is {level}, and {_beside(best.nmi, nmi)} in NMI, {scored(nmi)}. All of them were told the number "
        "of clusters. The terms differ in two ways: theirs were fitted to and scored on all images of the set, ours fitted to "
        "train images and scored on test images; and the settings of the description of shape were chosen while looking at "
        "the train labels of Fashion-MNIST and MNIST."
    )


def _beside(theirs: float, ours: Interval) -> str:
    if ours.low <= theirs <= ours.high:
        return "level"
    return "ahead" if ours.value > theirs else "behind"


def title_of(numbers: dict[str, Any]) -> str:
    """Name the method and the description of the clusters that go on, from the run's metrics."""
    return titled(numbers["chosen"], numbers["chosen_on"])


def league_headline(numbers: dict[str, Any]) -> str:
    """Say what the clusters that go on are worth, from the run's metrics."""
    own, title = numbers["methods"][numbers["chosen"]], title_of(numbers)
    if "ari" not in own:
        return f"The clusters that go on are the {own['n_clusters']} of {title}; there are no labels to judge them by."
    told = ", ".join(f"{MEASURES[key]} {measure(key, own['mean'][key])}" for key in SHOWN)
    n = len(own["by_seed"]["ari"])
    over = f", mean of {n} seeds" if n > 1 else ""
    return (
        f"{title} makes {own['n_clusters']} clusters in fits that see no label. Against the classes of the test images: "
        f"{told}{over}."
    )
