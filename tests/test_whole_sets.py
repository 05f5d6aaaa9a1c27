"""The rows of the README that can be set beside published figures: all images, the number of classes given."""

import pytest

from report_lib.clustering.methods import HOG, PCA
from report_lib.data.images import ImageSet
from report_lib.run.params import Params
from tests import whole_sets
from tests.calibration import worlds


@pytest.fixture
def made(rng):
    images, labels = worlds.groups(rng, 3, 300)
    return ImageSet("MNIST", images[:240], images[240:], labels[:240], labels[240:], ("a", "b", "c"))


def settings():
    # The images have fewer pixels than a run usually keeps components.
    return Params(
        name="made",
        reduction={"n_components": 40, "max_components": 60, "mse_grid": [5], "reconstruction_components": [5]},
    )


def test_train_and_test_images_are_clustered_together_and_all_are_scored(made, monkeypatch):
    seen = []
    describe = whole_sets.describe
    monkeypatch.setattr(whole_sets, "describe", lambda images, own: seen.append(len(images)) or describe(images, own))
    found = whole_sets.measure(made, settings())
    assert seen == [300]
    assert set(found) == {HOG, PCA}
    for fits in found.values():
        assert len(fits) == whole_sets.N_SEEDS
        assert min(fit["accuracy"] for fit in fits) > 0.97
    again = whole_sets.measure(made, settings())
    assert again == found


def test_a_row_has_means_and_each_fit_and_is_set_beside_the_best_published(made):
    fits = [{"accuracy": a, "nmi": 0.9, "ari": 0.8} for a in (0.9, 0.93, 0.96)]
    said = whole_sets.told({PCA: fits, HOG: [dict.fromkeys(whole_sets.MEASURES, 0.5)] * 3}, made)
    assert "300 images" in said[0]
    assert said[1] == "| Graph clustering on PCA | 0.930, 0.900, 0.800 | 0.900 / 0.900, 0.930 / 0.900, 0.960 / 0.900 |"
    assert said[3].endswith("0.992, 0.975; beside it -0.062 in accuracy, -0.075 in NMI")


def test_the_command_takes_the_names_of_sets(made, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(whole_sets.datasets, "load", lambda name: asked.append(name) or made)
    monkeypatch.setattr(whole_sets, "measure", lambda source, own: {HOG: [dict.fromkeys(whole_sets.MEASURES, 1.0)]})
    assert whole_sets.main(["mnist", "fashion_mnist"]) == 0
    assert asked == ["mnist", "fashion_mnist"]
    assert capsys.readouterr().out.count("1.000, 1.000, 1.000") == 2
