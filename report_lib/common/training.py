"""What all networks share: where, how exactly and how long they are trained, the range of their pixels, how they are kept.

Importing this module imports PyTorch, which takes two seconds.
"""

import json
import logging
import math
import time
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import nn

from report_lib.common.arrays import in_unit

log = logging.getLogger(__name__)
# Rows that a network answers for at once.
CHUNK = 256
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
    return torch.from_numpy(in_unit(rows, low, high)).to(device)


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
    # Not `use_deterministic_algorithms`, which imports a compiler that nobody here asks for, in two seconds.
    before = torch.get_deterministic_debug_mode()
    with torch.random.fork_rng(), warnings.catch_warnings():
        # On a graphics processor some steps have no reproducible form; PyTorch says so at each of them.
        warnings.filterwarnings("ignore", message=".*determinis.*")
        torch.manual_seed(seed)
        torch.set_deterministic_debug_mode("warn")
        try:
            yield
        finally:
            torch.set_deterministic_debug_mode(before)


class Lessons:
    """Goes through images batch by batch, with a one-cycle schedule (Smith and Topin, Super-convergence, 2017).

    Parameters
    ----------
    optimizer : Optimizer
    batch : callable
        Rows in, what the network is given and what the loss compares its answer with out.
    loss : callable
        Mean over a batch.
    estimator : NetworkEstimator
        For its learning rate, epochs and precision.
    n_batches : int
        Steps of an epoch.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        batch: Callable[[np.ndarray], tuple[torch.Tensor, torch.Tensor]],
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        estimator: "NetworkEstimator",
        n_batches: int,
    ):
        self._network, self._optimizer, self._batch, self._loss = network, optimizer, batch, loss
        self._half, self._n_epochs = estimator.precision_ == "bfloat16", estimator.max_epochs
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, estimator.learning_rate, epochs=estimator.max_epochs, steps_per_epoch=n_batches
        )
        self._said = time.monotonic()

    def mean_loss(self, batches: Sequence[np.ndarray], *, learn: bool) -> float:
        """Go through batches of row numbers once, learning or not; return the mean loss of an image."""
        with torch.set_grad_enabled(learn):
            losses = [self._step(rows, learn) * len(rows) for rows in batches]
        # Summed up at the end and on the processor: not every device has float64, and each look at a loss would wait.
        return float(torch.stack(losses).cpu().double().sum()) / sum(map(len, batches))

    def _step(self, rows: np.ndarray, learn: bool) -> torch.Tensor:
        x, target = self._batch(rows)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self._half):
            logits = self._network(x)
        loss = self._loss(logits.float(), target)
        if learn:
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            self._schedule.step()
        return loss.detach()

    def say(self, who: str, epoch: int, loss: float, what: str = "loss") -> None:
        """Report an epoch, at most every other second, and the last."""
        now = time.monotonic()
        if now - self._said >= 2 or epoch == self._n_epochs:
            self._said = now
            log.info("%s: epoch %d of %d, %s %.4f", who, epoch, self._n_epochs, what, loss)


class NetworkEstimator(BaseEstimator):
    """What estimators that teach a network share: where it is trained, and how it is kept.

    Attributes
    ----------
    low_, high_ : float
        Range of the train pixels.
    precision_ : str
        In which the network was trained, `float32` or `bfloat16`.
    """

    # The fitted attributes that are kept, beside the weights.
    _kept: tuple[str, ...] = ()

    @abstractmethod
    def _network(self) -> nn.Module:
        """Build the network, untrained."""

    @abstractmethod
    def _train(self, network: nn.Module, *data: Any, generator: torch.Generator) -> None:
        """Teach the network."""

    def _fit_network(self, X: np.ndarray, *more: Any) -> None:
        self.low_, self.high_ = float(X.min()), float(X.max())
        device = find_device(self.device)
        self.precision_ = find_precision(self.precision, device)
        seed = int(check_random_state(self.random_state).randint(2**31))
        with reproducible(seed):
            network = self._network().to(device, memory_format=torch.channels_last)
            self._train(network, X, *more, generator=torch.Generator().manual_seed(seed))
        self.network_ = network.cpu().eval()

    def _scaled(self, rows: np.ndarray, device: torch.device | str = "cpu") -> torch.Tensor:
        return to_unit(rows, self.low_, self.high_, device)

    @staticmethod
    def _in_chunks(rows: np.ndarray, function: Callable[[np.ndarray], torch.Tensor]) -> np.ndarray:
        with torch.inference_mode():
            return np.concatenate([function(rows[i : i + CHUNK]).numpy() for i in range(0, len(rows), CHUNK)])

    def arrays(self) -> dict[str, np.ndarray]:
        """Return parameters, fitted attributes and weights, as arrays that can be kept without pickling."""
        check_is_fitted(self)
        parameters = self.get_params()
        if isinstance(self.random_state, np.random.RandomState):
            parameters["random_state"] = None
        about = {"parameters": parameters, "fitted": {name: getattr(self, name) for name in self._kept}}
        weights = {f"weights.{name}": value.numpy() for name, value in self.network_.state_dict().items()}
        return {"about": np.array(json.dumps(about, default=lambda number: number.tolist())), **weights}

    @classmethod
    def from_arrays(cls, *, about: np.ndarray, **weights: np.ndarray) -> Self:
        """Return the fitted estimator that `arrays` came from; it gives the same answers."""
        kept = json.loads(about.item())
        estimator = cls(**{name: as_tuple(value) for name, value in kept["parameters"].items()})
        if set(kept["fitted"]) != set(cls._kept):
            raise ValueError("holds other attributes than those of such a network")
        for name, value in kept["fitted"].items():
            setattr(estimator, name, value)
        network = estimator._network().to(memory_format=torch.channels_last)
        network.load_state_dict({name.removeprefix("weights."): torch.tensor(w) for name, w in weights.items()})
        estimator.network_ = network.eval()
        return estimator


def as_tuple(value: object) -> object:
    """Return a list, as JSON has it, as a tuple, as parameters have it."""
    return tuple(value) if isinstance(value, list) else value
