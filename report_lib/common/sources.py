"""Which code a result rests on: a module, what it imports of this library, what that imports, and so on.

Code is compared without docstrings and comments, which change nothing.
"""

import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from report_lib import ROOT

HOME = "report_lib"
# What notes depend on beside a module's text: the code here as it is imported, and Python, whose versions have other trees.
_READER = f"{sys.version_info[:2]} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"
# By module: a hash of its text and of this reader, the hash of its code, and the names in it that may be modules'.
Notes = dict[str, tuple[str, str, list[str]]]
_notes: Notes = {}
# The file that processes share them in, where there is one, and when it was written.
_shared: list[Path] = []
_seen: list[float] = []


def share_in(file: Path | None) -> None:
    """Let processes share in a file what they have read of modules: to parse all of them takes a second."""
    _shared[:], _seen[:] = [file] if file else [], []


def closure(modules: Iterable[str]) -> dict[str, str]:
    """Return modules and all that they import of this library, at once or later, each with the hash of its code.

    Parameters
    ----------
    modules : iterable of str
        Full names, such as `report_lib.clustering.panel`.
    """
    found: dict[str, str] = {}
    left, n_parsed = sorted(set(modules)), _parsed.cache_info().misses
    while left:
        module = left.pop()
        if module not in found:
            found[module], named = _noted(module)
            left.extend(_with_packages(named))
    if _parsed.cache_info().misses > n_parsed:
        _write()
    return dict(sorted(found.items()))


def everything() -> list[str]:
    """Return all modules of this library."""
    paths = sorted((ROOT / HOME).rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names]


def changed_since(modules: Iterable[str], start: float) -> bool:
    """Say whether a file of modules was written after a time: who imported it before may hold another."""
    return any(_file(module).stat().st_mtime > start for module in modules)


def imported_by(tree: ast.AST) -> list[str]:
    """Return the modules of this library that a cell of code, parsed, imports."""
    return sorted(set(_with_packages(_named_in(tree, ""))))


def _file(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _noted(module: str) -> tuple[str, list[str]]:
    text = _file(module).read_text(encoding="utf8")
    made_of = hashlib.sha256(f"{_READER} {text}".encode()).hexdigest()
    if _notes.get(module, ("",))[0] != made_of:
        _read()
    if _notes.get(module, ("",))[0] != made_of:
        _notes[module] = made_of, *_parsed(module, text)
    _, own, named = _notes[module]
    return own, named


@cache
def _parsed(module: str, text: str) -> tuple[str, list[str]]:
    tree = ast.parse(text)
    # Names first: the hash is of what is left of the tree without docstrings.
    named = sorted(set(_named_in(tree, module)))
    return _hash_of(tree), named


def _read() -> None:
    """Take over what other processes have noted meanwhile."""
    # What cannot be read, or is not what was written, is found out anew.
    with suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        for file in _shared:
            written = [file.stat().st_mtime]
            if written != _seen:
                _seen[:] = written
                shared = json.loads(file.read_text(encoding="utf8"))
                if shared["sum"] == _sum(shared["notes"]):
                    _notes.update({module: tuple(own) for module, own in shared["notes"].items()})


def _write() -> None:
    with suppress(OSError):
        for file in _shared:
            file.parent.mkdir(parents=True, exist_ok=True)
            # Where two write at once, the sum tells that what came of it is neither's.
            unfinished = file.with_name(f"{file.name}.part")
            unfinished.write_text(json.dumps({"sum": _sum(_notes), "notes": _notes}), encoding="utf8")
            unfinished.replace(file)


def _sum(notes: Notes) -> str:
    return hashlib.sha256(json.dumps(notes, sort_keys=True).encode()).hexdigest()


def _is_module(name: str) -> bool:
    return _file(name).is_file()


def _with_packages(names: Iterable[str]) -> Iterator[str]:
    """Yield the names that are modules', and the packages these lie in, whose code runs too."""
    for name in filter(_is_module, names):
        parts = name.split(".")
        yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def _named_in(tree: ast.AST, module: str) -> Iterator[str]:
    """Yield the names of this library in code; not all of them are modules'."""
    nodes = list(ast.walk(tree))
    checked = {id(node) for guard in nodes if _is_for_types(guard) for node in ast.walk(guard)}
    for node in nodes:
        if id(node) in checked:
            continue
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and module:
            # Tables name functions as `module.function`, so that what is heavy is imported when it is asked for.
            names = _named(node.value, module)
        yield from (name for name in names if name.split(".")[0] == HOME)


def _named(text: str, module: str) -> list[str]:
    sibling, dot, function = text.partition(".")
    package = module.rpartition(".")[0]
    known = dot and package and f"{sibling}{function}".isidentifier() and not function.startswith("_")
    return [f"{package}.{sibling}"] if known else []


def _is_for_types(node: ast.AST) -> bool:
    """Say whether a type checker alone looks at what follows."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _hash_of(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()
