"""What we have: sizes, ranges, classes, brightness, averages, copies and blanks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from report_lib.common.arrays import UNKNOWN, fingerprint, flatten
from report_lib.common.keep import kept
from report_lib.data.images import ImageSet, Marks
from report_lib.data.whole import Whole
from report_lib.understanding.near_pairs import near_pairs, nearly_another

# Axes that near-copies are looked for on: more take longer, and leave fewer pairs to compare pixel by pixel.
N_AXES = 24


@dataclass(frozen=True)
class Summary:
    """Facts about one part of the images.

    Attributes
    ----------
    part : str
    n_images, height, width : int
    dtype : str
    minimum, maximum, mean : float
        Of all pixels, in the file's own units.
    n_missing : int
        Pixels that are NaN or infinite.
    n_blank : int
        Images whose pixels are all equal.
    """

    part: str
    n_images: int
    height: int
    width: int
    dtype: str
    minimum: float
    maximum: float
    mean: float
    n_missing: int
    n_blank: int


def summarise(part: str, images: np.ndarray) -> Summary:
    """Describe images of shape (n, h, w)."""
    flat = images.reshape(len(images), -1)
    low, high = flat.min(axis=1), flat.max(axis=1)
    return Summary(
        part=part,
        n_images=len(images),
        height=images.shape[1],
        width=images.shape[2],
        dtype=str(images.dtype),
        minimum=float(low.min()),
        maximum=float(high.max()),
        mean=float(images.mean(dtype=np.float64)),
        n_missing=0 if images.dtype == np.uint8 else int((~np.isfinite(images)).sum()),
        n_blank=int((low == high).sum()),
    )


@dataclass(frozen=True)
class Overall:
    """Facts about all images of a source, of which the run looks at some.

    Attributes
    ----------
    n, n_looked_at : int
    minimum, maximum, mean : float
        Of all pixels.
    n_blank : int
        Images whose pixels are all equal.
    n_copies : int
        Images whose pixels are those of an earlier one.
    n_near : int
        Of the others, those whose pixels differ from another one's by at most `rms`.
    rms : float
        Root mean square, as a share of the range of the train pixels that the run looks at.
    """

    n: int
    n_looked_at: int
    minimum: float
    maximum: float
    mean: float
    n_blank: int
    n_copies: int
    n_near: int
    rms: float


def over_all(whole: Whole | None, *, rms: float) -> Overall | None:
    """Go through all images, and find the near-copies among them; None where the run looks at all of them."""
    if whole is None:
        return None
    lowest, highest, total, n_seen, n_blank = np.inf, -np.inf, 0.0, 0, 0
    for block in whole.blocks():
        flat = flatten(block.images)
        low, high = flat.min(axis=1), flat.max(axis=1)
        lowest, highest = min(lowest, float(low.min())), max(highest, float(high.max()))
        n_blank += int((low == high).sum())
        total += float(flat.sum(dtype=np.float64))
        n_seen += int(block.seen.sum())
    return Overall(
        n=whole.n,
        n_looked_at=n_seen,
        minimum=lowest,
        maximum=highest,
        mean=total / (whole.n * flat.shape[1]),
        n_blank=n_blank,
        n_copies=int(whole.copies.sum()),
        n_near=_n_near(whole, rms),
        rms=rms,
    )


def _n_near(whole: Whole, rms: float) -> int:
    low, high = whole.looked_at.limits
    train = flatten(whole.looked_at.train_images)
    distance = rms * (float(high) - float(low)) * np.sqrt(train.shape[1])
    return int(nearly_another(whole, _principal_axes(train, N_AXES), distance).sum())


def beside_originals(images: ImageSet) -> np.ndarray | None:
    """Put the first train images as they came over what is used of them.

    Returns
    -------
    ndarray of shape (2 * k, h, w, 3), uint8, or None
        The k originals, then the same as they are used, as large; None where nothing was changed that one sees.
    """
    if images.originals is None:
        return None
    k, h, w = images.originals.shape[:3]
    low, high = images.limits
    share = (images.train_images[:k].astype(np.float64) - low) / max(high - low, 1e-12)
    tiles = [Image.fromarray(tile).resize((w, h), Image.Resampling.NEAREST) for tile in np.uint8(np.round(255 * share))]
    used = np.stack([np.asarray(tile) for tile in tiles])[..., None]
    return np.concatenate([images.originals, np.broadcast_to(used, (k, h, w, 3))])


def class_counts(labels: np.ndarray | None, n_classes: int) -> np.ndarray | None:
    """Count images by class, unknown ones left out; shape (n_classes,), int64; None without labels."""
    return None if labels is None else np.bincount(labels[labels != UNKNOWN], minlength=n_classes)


def facts(images: ImageSet) -> dict[str, object]:
    """Return what `metrics.json` says of the data set.

    `n_unknown`, by part, where some labels are known and some are not; `recognised` and `skipped` of one's own images;
    `marks` where a person has marked labels.
    """
    labelled = images.labelled
    known = np.concatenate(list(labelled.values()))
    unknown = {part: int(np.sum(~own)) for part, own in labelled.items()}
    said = {
        "title": images.title,
        "n_train": len(images.train_images),
        "n_test": len(images.test_images),
        "height": images.image_shape[0],
        "width": images.image_shape[1],
        "class_names": list(images.class_names),
        "sha256": images.hashes,
    }
    said |= {"n_unknown": unknown} if known.any() and not known.all() else {}
    said |= {"marks": _counted(images.marks)} if images.marks else {}
    said |= {"n_source": images.n_source} if images.n_source else {}
    return said | ({"recognised": images.recognised, "skipped": images.skipped} if images.recognised else {})


def _counted(marks: Marks) -> dict[str, object]:
    return {name: getattr(marks, name) for name in ("file", "n_corrected", "n_confirmed", "n_unsure")}


def examples(labels: np.ndarray | None, n_classes: int, n_images: int) -> np.ndarray:
    """Return the row of the first image of each class that has one, or without labels ten rows spread evenly."""
    if labels is None:
        return np.unique(np.linspace(0, n_images - 1, 10).astype(int))
    classes, rows = np.unique(labels, return_index=True)
    return rows[(classes != UNKNOWN) & (classes < n_classes)]


@dataclass(frozen=True)
class Examples:
    """Some images to look at.

    Attributes
    ----------
    rows : ndarray of shape (n,), int64
    images : ndarray of shape (n, h, w)
    titles : list of str
        Their classes, or their rows where there are no labels.
    """

    rows: np.ndarray
    images: np.ndarray
    titles: list[str]


def pick_examples(images: ImageSet, part: str, most: int | None = None) -> Examples:
    """Take the first image of each class of `train` or `test`, or without labels a few spread over the file."""
    pixels, labels = (getattr(images, f"{part}_{kind}") for kind in ("images", "labels"))
    rows = examples(labels, len(images.class_names), len(pixels))[:most]
    titles = [f"row {row}" if labels is None else images.class_names[labels[row]] for row in rows]
    return Examples(rows, pixels[rows], titles)


@dataclass(frozen=True)
class Histogram:
    """Counts of all pixels between edges, in the file's own units; `edges` has one entry more than `counts`.

    `at_lowest` is the share of the pixels that have the lowest value itself.
    """

    edges: np.ndarray
    counts: np.ndarray
    at_lowest: float

    @property
    def share_lowest(self) -> float:
        """Share of the pixels in the lowest bin."""
        return float(self.counts[0] / self.counts.sum())


def intensity_histogram(images: np.ndarray, n_bins: int) -> Histogram:
    """Count every pixel, not a sample; at most one bin for each whole number of uint8 images."""
    if images.dtype != np.uint8:
        counts, edges = np.histogram(images, bins=n_bins)
        return Histogram(edges, counts, float(np.mean(images == images.min())))
    levels = np.zeros(256, dtype=np.int64)
    for chunk in np.array_split(images.reshape(-1), max(1, images.size // 4_000_000)):
        levels += np.bincount(chunk, minlength=256)
    low, high = np.flatnonzero(levels)[[0, -1]]
    counts, edges = np.histogram(
        np.arange(256), bins=min(n_bins, high - low + 1), range=(low - 0.5, high + 0.5), weights=levels
    )
    return Histogram(edges, counts.astype(np.int64), float(levels[low] / levels.sum()))


@dataclass(frozen=True)
class Brightness:
    """Mean brightness of each image, as a share of the range, summed up by class.

    Attributes
    ----------
    groups : ndarray of shape (n_groups,), int64
        Classes in order of their mean; one group, 0, without labels.
    means, lower, median, upper : ndarray of shape (n_groups,)
        Mean and quartiles over the images of a group.
    """

    groups: np.ndarray
    means: np.ndarray
    lower: np.ndarray
    median: np.ndarray
    upper: np.ndarray


def brightness(images: np.ndarray, labels: np.ndarray | None) -> Brightness:
    """Sum up how bright the images of each class are, unknown ones left out."""
    low, high = float(images.min()), float(images.max())
    value = (images.mean(axis=(1, 2), dtype=np.float32) - low) / (high - low)
    labels = np.zeros(len(images), dtype=np.int64) if labels is None else labels
    present = np.unique(labels[labels != UNKNOWN])
    means = np.array([value[labels == c].mean(dtype=np.float64) for c in present])
    order = np.argsort(means, kind="stable")
    quartiles = np.array([np.quantile(value[labels == c], [0.25, 0.5, 0.75]) for c in present[order]])
    return Brightness(present[order], means[order], *quartiles.T)


def mean_images(images: np.ndarray, labels: np.ndarray | None, n_classes: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Average all images, and those of each class.

    Returns
    -------
    overall : ndarray of shape (h, w), float64
    by_class : ndarray of shape (n_classes, h, w), float64, or None without labels
        NaN for a class without images.
    """
    if labels is None:
        return images.mean(axis=0, dtype=np.float64), None
    counts = class_counts(labels, n_classes)
    sums = np.stack([images[labels == c].sum(axis=0, dtype=np.float64) for c in range(n_classes)])
    with np.errstate(invalid="ignore"):
        return images.mean(axis=0, dtype=np.float64), sums / counts[:, None, None]


@dataclass(frozen=True)
class Duplicates:
    """Pairs of images that are the same, or nearly.

    Attributes
    ----------
    pairs : ndarray of shape (n_pairs, 2), int64
        Rows among train and test images, test rows counted on from the last train row; nearest pair first. A copy is
        paired with its first occurrence alone, so that a thousand blank images are 999 pairs and not half a million.
    rms : ndarray of shape (n_pairs,)
        Root-mean-square difference of their pixels, as a share of the range.
    n_train : int
    """

    pairs: np.ndarray
    rms: np.ndarray
    n_train: int

    def count(self, *, exact: bool) -> dict[str, int]:
        """Count exact (or only near) pairs within train, within test, and across."""
        chosen = self.pairs[(self.rms == 0) == exact]
        n_in_test = (chosen >= self.n_train).sum(axis=1)
        return {"train": int((n_in_test == 0).sum()), "test": int((n_in_test == 2).sum()),
                "across": int((n_in_test == 1).sum())}  # fmt: skip


@kept
def find_duplicates(train: np.ndarray, test: np.ndarray, *, rms: float) -> Duplicates:
    """Find copies, and every pair of different images whose pixels differ by at most `rms`.

    Pairs that are near on some axes, as `near_pairs` finds them, are compared pixel by pixel. The axes are principal ones of
    a sample.

    Parameters
    ----------
    train, test : ndarray of shape (n, h, w)
    rms : float
        Largest root-mean-square difference, as a share of the range of the train pixels.
    """
    flat = [part.reshape(len(part), -1) for part in (train, test)]
    scale = float(train.max()) - float(train.min())
    distinct, copies = _distinct_rows(flat)
    axes = _principal_axes(flat[0], N_AXES)
    near = np.concatenate([_project(part, axes) for part in flat])[distinct]
    radius = rms * scale * np.sqrt(flat[0].shape[1])
    candidates = distinct[np.concatenate([*near_pairs(near, radius * (1 + 1e-4))])]
    differences = _rms_differences(flat, candidates) / scale
    keep = differences <= rms
    pairs = np.concatenate([copies, candidates[keep]])
    found = np.concatenate([np.zeros(len(copies)), differences[keep]])
    order = np.lexsort((pairs[:, 1], pairs[:, 0], found))
    return Duplicates(pairs[order], found[order], len(train))


def _distinct_rows(flat: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of each image, and every later copy paired with it."""
    first: dict[bytes, int] = {}
    seen = [first.setdefault(fingerprint(row), i) for i, row in enumerate(row for part in flat for row in part)]
    copies = [(j, i) for i, j in enumerate(seen) if j != i]
    return np.fromiter(first.values(), np.int64), np.array(copies, dtype=np.int64).reshape(-1, 2)


def _principal_axes(flat: np.ndarray, n_axes: int) -> np.ndarray:
    sample = flat[:: max(1, len(flat) // 5000)].astype(np.float64)
    sample -= sample.mean(axis=0)
    if len(sample) < sample.shape[1] // 2:
        return np.linalg.svd(sample, full_matrices=False)[2][:n_axes].T.astype(np.float32)
    return np.linalg.eigh(sample.T @ sample)[1][:, ::-1][:, :n_axes].astype(np.float32)


def _project(flat: np.ndarray, axes: np.ndarray, size: int = 8192) -> np.ndarray:
    return np.concatenate([flat[i : i + size].astype(np.float32) @ axes for i in range(0, len(flat), size)])


def _rms_differences(flat: list[np.ndarray], pairs: np.ndarray) -> np.ndarray:
    out = np.empty(len(pairs))
    size = max(1, 2**23 // flat[0].shape[1])
    for i in range(0, len(pairs), size):
        first, second = (_rows(flat, pairs[i : i + size, side]) for side in (0, 1))
        out[i : i + size] = np.sqrt(np.mean((first - second) ** 2, axis=1, dtype=np.float64))
    return out


def _rows(flat: list[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Take rows of train and test as if they were one array, without joining them."""
    n_train = len(flat[0])
    out = np.empty((len(rows), flat[0].shape[1]), dtype=np.float32)
    in_train = rows < n_train
    out[in_train] = flat[0][rows[in_train]]
    out[~in_train] = flat[1][rows[~in_train] - n_train]
    return out


def nearest_pairs(
    found: Duplicates, train: np.ndarray, test: np.ndarray, *, n_pairs: int
) -> tuple[np.ndarray, list[str]] | None:
    """Take the nearest pairs to look at; None where there is no pair.

    Returns
    -------
    pairs : ndarray of shape (n, 2, h, w), float32
    titles : list of str
        Difference of each pair, as a percentage of the range.
    """
    chosen = found.pairs[:n_pairs]
    if not len(chosen):
        return None
    flat = [part.reshape(len(part), -1) for part in (train, test)]
    pairs = np.stack([_rows(flat, chosen[:, side]).reshape(-1, *train.shape[1:]) for side in (0, 1)], axis=1)
    return pairs, [f"{r:.1%}" for r in found.rms[:n_pairs]]


def report_metrics(
    images: ImageSet,
    parts: Sequence[Summary],
    overall: Overall | None,
    histogram: Histogram,
    bright: Brightness,
    copies: Duplicates,
) -> dict[str, object]:
    """Gather the numbers that the phase shows, under the names of `metrics.json`."""
    names = images.class_names or ("all images",)
    counted = {kind: copies.count(exact=kind == "exact") for kind in ("exact", "near")}
    numbers = {
        "dataset": facts(images),
        "parts": {part.part: vars(part) for part in parts},
        "share_darkest_bin": histogram.share_lowest,
        "intensity_histogram": {"edges": histogram.edges, "counts": histogram.counts},
        "mean_brightness": {names[g]: m for g, m in zip(bright.groups, bright.means, strict=True)},
        "brightness_quartiles": {
            names[g]: [bright.lower[i], bright.median[i], bright.upper[i]] for i, g in enumerate(bright.groups)
        },
        "near_duplicates": {kind: {**found, "total": sum(found.values())} for kind, found in counted.items()},
    }
    counts = class_counts(images.train_labels, len(names))
    if overall:
        numbers["all_images"] = vars(overall)
    if counts is not None:
        numbers["class_counts"] = dict(zip(names, counts, strict=True))
    return numbers
