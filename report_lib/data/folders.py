"""A folder or an archive of pictures: which there are, what part and class each belongs to, and what is left out."""

import csv
import os
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from report_lib.common.errors import ReportError
from report_lib.common.prose import listed, plural
from report_lib.data import archives, cache, named_labels, pictures, pixels
from report_lib.data.archives import Entry
from report_lib.data.arrays import zipped
from report_lib.data.source import Asked, Part, Source
from report_lib.data.text import printable

_VALIDATION = ("val", "valid", "validation", "dev")
_PARTS = dict.fromkeys(("train", "training", *_VALIDATION), "train") | dict.fromkeys(("test", "testing"), "test")
_TABLES = ("metadata.csv", "labels.csv", "train.csv", "metadata.tsv", "labels.tsv", "annotations.csv")
_SYSTEM = {"__MACOSX", "Thumbs.db", "desktop.ini"}
# Files that hold many images each and are read by themselves; and what may hold such.
_ARRAYS = (".npz", ".mat", ".h5", ".hdf5", ".parquet", *zipped(".npy", ".csv", ".tsv", "ubyte", ".idx"))


class NoPictures(ReportError):
    """A folder or an archive without pictures; `holders` are the paths of arrays in it, or of its only archive."""

    holders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """What lies in a folder or an archive, in natural order.

    Attributes
    ----------
    pictures, tables : list of Entry
        Paths begin below the only folder at the top, where there is just one.
    others : list of str
        Paths of files that are neither.
    n_hidden : int
    top : str
        That folder, with a slash behind; empty where there is none.
    """

    pictures: list[Entry]
    tables: list[Entry]
    others: list[str]
    n_hidden: int
    top: str


@dataclass(frozen=True)
class Labels:
    """A label for each picture.

    Attributes
    ----------
    values : list of str
        Empty where there is none.
    origin : str
        Where they are from, such as "in 10 folders, a class each".
    skipped : tuple of str
        Sentences on what could not be used.
    class_names : tuple of str
        Folders that are classes; empty where labels are from a table.
    """

    values: list[str]
    origin: str
    skipped: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()

    def column(self, rows: list[int]) -> np.ndarray | None:
        """Return the labels of some pictures as text, or as positions in `class_names`: a folder may be called none."""
        if not any(self.values):
            return None
        mine = [self.values[i] for i in rows]
        positions = {name: i for i, name in enumerate(self.class_names)}
        return np.array([positions.get(value, np.nan) for value in mine]) if positions else np.array(mine)


def read(path: Path, asked: Asked) -> Source:
    """Read a folder, `.zip`, `.tar` or `.tar.gz` of pictures.

    Flat pictures have no labels; folders are classes; `train`, `val` and `test` may stand above them. A table such as
    `metadata.csv`, with the names of files and their labels, comes before the names of folders. Pictures come grey, in
    the size that was asked for; names are paths below the folder.

    Raises
    ------
    ReportError
        When there are no pictures, more than 1% of them cannot be read, or they differ in size and none is asked for.
    """
    listing = listed_in(path)
    if not listing.pictures:
        raise _no_pictures(listing, path)
    if len(listing.pictures) == 1 and pictures.has_pages(data := listing.pictures[0].read()):
        return _from_pages(data, asked, path, listing)
    names = [entry.path for entry in listing.pictures]
    parts = _parts(names)
    labels = _labels(names, listing.tables, asked.keys)
    parts, joined = _joined(parts, labels.values)
    order = sorted(range(len(names)), key=lambda i: parts[i] == "test")
    found = pictures.decode([(names[i], listing.pictures[i].read) for i in order], asked, str(path))
    images, note = pixels.to_range(pictures.stack(found.images), str(path))
    changes = pictures.changes(found, asked) + ((note,) if note else ())
    return Source(
        _split(images, [order[i] for i in found.kept], names, labels, parts),
        "; ".join([_recognised(found, path, labels, parts), *changes]),
        (*labels.skipped, *joined, *pictures.sentences(found), *_left_out(listing)),
        labels.class_names,
        np.stack(found.originals) if changes else None,
    )


def read_stack(path: Path, asked: Asked) -> Source:
    """Read a TIFF of several pages, or an animation, as the images that its pages are.

    Raises
    ------
    ReportError
        When it has one page only, or one that cannot be read.
    """
    data = path.read_bytes()
    if not pictures.has_pages(data):
        raise ReportError(f"{path}: is damaged, or one picture only; pictures are named by their folder")
    return _from_pages(data, asked, path, None)


def _from_pages(data: bytes, asked: Asked, path: Path, listing: Listing | None) -> Source:
    found = pictures.decode_pages(data, asked, str(path))
    images, note = pixels.to_range(pictures.stack(found.images), str(path))
    changes = pictures.changes(found, asked) + ((note,) if note else ())
    n, (kind, _) = len(found.kept), found.formats.most_common(1)[0]
    return Source(
        {"all": Part(images)},
        "; ".join([f"a {kind} file with {n:,} pages {_sizes(found)}, each an image, without labels", *changes]),
        _left_out(listing) if listing else (),
        originals=np.stack(found.originals) if changes else None,
    )


def listed_in(path: Path) -> Listing:
    """List pictures, tables of labels and other files, below the only folder at the top where there is just one."""
    every = _files(path) if path.is_dir() else archives.entries(path, lambda name: _kind(name) in ("picture", "table"))
    kinds: dict[str, list[Entry]] = {"picture": [], "table": [], "hidden": [], "other": []}
    for entry in sorted(every, key=lambda entry: natural(entry.path)):
        kinds[_kind(entry.path)].append(entry)
    top = _only_top(kinds["picture"], kinds["table"])
    inner = {kind: [Entry(entry.path.removeprefix(top), entry.read) for entry in kinds[kind]] for kind in kinds}
    return Listing(
        inner["picture"], inner["table"], [entry.path for entry in inner["other"]], len(inner["hidden"]), top
    )


def natural(path: str) -> list[str | int]:
    """Return what sorts paths as people count: 2 before 10."""
    return [int(run) if i % 2 else run for i, run in enumerate(re.split(r"([0-9]+)", path))]


def _files(folder: Path) -> list[Entry]:
    return [
        Entry(printable(path.relative_to(folder).as_posix()), lambda path=path: _bytes(path))
        for path in cache.walk(folder)
    ]


def _bytes(path: Path) -> bytes:
    if not path.is_file() and path.exists():
        raise ValueError("a pipe or a device")
    return path.read_bytes()


def _kind(path: str) -> str:
    parts = PurePosixPath(path).parts
    if any(part.startswith(".") or part in _SYSTEM for part in parts):
        return "hidden"
    if parts[-1].lower().endswith(pictures.SUFFIXES):
        return "picture"
    return "table" if parts[-1].lower().endswith(_TABLES) else "other"


def _only_top(found: list[Entry], tables: list[Entry]) -> str:
    """Return the folders that all pictures and tables lie in, with a slash behind; empty for none."""
    shared = os.path.commonpath([PurePosixPath(entry.path).parent for entry in [*found, *tables]]) if found else ""
    return f"{shared}/" if shared else ""


def _parts(names: list[str]) -> list[str]:
    """Return the part of each picture, by the folder at the top: all `all`, or each `train` or `test`.

    Pictures for validation belong to train, or are the test part where there is no other.
    """
    tops = [PurePosixPath(name).parts[0].lower() if "/" in name else "" for name in names]
    known = dict(_PARTS)
    if not any(known.get(top) == "test" for top in tops):
        # What is held out is what scores are for.
        known |= dict.fromkeys(_VALIDATION, "test")
    if not set(tops) <= set(known) or {known[top] for top in tops} != {"train", "test"}:
        return ["all"] * len(names)
    return [known[top] for top in tops]


def _folders(names: list[str]) -> list[str]:
    """Return the folder of each picture that names its class: the first below the part; empty for none."""
    inner = [PurePosixPath(name).parent.parts for name in names]
    if all(parts and parts[0].lower() in _PARTS for parts in inner):
        inner = [parts[1:] for parts in inner]
    return [parts[0] if parts else "" for parts in inner]


def _labels(names: list[str], tables: list[Entry], keys: tuple[str, ...]) -> Labels:
    """Take labels from tables that name the pictures, else from folders."""
    found: list[str | None] = [None] * len(names)
    skipped, used, n_rows = [], [], 0
    for table in tables:
        try:
            rows = named_labels.parse(table.read(), table.path, names, keys)
        except named_labels.UnclearLabel as error:
            skipped.append(f"Not used: {error}.")
            continue
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile, csv.Error) as error:
            skipped.append(f"Not used: {table.path}, which cannot be read ({str(error).splitlines()[0]}).")
            continue
        folder = str(PurePosixPath(table.path).parent)
        values, n_unknown = named_labels.match(names, rows or {}, "" if folder == "." else folder)
        if not any(value is not None for value in values):
            why = "has no columns of file names and labels" if rows is None else "names none of the pictures"
            skipped.append(f"Not used: {table.path}, which {why}.")
            continue
        used.append(table.path)
        n_rows += n_unknown
        found = [old if new is None else new for old, new in zip(found, values, strict=True)]
    if used:
        named = listed(used)
        said = named_labels.sentences(found, n_rows, named)
        return Labels([value or "" for value in found], f"with labels from {named}", (*skipped, *said))
    folders = _folders(names)
    classes = set(folders) - {""}
    if len(classes) < 2:
        return Labels([""] * len(names), "", tuple(skipped))
    n_flat = folders.count("")
    if n_flat:
        skipped.append(f"{plural(n_flat, 'picture')} in no folder of a class: the label is unknown.")
    origin = f"in {len(classes):,} folders, a class each"
    return Labels(folders, origin, tuple(skipped), tuple(sorted(classes, key=natural)))


def _joined(parts: list[str], labels: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Draw a test part of our own where the one that is there has no labels, as in a competition."""
    labelled = {part for part, label in zip(parts, labels, strict=True) if label}
    if set(parts) == {"train", "test"} and labelled == {"train"}:
        said = "The folder test has no labels: its pictures join the others, and test images are drawn from all."
        return ["all"] * len(parts), (said,)
    return parts, ()


def _split(images: np.ndarray, kept: list[int], names: list[str], labels: Labels, parts: list[str]) -> dict[str, Part]:
    """Put images, which stand train before test, with their labels and names."""
    found = {}
    for part in ("all", "train", "test"):
        rows = [row for row, i in enumerate(kept) if parts[i] == part]
        if rows:
            mine = [kept[row] for row in rows]
            found[part] = Part(images[rows[0] : rows[-1] + 1], labels.column(mine), np.array([names[i] for i in mine]))
    return found


def _recognised(found: pictures.Pictures, path: Path, labels: Labels, parts: list[str]) -> str:
    formats = [name for name, _ in found.formats.most_common()]
    n = f"{len(found.kept):,} {listed(formats)} {'image' if len(found.kept) == 1 else 'images'}"
    size = _sizes(found)
    where = "in train and test" if "test" in parts else ""
    origin = labels.origin or "without labels"
    return ", ".join(filter(None, [f"{n} {size} {where}".strip(), origin]))


def _sizes(found: pictures.Pictures) -> str:
    (h, w), n_sizes = found.sizes.most_common(1)[0][0], len(found.sizes)
    return f"of {h} × {w}" if n_sizes == 1 else f"of {n_sizes:,} sizes, most often {h} × {w}"


def _left_out(listing: Listing) -> tuple[str, ...]:
    said = []
    if listing.n_hidden:
        said.append(f"{plural(listing.n_hidden, 'hidden file')} not looked at.")
    if listing.others:
        shown = ", ".join(listing.others[:3]) + (" …" if len(listing.others) > 3 else "")
        said.append(
            f"{plural(len(listing.others), 'file')} that {'is' if len(listing.others) == 1 else 'are'} no picture: {shown}."
        )
    return tuple(said)


def _no_pictures(listing: Listing, path: Path) -> NoPictures:
    """Say what there is in place of pictures, and what to do."""
    others = [listing.top + name for name in (*listing.others, *(entry.path for entry in listing.tables))]
    arrays = [name for name in others if name.lower().endswith(_ARRAYS)]
    packed = [name for name in others if name.lower().endswith(archives.SUFFIXES)]
    # A table of answers to hand in is the last that is meant.
    first = next(iter([*sorted(arrays, key=lambda name: "submission" in name.lower()), *packed]), "")
    ends = Counter(PurePosixPath(name).suffix or "no suffix" for name in others).most_common(3)
    there = ", ".join(f"{n:,} of {end}" for end, n in ends) or "no files"
    said = f"{there}; needs {', '.join(s[1:] for s in pictures.SUFFIXES)} files"
    if first:
        # IDX files are parts of one set, which their folder is.
        place, kind = (
            (path / first).parent if "ubyte" in first else path / first,
            "folder" if "ubyte" in first else "file",
        )
        what = f"name that {kind}: DATA={place}" if path.is_dir() else "unpack the archive and name that file"
        said = f"but {first}; {what}"
    error = NoPictures(f"{path}: no pictures in it, {said}")
    error.holders = tuple(arrays or (packed if len(packed) == 1 else ()))
    return error
