"""The sentences on dense places follow the values: other values, other words."""

from types import SimpleNamespace

import numpy as np
import pytest

from report_lib.clustering import density
from report_lib.clustering.findings import density as about_density
from report_lib.clustering.representations import Representation


def test_the_knee_parts_near_from_far_or_there_is_none(snapshot):
    distances = np.linspace(0, 1, 101)
    snapshot("clustering/a knee", about_density.knee(density.KDistances(5, distances, 75)))
    snapshot("clustering/no knee", about_density.knee(density.KDistances(5, distances, None)))


def dbscan(distances, sweep):
    """What is said of DBSCAN at these radii."""
    on = Representation("PCA", np.zeros((1, 9)), np.zeros((1, 9)))
    return about_density.dbscan(density.Density(on, np.arange(1), distances, sweep))


FLAT = density.KDistances(3, np.linspace(0, 1, 11), None)


def bent(eps):
    """k-distances with their knee at that radius."""
    return density.KDistances(3, np.array([eps / 2, eps, 9 * eps]), 1)


def test_dbscan_that_finds_nothing(rng, snapshot):
    sweep = density.sweep_dbscan(rng.uniform(0, 100, (30, 4)), np.array([0.01, 0.02]), min_samples=3)
    snapshot("clustering/DBSCAN finds nothing", dbscan(FLAT, sweep))
    snapshot("clustering/DBSCAN finds nothing at the knee", dbscan(bent(0.02), sweep))


def test_dbscan_with_one_body_and_with_two(rng, snapshot):
    radii = np.array([0.1, 1.0, 30.0])
    crumbs = np.concatenate([rng.normal(0, 0.5, (200, 2)), rng.normal(9, 0.01, (4, 2))])
    snapshot("clustering/one body", dbscan(FLAT, density.sweep_dbscan(crumbs, radii, min_samples=3)))
    halves = np.concatenate([rng.normal(0, 0.5, (100, 2)), rng.normal(9, 0.5, (100, 2))])
    sweep = density.sweep_dbscan(halves, radii, min_samples=3)
    snapshot("clustering/two bodies", dbscan(FLAT, sweep))
    snapshot("clustering/two bodies, one at the knee", dbscan(bent(30.0), sweep))


def test_noise_lowers_what_a_radius_comes_to(rng):
    halves = np.concatenate([rng.normal(0, 0.5, (100, 2)), rng.normal(9, 0.5, (100, 2)), rng.uniform(-40, 40, (60, 2))])
    sweep = density.sweep_dbscan(halves, np.array([1.0]), min_samples=3)
    overall = sweep.silhouette[0] * (1 - sweep.noise[0])
    # Noise counts as 0: the silhouette of what was kept would flatter.
    assert f"{overall:.2f}" != f"{sweep.silhouette[0]:.2f}"
    assert f"noise counted as 0, is {overall:.2f}." in dbscan(FLAT, sweep)


def test_the_best_radius_at_an_end_of_what_was_tried_is_said(rng):
    halves = np.concatenate([rng.normal(0, 0.5, (100, 2)), rng.normal(9, 0.5, (100, 2))])
    for radii, end in (([1.0, 30.0], "smallest"), ([0.05, 1.0, 30.0], ""), ([0.05, 1.0], "largest")):
        sweep = density.sweep_dbscan(halves, np.array(radii), min_samples=3)
        assert sweep.eps[sweep.best_index] == 1.0
        said = dbscan(FLAT, sweep)
        assert ("radius tried, so another may be better" in said) == bool(end)
        assert f"the {end} radius" in said or not end


def test_a_knee_that_copies_bring_to_zero_was_not_tried_and_is_not_spoken_of(rng):
    X = np.concatenate([np.zeros((50, 2)), rng.normal(9, 0.5, (4, 2))])
    options = {"n_images": 54, "min_samples": 3, "percentiles": [97.0, 99.0], "random_state": 0}
    found = density.try_radii({"PCA": Representation("PCA", X, X)}, **options)["PCA"]
    assert found.distances.knee_eps == 0.0
    assert "At the knee" not in dbscan(found.distances, found.sweep)


@pytest.mark.parametrize(
    ("silhouette", "noise", "overall"), [(0.24, 0.0, None), (0.26, 0.0, "0.26"), (0.9, 0.75, None), (0.9, 0.5, "0.45")]
)
def test_a_grouping_is_worth_speaking_of_from_a_quarter_on(silhouette, noise, overall):
    sweep = SimpleNamespace(
        best_index=1, eps=np.array([1.0, 2.0, 3.0]), silhouette=np.array([np.nan, silhouette, np.nan]),
        noise=np.array([1.0, noise, 0.0]), n_clusters=np.array([0, 7, 1]), n_clustered=np.array([0, 80, 100]),
        n_outside=np.array([0, 40, 0]), found_groups=True,
    )  # fmt: skip
    said = dbscan(FLAT, sweep)
    assert f"with 7 clusters and {noise:.1%} noise" in said
    assert ("No radius" in said, "40 are not in" in said) == (overall is None, overall is not None)
    assert f"noise counted as 0, is {overall or format(silhouette * (1 - noise), '.3f')}." in said


def explored(distances, silhouette, noise=0.0):
    """What the sentences read of DBSCAN on one description."""
    sweep = SimpleNamespace(best_index=1, silhouette=np.array([np.nan, silhouette]), noise=np.array([0.0, noise]),
                            n_clusters=np.array([1, 7]))  # fmt: skip
    return SimpleNamespace(distances=density.KDistances(5, np.array(distances, float), None), sweep=sweep)


NARROW, WIDE = np.linspace(1, 2, 11), np.linspace(1, 11, 11)


def test_contrast_is_the_distance_in_sparse_places_over_that_in_dense_ones(snapshot):
    # Nine tenths of the way up over one tenth: 1.9 / 1.1 and 10 / 2.
    narrow, wide = explored(NARROW, 0.1), explored(WIDE, 0.8)
    snapshot("clustering/contrast is higher on the map", about_density.contrast({"PCA": narrow, "UMAP": wide}))
    assert "5.0 on PCA and 1.7 on UMAP" in about_density.contrast({"PCA": wide, "UMAP": narrow})
    assert about_density.contrast({"PCA": wide}) is None


@pytest.mark.parametrize(
    ("pca", "umap", "said"),
    [
        ((0.05, 0.0), (0.8, 0.1), True),
        ((0.9, 0.95), (0.8, 0.1), True),  # tight, but of hardly any images
        ((np.nan, 0.0), (0.8, 0.1), True),
        ((0.8, 0.0), (0.8, 0.1), False),
        ((0.6, 0.0), (0.9, 0.0), False),
        ((0.01, 0.0), (0.02, 0.0), False),
        ((0.05, 0.0), (0.05, 0.0), False),
        ((0.05, 0.0), (0.9, 0.95), False),
        ((0.8, 0.0), (0.05, 0.0), False),
    ],
)
def test_only_where_one_radius_works_on_the_map_alone_many_dimensions_are_blamed(pca, umap, said):
    text = about_density.contrast({"PCA": explored(NARROW, *pca), "UMAP": explored(WIDE, *umap)})
    assert ("In many dimensions" in text, "7 clusters" in text) == (said, said)


def test_copies_make_no_contrast_of_a_billion():
    copies = explored([0, 0, 0, 0, 1, 1, 1, 2, 2, 3], 0.3)
    assert about_density.contrast({"PCA": copies, "UMAP": explored(WIDE, 0.8)}) is None


def tried(n_clusters, silhouette, noise=0.05):
    """What the metrics say of the best radius."""
    return {"best": {"n_clusters": n_clusters, "noise": noise, "silhouette": silhouette}}


def test_the_headline_says_for_each_description_what_dbscan_found(snapshot):
    found = {"PCA": tried(2, 0.9, 0.8), "UMAP": tried(4, 0.5)}
    snapshot("clustering/headline of DBSCAN", about_density.dbscan_headline(found))


@pytest.mark.parametrize("silhouette", [None, np.nan, 0.25, -0.3])
def test_a_best_radius_of_no_worth_is_no_grouping(silhouette):
    assert "no radius" in about_density.dbscan_headline({"PCA": tried(2, silhouette)})
