"""The command that asks a run about new images: what it writes and says, and every kind of file that it refuses."""

import csv
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from report_lib.__main__ import main
from report_lib.classification import new_images
from report_lib.data import datasets
from report_lib.run.artifacts import Run, build_dir
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
    told = tmp_path / "build" / "digits" / "artifacts" / "understanding"
    told.mkdir(parents=True)
    shutil.copy(digits_folder / "artifacts" / "understanding" / "dataset.json", told)
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
    assert sorted(other.name for other in tmp_path.glob("[!b]*")) == [
        "new.npy",
        "new.predictions.csv",
        "new.predictions.html",
    ]


def test_a_page_shows_the_surest_the_least_sure_and_the_strangest(digits_build, known, rng, tmp_path, capfd):
    images = known[0][:60].copy()
    images[7] = rng.integers(0, 17, (8, 8))
    _, rows = ask(capfd, saved(tmp_path, images))
    page = (tmp_path / "new.predictions.html").read_text(encoding="utf8")
    assert "<p>Read as 60 images of 8 × 8, uint8, in a NumPy file: new.npy.</p>" in page
    _, surest, least, strangest = page.split("<section")
    shown = {
        kind: re.findall(r"<small>row (\d+)</small>", part) for kind, part in (("surest", surest), ("least", least))
    }
    order = np.argsort([-float(row["probability"]) for row in rows], kind="stable").tolist()
    order = [str(i) for i in order if rows[i]["like_seen"] == "yes"]
    assert shown == {"surest": order[:30], "least": order[::-1][:30]}
    strange = [row["row"] for row in rows if row["like_seen"] == "no"]
    assert "7" in strange
    assert set(re.findall(r"<small>row (\d+)</small>", strangest)) == set(strange)
    assert strangest.count("unlike anything seen") == len(strange)
    assert 'href="new.predictions.csv"' in page
    counts = dict(re.findall(r'<th scope="row">(.+?)</th><td>(\d+)</td>', page))
    assert counts == {name: str(n) for name, n in Counter(row["class"] for row in rows).items()}
    assert "<script" not in page


def test_pictures_of_a_folder_are_answered_by_their_names(digits_build, known, tmp_path, capfd):
    images, _ = known
    folder = tmp_path / "batch.2"
    folder.mkdir()
    for i in range(6):
        Image.fromarray(images[i].astype(np.uint8)).save(folder / f"<b>scan {i}.png")
    assert main(["predict", "--run", "digits", "--images", str(folder)]) == 0
    assert capfd.readouterr().out.startswith(f"{folder}.predictions.csv: 6 images, ")
    with open(f"{folder}.predictions.csv", newline="", encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [f"<b>scan {i}.png" for i in range(6)]
    _, alone = ask(capfd, saved(tmp_path, images[:6]))
    assert [row["class"] for row in rows] == [row["class"] for row in alone]
    page = (tmp_path / "batch.2.predictions.html").read_text(encoding="utf8")
    assert page.count("<small>&lt;b&gt;scan 3.png</small>") >= 1
    assert "<b>scan" not in page


def test_one_bright_pixel_is_no_other_scale(digits_build, known, tmp_path, capfd):
    images = known[0][:30].copy()
    images[3, 0, 0] = 40
    _, rows = ask(capfd, saved(tmp_path, images))
    assert len(rows) == 30


def test_flat_rows_of_floats_change_no_answer(digits_build, known, tmp_path, capfd):
    images, _ = known
    rows = saved(tmp_path, images.reshape(-1, 64).astype(np.float64), "b.npy")
    assert ask(capfd, rows)[1] == ask(capfd, saved(tmp_path, images, "a.npy"))[1]


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


def test_larger_pictures_are_brought_to_the_runs_size_and_that_is_said(digits_build, known, tmp_path, capfd, caplog):
    folder = tmp_path / "larger"
    folder.mkdir()
    for i, image in enumerate(known[0][:30]):
        larger = np.kron(image, np.ones((1 + i % 2,) * 2)).astype(np.uint8)
        Image.fromarray(larger).save(folder / f"{i:02}.png")
    assert main(["predict", "--run", "digits", "--images", str(folder)]) == 0
    said = "brought to a longest side of 8 pixels and padded to a square with the tone of their edge"
    assert caplog.messages == [f"{folder}: {said}"]
    with open(f"{folder}.predictions.csv", newline="", encoding="utf8") as file:
        found = [row["class"] for row in csv.DictReader(file)]
    _, rows = ask(capfd, saved(tmp_path, known[0][:30]))
    assert np.mean([a == row["class"] for a, row in zip(found, rows, strict=True)]) > 0.9


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
    assert {p.name for p in (tmp_path / "build").rglob("*") if p.is_file()} == {*MODEL, "dataset.json"}
    assert [path.read_bytes() for path in model_files] == before


# --- without labels -------------------------------------------------------------------------------------------------


def keep(name, model):
    run = Run(name, build_dir() / name)
    run.save("dataset", **Run("digits", build_dir() / "digits").load("dataset"))
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


# --- what is refused: one case of each kind, the others stand with what reads images and models ------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: np.where(x > 15, np.inf, x), "first in row"),
        (lambda x: x[:, 1:], "images of 7 × 8 pixels; the run had 8 × 8; resize them"),
        (lambda x: x.reshape(-1, 64)[:, 1:], "rows of 63 pixels"),
        (
            lambda x: x.astype(np.float32) / 16,
            "from 0 to 1, but the run's reach from 0 to 16; bring them to that range, about 16 times as large",
        ),
    ],
)
def test_images_that_a_run_cannot_answer_for(digits_build, known, tmp_path, capfd, change, said):
    path = saved(tmp_path, change(known[0]))
    message = refused(capfd, path)
    assert message.startswith(f"{path}: ")
    assert said in message
    # What to do is something that one can do here.
    assert "dataset." not in message


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


def test_files_that_are_not_what_they_are_called(digits_build, known, tmp_path, capfd):
    path = tmp_path / "new.npy"
    path.write_bytes(b"1,2,3\n4,5,6\n")
    assert refused(capfd, path).startswith(f"{path}: is not a .npy file, or is empty or damaged; save it with NumPy")


def test_no_such_file_and_no_such_run(digits_build, known, tmp_path, capfd):
    assert (
        refused(capfd, tmp_path / "gone.npy")
        == f"{tmp_path / 'gone.npy'}: no such file or folder; paths that are not whole begin in {Path.cwd()}"
    )
    assert refused(capfd, saved(tmp_path, known[0]), "digit") == (
        "no run 'digit'; did you mean digits? runs that are there: digits; `make report PARAMS=params/digit.yaml` makes one"
    )


def test_without_any_run_or_any_file(tmp_path, capfd):
    assert "runs that are there: none; `make report PARAMS=params/mine.yaml`" in refused(
        capfd, tmp_path / "new.npy", "mine"
    )
    assert main(["predict", "--run", "digits", "--images", ""]) == 1
    assert capfd.readouterr().err == "error: no images; write `make predict RUN=fashion_mnist IMAGES=new.npy`\n"


@pytest.mark.parametrize("name", ["", ".", "..", "lab"])
def test_a_name_that_no_run_can_have(model_files, known, tmp_path, capfd, name):
    (tmp_path / "build" / "lab").mkdir()
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
    assert said.startswith(f"error: {blocked.with_suffix('.predictions.csv')}: ")
    assert said.count("\n") == 1
    assert {path.name for path in blocked.parent.iterdir()} == {"new.npy", "new.predictions.csv"}


def test_a_refusal_as_a_process(model_files, tmp_path):
    """Nothing else is said: no warning of a library, no traceback."""
    path = saved(tmp_path, np.full((3, 8, 8), np.nan))
    words = [sys.executable, "-m", "report_lib", "predict", "--run", "digits", "--images", str(path)]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == f"error: {path}: NaN or infinity in 3 images, first in row 0; mend or remove them\n"
    assert not path.with_suffix(".predictions.csv").exists()


def test_a_model_that_is_not_what_the_run_saved(model_files, known, tmp_path, monkeypatch, capfd):
    npz, _ = model_files
    npz.write_bytes(pickle.dumps(Trap()))
    monkeypatch.chdir(tmp_path)
    said = f"{npz}: it and model.json are not what the run saved: truncated, changed, or another run's; {AGAIN}"
    assert refused(capfd, saved(tmp_path, known[0])) == said
    assert not (tmp_path / "pickle-was-loaded").exists()


def test_a_model_of_another_run(model_files, known, tmp_path, capfd):
    other = without_labels(model_files, "other")
    for key, path in zip(("model", "model_about"), model_files, strict=True):
        shutil.copy(other.path(key), path)
    assert f"{model_files[1]}: belongs to the run other, not to digits; {AGAIN}" == refused(
        capfd, saved(tmp_path, known[0])
    )


def test_a_description_of_a_model_that_was_tampered_with(model_files, known, tmp_path, capfd):
    _, about = model_files
    about.write_text(json.dumps(json.loads(about.read_text()) | {"n_neighbors": 0}))
    message = refused(capfd, saved(tmp_path, known[0]))
    assert message.startswith(f"{about}: truncated or changed (n_neighbors: ")
    assert message.endswith(f"; {AGAIN}")


def test_a_run_that_keeps_no_model_says_how_to_keep_one(model_files, known, tmp_path, capfd):
    for path in model_files:
        path.unlink()
    message = refused(capfd, saved(tmp_path, known[0]))
    assert message == f"{model_files[1]}: {new_images.NOT_THERE}; {AGAIN}"
    assert "classification.keep_model" in message


def test_another_version_of_a_library_is_a_warning(model_files, known, tmp_path, capfd, caplog):
    npz, about = model_files
    own = json.loads(about.read_text())
    about.write_text(json.dumps(own | {"versions": {**own["versions"], "numpy": "1.0"}}))
    sealed(about, npz)
    ask(capfd, saved(tmp_path, known[0][:2]))
    (record,) = [record for record in caplog.records if record.name == "report_lib.classification.new_images"]
    assert record.getMessage() == f"saved with numpy 1.0, this is {np.__version__}: last digits may differ"
