"""Results as JSON and arrays, and back: what is kept of a call can be read again without running code that it names.

A result is made of numbers, text, lists, dicts, arrays, and objects of this library, scikit-learn and SciPy: an object is
its class and its attributes. Nothing is pickled, and no class from elsewhere is built.
"""

import hashlib
import json
import sys
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

PLAIN = (bool, int, float, str, type(None))
# Set in the flags of classes that are written in Python.
HEAP_TYPE = 1 << 9
HOMES = ("report_lib", "sklearn", "scipy", "numpy")


class CannotBeKept(Exception):
    """A value holds something that is no array, no JSON, and no object of the packages named."""


def take_apart(value: object) -> tuple[Any, dict[str, np.ndarray]]:
    """Return a value as JSON, and the arrays in it by name.

    Raises
    ------
    CannotBeKept
    """
    arrays: dict[str, np.ndarray] = {}
    seen: dict[int, str] = {}

    def note(array: np.ndarray) -> str:
        # An array that stands in several places is kept once.
        name = seen.setdefault(id(array), str(len(seen)))
        arrays[name] = array
        return name

    return _apart(value, note), arrays


def put_together(tree: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return the value that `take_apart` took apart.

    Raises
    ------
    CannotBeKept
        When it names a class of another package, or one that is not there.
    """
    if isinstance(tree, PLAIN):
        return tree
    (kind, own), *more = tree.items()
    if kind == "array":
        return arrays[own]
    if kind == "scalar":
        return arrays[own][()]
    if kind in ("list", "tuple"):
        made = [put_together(item, arrays) for item in own]
        return made if kind == "list" else tuple(made)
    if kind == "dict":
        return {put_together(key, arrays): put_together(item, arrays) for key, item in own}
    if kind == "range":
        return range(*own)
    if kind == "type":
        return _find(own)
    state = put_together(more[0][1], arrays)
    return _rebuilt(_find(own), more[0][0], state)


def digest(*values: object) -> str:
    """Return a hash of the content of values, equal for equal content in any process.

    Raises
    ------
    CannotBeKept
    """
    # The arrays stay alive with their hashes: another may not get the place in memory that stands for one.
    seen: dict[int, tuple[np.ndarray, str]] = {}

    def note(array: np.ndarray) -> str:
        # By content alone: whether two places hold one array or two equal ones is no matter.
        if id(array) not in seen:
            seen[id(array)] = array, _content(array)
        return seen[id(array)][1]

    tree = _apart(values, note)
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()


def _content(array: np.ndarray) -> str:
    # Sums go along memory, and are rounded by its order.
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    found = hashlib.sha256(f"{array.dtype.str} {array.shape} {order} ".encode())
    found.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data if array.size else b"")
    return found.hexdigest()


def _apart(value: Any, note: Any) -> Any:
    if type(value) in PLAIN:
        return value
    if isinstance(value, np.generic):
        return {"scalar": note(np.asarray(value))}
    if isinstance(value, np.ndarray) and value.dtype != object and type(value) is np.ndarray:
        return {"array": note(value)}
    if type(value) in (list, tuple):
        return {type(value).__name__: [_apart(item, note) for item in value]}
    if type(value) is dict:
        return {"dict": [[_apart(key, note), _apart(item, note)] for key, item in value.items()]}
    if type(value) is range:
        return {"range": [value.start, value.stop, value.step]}
    if isinstance(value, type):
        return {"type": _path(value)}
    how, state = _state(value)
    return {"object": _path(type(value)), how: _apart(state, note)}


def _state(value: Any) -> tuple[str, dict[str, Any]]:
    """Return how an object is rebuilt, and from what: networks say so themselves, the rest is its attributes."""
    if hasattr(value, "network_"):
        return "arrays", value.arrays()
    state = dict(getattr(value, "__dict__", {}))
    # What is worked out when it is asked for belongs to the object only once somebody has asked.
    lazy = {
        name for kind in type(value).__mro__ for name, own in vars(kind).items() if isinstance(own, cached_property)
    }
    return "attributes", {name: own for name, own in state.items() if name not in lazy}


def _rebuilt(kind: type, how: str, state: dict[str, Any]) -> Any:
    if how == "arrays":
        return kind.from_arrays(**state)
    made = kind.__new__(kind)
    vars(made).update(state)
    return made


def _path(kind: type) -> str:
    if kind.__module__.split(".")[0] not in HOMES or not _has_only_attributes(kind):
        raise CannotBeKept(f"{kind.__module__}.{kind.__qualname__}")
    return f"{kind.__module__}:{kind.__qualname__}"


def _has_only_attributes(kind: type) -> bool:
    """Say whether all that an object holds is in its attributes: not so where classes are compiled, or have slots."""
    own = [part for part in kind.__mro__ if part is not object]
    return all(part.__flags__ & HEAP_TYPE and not vars(part).get("__slots__") for part in own)


def _find(path: str) -> type:
    module, _, name = path.partition(":")
    if module.split(".")[0] not in HOMES:
        raise CannotBeKept(path)
    try:
        found: Any = sys.modules.get(module) or import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise CannotBeKept(path) from error
    if not isinstance(found, type):
        raise CannotBeKept(path)
    return found
