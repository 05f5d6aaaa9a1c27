"""Sentences on what a run can say of new images."""

from report_lib.classification.new_images import NewImages
from report_lib.common.arrays import UNKNOWN
from report_lib.common.display import passes_none
from report_lib.common.prose import listed, percent
from report_lib.data.images import ImageSet

SURE = 0.9


@passes_none
def unlike(model: NewImages) -> str | None:
    """Say how well strange images are told from ordinary ones."""
    shares = model.called_unlike
    _, *others = shares
    said = ", ".join(f"{name} {percent(shares[name], 1)}" for name in others)
    return (
        "The limit is set so that about 1% of the test images are called unlike anything seen. Of test images changed on "
        f"purpose it calls so: {said}."
    )


@passes_none
def model(model: NewImages, run: str) -> str | None:
    """Say what the saved model does and how to ask it."""
    predictor, agreement = model.predictor, model.agreement
    by = "a vote of the nearest train images" if predictor.network is None else "the convolutional network"
    told = f"the class by {by}" if predictor.labels is not None else "no class, as there were no labels"
    rule = "" if agreement == 1 else (
        f" Its clusters are those of this run for {percent(agreement, 1)} of the test images: it goes by the nearest images."
    )  # fmt: skip
    return (
        f"The model of this run gives the cluster, {told}, how sure it is, and whether the image is like anything seen. Its "
        f"files hold arrays and text, and run no code when loaded. `make predict RUN={run} IMAGES=new.npy` writes "
        f"`new.predictions.csv`, and `new.predictions.html` with pictures.{rule}"
    )


@passes_none
def answers(model: NewImages, images: ImageSet) -> str | None:
    """Say how far to trust the model: when it is sure and when not, when an image is flagged and when not."""
    found, labels = model.answers, images.test_labels
    sure = found.probability >= SURE
    said = f"It is at least {percent(SURE)} sure of {percent(sure.mean(), 1)} of the test images."
    if labels is None:
        return said
    known = labels != UNKNOWN
    sure, flagged, right = sure[known], ~found.like_seen[known], found.classes[known] == labels[known]
    parts = {"these": sure, "the others": ~sure}
    rates = [f"{percent(right[rows].mean(), 1)} of {name}" for name, rows in parts.items() if rows.any()]
    said += f" It is right for {listed(rates)}."
    if 0 < flagged.sum() < len(flagged):
        said += (
            f" It is right for {percent(right[flagged].mean(), 1)} of the {flagged.sum():,} test images that are unlike "
            f"anything seen, and for {percent(right[~flagged].mean(), 1)} of the rest."
        )
    return said
