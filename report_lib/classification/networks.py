"""A small convolutional network that tells classes apart, as a scikit-learn classifier.

Its layers are the encoder's of `autoencoders.Autoencoder`, each with batch normalisation (Ioffe and Szegedy, Batch
normalization, 2015), and a linear head behind dropout. Importing this module imports PyTorch, which takes two seconds.
"""

from itertools import pairwise

import numpy as np
import torch
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from report_lib.common import training
from report_lib.common.representations import check_pooling, halved


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


class ConvClassifier(ClassifierMixin, training.NetworkEstimator):
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

    _kept = ("n_features_in_", "classes_", "low_", "high_", "loss_curve_", "precision_")

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
        self._fit_network(X, torch.from_numpy(codes))
        return self

    def _network(self) -> nn.Module:
        shape = training.square_shape(self.image_shape, self.n_features_in_)
        return _Network(shape, tuple(self.filters), len(self.classes_), self.dropout)

    def _train(self, network: nn.Module, X: np.ndarray, codes: torch.Tensor, generator: torch.Generator) -> None:
        device = next(network.parameters()).device
        # Batch normalisation cannot learn from one image: what is left of an epoch is spread over its batches.
        n_batches = max(1, len(X) // max(2, self.batch_size))
        lessons = training.Lessons(
            network, torch.optim.AdamW(network.parameters(), weight_decay=1e-2),
            lambda rows: (self._scaled(X[rows], device), codes[rows].to(device)),
            nn.functional.cross_entropy, self, n_batches,
        )  # fmt: skip
        self.loss_curve_ = []
        for epoch in range(1, self.max_epochs + 1):
            order = torch.randperm(len(X), generator=generator).numpy()
            self.loss_curve_.append(lessons.mean_loss(np.array_split(order, n_batches), learn=True))
            lessons.say("convolutional network", epoch, self.loss_curve_[-1])

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class; shape (n, n_classes), float32, rows that sum to 1."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=training.KEPT_DTYPES, reset=False)
        return self._in_chunks(X, self._probabilities)

    def _probabilities(self, rows: np.ndarray) -> torch.Tensor:
        # The last chunk is filled up, so that no result depends on how many rows there are.
        full = np.concatenate([rows, np.repeat(rows[:1], training.CHUNK - len(rows), axis=0)])
        return torch.softmax(self.network_(self._scaled(full)), dim=1)[: len(rows)]

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the likeliest class of each row."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    @classmethod
    def from_arrays(cls, **arrays: np.ndarray) -> "ConvClassifier":
        """Return the fitted classifier that `arrays` came from; it gives the same probabilities."""
        classifier = super().from_arrays(**arrays)
        classifier.classes_ = np.array(classifier.classes_)
        return classifier
