"""From labels as people write them to the codes of classes; what is not known yet becomes -1."""

import numpy as np

from report_lib.common.arrays import UNKNOWN
from report_lib.common.errors import ReportError
from report_lib.data.source import Part, divided

_EMPTY = ("", "nan", "none")


def encode(
    parts: dict[str, Part], *, class_names: tuple[str, ...] = (), where: str
) -> tuple[dict[str, np.ndarray | None], tuple[str, ...]]:
    """Bring the labels of all parts to one set of classes.

    Unknown are NaN, None, empty text, a row of zeros in one-hot labels, and -1 where all other labels are 0 or more,
    unless -1 and 1 are all there is.

    Parameters
    ----------
    parts : dict of str to Part
    class_names : tuple of str
        Names that the source gives its classes; labels are positions in them.
    where : str
        What a message names the labels by, such as the file.

    Returns
    -------
    codes : dict of str to ndarray of shape (n,), int64, or None
        Positions among the names, -1 for unknown; None for every part where no label is known.
    names : tuple of str
        Classes that have an image: numbers in their order, text in that of the alphabet, names of a source in its own.

    Raises
    ------
    ReportError
        When the labels are not one class an image, or not as many as the images.
    """
    nothing = dict.fromkeys(parts, None), ()
    labelled = {name for name, part in parts.items() if part.labels is not None}
    if not labelled:
        return nothing
    if labelled != set(parts):
        (has,), (lacks,) = labelled, set(parts) - labelled
        raise ReportError(
            f"{where}: only one of the parts has labels, {has}, and {lacks} has none; give both or set "
            "dataset.use_labels to false"
        )
    values = [_plain(part, f"{where}, {name}" if len(parts) > 1 else where) for name, part in parts.items()]
    if len({column.dtype.kind for column in values}) > 1:
        raise ReportError(f"{where}: labels are text in one part and numbers in another; write them alike")
    together = np.concatenate(values)
    known = ~_unknown(together)
    if not known.any():
        return nothing
    codes = np.full(len(together), UNKNOWN, np.int64)
    codes[known], names = _classes(together[known], class_names, where)
    return divided(codes, parts), names


def _classes(known: np.ndarray, class_names: tuple[str, ...], where: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return codes and names of labels that are all known."""
    found, codes = np.unique(known, return_inverse=True)
    if class_names and found.dtype.kind == "f":
        if found[0] < 0 or found[-1] >= len(class_names):
            raise ReportError(
                f"{where}: labels from {found[0]:g} to {found[-1]:g} for {len(class_names)} named classes; they count from 0"
            )
        return codes, tuple(class_names[int(i)] for i in found)
    if found.dtype.kind == "f":
        return codes, tuple(f"{value:.0f}" for value in found)
    if all(text.isdecimal() for text in found):
        order = np.argsort([int(text) for text in found], kind="stable")
        codes, found = np.argsort(order)[codes], found[order]
    return codes, tuple(map(str, found))


def _plain(part: Part, where: str) -> np.ndarray:
    """Return one value an image: float64 with NaN for unknown, or text with "" for unknown."""
    labels = np.asarray(part.labels)
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.ravel()
    if labels.ndim == 2:
        labels = _from_one_hot(labels, where)
    if labels.ndim != 1:
        raise ReportError(f"{where}: labels of shape {labels.shape}; needs one number or text an image")
    if len(labels) != len(part.images):
        raise ReportError(f"{where}: {len(part.images)} images, but {len(labels)} labels; each image needs one")
    if labels.dtype.kind in "biuf":
        return _whole(labels, where)
    if labels.dtype.kind not in "USO":
        raise ReportError(f"{where}: labels are {labels.dtype}; needs numbers or text")
    return _text_or_numbers(labels, where)


def _text_or_numbers(labels: np.ndarray, where: str) -> np.ndarray:
    values = labels.tolist()
    numbers = [value for value in values if isinstance(value, (int, float)) and value == value]
    if labels.dtype.kind == "O" and numbers and all(v is None or isinstance(v, (int, float)) for v in values):
        return _whole(np.array([np.nan if value is None else value for value in values], np.float64), where)
    text = np.array([_text(value) for value in values], dtype=str)
    return np.where(np.isin(np.char.lower(text), _EMPTY), "", text)


def _text(value: str | bytes | float | None) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    return "" if value is None else str(value).strip()


def _whole(labels: np.ndarray, where: str) -> np.ndarray:
    if labels.dtype == bool:
        return np.where(labels, "True", "False")
    values = labels.astype(np.float64)
    known = values[~np.isnan(values)]
    if (np.isinf(known) | (known != np.round(known))).any():
        raise ReportError(f"{where}: labels have fractions or infinity; classes need whole numbers or text")
    return values


def _from_one_hot(labels: np.ndarray, where: str) -> np.ndarray:
    n, k = labels.shape
    if labels.dtype.kind not in "biuf" or not np.isin(labels, (0, 1)).all() or (labels.sum(axis=1) > 1).any():
        raise ReportError(
            f"{where}: labels of shape ({n}, {k}); needs one number or text an image, or {k} columns of 0 with a single 1"
        )
    return np.where(labels.any(axis=1), labels.argmax(axis=1), np.nan)


def one_hot(values: np.ndarray) -> np.ndarray | None:
    """Return which of two or more columns has the single 1 of each row; None where one row is otherwise."""
    fits = (
        values.ndim == 2 and values.shape[1] > 1 and np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all()
    )
    return values.argmax(axis=1) if fits and len(values) else None


def _unknown(values: np.ndarray) -> np.ndarray:
    """Say which labels stand for one that is not known."""
    if values.dtype.kind == "f":
        missing, minus = np.isnan(values), values == -1
        others = values[~missing & ~minus]
        plain = bool((others >= 0).all()) and set(others.tolist()) != {1.0}
    else:
        missing, minus = values == "", values == "-1"
        others = values[~missing & ~minus]
        plain = bool(np.char.isdecimal(others).all()) and set(others.tolist()) != {"1"}
    return missing | minus if plain else missing
