"""The whole road on small data: what comes out, what is the same twice, and what happens when something is wrong."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from report_lib import pipeline
from report_lib.__main__ import main
from report_lib.artifacts import PHASES, notebook_name
from report_lib.params import load_params

ROOT = Path(__file__).resolve().parent.parent
DIGITS = str(ROOT / "params" / "digits.yaml")


def without_provenance(page):
    return re.sub(r'<script type="application/json" id="provenance">.*?</script>', "", page, count=1, flags=re.S)


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_run_folder_holds_what_it_should(digits_build):
    names = {str(path) for path in files(digits_build)}
    assert {"report.html", "metrics.json", "provenance.json"} <= names
    assert {f"notebooks/{notebook_name(phase)}" for phase in PHASES} <= names
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib", ".part"))]
    assert not (digits_build.parent / ".staging").exists()


def test_metrics_have_their_fixed_names(digits_build):
    numbers = json.loads((digits_build / "metrics.json").read_text())
    assert list(numbers) == sorted(["dataset", *PHASES])
    assert 0 < numbers["reduction"]["pca"]["components_for_95"] <= 64
    assert 0 < numbers["reduction"]["pca"]["test_mse"]["10"] < 1
    for method in ("kmeans", "dbscan"):
        found = numbers["clustering"]["methods"][method]
        assert {"n_clusters", "coverage", "accuracy", "majority_accuracy", "ari", "nmi", "ami"} <= set(found)
    forest = numbers["classification"]["pseudo_labels"]["random_forest"]
    assert forest["fidelity"] > forest["accuracy"]
    assert forest["accuracy"] <= forest["ceiling"] + 0.05
    assert numbers["clustering"]["methods"]["kmeans"]["ari"] > 0.5


def test_pca_of_digits_is_scikit_learns(digits_build):
    from sklearn.decomposition import PCA

    from report_lib import datasets

    images = datasets.load("digits")
    train, test = (part.reshape(len(part), -1) / 16.0 for part in (images.train_images, images.test_images))
    pca = PCA(20, svd_solver="full").fit(train)
    expected = np.mean((test - pca.inverse_transform(pca.transform(test))) ** 2)
    numbers = json.loads((digits_build / "metrics.json").read_text())["reduction"]["pca"]
    assert numbers["test_mse"]["20"] == pytest.approx(expected, rel=1e-4)
    full = np.cumsum(PCA(svd_solver="full").fit(train).explained_variance_ratio_)
    assert numbers["components_for_95"] == np.argmax(full >= 0.95) + 1


def test_a_rerun_gives_the_same_bytes(digits_build, tmp_path, monkeypatch):
    monkeypatch.setenv("REPORT_BUILD_DIR", str(tmp_path / "again"))
    pipeline.run_report(load_params(DIGITS))
    first, second = files(digits_build), files(tmp_path / "again" / "digits")
    assert set(first) == set(second)
    for path in first:
        if path.name == "report.html":
            assert without_provenance(first[path].decode()) == without_provenance(second[path].decode())
        elif path.name not in ("provenance.json", "times.json") and path.suffix != ".npz":
            assert first[path] == second[path], path


def test_notebooks_show_nothing_but_what_they_mean_to(digits_build):
    for phase in PHASES:
        nb = nbformat.read(digits_build / "notebooks" / notebook_name(phase), as_version=4)
        assert {o.output_type for cell in nb.cells if cell.cell_type == "code" for o in cell.outputs} == {
            "display_data"
        }


def test_times_and_machine_are_in_the_provenance_alone(digits_build):
    facts = json.loads((digits_build / "provenance.json").read_text())
    assert set(facts["sections"]) >= set(PHASES)
    assert facts["seconds"] > 0
    page = without_provenance((digits_build / "report.html").read_text())
    assert facts["started"] not in page
    assert facts["machine"]["system"] not in page
    assert str(ROOT) not in page


def test_without_labels_everything_runs_and_says_so(tmp_path, capfd):
    from sklearn.datasets import load_digits

    path = tmp_path / "mine.npy"
    np.save(path, load_digits().images.astype(np.uint8)[:600, None])
    settings = f"dataset.source={path} clustering.n_clusters=auto name=mine dataset.image_shape=[8,8]"
    settings += " reduction.representations=[pixels,dense-8] reduction.steps_dense=60 reduction.maps=[tsne]"
    assert main(["report", "--params", DIGITS, "--set", settings]) == 0
    folder = tmp_path / "build" / "mine"
    numbers = json.loads((folder / "metrics.json").read_text())
    kmeans = numbers["clustering"]["methods"]["kmeans"]
    assert set(kmeans) == {"n_clusters", "coverage", "sizes", "method", "on", "by_seed", "mean", "standard_deviation"}
    assert set(kmeans["by_seed"]) == {"n_clusters", "coverage"}
    assert kmeans["n_clusters"] == numbers["clustering"]["panel"]["best"]
    assert "accuracy" not in numbers["classification"]["pseudo_labels"]["random_forest"]
    page = (folder / "report.html").read_text()
    for missing in (
        "how many images each class has",
        "how far the clusters agree with classes",
        "how often the forest is right",
    ):
        assert f"the report cannot say {missing}" in page
    assert "done:" in capfd.readouterr().err


# --- when something is wrong ----------------------------------------------------------------------------------------


@pytest.fixture
def good_report(digits_folder, tmp_path):
    """A finished run where the next one will be written."""
    target = tmp_path / "build" / "digits"
    shutil.copytree(digits_folder, target)
    return target


def fails(capfd, *arguments):
    """Run the command, expect it to fail, and return its one line."""
    assert main(list(arguments)) == 1
    errors = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    return errors[0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("clustering.k_maxx=3", "did you mean k_max?"),
        ("clustering.k_max=x", "a whole number"),
        ("clustering.n_clusters=5000", "there are only 1438 train images"),
        ("dataset.source=nowhere", "no data set 'nowhere'"),
        ("dataset.source=gone.npy", "gone.npy: no such file"),
        ("reduction.n_components=64 reduction.max_components=65", "an image has only 64 pixels"),
        ("'", "SET"),
    ],
)
def test_bad_parameters_leave_the_last_report_alone(good_report, capfd, settings, said):
    before = files(good_report)
    assert said in fails(capfd, "report", "--params", DIGITS, "--set", settings)
    assert files(good_report) == before
    assert [path.name for path in good_report.parent.iterdir() if path.name != ".staging"] == ["digits"]


def with_cell(monkeypatch, tmp_path, phase, source):
    """Put a cell after the parameters of a copy of a phase's notebook."""
    copies = tmp_path / "notebooks"
    shutil.copytree(ROOT / "notebooks", copies, ignore=shutil.ignore_patterns(".*"))
    path = copies / notebook_name(phase)
    nb = nbformat.read(path, as_version=4)
    nb.cells[3:3] = [nbformat.v4.new_markdown_cell("## Trouble"), nbformat.v4.new_code_cell(source)]
    nbformat.write(nb, path)
    monkeypatch.setattr(pipeline, "NOTEBOOKS", copies)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("from report_lib.errors import ReportError\nraise ReportError('mend it')", "'Trouble': mend it"),
        ("import os\nos._exit(1)", "the kernel died"),
    ],
)
def test_a_broken_notebook_fails_the_build(good_report, monkeypatch, tmp_path, capfd, source, said):
    before = files(good_report)
    with_cell(monkeypatch, tmp_path, "understanding", source)
    message = fails(capfd, "report", "--params", DIGITS)
    assert said in message
    assert "01_understanding.ipynb, section 'Trouble'" in message
    assert files(good_report) == before


def test_an_output_that_the_page_cannot_show_fails_the_build(good_report, monkeypatch, tmp_path, capfd):
    before = files(good_report)
    source = "from IPython.display import display\ndisplay({'application/x-odd': 'x'}, raw=True)"
    with_cell(monkeypatch, tmp_path, "classification", source)
    quick = ("--set", "reduction.representations=[] reduction.maps=[]")
    assert "an output of type application/x-odd cannot be shown" in fails(capfd, "report", "--params", DIGITS, *quick)
    assert files(good_report) == before


def test_no_notebook_sees_what_another_left_in_memory(monkeypatch, tmp_path, capfd):
    with_cell(monkeypatch, tmp_path, "reduction", "histogram")
    assert "NameError: name 'histogram' is not defined" in fails(capfd, "report", "--params", DIGITS)


def test_two_runs_of_one_name_do_not_mix(good_report, capfd):
    before = files(good_report)
    staging = good_report.parent / ".staging"
    with pipeline._only_run("digits", staging):
        assert "another run of digits is under way" in fails(capfd, "report", "--params", DIGITS)
    assert files(good_report) == before
    assert not staging.exists()


def test_a_build_folder_that_cannot_be_written(tmp_path, monkeypatch, capfd):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REPORT_BUILD_DIR", str(tmp_path / "file"))
    assert "file" in fails(capfd, "report", "--params", DIGITS)


def test_what_was_not_foreseen_is_one_line_too(monkeypatch, capfd):
    monkeypatch.setattr(pipeline, "check_data", lambda params: 1 / 0)
    assert "ZeroDivisionError: division by zero (a bug?" in fails(capfd, "report", "--params", DIGITS)


@pytest.mark.parametrize(("asked", "threads"), [("3", 3), ("4,2", 4)])
def test_threads_are_those_asked_for(monkeypatch, asked, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert pipeline.n_threads() == threads
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert pipeline.n_threads() >= 1


def test_verbose_shows_the_traceback(capfd):
    assert main(["report", "--params", DIGITS, "--set", "seed=x", "--verbose"]) == 1
    assert "Traceback" in capfd.readouterr().err


def test_data_says_what_it_found(capsys):
    assert main(["data", "--params", DIGITS]) == 0
    assert capsys.readouterr().out == "Digits: 1,438 train and 359 test images\n"


def test_the_command_line_as_a_process():
    found = subprocess.run(
        [sys.executable, "-m", "report_lib", "report", "--params", "no.yaml"], capture_output=True, text=True, cwd=ROOT
    )
    assert found.returncode == 1
    assert found.stderr.startswith("error: no.yaml: no such file")
    assert found.stderr.count("\n") == 1


def test_progress_and_warnings_go_to_the_command_line_and_not_into_the_page(monkeypatch, tmp_path, capfd):
    with_cell(monkeypatch, tmp_path, "classification", "import warnings\nwarnings.warn('beware of the dog')")
    quick = "reduction.representations=[dense-4] reduction.maps=[] reduction.steps_dense=12"
    assert main(["report", "--params", DIGITS, "--set", quick]) == 0
    said = capfd.readouterr().err
    assert "dense autoencoder 4: epoch 2 of 2, validation loss 0." in said
    assert "beware of the dog" in said
    build = tmp_path / "build" / "digits"
    assert "validation loss 0." not in (build / "notebooks" / notebook_name("reduction")).read_text()
    assert (build / "notebooks" / notebook_name("classification")).read_text().count("beware of the dog") == 1
    page = without_provenance((build / "report.html").read_text())
    assert "Autoencoders: descriptions that are learnt" in page
    assert "UMAP: a map of all images" not in page
    assert "Not in this run" not in page


def test_the_comparison_has_its_numbers(digits_build):
    numbers = json.loads((digits_build / "metrics.json").read_text())["reduction"]
    codes = {name: own["code_size"] for name, own in numbers["representations"].items()}
    assert codes == {
        "pixels": 64,
        "pca": 30,
        "svd": 30,
        "pca-16": 16,
        "dense-32-16": 16,
        "dense-48": 48,
        "conv-16-8": 32,
    }
    for own in numbers["representations"].values():
        assert len(own["kmeans"]["ari"]) == len(own["few_labels"]["draws"]) == 3
    assert numbers["representations"]["pixels"]["few_labels"]["accuracy"] > 0.8
    assert numbers["maps"]["UMAP"]["hit"] > numbers["maps"]["PCA"]["hit"] + 0.2
    times = json.loads((digits_build / "provenance.json").read_text())["times"]["representations"]
    assert [row["name"] for row in times][:4] == ["pixels", "PCA", "truncated SVD", "PCA 16"]


def test_autoencoders_and_maps_are_left_for_later_phases(digits_build):
    from report_lib import comparison, datasets
    from report_lib.artifacts import Run

    run = Run("digits")
    models = comparison.from_arrays(run.load("autoencoders"))
    assert set(models) == {"dense-32-16", "dense-48", "conv-16-8"}
    images = datasets.load("digits").test_images
    numbers = json.loads((digits_build / "metrics.json").read_text())["reduction"]["representations"]
    for name, model in models.items():
        rows = images.reshape(len(images), -1)
        rebuilt = model.inverse_transform(model.transform(rows))
        assert np.mean((rebuilt - rows) ** 2) / 16.0**2 == pytest.approx(numbers[name]["test_mse"], rel=1e-5)
    graph, maps = run.load("neighbors"), run.load("maps")
    assert graph["indices"].shape == (1438, 15)
    assert maps["umap"].shape == (1438, 2)
    assert len(maps["tsne"]) == len(maps["tsne_rows"])
