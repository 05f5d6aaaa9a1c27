"""Images to ask a model about, in every form and from where one stands."""

import numpy as np
import pytest

from report_lib.common.errors import ReportError
from report_lib.data import formats, pixels
from report_lib.data.source import Asked
from tests.data import makers

RUN = Asked(image_shape=(7, 5))


@pytest.mark.parametrize("shape", [(40, 7, 5), (40, 1, 7, 5), (40, 7, 5, 1), (40, 35)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float64, np.int32])
@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_images_to_ask_about_come_in_every_shape_and_type(tmp_path, images, shape, dtype, name):
    pixels, _ = images
    array = pixels.reshape(shape).astype(dtype)
    path = tmp_path / name
    np.savez(path, whatever=array) if name.endswith("z") else np.save(path, array)
    found, names, _ = formats.read_new(str(path), RUN)
    np.testing.assert_array_equal(found, pixels)
    assert found.dtype == np.uint8
    assert names is None


@pytest.mark.parametrize("form", [*makers.FORMS, *makers.FORMS_IN_PARTS])
def test_every_form_may_be_asked_about(tmp_path, form):
    x, y = makers.digits()
    made = (makers.FORMS | makers.FORMS_IN_PARTS)[form](tmp_path, x, y)
    path, asked = made if isinstance(made, tuple) else (made, Asked())
    found, names, _ = formats.read_new(str(path), asked)
    np.testing.assert_array_equal(found, x)
    assert (names is not None) == ("hugging face" in form or "clone" in form)
    if form.startswith("hugging face"):
        assert names.tolist() == [f"{i:04}.png" for i in range(makers.N)]


def test_images_to_ask_about_are_looked_for_from_where_one_stands(tmp_path, images, monkeypatch):
    pixels, _ = images
    np.save(tmp_path / "near.npy", pixels)
    monkeypatch.chdir(tmp_path)
    found, *_ = formats.read_new("near.npy", RUN)
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, pixels)
    with pytest.raises(ReportError, match=r"^naer\.npy: no such file or folder; did you mean near\.npy\?$"):
        formats.read_new("naer.npy", RUN)


def test_the_home_is_found(tmp_path, images, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save(tmp_path / "mine.npy", images[0])
    assert len(formats.read_new("~/mine.npy", RUN)[0]) == 40


def test_images_of_another_shape_are_read_and_judged_by_whoever_asked(tmp_path, images):
    np.save(tmp_path / "a.npy", images[0])
    assert formats.read_new(str(tmp_path / "a.npy"), Asked(image_shape=(8, 8)))[0].shape == (40, 7, 5)


def test_one_image_is_enough(tmp_path, images):
    np.save(tmp_path / "a.npy", images[0][3])
    np.testing.assert_array_equal(formats.read_new(str(tmp_path / "a.npy"), RUN)[0], images[0][3:4])


@pytest.mark.parametrize("width", [3, 4])
def test_narrow_images_of_the_runs_shape_are_grey(tmp_path, images, width):
    pixels = images[0][:, :, :width]
    np.save(tmp_path / "a.npy", pixels)
    found, *_ = formats.read_new(str(tmp_path / "a.npy"), Asked(image_shape=(7, width)))
    np.testing.assert_array_equal(found, pixels)


def with_a_hole(x):
    out = x.astype(np.float32)
    out[7, 2, 2] = np.nan
    return out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x.reshape(40, 35)[:, 1:], "rows of 34 pixels, but image_shape [7, 5] makes 35"),
        (lambda x: x[:0], "shape (0, 7, 5)"),
        (lambda x: x[0, 0], "shape (5,)"),
        (with_a_hole, "NaN or infinity in 1 images, first in row 7"),
        (lambda x: np.array(7), "shape (); needs (n, h, w)"),
        (lambda x: x.astype(str), "pixels are <U"),
    ],
)
def test_images_that_cannot_be_asked_about(tmp_path, images, change, said):
    path = tmp_path / "a.npy"
    np.save(path, change(images[0]))
    with pytest.raises(ReportError) as caught:
        formats.read_new(str(path), RUN)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.doc", "a", "a.png"])
def test_files_of_other_kinds_are_not_asked_about(tmp_path, name):
    (tmp_path / name).write_bytes(b"words")
    with pytest.raises(ReportError, match=rf"{name}: is none of the kinds that are read: NumPy \.npy, "):
        formats.read_new(str(tmp_path / name), RUN)


def test_pictures_of_other_sizes_are_brought_to_the_runs(tmp_path, caplog):
    x, _ = makers.digits()
    caplog.set_level("INFO", "report_lib")
    for i, image in enumerate(x[:20]):
        larger = np.kron(image, np.ones((1 + i % 3,) * 2, np.uint8))
        (tmp_path / f"{i}.png").write_bytes(makers.png(larger))
    found, _, said = formats.read_new(str(tmp_path), Asked(), shape=(8, 8))
    assert found.shape == (20, 8, 8)
    np.testing.assert_array_equal(found[::3], x[:20:3])
    assert np.abs(found.astype(int) - x[:20]).mean() < 10
    assert caplog.messages == [f"{tmp_path}: {pixels.sized_as((8, 8))}"]
    assert said.startswith("20 PNG images")
    assert pixels.sized_as((8, 8)) in said


def test_larger_arrays_are_brought_to_the_runs_size_and_others_are_left(tmp_path, caplog):
    x, _ = makers.digits()
    caplog.set_level("INFO", "report_lib")
    for name, array, shape in (
        ("a", np.kron(x, np.ones((1, 4, 4))), (8, 8)),
        ("b", x[:, 1:], (7, 8)),
        ("c", x, (8, 8)),
    ):
        path = makers.npy(tmp_path, array, f"{name}.npy")
        assert formats.read_new(str(path), Asked(), shape=(8, 8))[0].shape == (300, *shape)
    assert caplog.messages == [f"{tmp_path / 'a.npy'}: {pixels.sized_as((8, 8))}"]


def test_pictures_of_several_sizes_are_brought_into_oblong_ones(tmp_path, caplog):
    caplog.set_level("INFO", "report_lib")
    bright = np.full((20, 28), 200, np.uint8)
    for name, picture in (
        ("as it is", bright),
        ("twice", np.kron(bright, np.ones((2, 2), np.uint8))),
        ("tall", bright.T),
    ):
        picture = picture.copy()
        picture[picture.shape[0] // 2 :] = 10
        (tmp_path / f"{name}.png").write_bytes(makers.png(picture))
    found, names, said = formats.read_new(str(tmp_path), Asked(), shape=(20, 28))
    own = dict(zip(names.tolist(), found, strict=True))
    assert {image.shape for image in own.values()} == {(20, 28)}
    np.testing.assert_array_equal(
        own["as it is.png"], np.repeat([[200], [10]], [10, 10], axis=0) @ np.ones((1, 28), int)
    )
    assert np.abs(own["twice.png"].astype(int) - own["as it is.png"]).max() < 30
    # 28 × 20 becomes 20 × 14, with seven columns of its edge on either side.
    assert (own["tall.png"][:, :7] == own["tall.png"][0, 0]).all()
    assert (own["tall.png"][2, 7:21], own["tall.png"][17, 7:21]) == (pytest.approx(200), pytest.approx(10))
    told = "brought into 20 × 28 pixels and padded with the tone of their edge"
    assert caplog.messages == [f"{tmp_path}: {told}"]
    assert told in said
