"""`make report DATA=path`: which file is meant, what the run is called, what is said."""

import numpy as np
import pytest

from report_lib import ROOT, __main__
from tests.data import makers


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Some digits in a file and a folder to stand in, with labels apart."""
    x, y = makers.digits()
    np.save(tmp_path / "my scans (2).npy", x)
    np.save(tmp_path / "y.npy", y)
    np.savez(tmp_path / "digits.npz", X=x, y=y)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(*words):
    options = __main__._parser().parse_args(["report", *words])
    return __main__._load(options)


def test_a_path_from_where_one_stands_and_a_run_called_after_it(own):
    params = loaded("--data", "my scans (2).npy", "--labels", "y.npy")
    assert params.name == "my_scans_2"
    assert params.dataset.source == str(own / "my scans (2).npy")
    assert params.dataset.labels == str(own / "y.npy")
    assert params.reduction.n_components == "auto"


def test_a_run_of_the_project_is_not_overwritten_and_settings_win(own):
    assert loaded("--data", "digits.npz").name == "digits_own"
    assert loaded("--data", "digits.npz", "--set", "name=mine seed=3").name == "mine"
    assert loaded("--data", "digits.npz", "--params", str(ROOT / "params" / "classic.yaml")).reduction.maps == []


def test_without_data_the_run_is_the_published_one(own):
    assert loaded().dataset.source == "fashion_mnist"
    assert loaded("--labels", "y.npy").dataset.labels == str(own / "y.npy")


def test_what_is_below_the_project_is_named_from_its_root(monkeypatch):
    monkeypatch.chdir(ROOT / "tests")
    assert loaded("--data", "data").dataset.source == "tests/data"


def test_what_was_recognised_is_printed(own, capsys):
    assert __main__.main(["data", "--data", "digits.npz"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert said[-3] == "300 images of 8 × 8, uint8, in a NumPy archive: X with y"
    assert said[-2] == "digits: 240 train and 60 test images"
    assert __main__.main(["data", "--data", "digit.npz"]) == 1
    assert capsys.readouterr().err == f"error: {own}/digit.npz: no such file or folder; did you mean digits.npz?\n"
    assert __main__.main(["data", "--data", "digit"]) == 1
    assert "no data set 'digit'; did you mean digits?" in capsys.readouterr().err
