"""A folder of files that hold many images each: `train.csv` and `test.csv`, parts in parquet, `X.npy` and `y.npy`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from report_lib.common.errors import ReportError
from report_lib.common.prose import listed
from report_lib.data import arrays, columns, roles, tables
from report_lib.data.source import Asked, Part, Source, join
from report_lib.data.text import few
from report_lib.data.words import part_of

_TEXT = {".md", ".txt", ".json", ".yaml", ".bib", ".py", ""}
_TABLES: dict[str, Callable[[Path, Asked], Source]] = {
    ".csv": tables.read_csv,
    ".csv.gz": tables.read_csv,
    ".parquet": tables.read_parquet,
}


def files_in(folder: Path) -> list[Path]:
    """Return the tables, or else the `.npy` files, of a folder that has nothing else but text; empty for others.

    They may lie in its only folder, or in one for each part, as in a clone from Hugging Face.

    Raises
    ------
    ReportError
        When several folders in it have some.
    """
    inside = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    folders = [path for path in inside if path.is_dir()]
    if folders:
        return _below(folder, folders) if _is_text(set(inside) - set(folders)) else []
    for ends in ((".parquet",), (".csv", ".csv.gz"), (".npy", ".npy.gz")):
        found = [path for path in inside if path.name.lower().endswith(ends)]
        if found and _is_text(set(inside) - set(found)):
            # A pipe would be waited for.
            return [path for path in found if path.is_file()]
    return []


def _is_text(files: set[Path]) -> bool:
    return {path.suffix.lower() for path in files} <= _TEXT


def _below(folder: Path, folders: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in folders:
        files = files_in(path)
        if not files:
            return []
        found += files
    if len(folders) > 1 and {part_of(path.name) for path in folders} & {"all"}:
        names = few(path.name for path in folders)
        raise ReportError(f"{folder}: each of {names} holds a set; name one: DATA={folders[0]}")
    return found


def read(folder: Path, asked: Asked) -> Source:
    """Read all files of a folder; which part one belongs to is told by its name.

    Raises
    ------
    ReportError
        When none has images, or they do not fit together.
    """
    files = files_in(folder)
    for path in files:
        arrays.refuse_pointer(path)
    if files[0].name.lower().endswith((".npy", ".npy.gz")):
        found = {_called(path, folder): arrays.found_npy(path) for path in files}
        return roles.source(found, asked, folder, "NumPy files")
    found = [(path, _table(path, asked)) for path in files]
    sources = [(path, source) for path, source in found if source is not None]
    if not sources:
        raise ReportError(f"{folder}: none of its tables has pixels; name a folder or a file that holds images")
    # A table without labels has no names for them.
    class_names = {
        source.class_names for _, source in sources if any(part.labels is not None for part in source.parts.values())
    }
    if len(class_names) > 1:
        raise ReportError(f"{folder}: its tables name different classes; name one of them")
    sources.sort(key=lambda pair: part_of(_called(pair[0], folder)) == "test")
    named = [
        (part_of(_called(path, folder)) if name == "all" else name, part)
        for path, source in sources
        for name, part in source.parts.items()
    ]
    parts, joined = _in_parts(named, str(folder))
    first = sources[0][1]
    names, dtype = listed([path.name for path, _ in sources]), named[0][1].images.dtype.name
    changes = [said for said in first.recognised.split("; ")[1:] if said != named[0][1].said]
    no_pixels = [f"Not used: {path.name}, which has no pixels." for path, source in found if source is None]
    return replace(
        first,
        parts=parts,
        recognised="; ".join([roles.recognised(parts, names, dtype, {}), *changes]),
        skipped=(*dict.fromkeys(said for _, source in sources for said in source.skipped), *no_pixels, *joined),
    )


def _called(path: Path, folder: Path) -> str:
    """Return the name of a file without what says its kind, below the part that a folder within is."""
    name = path.name.removesuffix(".gz").rpartition(".")[0]
    inner = path.parent.name if path.parent != folder else ""
    return f"{inner}/{name}" if part_of(inner) != "all" else name


def _table(path: Path, asked: Asked) -> Source | None:
    try:
        return next(read for end, read in _TABLES.items() if path.name.lower().endswith(end))(path, asked)
    except columns.NoPixels:
        return None


def _in_parts(named: list[tuple[str, Part]], where: str) -> tuple[dict[str, Part], tuple[str, ...]]:
    """Put tables of one part together; a test part without labels joins the others, as in a competition."""
    train = [part for name, part in named if name != "test"]
    test = [part for name, part in named if name == "test"]
    both = [join(parts, where) for parts in (train, test) if parts]
    if len(both) == 1:
        return {"all": both[0]}, ()
    if both[0].labels is None or both[1].labels is not None:
        return dict(zip(("train", "test"), both, strict=True)), ()
    labelled = replace(both[0], labels=both[0].labels.astype(object))
    unknown = replace(both[1], labels=np.full(len(both[1].images), None))
    said = "The test part has no labels: its images join the others, and test images are drawn from all."
    return {"all": join([labelled, unknown], where)}, (said,)
