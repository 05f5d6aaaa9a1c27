"""The graph that is chosen without labels is the one that finds the groups that were put into the images."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from report_lib.clustering import findings, league
from report_lib.clustering.fitting import fit_graph
from report_lib.clustering.graphs import GraphChoice, Support, halves
from report_lib.clustering.hog import OrientedGradients
from report_lib.clustering.representations import Representation, with_graph
from report_lib.reduction.linear import LinearReducer


def by_brightness(rng):
    """Three levels of grey beneath noise: nothing of them is in the edges."""
    labels = np.arange(300) % 3
    return 0.3 * labels[:, None, None] + rng.normal(0, 0.1, (300, 12, 12)), labels


def by_direction(rng):
    """Fine stripes down, across or aslant, at any phase, on a ground anywhere from black to white."""
    labels, (y, x) = np.arange(300) % 3, np.mgrid[:12, :12]
    waves = np.stack([x, y, (x + y) / np.sqrt(2)])[labels] + rng.uniform(0, 9, (300, 1, 1))
    return np.sin(waves) + rng.uniform(0, 9, (300, 1, 1)) + rng.normal(0, 0.1, waves.shape), labels


def described(images):
    rows = images.reshape(len(images), -1).astype(np.float32)
    codes = {
        "oriented gradients": OrientedGradients(images.shape[1:], n_components=20).fit_transform(rows),
        "PCA": LinearReducer(20).fit(rows).transform(rows),
    }
    return {title: with_graph(Representation(title, own, own[:5]), k=10) for title, own in codes.items()}


@pytest.mark.parametrize(("make", "best"), [(by_brightness, "PCA"), (by_direction, "oriented gradients")])
def test_the_graph_that_finds_the_groups_is_taken(rng, make, best):
    images, labels = make(rng)
    spaces = described(images)
    fitted = [fit_graph(own, n_clusters=int(labels.max()) + 1, seeds=[1, 2]) for own in spaces.values()]
    found = {own.on: adjusted_rand_score(labels, own.kept.train) for own in fitted}
    other = next(title for title in found if title != best)
    assert found[best] > found[other] + 0.3
    choice = league.choose_graph(fitted, spaces, random_state=0)
    assert choice.on == best
    assert choice.by_title[best].product > choice.by_title[other].product
    assert choice.as_dict()["chosen_on"] == best
    assert league.leading(fitted, choice)[0].on == best


def test_halves_of_separate_groups_agree_and_halves_of_noise_do_not(rng):
    noise = rng.normal(size=(200, 8)).astype(np.float32)
    groups = noise + 40 * (np.arange(200) % 4)[:, None].astype(np.float32)
    agreed = [halves(with_graph(Representation("PCA", X, X[:5]), k=6), 4, random_state=0) for X in (groups, noise)]
    assert agreed[0] == 1.0
    assert agreed[1] < 0.4


def test_too_few_images_leave_the_choice_at_the_first():
    few = with_graph(Representation("PCA", np.eye(12, dtype=np.float32), np.eye(12, dtype=np.float32)), k=3)
    assert np.isnan(halves(few, 4, random_state=0))
    choice = GraphChoice({"oriented gradients": Support(0.1, np.nan), "PCA": Support(0.5, np.nan)})
    assert choice.on == "oriented gradients"
    assert not choice.told


def test_equals_and_what_is_worse_than_chance_leave_it_at_the_first_too():
    assert GraphChoice({"oriented gradients": Support(0.4, 0.5), "PCA": Support(0.5, 0.4)}).on == "oriented gradients"
    assert (
        GraphChoice({"oriented gradients": Support(-0.1, 0.0), "PCA": Support(-0.4, -0.9)}).on == "oriented gradients"
    )


def test_what_is_said_of_the_choice(snapshot):
    told = GraphChoice({"oriented gradients": Support(0.42, 0.5), "PCA": Support(0.46, 0.75)})
    snapshot("clustering/graph that is chosen", findings.graph_choice(told))
    few = GraphChoice({"oriented gradients": Support(0.42, np.nan), "PCA": Support(0.46, np.nan)})
    snapshot("clustering/graph without a choice", findings.graph_choice(few))
    assert findings.graph_choice(None) is None
