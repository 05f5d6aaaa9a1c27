"""Test images as points: where they are put, what is known of them, and how far the map may be trusted."""

from types import SimpleNamespace

import numpy as np
import pytest

from report_lib.classification import datamap
from report_lib.clustering.representations import Representation
from report_lib.common.arrays import sample_rows, to_bytes
from report_lib.common.neighbors import Neighbors, nearest_to
from report_lib.data.images import ImageSet
from tests.made import made_map


def made_space(rng, *, n_test=12, graph=True):
    """Thirty train images and some test images in three dimensions, the test images close to the first of train."""
    train = rng.normal(size=(30, 3)).astype(np.float32)
    test = train[:n_test] + np.float32(0.001)
    return Representation("30 components", train, test, test_graph=nearest_to(train, test, 7) if graph else None)


def built(space, *, train_map=None, labels=None, clusters=None, **told):
    n = len(space.test)
    images = np.arange(n * 8, dtype=np.uint8).reshape(n, 4, 2)
    images = ImageSet("made", images, images, labels, labels, test_rows=np.arange(n) + 500)
    clusters = np.arange(n) % 3 - 1 if clusters is None else clusters
    return datamap.build(images, space, clusters, train_map, **told, random_state=0)


def test_images_lie_amid_their_nearest_train_images():
    places = np.array([[0, 0], [1, 10], [2, 20], [3, 30], [100, 40], [5000, 5000]], dtype=float)
    near = np.array([[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0]])
    np.testing.assert_array_equal(datamap.amid(places, near), [[2, 20], [3, 30]])
    np.testing.assert_array_equal(datamap.amid(places, near[:, :1]), places[[0, 5]])


def test_a_map_is_built_of_as_many_images_as_there_is_room_for(rng, monkeypatch):
    monkeypatch.setattr(datamap, "MOST", 8)
    space, wanted = made_space(rng), sample_rows(12, 8, 0)
    labels, train_map = np.arange(12) % 3, rng.normal(size=(30, 2))
    told = {"predicted": labels[::-1], "margins": np.linspace(0, 1, 12), "suspects": labels == 1}
    model = SimpleNamespace(answers=SimpleNamespace(classes=told["predicted"], margin=told["margins"]))
    issues = SimpleNamespace(parts={"test": SimpleNamespace(first=told["suspects"])})
    found = built(space, train_map=train_map, labels=labels, model=model, issues=issues)
    assert found.method == "UMAP"
    expected = np.median(train_map[space.test_graph.indices[wanted, :5]], axis=1)
    np.testing.assert_allclose(found.positions, expected, rtol=1e-6)
    assert found.positions.dtype == np.float32
    np.testing.assert_array_equal(found.rows, wanted + 500)
    np.testing.assert_array_equal(found.thumbnails[:, 0, 0], wanted * 8)
    np.testing.assert_array_equal(found.clusters, wanted % 3 - 1)
    for name, values in {"labels": labels, **told}.items():
        np.testing.assert_array_equal(getattr(found, name), values[wanted])
    np.testing.assert_array_equal(found.wrong, (labels != labels[::-1])[wanted])
    distances = np.linalg.norm(space.test[wanted][:, None] - space.test[wanted], axis=2)
    np.testing.assert_array_equal(found.neighbors, np.argsort(distances, axis=1)[:, 1 : 1 + datamap.N_NEIGHBORS])
    assert set(found.arrays()) == set(vars(found))
    assert str(found.arrays()["method"]) == "UMAP"


@pytest.mark.parametrize("graph", [True, False])
def test_without_a_map_images_lie_on_the_first_axes(rng, graph):
    space = made_space(rng, graph=graph)
    found = built(space, train_map=None if graph else rng.normal(size=(30, 2)))
    assert found.method == "30 components"
    np.testing.assert_array_equal(found.positions, space.test[:, :2])


def test_what_is_not_known_is_empty(rng):
    found = built(made_space(rng))
    assert [len(values) for values in (found.labels, found.predicted, found.margins, found.suspects)] == [0] * 4
    assert found.wrong is None
    assert found.unsure_share is None
    with_labels = built(made_space(rng), labels=np.arange(12) % 3)
    assert with_labels.wrong is None


@pytest.mark.parametrize("n_test", [2, 4])
def test_fewer_images_than_neighbours(rng, n_test):
    found = built(made_space(rng, n_test=n_test), labels=np.zeros(n_test, int))
    assert found.neighbors.shape == (n_test, n_test - 1)
    assert all(i not in row for i, row in enumerate(found.neighbors))
    assert found.same_nearby == (1.0, 1.0)


def test_pixels_become_bytes():
    pixels = np.array([[[-1.0, 0.0, 1.0]], [[3.0, 2.0, 1.0]]])
    np.testing.assert_array_equal(to_bytes(pixels), [[[0, 64, 128]], [[255, 191, 128]]])
    assert to_bytes(pixels).dtype == np.uint8
    np.testing.assert_array_equal(to_bytes(np.full((1, 2, 2), 7.0)), np.zeros((1, 2, 2)))
    same = np.array([[[3, 9]]], np.uint8)
    np.testing.assert_array_equal(to_bytes(same), same)
    np.testing.assert_array_equal(to_bytes(np.array([[[-200, 300]]], np.int16)), [[[0, 255]]])


def test_mistakes_among_the_least_sure(rng):
    """Images 0 to 3 are named wrongly, and margins rise with the number of the image."""
    assert made_map(rng).unsure_share == 1.0
    surest = made_map(rng, margins=np.linspace(1, 0, 40, dtype=np.float32))
    assert surest.unsure_share == 0.0
    right = made_map(rng, predicted=np.arange(40) % 3)
    assert right.unsure_share is None


def test_mistakes_are_counted_where_the_label_is_known(rng):
    """Images 0 to 3 are named wrongly; of the quarter that is least sure of the known, 0 and 1 are unknown."""
    labels = np.where(np.arange(40) < 2, -1, np.arange(40) % 3)
    found = made_map(rng, labels=labels, predicted=np.where(np.arange(40) < 4, -(np.arange(40) % 3) % 3 + 3, labels))
    assert np.flatnonzero(found.wrong).tolist() == [2, 3]
    assert found.unsure_share == 1.0
    assert made_map(rng, labels=labels, margins=np.linspace(1, 0, 40, dtype=np.float32)).unsure_share == 0.0


def row_of_six(k=2, **changes):
    """Six images in a row of three pairs; the description has each beside its partner, and then the pair after it."""
    near = np.array([[1, 2], [0, 2], [3, 4], [2, 4], [5, 0], [4, 0]], np.int32)
    none = np.zeros(0, np.int64)
    given = {
        "positions": np.array([[0, 0], [1, 0], [2.5, 0], [3.4, 0], [9, 0], [9.9, 0]], np.float32), "neighbors": near,
        "labels": np.array([0, 0, 1, 1, 2, 2]), "clusters": np.array([0, 1, 1, 1, -1, -1]), "predicted": none,
        "margins": none, "suspects": none, "rows": np.arange(6), "names": np.empty(0, str), "method": "UMAP",
        "thumbnails": np.zeros((6, 2, 2), np.uint8),
    }  # fmt: skip
    found = {**given, **changes}
    return datamap.DataMap(**found | {"neighbors": found["neighbors"][:, :k]})


def test_neighbours_of_the_same_class_on_the_map_and_in_the_description():
    assert row_of_six(1).same_nearby == (1.0, 1.0)
    assert row_of_six().same_nearby == (0.5, 0.5)
    torn = row_of_six(1, positions=np.array([[0, 0], [5, 0], [1, 0], [6, 0], [2.1, 0], [7.1, 0]], np.float32))
    assert torn.same_nearby == (0.0, 1.0)
    assert torn.as_dict()["map"] == {
        "mistakes_in_least_sure_quarter": None, "same_nearby_on_map": 0.0, "same_nearby": 1.0,
    }  # fmt: skip


def test_neighbours_are_compared_where_both_labels_are_known():
    # Of the known, 0 has 1 and 2 beside it, 1 has 0 and 2, and 2 has 3, which is unknown, and 1 or 4.
    some = row_of_six(labels=np.array([0, 0, 1, -1, 2, -1]))
    near = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 4), (4, 0)]
    alike = [some.labels[a] == some.labels[b] for a, b in near]
    assert some.same_nearby[1] == pytest.approx(np.mean(alike))
    alone = row_of_six(1, labels=np.array([0, -1, 1, -1, 2, -1]))
    assert alone.same_nearby is None


def test_without_labels_clusters_are_compared_and_noise_left_out():
    none = np.zeros(0, np.int64)
    # Of images 0 to 3: the nearest on the map are 1, 0, 3 and 2, and in the description the same.
    assert row_of_six(1, labels=none).same_nearby == (0.5, 0.5)
    near = np.array([[2, 1], [2, 0], [3, 4], [1, 4], [5, 0], [4, 0]], np.int32)
    assert row_of_six(1, labels=none, neighbors=near).same_nearby == (0.5, 0.75)


def test_neighbours_need_not_be_as_many_as_the_median_is_of():
    """A description with three neighbours an image still places it amid those three."""
    space = Representation("x", np.eye(4, dtype=np.float32), np.eye(4, dtype=np.float32))
    near = Neighbors(np.array([[0, 1, 2]] * 4, np.int32), np.ones((4, 3), np.float32))
    places = np.array([[0, 0], [1, 5], [9, 9], [7, 7]], dtype=float)
    found = built(Representation("x", space.train, space.test, test_graph=near), train_map=places)
    np.testing.assert_array_equal(found.positions, [[1, 5]] * 4)


def test_a_map_of_noise_alone_cannot_be_judged(rng):
    found = built(made_space(rng), clusters=np.full(12, -1))
    assert found.same_nearby is None
    assert set(found.as_dict()["map"].values()) == {None}
