"""Names on the map: what they say, and that they lie on one another nowhere, and on few points."""

import numpy as np
import pytest

from report_lib.page import islands

NAMES = ["Pullover", "Coat", "Shirt", "Bag"]


def made(centers, n=100, spread=0.5):
    rng = np.random.default_rng(0)
    xy = np.concatenate([center + rng.normal(0, spread, (n, 2)) for center in np.array(centers, float)])
    return xy.astype(np.float32), np.repeat(np.arange(len(centers)), n)


FOUR = [(0, 0), (10, 0), (0, 6), (10, 6)]


def boxes(found):
    """Return the corners of each block on the plane."""
    sizes = np.array([islands._block(one.name, one.note) for one in found])
    middle = np.array([one.place for one in found]) * [islands.WIDTH, islands.HEIGHT]
    return middle - sizes / 2, middle + sizes / 2


@pytest.mark.parametrize(
    ("counts", "name"),
    [
        ([90, 10, 0, 0], "Pullover"),
        ([40, 35, 20, 5], "Pullover · Coat"),
        ([35, 30, 25, 10], "Pullover · Coat · Shirt"),
        ([30, 30, 20, 20], "Pullover · Coat · Shirt"),
        ([0, 0, 0, 0], ""),
    ],
)
def test_a_cluster_is_named_after_the_classes_that_make_up_most_of_it(counts, name):
    labels = np.concatenate([np.repeat(np.arange(4), counts), np.full(7, -1)])
    assert islands.made_of(labels, NAMES) == name


def test_a_cluster_of_a_bit_of_everything_has_a_number_only():
    assert islands.made_of(np.arange(40) % 10, [str(i) for i in range(10)]) == ""


def test_names_and_shares():
    xy, clusters = made(FOUR)
    with_labels = islands.islands(xy, clusters, clusters, NAMES)
    assert [(one.name, one.note) for one in with_labels] == [
        (NAMES[i], f"C{i + 1}\N{NO-BREAK SPACE}25%") for i in range(4)
    ]
    without = islands.islands(xy, clusters, np.empty(0, int), ())
    assert [(one.name, one.note) for one in without] == [(f"C{i + 1}", "25%") for i in range(4)]


def test_noise_and_empty_clusters_have_no_name_and_the_largest_comes_first():
    xy, clusters = made(FOUR)
    clusters = np.array([-1, 0, 1, 3])[clusters]
    clusters[150] = 3
    assert [one.name for one in islands.islands(xy, clusters, np.empty(0, int), ())] == ["C4", "C2", "C1"]


@pytest.mark.parametrize("centers", [FOUR, [(i % 6, i // 6) for i in range(24)], [(0, 0), (0, 0), (0.1, 0)]])
def test_no_block_lies_on_another_or_beyond_the_edge(centers):
    xy, clusters = made(centers, spread=0.3)
    found = islands.islands(xy, clusters, np.empty(0, int), ())
    low, high = boxes(found)
    assert low.min() >= -1
    assert (high <= [islands.WIDTH + 1, islands.HEIGHT + 1]).all()
    apart = (low[:, None] >= high[None] - 1e-6).any(axis=2)
    assert (apart | apart.T | np.eye(len(found), dtype=bool)).all()


def test_names_are_beside_their_clusters_and_cover_few_points():
    xy, clusters = made(FOUR)
    found, plane = islands.islands(xy, clusters, clusters, NAMES), islands.fitted(xy, xy)
    low, high = boxes(found)
    covered = ((plane[:, None] > low) & (plane[:, None] < high)).all(axis=2).any(axis=1)
    assert covered.mean() < 0.05
    middles = np.stack([np.median(plane[clusters == i], axis=0) for i in range(4)])
    places = (low + high) / 2
    assert np.hypot(*(places - middles).T).max() <= islands.FARTHEST
    assert np.linalg.norm(places[:, None] - middles, axis=2).argmin(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(6))
def test_no_name_is_nearer_to_another_cluster(seed):
    rng = np.random.default_rng(seed)
    xy, clusters = made(rng.uniform(0, 6, (12, 2)), spread=0.3)
    found, plane = islands.islands(xy, clusters, np.empty(0, int), ()), islands.fitted(xy, xy)
    middles = np.stack([np.median(plane[clusters == one.cluster], axis=0) for one in found])
    places = np.array([one.place for one in found]) * [islands.WIDTH, islands.HEIGHT]
    assert np.linalg.norm(places[:, None] - middles, axis=2).argmin(axis=1).tolist() == list(range(12))


def test_images_of_an_island_are_its_own_and_differ():
    xy, clusters = made(FOUR)
    for i, one in enumerate(islands.islands(xy, clusters, clusters, NAMES)):
        assert len(set(one.rows)) == islands.N_PICTURES
        assert (clusters[one.rows] == i).all()
    lonely = islands.islands(xy[:101], np.repeat([0, 1], [100, 1]), np.empty(0, int), ())
    assert lonely[1].rows == [100]


def test_a_narrower_screen_gets_the_names_that_have_room_there():
    xy, clusters = made([(i % 6, i // 6) for i in range(24)], spread=0.1)
    long = [f"a name that goes on and on {i}" for i in range(24)]
    assert {one.wide for one in islands.islands(xy, clusters, clusters, long)} == {False, True}
    assert not any(one.wide for one in islands.islands(*made(FOUR), np.empty(0, int), ()))


def test_places_come_back_from_the_plane():
    xy, _ = made(FOUR)
    np.testing.assert_allclose(islands.among(islands.fitted(xy, xy), xy), xy, atol=1e-5)


def test_points_all_in_one_place_are_named():
    (one,) = islands.islands(np.ones((9, 2), np.float32), np.zeros(9, int), np.empty(0, int), ())
    assert (one.name, one.note) == ("C1", "100%")
