"""How time grows with the number of images is told from what runs say of themselves."""

import json

import numpy as np
import pytest

from report_lib.data import datasets
from report_lib.run.params import Params
from tests import benchmark, growth

SIZES = (1000, 2000, 4000)
# Seconds of one section by the number of images.
KNOWN = {
    "copies": lambda n: 2e-6 * n**2,
    "neighbours": lambda n: 1e-3 * n * np.log(n),
    "a sample": lambda n: 3.0,
    "start-up": lambda n: 2e-8 * n**2,
}


def made():
    return {
        n: {"seconds": 0.01 * n, "peak_memory": 1e9 + 1e5 * n, "sections": {"p": {name: f(n) for name, f in KNOWN.items()}}}
        for n in SIZES
    }  # fmt: skip


def test_exponents_are_those_of_the_sections_and_only_what_grows_faster_than_n_log_n_is_named():
    found = growth.summed_up(made())
    sections = found["exponents"]["sections"]
    assert sections == {
        "p: copies": pytest.approx(2),
        "p: neighbours": pytest.approx(found["n_log_n"]),
        "p: a sample": pytest.approx(0),
    }
    assert found["exponents"]["seconds"] == pytest.approx(1)
    assert 0.1 < found["exponents"]["peak_memory"] < 0.3
    assert 1.1 < found["n_log_n"] < 1.2
    # What starts faster than it takes to notice is not judged, however it grows.
    assert found["faster"] == ["p: copies"]


def test_what_takes_time_only_of_many_images_is_judged_from_there_on():
    seconds = {1_000: 0.0, 2_000: 3.0, 4_000: 6.0}
    by_size = {
        n: {"seconds": 1.0, "peak_memory": 1e9, "sections": {"p": {"all": own, "late": own * (n > 2_000)}}}
        for n, own in seconds.items()
    }
    found = growth.summed_up(by_size)
    assert found["exponents"]["sections"]["p: all"] == pytest.approx(1)
    # Of one size alone nothing else can be said.
    assert found["faster"] == ["p: late"]


def test_the_table_has_a_column_a_size_and_ends_with_what_grows_too_fast():
    by_size = made()
    grown = growth.summed_up(by_size)
    head, *rows, said = growth.lines(by_size, grown)
    assert head.split() == ["1,000", "2,000", "4,000", "exponent"]
    assert [row.split("  ")[1] for row in rows] == [
        "all, seconds", "most memory, GB", "p: copies, seconds", "p: neighbours, seconds", "p: a sample, seconds",
    ]  # fmt: skip
    assert rows[2].split()[-4:] == ["2.00", "8.00", "32.00", "2.00"]
    assert said == "faster than n log n (1.13): p: copies"
    assert growth.lines(by_size, grown | {"faster": []})[-1] == (
        "nothing that takes 1 s or more grows faster than n log n (1.13)"
    )


def test_some_images_of_a_set_are_written_with_their_labels_and_parts(tmp_path):
    digits = Params(name="some", dataset={"source": "digits"})
    found = datasets.load(str(growth.write_some(digits, 200, tmp_path)))
    assert (len(found.train_images), len(found.test_images), len(found.class_names)) == (160, 40, 10)
    drawn = datasets.load("digits", n_images=200)
    np.testing.assert_array_equal(found.train_images, drawn.train_images)
    np.testing.assert_array_equal(found.train_labels, drawn.train_labels)
    assert growth.write_some(digits, 2000, tmp_path) is None


def test_some_images_without_labels_are_one_array_so_that_runs_read_what_they_need(tmp_path):
    digits = Params(name="some", dataset={"source": "digits", "use_labels": False})
    path = growth.write_some(digits, 200, tmp_path)
    drawn = datasets.load("digits", n_images=200, use_labels=False)
    np.testing.assert_array_equal(np.load(path), np.concatenate([drawn.train_images, drawn.test_images]))


@pytest.mark.slow
def test_runs_of_two_sizes_are_measured_and_kept(tmp_path, capsys):
    given = ["--params", "params/own.yaml", "--set", "dataset.source=digits dataset.use_labels=false seed=3"]
    assert benchmark.main([*given, "--sizes", "40 80 5000"]) == 0
    [found] = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert set(found["growth"]["by_size"]) == {"40", "80"}
    for own in found["growth"]["by_size"].values():
        assert own["ran"] == ["understanding", "reduction", "clustering", "classification"]
        assert own["peak_memory"] > 0
        assert set(own["sections"]) >= set(own["ran"])
    assert set(found["growth"]["exponents"]) == {"seconds", "peak_memory", "sections"}
    said = capsys.readouterr()
    assert "the set has fewer than 5,000 images" in said.err
    assert "n log n" in said.out.splitlines()[-1]


def test_of_one_size_nothing_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(benchmark, "run_once", None)
    assert benchmark.main(["--params", "params/digits.yaml", "--sizes", "5000"]) == 1
    assert "of fewer than two numbers of images" in capsys.readouterr().err
    assert not (tmp_path / "build").exists()
