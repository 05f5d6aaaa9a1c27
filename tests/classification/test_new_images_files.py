"""What was not kept by this program is refused, unread and in one line; images of another kind are, too."""

import io
import json
import logging
import pickle
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pytest

from report_lib.classification import new_images
from report_lib.classification.new_images import Answers
from report_lib.common.errors import ReportError
from report_lib.common.metrics import NOISE
from tests.models import NAMES, TEST, TRAIN, made, saved, sealed


@pytest.fixture(scope="module")
def model():
    return made("pca")


@pytest.fixture
def files(model, tmp_path):
    return saved(model, tmp_path / "mine")


def refusal(files, run="mine"):
    """Return why a model is refused: one line that names the file and says what to do."""
    with pytest.raises(ReportError) as caught:
        new_images.load(run, *files)
    said = str(caught.value)
    assert "\n" not in said
    assert str(files[0].parent) in said
    assert said.endswith(f"; make {run} again with the `make report` that made it")
    return said


def changed(files, **values):
    """Put other values into the JSON; None takes one out."""
    about = json.loads(files[0].read_text()) | values
    files[0].write_text(json.dumps({name: value for name, value in about.items() if value is not None}))
    return files


def holding(files, content):
    """Let the npz hold something else, as if the run had saved it."""
    files[1].write_bytes(content)
    sealed(*files)
    return files


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


class Trap:
    """What pickle would call, were it asked to load this."""

    sprung = False

    @classmethod
    def spring(cls):
        cls.sprung = True

    def __reduce__(self):
        return Trap.spring, ()


# --- loading --------------------------------------------------------------------------------------------------------


def test_what_is_known_about_a_model(files):
    about = json.loads(files[0].read_text())
    assert about == {
        "format": 1, "run": "mine", "sha256": new_images.checksum(files[1], new_images.About.model_validate(about)),
        "image_shape": [12, 10],
        "low": float(TRAIN.min()), "high": float(TRAIN.max()), "class_names": NAMES, "n_neighbors": 7,
        "versions": {name: version(name) for name in ("numpy", "scikit-learn")},
    }  # fmt: skip


def test_nothing_that_is_kept_needs_pickling(tmp_path):
    for kind in ("pca with a network", "gradients without labels"):
        with np.load(saved(made(kind), tmp_path / kind)[1], allow_pickle=False) as archive:
            kept = {name: archive[name] for name in archive.files}
        assert not any(own.dtype.hasobject for own in kept.values())
        assert ("labels" in kept) == (kind != "gradients without labels")


@pytest.mark.parametrize("missing", [0, 1])
def test_a_file_that_is_not_there(missing, files):
    files[missing].unlink()
    assert refusal(files).startswith(f"{files[missing]}: not there, so the run cannot predict")


@pytest.mark.parametrize("length", [0, -1])
def test_arrays_that_are_truncated(length, files):
    files[1].write_bytes(files[1].read_bytes()[:length])
    assert "are not what the run saved: truncated, changed, or another run's" in refusal(files)


@pytest.mark.parametrize("place", [0, 0.7])
def test_arrays_with_one_other_bit(place, files):
    content = bytearray(files[1].read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    files[1].write_bytes(content)
    assert "are not what the run saved" in refusal(files)


def test_arrays_of_another_run(files, tmp_path):
    other = saved(made("pca without labels"), tmp_path / "other", run="other")
    files[1].write_bytes(other[1].read_bytes())
    assert "are not what the run saved" in refusal(files)


def test_the_model_of_another_run(files, tmp_path):
    other = saved(made("pca without labels"), tmp_path / "other", run="other")
    files[0].write_bytes(other[0].read_bytes())
    assert "belongs to the run other, not to mine" in refusal(files)
    assert "belongs to the run other, not to mine" in refusal(other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"extra": 1}, r"truncated or changed \(extra: Extra inputs are not permitted\)"),
        ({"low": None}, r"truncated or changed \(low: Field required\)"),
        ({"n_neighbors": "7"}, r"\(n_neighbors: Input should be a valid integer\)"),
        ({"n_neighbors": 0}, r"\(n_neighbors: .* greater than or equal to 1\)"),
        ({"image_shape": [12]}, r"\(image_shape: "),
        ({"versions": {"numpy": 2}}, r"\(versions.numpy: "),
        ({"format": 2}, "has the format 2, this program reads 1"),
    ],
)
def test_a_json_file_that_was_changed(change, message, files):
    said = refusal(changed(files, **change))
    assert said.startswith(f"{files[0]}: ")
    assert re.search(message, said), said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_neighbors": 10**6}, "its parts do not fit one another"),
        ({"image_shape": [12, 11]}, "its parts do not fit one another"),
        ({"low": 999.0}, "its parts do not fit one another"),
        ({"class_names": ["disc"]}, "its labels and class names do not fit one another"),
    ],
)
def test_a_json_file_that_does_not_fit_the_arrays(change, message, files):
    sealed(*changed(files, **change))
    assert f"does not hold a model of this program ({message})" in refusal(files)


def test_names_of_classes_in_another_order(files):
    assert "are not what the run saved" in refusal(changed(files, class_names=NAMES[::-1]))


@pytest.mark.parametrize("length", [0, -3])
def test_a_json_file_that_is_truncated(length, files):
    files[0].write_bytes(files[0].read_bytes()[:length])
    assert refusal(files).startswith(f"{files[0]}: truncated or changed (Invalid JSON")


@pytest.mark.parametrize("content", [b"null", b"\xff\xfe{}", b"{}"])
def test_a_json_file_of_something_else(content, files):
    files[0].write_bytes(content)
    assert refusal(files).startswith(f"{files[0]}: truncated or changed (")


OTHER = {
    "other arrays": npz(a=np.zeros(3)),
    "no arrays": npz(),
    "a part of the arrays": npz(
        train=np.zeros((3, 2)), clusters=np.zeros(3), distances=np.zeros(3), residuals=np.zeros(3)
    ),
    "a scaler that is none": npz(**{"train": np.zeros(3), "scaler/kind": np.array("none"), "scaler/x": np.zeros(2)}),
    "a network that is none": npz(
        **{"train": np.zeros(3), "network/about": np.array("{}"), "gradients/a": np.zeros(2)}
    ),
    "no zip": b"something else",
    "an archive of text": None,
    "one array": None,
}


def other_content(kind):
    file = io.BytesIO()
    if kind == "an archive of text":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("train.npy", "no array")
    elif kind == "one array":
        np.save(file, np.zeros(3))
    return OTHER[kind] or file.getvalue()


@pytest.mark.parametrize("kind", OTHER)
def test_arrays_of_something_else(kind, files):
    said = refusal(holding(files, other_content(kind)))
    assert "does not hold a model of this program (" in said or "of a model; make mine again" in said


def test_an_empty_file_that_the_json_file_knows(files):
    assert "does not hold a model of this program (" in refusal(holding(files, b""))


@pytest.mark.parametrize("name", ["train", "network/about"])
def test_nothing_is_unpickled(name, files, model):
    trapped = np.empty(1, object)
    trapped[0] = Trap()
    Trap.sprung = False
    content = npz(**{**new_images.to_arrays(model), name: trapped})
    assert "Object arrays cannot be loaded when allow_pickle=False" in refusal(holding(files, content))
    refusal(holding(files, pickle.dumps(Trap())))
    assert not Trap.sprung


def test_a_network_of_another_size(files):
    arrays = new_images.to_arrays(made("pca with a network"))
    arrays["network/weights.head.weight"] = np.zeros((3, 3), np.float32)
    assert "does not hold a model of this program (" in refusal(holding(files, npz(**arrays)))


def test_other_versions_are_told_and_accepted(files, caplog):
    numpy = version("numpy")
    changed(files, versions={"numpy": "1.0", "scikit-learn": version("scikit-learn")})
    sealed(*files)
    with caplog.at_level(logging.WARNING):
        loaded = new_images.load("mine", *files)
    assert caplog.messages == [f"saved with numpy 1.0, this is {numpy}: last digits may differ"]
    assert loaded.predict(TEST[:2]).classes.shape == (2,)


def test_a_model_with_a_network_needs_no_pytorch(tmp_path, monkeypatch):
    model = made("pca with a network")
    expected = model.predict(TEST).probability
    monkeypatch.setitem(sys.modules, "torch", None)
    loaded = new_images.load("mine", *saved(model, tmp_path / "mine"))
    np.testing.assert_array_equal(loaded.predict(TEST).probability, expected)


def test_few_images_are_answered_without_what_takes_seconds_to_import(tmp_path):
    about, npz = saved(made("gradients with a network"), tmp_path / "mine")
    np.save(tmp_path / "new.npy", TEST[:20])
    code = f"""
import sys
from pathlib import Path
import numpy as np
from report_lib.classification import new_images
from report_lib.page.predictions import predictions_page
from report_lib.run import pipeline
model, images = new_images.load("mine", Path({str(about)!r}), Path({str(npz)!r})), np.load({str(tmp_path / "new.npy")!r})
predictions_page(model.predict(images), images, None, model.class_names, run="mine", table="new.csv", said="")
print(*sorted({{"torch", "sklearn", "scipy", "pandas"}} & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_a_package_that_is_not_installed(files, monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(new_images, "version", absent)
    with pytest.raises(ReportError, match="the model needs numpy, which is not installed; `pip install numpy`"):
        new_images.load("mine", *files)


# --- images ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def unit(model):
    """The same for a run whose pixels were in [0, 1]."""
    return replace(model, low=0.0, high=1.0)


def test_images_like_the_runs_are_accepted(model, unit):
    new_images.check_images(TEST, model, "new.npy")
    new_images.check_images(TEST.astype(np.float64), model, "new.npy")
    new_images.check_images(TEST / 255, unit, "new.npy")
    # A tenth of the range more, at either end.
    new_images.check_images(TEST / 255 * 1.15 - 0.08, unit, "new.npy")


def test_images_of_another_shape_are_refused(model):
    with pytest.raises(ReportError, match=r"new.npy: images of 10 × 12 pixels; the run had 12 × 10; resize them$"):
        new_images.check_images(TEST.transpose(0, 2, 1), model, "new.npy")


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.linspace(0, 1, 240).reshape(2, 12, 10), "pixels reach only from 0 to 1, but the run's reach from 0 to 253"),
        (
            np.linspace(-90, 253, 240).reshape(2, 12, 10),
            "pixels reach from -90 to 253, but the run's reach from 0 to 253",
        ),
        (np.linspace(0, 290, 240).reshape(2, 12, 10), "pixels reach from 0 to 290, but the run's"),
        (np.zeros((2, 12, 10), np.uint8), "pixels reach only from 0 to 0, but the run's"),
    ],
)
def test_pixels_of_another_range_are_refused(images, message, model):
    assert (model.low, model.high) == (0, 253)
    times = ", about 253 times as large" if "only from 0 to 1," in message else ""
    with pytest.raises(ReportError, match=rf"^new.npy: {message}.*; bring them to that range{times}$"):
        new_images.check_images(images, model, "new.npy")


@pytest.mark.parametrize("images", [TEST, TEST / 255 + 0.5, TEST / 255 - 0.5])
def test_bytes_for_a_run_of_fractions_are_refused(images, unit):
    with pytest.raises(ReportError, match=r"pixels reach from .*, but the run's reach from 0 to 1; bring them"):
        new_images.check_images(images, unit, "new.npy")


def test_each_image_has_its_row():
    columns = np.float32([[0.5, 0.1, 2.0], [0.25, 0.2, 3.0], [0.009, 0.01, 1.0]])
    answers = Answers(np.array([1, NOISE, 0]), np.array([2, 0, 1]), *columns[:2], *columns[:2], columns[2])
    assert new_images.table(answers, NAMES) == [
        (0, "C2", "corner", "0.5", "0.25", "0.009", "no"),
        (1, "noise", "disc", "0.1", "0.2", "0.01", "yes"),
        (2, "C1", "bar", "2.0", "3.0", "1.0", "yes"),
    ]
    unlabelled = Answers(answers.clusters, None, *columns[:2], *columns[:2], columns[2])
    assert [row[2] for row in new_images.table(unlabelled, [])] == ["", "", ""]
    assert {len(row) for row in new_images.table(answers, NAMES)} == {len(new_images.COLUMNS)}
