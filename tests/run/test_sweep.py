"""A sweep makes the runs that its file asks for, goes on where it was interrupted, and tells what they came to."""

import csv
import logging
import re

import numpy as np
import pytest

from report_lib import ROOT
from report_lib.__main__ import main
from report_lib.common.errors import ReportError
from report_lib.page import spread
from report_lib.page.compare import Finished
from report_lib.page.spread import Swept
from report_lib.run import sweep as sweeps
from report_lib.run.params import load_params
from report_lib.run.sweep_file import read_sweep
from tests import runs

SWEEPS = sorted((ROOT / "params" / "sweeps").glob("*.yaml"))


@pytest.fixture
def written(tmp_path):
    """A function that writes the file of a sweep."""

    def written(text, name="mine"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        return path

    return written


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Runs are made up at once, their accuracy by K and seed; the list of those that were made."""
    names, build = [], tmp_path / "build"

    def run_report(params, **options):
        names.append(params.name)
        if params.clustering.n_clusters == 7:
            raise ReportError("a cell failed")
        accuracy = 0.5 + params.clustering.n_clusters / 100 + params.seed / 1000
        own = [f"seed={params.seed}", f"clustering.n_clusters={params.clustering.n_clusters}"]
        runs.write_run(
            build, params.name, found=runs.metrics(accuracy), settings=own, sections={"page": {"page": 120.0}}
        )

    monkeypatch.setattr(sweeps, "run_report", run_report)
    monkeypatch.setattr(sweeps, "is_done", lambda params: (build / params.name).is_dir())
    return names


GRID = "params: params/digits.yaml\ngrid:\n  clustering.n_clusters: [8, 10, 12]\n  seed: [0, 1]\n"


# --- the file -------------------------------------------------------------------------------------------------------


def test_a_grid_is_every_combination_each_an_ordinary_run_with_a_name_that_says_what_varies(written):
    found = read_sweep(written(GRID))
    assert [run.params.name for run in found][:3] == [
        "mine-n_clusters_8-seed_0", "mine-n_clusters_8-seed_1", "mine-n_clusters_10-seed_0"
    ]  # fmt: skip
    assert found[3].varies == {"clustering.n_clusters": 10, "seed": 1}
    own = found[3].params
    assert own == load_params("params/digits.yaml", [f"name={own.name}", "clustering.n_clusters=10", "seed=1"])


def test_runs_are_named_and_have_what_all_have(written):
    text = """
set: {understanding.n_bins: 9}
runs:
  small: {params: params/digits.yaml, seed: 3}
  large: {params: params/mnist.yaml}
"""
    small, large = read_sweep(written(text))
    assert (small.params.name, large.params.name) == ("mine-small", "mine-large")
    assert small.varies == {"params": "digits", "seed": 3}
    assert large.varies == {"params": "mnist", "seed": 0}
    assert small.params.understanding.n_bins == large.params.understanding.n_bins == 9


def test_runs_and_a_grid_are_combined(written):
    text = "params: params/digits.yaml\nruns:\n  a: {seed: 1}\n  b: {seed: 2}\ngrid:\n  clustering.k_max: [8, 9]\n"
    assert [run.params.name for run in read_sweep(written(text))] == ["mine-a-k_max_8", "mine-a-k_max_9", "mine-b-k_max_8",
                                                                     "mine-b-k_max_9"]  # fmt: skip


def test_names_of_runs_are_names_of_folders_and_no_two_are_the_same(written):
    text = """
params: params/digits.yaml
grid:
  reduction.representations: [[pixels, pca], [pixels, pca, svd, dense-32-16, conv-16-8, dense-64-16]]
  clustering.n_clusters: [8, auto]
  reduction.n_clusters: [8]
  dataset.labels: [a b.csv, a_b.csv]
"""
    names = [run.params.name for run in read_sweep(written(text))]
    assert len(set(names)) == 8
    assert names[0] == "mine-representations_pixels_pca-clustering_n_clusters_8-redu-" + names[0][-6:]
    assert all(re.fullmatch("[A-Za-z0-9][A-Za-z0-9_-]{0,70}", name) for name in names)


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.name)
def test_shipped_sweeps_are_valid(path):
    found = read_sweep(path)
    assert len(found) >= 3
    assert len({run.params.name for run in found}) == len(found)
    assert all(run.params.name.startswith(f"{path.stem}-") for run in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grid:\n  clustering.n_cluster: [8]\n", "line 2: clustering.n_cluster is not a parameter; did you mean n_clusters?"),
        ("grid:\n  sede: [8]\n", "line 2: sede is not a parameter; did you mean seed?"),
        ("grid:\n  seed: [0, many]\n", "line 2: seed is 'many'; it takes a whole number, at least 0"),
        ("set:\n  seed: -1\ngrid:\n  clustering.k_max: [8]\n", "line 2: seed is -1"),
        ("runs:\n  a: {seed: 1}\n  b:\n    clustering.k_mx: 9\n", "line 4: clustering.k_mx is not a parameter; did"),
        ("gird:\n  seed: [1]\n", "line 1: a sweep has no gird; did you mean grid?"),
        ("grid:\n  seed: 1\n", "line 2: seed takes a list of values"),
        ("grid:\n  seed: []\n", "line 2: seed takes a list of values"),
        ("grid:\n  seed: [2001-01-01]\n", "line 2: seed is datetime.date(2001, 1, 1); it takes a whole number"),
        ("grid:\n  seed: [1, 2, 1]\n", "line 2: seed has a value twice"),
        ("grid: [1]\n", "line 1: grid takes lines beneath it"),
        ("runs:\n  a: 1\n", "line 2: a takes parameters and their values"),
        ("params: params/digits.yaml\n", "nothing varies"),
        ("", "nothing varies"),
        ("set:\n  clustering: {k_max: 9}\ngrid:\n  seed: [1]\n", "line 2: 'clustering': write it as section.parameter"),
        ("grid:\n  clustering.k_max.x: [9]\n", "line 2: 'clustering.k_max.x': write it as section.parameter"),
        ("grid:\n  name: [a, b]\n", "line 2: runs of a sweep are named after what varies"),
        ("runs:\n  a:\n    name: b\n", "line 3: runs of a sweep are named after what varies"),
        ("params: 3\ngrid:\n  seed: [1]\n", "line 1: params is 3; it takes the path of a file of parameters"),
        ("params: params/digit.yaml\ngrid:\n  seed: [1]\n", "params/digit.yaml: no such file; YAML files there"),
        (f"grid:\n  seed: {list(range(40))}\n  clustering.k_max: {list(range(8, 40))}\n", "1,280 runs; a sweep has at most"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_told_in_one_line_before_anything_runs(written, made, capsys, text, said):
    path = written(text)
    assert main(["sweep", "--sweep", str(path)]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert len(told.splitlines()) == 1
    assert str(path) in told or "params/" in told
    assert made == []


def test_a_sweep_has_to_be_named(capsys):
    assert main(["sweep", "--sweep", ""]) == 1
    assert "no sweep; write `make sweep SWEEP=" in capsys.readouterr().err


# --- running --------------------------------------------------------------------------------------------------------


def test_it_goes_on_where_it_was_interrupted(written, made, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    runs.write_run(tmp_path / "build", "mine-n_clusters_8-seed_1", sections={"page": {"page": 120.0}})
    page, failed = sweeps.sweep(written(GRID))
    assert failed == {}
    assert len(made) == 5
    assert "mine-n_clusters_8-seed_1" not in made
    assert (
        "sweep mine: 6 runs, 1 of them done already; at most about 10 minutes for 5 others: what they share"
        in caplog.text
    )
    caplog.clear()
    assert sweeps.sweep(written(GRID))[0] == page == tmp_path / "build" / "sweep-mine.html"
    assert len(made) == 5
    assert "6 runs, 6 of them done already" in caplog.text


def test_without_an_earlier_run_nothing_is_said_of_the_time(written, made, caplog):
    caplog.set_level(logging.INFO)
    sweeps.sweep(written("params: params/digits.yaml\ngrid:\n  seed: [0]\n"))
    assert "1 run, 0 of them done already; no earlier run to judge the time of 1 by" in caplog.text


def test_more_than_fifty_runs_are_made_only_for_who_confirms_it(written, made, capsys):
    path = written(f"params: params/digits.yaml\ngrid:\n  seed: {list(range(51))}\n")
    assert main(["sweep", "--sweep", str(path)]) == 1
    assert "makes 51 runs, more than 50; `CONFIRM=1` goes ahead" in capsys.readouterr().err
    assert made == []
    assert main(["sweep", "--sweep", str(path), "--confirm", "1"]) == 0
    assert len(made) == 51


def test_a_run_that_fails_stops_no_other_and_is_named_at_the_end(written, made, tmp_path, capsys):
    path = written("params: params/digits.yaml\ngrid:\n  clustering.n_clusters: [7, 8, 9]\n")
    assert main(["sweep", "--sweep", str(path)]) == 1
    assert made == ["mine-n_clusters_7", "mine-n_clusters_8", "mine-n_clusters_9"]
    assert capsys.readouterr().err.splitlines()[-1] == "failed: mine-n_clusters_7: a cell failed"
    html = (tmp_path / "build" / "sweep-mine.html").read_text()
    assert '<th scope="row">mine-n_clusters_7</th><td>a cell failed</td>' in html
    assert 'href="mine-n_clusters_8/report.html"' in html
    assert 'href="mine-n_clusters_7/report.html"' not in html


def test_where_every_run_fails_there_is_no_page(written, made, tmp_path, capsys):
    path = written("params: params/digits.yaml\ngrid:\n  clustering.n_clusters: [7]\n")
    assert main(["sweep", "--sweep", str(path)]) == 1
    assert "no run of the sweep succeeded; the first, mine-n_clusters_7: a cell failed" in capsys.readouterr().err
    assert not (tmp_path / "build" / "sweep-mine.html").exists()


def test_who_stops_it_stops_all_of_it(written, made, monkeypatch):
    def stopped(params, **options):
        made.append(params.name)
        raise ReportError("the kernel died")

    monkeypatch.setattr(sweeps, "run_report", stopped)
    with pytest.raises(ReportError, match="the kernel died"):
        sweeps.sweep(written(GRID), is_stopped=lambda: True)
    assert len(made) == 1


def test_a_run_whose_images_cannot_be_had_is_not_done_and_no_reason_to_stop(monkeypatch):
    def is_done(params):
        raise ReportError("no such file")

    monkeypatch.setattr(sweeps, "is_done", is_done)
    assert not sweeps._is_done(load_params("params/digits.yaml"))


# --- the page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def html(written, made):
    return sweeps.sweep(written(GRID))[0].read_text()


def test_the_page_asks_nobody_for_anything_and_leads_to_every_run(html, made):
    assert "default-src 'none'" in html
    assert not re.search(r"<script|https?://(?!www\.w3\.org/2000/svg)", html)
    assert all(f'href="{name}/report.html"' in html for name in made)


def test_the_page_tells_the_best_run_a_typical_one_and_what_explains_the_spread(html):
    assert "6 runs, which differ in clustering.n_clusters (3 values) and seed (2 values)." in html
    assert "goes from 58.0% to 62.1%. The best run is mine-n_clusters_12-seed_1, a typical one" in html
    assert "clustering.n_clusters explains 99.9% of its spread, where chance alone would give 40%." in html
    assert "Between seeds alone it moves by 0.1 points (standard deviation)." in html
    assert "Every combination has as many runs" in html


def test_the_page_draws_all_at_once_and_each_parameter(html):
    assert "Figure 1<" in html
    assert "is highest on average where clustering.n_clusters is 12: 62.1%" in html
    # All at once; of two parameters each of the three outcomes that differ: two came out the same in all runs.
    assert html.count('<svg class="still"') == 1 + 2 * 3
    assert "goes from 60.0% to 60.1% on average over 2 seeds" in html


def test_the_table_of_all_runs_stands_beside_the_page(html, tmp_path):
    rows = list(csv.DictReader((tmp_path / "build" / "sweep-mine.csv").open()))
    assert len(rows) == 6
    assert rows[0]["run"] == "mine-n_clusters_8-seed_0"
    assert float(rows[0][spread.ACCURACY]) == pytest.approx(0.58)
    assert 'href="sweep-mine.csv"' in html


def test_seeds_alone_explain_nothing_and_tell_how_far_chance_goes(written, made):
    html = sweeps.sweep(written("params: params/digits.yaml\ngrid:\n  seed: [0, 1, 2]\n"))[0].read_text()
    assert "Nothing can be said: every value of a parameter has one run alone" in html
    assert "all runs</th><td>3 seeds</td><td>1.000</td>" in html
    assert "Matched accuracy of the clusters goes from 60.0% to 60.2% over 3 seeds" in html
    assert "and the mean at each of its values" not in html
    assert "<td>Graph clustering on PCA, ARI</td><td>0.601</td><td>0.001</td><td>0.600</td><td>0.602</td>" in html


def test_one_run_makes_a_page(written, made):
    html = sweeps.sweep(written("params: params/digits.yaml\ngrid:\n  seed: [0]\n"))[0].read_text()
    assert "1 run, which differ" not in html
    assert "One run has nothing to be compared with." in html


# --- what is computed -----------------------------------------------------------------------------------------------


def swept(varies, found=None, **points):
    record = {"parameters": {}, "data": {"images": "x"}}
    return Swept(Finished("a", found or runs.metrics(), record, {}, runs.points(**points)), varies)


def test_the_share_that_a_parameter_explains_is_that_of_an_analysis_of_variance():
    values, groups = np.array([1.0, 3.0, 5.0, 7.0]), np.array([0, 0, 1, 1])
    found = spread.explained(values, groups)
    # Means 2 and 6 about 4: 16 of 20.
    assert found.share == pytest.approx(0.8)
    assert found.by_chance == pytest.approx(1 / 3)
    assert spread.explained(values, np.arange(4)) is None
    assert spread.explained(values, np.zeros(4)) is None
    assert spread.explained(np.full(4, 2.0), groups) is None


def test_by_chance_is_what_nothing_explains(rng):
    groups = np.arange(12) % 4
    found = [spread.explained(rng.normal(size=12), groups) for _ in range(2000)]
    assert np.mean([own.share for own in found]) == pytest.approx(found[0].by_chance, abs=0.01)


def test_shares_add_up_on_a_grid_alone():
    grid = [swept({"a": a, "b": b}) for a in (1, 2) for b in (1, 2, 3)]
    assert spread.is_grid(grid, ["a", "b"])
    assert not spread.is_grid(grid[:-1], ["a", "b"])
    assert not spread.is_grid([*grid, grid[0]], ["a", "b"])


def test_numbers_are_in_their_order_and_other_values_in_that_of_the_file():
    names, groups = spread.levels([swept({"k": k}) for k in (10, 8, 10, 9)], "k")
    assert (names, groups.tolist()) == (["8", "9", "10"], [2, 0, 2, 1])
    names, _ = spread.levels([swept({"k": k}) for k in (["b"], ["a", "c"], [])], "k")
    assert names == ["b", "a, c", "none"]
    assert spread.levels([swept({"k": k}) for k in ("auto", 3)], "k")[0] == ["auto", "3"]


def test_runs_that_differ_by_their_seed_alone_are_put_together():
    found = [swept({"k": k, "seed": seed}) for k in (1, 2) for seed in (0, 1)]
    assert spread.settings(found) == {"k 1": [0, 1], "k 2": [2, 3]}
    assert spread.settings([swept({"k": 1}), swept({"k": 2})]) == {}
    assert spread.settings(found[:1]) == {}


def test_clusterings_agree_by_what_is_together_not_by_number():
    labels = np.arange(12) % 2
    other = swept({}, clusters=1 - labels)
    assert spread.mean_agreement([swept({}), other]) == pytest.approx(1)
    assert spread.mean_agreement([swept({}), other, swept({}, clusters=np.arange(12) // 6)]) < 0.7
    assert spread.mean_agreement([swept({})]) is None


def test_without_labels_runs_are_ranked_by_what_needs_none():
    found = runs.metrics()
    del found["classification"]["supervised"], found["clustering"]["methods"]["graph"]["mean"]
    found["clustering"]["panel"] = {"support": {"on": "PCA", "by_representation": {"PCA": {"images": {"2": 0.7}}}}}
    assert spread.outcomes(found) == {spread.HALVES: 0.7, spread.FOUND: 2}
    assert list(spread.by_outcome([swept({"seed": s}, found) for s in (0, 1)])) == [spread.HALVES, spread.FOUND]


# --- for good -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_sweep_on_digits_shares_what_does_not_vary_and_is_not_made_twice(written, tmp_path, capsys, caplog):
    caplog.set_level(logging.INFO)
    text = (ROOT / "params" / "sweeps" / "digits.yaml").read_text()
    path = written(text.replace("[8, 10, 12]", "[8, 10]").replace("[0, 1]", "[0]"))
    assert main(["sweep", "--sweep", str(path)]) == 0
    assert capsys.readouterr().err.count("reduction: taken from the store") == 1
    build = tmp_path / "build"
    assert (build / "mine-n_clusters_10-seed_0" / "report.html").is_file()
    before = (build / "sweep-mine.html").read_bytes()
    assert main(["sweep", "--sweep", str(path)]) == 0
    assert "sweep mine: 2 runs, 2 of them done already" in caplog.text
    assert "report mine" not in capsys.readouterr().err
    assert (build / "sweep-mine.html").read_bytes() == before
    assert main(["compare", "--runs", "mine-n_clusters_8-seed_0 mine-n_clusters_10-seed_0"]) == 0
    assert "clustering.n_clusters" in capsys.readouterr().out
