"""Every form that people keep images in says the same: images, labels, names of classes."""

import gzip

import numpy as np
import pytest

from report_lib.common.errors import ReportError
from report_lib.data import arrays, datasets, formats, labels, own
from report_lib.data.source import Asked
from tests.data import makers


def read(made):
    """Return what a maker's path holds, with the codes and names of its classes."""
    path, asked = made if isinstance(made, tuple) else (made, Asked())
    source = formats.read(path, asked)
    codes, names = labels.encode(source.parts, class_names=source.class_names, where=str(path))
    return source, codes, names


@pytest.mark.parametrize("form", makers.FORMS)
def test_every_form_holds_the_same(tmp_path, form):
    x, y = makers.digits()
    source, codes, names = read(makers.FORMS[form](tmp_path, x, y))
    np.testing.assert_array_equal(source.parts["all"].images, x)
    np.testing.assert_array_equal(codes["all"], y)
    assert names == tuple(map(str, range(1, 11) if form == "emnist" else range(10)))
    assert source.recognised.startswith("300 images of 8 × 8, ")


@pytest.mark.parametrize("form", makers.FORMS_IN_PARTS)
def test_every_form_with_parts_holds_the_same(tmp_path, form):
    x, y = makers.digits()
    source, codes, names = read(makers.FORMS_IN_PARTS[form](tmp_path, x, y))
    assert list(source.parts) == ["train", "test"]
    found = np.concatenate([part.images for part in source.parts.values()])
    np.testing.assert_allclose(found * (255 if found.max() <= 1 else 1), x, rtol=1e-6)
    assert len(source.parts["train"].images) == makers.N_TRAIN
    np.testing.assert_array_equal(np.concatenate([codes["train"], codes["test"]]), y)
    assert names == tuple("0123456789")
    assert source.recognised.startswith("200 + 100 images (train, test) of 8 × 8, ")


@pytest.mark.parametrize("form", makers.FORMS)
def test_every_form_makes_the_same_set(tmp_path, form):
    x, y = makers.digits()
    expected = datasets.load(str(makers.npz(tmp_path, images=x, labels=y)), seed=3)
    made = makers.FORMS[form](tmp_path, x, y)
    path, asked = made if isinstance(made, tuple) else (made, Asked())
    found = datasets.load(
        str(path), keys=asked.keys, transpose=asked.transpose, class_names=expected.class_names, seed=3
    )
    for name in ("train_images", "test_images", "train_labels", "test_labels", "train_rows", "test_rows"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
        assert getattr(found, name).dtype == getattr(expected, name).dtype
    assert (found.class_names, found.hashes) == (expected.class_names, expected.hashes)


@pytest.mark.parametrize("form", makers.FORMS_IN_PARTS)
def test_every_form_with_parts_makes_the_same_set(tmp_path, form):
    x, y = makers.digits()
    made = makers.FORMS_IN_PARTS[form](tmp_path, x, y)
    path, asked = made if isinstance(made, tuple) else (made, Asked())
    found = datasets.load(str(path), keys=asked.keys, transpose=asked.transpose)
    np.testing.assert_array_equal(found.train_images, x[: makers.N_TRAIN])
    np.testing.assert_array_equal(found.test_images, x[makers.N_TRAIN :])
    np.testing.assert_array_equal(found.train_labels, y[: makers.N_TRAIN])
    np.testing.assert_array_equal(found.test_labels, y[makers.N_TRAIN :])
    assert found.train_images.dtype == np.uint8


# --- names, classes, what is left ------------------------------------------------------------------------------------


def test_names_are_kept_where_a_file_has_them(tmp_path):
    x, y = makers.digits()
    names = np.array([f"scan {i}.png" for i in range(makers.N)])
    by_array = read(makers.npz(tmp_path, images=x, labels=y, filenames=names))[0].parts["all"]
    lines = makers.csv_lines(x, y).splitlines()
    path = tmp_path / "a.csv"
    path.write_text("\n".join([f"id,{lines[0]}", *(f"{n},{row}" for n, row in zip(names, lines[1:], strict=True))]))
    by_column = read(path)[0].parts["all"]
    assert by_array.names.tolist() == by_column.names.tolist() == names.tolist()
    np.testing.assert_array_equal(by_column.images, x)


def test_names_of_classes_are_kept_in_the_order_of_the_file(tmp_path):
    x, y = makers.digits()
    names = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    path = makers.hdf5(tmp_path, train_x=x[:200], train_y=y[:200], test_x=x[200:], test_y=y[200:],
                       list_classes=np.array([name.encode() for name in names]))  # fmt: skip
    source, codes, found = read(path)
    assert found == names
    np.testing.assert_array_equal(codes["test"], y[200:])
    assert source.skipped == ()


@pytest.mark.parametrize("kind", ["npz", "mat", "mat cell", "hdf5", "zarr", "zarr text", "csv"])
def test_labels_may_be_words_and_unknown(tmp_path, kind):
    x, y = makers.digits()
    words = np.array(["a cat", "dog", ""])[y % 3]
    make = {
        "npz": lambda: makers.npz(tmp_path, X=x, y=words),
        "mat": lambda: makers.mat(tmp_path, X=x, y=words),
        "mat cell": lambda: makers.mat(tmp_path, X=x, y=words.astype(object)),
        "hdf5": lambda: makers.hdf5(tmp_path, X=x, y=words.astype("S")),
        "zarr": lambda: makers.zarr(tmp_path, 2, X=x, y=words),
        "zarr text": lambda: makers.zarr(tmp_path, X=x, y=words.astype(np.dtypes.StringDType())),
        "csv": lambda: makers.csv(tmp_path, x, words),
    }
    _, codes, names = read(make[kind]())
    assert names == ("a cat", "dog")
    np.testing.assert_array_equal(codes["all"], np.array([0, 1, -1])[y % 3])


@pytest.mark.parametrize("make", [makers.hdf5, makers.zarr])
@pytest.mark.parametrize("dtype", ["u1", ">i2"])
def test_large_arrays_are_mapped_and_not_held_in_memory(tmp_path, monkeypatch, make, dtype):
    x, y = makers.digits()
    path = make(tmp_path, images=x.astype(dtype), labels=y)
    whole = formats.read(path, Asked()).parts["all"].images
    assert not isinstance(whole, np.memmap)
    monkeypatch.setattr(arrays, "LARGE", x.nbytes // 3)
    mapped = formats.read(path, Asked()).parts["all"].images
    assert isinstance(mapped, np.memmap)
    assert mapped.dtype == whole.dtype
    np.testing.assert_array_equal(mapped, whole)
    # Without room for a copy it is read as a small one is.
    (tmp_path / "no folder").touch()
    monkeypatch.setenv("REPORT_CACHE_DIR", str(tmp_path / "no folder"))
    held = formats.read(path, Asked()).parts["all"].images
    assert not isinstance(held, np.memmap)
    np.testing.assert_array_equal(held, whole)


def test_parts_of_8_bits_stay_mapped_and_others_share_a_range(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "LARGE", 1)
    x = makers.digits()[0]
    for dtype in (np.uint8, np.uint16):
        path = makers.hdf5(tmp_path, train_images=x[:200].astype(dtype), test_images=x[200:].astype(dtype))
        found = own.everything(str(path), Asked()).parts
        assert [isinstance(part.images, np.memmap) for part in found.values()] == [dtype == np.uint8] * 2
        assert {part.images.dtype for part in found.values()} == {np.dtype(np.uint8)}
        np.testing.assert_array_equal(np.concatenate([part.images for part in found.values()]), x)


@pytest.mark.parametrize(("chunk", "n_reads"), [(7, 8), (100, 3), (300, 1)])
def test_a_large_array_is_read_in_blocks_of_whole_chunks(monkeypatch, chunk, n_reads):
    class OnDisk(np.ndarray):
        chunks = (chunk, 8, 8)

        def __getitem__(self, rows):
            read.append((rows.start, rows.stop))
            return super().__getitem__(rows).view(np.ndarray)

    read, x = [], makers.digits()[0].astype(np.uint8)
    monkeypatch.setattr(arrays, "LARGE", x.nbytes - 1)
    np.testing.assert_array_equal(arrays.in_blocks(x.view(OnDisk)), x)
    assert all(start % chunk == 0 for start, _ in read)
    assert len(read) == n_reads


def test_chunks_that_a_zarr_folder_lacks_are_told(tmp_path):
    path = makers.zarr(tmp_path, images=makers.digits()[0])
    assert formats.read(path, Asked()).skipped == ()
    (path / "images/c/1/0/0").unlink()
    assert formats.read(path, Asked()).skipped == ("Of images 1 of 43 chunks are not there and stand for 0.",)


def test_what_is_not_used_is_said(tmp_path):
    x, y = makers.digits()
    source, _, _ = read(makers.npz(tmp_path, images=x, labels=y, weights_of_a_model=np.zeros((3, 4)), seed=np.array(1)))
    assert source.skipped == ("Not used: seed, weights_of_a_model.",)
    assert source.recognised == "300 images of 8 × 8, uint8, in a NumPy archive: images with labels"


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, ">u2", ">f4", "<i8", np.float16, bool])
def test_every_type_of_number_is_read_as_it_is(tmp_path, dtype):
    x = makers.digits()[0].astype(dtype)
    for name in ("a.npy", "a.npy.gz"):
        found = formats.read(makers.npy(tmp_path, x, name), Asked()).parts["all"].images
        np.testing.assert_array_equal(found, x)
        assert found.dtype.isnative


def test_a_folder_of_several_sets_is_told_how_to_name_one(tmp_path):
    x, y = makers.digits()
    keys = makers.all_of_emnist(tmp_path, x, y)
    with pytest.raises(ReportError) as caught:
        read(tmp_path)
    named = ",".join(keys).replace("digits", "balanced")
    assert str(caught.value) == (
        f"{tmp_path}: holds the sets emnist-balanced, emnist-digits; "
        f'SET="dataset.keys=[{named}] dataset.transpose=true" takes one, or name a folder that holds one alone'
    )
    lying, _, _ = read((tmp_path, Asked(keys=keys)))
    assert lying.skipped[-1] == "EMNIST keeps its images on their side: dataset.transpose=true turns them upright."
    assert lying.skipped[0].startswith("Not used: emnist-balanced-test-images-idx3-ubyte, ")
    np.testing.assert_array_equal(lying.parts["train"].images, x[: makers.N_TRAIN].transpose(0, 2, 1))


@pytest.mark.parametrize("name", ["a.npy", "a.npy.gz"])
def test_arrays_that_python_2_wrote_are_read_without_a_warning(tmp_path, name, recwarn):
    x = makers.digits()[0]
    path = makers.npy(tmp_path, x, "b.npy")
    data = path.read_bytes().replace(b"(300, 8, 8), }   ", b"(300L, 8L, 8L), }")
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    np.testing.assert_array_equal(formats.read(tmp_path / name, Asked()).parts["all"].images, x)
    assert [str(warning.message) for warning in recwarn] == []


def test_colours_come_last(tmp_path):
    x, y = makers.digits()
    colour = np.stack([x, x // 2, x // 3], axis=-1)
    for order in ((0, 1, 2, 3), (0, 3, 1, 2), (1, 2, 3, 0)):
        source, _, _ = read(makers.npz(tmp_path, images=colour.transpose(order), labels=y))
        np.testing.assert_array_equal(source.parts["all"].images, colour)


def colours():
    """Return 300 colour images of 16 × 16 and labels; shades of one hue, so that channels hardly differ."""
    x, y = makers.digits()
    larger = np.kron(x, np.ones((2, 2))).astype(np.uint8)
    return np.stack([larger, larger // 2, larger // 4], axis=-1), y


@pytest.mark.parametrize("form", ["npy", "npz", "mat", "csv", "folder of csv"])
@pytest.mark.parametrize("kind", ["planes", "pixels"])
def test_colours_in_flat_rows(tmp_path, form, kind):
    x, y = colours()
    flat = (x.transpose(0, 3, 1, 2) if kind == "planes" else x).reshape(len(x), -1)
    made = {
        "npy": lambda: makers.npy(tmp_path, flat),
        "npz": lambda: makers.npz(tmp_path, data=flat, labels=y),
        "mat": lambda: makers.mat(tmp_path, data=flat, labels=y[:, None]),
        "csv": lambda: makers.csv(tmp_path, flat, y),
        "folder of csv": lambda: makers.csv(tmp_path, flat, y, "train.csv").parent,
    }
    source, _, _ = read(made[form]())
    np.testing.assert_array_equal(source.parts["all"].images, x)
    assert "300 images of 16 × 16 × 3, " in source.recognised
    assert source.recognised.count(f"; rows of 768 taken as {kind} of red, green and blue") == 1


def test_flat_rows_that_may_be_columns(tmp_path):
    x = colours()[0][:256].transpose(0, 3, 1, 2)
    path = makers.npy(tmp_path, x.reshape(256, -1))
    with pytest.raises(ReportError, match=r"is 256 colour images of 16 × 16, or 768 images of 16 × 16 in columns"):
        read(path)
    path = makers.npz(tmp_path, x=x.reshape(256, -1), y=colours()[1][:256])
    np.testing.assert_array_equal(read(path)[0].parts["all"].images, x.transpose(0, 2, 3, 1))
    path = makers.npy(tmp_path, x[:225].reshape(225, -1))
    found = formats.read(path, Asked(image_shape=(16, 16))).parts["all"].images
    np.testing.assert_array_equal(found, x[:225].transpose(0, 2, 3, 1))


def test_other_numbers_in_idx(tmp_path):
    x = (makers.digits()[0] / 7).astype(">f4")
    data = bytes([0, 0, 13, 3]) + np.array(x.shape, ">u4").tobytes() + x.tobytes()
    (tmp_path / "floats.idx").write_bytes(data)
    np.testing.assert_array_equal(formats.read(tmp_path / "floats.idx", Asked()).parts["all"].images, x)


def test_a_competitions_folder_is_one_set(tmp_path):
    x, y = makers.digits()
    makers.csv(tmp_path, x[:200], y[:200], "train.csv")
    lines = makers.csv_lines(x[200:], y[200:]).splitlines()
    (tmp_path / "test.csv").write_text("\n".join(line.split(",", 1)[1] for line in lines))
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n2,0\n")
    source, codes, names = read(tmp_path)
    np.testing.assert_array_equal(source.parts["all"].images, x)
    np.testing.assert_array_equal(codes["all"], np.where(np.arange(300) < 200, y, -1))
    assert names == tuple("0123456789")
    assert source.skipped == (
        "Not used: sample_submission.csv, which has no pixels.",
        "The test part has no labels: its images join the others, and test images are drawn from all.",
    )
    assert source.recognised == "300 images of 8 × 8, int64, in train.csv and test.csv"


def test_a_folder_may_be_called_as_a_part_is(tmp_path):
    x, y = makers.digits()
    made = makers.FORMS_IN_PARTS["folder of npy"](tmp_path, x, y).rename(tmp_path / "train")
    source, codes, _ = read(made)
    np.testing.assert_array_equal(source.parts["train"].images, x[: makers.N_TRAIN])
    np.testing.assert_array_equal(codes["test"], y[makers.N_TRAIN :])


def test_names_of_classes_are_not_taken_where_labels_may_count_from_one(tmp_path):
    x, y = makers.digits()
    names = np.array([f"class {i}" for i in range(11)])
    path = makers.npz(tmp_path, images=x, labels=y + 1, class_names=names)
    assert datasets.load(str(path)).class_names == tuple(map(str, range(1, 11)))
    path = makers.npz(tmp_path, images=x, labels=y, class_names=names[:10])
    assert datasets.load(str(path)).class_names == tuple(names[:10])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
@pytest.mark.parametrize("separator", list(",;\t"))
def test_tables_are_read_however_they_are_written(tmp_path, encoding, separator):
    x, y = makers.digits()
    words = np.array(["Käse", "Œuf" if "latin" not in encoding else "Fenchel", "Brot"])
    text = makers.csv_lines(x, words[y % 3], separator=separator)
    path, zipped = tmp_path / "a.csv", tmp_path / "b.csv.gz"
    path.write_bytes(text.encode(encoding))
    zipped.write_bytes(gzip.compress(text.encode(encoding)))
    named = tmp_path / "named.csv"
    named.write_bytes(separator.join(words[y % 3]).replace(separator, "\n").encode(encoding))
    images = makers.npy(tmp_path, x)
    for found in (datasets.load(str(path)), datasets.load(str(zipped)), datasets.load(str(images), labels=str(named))):
        assert [found.class_names[i] for i in found.train_labels] == words[y % 3][found.train_rows].tolist()
        np.testing.assert_array_equal(found.train_images, x[found.train_rows])


# --- labels in columns of 0 and 1 -------------------------------------------------------------------------------------


def test_columns_of_classes_give_the_classes_their_names(tmp_path):
    x, y = makers.digits()
    names = [f"class_{i}" for i in range(9)] + ["None"]
    path = makers.one_hot_csv(tmp_path, x, y, names)
    source, codes, found = read(path)
    assert found == tuple(names)
    np.testing.assert_array_equal(codes["all"], y)
    np.testing.assert_array_equal(source.parts["all"].images, x)
    assert source.recognised == (
        "300 images of 8 × 8, int64, in a CSV file: pixel0 … pixel63 with 10 columns, a class each"
    )


def test_columns_of_several_labels_are_no_classes(tmp_path):
    x, y = makers.digits()
    table = makers.one_hot(x, y, [f"has {i}" for i in "abcdefghij"])
    table.loc[4, ["has a", "has b"]] = 1
    table.to_csv(tmp_path / "a.csv", index=False)
    source, codes, _ = read(tmp_path / "a.csv")
    assert codes["all"] is None
    assert source.skipped == (f"Not used: the columns {', '.join(f'has {i}' for i in 'abcdefgh')} and 2 more.",)


def test_a_competitions_folder_may_have_a_column_a_class(tmp_path):
    x, y = makers.digits()
    makers.one_hot(x[:200], y[:200], list("abcdefghij")).to_csv(tmp_path / "train.csv", index=False)
    makers.frame(x[200:], y[200:]).drop(columns="class").to_csv(tmp_path / "test.csv", index=False)
    _, codes, names = read(tmp_path)
    assert names == tuple("abcdefghij")
    np.testing.assert_array_equal(codes["all"], np.where(np.arange(300) < 200, y, -1))


def test_a_row_of_pixels_that_is_short_is_named(tmp_path):
    x, y = makers.digits()
    table = makers.in_one_column(x, y)
    table.loc[6, "pixels"] = table.loc[6, "pixels"][:-9] + " x"
    table.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ReportError, match="line 8 has not the 64 numbers in column pixels that the first row has"):
        read(tmp_path / "a.csv")


def test_fractions_in_one_column(tmp_path):
    x, y = makers.digits()
    shares = (x / np.float32(7)).round(3)
    shares[5] = 9
    makers.in_one_column(shares, y).to_csv(tmp_path / "a.csv", index=False)
    np.testing.assert_allclose(read(tmp_path / "a.csv")[0].parts["all"].images, shares, rtol=1e-6)


def test_a_column_of_parts_without_test_holds_out_what_is_for_validation(tmp_path):
    x, y = makers.digits()
    table = makers.frame(x, y).assign(split=["train"] * 200 + ["val"] * 100)
    table.to_parquet(tmp_path / "a.parquet")
    source, _, _ = read(tmp_path / "a.parquet")
    np.testing.assert_array_equal(source.parts["test"].images, x[200:])
    table.assign(split="train").to_parquet(tmp_path / "a.parquet")
    assert list(read(tmp_path / "a.parquet")[0].parts) == ["all"]
