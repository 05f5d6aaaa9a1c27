"""The one sentence that answers what structure is in the images, made from the table of classes by clusters.

A cluster belongs to a class that makes up at least `MOSTLY` of it. A class stands apart where one cluster holds `MOSTLY` of
it and belongs to it, with no `PART` of another in it. Some of a class falls in with another where it makes up `PART` of a
cluster of which the other is more than `HALF`, and `CLEARLY` so many times as much, and the two do not merge. Classes merge
where `HALF` of each or more is in one cluster that belongs to none. A class is split where it holds at least two clusters by
majority, with `PART` of it in each. It is spread where it is neither and no cluster holds `HALF` of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from report_lib.common.prose import listed, percent, plural
from report_lib.common.style import sentence

MOSTLY, HALF, PART = 0.75, 0.5, 0.2
CLEARLY = 1.5
# So many classes are named; of more, these, and how many there are.
MOST_NAMED, MOST_GROUPS = 8, 4
WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Structure:
    """How classes and clusters lie to one another.

    Attributes
    ----------
    apart : list of int
        Classes that have a cluster to themselves.
    merged : list of list of int
        Classes that share a cluster.
    split : dict of int to int
        Classes in several clusters of their own, and how many.
    spread : list of int
        Classes of which no cluster holds half.
    n_classes : int
        Classes with images in the table.
    beside : dict of int to list of int
        Classes of which some is in a cluster of another, by that other.
    """

    apart: list[int]
    merged: list[list[int]]
    split: dict[int, int]
    spread: list[int]
    n_classes: int
    beside: dict[int, list[int]] = field(default_factory=dict)


def structure(table: np.ndarray) -> Structure:
    """Read off a table which classes stand apart, which merge and which are split.

    Parameters
    ----------
    table : ndarray of shape (n_classes, n_clusters + 1), int
        Counts of images; the last column is noise, which is no cluster.
    """
    counts = np.asarray(table, float)
    there = np.flatnonzero(counts.sum(axis=1))
    within = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    counts, within = counts[:, :-1], within[:, :-1]
    made_of = counts / np.maximum(counts.sum(axis=0), 1)
    if not counts.shape[1]:
        return Structure([], [], {}, [int(c) for c in there], len(there))
    home = within.argmax(axis=1)
    alone = np.partition(made_of, -2, axis=0)[-2] < PART if len(made_of) > 1 else np.ones(counts.shape[1], bool)
    mixed = np.flatnonzero(made_of.max(axis=0) < MOSTLY) if len(there) else []
    shared = [[int(c) for c in there if home[c] == k and within[c, k] >= HALF] for k in mixed]
    own = (made_of > HALF) & (within >= PART)
    split = {int(c): int(own[c].sum()) for c in there if own[c].sum() > 1}
    merged = [group for group in shared if len(group) > 1]
    named = {*split, *(c for group in merged for c in group)}
    spread = [int(c) for c in there if within[c].max(initial=0) < HALF and int(c) not in named]
    top = made_of.argmax(axis=0)
    guests = {
        (int(top[k]), int(c))
        for c, k in np.argwhere(made_of >= PART)
        if made_of[top[k], k] > max(HALF, CLEARLY * made_of[c, k])
        and c != top[k]
        and not any({c, top[k]} <= set(group) for group in merged)
    }
    beside = {host: sorted(c for own, c in guests if own == host) for host, _ in sorted(guests)}
    falling = {c for _, c in guests}
    apart = [
        c
        for c in there
        if min(within[c, home[c]], made_of[c, home[c]]) >= MOSTLY and alone[home[c]] and c not in falling
    ]
    return Structure([int(c) for c in apart], merged, split, spread, len(there), beside)


def answer(metrics: dict[str, Any], clusters: np.ndarray) -> str:
    """Answer in a sentence: by the classes, or without labels by the clusters alone.

    Parameters
    ----------
    metrics : dict
        Of the run.
    clusters : ndarray of shape (n,), int
        Of the test images; -1 is noise.
    """
    clustered = metrics["clustering"]
    found = clustered["methods"][clustered["chosen"]]
    if "class_by_cluster" not in found:
        return _without_labels(clusters, clustered["cards"].get("stability"))
    return told(structure(np.asarray(found["class_by_cluster"])), metrics["dataset"]["class_names"])


def told(own: Structure, names: Sequence[str]) -> str:
    """Say which classes stand apart, merge and are split."""
    parts = []
    if own.apart:
        everything = len(own.apart) == own.n_classes > MOST_NAMED
        who = f"all {own.n_classes} classes" if everything else _named(own.apart, names)
        parts.append(f"{who} {'stands' if len(own.apart) == 1 else 'stand'} apart")
    merged = [
        f"{_named(group, names)}{' merge' * (i == 0)} into {'another' if i else 'one cluster'}"
        for i, group in enumerate(own.merged[:MOST_GROUPS])
    ]
    if len(own.merged) > MOST_GROUPS:
        merged.append(f"and others into {len(own.merged) - MOST_GROUPS} more")
    parts += [", ".join(merged)] * bool(merged)
    by_number: dict[int, list[int]] = {}
    for one, n in own.split.items():
        by_number.setdefault(n, []).append(one)
    parts += [
        f"{_named(group, names)} {'is' if len(group) == 1 else 'are each'} split in {_word(n)}"
        for n, group in sorted(by_number.items())
    ]
    if own.beside:
        with_whom = [
            f"some of {_named(group, names)} {'falls in ' * (i == 0)}with {names[host]}"
            for i, (host, group) in enumerate(own.beside.items())
        ]
        parts.append(listed(with_whom))
    if own.spread:
        parts.append(f"{_named(own.spread, names)} {'is' if len(own.spread) == 1 else 'are'} spread over several")
    if not parts:
        return "The clusters do not follow the classes: none stands apart, and none shares a cluster with another as a whole."
    return f"{sentence('; '.join(parts))}."


def _named(classes: Sequence[int], names: Sequence[str]) -> str:
    if len(classes) > MOST_NAMED:
        return f"{len(classes)} classes, such as {listed([names[c] for c in classes[:3]])},"
    return listed([names[c] for c in classes])


def _word(n: int) -> str:
    return WORDS[n - 2] if 2 <= n < 2 + len(WORDS) else f"{n}"


def _without_labels(clusters: np.ndarray, stability: Sequence[float | None] | None) -> str:
    sizes = np.bincount(clusters[clusters >= 0])
    share = sizes[sizes > 0] / len(clusters)
    said = f"The images fall into {plural(len(share), 'group')}"
    if len(share) > 1:
        said += f": the largest holds {percent(share.max())} of them, the smallest {percent(share.min())}"
    known = [value for value in stability or () if value is not None and value == value]
    if known:
        firm = sum(value >= MOSTLY for value in known)
        said += f"; with other seeds {'all' if firm == len(known) else f'{firm} of {len(known)}'} are found again"
    return f"{said}."
