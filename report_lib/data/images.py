"""A set of images in two parts, and how one is split off."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import numpy as np

from report_lib.common.arrays import UNKNOWN, blocks_of, rows_of, sample_rows
from report_lib.common.errors import ReportError

# Characters of a name over a picture.
LONGEST_NAME = 16


@dataclass(frozen=True)
class Marks:
    """What a person has said of single labels.

    Attributes
    ----------
    file : str
        The name of the file that it is from.
    n_unsure : int
        Images that were looked at and left as they are.
    rows : dict of str to ndarray of shape (n,), int64
        By part, in order.
    before, after : dict of str to ndarray of shape (n,), int64
        Labels as they came and as they are marked, the same where a label was confirmed; -1 is unknown.
    """

    file: str
    n_unsure: int
    rows: dict[str, np.ndarray]
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]

    @property
    def n_corrected(self) -> dict[str, int]:
        """Labels that are other ones now, by part."""
        return {part: int(np.sum(self.before[part] != self.after[part])) for part in self.rows}

    @property
    def n_confirmed(self) -> int:
        """Labels that were found to be right."""
        return sum(map(len, self.rows.values())) - sum(self.n_corrected.values())


@dataclass(frozen=True)
class ImageSet:
    """Greyscale images in two parts, with or without labels.

    Attributes
    ----------
    title : str
        The data set's name as a reader knows it.
    train_images, test_images : ndarray of shape (n, h, w), uint8 or float32
        IDX files and whole `.npy` files are memory-mapped, read-only.
    train_labels, test_labels : ndarray of shape (n,), int64, or None
        Positions in `class_names`; -1 where the label is unknown.
    class_names : tuple of str
        Empty without labels.
    hashes : dict of str to str
        SHA-256 of what was read, by part.
    origin : str
        A sentence on where the images are from and how they were split.
    train_rows, test_rows : ndarray of shape (n,), int64, or None
        Which rows of one file they are, where the file had no parts of its own.
    train_names, test_names : ndarray of str of shape (n,), or None
        What a person finds an image by, such as the file's name.
    recognised : str
        What the source was taken for; empty for a named data set.
    skipped : tuple of str
        A sentence for each kind of thing in the source that was left out.
    originals : ndarray of shape (k, h, w, 3), uint8, or None
        The first train images as they came, where colour, size or range was changed.
    unused_labels : dict of str to ndarray of shape (n,), int64
        By part, labels that are too few to judge by; `train_labels` and `test_labels` are None then.
    marks : Marks, or None
        What a person has said of labels, which are the corrected ones.
    n_source : int
        Images of the source, where these are drawn from more; else 0.
    """

    title: str
    train_images: np.ndarray
    test_images: np.ndarray
    train_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    hashes: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    train_rows: np.ndarray | None = None
    test_rows: np.ndarray | None = None
    train_names: np.ndarray | None = None
    test_names: np.ndarray | None = None
    recognised: str = ""
    skipped: tuple[str, ...] = ()
    originals: np.ndarray | None = None
    unused_labels: dict[str, np.ndarray] = field(default_factory=dict)
    marks: Marks | None = None
    n_source: int = 0

    @property
    def has_labels(self) -> bool:
        """Whether there are labels to evaluate with."""
        return self.train_labels is not None

    @property
    def has_names(self) -> bool:
        """Whether a person finds the images by name."""
        return self.train_names is not None

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        return self.train_images.shape[1], self.train_images.shape[2]

    @property
    def limits(self) -> tuple[float, float]:
        """The darkest and the brightest pixel of the train images."""
        return self.train_images.min(), self.train_images.max()

    @property
    def rows(self) -> dict[str, np.ndarray]:
        """Where the images of each part, `train` and `test`, stand in the file that they came from."""
        parts = {"train": (self.train_rows, self.train_images), "test": (self.test_rows, self.test_images)}
        return {name: np.arange(len(images)) if rows is None else rows for name, (rows, images) in parts.items()}

    def called(self, part: str, positions: np.ndarray, *, short: bool = False) -> list[str]:
        """Return what a person finds images of a part by: their names, or the end of them, or without names their rows."""
        names = self._names[part]
        if names is None:
            return self.rows[part][positions].astype(str).tolist()
        return [_shortened(name) if short else name for name in names[positions].tolist()]

    def with_names(
        self, columns: Sequence[str], rows: Sequence[Sequence[object]] | None, part: str = "train"
    ) -> tuple[Sequence[str], Sequence[Sequence[object]] | None]:
        """Add a column of names after each column of rows of a table, where the images have names.

        Parameters
        ----------
        columns : sequence of str
            `row`, or `x_row` with `x_part` beside it; a table of images of one part has no `part`.
        rows : sequence of sequences, or None
            Rows are those of the file that a person has.
        part : str
            Of the images, where no column says it.
        """
        if rows is None or all(names is None for names in self._names.values()):
            return columns, rows
        known = {
            (part, row): name
            for part, names in self._names.items()
            for row, name in zip(self.rows[part].tolist(), () if names is None else names.tolist(), strict=False)
        }
        for column in [name for name in columns if name.endswith("row")]:
            at, beside = columns.index(column), column.replace("row", "part")
            of = [row[columns.index(beside)] if beside in columns else part for row in rows]
            rows = [
                (*row[: at + 1], known.get((p, row[at]), ""), *row[at + 1 :]) for p, row in zip(of, rows, strict=True)
            ]
            columns = (*columns[: at + 1], column.replace("row", "name"), *columns[at + 1 :])
        return columns, rows

    @property
    def _names(self) -> dict[str, np.ndarray | None]:
        return {"train": self.train_names, "test": self.test_names}

    @property
    def class_counts(self) -> dict[str, tuple[int, int]]:
        """Train and test images known to be of each class; empty without labels."""
        if not self.has_labels:
            return {}
        labels = self.train_labels, self.test_labels
        parts = (np.bincount(y[y != UNKNOWN], minlength=len(self.class_names)).tolist() for y in labels)
        return dict(zip(self.class_names, zip(*parts, strict=True), strict=True))

    @property
    def labelled(self) -> dict[str, np.ndarray]:
        """Whether the label of each image is known, used or not; by part, of shape (n,), bool."""
        labels = {"train": self.train_labels, "test": self.test_labels} | self.unused_labels
        return {part: np.zeros(len(rows), bool) if labels[part] is None else labels[part] != UNKNOWN
                for part, rows in self.rows.items()}  # fmt: skip

    @property
    def known(self) -> "ImageSet":
        """The images whose labels are known, each where it stood in its file; all of them where there are no labels."""
        labelled = self.labelled
        if not self.has_labels or all(known.all() for known in labelled.values()):
            return self
        taken = {f"{part}_rows": rows[labelled[part]] for part, rows in self.rows.items()}
        for part, known in labelled.items():
            for kind in ("images", "labels", "names"):
                values = getattr(self, f"{part}_{kind}")
                taken[f"{part}_{kind}"] = None if values is None else values[known]
        return replace(self, **taken)

    def with_labels_to_judge_by(self) -> "ImageSet":
        """Put labels aside where too few are known for a score: two of the test part, and two classes of the train part."""
        if not self.has_labels or all(known.all() for known in self.labelled.values()):
            return self
        counts = np.array(list(self.class_counts.values())).reshape(-1, 2)
        if np.sum(counts[:, 0] > 0) > 1 and counts[:, 1].sum() > 1:
            return self
        return self.without_labels()

    def without_labels(self, *why: str, aside: bool = True) -> "ImageSet":
        """Put the labels aside, where which images have one is still of use, or forget them; `why` joins what is left out."""
        labels = {"train": self.train_labels, "test": self.test_labels} if aside else {}
        skipped = (*self.skipped, *why)
        gone = {"train_labels": None, "test_labels": None, "class_names": (), "marks": None}
        return replace(self, **gone, skipped=skipped, unused_labels=labels)


def split(
    title: str,
    images: np.ndarray,
    labels: np.ndarray | None,
    names: tuple[str, ...],
    *,
    test_size: float,
    n_images: int,
    seed: int,
    origin: str,
) -> ImageSet:
    """Draw `n_images` where there are more, and hold out a random share; neither draw looks at the labels.

    Raises
    ------
    ReportError
        When there are not as many labels as images.
    """
    n = len(images)
    if labels is not None and len(labels) != n:
        raise ReportError(f"{title}: {n} images, but {len(labels)} labels; each image needs one")
    order = np.random.default_rng(seed).permutation(n)[:n_images]
    n_test = round(len(order) * test_size)
    test, train = np.sort(order[:n_test]), np.sort(order[n_test:])
    return ImageSet(
        title=title,
        train_images=rows_of(images, train),
        test_images=rows_of(images, test),
        train_labels=None if labels is None else labels[train],
        test_labels=None if labels is None else labels[test],
        class_names=names,
        train_rows=train,
        test_rows=test,
        hashes={"images": sha256(images)} | ({} if labels is None else {"labels": sha256(labels)}),
        origin=f"{origin}{_drawn(n, len(order))}, {test_size:.0%} of them drawn at random as test images.",
        n_source=n if n > len(order) else 0,
    )


def drawn(images: ImageSet, n_images: int, *, seed: int) -> ImageSet:
    """Return as many images, of each part its share, drawn at random; all of them where there are no more."""
    n = {part: len(rows) for part, rows in images.rows.items()}
    total = sum(n.values())
    if total <= n_images:
        return images
    taken = {}
    for part, count in n.items():
        rows = sample_rows(count, max(1, round(n_images * count / total)), seed)
        taken[f"{part}_rows"] = rows
        for kind in ("images", "labels", "names"):
            values = getattr(images, f"{part}_{kind}")
            taken[f"{part}_{kind}"] = None if values is None else rows_of(values, rows)
    looked_at = sum(len(taken[f"{part}_rows"]) for part in n)
    origin = f"{images.origin.removesuffix('.')}{_drawn(total, looked_at)}."
    return replace(images, **taken, origin=origin, n_source=total)


def _drawn(n: int, looked_at: int) -> str:
    return f", {looked_at:,} of its {n:,} images, drawn at random" if n > looked_at else ""


def _shortened(name: str) -> str:
    """Return the end of a file's name, where what tells it from its neighbours mostly stands."""
    stem = PurePosixPath(name).stem
    return stem if len(stem) <= LONGEST_NAME else "…" + stem[1 - LONGEST_NAME :]


def sha256(array: np.ndarray) -> str:
    """Return the hash of an array's bytes, in hexadecimal."""
    found = hashlib.sha256()
    for _, block in blocks_of(array):
        found.update(np.ascontiguousarray(block).data)
    return found.hexdigest()
