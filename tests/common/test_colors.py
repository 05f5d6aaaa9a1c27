"""Contrast and difference of colours are those of the standards."""

import numpy as np
import pytest

from report_lib.common import colors

# Pairs of the test data that Sharma, Wu and Dalal published with their paper: L, a, b twice, and the difference.
SHARMA = [
    (50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425),
    (50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000),
    (50, 0, 0, 50, -1, 2, 2.3669),
    (50, 2.49, -0.001, 50, -2.49, 0.0009, 7.1792),
    (50, 2.49, -0.001, 50, -2.49, 0.0011, 7.2195),
    (50, -0.001, 2.49, 50, 0.0011, -2.49, 4.7461),
    (50, 2.5, 0, 50, 0, -2.5, 4.3065),
    (50, 2.5, 0, 73, 25, -18, 27.1492),
    (50, 2.5, 0, 58, 24, 15, 19.4535),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (22.7233, 20.0904, -46.694, 23.0331, 14.973, -42.5619, 2.0373),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (2.0776, 0.0795, -1.135, 0.9033, -0.0636, -0.5514, 0.9082),
]


@pytest.mark.parametrize("row", SHARMA)
def test_difference_is_that_of_the_published_pairs(row):
    one, other = np.array(row[:3]), np.array(row[3:6])
    assert colors.difference(one, other) == pytest.approx(row[6], abs=6e-5)
    assert colors.difference(other, one) == pytest.approx(row[6], abs=6e-5)


def test_contrast_is_that_of_wcag():
    black, white, grey = colors.read(["#000000", "#ffffff", "#767676"])
    assert colors.contrast(black, white) == pytest.approx(21)
    # The lightest grey that passes for text on white.
    assert 4.5 <= colors.contrast(grey, white) < 4.55


def test_colours_come_back_from_numbers_and_from_lab():
    names = ["#000000", "#ffffff", "#5566cc", "#fcd525"]
    given = colors.read(names)
    assert colors.write(given) == names
    back, shown = colors.from_lab(colors.lab(given))
    assert shown.all()
    np.testing.assert_allclose(back, given, atol=1e-6)
    np.testing.assert_allclose(colors.lab(given)[1], [100, 0, 0], atol=1e-3)
    assert not colors.from_lab(np.array([50.0, 0, 120]))[1]


@pytest.mark.parametrize("model", colors.DEUTERANOPIA)
def test_red_and_green_look_alike_without_green_cones_and_grey_stays(model):
    red, green, blue, grey = colors.read(["#a84848", "#6a6a2a", "#3355cc", "#808080"])
    seen = {name: colors.lab(colors.as_deuteranope(own, model)) for name, own in
            {"red": red, "green": green, "blue": blue, "grey": grey}.items()}  # fmt: skip
    apart = colors.difference(seen["red"], seen["green"])
    assert apart < colors.difference(colors.lab(red), colors.lab(green)) / 2
    assert colors.difference(seen["blue"], seen["green"]) > 2 * apart
    assert colors.difference(seen["grey"], colors.lab(grey)) < 0.5


def test_what_shines_through_is_in_between():
    seen = colors.over(colors.read(["#000000"]), colors.read(["#ffffff"]), 0.9)
    assert colors.write(seen) == ["#191919"]
