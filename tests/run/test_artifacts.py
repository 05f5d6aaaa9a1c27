import csv
import json

import numpy as np
import pytest

from report_lib.common.errors import ReportError
from report_lib.run.artifacts import PHASES, Run, build_dir, notebook_name, to_json, write_csv


def test_arrays_and_values_come_back(rng):
    run = Run("x")
    features = rng.normal(size=(3, 2)).astype(np.float32)
    run.save("features", train=features, test=features[:1])
    run.save("dataset", source="digits", image_shape=[])
    loaded = run.load("features")
    np.testing.assert_array_equal(loaded["train"], features)
    assert loaded["train"].dtype == np.float32
    assert run.load("dataset") == {"source": "digits", "image_shape": []}
    assert list(build_dir().rglob("*.npz")) == [build_dir() / "lab/x/artifacts/reduction/features.npz"]


def test_the_pipeline_has_a_folder_of_its_own(tmp_path, monkeypatch):
    finished("x")
    monkeypatch.setenv("REPORT_STAGING_DIR", str(tmp_path / "staging"))
    run = Run("x")
    run.save("dataset", source="mnist")
    assert run.load("dataset") == {"source": "mnist"}
    assert (tmp_path / "staging/x/artifacts/understanding/dataset.json").is_file()
    # What a phase has not left there, no older run has left for it.
    with pytest.raises(ReportError, match=r"features.npz: not there yet; first run notebooks/02_reduction.ipynb"):
        run.load("features")


# --- beside a finished run ------------------------------------------------------------------------------------------


def finished(name):
    """A run of which each phase has left something, and its metrics."""
    run = Run(name, build_dir() / name)
    run.save("dataset", source="digits")
    run.save("features", train=np.zeros(1))
    run.save("clusters", train=np.zeros(2))
    for phase in PHASES:
        run.save_metrics(phase, {"dataset": {}, "finished": phase})
    return run


def test_what_was_not_run_by_hand_is_read_from_the_finished_run_and_said_once(capsys):
    finished("x")
    run = Run("x")
    assert run.load("dataset") == {"source": "digits"}
    assert run.load("features")["train"].shape == (1,)
    said = capsys.readouterr().out
    assert (
        said == f"What {build_dir() / 'lab/x'} does not have yet is read from the finished run, {build_dir() / 'x'}.\n"
    )


def test_what_was_run_by_hand_comes_first_and_leaves_the_finished_run_alone(capsys):
    done = finished("x")
    before = {path: path.read_bytes() for path in done.folder.rglob("*.*")}
    run = Run("x")
    run.save("clusters", train=np.zeros(9))
    run.save_metrics("clustering", {"by": "hand"})
    run.save_metrics("classification", {"by": "hand"})
    assert Run("x").load("clusters")["train"].shape == (9,)
    assert capsys.readouterr().out == ""
    assert run.load("features")["train"].shape == (1,)
    assert [own.get("by", own.get("finished")) for own in list(run.metrics().values())[1:]] == [
        "understanding", "reduction", "hand", "hand",
    ]  # fmt: skip
    assert {path: path.read_bytes() for path in done.folder.rglob("*.*")} == before


def test_a_phase_that_an_earlier_one_was_run_anew_for_has_to_be_run_too():
    finished("x")
    Run("x").save("dataset", source="mnist")
    with pytest.raises(ReportError) as caught:
        Run("x").load("features")
    lab = build_dir() / "lab" / "x"
    assert str(caught.value) == (
        f"{lab / 'artifacts/reduction/features.npz'}: not there yet; first run notebooks/02_reduction.ipynb, "
        f"or remove {lab} to go on from the finished run"
    )


def test_objects_are_not_kept():
    with pytest.raises(ValueError, match="allow_pickle"):
        Run("x").save("features", train=np.array([{}], dtype=object))


def test_what_is_missing_says_which_command_to_run():
    with pytest.raises(ReportError) as caught:
        Run("mine").load("clusters")
    assert "notebooks/03_clustering.ipynb" in str(caught.value)
    assert "make report PARAMS=params/mine.yaml" in str(caught.value)
    with pytest.raises(ReportError, match=r"metrics.json: not there yet; first run notebooks/01_understanding.ipynb"):
        Run("mine").metrics()


def test_json_is_plain_sorted_and_unrounded():
    value = {"b": np.float64(0.1) + 0.2, "a": {1: np.int64(3), "x": np.array([1.5, np.nan])}, "c": (float("inf"), None)}
    text = to_json(value)
    assert json.loads(text) == {"a": {"1": 3, "x": [1.5, None]}, "b": 0.30000000000000004, "c": [None, None]}
    assert text.index('"a"') < text.index('"b"')


def test_metrics_are_one_object_a_phase():
    run = Run("x")
    run.save_metrics("understanding", {"dataset": {"n_train": 3}, "parts": {}})
    for phase in ("reduction", "clustering", "classification"):
        run.save_metrics(phase, {"is": phase})
    found = run.metrics()
    assert list(found) == ["dataset", "understanding", "reduction", "clustering", "classification"]
    assert found["dataset"] == {"n_train": 3}
    assert found["understanding"] == {"parts": {}}


def test_notebook_names():
    assert notebook_name("reduction") == "02_reduction.ipynb"


# --- tables ---------------------------------------------------------------------------------------------------------


def test_a_table_is_read_again_as_it_was_written():
    run = Run("x")
    rows = [(0, "plain", 0.1), (1, 'with, "commas"', ""), (2, "on\ntwo lines — ä", None)]
    run.save_rows("audit", ("row", "name", "value"), iter(rows))
    path = run.folder / "artifacts" / "classification" / "audit.csv"
    with path.open(newline="", encoding="utf8") as file:
        found = list(csv.reader(file))
    assert found == [["row", "name", "value"], ["0", "plain", "0.1"], ["1", 'with, "commas"', ""],
                     ["2", "on\ntwo lines — ä", ""]]  # fmt: skip
    assert path.read_bytes().startswith(b"row,name,value\n0,plain,0.1\n")
    assert [p.name for p in path.parent.iterdir()] == ["audit.csv"]


def test_a_table_without_rows_has_its_columns(tmp_path):
    write_csv(tmp_path / "empty.csv", ("a", "b"), [])
    assert (tmp_path / "empty.csv").read_text() == "a,b\n"


def test_a_table_appears_when_it_is_whole(tmp_path):
    path, seen = tmp_path / "table.csv", []

    def rows(fail):
        for i in range(10_000):
            seen.append(path.exists())
            yield (i, "x" * 50)
        if fail:
            raise RuntimeError("the last row is missing")

    with pytest.raises(RuntimeError, match="last row"):
        write_csv(path, ("i", "x"), rows(fail=True))
    assert not path.exists()
    write_csv(path, ("i", "x"), rows(fail=False))
    assert not any(seen)
    assert len(path.read_text().splitlines()) == 10_001
    assert [p.name for p in tmp_path.glob("*.csv")] == ["table.csv"]


def test_a_table_that_fails_leaves_the_one_before(tmp_path):
    path = tmp_path / "table.csv"
    write_csv(path, ("a",), [(1,)])
    with pytest.raises(ZeroDivisionError):
        write_csv(path, ("a",), (1 / i for i in range(2)))
    assert path.read_text() == "a\n1\n"


def test_no_text_in_a_table_is_a_formula_to_a_spreadsheet(tmp_path):
    path = tmp_path / "table.csv"
    harmful = ["=1+1", "+cmd|' /C calc'!A0", "-x", "@SUM(A1)", "\t=1", "\r=1"]
    harmless = ["a=1", "-1.5", "+3", "-1e-5", "", " =1", "'=1"]
    numbers = [-1, -2.5, float("-inf"), np.float32(-1)]
    write_csv(path, ("=head", "value"), [("x", cell) for cell in [*harmful, *harmless, *numbers]])
    with path.open(newline="", encoding="utf8") as file:
        head, *rows = csv.reader(file)
    assert head == ["'=head", "value"]
    assert [row[1] for row in rows] == [*(f"'{cell}" for cell in harmful), *harmless, *map(str, numbers)]
