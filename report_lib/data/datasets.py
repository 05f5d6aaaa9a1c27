"""Where images come from: found, verified, loaded. Nothing here changes a pixel."""

import re
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from report_lib import ROOT
from report_lib.common.arrays import UNKNOWN
from report_lib.common.errors import ReportError, did_you_mean
from report_lib.data import corrections as marked
from report_lib.data import idx, own
from report_lib.data.images import ImageSet, drawn, split
from report_lib.data.source import Asked, Part
from report_lib.data.text import briefly, visible, visible_classes
from report_lib.data.whole import Whole

MAX_CLASSES = 200


def load(
    source: str = "fashion_mnist",
    *,
    data_dir: str = "",
    labels: str = "",
    corrections: str = "",
    keys: list[str] | tuple[str, ...] = (),
    image_shape: list[int] | tuple[int, ...] = (),
    transpose: bool = False,
    colour: str = "luminance",
    size: int = 0,
    class_names: list[str] | tuple[str, ...] = (),
    test_size: float = 0.2,
    n_images: int = 70_000,
    use_labels: bool = True,
    seed: int = 0,
    sha256: dict[str, str] | None = None,
) -> ImageSet:
    """Load a data set by name, or images of one's own.

    Parameters
    ----------
    source : str
        `fashion_mnist`, `mnist`, `digits`, or the path of a file or folder of images, from the project's root.
    data_dir : str
        Folder that holds the IDX files, or a sub-folder named after the data set; looked into first.
    labels : str
        Path of a file with labels: one for each image, in their order, or a table with names of files.
    corrections : str
        Path of a file of marks, whose labels are taken instead; see `corrections.apply`.
    keys, image_shape, transpose, colour, size
        See `source.Asked`.
    class_names : sequence of str
        One name a class, in the order of the sorted labels.
    test_size : float
        Share of the images held out, drawn with `seed`, where the data set has no test part of its own.
    n_images : int
        Of more, as many are drawn with `seed`; `whole` has them all.
    use_labels : bool
        False drops the labels.
    sha256 : dict of str to str, optional
        The hashes of what an earlier phase read; anything else is refused.

    Raises
    ------
    ReportError
        When the data cannot be found, read or verified, or is not what the report can work with.
    """
    asked = Asked(tuple(keys), tuple(image_shape), transpose, colour, size)
    if source in idx.DATASETS or source == "digits":
        _refuse_unused(source, data_dir=data_dir, labels=labels, **vars(asked))
        images = _from_digits(test_size, n_images, seed) if source == "digits" else _from_idx(source, data_dir)
        images = drawn(images, n_images, seed=seed)
    else:
        _refuse_misspelt(source)
        if data_dir:
            raise ReportError(f"dataset.data_dir has no meaning for source {source!r}; remove it")
        with briefly():
            images = own.load(
                source,
                asked,
                labels_path=labels,
                use_labels=use_labels,
                test_size=test_size,
                n_images=n_images,
                seed=seed,
            )
    images = _name_classes(images, tuple(class_names)) if use_labels else images.without_labels(aside=False)
    images = replace(
        images,
        class_names=visible_classes(images.class_names),
        train_names=visible(images.train_names),
        test_names=visible(images.test_names),
    )
    _refuse_degenerate(images)
    images = marked.apply(images, corrections) if corrections else images
    images = _with_usable_labels(images.with_labels_to_judge_by())
    refuse_replaced(images.hashes, sha256, source, labels, corrections)
    if images.n_source and not find_spec("pyarrow"):
        raise ReportError(
            f"{source}: {images.n_source:,} images; the answers for all of them go to a Parquet file, which takes pyarrow: "
            "`python -m pip install pyarrow`, or raise dataset.n_images"
        )
    return images


def whole(images: ImageSet, spec: dict[str, Any]) -> Whole | None:
    """Return all images of a source, of which `load` has drawn some; None where it has drawn none.

    Parameters
    ----------
    images : ImageSet
        As `load` has returned it.
    spec : dict
        What `load` was given, by name.
    """
    if not images.n_source:
        return None
    source = spec["source"]
    if source == "digits":
        parts = {"all": Part(*_digits())}
    elif source in idx.DATASETS:
        found = idx.load(source, spec["data_dir"])
        parts = {part: Part(found[f"{part}_images"], found[f"{part}_labels"]) for part in ("train", "test")}
    else:
        given = {"labels_path": spec["labels"], "use_labels": spec["use_labels"]}
        with briefly():
            parts = own.everything(source, Asked.of(spec), **given).parts
    if not images.has_labels:
        parts = {name: replace(part, labels=None) for name, part in parts.items()}
    return Whole(parts, images)


def refuse_replaced(
    found: dict[str, str], expected: dict[str, str] | None, source: str, labels: str = "", corrections: str = ""
) -> None:
    """Hold all phases of a run to the same bytes; parts are known by their hashes.

    Raises
    ------
    ReportError
        Names the file that was replaced.
    """
    if expected is None or found == expected:
        return
    parts = sorted(part for part in {*found, *expected} if found.get(part) != expected.get(part))
    file = labels if labels and all(part.endswith("labels") for part in parts) else source
    file = corrections if parts == ["corrections"] else file
    raise ReportError(f"{file}: replaced while the run was under way ({', '.join(parts)}); start the run again")


def _refuse_misspelt(source: str) -> None:
    """Say which names there are where a plain word is no path."""
    if not re.search(r"[./~]", source) and not (ROOT / source).exists():
        known = [*idx.DATASETS, "digits"]
        hint = did_you_mean(source, known)
        raise ReportError(
            f"dataset.source: no data set {source!r}; {hint and hint + ' '}known: {', '.join(known)}, or the path of a file or "
            "folder"
        )


def _refuse_unused(source: str, **options: object) -> None:
    """Refuse a parameter that would be ignored: nobody would see the mistake."""
    default = vars(Asked()) | {"labels": "", "data_dir": options["data_dir"] if source in idx.DATASETS else ""}
    for name, value in options.items():
        if value != default[name]:
            raise ReportError(f"dataset.{name} has no meaning for source {source!r}; remove it")


def _from_idx(name: str, data_dir: str) -> ImageSet:
    known = idx.DATASETS[name]
    parts = idx.load(name, data_dir)
    return ImageSet(
        title=known.title,
        train_images=parts["train_images"],
        test_images=parts["test_images"],
        train_labels=parts["train_labels"].astype(np.int64),
        test_labels=parts["test_labels"].astype(np.int64),
        class_names=known.class_names,
        hashes=dict(known.sha256),
        origin=f"{known.title}, the published train and test parts; {known.licence}.",
    )


def _from_digits(test_size: float, n_images: int, seed: int) -> ImageSet:
    names = tuple(map(str, range(10)))
    origin = "The optical digits of scikit-learn (UCI, CC BY 4.0)"
    given = {"test_size": test_size, "n_images": n_images, "seed": seed, "origin": origin}
    return split("Digits", *_digits(), names, **given)


def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.images.astype(np.uint8), bunch.target.astype(np.int64)


def _name_classes(images: ImageSet, names: tuple[str, ...]) -> ImageSet:
    if not names:
        return images
    if not images.has_labels:
        raise ReportError("dataset.class_names is set, but the images have no labels; remove it or give labels")
    if len(names) != len(images.class_names):
        raise ReportError(f"dataset.class_names has {len(names)} names for {len(images.class_names)} classes")
    if len(set(names)) < len(names):
        raise ReportError(f"dataset.class_names has a name twice: {', '.join(names)}; each class needs its own")
    return replace(images, class_names=names)


def _refuse_degenerate(images: ImageSet) -> None:
    n = len(images.train_images) + len(images.test_images)
    if n < 2:
        raise ReportError(f"{images.title}: there is one image only; structure takes several")
    sample = images.train_images
    if (sample == sample[:1]).all():
        raise ReportError(f"{images.title}: the train images are all the same; there is no structure to find")


def _with_usable_labels(images: ImageSet) -> ImageSet:
    """Leave out labels that nothing can be scored against, and say so."""
    if not images.has_labels:
        return images
    known = images.train_labels[images.train_labels != UNKNOWN]
    n_classes = len(np.unique(known))
    if n_classes < 2:
        what = (
            f"all known labels are {images.class_names[known[0]]}" if n_classes else "no train image has a known label"
        )
        return images.without_labels(f"Labels are left out: {what}, so there is nothing to score against.")
    # Where only some are known yet, few of each class is what there is.
    like_ids = len(known) == len(images.train_labels) and 2 * n_classes > len(known)
    if like_ids or len(images.class_names) > MAX_CLASSES:
        what = f"{len(images.class_names):,} classes are more than the {MAX_CLASSES} that a page can show"
        if like_ids:
            what = f"{len(images.class_names):,} classes for {len(known):,} train images look like ids"
        return images.without_labels(f"Labels are left out: {what}; group them to have them used.")
    return images
