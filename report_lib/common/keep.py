"""Calls that are made once: what an expensive function returned is kept, by its code, its arguments and the machine.

A function that is marked with `kept` asks the store first. Its key holds the content of its arguments, its own module with
all that this imports, and the surroundings of `facts`. Without a store it is the function itself.
"""

import hashlib
import inspect
import json
import logging
import time
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from report_lib.common import facts, sources, values
from report_lib.common.store import Store

Function = TypeVar("Function", bound=Callable[..., Any])
log = logging.getLogger(__name__)
MISSING = object()
# In a store, what is known of the library's modules; its name keeps it from being taken for an entry.
NOTES = ".modules.json"
_in_use: list[Store] = []
# Modules that are written to later may not be the ones that run here.
_STARTED = time.time()


def use(store: Store | None) -> None:
    """Let calls be kept in a store from now on, or in none."""
    _in_use[:] = [store] if store else []
    sources.share_in(store.folder / NOTES if store else None)


def kept(function: Function) -> Function:
    """Let a function of arrays and plain values, which does nothing but return, be called once for the same arguments."""

    @wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        key = key_of(called, args, named)
        found = read(key)
        if found is MISSING:
            found = function(*args, **named)
            write(key, found)
        return found

    called.kept_function = function
    return called


def key_of(function: Callable, args: tuple, named: dict[str, Any]) -> str:
    """Return the key of a call; empty without a store, and for what cannot be kept."""
    own = getattr(function, "kept_function", None)
    if not _in_use or own is None or sources.changed_since(_modules_of(own), _STARTED):
        return ""
    bound = inspect.signature(own).bind(*args, **named)
    bound.apply_defaults()
    try:
        told = values.digest(dict(bound.arguments))
    except values.CannotBeKept as error:
        log.warning("%s: not kept, its arguments hold %s", own.__qualname__, error)
        return ""
    return hashlib.sha256(f"{_code_of(own)} {told}".encode()).hexdigest()


def read(key: str) -> Any:
    """Return what a call has returned; `MISSING` where that is not known."""
    entry = _in_use[0].find(key) if key else None
    if entry is None:
        return MISSING
    try:
        tree = json.loads((entry / "value.json").read_text(encoding="utf8"))
        with np.load(entry / "arrays.npz", allow_pickle=False) as archive:
            return values.put_together(tree, {name: archive[name] for name in archive.files})
    except (OSError, ValueError, values.CannotBeKept):
        return MISSING


def write(key: str, result: Any) -> None:
    """Keep what a call has returned; nothing is kept of what cannot be taken apart."""
    if not key:
        return
    try:
        tree, arrays = values.take_apart(result)
    except values.CannotBeKept as error:
        log.warning("not kept: a result holds %s", error)
        return

    def into(folder: Path) -> None:
        (folder / "value.json").write_text(json.dumps(tree), encoding="utf8")
        np.savez(folder / "arrays.npz", allow_pickle=False, **arrays)

    _in_use[0].keep(key, into)


@cache
def _modules_of(function: Callable) -> tuple[str, ...]:
    return tuple(sources.closure([function.__module__]))


@cache
def _code_of(function: Callable) -> str:
    made_of = {
        "function": f"{function.__module__}.{function.__qualname__}",
        "code": sources.closure([function.__module__]),
        "surroundings": facts.surroundings(),
    }
    return json.dumps(made_of, sort_keys=True)
