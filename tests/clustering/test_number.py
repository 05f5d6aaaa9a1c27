"""The number of clusters that `auto` takes: known groups are counted, and where there are none it says so."""

from dataclasses import replace

import igraph
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.metrics import adjusted_rand_score

from report_lib.clustering import figures, findings, number, panel, representations
from report_lib.clustering.findings.panel import panel_headline
from report_lib.clustering.graph_clustering import communities, jaccard_edges, merge
from report_lib.clustering.number import Evidence, Support
from report_lib.common.neighbors import nearest, nearest_to
from report_lib.data.images import ImageSet
from report_lib.reduction.linear import LinearReducer
from tests.made import made_panel


def groups(rng, k, n=240):
    """Images of so many smooth pictures, each with noise of its own; and which they are of."""
    pictures, labels = gaussian_filter(rng.normal(size=(k, 12, 12)), (0, 1.5, 1.5)), np.arange(n) % k
    noise = gaussian_filter(rng.normal(size=(n, 12, 12)), (0, 1, 1))
    return (pictures[labels] / pictures.std() + 0.5 * noise / noise.std()).astype(np.float32), labels


def without_groups(rng, n=240):
    """Images from one Gaussian whose pixels vary together."""
    return gaussian_filter(rng.normal(size=(n, 12, 12)), (0, 1.5, 1.5)).astype(np.float32)


def looked_at(images, n_clusters=range(2, 11), **changes):
    shapes = representations.describe_shapes(ImageSet("made", images, images[:9]), ["graph"])
    rows = images.reshape(len(images), -1)
    reducer = LinearReducer(20).fit(rows)
    features = {"train": reducer.transform(rows), "test": reducer.transform(rows[:9])}
    described = representations.gather(features, shapes, {}, k=min(12, len(rows) // 4), known={}, ratio=np.ones(20))
    options = {"random_state": 0, **changes}
    return number.support(described, images, options.pop("shapes", shapes), n_clusters, **options)


@pytest.mark.parametrize("k", [2, 4, 7])
def test_groups_that_stand_apart_are_counted(rng, k):
    found = looked_at(groups(rng, k)[0])
    assert found.number == k
    assert found.is_there
    assert k not in found.nearly
    assert found.lead > 0.02


@pytest.mark.parametrize("seed", range(4))
def test_where_nothing_is_in_the_images_nothing_supports_a_number(seed):
    found = looked_at(without_groups(np.random.default_rng(seed)))
    assert not found.is_there
    assert found.number in range(2, 11)


def test_it_is_looked_for_only_where_there_are_graphs_and_images(rng):
    images, _ = groups(rng, 3, n=60)
    assert looked_at(images, shapes=None) is None
    np.testing.assert_array_equal(looked_at(images, range(2, 20)).n_clusters, range(2, 16))
    assert looked_at(images[:24], range(7, 9)) is None


def test_a_seed_repeats_it(rng):
    images, _ = groups(rng, 3, n=60)
    one, again = (looked_at(images, random_state=1).as_dict() for _ in range(2))
    np.testing.assert_equal(one, again)


def test_a_pair_is_modularity_times_the_adjusted_rand_index_of_what_halves_make_of_all(rng):
    X = rng.normal(size=(90, 4)).astype(np.float32)
    found = number.pair(X, [2, 5], 6, 3)
    order, made, modular = np.random.default_rng(3).permutation(90), [], []
    for rows in (order[:45], order[45:]):
        edges = jaccard_edges(nearest(X[rows], 6))
        graph, near = igraph.Graph(edges.n, edges.pairs.tolist()), nearest_to(X[rows], X, 6)
        labels = list(number.cuts(edges, [2, 5], random_state=3))
        modular.append([graph.modularity(own.tolist(), weights=edges.weights.tolist()) for own in labels])
        made.append([number.vote(near, own) for own in labels])
    agreed = [adjusted_rand_score(a, b) for a, b in zip(*made, strict=True)]
    expected = agreed * np.mean(modular, axis=0)
    assert expected[0] < 0 < 0.1 < expected[1]
    np.testing.assert_allclose(found, [[0, expected[1]], agreed], rtol=1e-9)


def test_each_cut_is_made_of_the_first_communities_that_are_enough(rng):
    edges = jaccard_edges(nearest(rng.normal(size=(120, 3)).astype(np.float32), 6))
    for k, found in zip((2, 4, 9), number.cuts(edges, (2, 4, 9), random_state=1), strict=True):
        assert np.unique(found).tolist() == list(range(k))
        tried = (number.FIRST * number.STEP**step for step in range(number.STEPS + 1))
        fine = ((communities(edges, resolution=r, random_state=1), r) for r in tried)
        labels, at = next((labels, r) for labels, r in fine if labels.max() + 1 >= np.ceil(1.2 * k))
        np.testing.assert_array_equal(found, merge(edges, labels, k, resolution=at))


def test_the_reference_has_the_covariance_of_the_images_and_no_groups(rng):
    pixels = groups(rng, 2, n=1500)[0].reshape(1500, -1)
    drawn = number.weights_of_draws(1500, random_state=0) @ (pixels - pixels.mean(axis=0))
    scale = np.abs(np.cov(pixels.T)).max()
    assert np.abs(np.cov(drawn.T) - np.cov(pixels.T)).max() < 0.15 * scale
    axis = np.linalg.eigh(np.cov(pixels.T))[1][:, -1]
    # Two groups leave the middle of the axis between them empty; a Gaussian is densest there.
    near = [np.mean(np.abs(X @ axis) < 0.3 * (X @ axis).std()) for X in (pixels - pixels.mean(axis=0), drawn)]
    assert near[0] < 0.05
    assert near[1] == pytest.approx(0.236, abs=0.05)


def evidence(own, reference=((0.1, 0.1), (0.1, 0.1), (0.1, 0.1)), agreed=0.9):
    return Evidence(np.array(own, float), np.array(reference, float), np.full((len(own), 2), agreed))


@pytest.fixture
def made():
    """Three numbers on two descriptions; 3 is best, on the second, and 4 comes near it."""
    first = evidence([[0.2, 0.2], [0.3, 0.3], [0.4, 0.5]])
    second = evidence([[0.1, 0.1], [0.5, 0.7], [0.2, 0.2]], [[0.1, 0.1], [0.1, 0.2], [0.1, 0.1]])
    return Support(np.array([2, 3, 4]), {"oriented gradients": first, "PCA": second})


def test_the_best_is_the_farthest_above_the_reference_on_either_description(made):
    np.testing.assert_allclose(made.values, [0.1, 0.45, 0.35])
    np.testing.assert_allclose(made.above, [[0.1, 0.1], [0.35, 0.55], [0.3, 0.4]])
    assert (made.number, made.on, made.nearly) == (3, "PCA", [4])
    assert made.lead == pytest.approx(0.1)
    assert made.best == pytest.approx((0.6, 0.15))
    assert made.is_there


def test_one_pair_that_the_reference_reaches_with_any_number_is_enough_to_doubt():
    own = evidence([[0.2, 0.2], [0.5, 0.7], [0.2, 0.2]], [[0.1, 0.1], [0.1, 0.1], [0.1, 0.5]])
    assert not Support(np.array([2, 3, 4]), {"PCA": own}).is_there


def test_equals_leave_it_at_the_smallest_number_and_one_number_has_no_lead():
    level = Support(np.array([2, 3, 4]), {"PCA": evidence([[0.4, 0.4]] * 3)})
    assert (level.number, level.nearly, level.lead) == (2, [3, 4], 0.0)
    alone = Support(np.array([5]), {"PCA": evidence([[0.4, 0.4]], [[0.1, 0.1]])})
    assert (alone.number, alone.nearly, alone.lead) == (5, [], None)


def test_the_panel_hears_it_and_leaves_the_number_to_it(made):
    before = made_panel()
    after = before.led_by(made)
    assert (before.best, after.best, after.number, replace(after, given=5).number) == (4, 3, 3, 5)
    assert after.suggested[panel.SUPPORT] == 3
    np.testing.assert_allclose(after.criteria[-1].values, [0.1, 0.45, 0.35, np.nan])
    np.testing.assert_allclose(after.criteria[-1].low, [0.1, 0.35, 0.3, np.nan])
    assert before.led_by(None) is before


def test_metrics_of_a_run_that_asks_for_a_number_have_no_word_of_it(made):
    before, after = made_panel().as_dict(), made_panel().led_by(made).as_dict()
    assert "support" not in before
    assert {name: after["support"][name] for name in ("number", "on", "nearly", "supported")} == {
        "number": 3, "on": "PCA", "nearly": [4], "supported": True,
    }  # fmt: skip
    assert after["support"]["by_representation"]["PCA"]["images"][3] == pytest.approx(0.6)
    assert after["support"]["by_representation"]["PCA"]["reference"][3] == pytest.approx(0.15)


def test_what_is_said_of_the_number_taken(made, snapshot):
    led = made_panel().led_by(made)
    snapshot("clustering/number that halves support", findings.suggestions(led))
    snapshot("clustering/headline of a number that halves support", panel_headline(led.as_dict()))
    clear = Support(made.n_clusters, {"PCA": evidence([[0.2, 0.2], [0.7, 0.7], [0.3, 0.3]])})
    snapshot("clustering/number that leads clearly", findings.suggestions(made_panel().led_by(clear)))
    snapshot("clustering/headline of a number that leads clearly", panel_headline(made_panel().led_by(clear).as_dict()))


def test_where_halves_agree_too_little_on_the_borders_the_page_says_so(snapshot):
    own = [[0.2, 0.2], [0.7, 0.7], [0.3, 0.3]]
    shifting = Support(np.array([2, 3, 4]), {"PCA": evidence(own, agreed=0.79)})
    assert shifting.is_there
    assert (shifting.found_again, Support(np.array([2, 3, 4]), {"PCA": evidence(own, agreed=0.8)}).found_again) == (
        False,
        True,
    )
    led = made_panel().led_by(shifting)
    snapshot("clustering/number whose borders shift", findings.suggestions(led))
    snapshot("clustering/headline of a number whose borders shift", panel_headline(led.as_dict()))


def test_where_nothing_supports_a_number_the_page_says_so(snapshot):
    none = Support(np.array([2, 3, 4]), {"PCA": evidence([[0.1, 0.1], [0.1, 0.2], [0.1, 0.1]])})
    led = made_panel().led_by(none)
    snapshot("clustering/number that nothing supports", findings.suggestions(led))
    snapshot("clustering/headline of a number that nothing supports", panel_headline(led.as_dict()))


def test_the_figure_of_criteria_has_a_row_for_what_decides(made):
    fig = figures.criteria(made_panel().led_by(made))
    assert fig.layout.yaxis4.title.text == panel.SUPPORT
    assert f"{panel.SUPPORT} 3" in fig.layout.title.text
    assert f"{panel.SUPPORT}, over pairs of halves" in fig.layout.meta["caption"]
