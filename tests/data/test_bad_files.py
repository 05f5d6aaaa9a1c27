"""Files that are not what they should be, or may be read in two ways: one line each, and nothing lost."""

import gzip
import io
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from report_lib.common.errors import ReportError
from report_lib.data import datasets, formats
from report_lib.data import idx as published
from report_lib.data.source import Asked
from tests.data import makers


def refused(path, asked=None):
    """Return what is said of a file, which begins with the file, in one line."""
    with pytest.raises(ReportError) as caught:
        formats.read(path, asked or Asked())
    said = str(caught.value)
    assert said.startswith(str(path.parent))
    assert "\n" not in said
    return said


# --- tables ---------------------------------------------------------------------------------------------------------


def table(folder, change, row=7, **options):
    """Write a CSV of digits with one of its lines changed; line 1 is row 0."""
    lines = makers.csv_lines(*makers.digits(), **options).splitlines(keepends=True)
    lines[row] = change(lines[row])
    path = folder / "a.csv"
    path.write_text("".join(lines), encoding="utf8")
    return path


def with_field(text):
    """Return what puts a text in the place of pixel5."""
    return lambda line: ",".join([*line.split(",")[:5], text, *line.split(",")[6:]])


@pytest.mark.parametrize(
    ("change", "row", "said"),
    [
        (lambda line: f"{line.strip()},9\n", 7, "line 8 has 66 fields where 65 are expected"),
        (lambda line: f"{line.strip()},9\n", 1, "line 2 has more fields than the 65 of line 1"),
        (lambda line: line.rsplit(",", 1)[0] + "\n", 7, "line 8 has nothing in column pixel64 (1 such in all)"),
        (with_field("x"), 7, "line 8 has 'x' in column pixel5, where a pixel is a number"),
        (with_field("nan"), 7, "line 8 has nothing in column pixel5"),
        (lambda line: "\n\n" + with_field("x")(line), 7, "line 10 has 'x' in column pixel5"),
        (lambda line: line.replace("pixel1,", "class,", 1), 0, "labels may be label or class; say which by"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path, change, row, said):
    assert said in refused(table(tmp_path, change, row))


def test_a_column_that_is_missing(tmp_path):
    x, y = makers.digits()
    path = tmp_path / "a.csv"
    path.write_text("".join(line.rsplit(",", 1)[0] + "\n" for line in makers.csv_lines(x, y).splitlines()))
    assert "rows of 63 pixels, which make no square: is a column missing or one too many?" in refused(path)
    assert formats.read(path, Asked(image_shape=(7, 9))).parts["all"].images.shape == (300, 7, 9)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"label,pixel1,pixel2,pixel3,pixel4\n", "shape (0, 4) has no image"),
        (b"file_name,label\na.png,1\n", "none looks like a pixel, such as pixel1; a table that names files is read"),
        (bytes(range(256)), "cannot be read, truncated or corrupt?"),
        (b"1,7,7,7,4\n2,7,7,7,3\n3,7,7,7,2\n4,7,7,7,1\n", "labels may be column 1 or 5; say which by dataset.keys=[1]"),
    ],
)
def test_tables_that_are_none(tmp_path, data, said):
    (tmp_path / "a.csv").write_bytes(data)
    assert said in refused(tmp_path / "a.csv")


def test_labels_of_a_table_without_names_may_be_named(tmp_path):
    (tmp_path / "a.csv").write_text("1,7,7,7,4\n2,7,7,7,3\n3,7,7,7,2\n4,7,7,7,1\n")
    part = formats.read(tmp_path / "a.csv", Asked(keys=("5",))).parts["all"]
    assert part.labels.tolist() == [4, 3, 2, 1]
    assert part.images[0].tolist() == [[1, 7], [7, 7]]
    assert "has no column '6', which dataset.keys names; it has 1, 2" in refused(tmp_path / "a.csv", Asked(keys=("6",)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: [*rows[:-1], rows[-1][:-1]], "column pixels has lists of different lengths, or none"),
        (lambda rows: [*rows[:-1], None], "column pixels has lists of different lengths, or none"),
        (lambda rows: [*rows[:-1], [[None] * 8] * 8], "column pixels has lists of int64 with 64 empty; needs numbers"),
        (lambda rows: [[["a"] * 8] * 8 for _ in rows], "column pixels has lists of string"),
    ],
)
def test_lists_of_pixels_that_are_none(tmp_path, change, said):
    import pandas as pd

    x, y = makers.digits()
    pd.DataFrame({"label": y, "pixels": change(x.tolist())}).to_parquet(tmp_path / "a.parquet")
    assert said in refused(tmp_path / "a.parquet")


# --- arrays ---------------------------------------------------------------------------------------------------------


def claiming(path, shape, there=64):
    """Write an archive with an array whose head claims a shape."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", file.getvalue() + b"\0" * there)
    return path


def test_an_archive_that_claims_more_than_it_holds_is_refused_before_room_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(np, "load", None)
    assert "x: claims the shape (1000000000000, 28, 28)" in refused(claiming(tmp_path / "a.npz", (10**12, 28, 28)))
    assert "x claims the shape (100000, 28, 28), but the file holds 64 bytes" in refused(
        claiming(tmp_path / "b.npz", (10**5, 28, 28))
    )


@pytest.mark.parametrize("form", ["npz X y", "idx", "emnist", "csv.gz", "parquet", "hugging face", "mat", "mat 7.3",
                                  "hdf5"])  # fmt: skip
@pytest.mark.parametrize("part", [0, 0.5])
def test_truncated_and_empty_files(tmp_path, form, part):
    made = makers.FORMS[form](tmp_path, *makers.digits())
    path = made[0] if isinstance(made, tuple) else made
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    said = refused(path)
    assert any(word in said for word in ("truncated", "is empty", "or empty or damaged"))


@pytest.mark.parametrize("file", ["zarr.json", "images/zarr.json", "images/c/1/0/0"])
@pytest.mark.parametrize("part", [0, 0.5])
def test_a_zarr_folder_with_a_file_that_is_truncated_or_empty(tmp_path, file, part):
    damaged = makers.zarr(tmp_path, images=makers.digits()[0]) / file
    data = damaged.read_bytes()
    damaged.write_bytes(data[: int(len(data) * part)])
    assert "digits.zarr: cannot be read, truncated or corrupt?" in refused(tmp_path / "digits.zarr")


@pytest.mark.parametrize(
    ("arrays", "asked", "said"),
    [
        ({"fine_labels": "y", "coarse_labels": "y"}, (), "the labels may be fine_labels or coarse_labels"),
        ({"more_images": "x"}, (), "the images may be images or more_images; name images and labels in dataset.keys"),
        ({"labels": "y"}, ("image", "labels"), "has no 'image', which dataset.keys names; did you mean images?"),
        ({"labels": "y"}, ("images", "labels", "images"), "dataset.keys names 3 arrays; it takes images; or"),
    ],
)
def test_arrays_that_may_be_read_in_two_ways(tmp_path, arrays, asked, said):
    x, y = makers.digits()
    path = makers.npz(tmp_path, images=x, **{key: {"x": x, "y": y}[value] for key, value in arrays.items()})
    assert said in refused(path, Asked(keys=asked))


def test_the_images_of_a_struct_are_asked_for(tmp_path):
    x, y = makers.digits()
    assert "has data (1, 1), y (1, 300), none of which looks like images" in refused(
        makers.mat(tmp_path, data={"images": x}, y=y)
    )


def test_which_axis_counts_the_images_is_asked_where_both_may(tmp_path):
    x = makers.digits()[0][:, 1:].transpose(1, 2, 0)
    path = makers.npy(tmp_path, x)
    assert "is 7 images of 8 × 300, or 300 images of 7 × 8; say which by dataset.image_shape" in refused(path)
    found = formats.read(path, Asked(image_shape=(7, 8))).parts["all"].images
    np.testing.assert_array_equal(found, makers.digits()[0][:, 1:])
    # Squares tell, and so do labels.
    assert formats.read(makers.npy(tmp_path, x[:, :7]), Asked()).parts["all"].images.shape == (300, 7, 7)
    labelled = makers.npz(tmp_path, images=x, labels=makers.digits()[1])
    assert formats.read(labelled, Asked()).parts["all"].images.shape == (300, 7, 8)


# --- what is not there, not allowed, not installed ------------------------------------------------------------------


def test_no_permission(tmp_path, monkeypatch):
    path = makers.npy(tmp_path, makers.digits()[0])

    def refuse(self, *args, **options):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    assert "no permission to read it; `chmod -R u+rX` on it" in refused(path)


@pytest.mark.parametrize(
    ("form", "module"), [("hdf5", "h5py"), ("mat 7.3", "h5py"), ("parquet", "pyarrow"), ("zarr", "zarr")]
)
def test_a_library_that_is_not_installed(tmp_path, monkeypatch, form, module):
    path = makers.FORMS[form](tmp_path, *makers.digits())
    monkeypatch.setitem(sys.modules, module, None)
    assert f"is read by {module}, which is not installed; `python -m pip install {module}`" in refused(path)


def test_files_inside_gzip_that_are_not_read_there(tmp_path):
    path = makers.npz(tmp_path, x=makers.digits()[0])
    (tmp_path / "a.npz.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert "zip or tar inside gzip, bzip2 or xz; unpack it first" in refused(tmp_path / "a.npz.gz")
    path = makers.parquet(tmp_path, *makers.digits())
    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert "parquet inside gzip, bzip2 or xz; unpack it first" in refused(tmp_path / "a.parquet.gz")


def test_a_path_that_is_not_there_has_a_nearest_name(tmp_path):
    makers.npy(tmp_path, makers.digits()[0])
    with pytest.raises(ReportError, match=r"digit\.npy: no such file or folder; did you mean digits\.npy\?"):
        datasets.load(str(tmp_path / "digit.npy"))


def test_a_clone_without_its_large_files(tmp_path):
    folder = makers.hugging_face_clone(tmp_path, *makers.digits())
    path = folder / "data" / "train-00000-of-00002.parquet"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert "stands for a file that Git LFS has not fetched; `git lfs pull`" in refused(folder)
    assert "Git LFS" in refused(path)


def test_a_clone_of_several_sets(tmp_path):
    x, y = makers.digits()
    folder = makers.hugging_face_clone(tmp_path, x, y, ("large/train", "small/train", "small/test"))
    assert f"each of large, small holds a set; name one: DATA={folder / 'large'}" in refused(folder)
    assert list(formats.read(folder / "small", Asked()).parts) == ["train", "test"]


# --- what would take all memory, never end, or raise what nobody foresaw ---------------------------------------------


def member(path, data, name="x.npy", **options):
    """Write an archive of one entry."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr(name, data)
    return path


def header(text):
    """Return the head of an array with whatever text it has."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def with_bytes(path, at, by):
    data = bytearray(path.read_bytes())
    data[at : at + len(by)] = by
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (header(b"{'descr': '|u1', 'fortran_order': False, 'shape': (1.5,), }\n"), "(1.5,)"),
        (header(b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, -1), }\n"), "the shape (1000000, -1)"),
        (header(b"{'descr': '|u1', 'fortran_order': False, 'shape': (10**6, -1), }\n"), "cannot be read, truncated"),
        (header(b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000, 28, 28), }\n"), "713 TiB"),
        (
            header(b"{'descr': '|u1', 'fortran_order': False, 'shape': (" + b"9," * 900 + b") }\n"),
            "claims the shape (9, 9, 9",
        ),
        (header(b"{'descr': [1, 2], 'fortran_order': False, 'shape': (3,), }\n"), "cannot be read, truncated"),
        (header(b"{'descr': '|u1', 'fortran_order"), "cannot be read, truncated"),
        (header(b"((((((((((((("), "cannot be read, truncated"),
        (header(b"'" * 3 + b"\\"), "cannot be read, truncated"),
        (b"no array", "cannot be read, truncated"),
        (b"", "cannot be read, truncated"),
    ],
)
def test_heads_of_arrays_that_are_none(tmp_path, data, said):
    inside = refused(member(tmp_path / "a.npz", data))
    assert inside.startswith(f"{tmp_path / 'a.npz'}: ")
    if data.startswith(b"\x93NUMPY"):
        (tmp_path / "a.npy").write_bytes(data)
        (tmp_path / "b.npy.gz").write_bytes(gzip.compress(data))
        for name in ("a.npy", "b.npy.gz"):
            assert said.replace("713 TiB", "") in refused(tmp_path / name)
    assert said.replace("713 TiB", "claims the shape (1000000000000, 28, 28)") in inside


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archives_of_arrays_that_are_damaged(tmp_path, compression):
    path = member(tmp_path / "a.npz", saved(makers.digits()[0]), compression=compression)
    with_bytes(path, 500, bytes(range(200, 250)))
    assert "cannot be read, truncated or corrupt? (" in refused(path)


def test_an_encrypted_archive_of_arrays(tmp_path):
    path = member(tmp_path / "a.npz", saved(makers.digits()[0]))
    data = path.read_bytes()
    # The bit that says so, in both of its places.
    with_bytes(path, 6, b"\x01")
    with_bytes(path, data.rindex(b"PK\x01\x02") + 8, b"\x01")
    assert refused(path) == f"{path}: is encrypted; unpack it with its password and save the arrays again"


def test_an_archive_of_arrays_that_claims_58_terabytes(tmp_path):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": (2 * 10**6, 2000, 2000)}
    )
    assert "claims the shape (2000000, 2000, 2000), 59,605 GiB; more than 16 GiB" in refused(
        member(tmp_path / "a.npz", file.getvalue())
    )


def test_sizes_of_idx_that_overflow(tmp_path):
    head = bytes([0, 0, 8, 4]) + b"\xff\xff\xff\xff" * 4
    for name, data in (("a.idx", head), ("b.idx.gz", gzip.compress(head))):
        (tmp_path / name).write_bytes(data)
        assert "claims the shape (4294967295, 4294967295, 4294967295, 4294967295)" in refused(tmp_path / name)
    with pytest.raises(ReportError, match="truncated or damaged IDX file, 20 bytes where 3402823"):
        published.parse(head, "mine")


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.npy")
    for path in (str(tmp_path / "pipe.npy"), "/dev/zero"):
        with pytest.raises(ReportError, match=r"is a pipe or a device; files and folders are read$"):
            formats.read_new(path, Asked())
        with pytest.raises(ReportError, match="is a pipe or a device"):
            datasets.load(path)


def test_a_pipe_among_files_is_not_waited_for(tmp_path):
    x, y = makers.digits()
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i, image in enumerate(x[:120]):
        (folder / f"{i}.png").write_bytes(makers.png(image))
    for name in ("pipe.png", "pipe-idx3-ubyte", "pipe.csv"):
        os.mkfifo(folder / name)
    found = datasets.load(str(folder))
    assert found.skipped[0] == "1 picture cannot be read and is left out: pipe.png (a pipe or a device)."
    folder = makers.FORMS_IN_PARTS["folder of csv"](tmp_path, x, y)
    os.mkfifo(folder / "more.csv")
    assert len(datasets.load(str(folder)).train_images) == makers.N_TRAIN


def test_a_message_is_short_however_long_names_are(tmp_path):
    x, y = makers.digits()
    arrays = {f"{i}_images_{'a' * 200}": x for i in range(50)}
    made = [makers.npz(tmp_path, **arrays), tmp_path / "a.csv", tmp_path / "b.csv"]
    made[1].write_text(",".join(f"{'word ' * 50}{'xyz'[i % 3] * i}" for i in range(90)) + "\n1\n")
    made[2].write_text(",".join(["label", "class"] * 3000) + "\n1,2\n")
    for path in made:
        with pytest.raises(ReportError) as caught:
            datasets.load(str(path))
        assert str(caught.value).startswith(f"{path}: ")
        assert len(str(caught.value)) < 500
    found = datasets.load(
        str(makers.npz(tmp_path, images=x, labels=y, **{f"{i}_{'a' * 200}": y[:9] for i in range(50)}))
    )
    assert max(map(len, found.skipped)) < 500


@pytest.mark.parametrize("kind", [0, 8, 10, 14, 16, 19, 200])
def test_kinds_of_values_that_a_mat_file_has_not(tmp_path, kind):
    """SciPy takes the process down at them, so that nothing could be said."""
    path = makers.mat(tmp_path, X=makers.digits()[0])
    tag = (2).to_bytes(4, "little") + makers.digits()[0].size.to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(tag, kind.to_bytes(4, "little") + tag[4:]))
    assert "cannot be read, truncated or corrupt? (a variable without values of a kind that there is)" in refused(path)


@pytest.mark.parametrize("packed", [False, True])
def test_other_variables_of_a_mat_file_are_no_hindrance(tmp_path, packed):
    import scipy.io
    import scipy.sparse

    x, y = makers.digits()
    cell = np.empty(5, object)
    cell[:] = ["a", "", np.zeros((0, 0)), np.array([1 + 2j]), np.array([True])]
    others = {"struct": {"a": 1, "b": "x"}, "complex": x[0] * 1j, "sparse": scipy.sparse.eye(3, format="csc")}
    arrays = {"X": x, "y": y, "cell": cell, "text": "héllo", "none": np.zeros((0, 3)), **others}
    scipy.io.savemat(tmp_path / "a.mat", arrays, do_compression=packed)
    np.testing.assert_array_equal(formats.read(tmp_path / "a.mat", Asked(keys=("X", "y"))).parts["all"].images, x)


def test_fields_that_are_longer_than_any(tmp_path):
    x, y = makers.digits()
    (tmp_path / "a.csv").write_text(f"label,{'x' * 200_000},pixel2\n1,2,3\n")
    assert "field larger than field limit" in refused(tmp_path / "a.csv")
    (tmp_path / "labels.csv").write_text("\n".join([f"file,label\n{'x' * 200_000},1", *(f"{i},1" for i in y)]))
    images = makers.npy(tmp_path, x)
    with pytest.raises(ReportError, match=r"labels\.csv: cannot be read, truncated or corrupt\? \(field larger than"):
        datasets.load(str(images), labels=str(tmp_path / "labels.csv"))


@pytest.mark.parametrize("data", [b"", b"\x80\x04K\x01.", bytes(range(256)) * 9, b"a,b\n" * 9, b"\n" * 300, b'"' * 999])
@pytest.mark.parametrize("name", ["labels.csv", "labels.npy", "labels.npy.gz", "labels.parquet"])
def test_labels_that_are_none(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    images = makers.npy(tmp_path, makers.digits()[0])
    with pytest.raises(ReportError, match=rf"^{tmp_path / name}: ") as caught:
        datasets.load(str(images), labels=str(tmp_path / name))
    assert len(str(caught.value)) < 500
