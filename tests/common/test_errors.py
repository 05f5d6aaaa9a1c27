"""What a person is asked who misspelt a name."""

from report_lib.common.errors import did_you_mean


def test_the_nearest_known_name_is_asked_after_and_only_where_it_is_near():
    assert did_you_mean("kmean", iter(["graph", "kmeans"])) == "did you mean kmeans?"
    assert did_you_mean("zebra", ["graph", "kmeans"]) == ""
    assert did_you_mean("seeds", ["seed_of_all"], cutoff=0.5) == "did you mean seed_of_all?"
    assert did_you_mean("seeds", ["seed_of_all"], cutoff=0.6) == ""
