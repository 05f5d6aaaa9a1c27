"""Which code a result rests on: a module, what it imports of this library, what that imports, and so on.

Code is compared without docstrings and comments, which change nothing.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from report_lib import ROOT

HOME = "report_lib"


def closure(modules: Iterable[str]) -> dict[str, str]:
    """Return modules and all that they import of this library, at once or later, each with the hash of its code.

    Parameters
    ----------
    modules : iterable of str
        Full names, such as `report_lib.clustering.panel`.
    """
    found: dict[str, str] = {}
    left = sorted(set(modules))
    while left:
        module = left.pop()
        if module not in found:
            found[module], imported = _read(_file(module).read_text(encoding="utf8"), module)
            left.extend(imported)
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
    return sorted(set(_imports(tree, "")))


def _file(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_module(name: str) -> bool:
    return name.split(".")[0] == HOME and _file(name).is_file()


@cache
def _read(text: str, module: str) -> tuple[str, tuple[str, ...]]:
    tree = ast.parse(text)
    imported = tuple(sorted(set(_imports(tree, module))))
    return _hash_of(tree), imported


def _imports(tree: ast.AST, module: str) -> Iterator[str]:
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
        for name in filter(_is_module, names):
            parts = name.split(".")
            # Importing a module runs the packages that it lies in.
            yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))


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
