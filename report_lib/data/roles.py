"""Which arrays of a file are images and which are labels: told by their names and shapes."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from report_lib.common.errors import ReportError, did_you_mean
from report_lib.data.layout import images_first
from report_lib.data.source import Asked, Part, Source, join
from report_lib.data.text import few
from report_lib.data.words import IMAGES, LABELS, part_of, words

# More than this is no file of small images, whatever it claims; nothing is allocated for it.
MAX_BYTES = 16 * 2**30

_LABELS = set(LABELS)
_NAMES = {"list", "id", "ids", "name", "names", "file", "files", "filename", "filenames", "path", "paths"}


@dataclass(frozen=True)
class Found:
    """An array of a file that is not read yet.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    load : callable
        Reads it.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    load: Callable[[], np.ndarray]

    @property
    def thin(self) -> bool:
        """Whether it has one value an image at most."""
        return len(self.shape) == 1 or (len(self.shape) == 2 and 1 in self.shape)


def source(found: dict[str, Found], asked: Asked, path: Path, kind: str) -> Source:
    """Read the arrays of a file that are images and labels.

    Parameters
    ----------
    found : dict of str to Found
        By name; what lies in a group or a folder has the name `group/array`.
    asked : Asked
    path : Path
        For messages.
    kind : str
        What the file is, such as "NumPy archive".

    Raises
    ------
    ReportError
        When there are no images, or two readings of the names; both are named.
    """
    chosen = _asked_for(found, asked.keys, path) if asked.keys else _told_apart(found, path)
    used = {key for keys in chosen.values() for key in keys if key}
    for key in used:
        refuse_huge(found[key].shape, found[key].dtype, f"{path}: {key}")
    parts = {name: _read(found, keys, asked, path, name) for name, keys in chosen.items()}
    if "validation" in parts:
        parts["train"] = join([parts["train"], parts.pop("validation")], str(path))
    parts = dict(sorted(parts.items(), reverse=True))
    if len(parts) == 1:
        parts = {"all": next(iter(parts.values()))}
    class_names = _class_names(found, parts)
    left_out = sorted(set(found) - used - set(class_names))
    return Source(
        parts,
        recognised(parts, kind, next(found[keys[0]].dtype.name for keys in chosen.values()), chosen),
        (f"Not used: {few(left_out)}.",) if left_out else (),
        next(iter(class_names.values()), ()),
    )


def _class_names(found: dict[str, Found], parts: dict[str, Part]) -> dict[str, tuple[str, ...]]:
    """Return the array that names the classes, such as `class_names`, where labels are positions in it."""
    keys = [key for key, array in found.items() if _names_classes(words(key), array)]
    labels = [part.labels for part in parts.values() if part.labels is not None and part.labels.dtype.kind in "biuf"]
    if len(keys) != 1 or not labels:
        return {}
    names = tuple(_text(value) for value in found[keys[0]].load().ravel())
    # Labels that never are 0 may count from 1: which name is whose cannot be told then.
    first, last = min(map(np.nanmin, labels)), max(map(np.nanmax, labels))
    fits = len(set(names)) == len(names) and first <= 0 and last < len(names)
    return {keys[0]: names} if fits else {}


def _names_classes(said: set[str], array: Found) -> bool:
    return bool(said & _LABELS and said & _NAMES) and array.thin and array.dtype.kind in "US"


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def recognised(parts: dict[str, Part], kind: str, dtype: str, chosen: dict[str, tuple[str, ...]]) -> str:
    """Say in one line what a file was taken for."""
    counts = " + ".join(f"{len(part.images):,}" for part in parts.values())
    shape = " × ".join(map(str, next(iter(parts.values())).images.shape[1:]))
    named = " and ".join(" with ".join(key for key in keys[:2] if key) for keys in chosen.values())
    which = f" ({', '.join(parts)})" if len(parts) > 1 else ""
    said = next(iter(parts.values())).said
    return f"{counts} images{which} of {shape}, {dtype}, in {kind}{': ' if named else ''}{named}{'; ' if said else ''}{said}"


def refuse_huge(shape: tuple[int, ...], dtype: np.dtype, where: str) -> None:
    """Refuse what claims to be larger than any file of small images, before anything is allocated."""
    size = math.prod(map(int, shape)) * dtype.itemsize
    if size > MAX_BYTES:
        raise ReportError(
            f"{where}: claims the shape {str(shape)[:80]}, {min(size, 2**80) / 2**30:,.0f} GiB; more than "
            f"{MAX_BYTES >> 30} GiB is not read: is it damaged? Else take a part of it"
        )


def _asked_for(found: dict[str, Found], keys: tuple[str, ...], path: Path) -> dict[str, tuple[str, ...]]:
    for key in keys:
        if key not in found:
            hint = did_you_mean(key, found)
            raise ReportError(
                f"{path}: has no {key!r}, which dataset.keys names{hint and '; ' + hint} It has {_listed(found)}"
            )
    if len(keys) not in (1, 2, 4):
        raise ReportError(
            f"{path}: dataset.keys names {len(keys)} arrays; it takes images; or images, labels; or train images, train "
            "labels, test images, test labels"
        )
    if len(keys) < 4:
        return {"all": (*keys, "", "")[:3]}
    return {"train": (*keys[:2], ""), "test": (*keys[2:], "")}


def _listed(found: dict[str, Found]) -> str:
    return few(f"{key} {array.shape}" for key, array in found.items()) or "nothing"


def _told_apart(found: dict[str, Found], path: Path) -> dict[str, tuple[str, ...]]:
    """Return the names of images, labels and names for each part that has images."""
    if len(found) == 1:
        return {"all": (next(iter(found)), "", "")}
    parts: dict[str, dict[str, Found]] = {}
    for key, array in found.items():
        parts.setdefault(part_of(key), {})[key] = array
    chosen = {name: _roles(arrays, path) for name, arrays in parts.items()}
    lonely = [labels for images, labels, _ in chosen.values() if not images and words(labels) & _LABELS]
    chosen = {name: keys for name, keys in chosen.items() if keys[0]}
    if chosen and lonely:
        raise ReportError(
            f"{path}: has {lonely[0]}, but no images to go with it; name images and labels in dataset.keys"
        )
    if not chosen:
        raise ReportError(
            f"{path}: has {_listed(found)}, none of which looks like images; name images and labels in dataset.keys"
        )
    if "train" in chosen and "all" in chosen:
        raise _two_readings(path, "images", [chosen["train"][0], chosen["all"][0]])
    if ("all" in chosen and len(chosen) > 1) or ("train" not in chosen and "validation" in chosen):
        chosen["train"] = chosen.pop("all" if "all" in chosen else "validation")
    return chosen


def _roles(arrays: dict[str, Found], path: Path) -> tuple[str, str, str]:
    """Return which of the arrays of one part are its images, its labels and its names; empty for none."""
    roles: dict[str, list[str]] = {"images": [], "labels": [], "names": []}
    for key, array in arrays.items():
        role = _role(words(key), array)
        if role:
            roles[role].append(key)
    images = _one_of(roles["images"], IMAGES, arrays, path, "images")
    if not images:
        return "", next(iter(roles["labels"]), ""), ""
    flat = [key for key in roles["images"] if key != images and len(arrays[key].shape) == 2]
    same_length = [key for key in flat if arrays[key].shape[0] == arrays[images].shape[0]]
    labels = _one_of(roles["labels"] or same_length, _LABELS, arrays, path, "labels")
    names = roles["names"][0] if len(roles["names"]) == 1 else ""
    return images, labels, names


def _role(said: set[str], array: Found) -> str:
    if not array.shape or array.dtype.kind not in "biufUSOc":
        return ""
    if said & _LABELS:
        return "" if said & _NAMES else "labels"
    if said & _NAMES and array.thin:
        return "names"
    if array.thin or array.dtype.kind in "USO":
        return "labels"
    return "images"


def _one_of(keys: list[str], wanted: set[str], arrays: dict[str, Found], path: Path, role: str) -> str:
    """Return the only one, or the only one that is called so, or the only one that has rows and columns."""
    if role == "images" and len(keys) > 1:
        named = [key for key in keys if words(key) & wanted]
        keys = named or [key for key in keys if len(arrays[key].shape) > 2] or keys
    elif len(keys) > 1:
        keys = [key for key in keys if words(key) & wanted] or keys
    if len(keys) > 1:
        raise _two_readings(path, role, keys)
    return keys[0] if keys else ""


def _two_readings(path: Path, role: str, keys: list[str]) -> ReportError:
    both = " or ".join(keys) if len(keys) == 2 else few(keys)
    return ReportError(f"{path}: the {role} may be {both}; name images and labels in dataset.keys")


def _read(found: dict[str, Found], keys: tuple[str, ...], asked: Asked, path: Path, part: str) -> Part:
    images_key, labels_key, names_key = keys
    labels = found[labels_key].load() if labels_key else None
    n_labels = None if labels is None else max(labels.shape) if found[labels_key].thin else labels.shape[0]
    where = str(path) if len(found) == 1 else f"{path}: {images_key}"
    images, said = images_first(found[images_key].load(), n_labels=n_labels, image_shape=asked.image_shape, where=where)
    names = found[names_key].load().ravel().astype(str) if names_key else None
    if names is not None and len(names) != len(images):
        names = None
    return Part(images, labels, names, said)
