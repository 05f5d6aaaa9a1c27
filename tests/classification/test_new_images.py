"""A model that was kept answers as it did, image by image, wherever it stands among others."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from report_lib.classification import new_images, predictor
from report_lib.classification.forward import ConvForward
from report_lib.classification.networks import ConvClassifier
from report_lib.classification.new_images import Answers
from report_lib.common.arrays import UNKNOWN
from report_lib.common.metrics import NOISE
from report_lib.data.images import ImageSet
from tests.models import KINDS, LABELS, NAMES, TEST, TEST_LABELS, TRAIN, drawn, made, pixels_described, saved


@pytest.fixture(scope="module")
def models():
    return {kind: made(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def model(models):
    return models["pca with a network"]


def as_bytes(answers: Answers, rows=slice(None)):
    fields = ("clusters", "classes", "probability", "margin", "distance", "residual", "as_unusual", "like_seen")
    return {name: own if (own := getattr(answers, name)) is None else own[rows].tobytes() for name in fields}


# --- the same answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_loaded_again_it_answers_the_same(kind, models, tmp_path):
    model = models[kind]
    loaded = new_images.load("mine", *saved(model, tmp_path))
    found, expected = loaded.predict(TEST), model.predict(TEST)
    assert as_bytes(found) == as_bytes(expected)
    for name in ("clusters", "classes", "probability", "margin", "distance", "residual", "as_unusual"):
        assert getattr(getattr(found, name), "dtype", None) == getattr(getattr(expected, name), "dtype", None)
    assert (loaded.class_names, loaded.image_shape, loaded.n_neighbors) == (NAMES, (12, 10), 7)
    assert (loaded.low, loaded.high) == (TRAIN.min(), TRAIN.max())
    assert (found.classes is None) == ("without labels" in kind)


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_depends_on_the_images_that_come_after_it(kind, models, monkeypatch):
    monkeypatch.setattr(predictor, "BLOCK", 32)
    whole = models[kind].predict(TEST)
    for n in (1, 7, 31, 32, 33):
        assert as_bytes(models[kind].predict(TEST[:n])) == as_bytes(whole, slice(n))


@pytest.mark.parametrize("kind", KINDS)
def test_the_place_among_others_changes_last_digits_at_most(kind, models, rng):
    whole, order = models[kind].predict(TEST), rng.permutation(60)
    moved = models[kind].predict(TEST[order])
    np.testing.assert_array_equal(moved.clusters, whole.clusters[order])
    if whole.classes is not None:
        np.testing.assert_array_equal(moved.classes, whole.classes[order])
    for name in ("probability", "margin", "distance", "residual"):
        np.testing.assert_allclose(getattr(moved, name), getattr(whole, name)[order], rtol=1e-4, atol=1e-5)


def test_pixels_may_come_in_any_type_and_order(models):
    for model in (models["pca with a network"], models["gradients"]):
        expected = as_bytes(model.predict(TEST))
        assert as_bytes(model.predict(TEST.astype(np.float32))) == expected
        assert as_bytes(model.predict(TEST.transpose(2, 1, 0).copy().transpose(2, 1, 0))) == expected


# --- which answers --------------------------------------------------------------------------------------------------


def test_clusters_by_centres_are_those_of_kmeans(models):
    model = models["pca"]
    codes = (model.shape or model.pixels).transform(TRAIN.reshape(150, -1))
    known = KMeans(4, n_init=2, random_state=0).fit(codes)
    found = model.predict(TEST)
    np.testing.assert_array_equal(
        found.clusters, known.predict((model.shape or model.pixels).transform(TEST.reshape(60, -1)))
    )
    np.testing.assert_array_equal(model.predict(TRAIN).clusters, known.labels_)


def test_classes_by_vote_are_scikit_learns(models):
    model = models["pca"]
    known = KNeighborsClassifier(7, weights="distance", algorithm="brute").fit(model.train, LABELS)
    proba = known.predict_proba((model.shape or model.pixels).transform(TEST.reshape(60, -1)))
    found = model.predict(TEST)
    np.testing.assert_array_equal(found.classes, proba.argmax(axis=1))
    np.testing.assert_allclose(found.probability, proba.max(axis=1), rtol=1e-5)
    second, first = np.sort(proba, axis=1)[:, -2:].T
    np.testing.assert_allclose(found.margin, first - second, atol=1e-6)
    assert np.mean(found.classes == TEST_LABELS) > 0.9


def test_the_nearest_whose_labels_are_known_have_a_vote_on_the_class(models, tmp_path):
    some = np.where(np.arange(150) % 10 < 7, UNKNOWN, LABELS)
    model, known = replace(models["pca"], labels=some), some != UNKNOWN
    alone = KNeighborsClassifier(7, weights="distance", algorithm="brute").fit(model.train[known], LABELS[known])
    proba = alone.predict_proba(model.pixels.transform(TEST.reshape(60, -1)))
    found = model.predict(TEST)
    np.testing.assert_array_equal(found.classes, proba.argmax(axis=1))
    np.testing.assert_allclose(found.probability, proba.max(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(found.clusters, models["pca"].predict(TEST).clusters)
    assert as_bytes(new_images.load("mine", *saved(model, tmp_path)).predict(TEST)) == as_bytes(found)
    fewest = replace(model, labels=np.where(np.arange(150) < 3, LABELS, UNKNOWN)).predict(TEST)
    assert set(fewest.classes) == {0, 1, 2}


def test_classes_by_a_network_are_the_networks(model):
    proba = model.network.predict_proba(TEST.reshape(60, -1))
    found = model.predict(TEST)
    np.testing.assert_array_equal(found.classes, proba.argmax(axis=1))
    np.testing.assert_array_equal(found.probability, proba.max(axis=1))
    np.testing.assert_allclose(found.margin, np.diff(np.sort(proba, axis=1))[:, -1], atol=1e-7)


def test_a_class_that_the_network_never_met_is_never_said():
    network = ConvClassifier((4,), image_shape=(12, 10), max_epochs=1, random_state=0)
    network.fit(TRAIN.reshape(150, -1)[LABELS != 1], LABELS[LABELS != 1])
    found = made("pca", network=ConvForward(**network.arrays())).predict(TEST)
    assert set(found.classes) <= {0, 2}
    np.testing.assert_allclose(found.probability, network.predict_proba(TEST.reshape(60, -1)).max(axis=1), atol=1e-6)


@pytest.mark.parametrize(("shape", "filters"), [((12, 10), (4, 4)), ((9, 7), (5, 6)), (None, (3,))])
def test_arrays_alone_say_what_the_network_says(shape, filters, rng):
    X = rng.normal(size=(300, 63 if shape == (9, 7) else 120 if shape else 64)).astype(np.float32)
    labels = np.arange(300) % 3
    X[:, :20] += 2 * labels[:, None]
    network = ConvClassifier(filters, image_shape=shape, max_epochs=10, batch_size=32, random_state=0).fit(X, labels)
    proba = ConvForward(**network.arrays()).predict_proba(X)
    np.testing.assert_allclose(proba, network.predict_proba(X), atol=2e-6)
    assert proba.dtype == np.float32
    assert np.ptp(proba) > 0.1


def test_clusters_by_vote_leave_to_noise_what_noise_has_most_of(models):
    model = replace(models["gradients without labels"], clusters=np.where(LABELS == 2, NOISE, LABELS))
    known = KNeighborsClassifier(7, weights="distance", algorithm="brute").fit(model.train, model.clusters)
    proba = known.predict_proba((model.shape or model.pixels).transform(TEST.reshape(60, -1)))
    assert known.classes_.tolist() == [-1, 0, 1]
    found = model.predict(TEST)
    sides = np.column_stack([proba[:, 1:].max(axis=1), proba[:, 0]])
    clear = np.abs(np.diff(sides)[:, 0]) > 1e-6
    np.testing.assert_array_equal((found.clusters == NOISE)[clear], (sides[:, 1] > sides[:, 0])[clear])
    kept = found.clusters != NOISE
    assert 10 < kept.sum() < 50
    np.testing.assert_array_equal(found.clusters[kept], proba[kept, 1:].argmax(axis=1))
    np.testing.assert_allclose(found.probability, proba[:, 1:].max(axis=1), atol=1e-6)


def test_of_one_cluster_without_labels_the_margin_is_the_whole(models):
    model = replace(models["gradients without labels"], clusters=np.zeros(150, np.int64))
    found = model.predict(TEST)
    assert (found.clusters == 0).all()
    np.testing.assert_allclose(found.margin, 1.0)


@pytest.mark.parametrize("kind", ["gradients", "gradients without labels"])
def test_where_all_is_noise_new_images_are_noise(kind, models):
    found = replace(models[kind], clusters=np.full(150, NOISE)).predict(TEST)
    assert (found.clusters == NOISE).all()


# --- what is like nothing seen --------------------------------------------------------------------------------------


def test_what_is_usual_is_told_by_the_test_images():
    none = np.empty(0, np.float32)
    before = made("pca", distances=none, residuals=none)
    after, answers = new_images.calibrate(before, TEST)
    codes = before.pixels.transform(TEST.reshape(60, -1))
    distances = NearestNeighbors(n_neighbors=7, algorithm="kd_tree").fit(before.train).kneighbors(codes)[0].mean(axis=1)
    np.testing.assert_allclose(answers.distance, distances, rtol=1e-4)
    np.testing.assert_allclose(after.distances, np.sort(distances), rtol=1e-4)
    np.testing.assert_array_equal(after.residuals, np.sort(answers.residual))
    assert as_bytes(answers) == as_bytes(after.predict(TEST))
    # Of sixty, so many are as far; or leave out as much; the rarer of the two, doubled.
    shares = [(known[:, None] <= known).mean(axis=1) for known in (answers.distance, answers.residual)]
    np.testing.assert_allclose(answers.as_unusual, np.minimum(1, 2 * np.minimum(*shares)), rtol=1e-6)
    assert not before.predict(TEST).like_seen.any()


@pytest.mark.parametrize("kind", ["pca", "gradients"])
def test_the_residual_is_what_the_components_of_the_pixels_leave_out(kind, models):
    span = float(TRAIN.max()) - TRAIN.min()
    train, test = ((own.reshape(len(own), -1) - float(TRAIN.min())) / span for own in (TRAIN, TEST))
    pca = PCA(8, svd_solver="full").fit(train)
    left = np.linalg.norm(test - pca.inverse_transform(pca.transform(test)), axis=1)
    found = models[kind].predict(TEST).residual
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, left, rtol=1e-4)
    # All components leave nothing out.
    assert pixels_described(120).residual(TEST.reshape(60, -1)).max() < 1e-4 < left.min()


def test_the_share_that_is_as_unusual_is_counted_by_hand(model):
    model = replace(model, distances=np.float32([1, 2, 2, 4]), residuals=np.float32([1, 2, 3, 4]))
    distance, residual = np.float32([0.5, 2, 4, 4, 5, 1, 3]), np.float32([0.5, 0, 0, 4.5, 0, 3.5, 3])
    found = model.as_unusual(distance, residual)
    assert found.tolist() == [1, 1, 0.5, 0, 0, 0.5, 0.5]
    assert found.dtype == np.float32


@pytest.mark.parametrize(("rank", "like"), [(198, True), (199, True), (200, False)])
def test_of_two_hundred_the_rarest_hundredth_of_two_kinds_begins_beyond_the_last(rank, like, model):
    model = replace(model, distances=np.arange(200, dtype=np.float32), residuals=np.arange(200, dtype=np.float32))
    ones = np.zeros(1, np.float32)
    for pair in ((np.float32([rank]), ones), (ones, np.float32([rank]))):
        answers = Answers(np.zeros(1), None, ones, ones, *pair, model.as_unusual(*pair))
        assert answers.like_seen.tolist() == [like]


@pytest.mark.parametrize("kind", ["pca", "gradients"])
def test_noise_is_like_nothing_seen_and_what_was_seen_is(kind, models, rng):
    noise = rng.integers(0, 256, (30, 12, 10)).astype(np.uint8)
    assert not models[kind].predict(noise).like_seen.any()
    new, _ = drawn(90, 5)
    assert models[kind].predict(new).like_seen.mean() > 0.9
    assert models[kind].predict(TRAIN).like_seen.mean() > 0.95


def test_strange_images_are_turned_inverted_and_shuffled(rng):
    images = rng.integers(10, 201, (5, 12, 10)).astype(np.uint8)
    found = new_images.strange_images(images, 10.0, 200.0, random_state=0)
    assert list(found) == ["as they are", "upside down", "inverted", "pixels shuffled"]
    np.testing.assert_array_equal(found["as they are"], images)
    np.testing.assert_array_equal(found["upside down"][2, 0], images[2, 11])
    np.testing.assert_array_equal(found["inverted"].astype(int), 210 - images.astype(int))
    shuffled = found["pixels shuffled"]
    np.testing.assert_array_equal(np.sort(shuffled.reshape(5, -1)), np.sort(images.reshape(5, -1)))
    # All in the same order.
    (place,) = [i for i in range(120) if (images.reshape(5, -1)[:, i] == shuffled[:, 0, 0]).all()]
    assert place > 0
    assert {own.dtype for own in found.values()} == {np.dtype(np.uint8)}


def test_inverted_what_is_brighter_than_any_train_image_is_dark():
    images = np.uint8([[[0, 255], [200, 210]]])
    inverted = new_images.strange_images(images, 0.0, 200.0, random_state=0)["inverted"]
    assert inverted[0, 0, 1] <= inverted[0, 1, 0] == 0


def test_the_share_of_each_kind_that_is_called_unlike(model):
    found = new_images.unlike(model, TEST, random_state=0)
    kinds = new_images.strange_images(TEST, model.low, model.high, random_state=0)
    assert found == {kind: np.mean(~model.predict(images).like_seen) for kind, images in kinds.items()}
    assert found["as they are"] < 0.05
    assert found["pixels shuffled"] > 0.9
    assert found["inverted"] > 0.9


def test_no_more_neighbours_are_asked_than_there_are_train_images():
    pixels = pixels_described()
    codes = pixels.transform(TRAIN[:4].reshape(4, -1))
    few = new_images.build(
        pixels, None, codes, {"n_neighbors": np.array(7), "train": np.zeros(4, np.int64)},
        ImageSet("made", TRAIN[:4], TEST), None,
    )  # fmt: skip
    assert few.n_neighbors == 4
    assert new_images.calibrate(few, TEST)[1].distance.shape == (60,)
