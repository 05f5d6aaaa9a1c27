"""The lists that a run leaves, cut to what a person may look through on the page, with a picture of each image."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from report_lib.classification.audit import Issues
from report_lib.classification.datamap import to_bytes
from report_lib.classification.label_choice import Choice
from report_lib.classification.new_images import NewImages
from report_lib.common.style import cluster_names
from report_lib.data.images import ImageSet

MOST = 100


@dataclass(frozen=True)
class Listing:
    """Some images of one part, in an order.

    Attributes
    ----------
    name : str
    images : ImageSet
        That they are of.
    part : {"train", "test"}
    positions : ndarray of shape (n,), int
        In the part.
    columns : dict of str to ndarray of shape (n,)
        What is told of each.
    """

    name: str
    images: ImageSet
    part: str
    positions: np.ndarray
    columns: dict[str, np.ndarray]

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what the page needs but for pictures, each under the name of the list and its own."""
        names = getattr(self.images, f"{self.part}_names")
        known = {"row": self.images.rows[self.part][self.positions]}
        known |= {} if names is None else {"name": names[self.positions]}
        return {f"{self.name}/{key}": np.asarray(values) for key, values in {**known, **self.columns}.items()}

    @property
    def pictures(self) -> np.ndarray:
        """The images, of shape (n, h, w)."""
        return getattr(self.images, f"{self.part}_images")[self.positions]


def build(images: ImageSet, choice: Choice, issues: Issues | None, model: NewImages | None) -> dict[str, np.ndarray]:
    """Return the lists that the run has, `MOST` images of each, as arrays.

    Returns
    -------
    dict of str to ndarray
        `list/column` of each, and `pictures`, uint8 of shape (n, h, w), of one list after the other; `marks/column` of
        what a person has said of labels before.
    """
    found = [_to_label(images, choice), *_doubtful(images.known, issues), *_least_sure(images, model)]
    found = [one for one in found if len(one.positions)]
    arrays = {key: values for one in found for key, values in one.arrays().items()}
    shown = [one.pictures for one in found]
    empty = np.zeros((0, *images.image_shape), np.uint8)
    return arrays | _marked(images) | {"pictures": to_bytes(np.concatenate(shown)) if shown else empty}


def _marked(images: ImageSet) -> dict[str, np.ndarray]:
    marks = images.marks
    if marks is None:
        return {}
    names = np.array([*images.class_names, ""], str)
    columns = {"part": [part for part, rows in marks.rows.items() for _ in rows]}
    for name, values in (("row", marks.rows), ("was", marks.before), ("label", marks.after)):
        together = np.concatenate(list(values.values()))
        columns[name] = together if name == "row" else names[together]
    return {f"marks/{name}": np.asarray(values) for name, values in columns.items()}


def _to_label(images: ImageSet, choice: Choice) -> Listing:
    clusters = np.array([f"C{cluster + 1}" for cluster in choice.clusters[:MOST]], str)
    columns = {"cluster": clusters, "stands_for": choice.stands_for[:MOST]}
    return Listing("label_next", images, "train", choice.rows[:MOST], columns)


def _doubtful(known: ImageSet, issues: Issues | None) -> Iterator[Listing]:
    names = np.array(known.class_names, str)
    for part in ("test", "train") if issues else ():
        judged = issues.parts[part]
        rows = judged.ranking[:MOST]
        likelier = np.where(judged.suggested == judged.labels, "", names[judged.suggested])
        columns = {"label": names[judged.labels[rows]], "likelier": likelier[rows],
                   "probability_of_label": judged.quality[rows]}  # fmt: skip
        yield Listing(f"doubt_{part}", known, part, rows, columns)


def _least_sure(images: ImageSet, model: NewImages | None) -> Iterator[Listing]:
    if model is None:
        return
    answers = model.answers
    rows = np.argsort(answers.margin, kind="stable")[:MOST]
    if answers.classes is None:
        clusters = np.array(["noise", *cluster_names(int(answers.clusters.max()) + 1)])
        told = {"cluster": clusters[answers.clusters[rows] + 1]}
    else:
        names = np.array([*images.class_names, "unknown"], str)
        told = {"label": names[images.test_labels[rows]], "class": names[answers.classes[rows]]}
    columns = told | {"probability": answers.probability[rows], "margin": answers.margin[rows]}
    yield Listing("least_sure", images, "test", rows, columns)
