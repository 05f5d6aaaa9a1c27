"""Sentences and tables on all clusterings side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from report_lib.clustering.league import Row
from report_lib.clustering.methods import METHODS, SILHOUETTE, Method, titled
from report_lib.common import published, style
from report_lib.common.metrics import Interval
from report_lib.common.prose import COLUMNS, MEASURES, absent, listed, percent, scored, text

LEAGUE_KEY = "`K`, `covered`: number of clusters, and mean share of the test images that are not noise."
SCORES_KEY = (
    "Scores on test images, highest matched accuracy first. `matched` (Hungarian) "
    "accuracy gives each class one cluster at most, `majority` accuracy names each cluster after its largest train class; "
    "both count noise as wrong; `ARI`, `NMI` and `AMI` count it as one more cluster."
)
SEEDS_KEY = " Scores are means ± standard deviations over {} seeds."
INTERVALS_KEY = "The kept fits, each with its 95% interval over the draw of test images."
OTHER_SEEDS = " Another seed can change a score by more: see the deviation above."
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
    return pd.DataFrame.from_dict({row.fitted.title: _line(row) for row in ranked(rows)}, orient="index")


def _line(row: Row) -> dict[str, str]:
    low, high = row.by_seed["n_clusters"].min(), row.by_seed["n_clusters"].max()
    found = {"K": f"{low}" if low == high else f"{low} to {high}", "covered": percent(row.by_seed["coverage"].mean())}
    return found | {name: _spread(row.by_seed[key]) for key, name in COLUMNS.items() if key in row.by_seed}


def _spread(values: np.ndarray) -> str:
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{values.mean():.3f} ± {values.std(ddof=1):.3f}"


def scores_explained(rows: Sequence[Row]) -> list[str | pd.DataFrame]:
    """Return what goes with the scores in the table: their key, and the tables of intervals and of the covered alone."""
    if "accuracy" not in rows[0].by_seed:
        return []
    left_out = covered(rows)
    n, several = len(rows[0].by_seed["accuracy"]), len(rows[0].by_seed["accuracy"]) > 1
    scores, ends = SCORES_KEY + SEEDS_KEY.format(n) * several, INTERVALS_KEY + OTHER_SEEDS * several
    return [scores, intervals(rows), ends, *([] if left_out is None else [left_out, COVERED_KEY])]


def intervals(rows: Sequence[Row]) -> pd.DataFrame:
    """Tabulate the fits that are kept, with 95% intervals over the draw of test images."""
    keys = {key: name for key, name in COLUMNS.items() if key != "ami"}
    found = {row.fitted.title: {n: _ends(getattr(row.scores, k)) for k, n in keys.items()} for row in ranked(rows)}
    return pd.DataFrame.from_dict(found, orient="index")


def _ends(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f}–{interval.high:.3f})"


def covered(rows: Sequence[Row]) -> pd.DataFrame | None:
    """Tabulate ARI and AMI of the covered images, where a kept fit leaves some out; nothing where none does."""
    found = {
        row.fitted.title: {"covered": percent(row.scores.coverage, 1)}
        | {COLUMNS[key]: "none" if np.isnan(value) else f"{value:.3f}" for key, value in row.scores.clustered.items()}
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
    return " ".join([*said, _kept([METHODS[name] for name in options])])


def _seen(name: str, options: dict[str, int], n_train: int, form: str) -> str:
    method = METHODS[name]
    within = f" in at most {options[method.n_components]} dimensions" if method.n_components else ""
    return f"{method.spoken} {form.format(min(options[method.n_images], n_train))}{within}"


def _kept(methods: Sequence[Method]) -> str:
    own = list(dict.fromkeys(method.keeps for method in methods if method.keeps != SILHOUETTE))
    dense = [method.spoken for method in methods if method.keeps == SILHOUETTE]
    if not own:
        return f"A method keeps its fit of {SILHOUETTE}."
    return f"A method keeps its fit of {listed(own, 'or')}" + (
        f", {listed(dense)} that of {SILHOUETTE}." if dense else "."
    )


def leaders(rows: Sequence[Row]) -> str | None:
    """Say which clusterings lead by their mean over the seeds; nothing without labels."""
    if "accuracy" not in rows[0].by_seed:
        return None
    first, *others = ranked(rows)
    n = len(first.by_seed["accuracy"])
    over = f", mean over {n} seeds" if n > 1 else ""
    said = (
        f"Judged by the classes, {first.fitted.title} leads{over}: matched accuracy {_spread(first.by_seed['accuracy'])}, "
        f"NMI {_spread(first.by_seed['nmi'])}, ARI {_spread(first.by_seed['ari'])}."
    )
    if others:
        said += (
            f" Next comes {others[0].fitted.title} with a matched accuracy of {_spread(others[0].by_seed['accuracy'])}."
        )
    return said + _same_method(rows)


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
        f" The description counts too: NMI is {low.by_seed['nmi'].mean():.3f} for {low.fitted.title}, and "
        f"{high.by_seed['nmi'].mean():.3f} for {high.fitted.title}."
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
    ours = {"matched": f"{row.scores.accuracy.value:.3f}", "NMI": f"{row.scores.nmi.value:.3f}", "source": "this run"}
    rows = {
        text(own.method): {"matched": f"{own.accuracy:.3f}", "NMI": f"{own.nmi:.3f}", "source": published.SOURCE}
        for own in published.CLUSTERING[title]
    }
    return pd.DataFrame.from_dict({row.fitted.title: ours} | rows, orient="index")


def against_published(row: Row, title: str) -> str | None:
    """Set the clusters that go on beside the best of these figures."""
    if title not in published.CLUSTERING:
        return None
    if row.scores.accuracy is None:
        return absent(labels=False, otherwise="how the clusters compare with published ones")
    known = published.CLUSTERING[title]
    best = max(known, key=lambda own: own.accuracy)
    accuracy, nmi = row.scores.accuracy, row.scores.nmi
    level = f"{_beside(best.accuracy, accuracy)} in matched accuracy, {scored(accuracy)}"
    return (
        f"Not computed here: {len(known)} figures from {published.SOURCE}, the best of them {text(best.method)}. Beside it "
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
    told = ", ".join(f"{MEASURES[key]} {_mean(own, key)}" for key in SHOWN)
    n = len(own["by_seed"]["ari"])
    over = f", mean ± standard deviation over {n} seeds" if n > 1 else ""
    return (
        f"{title} makes {own['n_clusters']} clusters in fits that see no label. Against the classes of the test images: "
        f"{told}{over}."
    )


def _mean(own: dict[str, Any], key: str) -> str:
    spread = own["standard_deviation"][key]
    return f"{own['mean'][key]:.3f}" + ("" if spread is None else f" ± {spread:.3f}")
