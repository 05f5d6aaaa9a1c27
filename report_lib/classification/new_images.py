"""The model for new images that a run makes: tried, kept in arrays and JSON, loaded without running any code, asked."""

import hashlib
import logging
import math
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from report_lib.classification.forward import ConvForward
from report_lib.classification.predictor import Answers, Predictor
from report_lib.clustering.gradients import EdgeHistograms
from report_lib.clustering.methods import HOG
from report_lib.common.arrays import NOISE, sample_rows
from report_lib.common.errors import ReportError
from report_lib.common.keep import kept
from report_lib.data.images import ImageSet
from report_lib.reduction.linear_maps import Axes, LinearRepresentation, Scaling

if TYPE_CHECKING:
    from report_lib.classification.supervised import League
    from report_lib.clustering.representations import Representation

log = logging.getLogger(__name__)
FORMAT = 1
# Pixels may leave the range of the train images by this share of it; all within less than `NARROWEST` are on another scale.
MARGIN, NARROWEST, FEW_PIXELS = 0.1, 0.1, 0.001
# Test images that are changed on purpose, to see whether they are called unlike any seen.
N_CHANGED = 1_000
PACKAGES = ("numpy", "scikit-learn")
NOT_THERE = "not there, so the run cannot predict; with classification.keep_model a run keeps a model"
_DAMAGED = (
    ValueError, TypeError, AttributeError, IndexError, RuntimeError, OSError, EOFError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
COLUMNS = ("row", "cluster", "class", "probability", "margin", "as_unusual", "like_seen")


def build(
    pixels: LinearRepresentation,
    shape: EdgeHistograms | None,
    codes: np.ndarray,
    clusters: dict[str, np.ndarray],
    images: ImageSet,
    network: Any,
) -> Predictor:
    """Put together what a run found, not yet calibrated.

    Parameters
    ----------
    codes : ndarray of shape (n_train, d)
        Of the train images.
    clusters : dict
        As the phase before hands them on: `train`, `n_neighbors` and, where the nearest centre is the rule, `centers`.
    images : ImageSet
        For the labels, and for the shape and the range of the train images.
    network : ConvClassifier, or None
    """
    n_neighbors = min(clusters["n_neighbors"].item(), len(codes))
    none = np.empty(0, np.float32)
    # What answers in the run is what answers once it is loaded.
    network = network and ConvForward(**network.arrays())
    return Predictor(
        pixels, shape, codes, clusters["train"], clusters.get("centers"), images.train_labels, none, none, network,
        images.class_names, n_neighbors, images.image_shape, *map(float, images.limits),
    )  # fmt: skip


def calibrate(predictor: Predictor, test_images: np.ndarray) -> tuple[Predictor, Answers]:
    """Return the predictor that knows how far test images are from train images, and its answers for these."""
    answers = predictor.predict(test_images)
    known = replace(predictor, distances=np.sort(answers.distance), residuals=np.sort(answers.residual))
    return known, replace(answers, as_unusual=known.as_unusual(answers.distance, answers.residual))


def unlike(predictor: Predictor, images: np.ndarray, *, random_state: int) -> dict[str, float]:
    """Return the share of ordinary and of strange images that are called unlike anything seen, by kind."""
    kinds = strange_images(images, predictor.low, predictor.high, random_state=random_state)
    return {kind: float(np.mean(~predictor.predict(changed).like_seen)) for kind, changed in kinds.items()}


def strange_images(images: np.ndarray, low: float, high: float, *, random_state: int) -> dict[str, np.ndarray]:
    """Make images unlike any seen out of some that were: upside down, inverted, and with their pixels shuffled."""
    n, h, w = images.shape
    order = np.random.default_rng(random_state).permutation(h * w)
    return {
        "as they are": images,
        "upside down": images[:, ::-1],
        "inverted": (low + high - np.clip(images.astype(np.float64), low, high)).astype(images.dtype),
        "pixels shuffled": images.reshape(n, -1)[:, order].reshape(n, h, w),
    }


@dataclass(frozen=True)
class NewImages:
    """The model for new images, and how far it may be trusted.

    Attributes
    ----------
    predictor : Predictor
    answers : Answers
        For the test images.
    agreement : float
        Share of the test images that it puts into the cluster that the run has them in.
    called_unlike : dict of str to float
        As `unlike` returns it.
    """

    predictor: Predictor
    answers: Answers
    agreement: float
    called_unlike: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, under the names of `metrics.json`."""
        return {"model": {"called_unlike": self.called_unlike, "same_cluster_as_the_run": self.agreement}}


@kept
def learn(
    images: ImageSet,
    representation: "Representation",
    clusters: dict[str, np.ndarray],
    league: "League | None",
    *,
    features: dict[str, np.ndarray],
    scaler: dict[str, np.ndarray],
    pca: dict[str, np.ndarray],
    hog: dict[str, np.ndarray],
    wanted: bool,
    random_state: int,
) -> NewImages | None:
    """Put together what the run found into a model for new images, and try it; None where none is wanted.

    Parameters
    ----------
    representation : Representation
        Used where the clusters were found on it; otherwise they are looked for on `features`.
    clusters : dict
        As for `build`, with `test` and `on`, the title of the representation that they were found on.
    league : League or None
        Whose convolutional network tells the class, where there is one.
    features : dict with `train`
        Principal components of the train images.
    scaler, pca, hog : dict of str to ndarray
        What the phases before kept of their descriptions.
    """
    if not wanted:
        return None
    pixels = LinearRepresentation(Scaling.from_arrays(**scaler), Axes.from_arrays(**pca))
    by_shape = clusters["on"].item() == representation.title == HOG
    shape = EdgeHistograms.from_arrays(**hog) if by_shape else None
    codes = representation.train if by_shape else features["train"]
    network = league.models["conv"].network if league and "conv" in league.models else None
    predictor, answers = calibrate(build(pixels, shape, codes, clusters, images, network), images.test_images)
    changed = images.test_images[sample_rows(len(images.test_images), N_CHANGED, random_state)]
    return NewImages(
        predictor,
        answers,
        agreement=float((answers.clusters == clusters["test"]).mean()),
        called_unlike=unlike(predictor, changed, random_state=random_state),
    )


class About(BaseModel):
    """What stands beside the arrays of a predictor, in JSON."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    format: int
    run: str
    sha256: str
    image_shape: Annotated[list[int], Field(min_length=2, max_length=2)]
    low: float
    high: float
    class_names: list[str]
    n_neighbors: Annotated[int, Field(ge=1)]
    versions: dict[str, str]


def to_arrays(predictor: Predictor) -> dict[str, np.ndarray]:
    """Return the arrays of a predictor, none of which needs pickling."""
    found = {name: getattr(predictor, name) for name in ("train", "clusters", "distances", "residuals")}
    found |= {name: own for name in ("centers", "labels") if (own := getattr(predictor, name)) is not None}
    pca = predictor.pixels.reducer
    found |= _prefixed("pca", pca.arrays(pca.n_components))
    parts = {"scaler": predictor.pixels.scaler, "gradients": predictor.shape, "network": predictor.network}
    for name, part in parts.items():
        found |= _prefixed(name, part.arrays() if part is not None else {})
    return found


def _prefixed(name: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{name}/{key}": value for key, value in arrays.items()}


def about(predictor: Predictor, run: str, path: Path) -> dict[str, Any]:
    """Return what `About` holds of a predictor whose arrays were kept in a file."""
    found = About(
        format=FORMAT, run=run, sha256="", image_shape=list(predictor.image_shape), low=predictor.low,
        high=predictor.high, class_names=list(predictor.class_names), n_neighbors=predictor.n_neighbors,
        versions={package: version(package) for package in PACKAGES},
    )  # fmt: skip
    return found.model_dump() | {"sha256": checksum(path, found)}


def load(run: str, about_path: Path, arrays_path: Path) -> Predictor:
    """Return the predictor of a run.

    Raises
    ------
    ReportError
        When a file is missing, truncated, changed, or another run's; says what to do.
    """
    again = f"make {run} again with the `make report` that made it"
    known = _read_about(about_path, again)
    if known.run != run:
        raise ReportError(f"{about_path}: belongs to the run {known.run}, not to {run}; {again}")
    if not arrays_path.is_file():
        raise ReportError(f"{arrays_path}: {NOT_THERE}; {again}")
    _compare_versions(known)
    if checksum(arrays_path, known) != known.sha256:
        raise ReportError(
            f"{arrays_path}: it and {about_path.name} are not what the run saved: truncated, changed, or another run's; {again}"
        )
    try:
        with np.load(arrays_path, allow_pickle=False) as archive:
            return _from_arrays({name: archive[name] for name in archive.files}, known)
    except KeyError as error:
        raise ReportError(f"{arrays_path}: holds no {error} of a model; {again}") from error
    except _DAMAGED as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ReportError(f"{arrays_path}: does not hold a model of this program ({first}); {again}") from error


def _compare_versions(known: About) -> None:
    for package, then in known.versions.items():
        try:
            now = version(package)
        except PackageNotFoundError as error:
            raise ReportError(f"the model needs {package}, which is not installed; `pip install {package}`") from error
        if now != then:
            log.warning("saved with %s %s, this is %s: last digits may differ", package, then, now)


def _read_about(path: Path, again: str) -> About:
    if not path.is_file():
        raise ReportError(f"{path}: {NOT_THERE}; {again}")
    try:
        known = About.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ReportError(
            f"{path}: truncated or changed ({where + ': ' if where else ''}{first['msg']}); {again}"
        ) from error
    if known.format != FORMAT:
        raise ReportError(f"{path}: has the format {known.format}, this program reads {FORMAT}; {again}")
    return known


def _from_arrays(arrays: dict[str, np.ndarray], known: About) -> Predictor:
    parts: dict[str, dict[str, np.ndarray]] = {}
    for name, value in arrays.items():
        part, _, key = name.rpartition("/")
        parts.setdefault(part, {})[key] = value
    plain = parts[""]
    lengths = {len(plain[name]) for name in ("train", "clusters", "labels") if name in plain}
    n_pixels = len(parts["pca"]["mean"])
    if (
        len(lengths) > 1
        or known.n_neighbors > min(lengths)
        or math.prod(known.image_shape) != n_pixels
        or known.low >= known.high
    ):
        raise ValueError("its parts do not fit one another")
    if "labels" in plain and int(plain["labels"].max()) >= len(known.class_names):
        raise ValueError("its labels and class names do not fit one another")
    pixels = LinearRepresentation(Scaling.from_arrays(**parts["scaler"]), Axes.from_arrays(**parts["pca"]))
    shape = EdgeHistograms.from_arrays(**parts["gradients"]) if "gradients" in parts else None
    return Predictor(
        pixels, shape, plain["train"], plain["clusters"], plain.get("centers"), plain.get("labels"),
        distances=plain["distances"], residuals=plain["residuals"],
        network=ConvForward(**parts["network"]) if "network" in parts else None, class_names=known.class_names,
        n_neighbors=known.n_neighbors, image_shape=tuple(known.image_shape), low=known.low, high=known.high,
    )  # fmt: skip


def checksum(path: Path, known: About) -> str:
    """Return the checksum of the arrays and of all that is said of them."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
    found.update(known.model_copy(update={"sha256": ""}).model_dump_json().encode())
    return found.hexdigest()


def check_images(images: np.ndarray, predictor: Predictor, path: Path | str) -> None:
    """Refuse images of another shape or range than the run's.

    Raises
    ------
    ReportError
    """
    h, w = predictor.image_shape
    if images.shape[1:] != (h, w):
        raise ReportError(
            f"{path}: images of {images.shape[1]} × {images.shape[2]} pixels; the run had {h} × {w}; resize them"
        )
    low, high = float(images.min()), float(images.max())
    span = predictor.high - predictor.low
    known = f"the run's reach from {predictor.low:g} to {predictor.high:g}"
    # A few bright pixels are no other scale.
    most = np.quantile(images, (FEW_PIXELS, 1 - FEW_PIXELS))
    beyond = most[0] < predictor.low - MARGIN * span or most[1] > predictor.high + MARGIN * span
    if beyond or high - low < NARROWEST * span:
        reach = f"reach {'' if beyond else 'only '}from {low:g} to {high:g}"
        raise ReportError(
            f"{path}: pixels {reach}, but {known}; bring them to that range{_times(low, high, predictor)}"
        )


def _times(low: float, high: float, predictor: Predictor) -> str:
    """Say by how much a scale from 0 differs from the run's, where it is another one."""
    if min(low, predictor.low) < 0 or min(high, predictor.high) <= 0:
        return ""
    ratio = predictor.high / high
    if 0.5 < ratio < 2:
        return ""
    return f", about {max(ratio, 1 / ratio):.3g} times as {'large' if ratio > 1 else 'small'}"


def table(answers: Answers, class_names: Sequence[str], rows: Sequence[int] | None = None) -> list[tuple[object, ...]]:
    """Return one row an image, in the order of `COLUMNS`; clusters are named as in the report, C1 the largest.

    Parameters
    ----------
    rows : sequence of int, or None
        Where the images stand in their file; None for one after the other.
    """
    rows = range(len(answers.clusters)) if rows is None else rows
    clusters = named_clusters(answers)
    classes = [""] * len(clusters) if answers.classes is None else told(answers, class_names)
    numbers = (map(str, values) for values in (answers.probability, answers.margin, answers.as_unusual))
    like_seen = ["yes" if like else "no" for like in answers.like_seen]
    return list(zip(rows, clusters, classes, *numbers, like_seen, strict=True))


def told(answers: Answers, class_names: Sequence[str]) -> list[str]:
    """Return the name of the class of each image, or of its cluster where there are no classes."""
    if answers.classes is None:
        return named_clusters(answers)
    return [class_names[c] for c in answers.classes.tolist()]


def named_clusters(answers: Answers) -> list[str]:
    """Return the name of the cluster of each image, C1 the largest, or that it is noise."""
    return ["noise" if c == NOISE else f"C{c + 1}" for c in answers.clusters.tolist()]


def rows_of(model: NewImages | None, images: ImageSet) -> list[tuple[object, ...]] | None:
    """Return `table` for the test images, where there is a model."""
    return None if model is None else table(model.answers, images.class_names, images.rows["test"])
