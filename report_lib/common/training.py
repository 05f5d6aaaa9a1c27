"""What all networks share: where and how exactly they are trained, the range of their pixels, and how they are kept.

Importing this module imports PyTorch, which takes two seconds.
"""

import json
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral
from typing import Any

import numpy as np
import torch
from torch import nn

# Kept as they are until a batch is scaled; anything else becomes float32 first.
KEPT_DTYPES = [np.float32, np.float64, np.uint8, np.int8, np.uint16, np.int16, np.int32, np.int64]
PRECISIONS = ("auto", "float32", "bfloat16")


def check_parameters(estimator: Any, *counts: str) -> None:
    """Refuse counts that are not whole and at least 1, a learning rate that is not above 0, an unknown precision.

    Raises
    ------
    ValueError
    """
    for name in counts:
        value = getattr(estimator, name)
        if not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{name} is {value!r}; it takes a whole number, at least 1")
    if not 0 < estimator.learning_rate < math.inf:
        raise ValueError(f"learning_rate is {estimator.learning_rate}; it takes a number above 0")
    if estimator.precision not in PRECISIONS:
        raise ValueError(
            f"precision is {estimator.precision!r}; it takes {', '.join(PRECISIONS[:-1])} or {PRECISIONS[-1]}"
        )


def square_shape(image_shape: tuple[int, int] | None, n_pixels: int) -> tuple[int, int]:
    """Return the shape of images, square unless it is given; refuse one that the rows do not have."""
    side = math.isqrt(n_pixels)
    shape = tuple(image_shape or (side, side))
    if math.prod(shape) != n_pixels:
        raise ValueError(f"rows of {n_pixels:,} pixels are no images of {shape[0]} × {shape[1]}; give image_shape")
    return shape


def to_unit(rows: np.ndarray, low: float, high: float, device: torch.device) -> torch.Tensor:
    """Bring pixels to [0, 1], which stands for the range from `low` to `high`; what lies beyond is cut."""
    wide = np.asarray(rows, np.float64 if rows.dtype == np.float64 else np.float32)
    scaled = (wide - wide.dtype.type(low)) / wide.dtype.type((high - low) or 1.0)
    return torch.from_numpy(np.clip(scaled, 0, 1).astype(np.float32, copy=False)).to(device)


def to_arrays(estimator: Any, fitted: Sequence[str]) -> dict[str, np.ndarray]:
    """Return parameters, named fitted attributes and weights of an estimator, as arrays that need no pickling."""
    parameters = estimator.get_params()
    if isinstance(estimator.random_state, np.random.RandomState):
        parameters["random_state"] = None
    about = {"parameters": parameters, "fitted": {name: getattr(estimator, name) for name in fitted}}
    weights = {f"weights.{name}": value.numpy() for name, value in estimator.network_.state_dict().items()}
    return {"about": np.array(json.dumps(about, default=lambda number: number.tolist())), **weights}


def from_arrays(
    cls: type,
    build: Callable[[Any], nn.Module],
    fitted: Sequence[str],
    about: np.ndarray,
    weights: dict[str, np.ndarray],
) -> Any:
    """Return the estimator that `to_arrays` came from; its fitted attributes are as JSON has them, tuples as lists."""
    kept = json.loads(about.item())
    estimator = cls(**{name: as_tuple(value) for name, value in kept["parameters"].items()})
    if set(kept["fitted"]) != set(fitted):
        raise ValueError("holds other attributes than those of such a network")
    for name, value in kept["fitted"].items():
        setattr(estimator, name, value)
    network = build(estimator).to(memory_format=torch.channels_last)
    network.load_state_dict({name.removeprefix("weights."): torch.tensor(w) for name, w in weights.items()})
    estimator.network_ = network.eval()
    return estimator


def as_tuple(value: object) -> object:
    """Return a list, as JSON has it, as a tuple, as parameters have it."""
    return tuple(value) if isinstance(value, list) else value


def find_device(name: str) -> torch.device:
    """Return where to train: `auto` is a graphics processor where there is one.

    Raises
    ------
    ValueError
        When the device that is named is not to be had.
    """
    if name != "auto":
        try:
            return torch.zeros(1, device=name).device
        except (RuntimeError, AssertionError) as error:
            raise ValueError(f"device {name!r} is not to be had here: {str(error).splitlines()[0]}") from error
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def find_precision(name: str, device: torch.device) -> str:
    """Return the precision to train in: `auto` is bfloat16 where the device computes with it."""
    if name != "auto":
        return name
    found = (
        torch.cuda.is_bf16_supported(including_emulation=False)
        if device.type == "cuda"
        else _processor_has_bfloat16(device)
    )
    return "bfloat16" if found else "float32"


def _processor_has_bfloat16(device: torch.device) -> bool:
    found = torch.cpu.get_capabilities()
    return device.type == "cpu" and any(found.get(name, False) for name in ("avx512_bf16", "amx_bf16"))


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Seed what PyTorch draws, and put everything back as it was."""
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    with torch.random.fork_rng(), warnings.catch_warnings():
        # On a graphics processor some steps have no reproducible form; PyTorch says so at each of them.
        warnings.filterwarnings("ignore", message=".*determinis.*")
        torch.manual_seed(seed)
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before[0], warn_only=before[1])
