"""A small convolutional network that tells classes apart, as a scikit-learn classifier.

Its layers are the encoder's of `autoencoders.ConvAutoencoder`, each with batch normalisation (Ioffe and Szegedy, Batch
normalization, 2015), and a linear head behind dropout. Importing this module imports PyTorch, which takes two seconds.
"""

import logging
import time
from itertools import pairwise

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from report_lib.common import training
from report_lib.common.representations import check_pooling, halved

log = logging.getLogger(__name__)
# Rows that are classified at once; the last are filled up, so that no result depends on how many rows there are.
CHUNK = 256
_KEPT = ("n_features_in_", "classes_", "low_", "high_", "loss_curve_", "precision_")


class _Network(nn.Module):
    def __init__(self, image_shape: tuple[int, int], filters: tuple[int, ...], n_classes: int, dropout: float):
        super().__init__()
        sizes = halved(image_shape, len(filters))
        self.image_shape = image_shape
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise([1, *filters]))
        self.norms = nn.ModuleList(nn.BatchNorm2d(n) for n in filters)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(filters[-1] * sizes[-1][0] * sizes[-1][1], n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.unflatten(1, (1, *self.image_shape)).contiguous(memory_format=torch.channels_last)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = torch.relu(norm(nn.functional.max_pool2d(convolution(x), 2, ceil_mode=True)))
        return self.head(self.dropout(x.flatten(1)))


class ConvClassifier(ClassifierMixin, BaseEstimator):
    """3 × 3 convolutions, 2 × 2 max pooling, batch normalisation, relu; dropout and one linear layer.

    All epochs are gone through and the last weights kept: no images are held out, and none are looked at to stop.

    Parameters
    ----------
    filters : tuple of int
        Channels after each convolution; each halves the sides of the image, rounding up.
    image_shape : (height, width) or None
        Of the rows; None takes them for square images.
    max_epochs : int
        The one-cycle schedule spans them (Smith and Topin, Super-convergence, 2017).
    batch_size : int
        Images a step.
    learning_rate : float
        The highest of the schedule, for AdamW (Loshchilov and Hutter, Decoupled weight decay regularization, 2019).
    dropout : float
        Share of the last layer's inputs that each step leaves out.
    precision : {"auto", "float32", "bfloat16"}
        Of the arithmetic in training; `auto` takes bfloat16 where the processor has it. Probabilities are float32.
    device : {"auto", "cpu", "cuda", "mps"}
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    loss_curve_ : list of float
        Mean cross-entropy of each epoch, in nats.
    low_, high_ : float
        Range of the train pixels.
    precision_ : str
        In which the network was trained.
    """

    def __init__(
        self,
        filters: tuple[int, ...] = (16, 32, 64),
        *,
        image_shape: tuple[int, int] | None = None,
        max_epochs: int = 6,
        batch_size: int = 256,
        learning_rate: float = 1e-2,
        dropout: float = 0.3,
        precision: str = "float32",
        device: str = "auto",
        random_state: object = None,
    ):
        self.filters = filters
        self.image_shape = image_shape
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.precision = precision
        self.device = device
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> "ConvClassifier":
        """Learn from rows of shape (n, d), of any range, and their classes.

        Raises
        ------
        ValueError
            When a parameter is out of its range, the images are too small for so many layers, or there is one class.
        """
        X, y = validate_data(self, X, y, dtype=training.KEPT_DTYPES, ensure_min_samples=2)
        check_classification_targets(y)
        training.check_parameters(self, "max_epochs", "batch_size")
        check_pooling(tuple(self.filters), training.square_shape(self.image_shape, X.shape[1]))
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("the labels hold one class only; a classifier needs at least 2 classes")
        self.low_, self.high_ = float(X.min()), float(X.max())
        device = training.find_device(self.device)
        self.precision_ = training.find_precision(self.precision, device)
        seed = int(check_random_state(self.random_state).randint(2**31))
        with training.reproducible(seed):
            network = self._network(len(self.classes_)).to(device, memory_format=torch.channels_last)
            self._train(network.train(), X, torch.from_numpy(codes), torch.Generator().manual_seed(seed))
        self.network_ = network.cpu().eval()
        return self

    def _network(self, n_classes: int) -> _Network:
        shape = training.square_shape(self.image_shape, self.n_features_in_)
        return _Network(shape, tuple(self.filters), n_classes, self.dropout)

    def _train(self, network: nn.Module, X: np.ndarray, codes: torch.Tensor, generator: torch.Generator) -> None:
        # Batch normalisation cannot learn from one image: what is left of an epoch is spread over its batches.
        n_batches = max(1, len(X) // max(2, self.batch_size))
        optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.learning_rate, epochs=self.max_epochs, steps_per_epoch=n_batches
        )
        self.loss_curve_, said = [], time.monotonic()
        for epoch in range(1, self.max_epochs + 1):
            order = torch.randperm(len(X), generator=generator).numpy()
            losses = [
                self._step(network, X[rows], codes[rows], optimizer, schedule) * len(rows)
                for rows in np.array_split(order, n_batches)
            ]
            self.loss_curve_.append(float(torch.stack(losses).cpu().double().sum()) / len(X))
            if time.monotonic() - said >= 2 or epoch == self.max_epochs:
                said = time.monotonic()
                log.info(
                    "convolutional network: epoch %d of %d, loss %.4f", epoch, self.max_epochs, self.loss_curve_[-1]
                )

    def _step(self, network, rows, codes, optimizer, schedule) -> torch.Tensor:
        device = next(network.parameters()).device
        x = training.to_unit(rows, self.low_, self.high_, device)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.precision_ == "bfloat16"):
            logits = network(x)
        loss = nn.functional.cross_entropy(logits.float(), codes.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        return loss.detach()

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class; shape (n, n_classes), float32, rows that sum to 1."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=training.KEPT_DTYPES, reset=False)
        with torch.inference_mode():
            parts = [self._probabilities(X[i : i + CHUNK]) for i in range(0, len(X), CHUNK)]
        return np.concatenate(parts)

    def _probabilities(self, rows: np.ndarray) -> np.ndarray:
        full = np.concatenate([rows, np.repeat(rows[:1], CHUNK - len(rows), axis=0)])
        logits = self.network_(training.to_unit(full, self.low_, self.high_, torch.device("cpu")))
        return torch.softmax(logits, dim=1)[: len(rows)].numpy()

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the likeliest class of each row."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what `from_arrays` needs, as arrays that can be kept without pickling."""
        check_is_fitted(self)
        return training.to_arrays(self, _KEPT)

    @classmethod
    def from_arrays(cls, *, about: np.ndarray, **weights: np.ndarray) -> "ConvClassifier":
        """Return the fitted classifier that `arrays` came from; it gives the same probabilities."""
        classifier = training.from_arrays(cls, lambda own: own._network(len(own.classes_)), _KEPT, about, weights)
        classifier.classes_ = np.array(classifier.classes_)
        return classifier
