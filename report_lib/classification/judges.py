"""What judges who have not seen a label think of it: two networks that learn from other images, and the nearest images.

They are unlike each other, so that a mistake of one is seldom a mistake of all: one sees shapes, one sees pixels through
convolutions, one compares with single images and learns nothing.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import StratifiedKFold

from report_lib.classification.classifiers import CLASSIFIERS, Setting
from report_lib.classification.supervised import League, fit_one
from report_lib.clustering.representations import Representation
from report_lib.common.arrays import flatten
from report_lib.common.models import fit_within_budget
from report_lib.common.neighbors import votes
from report_lib.common.parallel import at_once
from report_lib.data.images import ImageSet

# Of the convolutional network that judges train labels: the published run waits for each.
CONV_FOLDS, CONV_EPOCHS = 2, 3
# Below this a judge's probability tells no more: nobody is so sure.
FLOOR = 1e-3
# By part, the probability of each class of each image whose label is known.
Opinion = dict[str, np.ndarray]


def ask(
    images: ImageSet,
    representation: Representation,
    shape: Representation | None,
    league: League | None,
    *,
    n_folds: int,
    random_state: int,
) -> dict[str, Opinion]:
    """Ask every judge that can be had about the images whose labels are known.

    Parameters
    ----------
    representation : Representation
        With the neighbours of all images, where the run has a graph.
    shape : Representation or None
        Oriented gradients of all images, where there are any; else the network learns from `representation`.
    league : League or None
        Where a network has been fitted to all train images, it is not fitted again; the convolutional one is asked only
        where the run has it.

    Returns
    -------
    dict of str to Opinion
        By title of the judge.
    """
    known, described = images.known, (shape or representation).of(images.labelled)
    found = {f"network on {described.title}": _of_network(known, described, league, n_folds, random_state)}
    if league and "conv" in league.models:
        found[CLASSIFIERS["conv"].title] = _of_convolutions(known, league, n_folds, random_state)
    if representation.graph is not None:
        title = f"{representation.graph.indices.shape[1]} nearest images"
        found[title] = of_neighbors(images, representation, images.train_labels)
    return found


def _of_network(
    known: ImageSet, described: Representation, league: League | None, n_folds: int, random_state: int
) -> Opinion:
    network = CLASSIFIERS["hog_mlp"].build(Setting(len(described.train), random_state))
    taught = described.train, known.train_labels
    whole = league and league.models.get("hog_mlp")
    whole = whole or fit_one("hog_mlp", network, *taught, described.test, n_classes=len(known.class_names))
    unseen = out_of_fold(network, *taught, len(known.class_names), n_folds=n_folds, random_state=random_state)
    return {"train": unseen, "test": whole.proba}


def _of_convolutions(known: ImageSet, league: League, n_folds: int, random_state: int) -> Opinion:
    whole, pixels = league.models["conv"], flatten(known.train_images)
    n_folds = min(n_folds, CONV_FOLDS)
    learnt = len(pixels) * (n_folds - 1) // n_folds
    setting = Setting(learnt, random_state, known.image_shape, tuple(whole.network.filters), CONV_EPOCHS)
    unseen = out_of_fold(
        CLASSIFIERS["conv"].build(setting), pixels, known.train_labels, len(known.class_names),
        n_folds=n_folds, random_state=random_state,
    )  # fmt: skip
    return {"train": unseen, "test": whole.proba}


def of_neighbors(images: ImageSet, representation: Representation, train_labels: np.ndarray) -> Opinion:
    """Return the share of an image's nearest train images, itself left out, that have each class.

    One image of no known class is added to them: who has no neighbours whose label is known has no opinion.

    Parameters
    ----------
    train_labels : ndarray of shape (n_train,), int64
        -1, unknown, is no vote.
    """
    n_classes, labelled = len(images.class_names), images.labelled
    usual = np.bincount(train_labels[train_labels >= 0], minlength=n_classes) / np.sum(train_labels >= 0)
    found = {}
    for part, graph in (("train", representation.graph), ("test", representation.test_graph)):
        k = graph.indices.shape[1]
        share = votes(graph, train_labels, n_classes)[labelled[part]]
        found[part] = ((k * share + usual) / (k * share.sum(axis=1, keepdims=True) + 1)).astype(np.float32)
    return found


def out_of_fold(
    model: Any, codes: np.ndarray, labels: np.ndarray, n_classes: int, *, n_folds: int, random_state: int
) -> np.ndarray:
    """Return the probabilities that a classifier fitted to the other folds gives each row.

    Returns
    -------
    ndarray of shape (n, n_classes), float32
    """
    folds = list(StratifiedKFold(n_folds, shuffle=True, random_state=random_state).split(codes, labels))
    answers = at_once((_answer, (clone(model), codes, labels, *fold), {}) for fold in folds)
    proba = np.zeros((len(codes), n_classes), np.float32)
    for (_, held), (classes, answer) in zip(folds, answers, strict=True):
        proba[np.ix_(held, classes)] = answer
    return proba


def _answer(
    model: Any, codes: np.ndarray, labels: np.ndarray, rows: np.ndarray, held: np.ndarray
) -> tuple[Sequence[int], np.ndarray]:
    # Who has met one class only can say but one thing.
    fitted = fit_within_budget(
        model if len(np.unique(labels[rows])) > 1 else DummyClassifier(), codes[rows], labels[rows]
    )
    return fitted.classes_, fitted.predict_proba(codes[held])


def doubt(opinions: Sequence[np.ndarray], labels: np.ndarray) -> np.ndarray:
    """Return how doubtful labels are: the higher, the less the judges together think of them.

    Minus the mean of the logarithms of the probabilities that they give to the label: one judge who is sure that it is right
    counts for more than one who is a little in doubt, and all have to doubt it for a label to come first.

    Parameters
    ----------
    opinions : sequence of ndarray of shape (n, n_classes)
    labels : ndarray of shape (n,), int64

    Returns
    -------
    ndarray of shape (n,), float64
    """
    rows = np.arange(len(labels))
    return -np.mean([np.log(own[rows, labels].astype(np.float64) + FLOOR) for own in opinions], axis=0)
