"""What is labelled first: shares as Adams apportions them, the middles of clusters and of their parts, each image once."""

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


def test_a_shorter_list_is_the_top_of_a_longer_one(grouped):
    whole = choose(*grouped, 150, random_state=0).rows
    for n in (0, 1, 3, 4, 7, 12, 24, 100):
        np.testing.assert_array_equal(choose(*grouped, n, random_state=0).rows, whole[:n])


def test_after_the_middles_come_those_of_parts_that_hold_none_yet(grouped):
    X, clusters = grouped
    found = choose(X, clusters, 6, random_state=0)
    # Six parts are two of each cluster: one of them holds the middle that is there already.
    expected = []
    for i, cluster in enumerate((1, 0, 2)):
        rows = np.flatnonzero(clusters == cluster)
        parts = KMeans(2, n_init=1, random_state=0).fit(X[rows])
        (free,) = {0, 1} - {parts.labels_[rows == found.rows[i]].item()}
        apart = np.where(parts.labels_ == free, np.linalg.norm(X[rows] - parts.cluster_centers_[free], axis=1), np.inf)
        expected.append((-int(np.sum(parts.labels_ == free)), int(rows[apart.argmin()])))
    assert set(found.rows[3:].tolist()) == {row for _, row in expected}
    sizes = {row: -own for own, row in expected}
    assert (np.diff([sizes[row] for row in found.rows[3:].tolist()]) <= 0).all()


def test_each_stands_for_those_of_its_cluster_that_are_nearest_to_it(grouped):
    X, clusters = grouped
    found = choose(X, clusters, 9, random_state=0)
    for cluster, size in ((0, 50), (1, 60), (2, 40)):
        own, rows = np.flatnonzero(found.clusters == cluster), np.flatnonzero(clusters == cluster)
        apart = np.linalg.norm(X[rows, None] - X[found.rows[own]], axis=2)
        assert found.stands_for[own].tolist() == np.bincount(apart.argmin(axis=1), minlength=len(own)).tolist()
        assert found.stands_for[own].sum() == size


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
