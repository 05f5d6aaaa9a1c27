"""What is labelled first: shares as Adams apportions them, the middles of clusters, largest first, each image once."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from report_lib.classification.label_choice import Choice, choose, shares

# --- how many of each cluster ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "n", "found"),
    [
        ([7, 2, 1], 0, [0, 0, 0]),
        # One to each while it lasts, the largest first; equal ones in their order.
        ([2, 7, 1], 1, [0, 1, 0]),
        ([2, 7, 1], 2, [1, 1, 0]),
        ([4, 4, 4], 2, [1, 1, 0]),
        # Then to 7/1, to 7/2, 7/3, to 2/1 rather than 7/4, to 7/4, 7/5, 7/6.
        ([2, 7, 1], 4, [1, 2, 1]),
        ([2, 7, 1], 6, [1, 4, 1]),
        ([2, 7, 1], 7, [2, 4, 1]),
        ([2, 7, 1], 10, [2, 7, 1]),
        # Quotients by 10 are whole.
        ([60, 30, 10], 10, [6, 3, 1]),
        ([0, 5], 3, [0, 3]),
        ([3], 2, [2]),
    ],
)
def test_shares_are_those_worked_out_by_hand(sizes, n, found):
    assert shares(np.array(sizes), n).tolist() == found


@pytest.mark.parametrize("n", [8, 20, 77, 200])
def test_shares_are_sizes_over_one_divisor_rounded_up(n, rng):
    """Adams' method by its definition: some divisor gives every share when quotients are rounded up."""
    sizes = rng.integers(1, 90, 8)
    found = shares(sizes, min(n, sizes.sum()))
    assert found.sum() == min(n, sizes.sum())
    # Rounded up to a share s, size / divisor lies in (s - 1, s].
    lowest = (sizes / found).max()
    above = np.divide(sizes, found - 1, out=np.full(8, np.inf), where=found > 1).min()
    assert lowest <= above
    np.testing.assert_array_equal(np.ceil(sizes / ((lowest + min(above, lowest + 1)) / 2)), found)


def test_no_cluster_gives_more_than_it_has(rng):
    for _ in range(30):
        sizes = rng.integers(0, 6, 5)
        for n in range(sizes.sum() + 1):
            found = shares(sizes, n)
            assert found.sum() == n
            assert (found <= sizes).all()
            assert (found > 0).sum() == min(n, (sizes > 0).sum())


# --- which --------------------------------------------------------------------------------------------------------


@pytest.fixture
def grouped(blobs):
    """Clusters of 60, 50 and 40 rows, and 30 rows of noise; the largest is number 1."""
    X, _ = blobs
    clusters = np.repeat([2, -1, 1, 0], [40, 30, 60, 50])
    order = np.random.default_rng(3).permutation(180)
    return X[order], clusters[order]


def middle_of(X, clusters, cluster):
    rows = np.flatnonzero(clusters == cluster)
    return rows[np.linalg.norm(X[rows] - X[rows].mean(axis=0), axis=1).argmin()]


def test_one_of_each_is_its_middle_and_the_largest_comes_first(grouped):
    X, clusters = grouped
    found = choose(X, clusters, 3, random_state=0)
    assert found.rows.tolist() == [middle_of(X, clusters, cluster) for cluster in (1, 0, 2)]
    assert found.clusters.tolist() == [1, 0, 2]
    assert found.stands_for.tolist() == [60, 50, 40]


def test_fewer_than_there_are_clusters_leave_out_the_smallest(grouped):
    X, clusters = grouped
    assert choose(X, clusters, 2, random_state=0).clusters.tolist() == [1, 0]


def test_every_cluster_has_its_turn_before_any_has_its_next(grouped):
    found = choose(*grouped, 15, random_state=0)
    counts = np.bincount(found.clusters)
    assert counts.tolist() == shares(np.array([50, 60, 40]), 15).tolist() == [5, 6, 4]
    turns = [list(found.clusters[: i + 1]).count(cluster) for i, cluster in enumerate(found.clusters)]
    assert turns == sorted(turns)
    assert found.clusters[:6].tolist() == [1, 0, 2, 1, 0, 2]


def test_each_stands_for_its_part_and_is_the_middle_of_it(grouped):
    X, clusters = grouped
    found = choose(X, clusters, 9, random_state=0)
    for cluster, size in ((0, 50), (1, 60), (2, 40)):
        own, rows = found.clusters == cluster, np.flatnonzero(clusters == cluster)
        assert found.stands_for[own].sum() == size
        assert (np.diff(found.stands_for[own]) <= 0).all()
        parts = KMeans(int(own.sum()), n_init=1, random_state=0).fit(X[rows])
        nearest = {rows[np.where(parts.labels_ == part, np.linalg.norm(X[rows] - center, axis=1), np.inf).argmin()]
                   for part, center in enumerate(parts.cluster_centers_)}  # fmt: skip
        assert set(found.rows[own]) == nearest


def test_noise_is_never_chosen_and_no_row_twice(grouped):
    X, clusters = grouped
    found = choose(X, clusters, 150, random_state=0)
    assert sorted(found.rows) == np.flatnonzero(clusters >= 0).tolist()
    np.testing.assert_array_equal(found.clusters, clusters[found.rows])
    assert (found.stands_for == 1).all()


def test_more_than_there_are_is_all(grouped):
    few, many = (choose(*grouped, n, random_state=0) for n in (150, 10_000))
    np.testing.assert_array_equal(few.rows, many.rows)


def test_identical_rows_are_labelled_once(rng):
    X = np.repeat(np.float32([[0, 0], [5, 5], [9, 0]]), [20, 10, 5], axis=0)
    found = choose(X, np.zeros(35, int), 6, random_state=0)
    assert found.stands_for.tolist() == [20, 10, 5]
    assert sorted(map(tuple, X[found.rows])) == [(0, 0), (5, 5), (9, 0)]


@pytest.mark.parametrize(("clusters", "n"), [([-1, -1, -1], 2), ([0, 0, 1], 0)])
def test_where_there_is_nothing_to_choose_from_nothing_is_chosen(clusters, n):
    found = choose(np.zeros((3, 2), np.float32), np.array(clusters), n, random_state=0)
    for own in (found.rows, found.clusters, found.stands_for):
        assert (own.shape, own.dtype) == ((0,), np.int64)


def test_whoever_asks_again_gets_the_same(grouped):
    first, second = (choose(*grouped, 30, random_state=4) for _ in range(2))
    np.testing.assert_array_equal(first.rows, second.rows)
    np.testing.assert_array_equal(first.stands_for, second.stands_for)


def test_ranks_and_clusters_are_counted_from_one():
    found = Choice(np.array([7, 0]), np.array([1, 0]), np.array([30, 20])).table(np.arange(100, 108))
    assert found == [(1, 107, "C2", 30), (2, 100, "C1", 20)]
    assert len(Choice.COLUMNS) == 4
