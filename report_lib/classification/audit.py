"""Which labels to look at again: every image has a rank by how doubtful its label is.

A list that a person looks through from its top, and no verdict: classes that are hard to tell apart get many a label
suspected that is right. Every label is judged by an ensemble of those who have not seen it: train labels by ones that
have learnt from other folds, test labels by ones that have learnt from train images. Labels are ordered by the
probability of the given one (self-confidence; Northcutt, Jiang and Chuang, Confident learning: estimating uncertainty in
dataset labels, 2021).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from report_lib.classification import judges
from report_lib.classification.judges import Opinion
from report_lib.classification.planted import Planted, plant, sizes_for
from report_lib.classification.supervised import League
from report_lib.classification.unusual import Distances, distances
from report_lib.clustering.representations import Representation
from report_lib.common.keep import kept
from report_lib.common.neighbors import nearest_to
from report_lib.data.images import ImageSet

ALL = "all together"


@dataclass(frozen=True)
class Part:
    """How doubtful the labels of train or of test images are.

    Attributes
    ----------
    labels : ndarray of shape (n,), int64
    opinions : dict of str to Opinion
        By title of the judge.
    doubt : ndarray of shape (n,), float64
        The higher, the more doubtful.
    """

    labels: np.ndarray
    opinions: dict[str, Opinion]
    doubt: np.ndarray

    @cached_property
    def proba(self) -> np.ndarray:
        """Mean of the judges' probabilities; shape (n, n_classes)."""
        return judges.together(list(self.opinions.values())).proba

    @property
    def suggested(self) -> np.ndarray:
        """The class that the judges together find likeliest; shape (n,), int64."""
        return self.proba.argmax(axis=1)

    @property
    def quality(self) -> np.ndarray:
        """Probability of the given label; shape (n,)."""
        return self.proba[np.arange(len(self.labels)), self.labels]

    @cached_property
    def ranking(self) -> np.ndarray:
        """Rows, the most doubtful label first."""
        return np.argsort(-self.doubt, kind="stable")

    @property
    def n_first(self) -> int:
        """How many of the list a person may begin with: 100, or fewer of few images."""
        return sizes_for(len(self.labels))[0]

    @property
    def first(self) -> np.ndarray:
        """Whether each image is among those; shape (n,), bool."""
        return np.isin(np.arange(len(self.labels)), self.ranking[: self.n_first])


@dataclass(frozen=True)
class Issues:
    """What a person should look at again.

    Attributes
    ----------
    parts : dict of str to Part
    distances : dict of str to Distances
        How far the images of each part are from their class.
    planted : dict of str to Planted
        By part, what such a list finds of labels that were made wrong.
    """

    parts: dict[str, Part]
    distances: dict[str, Distances]
    planted: dict[str, Planted]

    @property
    def accuracy(self) -> dict[str, dict[str, float]]:
        """How often each judge, and all of them together, agree with the labels; by title and part."""
        told = {part: {title: own.proba for title, own in judged.opinions.items()} | {ALL: judged.proba}
                for part, judged in self.parts.items()}  # fmt: skip
        return {
            title: {
                part: float(np.mean(own[title].argmax(axis=1) == self.parts[part].labels)) for part, own in told.items()
            }
            for title in told["train"]
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, under the names of `metrics.json`."""
        numbers = {
            "accuracy_of_judges": self.accuracy,
            "planted": {part: own.as_dict() for part, own in self.planted.items()},
            "far_from_class": {part: int(own.far.sum()) for part, own in self.distances.items()},
        }
        return {"audit": numbers}


@kept
def find_issues(
    images: ImageSet,
    representation: Representation,
    shape: Representation | None,
    league: League | None,
    *,
    n_folds: int,
    random_state: int,
) -> Issues | None:
    """Rank every known label by how doubtful it is, and say how far to trust the ranks; None without labels or folds.

    Parameters
    ----------
    representation, shape, league
        See `judges.ask`.
    """
    if not (images.has_labels and n_folds):
        return None
    known, options = images.known, {"n_folds": n_folds, "random_state": random_state}
    opinions = judges.ask(images, representation, shape, league, **options)
    parts = {part: judge(getattr(known, f"{part}_labels"), told) for part, told in opinions.items()}

    def taught(made: np.ndarray) -> list[Opinion]:
        # Without the league, which has learnt from the labels as they are, and so without the convolutional network.
        relabelled = replace(images, train_labels=_for_all(made, images))
        return list(judges.ask(relabelled, representation, shape, None, **options)["train"].values())

    return Issues(
        parts, distances(known, (shape or representation).of(images.labelled)), _tried(parts, taught, random_state)
    )


def _tried(
    parts: dict[str, Part], taught: Callable[[np.ndarray], list[Opinion]], random_state: int
) -> dict[str, Planted]:
    """Try the ranks of both parts on labels made wrong; of train labels once, as judges are taught anew."""
    options = {"train": {"again": taught, "n_draws": 1}, "test": {}}
    found = {
        part: plant(own.labels, list(own.opinions.values()), **options[part], random_state=random_state)
        for part, own in parts.items()
    }
    return {part: own for part, own in found.items() if own}


def _for_all(known: np.ndarray, images: ImageSet) -> np.ndarray:
    """Return train labels with others in place of the known ones."""
    labels = images.train_labels.copy()
    labels[images.labelled["train"]] = known
    return labels


def judge(labels: np.ndarray, opinions: dict[str, Opinion]) -> Part:
    """Rank labels by what judges say that have not seen them.

    Parameters
    ----------
    labels : ndarray of shape (n,), int64
    opinions : dict of str to Opinion
    """
    return Part(labels, opinions, judges.doubt(list(opinions.values()), labels))


def with_neighbors(
    train_images: np.ndarray,
    images: np.ndarray,
    train_codes: np.ndarray,
    codes: np.ndarray,
    *,
    own_rows: np.ndarray | None,
    n_neighbors: int,
) -> np.ndarray:
    """Set images beside the train images nearest to them, other than themselves.

    Parameters
    ----------
    images : ndarray of shape (n, h, w)
        Of `codes`.
    own_rows : ndarray of shape (n,), int, or None
        Their rows among the train images; None where they are none of them.

    Returns
    -------
    ndarray of shape (n, 1 + n_neighbors, h, w)
    """
    near = nearest_to(train_codes, codes, n_neighbors + 1)
    others = np.ones(near.indices.shape, bool) if own_rows is None else near.indices != own_rows[:, None]
    # Those that are not the image itself come first, in the order of their distance.
    first = np.argsort(~others, axis=1, kind="stable")[:, :n_neighbors]
    return np.concatenate([images[:, None], train_images[np.take_along_axis(near.indices, first, axis=1)]], axis=1)


@dataclass(frozen=True)
class Suspects:
    """The most doubtful labels of one part.

    Attributes
    ----------
    part : {"train", "test"}
    called : list of str
        What a person finds the images by.
    labels, suggested : ndarray of shape (n,), int64
    images : ndarray of shape (n, 1 + n_neighbors, h, w)
        Each beside the nearest train images.
    """

    part: str
    called: list[str]
    labels: np.ndarray
    suggested: np.ndarray
    images: np.ndarray


@kept
def most_doubtful(
    issues: Issues | None, images: ImageSet, described: Representation, *, most: int = 20, n_neighbors: int = 4
) -> dict[str, Suspects]:
    """Return by part the most doubtful labels, each image beside the train images nearest to it.

    Parameters
    ----------
    images : ImageSet
        Whose labels are all known.
    described : Representation
        Of these images.
    """
    found = {}
    for part, judged in issues.parts.items() if issues else ():
        rows = judged.ranking[:most]
        tiles = with_neighbors(
            images.train_images, getattr(images, f"{part}_images")[rows], described.train,
            getattr(described, part)[rows], own_rows=rows if part == "train" else None,
            n_neighbors=min(n_neighbors, len(described.train) - 1),
        )  # fmt: skip
        called = images.called(part, rows, short=True)
        found[part] = Suspects(part, called, judged.labels[rows], judged.suggested[rows], tiles)
    return found


COLUMNS = ("part", "row", "rank", "doubt", "label", "suggested", "probability_of_label")


def rows_of(issues: Issues | None, images: ImageSet) -> list[tuple[object, ...]] | None:
    """List every image whose label is known, the most doubtful label of both parts first.

    Returns
    -------
    list of tuple, or None
        In the order of `COLUMNS`; rows are those of the file that a person has, ranks are counted from 1 in each part.
    """
    if issues is None:
        return None
    names, found = np.array(images.class_names), []
    for part, own in issues.parts.items():
        order = own.ranking
        numbers = (np.round(values.astype(np.float64), 6) for values in (own.doubt, own.quality))
        doubt, quality = (values[order].tolist() for values in numbers)
        row, label, other = (
            values[order].tolist() for values in (images.rows[part], names[own.labels], names[own.suggested])
        )
        found += zip([part] * len(order), row, range(1, len(order) + 1), doubt, label, other, quality, strict=True)
    # A stable sort: equals stay in the order of their ranks.
    return sorted(found, key=lambda line: -line[COLUMNS.index("doubt")])
