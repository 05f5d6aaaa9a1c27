"""Numbers and names in sentences."""

from report_lib.common import metrics, prose


def test_prose_helpers():
    assert prose.listed(["a"]) == "a"
    assert prose.listed(["a", "b", "c"]) == "a, b and c"
    assert prose.plural(1, "pair") == "1 pair"
    assert prose.plural(2000, "pair") == "2,000 pairs"
    assert prose.percent(0.1234, 1) == "12.3%"
    assert prose.scored(metrics.Interval(0.5, 0.4, 0.6)) == "0.500 (0.400 to 0.600)"


def test_text_from_data_cannot_be_markup():
    assert prose.text("<script>*x*|_y_") == "&lt;script&gt;\\*x\\*\\|\\_y\\_"
    assert prose.text("Women's & men's\n# http://x") == "Women's &amp; men's \\# http&#58;//x"
