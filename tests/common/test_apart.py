"""A difference of two runs is called clear only where chance, and the number of differences that are judged, allow it."""

import numpy as np
import pytest
from scipy import stats

from report_lib.common.apart import Measured, apart, over_draws
from report_lib.common.metrics import Interval, is_clear, over_seeds, wilson_interval


def measured(value, half, degrees=np.inf):
    return Measured(Interval(value, value - half, value + half), degrees)


def test_one_difference_is_that_of_two_independent_scores():
    (found,) = apart([(measured(0.5, 0.03), measured(0.6, 0.04))])
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.05, 0.15))


def test_two_means_of_seeds_are_held_apart_as_welch_does(rng):
    one, other = rng.normal(0.4, 0.02, 4), rng.normal(0.5, 0.05, 6)
    pair = []
    for own in (one, other):
        half = stats.t.ppf(0.975, len(own) - 1) * own.std(ddof=1) / np.sqrt(len(own))
        pair.append(over_draws(Interval(own.mean(), own.mean() - half, own.mean() + half), own.std(ddof=1), len(own)))
    (found,) = apart([tuple(pair)])
    expected = stats.ttest_ind(other, one, equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_the_more_the_test_images_matter_the_less_few_seeds_do():
    seeds = np.array([0.60, 0.61, 0.62])
    degrees = []
    for n_images in (100_000_000, 10_000, 100):
        interval = over_seeds(seeds, wilson_interval(round(0.61 * n_images), n_images))
        degrees.append(over_draws(interval, float(seeds.std(ddof=1)), 3).degrees)
    assert degrees[0] == pytest.approx(2, rel=0.01)
    assert degrees == sorted(degrees)
    assert degrees[2] > 50
    assert over_draws(interval, 0.0, 3).degrees == over_draws(interval, None, 1).degrees == np.inf


def test_many_differences_have_to_be_clearer_than_one():
    pair = measured(0.5, 0.03), measured(0.546, 0.03)
    others = [(measured(0.5, 0.03), measured(0.5 + 0.0001 * i, 0.03)) for i in range(1, 20)]
    assert is_clear(apart([pair])[0])
    assert not is_clear(apart([pair, *others])[0])


def test_holm_goes_on_after_the_clearest_and_stops_at_the_first_that_is_not():
    pairs = [(measured(0.5, 0.02), measured(0.5 + d, 0.02)) for d in (0.0, -0.2, 0.033)]
    found = apart(pairs)
    assert [is_clear(own) for own in found] == [False, True, True]
    assert found[1].high < 0
    # Two that were not tried before the third would have been held to a third of 5%.
    assert not is_clear(apart([pairs[0], pairs[2], pairs[0]])[1])


def test_no_chance_of_a_clear_difference_where_there_is_none(rng):
    clear = 0
    for _ in range(200):
        rows = rng.random((2, 10, 400)) < 0.7
        pairs = []
        for one, other in zip(*rows, strict=True):
            pairs.append(tuple(Measured(wilson_interval(int(own.sum()), 400)) for own in (one, other)))
        clear += any(map(is_clear, apart(pairs)))
    assert clear <= 20
