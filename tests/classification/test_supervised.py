"""Classifiers are scikit-learn's, and what is said of them is what can be worked out by hand."""

import sys
from dataclasses import replace
from math import comb

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from report_lib.classification import classifiers, supervised, support_vectors
from report_lib.classification.classifiers import CLASSIFIERS, Setting
from report_lib.classification.supervised import League, Predictions
from report_lib.clustering.representations import Representation
from report_lib.common.arrays import sample_rows
from report_lib.common.metrics import wilson_interval
from report_lib.common.models import ChunkwiseScaler, OneUnit
from report_lib.data.images import ImageSet

CLASSIC = ("logistic_regression", "knn", "random_forest", "mlp", "svc")


def made(name, classes, proba=None):
    """What a classifier that does not exist says."""
    return Predictions(name, 9, np.array(classes), proba, {"fit": 0.0, "predict": 0.0}, None)


# --- how sure, and how often right ----------------------------------------------------------------------------------


def test_calibration_worked_out_by_hand():
    """Bins of a third: (0, 1/3], (1/3, 2/3], (2/3, 1]."""
    proba = np.array([[0.5, 0.4, 0.1], [0.6, 0.3, 0.1], [0.1, 0.9, 0.0], [0.0, 0.25, 0.75], [0.0, 0.05, 0.95]])
    found = supervised.calibration(proba, np.array([0, 1, 1, 2, 0]), n_bins=3)
    assert found.count.tolist() == [0, 2, 3]
    np.testing.assert_allclose(found.confidence, [np.nan, 0.55, (0.9 + 0.75 + 0.95) / 3])
    np.testing.assert_allclose(found.accuracy, [np.nan, 1 / 2, 2 / 3])
    assert found.expected_error == pytest.approx((2 * 0.05 + 3 * (2.6 / 3 - 2 / 3)) / 5)


def test_bins_are_open_below_and_closed_above():
    sure = np.array([0.5, 0.501, 0.625, 0.75, 0.875, 1.0])
    found = supervised.calibration(np.column_stack([sure, 1 - sure]), np.zeros(6, int), n_bins=4)
    assert found.count.tolist() == [0, 1, 3, 2]


def test_calibration_is_the_published_formula(rng):
    proba = rng.dirichlet([0.4, 0.4, 0.4], 500).astype(np.float32)
    labels = rng.integers(0, 3, 500)
    sure, right = proba.max(axis=1), proba.argmax(axis=1) == labels
    expected = 0.0
    for low in range(15):
        inside = (sure > low / 15) & (sure <= (low + 1) / 15)
        if inside.any():
            expected += inside.mean() * abs(sure[inside].mean(dtype=float) - right[inside].mean())
    assert supervised.calibration(proba, labels).expected_error == pytest.approx(expected, rel=1e-6)
    assert len(supervised.calibration(proba, labels).count) == 15


def test_who_is_as_often_right_as_sure_is_calibrated():
    proba, labels = np.tile([0.75, 0.25], (8, 1)), np.array([0, 0, 0, 1] * 2)
    assert supervised.calibration(proba, labels).expected_error == pytest.approx(0.0)
    assert supervised.calibration(np.tile([1.0, 0.0], (4, 1)), np.ones(4, int)).expected_error == 1.0


# --- who is better --------------------------------------------------------------------------------------------------


def outcomes(both, only, other_only, neither):
    counts = (both, only, other_only, neither)
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


@pytest.mark.parametrize(
    ("only", "other_only", "p_value"),
    [(1, 9, 0.021484375), (9, 1, 0.021484375), (0, 0, 1.0), (4, 4, 1.0), (0, 5, 2 / 2**5), (1, 0, 1.0), (3, 8, 0.2265625)],
)  # fmt: skip
def test_the_test_of_mcnemar_is_the_exact_binomial(only, other_only, p_value):
    assert supervised.mcnemar(*outcomes(20, only, other_only, 7)) == pytest.approx(p_value, rel=1e-12)
    n, few = only + other_only, min(only, other_only)
    tail = 2 * sum(comb(n, k) for k in range(few + 1)) / 2**n
    assert supervised.mcnemar(*outcomes(0, only, other_only, 0)) == pytest.approx(min(1.0, tail), rel=1e-12)


@pytest.mark.parametrize(
    ("p_values", "found"),
    [
        # Times 4, 3, 2, 1 in ascending order, and never less than the one before.
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.04, 0.011, 0.02], [0.04, 0.033, 0.04]),
        ([0.5, 0.4], [0.8, 0.8]),
        ([0.9, 0.6, 0.2], [1.0, 1.0, 0.6]),
        ([0.02], [0.02]),
        ([], []),
    ],
)
def test_p_values_adjusted_by_hand(p_values, found):
    assert supervised.holm(p_values).tolist() == pytest.approx(found)


def test_scores_are_scikit_learns_and_the_most_accurate_comes_first(rng):
    labels = rng.integers(0, 4, 300)
    kinds = {"knn": 0.5, "svc": 0.1, "mlp": 0.3}
    classes = {
        name: np.where(rng.random(300) < wrong, rng.integers(0, 3, 300), labels) for name, wrong in kinds.items()
    }
    scores = supervised.score([made(name, own) for name, own in classes.items()], labels, 4)
    assert [one.predictions.name for one in scores] == ["svc", "mlp", "knn"]
    for one in scores:
        own = classes[one.predictions.name]
        report = classification_report(labels, own, output_dict=True, zero_division=0.0)
        assert one.accuracy == wilson_interval(int(np.sum(labels == own)), 300)
        assert one.accuracy.value == accuracy_score(labels, own)
        for name, values in (("precision", one.precision), ("recall", one.recall), ("f1-score", one.f1)):
            assert values.tolist() == pytest.approx([report[str(kind)][name] for kind in range(4)])
        assert one.support.tolist() == np.bincount(labels).tolist()
        np.testing.assert_array_equal(one.confusion, confusion_matrix(labels, own))
        assert one.calibration is None
    right = {name: own == labels for name, own in classes.items()}
    p = [supervised.mcnemar(right[name], right["svc"]) for name in ("mlp", "knn")]
    assert supervised.reference([one.predictions for one in scores]).name == "svc"
    assert {one.predictions.name: one.p_value for one in scores if one.predictions.name == "svc"} == {"svc": None}
    others = [one.p_value for one in scores if one.predictions.name != "svc"]
    assert others == pytest.approx([max(p[0], 2 * p[1]), 2 * p[1]])


def test_classes_that_are_never_met_or_never_said_score_nothing():
    (one,) = supervised.score([made("knn", [0, 0, 1])], np.array([0, 2, 2]), 4)
    assert one.precision.tolist() == [0.5, 0, 0, 0]
    assert one.recall.tolist() == [1, 0, 0, 0]
    assert one.support.tolist() == [1, 0, 2, 0]
    assert one.confusion.tolist() == [[1, 0, 0, 0], [0] * 4, [1, 1, 0, 0], [0] * 4]
    assert one.p_value is None
    assert one.macro_f1 == pytest.approx((2 / 3 + 0) / 2)


def test_those_equally_right_keep_their_order():
    proba = np.array([[0.5, 0.5], [0.2, 0.8]], np.float32)
    scores = supervised.score([made("mlp", [0, 0], proba), made("knn", [0, 0])], np.array([0, 1]), 2)
    assert [one.predictions.name for one in scores] == ["mlp", "knn"]
    assert scores[0].calibration.expected_error == pytest.approx((0.5 + 0.2) / 2, rel=1e-6)


# --- what to look at ------------------------------------------------------------------------------------------------

PROBA = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7], [0.95, 0.05], [0.1, 0.9], [0.7, 0.3]])
TRUTH = np.array([0, 0, 0, 0, 1, 0, 0])


def scored(proba, labels, n_classes):
    (one,) = supervised.score([made("mlp", proba.argmax(axis=1), proba)], labels, n_classes)
    return one


def test_mistakes_are_listed_by_how_sure_they_were():
    one = scored(PROBA, TRUTH, 2)
    assert one.mistakes(3).tolist() == [4, 5, 1]
    assert one.mistakes(99).tolist() == [4, 5, 1, 3]
    assert scored(PROBA, PROBA.argmax(axis=1), 2).mistakes(3).tolist() == []


def test_each_cell_of_the_confusion_matrix_has_its_surest_image():
    assert scored(PROBA, TRUTH, 2).examples().tolist() == [[0, 5], [4, -1]]
    assert scored(PROBA[:2], TRUTH[:2], 3).examples().tolist() == [[0, 1, -1], [-1, -1, -1], [-1, -1, -1]]


def test_numbers_have_the_names_of_the_metrics():
    proba = np.array([[0.75, 0.25], [0.5, 0.5], [0.0, 1.0]], np.float32)
    scores = supervised.score([made("svc", [1, 1, 1]), made("mlp", [0, 0, 1], proba)], np.array([0, 0, 1]), 2)
    numbers = League(scores, {}, {}, 9).as_dict()["supervised"]
    assert list(numbers) == ["mlp", "svc"]
    assert (numbers["mlp"]["accuracy"], numbers["svc"]["accuracy"]) == (1.0, 1 / 3)
    # Classes 0 and 1 of the other: nothing, and precision 1/3 at recall 1.
    assert numbers["svc"]["macro_f1"] == pytest.approx((0 + 0.5) / 2)
    assert numbers["mlp"]["calibration_error"] == pytest.approx((0.25 + 0.5 + 0) / 3)
    assert numbers["svc"]["calibration_error"] is None
    assert [numbers[name]["p_value_against_reference"] for name in ("mlp", "svc")] == [0.5, None]


# --- the classifiers ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X = np.round(X * 255 / 16).astype(np.uint8)
    return X[:400], y[:400], X[400:600], y[400:600]


def plain(name):
    return {
        "logistic_regression": LogisticRegression(C=1.0, max_iter=classifiers.LOGISTIC_STEPS),
        "knn": KNeighborsClassifier(n_neighbors=5, weights="distance", p=2),
        "random_forest": RandomForestClassifier(n_estimators=100, criterion="entropy", max_depth=100, random_state=3),
        "mlp": MLPClassifier(hidden_layer_sizes=(100,), max_iter=classifiers.epochs_for(400), random_state=3),
        "svc": SVC(C=10.0, kernel="rbf"),
    }[name]


def images_of(digits):
    train, labels, test, truth = digits
    names = tuple(map(str, range(10)))
    return ImageSet("Digits", train.reshape(-1, 8, 8), test.reshape(-1, 8, 8), labels, truth, names)


def fit_all(names, digits, hog=None, n_slow=150):
    conv = {"conv_filters": (4, 4), "conv_epochs": 1}
    league = supervised.begin(names, images_of(digits), hog, n_slow=n_slow, **conv, random_state=3).finish()
    return [league.models[name] for name in names if name in league.models], league.absent


@pytest.fixture(scope="module")
def found(digits):
    return {one.name: one for one in fit_all(CLASSIC, digits)[0]}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", CLASSIC)
def test_classifiers_are_those_of_the_paper_fitted_by_hand(name, digits, found):
    train, labels, test, truth = digits
    rows = sample_rows(400, 150, 3) if name in ("knn", "random_forest", "svc") else np.arange(400)
    scaler = StandardScaler().fit(train[rows].astype(np.float32))
    known = plain(name).fit(scaler.transform(train[rows].astype(np.float32)), labels[rows])
    Z, own = scaler.transform(test.astype(np.float32)), found[name]
    assert (own.name, own.n_images) == (name, len(rows))
    assert np.mean(own.classes == known.predict(Z)) >= 0.995
    if name == "svc":
        assert own.proba is None
    else:
        np.testing.assert_allclose(own.proba, known.predict_proba(Z), atol=5e-3)
        np.testing.assert_array_equal(own.classes, own.proba.argmax(axis=1))
    assert np.mean(own.classes == truth) > 0.5
    assert min(own.seconds.values()) > 0


def test_those_that_are_not_slow_learn_from_all_and_the_slow_from_no_more_than_asked(digits, found):
    assert {name: own.n_images for name, own in found.items()} == {
        "logistic_regression": 400, "knn": 150, "random_forest": 150, "mlp": 400, "svc": 150,
    }  # fmt: skip
    assert fit_all(["knn"], digits, n_slow=10_000)[0][0].n_images == 400


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_pixels_are_scaled_as_published_in_float32(digits, dtype):
    train = digits[0].astype(dtype)
    scaled = CLASSIFIERS["knn"].build(Setting(400, 0))[:-1].fit(train).transform(train)
    assert scaled.dtype == np.float32
    deviation = digits[0].std(axis=0)
    expected = (digits[0] - digits[0].mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    np.testing.assert_allclose(scaled, expected, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_scaler_that_learns_chunk_by_chunk_is_the_one_that_learns_from_all(rng, dtype):
    X = rng.normal(3, [1, 20, 0], size=(20_000, 3)).astype(dtype)
    own, known = ChunkwiseScaler().fit(X[:9]).fit(X), StandardScaler().fit(X)
    assert own.n_samples_seen_ == 20_000
    np.testing.assert_allclose([own.mean_, own.scale_], [known.mean_, known.scale_], rtol=1e-6)


@pytest.mark.parametrize(("n", "epochs"), [(60_000, 10), (10_000, 10), (9_800, 11), (400, 250), (401, 167), (5, 500)])
def test_few_images_are_seen_more_often(n, epochs):
    assert [CLASSIFIERS[name].build(Setting(n, 0))[-1].max_iter for name in ("mlp", "hog_mlp")] == [epochs] * 2


def test_a_class_that_was_not_met_in_training_has_no_probability(digits):
    train, labels, test, _ = digits
    met = (labels != 0) & (labels != 7)

    def of(name):
        setting = Setting(int(met.sum()), 0)
        told = supervised._fit(name, setting, train[met], labels[met], test)
        alone = CLASSIFIERS[name].build(setting).fit(train[met], labels[met])
        np.testing.assert_array_equal(told[1], alone.classes_)
        return supervised._predictions(name, met.sum(), 10, *told), alone

    own, alone = of("knn")
    assert own.proba.shape == (200, 10)
    assert (own.proba[:, [0, 7]] == 0).all()
    np.testing.assert_allclose(own.proba.sum(axis=1), 1.0, rtol=1e-6)
    np.testing.assert_array_equal(own.classes, alone.predict(test))
    classes_alone, alone = of("svc")
    assert classes_alone.proba is None
    np.testing.assert_array_equal(classes_alone.classes, alone.predict(test))


@pytest.mark.parametrize(
    ("n", "epochs", "batch"), [(60_000, 2, 256), (5_120, 6, 256), (2_400, 6, 120), (1000, 8, 64), (200, 30, 64)]
)
def test_few_images_are_seen_more_often_by_the_convolutional_network_too_and_in_small_batches(n, epochs, batch):
    found = CLASSIFIERS["conv"].build(Setting(n, 0, (8, 6), (4,), 2))
    assert (type(found).__name__, found.image_shape) == ("ConvClassifier", (8, 6))
    assert (found.max_epochs, found.batch_size) == (epochs, batch)


def test_what_single_precision_puts_a_little_above_an_edge_belongs_below_it():
    sure = np.float32([0.2, 0.4, 0.6, 0.8])
    found = supervised.calibration(np.column_stack([sure, 1 - sure])[:, :1], np.zeros(4, int), n_bins=5)
    assert found.count.tolist() == [1, 1, 1, 1, 0]


# --- all that are asked for -----------------------------------------------------------------------------------------


def test_all_that_are_asked_for_are_fitted_in_the_order_asked(digits, found):
    train, _, test, truth = digits
    hog = Representation("oriented gradients", train / 255, test / 255)
    asked, absent = fit_all(["conv", "knn", "hog_mlp"], digits, hog)
    assert ([one.name for one in asked], absent) == (["conv", "knn", "hog_mlp"], {})
    conv, knn, network = asked
    np.testing.assert_array_equal(knn.proba, found["knn"].proba)
    assert isinstance(CLASSIFIERS["hog_mlp"].build(Setting(len(train), 3))[0], OneUnit)
    assert (knn.network, network.network) == (None, None)
    assert np.mean(network.classes == truth) > 0.8
    assert (conv.network.filters, conv.network.image_shape, conv.network.random_state) == ((4, 4), (8, 8), 3)
    np.testing.assert_array_equal(conv.proba, conv.network.predict_proba(test))


def test_what_cannot_be_had_is_named_with_its_reason(digits, monkeypatch):
    monkeypatch.setitem(sys.modules, "report_lib.classification.networks", None)
    found, absent = fit_all(["conv", "knn", "hog_mlp"], digits)
    assert [one.name for one in found] == ["knn"]
    assert absent == {
        "convolutional network": "PyTorch is not installed, or does not load; `pip install torch` brings it",
        "network on oriented gradients": "the run made no graph of shapes",
    }


def test_without_labels_or_classifiers_there_is_no_league(digits):
    space, options = (
        Representation("PCA", *digits[::2]),
        {"n_slow": 9, "conv_filters": (4,), "conv_epochs": 1, "random_state": 0},
    )
    assert supervised.begin([], images_of(digits), space, **options).finish() is None
    assert supervised.begin(["knn"], replace(images_of(digits), train_labels=None), space, **options).finish() is None
    assert (supervised.looked_at(None), supervised.times(None)) == (None, [])
    league = supervised.begin(["svc", "knn"], images_of(digits), space, **{**options, "n_slow": 200}).finish()
    assert (league.n_train, league.published) == (400, {})
    assert [(one["name"], sorted(one)) for one in supervised.times(league)] == [
        (CLASSIFIERS[name].title, ["fit", "name", "predict"]) for name in ("knn", "svc")
    ]


@pytest.mark.parametrize(
    ("names", "one"),
    [
        (["knn", "conv", "mlp"], "conv"),
        (["mlp", "hog_mlp", "knn"], "hog_mlp"),
        (["svc", "knn", "random_forest"], "random_forest"),
    ],
)
def test_the_one_that_is_looked_at_is_not_chosen_by_its_score(names, one):
    proba = np.array([[0.5, 0.5]], np.float32)
    found = [made(name, [0], None if name == "svc" else proba) for name in names]
    league = League(supervised.score(found, np.array([0]), 2), {}, {}, 9)
    assert supervised.looked_at(league).predictions.name == one


def test_where_none_gives_probabilities_none_is_looked_at():
    league = League(supervised.score([made("svc", [0])], np.array([0]), 2), {}, {}, 9)
    assert supervised.looked_at(league) is None


def test_what_takes_longest_is_begun_first_and_each_in_a_process_of_its_own(digits, monkeypatch):
    handed = []
    monkeypatch.setattr(
        supervised, "at_once", lambda calls: iter([handed.append(args[0]) or f(*args) for f, args, _ in calls])
    )
    codes = Representation("codes", digits[0], digits[2])
    asked = ["hog_mlp", "knn", "conv", "mlp"]
    assert [one.name for one in fit_all(asked, digits, codes)[0]] == asked
    assert handed == ["conv", "hog_mlp", "mlp", "knn"]


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("C", [0.01, 10.0])
def test_support_vectors_answer_as_those_of_scikit_learn(n_classes, C, monkeypatch):
    monkeypatch.setattr(support_vectors, "BLOCK", 100)
    X, y = load_digits(return_X_y=True)
    X, y = X[y < n_classes], y[y < n_classes] * 3 - 1
    own, known = (make(C=C).fit(X[::4], y[::4]) for make in (support_vectors.RBFClassifier, SVC))
    np.testing.assert_array_equal(own.predict(X), known.predict(X))
    # Labels by chance are learnt by heart, from nearly all images.
    chance = np.random.default_rng(0).permutation(y[::4])
    own, known = (make(C=C).fit(X[::4], chance) for make in (support_vectors.RBFClassifier, SVC))
    np.testing.assert_array_equal(own.predict(X), known.predict(X))
