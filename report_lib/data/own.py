"""A person's own images, put together: read, brought to grey, their labels coded, a test part drawn where there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from report_lib.common.errors import ReportError
from report_lib.data import arrays, cache, formats, labels, named_labels, pixels
from report_lib.data.images import ImageSet, drawn, sha256, split
from report_lib.data.source import Asked, Part, Source, divided

# Originals that a page shows.
_N_SHOWN = 12


def load(
    source: str,
    asked: Asked,
    *,
    labels_path: str = "",
    use_labels: bool = True,
    test_size: float,
    n_images: int,
    seed: int,
) -> ImageSet:
    """Load the images of a file or a folder; parameters are those of `datasets.load`, which has what is raised."""
    path, found = formats.find(source), everything(source, asked, labels_path=labels_path, use_labels=use_labels)
    what = f"The {'folder' if path.is_dir() else 'file'} {path.name}"
    about = {"recognised": found.recognised, "skipped": found.skipped}
    if "all" not in found.parts:
        images = _in_parts(found, title(path), f"{what}, with train and test parts of its own.", about)
        return drawn(images, n_images, seed=seed)
    part = found.parts["all"]
    given = {"test_size": test_size, "n_images": n_images, "seed": seed, "origin": what}
    images = split(title(path), part.images, part.labels, found.class_names, **given)
    names = [None if part.names is None else part.names[rows] for rows in (images.train_rows, images.test_rows)]
    shown = None if found.originals is None else _first(found.originals, images.train_rows)
    return replace(images, train_names=names[0], test_names=names[1], originals=shown, **about)


def everything(source: str, asked: Asked, *, labels_path: str = "", use_labels: bool = True) -> Source:
    """Return all images of a file or a folder, in grey, and their labels in codes."""
    path = formats.find(source)
    try:
        return _prepared(path, asked, formats.find(labels_path) if labels_path else None, use_labels)
    except PermissionError as error:
        where = error.filename or path
        raise ReportError(f"{where}: no permission to read it; `chmod -R u+rX` on it gives you that") from error


def title(path: Path) -> str:
    """Return what a source is called: its name without what says its kind."""
    ends = sorted((end for known in formats.FORMATS.values() for end in known.suffixes), key=len, reverse=True)
    end = next((end for end in ends if path.name.lower().endswith(end) and not path.is_dir()), "")
    return path.name[: len(path.name) - len(end)].rstrip(".-_") or path.name


def _prepared(path: Path, asked: Asked, labels_path: Path | None, use_labels: bool) -> Source:
    """Return images in grey and labels in codes, from the cache where reading is slow and it was done before."""
    kind = formats.format_of(path)
    for name, value in vars(asked).items():
        if value != getattr(Asked(), name) and name not in kind.takes:
            raise ReportError(f"dataset.{name} has no meaning for {kind.title}; remove it")
    files = [path, *([labels_path] if labels_path else [])]
    key = cache.key(files, asked, use_labels=use_labels) if kind.slow else ""
    kept = cache.find(key) if key else None
    if kept is not None:
        return kept
    found = _in_grey(formats.read(path, asked), asked, path)
    found = _with_codes(found, path, labels_path, asked) if use_labels else _without_labels(found)
    if key:
        cache.keep(key, found)
    return found


def _in_grey(found: Source, asked: Asked, path: Path) -> Source:
    parts = list(found.parts.values())
    shapes = sorted({part.images.shape[1:] for part in parts})
    if len(shapes) > 1:
        said = " and ".join(
            f"{name} has images of {' × '.join(map(str, part.images.shape[1:]))}" for name, part in found.parts.items()
        )
        raise ReportError(f"{path}: {said}; all need one shape")
    if asked.image_shape and shapes[0][:2] != asked.image_shape:
        h, w = shapes[0][:2]
        raise ReportError(f"{path}: images are {h} × {w}, but dataset.image_shape is {list(asked.image_shape)}")
    # What 8 bits a pixel mean does not depend on the other parts; of anything else the range of all tells.
    apart = len(parts) == 1 or all(part.images.dtype == np.uint8 for part in parts)
    given = [part.images for part in parts] if apart else [np.concatenate([part.images for part in parts])]
    greys = [pixels.as_grey(images, colour=asked.colour, size=asked.size, where=str(path)) for images in given]
    made = [grey.images for grey in greys]
    images = dict(zip(found.parts, made, strict=True)) if apart else divided(made[0], found.parts)
    return replace(
        found,
        parts={name: replace(part, images=images[name]) for name, part in found.parts.items()},
        recognised="; ".join([found.recognised, *greys[0].changes]),
        originals=greys[0].originals if found.originals is None else found.originals,
    )


def _with_codes(found: Source, path: Path, labels_path: Path | None, asked: Asked) -> Source:
    if labels_path:
        found = _labelled_by(found, labels_path, asked.keys)
    where = str(labels_path or path)
    codes, names = labels.encode(found.parts, class_names=found.class_names, where=where)
    parts = {name: replace(part, labels=codes[name]) for name, part in found.parts.items()}
    return replace(found, parts=parts, class_names=names)


def _without_labels(found: Source) -> Source:
    parts = {name: replace(part, labels=None) for name, part in found.parts.items()}
    return replace(found, parts=parts, class_names=())


def _labelled_by(found: Source, path: Path, keys: tuple[str, ...]) -> Source:
    """Give images the labels of a file: by name where it has names, else in its order, train images first."""
    parts = found.parts
    n, skipped = sum(len(part.images) for part in parts.values()), ()
    named = all(part.names is not None for part in parts.values())
    names = np.concatenate([part.names for part in parts.values()]).tolist() if named else []
    array = path.name.lower().endswith((".npy", ".npy.gz"))
    with arrays.readable(path):
        rows = None if array else named_labels.parse(path.read_bytes(), str(path), names, keys)
    if rows is not None and named:
        values, n_unknown = named_labels.match(names, rows)
        if all(value is None for value in values):
            raise ReportError(
                f"{path}: names none of the images, such as {names[0]}; its first row has {next(iter(rows), '')}"
            )
        column, skipped = named_labels.as_column(values), named_labels.sentences(values, n_unknown, path.name)
    else:
        column = arrays.found_npy(path).load() if array else named_labels.column(path.read_bytes(), str(path), n)
    if len(column) != n:
        raise ReportError(f"{path}: {n} images, but {len(column)} labels; each image needs one")
    columns = divided(column, parts)
    return replace(
        found,
        parts={name: replace(part, labels=columns[name]) for name, part in parts.items()},
        recognised=f"{found.recognised.removesuffix(', without labels')}; labels from {path.name}",
        skipped=(*found.skipped, *skipped),
        class_names=(),
    )


def _in_parts(found: Source, title: str, origin: str, about: dict[str, str | tuple[str, ...]]) -> ImageSet:
    train, test = found.parts["train"], found.parts["test"]
    return ImageSet(
        title=title,
        train_images=train.images,
        test_images=test.images,
        train_labels=train.labels,
        test_labels=test.labels,
        class_names=found.class_names,
        hashes={f"{name}_{kind}": sha256(array) for name, part in found.parts.items() for kind, array in _arrays(part)},
        origin=origin,
        train_names=train.names,
        test_names=test.names,
        originals=None if found.originals is None else found.originals[:_N_SHOWN],
        **about,
    )


def _arrays(part: Part) -> list[tuple[str, np.ndarray]]:
    both = [("images", part.images), ("labels", part.labels)]
    return [(kind, array) for kind, array in both if array is not None]


def _first(originals: np.ndarray, rows: np.ndarray) -> np.ndarray | None:
    """Return the originals of the first train images; None where none of theirs were kept."""
    first = rows[:_N_SHOWN]
    shown = originals[first[first < len(originals)]]
    return shown if len(shown) else None
