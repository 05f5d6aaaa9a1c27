"""What judges who have not seen a label think of it: two networks that learn from other images, and the nearest images.

They are unlike each other, so that a mistake of one is seldom a mistake of all: one sees shapes, one sees pixels through
convolutions, one compares with single images and learns nothing.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import StratifiedKFold

from report_lib.classification.classifiers import CLASSIFIERS, Setting
from report_lib.classification.supervised import League, Predictions
from report_lib.clustering.representations import Representation
from report_lib.common.arrays import flatten
from report_lib.common.models import fit_within_budget
from report_lib.common.neighbors import votes
from report_lib.common.parallel import at_once
from report_lib.data.images import ImageSet

# How much of its usual time the network on codes learns: who learns longer believes what it is taught, wrong labels too. Where
# 1% of 10,000 train labels of Fashion-MNIST are wrong, 0.82 of the first 100 are such ones (0.68 where classes are confused;
# means of 5 and 3 draws), and 0.80 (0.69) if it learns as long as usual. Test labels, which it does not learn: 0.89 and 0.90.
SHARE_OF_EPOCHS = 0.5
# Of the convolutional network that judges train labels: the published run waits for each.
CONV_FOLDS, CONV_EPOCHS = 2, 3
# Below this a judge's probability tells no more: nobody is so sure.
FLOOR = 1e-4


@dataclass(frozen=True)
class Opinion:
    """What a judge thinks of the images of one part.

    Attributes
    ----------
    proba : ndarray of shape (n, n_classes), float32
        Probability of each class of each image whose label is known.
    n_fits : int
        How many fitted models it is the mean of; each has one vote.
    """

    proba: np.ndarray
    n_fits: int = 1


def ask(
    images: ImageSet,
    representation: Representation,
    shape: Representation | None,
    league: League | None,
    *,
    n_folds: int,
    random_state: int,
) -> dict[str, dict[str, Opinion]]:
    """Ask every judge that can be had about the images whose labels are known.

    Parameters
    ----------
    representation : Representation
        With the neighbours of all images, where the run has a graph.
    shape : Representation or None
        Oriented gradients of all images, where there are any; else the network learns from `representation`.
    league : League or None
        Whose networks, fitted to all train images, judge test images too. Where it has no convolutional network, none is
        asked.

    Returns
    -------
    dict of str to dict of str to Opinion
        By part, `train` and `test`, and title of the judge.
    """
    known, described = images.known, (shape or representation).of(images.labelled)
    found = {f"network on {described.title}": _of_network(known, described, league, n_folds, random_state)}
    if league and "conv" in league.models:
        found[CLASSIFIERS["conv"].title] = _of_convolutions(known, league.models["conv"], n_folds, random_state)
    if representation.graph is not None:
        title = f"{representation.graph.indices.shape[1]} nearest images"
        found[title] = of_neighbors(images, representation)
    return {part: {title: own[part] for title, own in found.items()} for part in ("train", "test")}


def _of_network(
    known: ImageSet, described: Representation, league: League | None, n_folds: int, random_state: int
) -> dict[str, Opinion]:
    network = CLASSIFIERS["hog_mlp"].build(Setting(len(described.train), random_state))
    network[-1].max_iter = math.ceil(SHARE_OF_EPOCHS * network[-1].max_iter)
    codes = described.train, described.test
    found = cross_fit(
        network, *codes, known.train_labels, len(known.class_names), n_folds=n_folds, random_state=random_state
    )
    return _joined(found, league and league.models.get("hog_mlp"))


def _of_convolutions(known: ImageSet, whole: Predictions, n_folds: int, random_state: int) -> dict[str, Opinion]:
    pixels, n_folds = (flatten(known.train_images), flatten(known.test_images)), min(n_folds, CONV_FOLDS)
    n_learnt = len(pixels[0]) * (n_folds - 1) // n_folds
    filters = tuple(whole.network.filters)
    network = CLASSIFIERS["conv"].build(Setting(n_learnt, random_state, known.image_shape, filters, CONV_EPOCHS))
    found = cross_fit(
        network, *pixels, known.train_labels, len(known.class_names), n_folds=n_folds, random_state=random_state
    )
    return _joined(found, whole)


def _joined(found: dict[str, Opinion], whole: Predictions | None) -> dict[str, Opinion]:
    """Let a network that has learnt from all train images judge the test images together with those of the folds."""
    return found | ({"test": together([found["test"], Opinion(whole.proba)])} if whole else {})


def of_neighbors(images: ImageSet, representation: Representation) -> dict[str, Opinion]:
    """Return the share of an image's nearest train images, itself left out, that have each class.

    One image of no known class is added to them: who has no neighbours whose label is known has no opinion.
    """
    train_labels, n_classes, labelled = images.train_labels, len(images.class_names), images.labelled
    usual = np.bincount(train_labels[train_labels >= 0], minlength=n_classes) / np.sum(train_labels >= 0)
    found = {}
    for part, graph in (("train", representation.graph), ("test", representation.test_graph)):
        k = graph.indices.shape[1]
        share = votes(graph, train_labels, n_classes)[labelled[part]]
        proba = (k * share + usual) / (k * share.sum(axis=1, keepdims=True) + 1)
        found[part] = Opinion(proba.astype(np.float32))
    return found


def cross_fit(
    model: Any,
    train: np.ndarray,
    test: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    *,
    n_folds: int,
    random_state: int,
) -> dict[str, Opinion]:
    """Return the probabilities that classifiers fitted to all folds but one give to that one, and to test images.

    Parameters
    ----------
    train, test : ndarray of shape (n, d)
    labels : ndarray of shape (n_train,), int64

    Returns
    -------
    dict with `train` and `test`
        Of test images, who are in no fold, the mean of all classifiers.
    """
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        # It warns of classes of fewer images than folds: whoever judges those may never have met them, which is no harm.
        folds = list(StratifiedKFold(n_folds, shuffle=True, random_state=random_state).split(train, labels))
    answers = at_once((_answer, (clone(model), train, labels, *fold, test), {}) for fold in folds)
    proba = {part: np.zeros((len(own), n_classes), np.float32) for part, own in (("train", train), ("test", test))}
    for (_, held), (classes, in_fold, outside) in zip(folds, answers, strict=True):
        proba["train"][np.ix_(held, classes)] = in_fold
        proba["test"][:, classes] += outside / n_folds
    return {"train": Opinion(proba["train"]), "test": Opinion(proba["test"], n_folds)}


def _answer(
    model: Any, train: np.ndarray, labels: np.ndarray, rows: np.ndarray, held: np.ndarray, test: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Who has met one class only can say but one thing.
    fitted = fit_within_budget(
        model if len(np.unique(labels[rows])) > 1 else DummyClassifier(), train[rows], labels[rows]
    )
    return fitted.classes_, fitted.predict_proba(train[held]), fitted.predict_proba(test)


def together(opinions: Sequence[Opinion]) -> Opinion:
    """Return the mean opinion, each fitted model with one vote."""
    n_fits = [own.n_fits for own in opinions]
    return Opinion(np.average([own.proba for own in opinions], axis=0, weights=n_fits).astype(np.float32), sum(n_fits))


def doubt(opinions: Sequence[Opinion], labels: np.ndarray) -> np.ndarray:
    """Return how doubtful labels are: the higher, the less the judges think of them.

    Minus the mean of the logarithms of the probabilities that they give to the label, each fitted model with one vote. It was
    chosen on 1% wrong labels in the 10,000 test images of Fashion-MNIST. Of the first 100 it has 0.91 right (mean of 8 draws of
    random ones; 0.77 between confused classes), the mean probability 0.91 (0.74), the mean rank 0.87 (0.76), the margin to
    the next class 0.72 (0.71).

    Parameters
    ----------
    labels : ndarray of shape (n,), int64

    Returns
    -------
    ndarray of shape (n,), float64
    """
    rows = np.arange(len(labels))
    logs = [np.log(own.proba[rows, labels].astype(np.float64) + FLOOR) for own in opinions]
    return -np.average(logs, axis=0, weights=[own.n_fits for own in opinions])
