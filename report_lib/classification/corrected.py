"""What the labels that a person has corrected change, as far as one run can tell."""

from dataclasses import dataclass

import numpy as np

from report_lib.classification.supervised import Score
from report_lib.common.arrays import UNKNOWN
from report_lib.common.display import passes_none
from report_lib.data.images import ImageSet


@dataclass(frozen=True)
class Effect:
    """How often a classifier is right by two sets of labels of the same test images.

    Attributes
    ----------
    title : str
        The classifier, which has learnt from the train labels as corrected.
    n_corrected : dict of str to int
        Labels that are other ones now, by part.
    accuracy, accuracy_as_given : float
        By the corrected labels, and by those that came.
    """

    title: str
    n_corrected: dict[str, int]
    accuracy: float
    accuracy_as_given: float

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        return {"corrected_labels": vars(self)}


@passes_none
def effect(score: Score | None, known: ImageSet) -> Effect | None:
    """Hold what a classifier says of the test images against their labels, as corrected and as they came.

    Parameters
    ----------
    score : Score, or None
    known : ImageSet
        The images whose labels are known, which the classifier was asked about.
    """
    marks, said = known.marks, score.predictions
    if marks is None or not sum(marks.n_corrected.values()):
        return None
    given, rows = known.test_labels.copy(), marks.rows["test"]
    given[np.searchsorted(known.rows["test"], rows)] = marks.before["test"]
    there = given != UNKNOWN
    return Effect(
        said.title,
        marks.n_corrected,
        float(np.mean(said.classes == known.test_labels)),
        float(np.mean(said.classes[there] == given[there])),
    )
