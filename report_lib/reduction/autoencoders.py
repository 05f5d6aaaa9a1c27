"""Autoencoders as scikit-learn estimators: networks that learn to rebuild an image from a short code.

They are trained as is usual since Hinton and Salakhutdinov, Reducing the dimensionality of data with neural networks,
2006: the code is what the middle layer gives, and the loss compares what comes out with what went in. Importing this
module imports PyTorch, which takes two seconds, so only who trains or loads a network should.
"""

import logging
import math
from itertools import pairwise

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from report_lib.common import training
from report_lib.common.errors import ReportError
from report_lib.common.representations import KINDS, RepresentationName, halved, parse

log = logging.getLogger(__name__)


class Upsample(nn.Module):
    """Nearest upsampling by two and a 3 × 3 convolution, computed on the small image.

    Each of the four pixels that one becomes sees only 2 × 2 small pixels, with weights that are sums of the nine: four
    small convolutions, interleaved, give the same as one on the large image, in half the time. Shi et al., Is the
    deconvolution layer the same as a convolutional layer?, 2016.
    """

    def __init__(self, n_in: int, n_out: int):
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, 3, padding=1)
        # [phase, tap on the small image, tap on the large one]: which of the nine weights fall on the same pixel.
        fold = torch.tensor([[[1, 0, 0], [0, 1, 1], [0, 0, 0]], [[0, 0, 0], [1, 1, 0], [0, 0, 1]]])
        self.register_buffer("fold", fold.float(), persistent=False)

    def forward(self, x: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        """Return an image of `size`, at most twice that of `x`."""
        weight = torch.einsum("oiyx,pay,qbx->opqiab", self.conv.weight, self.fold, self.fold).flatten(0, 2)
        weight = weight.contiguous(memory_format=torch.channels_last)
        phases = nn.functional.conv2d(x, weight, self.conv.bias.repeat_interleave(4), padding=1)
        return nn.functional.pixel_shuffle(phases, 2)[..., : size[0], : size[1]]


class _EncoderDecoder(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.decode(self.encode(x))


class _Dense(_EncoderDecoder):
    def __init__(self, n_pixels: int, hidden: tuple[int, ...]):
        super().__init__()
        sizes = [n_pixels, *hidden]
        self.encoder = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.decoder = nn.ModuleList(nn.Linear(b, a) for a, b in zip(sizes[-2::-1], sizes[:0:-1], strict=True))

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.encoder:
            x = torch.relu(layer(x))
        return x

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        for layer in self.decoder[:-1]:
            z = torch.relu(layer(z))
        return self.decoder[-1](z)


class _Convolutional(_EncoderDecoder):
    def __init__(self, image_shape: tuple[int, int], filters: tuple[int, ...]):
        super().__init__()
        self.sizes = halved(image_shape, len(filters))
        self.code_shape = (filters[-1], *self.sizes[-1])
        widths = [1, *filters]
        self.encoder = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        self.first = nn.Conv2d(filters[-1], filters[-1], 3, padding=1)
        steps = [*filters[::-1], 1]
        self.decoder = nn.ModuleList(Upsample(a, b) for a, b in pairwise(steps))

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        x = x.unflatten(1, (1, *self.sizes[0])).contiguous(memory_format=torch.channels_last)
        for layer in self.encoder:
            # Pooling before relu gives the same, and leaves relu a quarter of the work.
            x = torch.relu(nn.functional.max_pool2d(layer(x), 2, ceil_mode=True))
        return x.flatten(1)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        z = z.unflatten(1, self.code_shape).contiguous(memory_format=torch.channels_last)
        z = torch.relu(self.first(z))
        for layer, size in zip(self.decoder, self.sizes[-2::-1], strict=True):
            z = layer(z if layer is self.decoder[0] else torch.relu(z), size)
        return z.flatten(1)


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, training.NetworkEstimator):
    """An encoder, the same backwards as decoder, relu between layers, and a sigmoid for the pixels.

    `dense-64-32` has fully connected layers, d-64-32-64-d. `conv-32-16` has 3 × 3 convolutions, each with 2 × 2 max
    pooling, and nearest upsampling on the way back: it makes of a 28 × 28 image a code of 16 × 7 × 7. Sides that are odd
    are rounded up.

    Parameters
    ----------
    architecture : str
        The name of a representation that is learnt.
    image_shape : (height, width) or None
        Of the rows, where there are convolutions; None takes them for square images.
    max_epochs : int
        The one-cycle schedule spans them.
    batch_size : int
        Images a step; memory is bounded by it.
    learning_rate : float
        The highest of the schedule, for Adam.
    validation_fraction : float
        Share of the images that choose the epoch to keep and are not learnt from.
    patience : int
        Epochs without a better validation loss after which training ends.
    precision : {"auto", "float32", "bfloat16"}
        Of the arithmetic in training; `auto` takes bfloat16 where the processor has it. Codes are always float32.
    device : {"auto", "cpu", "cuda", "mps"}
        `auto` takes a graphics processor where there is one.
    random_state : int, RandomState or None

    Attributes
    ----------
    loss_curve_ : list of dict
        `train` and `validation`, the mean binary cross-entropy a pixel of each epoch, in nats.
    best_epoch_ : int
        Epoch, counted from 1, whose weights were kept: the one with the lowest validation loss.
    stopped_ : str
        Why training ended: `budget` (all epochs done), `no progress`, or `not a number`.
    code_shape_ : tuple of int
        Shape of the code of one image.
    low_, high_ : float
        Range of the train pixels; a sigmoid gives [0, 1], which stands for it.
    precision_ : str
        In which the network was trained, `float32` or `bfloat16`.
    """

    _kept = (
        "n_features_in_", "code_shape_", "low_", "high_", "loss_curve_", "best_epoch_", "stopped_", "precision_",
    )  # fmt: skip

    def __init__(
        self,
        architecture: str = "dense-64-32",
        *,
        image_shape: tuple[int, int] | None = None,
        max_epochs: int = 8,
        batch_size: int = 256,
        learning_rate: float = 1e-2,
        validation_fraction: float = 0.1,
        patience: int = 3,
        precision: str = "float32",
        device: str = "auto",
        random_state: object = None,
    ):
        self.architecture = architecture
        self.image_shape = image_shape
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.precision = precision
        self.device = device
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: object = None) -> "Autoencoder":
        """Learn from rows of shape (n, d), of any range; kept as they are and scaled batch by batch.

        Raises
        ------
        ValueError
            When a parameter is out of its range or the code would be larger than an image.
        ReportError
            When the loss is not a number before the end of the first epoch.
        """
        X = validate_data(self, X, dtype=training.KEPT_DTYPES, ensure_min_samples=2)
        training.check_parameters(self, "max_epochs", "batch_size", "patience")
        if not 0 < self.validation_fraction < 1:
            raise ValueError(f"validation_fraction is {self.validation_fraction}; it takes a share between 0 and 1")
        self.code_shape_ = self._parsed().code_shape(self._shape(), n_components=0)
        self._fit_network(X)
        return self

    def _parsed(self) -> RepresentationName:
        parsed = parse(self.architecture)
        if not parsed.is_learnt:
            raise ValueError(f"{self.architecture!r} is no autoencoder")
        return parsed

    def _shape(self) -> tuple[int, int]:
        flat = self._parsed().kind == "dense"
        return (self.n_features_in_, 1) if flat else training.square_shape(self.image_shape, self.n_features_in_)

    def _network(self) -> nn.Module:
        parsed, shape = self._parsed(), self._shape()
        return _Dense(shape[0], parsed.sizes) if parsed.kind == "dense" else _Convolutional(shape, parsed.sizes)

    def _train(self, network: nn.Module, X: np.ndarray, generator: torch.Generator) -> None:
        device = next(network.parameters()).device
        order = torch.randperm(len(X), generator=generator).numpy()
        n_validation = min(max(1, round(self.validation_fraction * len(X))), len(X) - 1)
        held_out, rows = self._batches(np.sort(order[:n_validation])), order[n_validation:]
        lessons = training.Lessons(
            network, torch.optim.Adam(network.parameters()), lambda rows: [self._scaled(X[rows], device)] * 2,
            nn.functional.binary_cross_entropy_with_logits, self, len(self._batches(rows)),
        )  # fmt: skip
        self.loss_curve_, self.best_epoch_, self.stopped_ = [], 0, "budget"
        best, kept = math.inf, None
        for epoch in range(1, self.max_epochs + 1):
            shuffled = self._batches(rows[torch.randperm(len(rows), generator=generator).numpy()])
            losses = {
                "train": lessons.mean_loss(shuffled, learn=True),
                "validation": lessons.mean_loss(held_out, learn=False),
            }
            if not all(map(math.isfinite, losses.values())):
                self.stopped_ = "not a number"
                break
            self.loss_curve_.append(losses)
            lessons.say(self._title, epoch, losses["validation"], "validation loss")
            if losses["validation"] < best:
                best, self.best_epoch_ = losses["validation"], epoch
                kept = {name: value.clone() for name, value in network.state_dict().items()}
            elif epoch - self.best_epoch_ >= self.patience:
                self.stopped_ = "no progress"
                break
        self._keep_best(network, kept, epoch)

    def _batches(self, rows: np.ndarray) -> list[np.ndarray]:
        return [rows[i : i + self.batch_size] for i in range(0, len(rows), self.batch_size)]

    @property
    def _title(self) -> str:
        kind, _, sizes = self.architecture.partition("-")
        return f"{KINDS[kind].title} autoencoder {sizes}"

    def _keep_best(self, network: nn.Module, kept: dict[str, torch.Tensor] | None, epoch: int) -> None:
        if kept is None:
            raise ReportError(
                f"{self._title}: the loss was not a number in epoch {epoch}, and there is nothing before it to keep; "
                "lower the learning rate"
            )
        if self.stopped_ == "not a number":
            log.warning(
                "%s: the loss was not a number in epoch %d; epoch %d is kept", self._title, epoch, self.best_epoch_
            )
        network.load_state_dict(kept)

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the codes of rows; shape (n, product of `code_shape_`), float32."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=training.KEPT_DTYPES, reset=False)
        return self._in_chunks(X, lambda rows: self.network_.encode(self._scaled(rows)))

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """Rebuild rows from codes, in the range of the train pixels; shape (n, d), float32."""
        check_is_fitted(self)
        Z = np.asarray(Z, np.float32)
        if Z.ndim != 2 or Z.shape[1] != math.prod(self.code_shape_):
            raise ValueError(f"codes have the shape (n, {math.prod(self.code_shape_)}), not {Z.shape}")
        pixels = self._in_chunks(Z, lambda rows: torch.sigmoid(self.network_.decode(torch.from_numpy(rows))))
        return pixels * np.float32(self.high_ - self.low_) + np.float32(self.low_)

    @classmethod
    def from_arrays(cls, **arrays: np.ndarray) -> "Autoencoder":
        """Return the fitted estimator that `arrays` came from; it gives the same codes."""
        estimator = super().from_arrays(**arrays)
        estimator.code_shape_ = tuple(estimator.code_shape_)
        return estimator

    @property
    def _n_features_out(self) -> int:
        return math.prod(self.code_shape_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
