"""The convolutional classifier is a scikit-learn classifier and computes what PyTorch's own layers compute."""

import copy
import io

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from report_lib.classification.networks import ConvClassifier
from report_lib.common import training


@pytest.fixture
def flat(images):
    """Forty rows of 35 pixels (7 x 5), bright above or below, and which of them."""
    rows, labels = images
    return rows.reshape(40, -1), labels


def conv(**options):
    return ConvClassifier(
        (4, 6), **{"image_shape": (7, 5), "max_epochs": 2, "batch_size": 16, "random_state": 0, **options}
    )


# --- what the network computes --------------------------------------------------------------------------------------


def test_the_network_is_the_one_that_is_written_plainly(flat):
    X, y = flat
    fitted = conv(max_epochs=8).fit(X, y)
    plain = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2, ceil_mode=True), nn.BatchNorm2d(4), nn.ReLU(),
        nn.Conv2d(4, 6, 3, padding=1), nn.MaxPool2d(2, ceil_mode=True), nn.BatchNorm2d(6), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(6 * 2 * 2, 2), nn.Softmax(dim=1),
    )  # fmt: skip
    plain.load_state_dict(named(fitted.network_.state_dict()))
    x = torch.tensor((X - X.min()) / float(np.ptp(X)), dtype=torch.float32).reshape(-1, 1, 7, 5)
    with torch.no_grad():
        expected = plain.eval()(x).numpy()
    np.testing.assert_allclose(fitted.predict_proba(X), expected, rtol=1e-4, atol=1e-6)
    assert np.ptp(expected[:, 0]) > 0.1


def named(weights):
    """The weights under the names of the plain network: modules 0, 2, 4, 6 and 10."""
    places = {"convolutions.0": 0, "norms.0": 2, "convolutions.1": 4, "norms.1": 6, "head": 10}
    return {f"{places[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}": value for name, value in weights.items()}


def test_pixels_count_from_the_lowest_to_the_highest_of_training(flat):
    X, y = flat
    fitted = conv().fit(X, y)
    assert (fitted.low_, fitted.high_) == (X.min(), X.max())
    beyond = np.clip(X.astype(int) * 3 - 100, X.min(), X.max())
    # What lies beyond is cut.
    np.testing.assert_array_equal(
        fitted.predict_proba(X.astype(np.float32) * 3 - 100), fitted.predict_proba(beyond.astype(np.float32))
    )


def test_the_loss_is_the_cross_entropy_of_the_images(flat):
    X, y = flat
    # As good as not taught: batch normalisation alone learns, and with all images in one batch it is what they say.
    fitted = conv(learning_rate=1e-12, max_epochs=1, batch_size=40, dropout=0.0).fit(X, y)
    network = copy.deepcopy(fitted.network_).train()
    with torch.no_grad():
        proba = torch.softmax(network(training.to_unit(X, fitted.low_, fitted.high_, "cpu")), dim=1).double().numpy()
    assert fitted.loss_curve_ == pytest.approx([log_loss(y, proba / proba.sum(axis=1, keepdims=True))], rel=1e-4)


def test_digits_are_learnt():
    X, y = load_digits(return_X_y=True)
    fitted = ConvClassifier((16, 32), max_epochs=6, batch_size=64, random_state=0).fit(X[:1300], y[:1300])
    assert fitted.score(X[1300:], y[1300:]) > 0.93
    assert fitted.loss_curve_[-1] < 0.3 * fitted.loss_curve_[0]
    assert len(fitted.loss_curve_) == 6


# --- no answer depends on the others --------------------------------------------------------------------------------


def test_the_probabilities_of_a_row_do_not_depend_on_the_rows_that_come_with_it(flat, rng, monkeypatch):
    X, y = flat
    monkeypatch.setattr(training, "CHUNK", 16)
    fitted = conv().fit(X, y)
    whole, order = fitted.predict_proba(X), rng.permutation(40)
    assert fitted.predict_proba(X[:23]).tobytes() == whole[:23].tobytes()
    assert fitted.predict_proba(X[order]).tobytes() == whole[order].tobytes()
    for row in (0, 17, 39):
        assert fitted.predict_proba(X[row : row + 1]).tobytes() == whole[row].tobytes()


def test_the_same_with_chunks_as_large_as_they_are(rng):
    X, y = rng.random((600, 64)).astype(np.float32), np.arange(600) % 3
    fitted = ConvClassifier((4, 8, 8), max_epochs=1, random_state=0).fit(X, y)
    whole, order = fitted.predict_proba(X), rng.permutation(600)
    assert (whole.shape, whole.dtype) == ((600, 3), np.float32)
    assert fitted.predict_proba(X[order]).tobytes() == whole[order].tobytes()
    assert fitted.predict_proba(X[256:257]).tobytes() == whole[256].tobytes()
    np.testing.assert_allclose(whole.sum(axis=1), 1.0, rtol=1e-6)


# --- as scikit-learn has it -----------------------------------------------------------------------------------------


class AnyWidth(ConvClassifier):
    """The same for rows of any number of features, which scikit-learn's checks have: zeros make them square images."""

    def _network(self):
        return Filled(side(self.n_features_in_), super()._network())


class Filled(nn.Module):
    def __init__(self, width, network):
        super().__init__()
        self.width, self.network = width, network

    def forward(self, x):
        return self.network(nn.functional.pad(x, (0, self.width**2 - x.shape[1])))


def side(n_features):
    return max(2, int(np.ceil(np.sqrt(n_features))))


@pytest.mark.slow
@parametrize_with_checks(
    [AnyWidth((8,), max_epochs=15, batch_size=16, dropout=0.0, random_state=0)],
)
def test_scikit_learns_own_checks(estimator, check, monkeypatch):
    monkeypatch.setattr(training, "square_shape", lambda shape, n: (side(n), side(n)))
    check(estimator)


def test_same_seed_same_bytes(flat):
    X, y = flat
    first, second, other = conv().fit(X, y), clone(conv()).fit(X, y), conv(random_state=1).fit(X, y)
    assert first.predict_proba(X).tobytes() == second.predict_proba(X).tobytes()
    assert first.loss_curve_ == second.loss_curve_
    assert first.predict_proba(X).tobytes() != other.predict_proba(X).tobytes()


def test_training_leaves_the_callers_random_numbers_alone(flat):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    conv().fit(*flat)
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.are_deterministic_algorithms_enabled()


def test_classes_may_have_any_names(flat):
    X, y = flat
    named, plain = conv().fit(X, np.array(["up", "down"])[y]), conv().fit(X, 1 - y)
    assert named.classes_.tolist() == ["down", "up"]
    np.testing.assert_array_equal(named.predict(X), np.array(["down", "up"])[plain.predict(X)])
    loaded = ConvClassifier.from_arrays(**named.arrays())
    np.testing.assert_array_equal(loaded.predict(X), named.predict(X))


def test_a_batch_of_one_is_left_to_no_step(flat):
    X, y = flat
    # Batch normalisation refuses one image; 1, and what is left over, are spread over the other batches.
    for batch_size, rows in ((1, 40), (13, 40), (3, 4), (256, 3)):
        assert np.isfinite(conv(batch_size=batch_size).fit(X[:rows], y[:rows]).loss_curve_).all()


def test_bfloat16_learns_nearly_the_same(flat):
    X, y = flat
    exact, rough = (conv(max_epochs=10, precision=precision).fit(X, y) for precision in ("float32", "bfloat16"))
    assert (exact.precision_, rough.precision_) == ("float32", "bfloat16")
    assert rough.predict_proba(X).dtype == np.float32
    assert exact.loss_curve_ != rough.loss_curve_
    assert rough.loss_curve_[-1] == pytest.approx(exact.loss_curve_[-1], abs=0.05)


def test_images_without_any_contrast(flat):
    _, y = flat
    found = conv().fit(np.full((40, 35), 7, np.uint8), y).predict_proba(np.full((3, 35), 7, np.uint8))
    assert np.isfinite(found).all()
    assert (found == found[0]).all()


# --- kept and loaded ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_loaded_again_it_gives_the_same_probabilities(flat, dtype):
    X, y = flat[0].astype(dtype) / dtype(3 if dtype != np.uint8 else 1), flat[1] + 4
    fitted = conv().fit(X.astype(dtype), y)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **fitted.arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as kept:
        loaded = ConvClassifier.from_arrays(**kept)
    assert loaded.predict_proba(X).tobytes() == fitted.predict_proba(X).tobytes()
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X))
    assert loaded.get_params() == fitted.get_params()
    assert loaded.loss_curve_ == fitted.loss_curve_
    assert loaded.classes_.tolist() == [4, 5]


@pytest.mark.parametrize("state", [np.int64(3), np.random.RandomState(0), None])
def test_whatever_the_random_state_it_can_be_kept(state, flat):
    X, y = flat
    fitted = ConvClassifier((np.int64(4),), image_shape=(7, 5), max_epochs=1, random_state=state).fit(X, y)
    loaded = ConvClassifier.from_arrays(**fitted.arrays())
    assert loaded.predict_proba(X).tobytes() == fitted.predict_proba(X).tobytes()


# --- what does not fit ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (conv(max_epochs=0), "max_epochs is 0; it takes a whole number, at least 1"),
        (conv(batch_size=1.5), "batch_size is 1.5; it takes a whole number"),
        (conv(learning_rate=-1.0), "learning_rate is -1.0; it takes a number above 0"),
        (conv(learning_rate=float("nan")), "learning_rate is nan; it takes a number above 0"),
        (conv(precision="half"), "precision is 'half'; it takes auto, float32 or bfloat16"),
        (conv(device="nonsense"), "device 'nonsense' is not to be had here"),
        (conv(dropout=1.5), "dropout"),
        (ConvClassifier(()), "rows of 35 pixels are no images of 5 × 5; give image_shape"),
        (ConvClassifier((), image_shape=(7, 5)), "one or more counts of channels"),
        (ConvClassifier((4, 0), image_shape=(7, 5)), "each at least 1"),
        (ConvClassifier((4, 4, 4), image_shape=(7, 5)), "at least 8 × 8 pixels, not 7 × 5; give fewer layers"),
        (ConvClassifier((4,), image_shape=(5, 5)), "rows of 35 pixels are no images of 5 × 5"),
    ],
)
def test_what_does_not_fit_is_refused(estimator, message, flat):
    with pytest.raises(ValueError, match=message):
        estimator.fit(*flat)


def test_one_class_is_none_to_tell_apart(flat):
    with pytest.raises(ValueError, match="one class only; a classifier needs at least 2 classes"):
        conv().fit(flat[0], np.zeros(40, int))


def test_numbers_are_no_classes(flat):
    with pytest.raises(ValueError, match="Unknown label type"):
        conv().fit(flat[0], np.linspace(0, 1, 40))
