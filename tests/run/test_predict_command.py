"""The command that asks a run about new images: what it writes and says, and every kind of file that it refuses."""

import csv
import json
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from report_lib.__main__ import main
from report_lib.classification import new_images
from report_lib.data import datasets
from report_lib.run.artifacts import Run
from tests.models import sealed

ROOT = Path(__file__).resolve().parents[2]
EARLIER = b"what was answered the last time\n"
AGAIN = "make digits again with the `make report` that made it"


@pytest.fixture(scope="module")
def known():
    """The run's own test images and their labels."""
    found = datasets.load("digits")
    return found.test_images, found.test_labels


@pytest.fixture
def model_files(digits_folder, tmp_path):
    """The run again with its model alone, to be damaged; returns model.npz and model.json."""
    folder = tmp_path / "build" / "digits" / "artifacts" / "classification"
    folder.mkdir(parents=True)
    return [Path(shutil.copy(digits_folder / "artifacts" / "classification" / name, folder)) for name in MODEL]


MODEL = ("model.npz", "model.json")


def saved(tmp_path, array, name="new.npy"):
    np.save(tmp_path / name, array)
    return tmp_path / name


def ask(capfd, path, run="digits"):
    """Ask the run about a file, expect it to answer, and return the printed line and the rows of answers."""
    capfd.readouterr()
    assert main(["predict", "--run", run, "--images", str(path)]) == 0
    printed = capfd.readouterr()
    assert printed.err == ""
    target = Path(path).with_suffix(".predictions.csv")
    with target.open(newline="", encoding="utf8") as file:
        return printed.out, list(csv.DictReader(file))


def refused(capfd, path, run="digits"):
    """Ask the run about a file, expect it to refuse, and return its one line; what was answered earlier is left."""
    target = Path(path).with_suffix(".predictions.csv")
    target.write_bytes(EARLIER)
    before = {other.name for other in target.parent.iterdir()}
    capfd.readouterr()
    assert main(["predict", "--run", run, "--images", str(path)]) == 1
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.endswith("\n")
    assert printed.err.count("\n") == 1
    assert "a bug?" not in printed.err
    assert target.read_bytes() == EARLIER
    assert {other.name for other in target.parent.iterdir()} == before
    return printed.err.removeprefix("error: ").rstrip("\n")


# --- what is answered -----------------------------------------------------------------------------------------------


def test_each_image_has_its_row_and_the_last_line_counts_them(digits_build, known, tmp_path, capfd):
    images, labels = known
    path = saved(tmp_path, images)
    line, rows = ask(capfd, path)
    unlike = sum(row["like_seen"] == "no" for row in rows)
    assert line == f"{tmp_path / 'new.predictions.csv'}: 359 images, {unlike} of them unlike anything seen\n"
    assert list(rows[0]) == ["row", "cluster", "class", "probability", "margin", "as_unusual", "like_seen"]
    assert [row["row"] for row in rows] == [str(i) for i in range(359)]
    assert {row["cluster"] for row in rows} == {f"C{i}" for i in range(1, 11)}
    assert np.mean([row["class"] == str(label) for row, label in zip(rows, labels, strict=True)]) > 0.95
    for row in rows:
        assert 0 < float(row["margin"]) <= float(row["probability"]) <= 1
        assert row["like_seen"] == ("yes" if float(row["as_unusual"]) >= 0.01 else "no")
    assert sorted(other.name for other in tmp_path.glob("[!b]*")) == ["new.npy", "new.predictions.csv"]


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.reshape(-1, 64),
        lambda x: x[:, None],
        lambda x: x[..., None].astype(np.int64),
        lambda x: x.astype(np.float64),
        lambda x: np.asfortranarray(x.astype(np.float32)),
    ],
)
def test_the_shape_and_type_of_a_file_change_no_answer(digits_build, known, tmp_path, capfd, change):
    images, _ = known
    assert ask(capfd, saved(tmp_path, change(images), "b.npy"))[1] == ask(capfd, saved(tmp_path, images, "a.npy"))[1]


def test_an_archive_with_one_array_is_answered_like_the_array(digits_build, known, tmp_path, capfd):
    images, _ = known
    np.savez_compressed(tmp_path / "b.npz", whatever=images)
    assert ask(capfd, tmp_path / "b.npz")[1] == ask(capfd, saved(tmp_path, images, "a.npy"))[1]


def test_the_first_images_are_answered_without_the_others(digits_build, known, tmp_path, capfd):
    images, _ = known
    _, rows = ask(capfd, saved(tmp_path, images))
    for n in (1, 40):
        assert ask(capfd, saved(tmp_path, images[:n]))[1] == rows[:n]


def test_a_file_is_named_from_where_one_stands(digits_build, known, tmp_path, monkeypatch, capfd):
    saved(tmp_path, known[0][:3], "batch.2.npy")
    monkeypatch.chdir(tmp_path)
    line, rows = ask(capfd, "batch.2.npy")
    assert line.startswith("batch.2.predictions.csv: 3 images, ")
    assert len(rows) == 3


def test_noise_is_unlike_anything_seen(digits_build, rng, tmp_path, capfd):
    line, rows = ask(capfd, saved(tmp_path, rng.integers(0, 17, (25, 8, 8)).astype(np.uint8)))
    assert line.endswith(": 25 images, 25 of them unlike anything seen\n")
    assert {row["like_seen"] for row in rows} == {"no"}


def test_one_image_is_one_image(digits_build, known, tmp_path, capfd):
    assert ": 1 image, " in ask(capfd, saved(tmp_path, known[0][:1]))[0]


def test_make_passes_the_run_and_a_path_with_spaces_on(digits_build, known, tmp_path):
    (tmp_path / "my images").mkdir()
    path = saved(tmp_path / "my images", known[0][:5])
    words = ["make", "-s", "predict", "READY=", f"PY={sys.executable}", "RUN=digits", f"IMAGES={path}"]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith(f"{path.with_suffix('.predictions.csv')}: 5 images, ")
    assert len(path.with_suffix(".predictions.csv").read_text().splitlines()) == 6


def test_asking_leaves_the_run_as_it_was(model_files, known, tmp_path, capfd):
    before = [path.read_bytes() for path in model_files]
    ask(capfd, saved(tmp_path, known[0]))
    assert sorted(p for p in (tmp_path / "build").rglob("*") if p.is_file()) == sorted(model_files)
    assert [path.read_bytes() for path in model_files] == before


# --- without labels -------------------------------------------------------------------------------------------------


def keep(name, model):
    run = Run(name)
    run.save("model", **new_images.to_arrays(model))
    run.save("model_about", **new_images.about(model, name, run.path("model")))
    return run


def without_labels(model_files, name="plain"):
    """Keep the same model as if the run had had no labels."""
    npz, about = model_files
    return keep(name, replace(new_images.load("digits", about, npz), labels=None, network=None, class_names=[]))


def test_without_labels_clusters_are_told_and_no_class(model_files, digits_folder, known, tmp_path, capfd):
    without_labels(model_files)
    path = saved(tmp_path, known[0])
    _, labelled = ask(capfd, path)
    _, rows = ask(capfd, path, "plain")
    assert {row["class"] for row in rows} == {""}
    for column in ("row", "cluster", "as_unusual", "like_seen"):
        assert [row[column] for row in rows] == [row[column] for row in labelled]
    with np.load(digits_folder / "artifacts" / "clustering" / "clusters.npz") as clusters:
        assert [row["cluster"] for row in rows] == [f"C{c + 1}" for c in clusters["test"]]
    assert all(0.3 < float(row["probability"]) <= 1 for row in rows)


# --- images that are refused ----------------------------------------------------------------------------------------


def with_nan(x):
    out = x.astype(np.float32)
    out[7, 2, 2] = np.nan
    return out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_nan, "NaN or infinity in 1 images, first in row 7; mend or remove them"),
        (lambda x: np.where(x > 15, np.inf, x), "first in row"),
        (lambda x: x[:, 1:], "images of 7 × 8 pixels; the run had 8 × 8; resize them"),
        (lambda x: np.repeat(x, 2, axis=2), "images of 8 × 16 pixels; the run had 8 × 8; resize them"),
        (lambda x: x[0], "shape (8, 8) is one image; save it as (1, 8, 8)"),
        (lambda x: np.stack([x] * 3, axis=-1), "looks like colour images; make them grey, (n, 8, 8)"),
        (lambda x: np.stack([x] * 3, axis=1), "looks like colour images; make them grey, (n, 8, 8)"),
        (lambda x: x.reshape(-1, 64)[:, 1:], "63); save images as (n, 8, 8), or as rows of 64 pixels"),
        (lambda x: x[:0], "shape (0, 8, 8); save images as (n, 8, 8)"),
        (lambda x: x[0, 0], "shape (8,); save images as (n, 8, 8)"),
        (
            lambda x: x.astype(np.float32) / 16 * 255,
            "pixels reach from 0 to 255, but the run's reach from 0 to 16; bring",
        ),
        (
            lambda x: 16 * x.astype(np.uint8) - (x > 15),
            "pixels reach from 0 to 255, but the run's reach from 0 to 16; bring",
        ),
        (lambda x: x / 16 - 40, "pixels reach from -40 to -39, but the run's reach from 0 to 16; bring"),
        (lambda x: x / 160, "pixels reach only from 0 to 0.1, but the run's reach from 0 to 16; bring"),
        (np.zeros_like, "pixels reach only from 0 to 0, but the run's reach from 0 to 16; bring"),
        (lambda x: x.astype(np.int32) - 9, "whole numbers from -9 to 7; save them as uint8 (0 to 255) or float"),
        (lambda x: x.astype(complex), "pixels are complex128; save them as uint8 or float"),
        (lambda x: x.astype(str), "save them as uint8 or float"),
        (lambda x: np.array(3), "shape (); save images as (n, 8, 8)"),
    ],
)
def test_images_that_a_run_cannot_answer_for(digits_build, known, tmp_path, capfd, change, said):
    path = saved(tmp_path, change(known[0]))
    message = refused(capfd, path)
    assert message.startswith(f"{path}: ")
    assert said in message


def test_floats_from_0_to_1_are_refused_by_a_run_of_0_to_16(digits_build, known, tmp_path, capfd):
    path = saved(tmp_path, known[0].astype(np.float32) / 16)
    assert "pixels reach only from 0 to 1, but the run's reach from 0 to 16; bring" in refused(capfd, path)


@pytest.mark.parametrize("change", [lambda x: x.reshape(-1, 64)[:, 1:], lambda x: np.stack([x] * 3, axis=-1)])
def test_what_to_do_is_something_that_one_can_do(digits_build, known, tmp_path, capfd, change):
    assert "dataset." not in refused(capfd, saved(tmp_path, change(known[0])))


class Trap:
    """Unpickling this would run code."""

    def __reduce__(self):
        return (os.mkdir, ("pickle-was-loaded",))


def test_pickles_are_refused_and_never_loaded(digits_build, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    trap = np.array([Trap()], dtype=object)
    np.save("a.npy", trap, allow_pickle=True)
    np.savez("b.npz", images=trap, allow_pickle=True)
    Path("c.npy").write_bytes(pickle.dumps(Trap()))
    Path("d.npz").write_bytes(pickle.dumps(Trap()))
    for name in ("a.npy", "b.npz", "c.npy", "d.npz"):
        message = refused(capfd, name)
        assert message.startswith(
            f"{name}: holds pickled Python objects, which may run code and are never loaded; save a"
        )
    assert not (tmp_path / "pickle-was-loaded").exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("new.npy", lambda whole: b"", "is not a .npy file, or is empty or damaged; save it with NumPy"),
        ("new.npy", lambda whole: b"1,2,3\n4,5,6\n", "is not a .npy file, or is empty or damaged; save it with NumPy"),
        ("new.npy", lambda whole: whole[:-1], "cannot be read as NumPy arrays, truncated or corrupt?"),
        ("new.npy", lambda whole: whole[:50], "cannot be read as NumPy arrays, truncated or corrupt?"),
        ("new.npz", lambda whole: whole, "is not a .npz file, or is empty or damaged; save it with NumPy"),
        ("new.npz", lambda whole: b"PK\x03\x04 and no more", "cannot be read as NumPy arrays, truncated or corrupt?"),
        ("new.txt", lambda whole: whole, "images come in a .npy or .npz file; save them with np.save"),
        ("new", lambda whole: whole, "images come in a .npy or .npz file; save them with np.save"),
    ],
)
def test_files_that_are_not_what_they_are_called(digits_build, known, tmp_path, capfd, name, change, said):
    whole = saved(tmp_path, known[0], "whole.npy").read_bytes()
    (tmp_path / name).write_bytes(change(whole))
    message = refused(capfd, tmp_path / name)
    assert message.startswith(f"{tmp_path / name}: {said}")


@pytest.mark.parametrize(
    "names",
    [
        ("a", "b"),
        ("x_train", "x_test"),
        (),
        pytest.param(
            ("images", "labels"),
        ),
    ],
)
def test_an_archive_with_several_arrays_or_none(digits_build, known, tmp_path, capfd, names):
    np.savez(tmp_path / "new.npz", **{name: known[i] for i, name in enumerate(names)})
    assert refused(capfd, tmp_path / "new.npz").startswith(
        f"{tmp_path / 'new.npz'}: has {', '.join(names) or 'nothing'}; "
    )


def test_no_such_file_and_no_such_run(digits_build, known, tmp_path, capfd):
    assert (
        refused(capfd, tmp_path / "gone.npy")
        == f"{tmp_path / 'gone.npy'}: no such file; name one from where you stand, or by its whole path"
    )
    assert refused(capfd, saved(tmp_path, known[0]), "digit") == (
        "no run 'digit'; runs that are there: digits; `make report PARAMS=params/digit.yaml` makes one"
    )


def test_without_any_run_or_any_file(tmp_path, capfd):
    assert "runs that are there: none; `make report PARAMS=params/mine.yaml`" in refused(
        capfd, tmp_path / "new.npy", "mine"
    )
    assert main(["predict", "--run", "digits", "--images", ""]) == 1
    assert capfd.readouterr().err == "error: no images; write `make predict RUN=fashion_mnist IMAGES=new.npy`\n"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_no_run_can_have(model_files, known, tmp_path, capfd, name):
    assert f"no run {name!r}" in refused(capfd, saved(tmp_path, known[0]), name)


@pytest.fixture
def blocked(known, tmp_path, digits_build):
    """Images, and a folder where the answers would go."""
    path = saved(tmp_path, known[0])
    path.with_suffix(".predictions.csv").mkdir()
    return path


def test_answers_that_cannot_be_written_leave_nothing(blocked, capfd):
    assert main(["predict", "--run", "digits", "--images", str(blocked)]) == 1
    said = capfd.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert {path.name for path in blocked.parent.iterdir()} == {"new.npy", "new.predictions.csv"}


def test_answers_that_cannot_be_written_are_named(blocked, capfd):
    assert main(["predict", "--run", "digits", "--images", str(blocked)]) == 1
    assert capfd.readouterr().err.startswith(f"error: {blocked.with_suffix('.predictions.csv')}: ")


def test_a_refusal_as_a_process(model_files, tmp_path):
    """Nothing else is said: no warning of a library, no traceback."""
    path = saved(tmp_path, np.full((3, 8, 8), np.nan))
    words = [sys.executable, "-m", "report_lib", "predict", "--run", "digits", "--images", str(path)]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == f"error: {path}: NaN or infinity in 3 images, first in row 0; mend or remove them\n"
    assert not path.with_suffix(".predictions.csv").exists()


# --- models that are refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole[:-1],
        lambda whole: whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:],
        lambda whole: whole + b"\0",
        lambda whole: b"",
        lambda whole: pickle.dumps(Trap()),
    ],
)
def test_a_model_that_is_not_what_the_run_saved(model_files, known, tmp_path, monkeypatch, capfd, change):
    npz, _ = model_files
    npz.write_bytes(change(npz.read_bytes()))
    monkeypatch.chdir(tmp_path)
    said = f"{npz}: it and model.json are not what the run saved: truncated, changed, or another run's; {AGAIN}"
    assert refused(capfd, saved(tmp_path, known[0])) == said
    assert not (tmp_path / "pickle-was-loaded").exists()


def test_a_model_of_another_run(model_files, known, tmp_path, capfd):
    npz, about = model_files
    other = without_labels(model_files, "other")
    path = saved(tmp_path, known[0])
    shutil.copy(other.path("model"), npz)
    assert (
        f"{npz}: it and model.json are not what the run saved: truncated, changed, or another run's; {AGAIN}"
        == refused(capfd, path)
    )
    shutil.copy(other.path("model_about"), about)
    assert f"{about}: belongs to the run other, not to digits; {AGAIN}" == refused(capfd, path)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_model_that_is_not_there(model_files, known, tmp_path, capfd, missing):
    model_files[missing].unlink()
    message = refused(capfd, saved(tmp_path, known[0]))
    assert message == f"{model_files[missing]}: {new_images.NOT_THERE}; {AGAIN}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"run": "mnist"}, "belongs to the run mnist, not to digits"),
        ({"format": 2}, "has the format 2, this program reads 1"),
        ({"format": "1"}, "truncated or changed (format: "),
        ({"extra": 1}, "truncated or changed (extra: "),
        ({"image_shape": [8]}, "truncated or changed (image_shape: "),
        ({"class_names": [0]}, "truncated or changed (class_names.0: "),
        ({"n_neighbors": 0}, "truncated or changed (n_neighbors: "),
        ({"low": "0"}, "truncated or changed (low: "),
        ({"versions": ["numpy"]}, "truncated or changed (versions: "),
    ],
)
def test_a_description_of_a_model_that_was_tampered_with(model_files, known, tmp_path, capfd, change, said):
    _, about = model_files
    about.write_text(json.dumps(json.loads(about.read_text()) | change))
    message = refused(capfd, saved(tmp_path, known[0]))
    assert message.startswith(f"{about}: {said}")
    assert message.endswith(f"; {AGAIN}")


@pytest.mark.parametrize(
    "change", [lambda t: t[:-9], lambda t: b"", lambda t: b"[]", lambda t: b"\xff", lambda t: b"null"]
)
def test_a_description_of_a_model_that_is_not_whole(model_files, known, tmp_path, capfd, change):
    _, about = model_files
    about.write_bytes(change(about.read_bytes()))
    message = refused(capfd, saved(tmp_path, known[0]))
    assert message.startswith(f"{about}: truncated or changed (")
    assert message.endswith(f"; {AGAIN}")


@pytest.mark.parametrize("name", list(new_images.About.model_fields))
def test_a_description_of_a_model_with_a_part_missing(model_files, known, tmp_path, capfd, name):
    _, about = model_files
    whole = json.loads(about.read_text())
    del whole[name]
    about.write_text(json.dumps(whole))
    assert f"{about}: truncated or changed ({name}: " in refused(capfd, saved(tmp_path, known[0]))


@pytest.mark.parametrize(
    "change",
    [
        {"n_neighbors": 10**6},
        pytest.param({"class_names": ["0", "1", "2"]}),
        pytest.param({"class_names": []}),
        pytest.param({"image_shape": [8, 9]}),
        pytest.param({"low": 99.0}),
        pytest.param({"low": float("nan")}),
        pytest.param({"class_names": list("9876543210")}),
    ],
)
def test_a_description_of_a_model_that_does_not_fit_its_arrays(model_files, known, tmp_path, capfd, change):
    _, about = model_files
    about.write_text(json.dumps(json.loads(about.read_text()) | change))
    message = refused(capfd, saved(tmp_path, known[0]))
    assert message.startswith(tuple(f"{path}: " for path in model_files))
    assert message.endswith(f"; {AGAIN}")


def test_a_model_of_a_library_that_is_not_installed(model_files, known, tmp_path, capfd):
    _, about = model_files
    about.write_text(json.dumps(json.loads(about.read_text()) | {"versions": {"no-such-package": "1.0"}}))
    said = "the model needs no-such-package, which is not installed; `pip install no-such-package`"
    assert refused(capfd, saved(tmp_path, known[0])).startswith(said)


def test_a_change_of_the_arrays_that_hides_its_traces(model_files, known, tmp_path, capfd):
    """A checksum that was made to fit lets nothing in that has to be unpickled, and no half of a model."""
    npz, about = model_files
    with np.load(npz) as archive:
        whole = {name: archive[name] for name in archive.files}
    trap = np.array([Trap()], dtype=object)
    without = {name: own for name, own in whole.items() if name != "clusters"}
    for arrays, said in ((whole | {"train": trap}, "allow_pickle"), (without, "'clusters'"), ({}, "'")):
        np.savez(npz, allow_pickle=True, **arrays)
        sealed(about, npz)
        message = refused(capfd, saved(tmp_path, known[0]))
        assert message.startswith((f"{npz}: does not hold a model of this program (", f"{npz}: holds no "))
        assert said in message
        assert message.endswith(f"; {AGAIN}")


def test_another_version_of_a_library_is_a_warning(model_files, known, tmp_path, capfd, caplog):
    npz, about = model_files
    own = json.loads(about.read_text())
    about.write_text(json.dumps(own | {"versions": {**own["versions"], "numpy": "1.0"}}))
    sealed(about, npz)
    ask(capfd, saved(tmp_path, known[0][:2]))
    (record,) = [record for record in caplog.records if record.name == "report_lib.classification.new_images"]
    assert record.getMessage() == f"saved with numpy 1.0, this is {np.__version__}: last digits may differ"


def test_a_run_that_keeps_no_model_says_how_to_keep_one(model_files, known, tmp_path, capfd):
    for path in model_files:
        path.unlink()
    assert "classification.keep_model" in refused(capfd, saved(tmp_path, known[0]))
