"""Every classifier once: what it is called, what it learns from, how it is built, and what is said of it.

To add one is to add an entry here. Nothing heavy is imported before one is built: the command line reads the names here.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from report_lib.common.errors import ReportError

# Where the classic classifiers' settings and published accuracies are from; each was taught all 60,000 train images.
SOURCE = "arXiv 1708.07747, Table 3"
# Steps of logistic regression, which would go on for minutes: more change little.
LOGISTIC_STEPS = 30
# Networks see every image ten times, and few images more often, in batches of 200.
EPOCHS, LEAST_STEPS, BATCH = 10, 500, 200
HOG_UNITS = 256
# The convolutional network sees few images in small batches, so that as many steps go through them less often.
CONV_BATCH, LEAST_CONV_BATCH, CONV_BATCHES, LEAST_CONV_STEPS = 256, 64, 20, 120
PSEUDO_UNITS, PSEUDO_EPOCHS = 100, 40


@dataclass(frozen=True)
class Setting:
    """What a classifier is built for.

    Attributes
    ----------
    n_images : int
        Train images that it will learn from.
    random_state : int
    image_shape : (int, int)
    conv_filters : tuple of int
        Of each layer of the convolutional network.
    conv_epochs : int
        How often it sees each image, at least.
    n_estimators : int
        Trees of a Random Forest that learns clusters.
    """

    n_images: int
    random_state: int
    image_shape: tuple[int, int] = (0, 0)
    conv_filters: tuple[int, ...] = ()
    conv_epochs: int = 1
    n_estimators: int = 100


@dataclass(frozen=True)
class Classifier:
    """One entry of the tables.

    Attributes
    ----------
    title : str
        What readers call it, wherever it is shown.
    build : function of a Setting
        Returns an estimator, unfitted, with all that it is to do before it learns. Raises ReportError where a package
        that it needs is missing.
    named : str
        The title with its article, where that is not `a <title>`.
    on : {"pixels", "hog"}
        Whether it learns from pixels, or from oriented gradients where the run has described the images so.
    slow : bool
        Whether its time grows faster than the number of images, so that it may be given fewer.
    note : str
        A sentence that explains it, under the table.
    published : dict of str to float
        Test accuracy in `SOURCE`, by the title of the images.
    """

    title: str
    build: Callable[[Setting], Any]
    named: str = ""
    on: Literal["pixels", "hog"] = "pixels"
    slow: bool = False
    note: str = ""
    published: dict[str, float] = field(default_factory=dict)


def epochs_for(n_images: int) -> int:
    """Return how often a network sees each of so many images."""
    return max(EPOCHS, math.ceil(LEAST_STEPS / math.ceil(n_images / BATCH)))


def _scaled(classifier: Any) -> Any:
    """Put a classifier of `SOURCE` behind the scaling that it is published with."""
    import numpy as np
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    from report_lib.common.models import ChunkwiseScaler

    # In float32: in float64 all pixels would take twice the memory and no classifier is the better for it. This is a copy,
    # which the next step may write to.
    copied = FunctionTransformer(np.array, kw_args={"dtype": np.float32})
    return make_pipeline(copied, ChunkwiseScaler(copy=False), classifier)


def _in_one_unit(classifier: Any) -> Any:
    from sklearn.pipeline import make_pipeline

    from report_lib.common.models import OneUnit

    return make_pipeline(OneUnit(), classifier)


def _logistic_regression(setting: Setting) -> Any:
    from sklearn.linear_model import LogisticRegression

    return _scaled(LogisticRegression(C=1.0, max_iter=LOGISTIC_STEPS))


def _knn(setting: Setting) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return _scaled(KNeighborsClassifier(5, weights="distance", p=2))


def _random_forest(setting: Setting) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    options = {"criterion": "entropy", "max_depth": 100}
    return _scaled(RandomForestClassifier(100, **options, random_state=setting.random_state))


def _network(units: int, epochs: int, random_state: int, learning_rate: float = 1e-3) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier((units,), max_iter=epochs, learning_rate_init=learning_rate, random_state=random_state)


def _mlp(setting: Setting) -> Any:
    return _scaled(_network(100, epochs_for(setting.n_images), setting.random_state))


def _svc(setting: Setting) -> Any:
    from report_lib.classification.support_vectors import RBFClassifier

    return _scaled(RBFClassifier(C=10.0, cache_size=500))


def _hog_mlp(setting: Setting) -> Any:
    return _in_one_unit(_network(HOG_UNITS, epochs_for(setting.n_images), setting.random_state, 2e-3))


def _conv(setting: Setting) -> Any:
    try:
        from report_lib.classification.networks import ConvClassifier
    except (ImportError, OSError) as error:
        raise ReportError("PyTorch is not installed, or does not load; `pip install torch` brings it") from error
    batch = min(CONV_BATCH, max(LEAST_CONV_BATCH, setting.n_images // CONV_BATCHES))
    epochs = max(setting.conv_epochs, math.ceil(LEAST_CONV_STEPS / math.ceil(setting.n_images / batch)))
    options = {"batch_size": batch, "precision": "auto", "random_state": setting.random_state}
    return ConvClassifier(setting.conv_filters, image_shape=setting.image_shape, max_epochs=epochs, **options)


# In this order, whatever their scores: the last that a run has is what the others are compared with, and speaks for them.
# It takes longest, so they are begun from the end.
CLASSIFIERS = {
    "logistic_regression": Classifier(
        "logistic regression",
        _logistic_regression,
        named="logistic regression",
        note=f"Logistic regression has {LOGISTIC_STEPS} steps.",
        published={"Fashion-MNIST": 0.842, "MNIST": 0.917},
    ),
    "knn": Classifier(
        "5 nearest neighbours",
        _knn,
        named="a vote of the 5 nearest neighbours",
        slow=True,
        published={"Fashion-MNIST": 0.852, "MNIST": 0.945},
    ),
    "random_forest": Classifier(
        "Random Forest", _random_forest, slow=True, published={"Fashion-MNIST": 0.873, "MNIST": 0.970}
    ),
    "mlp": Classifier(
        "network on pixels",
        _mlp,
        note="The network on pixels has ten epochs, and more of few images.",
        published={"Fashion-MNIST": 0.871, "MNIST": 0.972},
    ),
    "svc": Classifier(
        "support vector machine",
        _svc,
        slow=True,
        published={"Fashion-MNIST": 0.897, "MNIST": 0.973},
    ),
    "hog_mlp": Classifier("network on oriented gradients", _hog_mlp, on="hog"),
    "conv": Classifier("convolutional network", _conv),
}


def published(images: str) -> dict[str, float]:
    """Return the published accuracy of each classifier on the images of a title; nothing where there is none."""
    return {name: own.published[images] for name, own in CLASSIFIERS.items() if images in own.published}


def _pseudo_random_forest(setting: Setting) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(setting.n_estimators, random_state=setting.random_state)


def _pseudo_svm(setting: Setting) -> Any:
    from report_lib.classification.support_vectors import RBFClassifier

    return _in_one_unit(RBFClassifier(C=10.0))


def _pseudo_mlp(setting: Setting) -> Any:
    return _in_one_unit(_network(PSEUDO_UNITS, PSEUDO_EPOCHS, setting.random_state))


# Those that learn clusters, from the first principal components of few images.
PSEUDO = {
    "random_forest": Classifier("Random Forest on PCA", _pseudo_random_forest),
    "svm": Classifier("support vector machine on PCA", _pseudo_svm),
    "mlp": Classifier("network on PCA", _pseudo_mlp),
}
