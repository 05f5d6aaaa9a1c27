"""Labels that look wrong, images that look out of place, and copies: what a person should look at again.

Every label is judged by a classifier that has not seen it: train labels by one fitted to the other folds, test labels by
one fitted to all train images. Likely errors are found by confident learning (Northcutt, Jiang and Chuang, Confident
learning: estimating uncertainty in dataset labels, 2021).
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from report_lib.classification.classifiers import CLASSIFIERS, Setting
from report_lib.classification.supervised import League, fit_one
from report_lib.clustering.representations import Representation
from report_lib.common.keep import kept
from report_lib.common.metrics import Interval, paired_difference
from report_lib.common.models import fit_within_budget
from report_lib.common.neighbors import nearest, nearest_to
from report_lib.common.parallel import at_once
from report_lib.data.images import ImageSet

# An image is far from its class beyond this many interquartile ranges above the third quartile of the class (Tukey's
# outer fence, Exploratory Data Analysis, 1977).
FENCE = 3.0
NEAREST_OF_CLASS = 5


@dataclass(frozen=True)
class Part:
    """What was found in train or in test images.

    Attributes
    ----------
    labels, predicted : ndarray of shape (n,), int64
    proba : ndarray of shape (n, n_classes), float32
        Out of sample.
    quality : ndarray of shape (n,), float64
        Probability of the given label.
    issue : ndarray of shape (n,), bool
        Likely label errors.
    distance : ndarray of shape (n,), float32
        Mean distance to the nearest train images of its own class.
    far : ndarray of shape (n,), bool
        Far from its class.
    """

    labels: np.ndarray
    predicted: np.ndarray
    proba: np.ndarray
    quality: np.ndarray
    issue: np.ndarray
    distance: np.ndarray
    far: np.ndarray

    @property
    def suspects(self) -> np.ndarray:
        """Rows of likely label errors, the least likely label first."""
        rows = np.flatnonzero(self.issue)
        return rows[np.argsort(self.quality[rows], kind="stable")]

    @property
    def strangers(self) -> np.ndarray:
        """Rows of images far from their class, the farthest first."""
        rows = np.flatnonzero(self.far)
        return rows[np.argsort(-self.distance[rows], kind="stable")]


@dataclass(frozen=True)
class Removal:
    """What leaving out the suspects changes.

    Attributes
    ----------
    with_all, without_suspects, without_others : ndarray of shape (n_test,), bool
        Whether each test image is classified rightly by a classifier fitted to all train images, to all but the
        suspects, and to all but as many others, drawn at random.
    kept : ndarray of shape (n_test,), bool
        Test images that are no suspects themselves.
    """

    with_all: np.ndarray
    without_suspects: np.ndarray
    without_others: np.ndarray
    kept: np.ndarray

    @property
    def gain(self) -> Interval:
        """Accuracy on all test images without the train suspects less that with them."""
        return paired_difference(self.without_suspects, self.with_all)

    @property
    def gain_of_others(self) -> Interval:
        """The same for the others."""
        return paired_difference(self.without_others, self.with_all)

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, under the names of `metrics.json`."""
        gains = {"gain_without_train_suspects": self.gain, "gain_without_as_many_others": self.gain_of_others}
        return {
            "accuracy": float(self.with_all.mean()),
            **{name: {"value": gain.value, "interval_95": gain.as_dict()} for name, gain in gains.items()},
            "accuracy_on_kept_test_images": float(self.with_all[self.kept].mean()) if self.kept.any() else None,
        }


@dataclass(frozen=True)
class Issues:
    """What a person should look at again.

    Attributes
    ----------
    parts : dict with `train` and `test`
    removal : Removal
    """

    parts: dict[str, Part]
    removal: Removal

    @property
    def out_of_fold_accuracy(self) -> float:
        """How often the classifier that judges train labels agrees with them."""
        return float(np.mean(self.parts["train"].predicted == self.parts["train"].labels))

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, under the names of `metrics.json`."""
        numbers = {
            "out_of_fold_accuracy": self.out_of_fold_accuracy,
            "likely_label_errors": {name: int(part.issue.sum()) for name, part in self.parts.items()},
            "far_from_class": {name: int(part.far.sum()) for name, part in self.parts.items()},
            "removal": self.removal.as_dict(),
        }
        return {"audit": numbers}


@kept
def find_issues(
    images: ImageSet, representation: Representation, league: League | None, *, n_folds: int, random_state: int
) -> Issues | None:
    """Judge every label by a network on the representation that has not seen it; None without labels or folds.

    Parameters
    ----------
    league : League or None
        Where the same network has been fitted to all train images, it is not fitted again.
    """
    if not (images.has_labels and n_folds):
        return None
    train, test, labels = representation.train, representation.test, images.train_labels
    n_classes = len(images.class_names)
    network = CLASSIFIERS["hog_mlp"].build(Setting(len(train), random_state))
    unseen = out_of_fold(network, train, labels, n_classes, n_folds=n_folds, random_state=random_state)
    whole = league and league.models.get("hog_mlp")
    whole = whole or fit_one("hog_mlp", network, train, labels, test, n_classes=n_classes)
    parts = {
        "train": judge(labels, unseen, train, train, labels),
        "test": judge(images.test_labels, whole.proba, test, train, labels),
    }
    removal = effect_of_removal(network, representation, parts, with_all=whole.classes, random_state=random_state)
    return Issues(parts, removal)


def out_of_fold(
    model: Any, codes: np.ndarray, labels: np.ndarray, n_classes: int, *, n_folds: int, random_state: int
) -> np.ndarray:
    """Return the probabilities that a classifier fitted to the other folds gives each row.

    Returns
    -------
    ndarray of shape (n, n_classes), float32
    """
    folds = list(StratifiedKFold(n_folds, shuffle=True, random_state=random_state).split(codes, labels))
    fitted = at_once((fit_within_budget, (clone(model), codes[rows], labels[rows]), {}) for rows, _ in folds)
    proba = np.zeros((len(codes), n_classes), np.float32)
    for (_, held), one in zip(folds, fitted, strict=True):
        proba[np.ix_(held, one.classes_)] = one.predict_proba(codes[held])
    return proba


def judge(
    labels: np.ndarray, proba: np.ndarray, codes: np.ndarray, train_codes: np.ndarray, train_labels: np.ndarray
) -> Part:
    """Find likely label errors and images far from their class.

    Parameters
    ----------
    labels : ndarray of shape (n,), int64
    proba : ndarray of shape (n, n_classes)
        Out of sample.
    codes : ndarray of shape (n, d)
        The same array as `train_codes` for train images: no image is its own neighbour.
    """
    distance = _to_own_class(labels, codes, train_codes, train_labels)
    return Part(
        labels=labels,
        predicted=proba.argmax(axis=1),
        proba=proba,
        quality=proba[np.arange(len(labels)), labels].astype(np.float64),
        issue=_issues(labels, proba),
        distance=distance,
        far=_beyond_fence(distance, labels),
    )


def _issues(labels: np.ndarray, proba: np.ndarray) -> np.ndarray:
    # Its progress bar misses a widget, and classes of very few images are warned of, which the page can do without.
    with warnings.catch_warnings(action="ignore"):
        # Loaded here: a second that only an audit need wait for.
        from cleanlab.filter import find_label_issues

        return find_label_issues(labels, proba, n_jobs=1)


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
    """The likely label errors of one part that are the least likely.

    Attributes
    ----------
    part : {"train", "test"}
    n_found : int
        Likely label errors in the part.
    labels, predicted : ndarray of shape (n,), int64
    images : ndarray of shape (n, 1 + n_neighbors, h, w)
        Each beside the nearest train images.
    """

    part: str
    n_found: int
    labels: np.ndarray
    predicted: np.ndarray
    images: np.ndarray


@kept
def worst_suspects(
    issues: Issues | None, images: ImageSet, representation: Representation, *, most: int = 8, n_neighbors: int = 6
) -> dict[str, Suspects]:
    """Return by part the suspects that are the least likely, beside the train images nearest to them."""
    found = {}
    for part, judged in issues.parts.items() if issues else ():
        rows = judged.suspects[:most]
        if len(rows):
            tiles = with_neighbors(
                images.train_images, getattr(images, f"{part}_images")[rows], representation.train,
                getattr(representation, part)[rows], own_rows=rows if part == "train" else None,
                n_neighbors=min(n_neighbors, len(representation.train) - 1),
            )  # fmt: skip
            found[part] = Suspects(part, len(judged.suspects), judged.labels[rows], judged.predicted[rows], tiles)
    return found


def _to_own_class(
    labels: np.ndarray, codes: np.ndarray, train_codes: np.ndarray, train_labels: np.ndarray
) -> np.ndarray:
    found = np.full(len(labels), np.nan, np.float32)
    for own in np.unique(labels):
        rows, among = np.flatnonzero(labels == own), train_codes[train_labels == own]
        k = min(NEAREST_OF_CLASS, len(among) - (codes is train_codes))
        if k > 0:
            near = nearest(among, k) if codes is train_codes else nearest_to(among, codes[rows], k)
            found[rows] = near.distances.mean(axis=1)
    return found


def _beyond_fence(distance: np.ndarray, labels: np.ndarray) -> np.ndarray:
    far = np.zeros(len(labels), bool)
    for own in np.unique(labels):
        rows = labels == own
        low, high = np.nanquantile(distance[rows], [0.25, 0.75]) if np.isfinite(distance[rows]).any() else (0, np.inf)
        far[rows] = distance[rows] > high + FENCE * (high - low)
    return far


def effect_of_removal(
    model: Any, representation: Representation, parts: dict[str, Part], *, with_all: np.ndarray, random_state: int
) -> Removal:
    """Fit a classifier without the train suspects, and without as many others.

    Parameters
    ----------
    parts : dict with `train` and `test`
    with_all : ndarray of shape (n_test,)
        Classes of the test images by the same classifier, fitted to all train images.
    """
    train, test = parts["train"], parts["test"]
    others = np.random.default_rng(random_state).permutation(np.flatnonzero(~train.issue))
    kept = [~train.issue, np.ones(len(train.issue), bool)]
    kept[1][others[: int(train.issue.sum())]] = False
    fitted = at_once(
        (fit_within_budget, (clone(model), representation.train[rows], train.labels[rows]), {}) for rows in kept
    )
    right = [one.predict(representation.test) == test.labels for one in fitted]
    return Removal(with_all == test.labels, *right, kept=~test.issue)


def among_known(copies: dict[str, np.ndarray], images: ImageSet) -> dict[str, np.ndarray]:
    """Return the copies whose labels are both known, by their places in `images.known`.

    Parameters
    ----------
    copies : dict with `pairs` and `rms`
        As in `rows_of`.
    """
    known = np.concatenate(list(images.labelled.values()))
    kept = known[copies["pairs"]].all(axis=1)
    return {"pairs": (np.cumsum(known) - 1)[copies["pairs"][kept]], "rms": copies["rms"][kept]}


COLUMNS = (
    "part", "row", "finding", "label", "predicted", "probability_of_label", "distance_to_class", "other_part", "other_row",
)  # fmt: skip


def rows_of(
    issues: Issues | None, pairs: np.ndarray, rms: np.ndarray, images: ImageSet
) -> list[tuple[object, ...]] | None:
    """List every finding, the most telling first: likely label errors, images far from their class, copies.

    Parameters
    ----------
    pairs : ndarray of shape (n_pairs, 2), int
        Copies and near-copies; test rows are counted on from the last train row.
    rms : ndarray of shape (n_pairs,)
        0 for copies.

    Returns
    -------
    list of tuple, or None
        In the order of `COLUMNS`; rows are those of the file that a person has.
    """
    if issues is None:
        return None
    parts, rows, names = issues.parts, images.rows, images.class_names
    found: list[tuple[object, ...]] = []
    for finding, which in (("label", "suspects"), ("far", "strangers")):
        for part, judged in parts.items():
            found += [_row(part, judged, row, finding, names) for row in getattr(judged, which).tolist()]
    for (a, b), difference in zip(pairs.tolist(), rms.tolist(), strict=True):
        (part, row), (other_part, other_row) = (_place(i, len(rows["train"])) for i in (a, b))
        kind = "copy" if difference == 0 else "near-copy"
        other = other_part, int(rows[other_part][other_row])
        found.append((*_row(part, parts[part], row, kind, names)[:-2], *other))
    return [(part, int(rows[part][row]), *more) for part, row, *more in found]


def _place(row: int, n_train: int) -> tuple[str, int]:
    return ("train", row) if row < n_train else ("test", row - n_train)


def _row(part: str, judged: Part, row: int, finding: str, names: Sequence[str]) -> tuple[object, ...]:
    values = float(judged.quality[row]), float(judged.distance[row])
    return (part, row, finding, names[judged.labels[row]], names[judged.predicted[row]], *values, "", "")


def disagreeing(pairs: np.ndarray, images: ImageSet) -> int:
    """Count pairs of copies or near-copies with different labels."""
    labels = np.concatenate([images.train_labels, images.test_labels])
    return int(np.sum(labels[pairs[:, 0]] != labels[pairs[:, 1]]))
