"""Where images come from: found, verified, loaded. Nothing here changes a pixel."""

from pathlib import Path

import numpy as np

from report_lib.common.errors import ReportError
from report_lib.data import formats, idx
from report_lib.data.images import ImageSet, split

MAX_CLASSES = 200


def load(
    source: str = "fashion_mnist",
    *,
    data_dir: str = "",
    labels_path: str = "",
    image_shape: list[int] | tuple[int, ...] = (),
    class_names: list[str] | tuple[str, ...] = (),
    test_size: float = 0.2,
    use_labels: bool = True,
    seed: int = 0,
) -> ImageSet:
    """Load a data set by name, or images from a file.

    Parameters
    ----------
    source : str
        `fashion_mnist`, `mnist`, `digits`, or the path of a `.npy` or `.npz` file, from the project's root.
    data_dir : str
        Folder that holds the IDX files, or a sub-folder named after the data set; looked into first.
    labels_path : str
        `.npy` file with one label for each image of a `.npy` file.
    image_shape : (height, width)
        Needed where a file holds one flat row for each image.
    class_names : sequence of str
        One name a class, in the order of the sorted labels.
    test_size : float
        Share of the images held out, drawn with `seed`, where the data set has no test part of its own.
    use_labels : bool
        False drops the labels.

    Raises
    ------
    ReportError
        When the data cannot be found, read or verified, or is not what the report can work with.
    """
    _refuse_unused(source, data_dir=data_dir, labels_path=labels_path, image_shape=image_shape)
    if source in idx.DATASETS:
        images = _from_idx(source, data_dir)
    elif source == "digits":
        images = _from_digits(test_size, seed)
    elif Path(source).suffix:
        given = {"labels_path": labels_path, "image_shape": tuple(image_shape)}
        images = formats.from_file(source, **given, test_size=test_size, seed=seed)
    else:
        known = ", ".join([*idx.DATASETS, "digits"])
        raise ReportError(
            f"dataset.source: no data set {source!r}; known: {known}, or the path of a file: {formats.KNOWN}"
        )
    images = _name_classes(images, tuple(class_names)) if use_labels else _without_labels(images)
    _refuse_degenerate(images)
    return images


def _refuse_unused(source: str, **options: object) -> None:
    """Refuse a parameter that would be ignored: nobody would see the mistake."""
    takes = {"data_dir"} if source in idx.DATASETS else set() if source == "digits" else {"labels_path", "image_shape"}
    for name, value in options.items():
        if value and name not in takes:
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


def _from_digits(test_size: float, seed: int) -> ImageSet:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = bunch.images.astype(np.uint8)
    labels, names = bunch.target.astype(np.int64), tuple(map(str, range(10)))
    origin = "The optical digits of scikit-learn (UCI, CC BY 4.0)"
    return split("Digits", images, labels, names, test_size=test_size, seed=seed, origin=origin)


def _name_classes(images: ImageSet, names: tuple[str, ...]) -> ImageSet:
    if not names:
        return images
    if not images.has_labels:
        raise ReportError("dataset.class_names is set, but the images have no labels; remove it or give labels")
    if len(names) != len(images.class_names):
        raise ReportError(f"dataset.class_names has {len(names)} names for {len(images.class_names)} classes")
    if len(set(names)) < len(names):
        raise ReportError(f"dataset.class_names has a name twice: {', '.join(names)}; each class needs its own")
    return ImageSet(**{**vars(images), "class_names": names})


def _without_labels(images: ImageSet) -> ImageSet:
    return ImageSet(**{**vars(images), "train_labels": None, "test_labels": None, "class_names": ()})


def _refuse_degenerate(images: ImageSet) -> None:
    sample = images.train_images
    if len(sample) == 0 or (sample == sample[:1]).all():
        raise ReportError(f"{images.title}: the train images are all the same; there is no structure to find")
    if images.has_labels and len(np.unique(images.train_labels)) < 2:
        raise ReportError(
            f"{images.title}: the labels hold one class only; give others or set dataset.use_labels to false"
        )
    n_labels = 0 if images.train_labels is None else len(images.train_labels)
    if images.has_labels and (len(images.class_names) > MAX_CLASSES or 2 * len(images.class_names) > n_labels):
        raise ReportError(
            f"{images.title}: {len(images.class_names)} classes for {n_labels} train images; the labels look like ids, or "
            f"more than the {MAX_CLASSES} classes that a page can show; group them or set dataset.use_labels to false"
        )
