"""How much hangs on the settings of the gradients: what each is worth by labels and without, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import normalized_mutual_info_score

from report_lib.clustering import figures, findings, gradient_settings, representations
from report_lib.clustering.gradients import BLUR
from report_lib.clustering.hog import OrientedGradients
from report_lib.clustering.number import cut_halves, pair
from report_lib.common.arrays import sample_rows
from report_lib.common.models import seeds_of_fits
from report_lib.data.images import ImageSet
from tests.calibration import worlds
from tests.figures import words
from tests.made import made_settings


@pytest.fixture
def few(monkeypatch):
    """As if a small set were large."""
    monkeypatch.setattr(gradient_settings, "N_IMAGES", 200)
    monkeypatch.setattr(gradient_settings, "LEAST", 250)
    monkeypatch.setattr(gradient_settings, "GRID", gradient_settings.GRID[3:7])


@pytest.fixture
def made(rng):
    images, labels = worlds.groups(rng, 4, 300, noise=1.0, moved=0.6)
    return images, labels, representations.describe_shapes(ImageSet("made", images, images[:9]), ["graph"])


def tried(made, **changes):
    images, labels, shapes = made
    named = {"images": images, "labels": labels, "n_classes": 4, "shapes": shapes, **changes}
    return gradient_settings.try_settings(**{"n_clusters": 4, "n_neighbors": 8, "random_state": 0, **named})


def test_each_setting_is_judged_by_halves_of_the_same_images(made, few):
    found = tried(made)
    assert (found.n_images, found.n_clusters, len(found.settings)) == (200, 4, 3)
    rows, seed = sample_rows(300, 200, 0), seeds_of_fits(0, 2)[1]
    for i in (0, 2):
        codes = OrientedGradients((14, 14), **vars(found.settings[i])).fit_transform(made[0][rows].reshape(200, -1))
        assert found.support[i, 1] == pytest.approx(pair(codes, [4], 8, seed)[0, 0])
        expected = [
            normalized_mutual_info_score(made[1][rows], own.found[0]) for own in cut_halves(codes, [4], 8, seed)
        ]
        np.testing.assert_allclose(found.nmi[i, 2:], expected)
    assert np.unique(found.support.mean(axis=1)).size == 3


@pytest.mark.parametrize(
    ("shape", "cells"), [((28, 28), [7, 5, 10, 7, 5, 10, 7, 7]), ((14, 12), [7, 5, 7, 5, 7, 7]), ((8, 8), [4] * 4)]
)
def test_settings_that_are_the_same_for_small_images_are_tried_once(shape, cells):
    assert [own.n_cells for own in gradient_settings.for_images(shape)] == cells


def test_the_first_setting_is_the_one_that_a_run_has():
    first, usual = gradient_settings.Setting(*gradient_settings.GRID[0]), OrientedGradients((28, 28))
    assert vars(first) == {name: getattr(usual, name) for name in vars(first)}
    assert usual.blur == BLUR


def test_labels_have_no_say_in_what_is_taken(made, few, rng):
    seen, blind = tried(made), tried(made, labels=None)
    np.testing.assert_array_equal(seen.support, blind.support)
    assert blind.nmi is None
    assert "nmi" not in blind.as_dict()
    partly = np.where(rng.random(300) < 0.5, -1, made[1])
    assert not np.array_equal(tried(made, labels=partly).nmi, seen.nmi)


def test_it_is_left_out_where_there_is_little_or_no_graph(made, few):
    assert tried(made, shapes=None) is None
    assert tried(made, images=made[0][:249]) is None
    assert tried(made, n_clusters=51) is None


def test_numbers_for_metrics_json():
    found = made_settings()
    own, second, third = (setting.title for setting in found.settings)
    assert own == "7 cells with 16 directions and blur 0.175"
    assert found.as_dict() == {
        "own": own, "chosen": second, "n_images": 2000,
        "support": {own: pytest.approx(0.55), second: pytest.approx(0.65), third: pytest.approx(0.45)},
        "nmi": {own: pytest.approx(0.705), second: pytest.approx(0.65), third: pytest.approx(0.73)},
    }  # fmt: skip


def test_what_is_said_and_drawn_of_it(snapshot):
    found = made_settings()
    snapshot("clustering/settings of the gradients", findings.gradient_settings(found))
    snapshot("clustering/figure of settings of the gradients", words(figures.gradient_settings(found)))
    snapshot("clustering/settings without labels", findings.gradient_settings(replace(found, nmi=None)))
    kept = replace(found, support=found.support[[1, 0, 2]])
    assert "the run's own would be taken" in findings.gradient_settings(kept)
