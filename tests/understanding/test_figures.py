"""The figures of the first phase say what they show, and show what they are given."""

import numpy as np

from report_lib.understanding import figures, measure
from tests.figures import check_figures
from tests.made import NAMES


def understanding_cases(rng):
    tiles = rng.random((3, 6, 4))
    brightness = measure.Brightness(np.array([2, 0, 1]), *np.sort(rng.random((4, 3)), axis=1))
    return {
        "class_counts": (np.array([3, 4, 5]), NAMES),
        "originals": (rng.integers(0, 255, (6, 6, 4, 3)).astype(np.uint8),),
        "examples": (measure.Examples(np.arange(3), tiles, NAMES),),
        "intensity_histogram": (measure.Histogram(np.arange(4.0), np.array([5, 1, 2]), 0.4),),
        "brightness": (brightness, NAMES),
        "mean_images": (tiles[0], tiles, NAMES),
        "duplicates": ((rng.random((2, 2, 6, 4)), ["0.0%", "1.0%"]),),
    }


def test_every_figure_is_tried(rng):
    check_figures("understanding", {figures: understanding_cases(rng)})


def test_a_histogram_draws_counts_not_pixels():
    fig = figures.intensity_histogram(measure.Histogram(np.arange(4.0), np.array([5, 3, 2]), 0.4))
    np.testing.assert_allclose(fig.data[0].y, [0.5, 0.3, 0.2])
    assert fig.layout.title.text == "40.0% of the pixels have the lowest value"


def test_the_mean_of_all_comes_before_those_of_the_classes():
    overall, by_class = np.zeros((2, 3)), np.full((2, 2, 3), 9.0)
    fig = figures.mean_images(overall, by_class, ["a", "b"])
    assert [note.text for note in fig.layout.annotations] == ["all", "a", "b"]
    assert len(figures.mean_images(overall, None, []).layout.annotations) == 1


def test_what_is_not_there_is_not_drawn():
    assert figures.class_counts(None, []) is None
    assert figures.duplicates(None) is None
    assert figures.originals(None) is None
