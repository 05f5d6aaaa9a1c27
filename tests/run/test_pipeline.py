"""The whole road on small data: what comes out, what is the same twice, and what happens when something is wrong."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from report_lib.__main__ import main
from report_lib.common import facts
from report_lib.data import datasets
from report_lib.run import pipeline, plan, publish
from report_lib.run.artifacts import PHASES, notebook_name
from report_lib.run.params import load_params
from tests.run.notebooks import fails, with_notebooks

ROOT = Path(__file__).resolve().parents[2]
DIGITS = str(ROOT / "params" / "digits.yaml")
# Nothing of the fourth phase that could be left out.
BARE = " ".join(
    f"classification.{setting}"
    for setting in (
        "pseudo_models=[svm]", "label_counts=[]", "label_sources=[]", "classifiers=[]", "audit_folds=0", "keep_model=false"
    )
)  # fmt: skip


def without_provenance(page):
    return re.sub(r'<script type="application/json" id="provenance">.*?</script>', "", page, count=1, flags=re.S)


def files(folder):
    """Return what a run left, but for the page of one that failed."""
    return {
        path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "failed.html"
    }  # fmt: skip


def test_the_run_folder_holds_what_it_should(digits_build):
    names = {str(path) for path in files(digits_build)}
    assert {"report.html", "metrics.json", "provenance.json"} <= names
    assert {f"notebooks/{notebook_name(phase)}" for phase in PHASES} <= names
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib", ".part"))]
    assert [path.name for path in (digits_build.parent / ".staging").iterdir()] == ["digits.lock"]


def test_metrics_have_their_fixed_names(digits_build):
    numbers = json.loads((digits_build / "metrics.json").read_text())
    assert list(numbers) == sorted(["dataset", *PHASES])
    assert 0 < numbers["reduction"]["pca"]["components_for_95"] <= 64
    assert 0 < numbers["reduction"]["pca"]["test_mse"]["10"] < 1
    for method in ("kmeans", "dbscan"):
        found = numbers["clustering"]["methods"][method]
        assert {"n_clusters", "coverage", "accuracy", "majority_accuracy", "ari", "nmi", "ami"} <= set(found)
    pseudo = numbers["classification"]["pseudo_labels"]
    assert set(pseudo) == {"random_forest", "svm", "mlp"}
    for own in pseudo.values():
        assert own["accuracy"] <= own["ceiling"] + 0.05
        assert own["accuracy"] < own["fidelity"] <= 1
    assert numbers["clustering"]["methods"]["kmeans"]["ari"] > 0.5


def test_pca_of_digits_is_scikit_learns(digits_build):
    from sklearn.decomposition import PCA

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
        elif path.name not in ("provenance.json", "times.json", ".report-run") and path.suffix != ".npz":
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


@pytest.mark.slow
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
    assert set(kmeans) == {
        "n_clusters",
        "coverage",
        "sizes",
        "method",
        "on",
        "by_seed",
        "mean",
        "mean_intervals_95",
        "standard_deviation",
    }
    assert set(kmeans["by_seed"]) == {"n_clusters", "coverage"}
    assert kmeans["n_clusters"] == numbers["clustering"]["panel"]["best"]
    assert "accuracy" not in numbers["classification"]["pseudo_labels"]["random_forest"]
    page = (folder / "report.html").read_text()
    for missing in (
        "how many images each class has",
        "how far the clusters agree with classes",
        "how often the classifiers are right",
        "what a few of them would be worth",
        "what all of them would give",
        "which of them look wrong",
    ):
        assert f"the report cannot say {missing}" in page
    assert "done:" in capfd.readouterr().err
    assert set(numbers["classification"]) == {"pseudo_labels", "label_next", "model", "map"}
    made = {path.name for path in (folder / "artifacts" / "classification").iterdir()}
    assert made == {
        "metrics.json", "times.json", "label_next.csv", "datamap.npz", "lists.npz", "predictions.csv", "model.npz",
        "model.json",
    }  # fmt: skip
    assert len(table(folder, "label_next")) == 30
    tells_clusters_and_no_class(folder, path)


def tells_clusters_and_no_class(folder, path):
    """What a run without labels says of its test images, it says of the same images in a file."""
    expected = table(folder, "predictions")
    assert {row["class"] for row in expected} == {""}
    images = datasets.load(str(path), image_shape=[8, 8])
    assert [int(row.pop("row")) for row in expected] == images.test_rows.tolist()
    np.save(path.with_name("test.npy"), images.test_images)
    pipeline.predict("mine", str(path.with_name("test.npy")))
    with path.with_name("test.predictions.csv").open(encoding="utf8") as file:
        told = list(csv.DictReader(file))
    assert [int(row.pop("row")) for row in told] == list(range(len(images.test_images)))
    assert told == expected


# --- when something is wrong ----------------------------------------------------------------------------------------


@pytest.fixture
def good_report(digits_folder, tmp_path):
    """A finished run where the next one will be written."""
    target = tmp_path / "build" / "digits"
    shutil.copytree(digits_folder, target)
    return target


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("clustering.k_maxx=3", "did you mean k_max?"),
        ("clustering.k_max=x", "a whole number"),
        ("dataset.source=nowhere", "no data set 'nowhere'"),
        ("dataset.source=gone.npy", "gone.npy: no such file"),
        ("dataset.test_size=0.0001", "too few for a report"),
        ("classification.n_components_forest=10", "did you mean n_components_pseudo?"),
        ("'", "SET"),
    ],
)
def test_bad_parameters_leave_the_last_report_alone(good_report, capfd, settings, said):
    before = files(good_report)
    assert said in fails(capfd, "report", "--params", DIGITS, "--set", settings)
    assert files(good_report) == before
    assert [path.name for path in good_report.parent.iterdir() if path.name != ".staging"] == ["digits"]


LEAST = """
from report_lib.run.artifacts import PHASES, Run
for phase in PHASES:
    Run(run).save_metrics(phase, {"dataset": {"sha256": {}}})
for times in ("times", "clustering_times", "classification_times", "datamap", "lists"):
    Run(run).save(times)
Run(run).save("dataset")
"""


@pytest.mark.slow
def test_an_output_that_the_page_cannot_show_fails_the_build(good_report, monkeypatch, tmp_path, capfd):
    before = files(good_report)
    show = "from IPython.display import display\ndisplay({'application/x-odd': 'x'}, raw=True)"
    with_notebooks(monkeypatch, tmp_path, understanding=show, classification=LEAST)
    assert "an output of type application/x-odd cannot be shown" in fails(capfd, "report", "--params", DIGITS)
    assert files(good_report) == before
    assert (good_report / "failed.html").read_text().count('<section class="phase-start"') == len(PHASES)


@pytest.mark.slow
def test_no_notebook_sees_what_another_left_in_memory(monkeypatch, tmp_path, capfd):
    with_notebooks(monkeypatch, tmp_path, understanding="secret = 1", reduction="secret")
    assert "NameError: name 'secret' is not defined" in fails(capfd, "report", "--params", DIGITS)


def test_two_runs_of_one_name_do_not_mix(good_report, capfd):
    before = files(good_report)
    with publish.only_run(good_report):
        assert "another run of digits is under way" in fails(capfd, "report", "--params", DIGITS)
    assert files(good_report) == before


def test_waiting_is_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(pipeline, "run_report", lambda params, **options: asked.append(options["wait"]))
    for word in ("", "0", "1"):
        assert main(["report", "--params", DIGITS, "--wait", word]) == 0
    assert asked == [False, False, True]


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
    assert facts.n_threads() == threads
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert facts.n_threads() >= 1


def test_verbose_shows_the_traceback(capfd):
    assert main(["report", "--params", DIGITS, "--set", "seed=x", "--verbose"]) == 1
    assert "Traceback" in capfd.readouterr().err


def test_data_says_what_it_found(capsys):
    assert main(["data", "--params", DIGITS]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Digits: 1,438 train and 359 test images", "10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
    ]  # fmt: skip


def test_what_needs_labels_is_not_asked_of_images_without(capsys):
    settings = "dataset.use_labels=false classification.conv_filters=[4,4,4,4] classification.audit_folds=1000"
    assert main(["data", "--params", DIGITS, "--set", settings]) == 0
    assert capsys.readouterr().out == "Digits: 1,438 train and 359 test images\n"


def test_what_is_fitted_to_the_images_is_said_before_anything_runs(tmp_path, capfd):
    digits = datasets.load("digits")
    parts = {"x_train": digits.train_images, "y_train": digits.train_labels}
    parts |= {"x_test": digits.test_images, "y_test": np.where(digits.test_labels == 3, 77, digits.test_labels)}
    np.savez(tmp_path / "mine.npz", **parts)
    settings = f"dataset.source={tmp_path / 'mine.npz'} clustering.n_clusters=5000"
    assert main(["data", "--params", DIGITS, "--set", settings]) == 0
    said = capfd.readouterr().out.splitlines()
    n_test = int((digits.test_labels == 3).sum())
    assert said[0] == "clustering.n_clusters is 719, not 5000: there are 1,438 train images"
    assert f"Class '77' has {n_test} test images and no train image, so nothing can learn it" in said
    assert said[-2:] == ["mine: 1,438 train and 359 test images", "11 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …"]


def test_the_command_line_as_a_process():
    found = subprocess.run(
        [sys.executable, "-m", "report_lib", "report", "--params", "no.yaml"], capture_output=True, text=True, cwd=ROOT
    )
    assert found.returncode == 1
    assert found.stderr.startswith("error: no.yaml: no such file")
    assert found.stderr.count("\n") == 1


def with_cell(monkeypatch, tmp_path, phase, source):
    """Put a cell after the parameters of a copy of a phase's notebook."""
    copies = tmp_path / "notebooks"
    shutil.copytree(ROOT / "notebooks", copies, ignore=shutil.ignore_patterns(".*"))
    path = copies / notebook_name(phase)
    nb = nbformat.read(path, as_version=4)
    nb.cells[3:3] = [nbformat.v4.new_markdown_cell("## Trouble"), nbformat.v4.new_code_cell(source)]
    nbformat.write(nb, path)
    monkeypatch.setattr(plan, "NOTEBOOKS", copies)


@pytest.mark.slow
def test_progress_and_warnings_go_to_the_command_line_and_not_into_the_page(monkeypatch, tmp_path, capfd):
    with_cell(monkeypatch, tmp_path, "classification", "import warnings\nwarnings.warn('beware of the dog')")
    quick = "reduction.representations=[dense-4] reduction.maps=[] reduction.steps_dense=12 " + BARE
    assert main(["report", "--params", DIGITS, "--set", quick]) == 0
    said = capfd.readouterr().err
    assert "dense autoencoder 4: epoch 2 of 2, validation loss 0." in said
    assert "beware of the dog" in said
    build = tmp_path / "build" / "digits"
    assert "validation loss 0." not in (build / "notebooks" / notebook_name("reduction")).read_text()
    assert (build / "notebooks" / notebook_name("classification")).read_text().count("beware of the dog") == 1
    page = without_provenance((build / "report.html").read_text())
    assert ">Autoencoders</h3>" in page
    for left_out in ("Maps", "Few labels", "All labels", "What is taken for what", "Labels that look wrong"):
        assert f">{left_out}</h3>" not in page
    assert "The images to label next" in page
    assert "Not in this run" not in page
    kept = {path.name for path in (build / "artifacts" / "classification").iterdir()}
    assert kept == {"metrics.json", "times.json", "label_next.csv", "datamap.npz", "lists.npz"}


def test_the_comparison_has_its_numbers(digits_build):
    numbers = json.loads((digits_build / "metrics.json").read_text())["reduction"]
    codes = {name: own["code_size"] for name, own in numbers["representations"].items()}
    assert codes == {
        "pixels": 64,
        "pca": 30,
        "svd": 30,
        "dense-32-16": 16,
        "conv-16-8": 32,
    }
    for own in numbers["representations"].values():
        assert len(own["kmeans"]["ari"]) == len(own["few_labels"]["draws"]) == 2
    assert numbers["representations"]["pixels"]["few_labels"]["accuracy"] > 0.8
    assert numbers["maps"]["UMAP"]["hit"] > numbers["maps"]["PCA"]["hit"] + 0.2
    times = json.loads((digits_build / "provenance.json").read_text())["times"]["representations"]
    assert [row["name"] for row in times][:3] == ["pixels", "PCA", "truncated SVD"]


def test_autoencoders_and_maps_are_left_for_later_phases(digits_build):
    from report_lib.reduction import comparison
    from report_lib.run.artifacts import Run

    run = Run("digits")
    models = comparison.from_arrays(run.load("autoencoders"))
    assert set(models) == {"dense-32-16", "conv-16-8"}
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


# --- what the fourth phase leaves -----------------------------------------------------------------------------------


def table(folder, name):
    """Return the rows of a table of the fourth phase."""
    with (folder / "artifacts" / "classification" / f"{name}.csv").open(newline="", encoding="utf8") as file:
        return list(csv.DictReader(file))


def numbers_of(folder):
    return json.loads((folder / "metrics.json").read_text())["classification"]


def test_learning_curves_have_their_numbers(digits_build):
    numbers = numbers_of(digits_build)
    curves = numbers["label_efficiency"]
    assert set(curves) == {"pixels", "pca", "hog", "graph", "graph_chosen", "graph_chosen_spread"}
    for name, own in curves.items():
        assert set(own) == {"10", "100"} | (set() if "chosen" in name else {"1438"})
        assert own["10"] < own["100"]
        assert all(0.3 < accuracy <= 1 for accuracy in own.values())
        for n, ends in numbers["label_efficiency_intervals_95"][name].items():
            assert ends["low"] <= own[n] <= ends["high"]
    assert curves["graph_chosen"]["10"] > curves["graph"]["10"] + 0.1 > curves["pixels"]["10"]
    assert curves["pixels"]["1438"] > 0.95


def test_every_classifier_has_its_numbers(digits_build):
    found = numbers_of(digits_build)["supervised"]
    assert set(found) == {"logistic_regression", "knn", "random_forest", "mlp", "svc", "hog_mlp", "conv"}
    labels = datasets.load("digits").test_labels
    for own in found.values():
        confusion = np.array(own["confusion"])
        assert confusion.sum(axis=1).tolist() == np.bincount(labels).tolist()
        assert own["accuracy"] == pytest.approx(np.trace(confusion) / 359, abs=1e-12)
        assert own["interval_95"]["low"] < own["accuracy"] < own["interval_95"]["high"]
        assert own["accuracy"] > 0.9
        assert own["n_images"] == 1438
    assert found["conv"]["accuracy"] > 0.97


def test_the_list_to_label_next_is_that_of_the_metrics_and_names_clusters_that_there_are(digits_build):
    rows, numbers = table(digits_build, "label_next"), numbers_of(digits_build)["label_next"]
    assert list(rows[0]) == ["rank", "row", "cluster", "stands_for"]
    assert [int(row["rank"]) for row in rows] == list(range(1, 31))
    chosen = [int(row["row"]) for row in rows]
    assert chosen == datasets.load("digits").rows["train"][numbers["rows"]].tolist()
    assert len(set(chosen)) == 30
    assert [row["cluster"] for row in rows] == [f"C{cluster + 1}" for cluster in numbers["clusters"]]
    assert [int(row["stands_for"]) for row in rows] == numbers["stands_for"]
    with np.load(digits_build / "artifacts" / "clustering" / "clusters.npz") as clusters:
        assert clusters["train"][numbers["rows"]].tolist() == numbers["clusters"]
        assert set(numbers["clusters"]) == set(clusters["train"].tolist()) - {-1}
        assert sum(numbers["stands_for"]) == (clusters["train"] >= 0).sum()


def test_the_audit_lists_what_the_metrics_count(digits_build):
    text = (digits_build / "artifacts" / "classification" / "audit.csv").read_text()
    assert text.splitlines()[0] == "part,row,rank,doubt,label,suggested,probability_of_label"
    numbers, rows = numbers_of(digits_build)["audit"], table(digits_build, "audit")
    images = datasets.load("digits")
    for part, own in images.rows.items():
        listed = [row for row in rows if row["part"] == part]
        assert sorted(int(row["row"]) for row in listed) == sorted(own)
        assert [int(row["rank"]) for row in listed] == list(range(1, len(own) + 1))
    doubts = [float(row["doubt"]) for row in rows]
    assert doubts == sorted(doubts, reverse=True)
    assert all(len(own["random"]) == 3 and own["share"] == 0.01 for own in numbers["planted"].values())
    assert set(numbers["accuracy_of_judges"]) == {
        "network on oriented gradients", "convolutional network", "15 nearest images", "all together",
    }  # fmt: skip
    assert 0.9 < numbers["accuracy_of_judges"]["all together"]["train"] <= 1
    unusual, found = table(digits_build, "unusual"), json.loads((digits_build / "metrics.json").read_text())
    for part, n_far in numbers["far_from_class"].items():
        assert sum(row["finding"] == "far" and row["part"] == part for row in unusual) == n_far
    copies = found["understanding"]["near_duplicates"]
    assert sum("copy" in row["finding"] for row in unusual) == copies["exact"]["total"] + copies["near"]["total"]


def test_the_predictions_are_those_of_the_network_and_of_the_runs_clusters(digits_build):
    rows, labels = table(digits_build, "predictions"), datasets.load("digits").test_labels
    right = [row["class"] == str(label) for row, label in zip(rows, labels, strict=True)]
    numbers = numbers_of(digits_build)
    assert np.mean(right) == pytest.approx(numbers["supervised"]["conv"]["accuracy"], abs=1e-12)
    with np.load(digits_build / "artifacts" / "clustering" / "clusters.npz") as clusters:
        same = [row["cluster"] == f"C{c + 1}" for row, c in zip(rows, clusters["test"], strict=True)]
    assert np.mean(same) == pytest.approx(numbers["model"]["same_cluster_as_the_run"], abs=1e-12)
    assert np.mean(same) > 0.9


def test_another_process_gives_the_same_predictions_byte_by_byte(digits_build, tmp_path):
    np.save(tmp_path / "new.npy", datasets.load("digits").test_images)
    words = [sys.executable, "-m", "report_lib", "predict", "--run", "digits", "--images", str(tmp_path / "new.npy")]
    found = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    assert (found.returncode, found.stderr) == (0, "")
    told = (tmp_path / "new.predictions.csv").read_bytes()
    path, n_images, n_unlike = pipeline.predict("digits", str(tmp_path / "new.npy"))
    assert (path, n_images) == (tmp_path / "new.predictions.csv", 359)
    assert path.read_bytes() == told
    assert n_unlike == told.count(b",no\n")
    # The run names the rows of the file that it split, the command those of the file that it was given.
    expected = (digits_build / "artifacts" / "classification" / "predictions.csv").read_bytes()
    assert [line.split(b",", 1)[1] for line in told.splitlines()] == [
        line.split(b",", 1)[1] for line in expected.splitlines()
    ]
    assert [int(row["row"]) for row in table(digits_build, "predictions")] == datasets.load("digits").test_rows.tolist()


def test_a_run_of_other_images_is_not_replaced_without_a_word(tmp_path):
    params = load_params("params/digits.yaml")
    assert pipeline.replaced(tmp_path, params) == []
    record = {"parameters": {"name": "x", "dataset": {"source": "scans"}}}
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    (said,) = pipeline.replaced(tmp_path, params)
    assert said.startswith(f"{tmp_path} was made of scans and will be replaced")
    record["parameters"]["dataset"]["source"] = "digits"
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    assert pipeline.replaced(tmp_path, params) == []
