"""Numbers and names in sentences."""

import numpy as np

from report_lib.common import metrics, prose


def test_prose_helpers():
    assert prose.listed(["a"]) == "a"
    assert prose.listed(["a", "b", "c"]) == "a, b and c"
    assert prose.plural(1, "pair") == "1 pair"
    assert prose.plural(2000, "pair") == "2,000 pairs"
    assert prose.percent(0.1234, 1) == "12.3%"
    assert prose.scored(metrics.Interval(0.5, 0.4, 0.6)) == "0.500 (0.400 to 0.600)"


def test_only_all_is_100_percent_and_halves_go_up_as_in_charts():
    said = [prose.percent(share) for share in (0.625, 0.9951, 1.0, 0.0, 0.0004, 0.99996)]
    assert said == ["63%", "99.5%", "100%", "0%", "0.04%", "99.996%"]
    assert prose.percent(0.9996, 1) == "99.96%"
    assert prose.percent(float("nan")) == "none"
    assert prose.shared(metrics.Interval(0.5, 0.401, 0.6)) == "50.0% (40.1% to 60.0%)"


def test_a_difference_of_nothing_has_no_sign():
    assert [prose.signed(v, 2) for v in (0.123, -0.126, -0.001, 0.0)] == ["+0.12", "\u22120.13", "0.00", "0.00"]


def test_text_from_data_cannot_be_markup():
    assert prose.text("<script>*x*|_y_") == "&lt;script&gt;\\*x\\*\\|\\_y\\_"
    assert prose.text("Women's & men's\n# http://x") == "Women's &amp; men's \\# http&#58;//x"


def test_of_many_names_the_first_are_told_and_how_many_more_there_are():
    names = [chr(ord("a") + i) for i in range(20)]
    assert prose.listed(names[:12]).endswith("k and l")
    assert prose.listed(names[:13]) == "a, b, c, d, e, f, g, h and 5 more"
    assert prose.first(names)[-2:] == ["h", "12 more"]


def test_shares_are_percentages_and_indices_are_decimals():
    interval = metrics.Interval(0.5, 0.4, 0.6)
    assert {key: prose.measure(key, 0.5) for key in prose.MEASURES} == {
        "accuracy": "50.0%", "majority_accuracy": "50.0%", "ari": "0.500", "nmi": "0.500", "ami": "0.500",
    }  # fmt: skip
    assert prose.measured("accuracy", interval) == "50.0% (40.0% to 60.0%)"
    assert prose.measured("ari", interval) == "0.500 (0.400 to 0.600)"
    values = np.array([0.4, 0.6])
    assert prose.spread("accuracy", values) == "50.0% ± 14.1"
    assert prose.spread("nmi", values) == "0.500 ± 0.141"
    assert prose.points(metrics.Interval(0.05, -0.01, 0.11), "behind") == "5.0 points behind (\u22121.0 to 11.0)"


def test_there_is_one_minus_sign():
    assert prose.decimal(-0.3854) == "\u22120.385"
    assert prose.decimal(-0.0001) == "0.000"
    assert prose.written(-1234.5, ",.1f") == "\u22121,234.5"
    assert prose.written(0.9999, ".0%") == "99.99%"
    assert prose.written(float("nan"), ".3f") == "none"
