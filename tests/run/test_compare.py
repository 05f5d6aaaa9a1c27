"""Runs on disk are held against one another as far as they can be, and no further."""

import re

import numpy as np
import pytest

from report_lib.__main__ import main
from report_lib.common.errors import ReportError
from report_lib.page import changes
from report_lib.run.compare import compare, table
from tests import runs


@pytest.fixture
def build(tmp_path):
    return tmp_path / "build"


@pytest.fixture
def pair(build):
    """Two runs of the same images, of which the second clusters better and has another number of clusters."""
    runs.write_run(build, "one")
    runs.write_run(
        build, "two", found=runs.metrics(0.8, 0.9), shown=[1, 3], settings=["clustering.n_clusters=12", "seed=3"]
    )
    return build


def row(told, name):
    return next(line for line in told.splitlines() if line.startswith(name))


def test_the_page_stands_beside_the_runs_and_asks_nobody_for_anything(pair):
    page, _ = compare(["one", "two"])
    html = page.read_text()
    assert page == pair / "compare-one-two.html"
    assert "default-src 'none'" in html
    assert not re.search(r"<script|https?://(?!www\.w3\.org/2000/svg)", html)
    assert html.count('href="one/report.html"') >= 1


def test_a_clear_difference_has_a_verdict_and_the_same_number_has_none(pair):
    _, told = compare(["one", "two"])
    assert "60.0% (59.0% to 61.0%)  80.0% (79.0% to 81.0%)  higher, +20.0 points (+18.3 to" in row(
        told, "Graph clustering on PCA, matched accuracy"
    )
    # An index is no share of images.
    assert "0.800 (0.790 to 0.810)  higher, +0.200 (" in row(told, "Graph clustering on PCA, ARI")
    assert "Convolutional network" not in told
    assert "Left out here: 1 score the same to the last digit." in told
    assert (
        "Of 4 scores that one and two both have, 3 are clearly higher in two and 0 clearly lower; 1 is the same" in told
    )
    _, turned = compare(["two", "one"])
    assert "lower, −20.0 points (" in row(turned, "Graph clustering on PCA, matched accuracy")


def test_a_difference_that_may_be_chance_is_not_called_one(build):
    runs.write_run(build, "one", found=runs.metrics(0.6, 0.90))
    runs.write_run(build, "two", found=runs.metrics(0.6, 0.91))
    _, told = compare(["one", "two"])
    assert "no clear difference, +1.0 points (−0.4 to +2.4)" in row(told, "Convolutional network, 40 labels")


def test_parameters_that_differ_are_named_but_not_the_runs(pair):
    _, told = compare(["one", "two"])
    assert row(told, "clustering.n_clusters").split() == ["clustering.n_clusters", "10", "12"]
    assert row(told, "seed").split() == ["seed", "0", "3"]
    assert "2 parameters differ." in told
    assert not re.search("^name", told, re.M)


def test_more_than_two_runs_are_held_against_the_first(pair):
    runs.write_run(pair, "three", found=runs.metrics(0.5))
    _, told = compare(["one", "two", "three"])
    own = row(told, "Graph clustering on PCA, NMI")
    assert own.index("higher, +0.200") < own.index("lower, −0.100")
    assert "difference of three" in told


def test_other_data_and_versions_are_said_and_what_can_be_compared_is(build):
    runs.write_run(build, "one")
    runs.write_run(build, "two", found=runs.metrics(0.8), data="z", commit="d" * 40, versions={"numpy": "9"})
    page, told = compare(["one", "two"])
    assert "one and two are of different images, both called Made" in told
    assert "of different versions of the project" in told
    assert "higher" in told
    html = page.read_text()
    assert "The same test images" not in html
    assert "cccccccccccc" in html
    assert "dddddddddddd" in html


def test_a_run_of_another_version_without_some_of_the_numbers_is_compared_by_the_others(build):
    runs.write_run(build, "one")
    found = runs.metrics()
    del found["clustering"]["league"], found["classification"]["supervised"]
    folder = runs.write_run(build, "two", found=found)
    (folder / "artifacts" / "classification" / "datamap.npz").unlink()
    page, told = compare(["one", "two"])
    assert "No score with an interval is in both one and two." in told
    assert "4 scores of one run alone" in told
    assert "components_for_95" in page.read_text()


def test_without_labels_there_are_no_scores_and_the_numbers_stay(build):
    for name in ("one", "two"):
        found = runs.metrics()
        found["clustering"]["league"] = {"graph on PCA": {"method": "graph", "on": "PCA", "n_clusters": 2}}
        del found["classification"]["supervised"]
        folder = runs.write_run(build, name, found=found)
        none = np.zeros(0, np.int64)
        runs.write_points(folder, runs.points(labels=none, predicted=none, suspects=none))
    page, _ = compare(["one", "two"])
    assert "The images have no labels, so there are no scores." in page.read_text()


def test_figures_of_the_same_place_stand_side_by_side_and_the_same_ones_are_counted(pair):
    html = compare(["one", "two"])[0].read_text()
    assert html.index("It ends at 2") < html.index("It ends at 3")
    assert html.count('<svg class="still"') == 8
    runs.write_run(pair, "again")
    same = compare(["one", "again"])[0].read_text()
    assert '<svg class="still"' not in same
    assert same.count("One: 1 figure, the same in all runs.") == 4


def test_every_number_stands_on_the_page_and_what_differs_is_marked(pair):
    html = compare(["one", "two"])[0].read_text()
    assert re.search(r"<tr><th scope=\"row\">pca\.components_for_95</th><td>3</td><td>3</td>", html)
    assert re.search(
        r"<tr class=\"differs\"><th scope=\"row\">league\.graph on PCA\.mean\.ari</th><td>0.6 <small>", html
    )
    assert "sha256" not in html


def test_names_of_classes_are_text(pair):
    folder = pair / "two"
    runs.write_points(folder, runs.points(predicted=np.zeros(12, int)))
    html = compare(["one", "two"])[0].read_text()
    assert "<b>boot" not in html
    assert "&lt;b&gt;boot" in html


# --- image by image -------------------------------------------------------------------------------------------------


def told_of(title, one, other):
    return next(own for own in changes.changes(one, other, runs.NAMES) if own.title == title)


def test_clusters_that_are_only_called_otherwise_are_the_same():
    one, other = changes.shared_images(runs.points(), runs.points(clusters=1 - np.arange(12) % 2))
    found = told_of("Cluster", one, other)
    assert found.said == "None of 12 images changed."
    assert found.figure is None


def test_an_image_that_changed_cluster_is_counted_and_shown():
    clusters = np.arange(12) % 2
    moved = np.where(np.arange(12) == 4, 1, clusters)
    one, other = changes.shared_images(runs.points(), runs.points(clusters=np.where(moved == 1, 0, 1)))
    found = told_of("Cluster", one, other)
    assert found.said.startswith("1 of 12 images changed (8.3%).")
    assert found.kinds == [("C1 (<b>boot)", "C2 (coat)", 1)]
    assert found.figure.layout.title.text.endswith("C1 (&lt;b&gt;boot) → C2 (coat), 1 image")


def test_a_cluster_is_named_after_what_its_own_run_has_in_it():
    labels = np.arange(12) // 6
    was, now = np.isin(np.arange(12), [4, 5, 9, 10, 11]), np.isin(np.arange(12), [6, 7, 8, 9])
    # The second run's cluster 1, all coats, shares most with the first's C1, which is mostly boots.
    one, other = (runs.points(labels=labels, clusters=own.astype(int)) for own in (was, now))
    kinds = told_of("Cluster", *changes.shared_images(one, other)).kinds
    assert kinds == [("C1 (<b>boot)", "C2 (<b>boot)", 4), ("C2 (coat)", "C1 (coat)", 1)]


def test_a_cluster_more_and_noise_are_no_cluster_of_the_first_run():
    one = np.array([0, 0, 0, 1, 1, 1])
    other = np.array([2, 2, 0, 1, 1, -1])
    assert changes.matched(one, other).tolist() == [0, 0, -2, 1, 1, -1]
    assert changes.matched(one, np.full(6, -1)).tolist() == [-1] * 6


def test_images_are_found_by_their_rows_where_runs_show_others():
    some, others = runs.points(), runs.points()
    kept = np.array([7, 3, 5, 11])
    some = {key: own[kept] if own.ndim else own for key, own in some.items()}
    one, other = changes.shared_images(some, others)
    assert one["rows"].tolist() == other["rows"].tolist() == [3, 5, 7, 11]
    assert changes.changes(*changes.shared_images(some, {**others, "rows": others["rows"] + 100}), runs.NAMES) == []


def test_two_models_are_held_against_one_another_on_the_same_images():
    wrong = np.arange(12) < 6
    labels = np.arange(12) % 2
    one, other = runs.points(), runs.points(predicted=np.where(wrong, 1 - labels, labels))
    found = told_of("Class", one, other)
    assert "is right less often than that of the first" in found.said
    assert "6 of the first run's right answers are wrong in the second, and 0 of its wrong ones right" in found.said
    unknown = {"labels": np.full(12, -1)}
    assert "right" not in told_of("Class", one | unknown, other | unknown).said


def test_labels_that_one_run_alone_doubts_are_shown():
    other = runs.points(suspects=np.arange(12) == 2)
    assert told_of("Suspicion of the label", runs.points(), other).kinds == [("not doubted", "doubted", 1)]


def test_runs_of_other_labels_are_not_compared_by_class(pair):
    runs.write_run(pair, "other", **{"data": "x"})
    text = (pair / "other" / "provenance.json").read_text().replace('"labels": "y"', '"labels": "w"')
    (pair / "other" / "provenance.json").write_text(text)
    html = compare(["one", "other"])[0].read_text()
    assert "of the same images, with other labels." in html
    assert "<h4>Cluster</h4>" in html
    assert "<h4>Class</h4>" not in html


# --- what is refused, and how it is told ----------------------------------------------------------------------------


@pytest.mark.parametrize("names", [[], ["one"], ["one", "one"]])
def test_it_takes_two_runs(pair, names):
    with pytest.raises(ReportError, match="name two runs or more, each once"):
        compare(names)


def test_a_run_that_is_not_there_is_named_with_the_nearest(pair, capsys):
    assert main(["compare", "--runs", "one tow"]) == 1
    said = capsys.readouterr().err
    assert "no run 'tow'; did you mean two? runs that are there: one, two" in said
    assert len(said.splitlines()) == 1
    assert not list(pair.glob("*.html"))


def test_a_folder_that_holds_no_finished_run_is_refused(pair, capsys):
    (pair / "three").mkdir()
    assert main(["compare", "--runs", "one three"]) == 1
    assert "a run leaves provenance.json" in capsys.readouterr().err


def test_the_table_is_markdown_for_a_pull_request(pair, capsys):
    assert main(["compare", "--runs", "one two", "--format", "md"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "| parameter | one | two |" in lines
    assert "| --- | --- | --- | --- |" in lines
    assert main(["compare", "--runs", "one two", "--format", "html"]) == 1


def test_a_cell_cannot_break_a_table():
    assert table(["a"], [["x|y\nz"]], "md") == "| a |\n| --- |\n| x\\|y z |"
    assert table(["a", "b"], [["long", "1"]], "text") == "a     b\nlong  1"


def test_many_runs_make_no_name_that_is_too_long(build):
    names = [f"run-with-a-rather-long-name-{i}" for i in range(6)]
    for name in names:
        runs.write_run(build, name)
    page, _ = compare(names)
    assert page.name == "compare-run-with-a-rather-long-name-0-and-5-others.html"
