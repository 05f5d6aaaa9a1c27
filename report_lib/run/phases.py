"""What each phase is made of, whether it has to run, and why.

A phase rests on the code of its notebook, its parameters, the modules that it imports, the images, what earlier phases
left that it reads, and the surroundings. Where all of that is what it was, what it left is taken from the store: Markdown
is not code, and an earlier phase that ran and left the same bytes is no reason.
"""

import ast
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report_lib.common import facts, sources
from report_lib.common.store import Store, sha256_of_file
from report_lib.run import artifacts
from report_lib.run.artifacts import PHASES, Run

if TYPE_CHECKING:
    import nbformat

MADE_OF = "made_of.json"
# Reasons that are named; of the others it is said how many there are.
MOST_NAMED = 2
Parts = dict[str, str]


@dataclass(frozen=True)
class Finished:
    """What a phase left when it ran.

    Attributes
    ----------
    notebook : NotebookNode
        Executed; Markdown and parameters are those of today.
    facts : dict
        Times of its sections and the like, which no number depends on.
    """

    notebook: "nbformat.NotebookNode"
    facts: dict[str, Any]


def read_source(path: Path) -> dict[str, Any]:
    """Return a notebook as it is written, the text of each cell in one piece; nbformat takes a second to import."""
    found = json.loads(path.read_text(encoding="utf8"))
    for cell in found["cells"]:
        cell["source"] = "".join(cell["source"])
    return found


def parts_of(source: dict[str, Any], phase: str, parameters: dict[str, Any], images: str, run: Run) -> Parts:
    """Return what a phase is made of, each part by a name that `why` can tell.

    Parameters
    ----------
    source : dict
        The notebook as `read_source` gives it.
    parameters : dict of str to value
        That the notebook is given.
    images : str
        Hash of the images.
    run : Run
        With what the phases before have left.
    """
    cells = [cell for cell in source["cells"] if cell["cell_type"] == "code"]
    code = [_parsed(cell["source"], parameters if _has_parameters(cell) else {}) for cell in cells]
    trees = [tree for tree in code if isinstance(tree, ast.AST)]
    # Of what is not plain Python nobody knows what it uses.
    unknown = len(trees) < len(code)
    if not unknown and not any(map(_names_the_run, trees)):
        # Runs of other names share what no name is in.
        parameters = {name: value for name, value in parameters.items() if name != "run"}
    modules = sources.everything() if unknown else {name for tree in trees for name in sources.imported_by(tree)}
    read = _all_before(phase, run) if unknown else {k: v for tree in trees for k, v in _read_by(tree, phase, run)}
    return {
        **{f"parameter {name}": json.dumps(value, default=str) for name, value in parameters.items()},
        "images": images,
        **{f"cell {n}": _hash(tree if isinstance(tree, str) else ast.dump(tree)) for n, tree in enumerate(code)},
        **{f"module {name}": own for name, own in sources.closure(modules).items()},
        **{f"artifact {name}": own for name, own in read.items()},
        **{f"fact {name}": own for name, own in facts.surroundings().items()},
    }


def key_of(phase: str, parts: Parts) -> str:
    """Return the key of a phase."""
    return _hash(phase + json.dumps(parts, sort_keys=True))


def take(store: Store, key: str, phase: str, source: dict[str, Any], run: Run) -> Finished | None:
    """Put what a phase left into the run's folder; None where it is not known."""
    import nbformat

    entry = store.find(key)
    if entry is None:
        return None
    try:
        executed = nbformat.read(entry / "notebook.ipynb", as_version=4)
        shutil.copytree(entry / "artifacts", run.folder / "artifacts" / phase)
        told = json.loads((entry / "facts.json").read_text(encoding="utf8"))
    except OSError:
        # Removed while it was read, to make room.
        shutil.rmtree(run.folder / "artifacts" / phase, ignore_errors=True)
        return None
    return Finished(_retold(executed, source, run.name), told)


def keep(store: Store, key: str, phase: str, finished: Finished, run: Run) -> None:
    """Keep what a phase left."""
    import nbformat

    def into(folder: Path) -> None:
        nbformat.write(finished.notebook, folder / "notebook.ipynb")
        shutil.copytree(run.folder / "artifacts" / phase, folder / "artifacts")
        (folder / "facts.json").write_text(json.dumps(finished.facts), encoding="utf8")

    store.keep(key, into)


def why(parts: Parts, before: Parts | None, source: dict[str, Any], *, anew: bool = False) -> str:
    """Say why a phase runs: what it is made of that is not what it was."""
    if before is None:
        return "for the first time"
    changed = [name for name in {**parts, **before} if parts.get(name) != before.get(name)]
    if not changed:
        return "because all is to be made anew" if anew else "because what it left is not there any more"
    told = list(dict.fromkeys(_told(name, parts.get(name), before.get(name), source) for name in changed))
    more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    return f"because {', '.join(told[:MOST_NAMED])}{more}"


def _told(name: str, now: str | None, before: str | None, source: dict[str, Any]) -> str:
    kind, _, own = name.partition(" ")
    if kind == "parameter":
        return f"{own} changed from {before or 'nothing'} to {now or 'nothing'}"
    if kind == "fact" and own != "lock":
        return f"{own} changed from {before or 'none'} to {now or 'none'}"
    if kind == "cell":
        return f"the code under {_section(source, int(own))!r} changed"
    told = {
        "images": "the images changed",
        "fact": "requirements.lock changed",
        "module": f"{own.replace('.', '/')}.py changed",
        "artifact": f"what it reads of {own} changed",
    }
    return told[kind]


def _section(source: dict[str, Any], n: int) -> str:
    """Return the title above a code cell, counted among the code cells."""
    titles, left = ["the title"], n
    for cell in source["cells"]:
        if cell["cell_type"] == "markdown":
            titles += [line.lstrip("# ") for line in cell["source"].splitlines() if line.startswith("#")]
        elif left == 0:
            return titles[-1]
        else:
            left -= 1
    return "a cell that is gone"


def _has_parameters(cell: dict[str, Any]) -> bool:
    return "parameters" in cell["metadata"].get("tags", [])


def _parsed(code: str, given: dict[str, Any]) -> ast.AST | str:
    """Return the tree of a cell but for the defaults of parameters that are given, or its text where it is not plain Python."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return code
    tree.body = [line for line in tree.body if not (_assigned(line) and _assigned(line) <= set(given))]
    return tree


def _assigned(line: ast.stmt) -> set[str]:
    targets = line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
    return {target.id if isinstance(target, ast.Name) else "" for target in targets}


def _names_the_run(tree: ast.AST) -> bool:
    """Say whether code uses the name of the run for more than to find its folder."""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "artifacts.Run"]
    folder = {id(argument) for call in found for argument in call.args}
    return any(isinstance(n, ast.Name) and n.id == "run" and id(n) not in folder for n in ast.walk(tree))


def _read_by(tree: ast.AST, phase: str, run: Run) -> Iterator[tuple[str, str]]:
    """Yield what a cell may read of earlier phases, with the hash of its bytes: all of it where the code does not tell."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        keys = [*node.args[:1], *(named.value for named in node.keywords if named.arg == "key")]
        if node.func.attr == "metrics":
            for earlier in _before(phase):
                yield f"{earlier}: metrics.json", hash_of(run.folder / "artifacts" / earlier / "metrics.json")
        elif node.func.attr in ("load", "path") and not all(isinstance(key, ast.Constant) for key in keys):
            yield from _all_before(phase, run).items()
        elif node.func.attr in ("load", "path"):
            for key in (key.value for key in keys if key.value in artifacts.HOMES):
                path = run.path(key)
                if path.parent.name in _before(phase):
                    yield f"{path.parent.name}: {path.name}", hash_of(path)


def _before(phase: str) -> tuple[str, ...]:
    return PHASES[: PHASES.index(phase)]


def _all_before(phase: str, run: Run) -> dict[str, str]:
    """Return all that earlier phases left, but for what a clock has measured."""
    files = [path for earlier in _before(phase) for path in sorted((run.folder / "artifacts" / earlier).glob("*"))]
    return {f"{path.parent.name}: {path.name}": hash_of(path) for path in files if path.name != "times.json"}


def _retold(executed: "nbformat.NotebookNode", source: dict[str, Any], name: str) -> "nbformat.NotebookNode":
    """Return an executed notebook with the words of today: the same code, whose outputs are known."""
    from nbformat import from_dict

    made = iter([cell for cell in executed["cells"] if cell["cell_type"] == "code"])
    cells = []
    for cell in source["cells"]:
        own = next(made) if cell["cell_type"] == "code" else {}
        cells.append({**cell, **{kind: own[kind] for kind in ("outputs", "execution_count") if kind in own}})
        if _has_parameters(cell):
            cells.append(_renamed(next(made), name))
    return from_dict({**executed, "cells": cells})


def _renamed(injected: dict[str, Any], name: str) -> dict[str, Any]:
    lines = [f'run = "{name}"' if line.startswith("run = ") else line for line in injected["source"].split("\n")]
    return {**injected, "source": "\n".join(lines)}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def hash_of(path: Path) -> str:
    """Return the hash of a file's bytes, or that there is none."""
    try:
        return sha256_of_file(path)
    except FileNotFoundError:
        return "not there"


def files_of(folder: Path, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return files of a run, all unless they are named, by their place in it, with the hash of their bytes."""
    if names is None:
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {name: hash_of(folder / name) for name in names}


def read_made_of(folder: Path) -> dict[str, Any]:
    """Return what a finished run says of what it is made of; nothing where there is none."""
    try:
        told = json.loads((folder / MADE_OF).read_text(encoding="utf8"))
        return told if set(told) == {"phases", "page", "inputs"} else {}
    except (OSError, ValueError, TypeError):
        return {}
