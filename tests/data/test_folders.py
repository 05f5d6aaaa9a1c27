"""Folders and archives of pictures: every arrangement gives the same set, and every bad one a line."""

import gzip
import io
import os
import tarfile
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from report_lib.common.errors import ReportError
from report_lib.data import archives, datasets, folders, formats, own, pixels
from report_lib.data.source import Asked

N = 120


@pytest.fixture(scope="module")
def digits():
    bunch = load_digits()
    return bunch.images[:N].astype(np.uint8), bunch.target[:N]


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, kind, **options)
    return file.getvalue()


def flat(x, y):
    return {f"{i}.png": encoded(image) for i, image in enumerate(x)}


def classes(x, y, convert=np.asarray, end="png", **options):
    kind = {"png": "PNG", "bmp": "BMP", "tif": "TIFF", "webp": "WEBP", "gif": "GIF"}[end]
    return {
        f"{c}/{i}.{end}": encoded(convert(image), kind, **options)
        for i, (image, c) in enumerate(zip(x, y, strict=True))
    }


def in_parts(x, y):
    top = {0: "test", 1: "val"}
    return {
        f"{top.get(int(path.split('/')[1][:-4]) % 4, 'train')}/{path}": data for path, data in classes(x, y).items()
    }


def table(x, y, name="metadata.csv", columns="file_name,label"):
    rows = [f"{i}.png,{c}" for i, c in enumerate(y)]
    return flat(x, y) | {name: "\n".join([columns, *rows]).encode()}


def write(folder, files):
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tarred(path, files):
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def below(top, files):
    return {f"{top}/{path}": data for path, data in files.items()}


def rgba(image):
    return np.dstack([image, image, image, np.full_like(image, 255)])


def palette(image):
    return Image.fromarray(np.dstack([image] * 3)).quantize(32)


ARRANGED = {
    "classes": lambda f, x, y: write(f / "d", classes(x, y)),
    "classes in a folder": lambda f, x, y: write(f / "d", below("pictures", classes(x, y))),
    "parts": lambda f, x, y: write(f / "d", in_parts(x, y)),
    "zip": lambda f, x, y: zipped(f / "d.zip", classes(x, y)),
    "zip with a folder": lambda f, x, y: zipped(f / "d.zip", below("d", classes(x, y))),
    "tar": lambda f, x, y: tarred(f / "d.tar", below("./d", classes(x, y))),
    "tar.gz": lambda f, x, y: tarred(f / "d.tar.gz", in_parts(x, y)),
    "table": lambda f, x, y: write(f / "d", table(x, y)),
    "table of ids": lambda f, x, y: write(f / "d", {**below("train", flat(x, y)), "labels.csv": "\n".join(
        ["id;breed", *(f"{i};{c}" for i, c in enumerate(y))]).encode()}),
    "colour": lambda f, x, y: write(f / "d", classes(x, y, lambda image: np.dstack([image] * 3))),
    "colour and alpha": lambda f, x, y: write(f / "d", classes(x, y, rgba)),
    "palette": lambda f, x, y: write(f / "d", classes(x, y, palette)),
    "16 bits": lambda f, x, y: write(f / "d", classes(x, y, lambda image: image.astype(np.uint16) * 257)),
    "bmp": lambda f, x, y: write(f / "d", classes(x, y, end="bmp")),
    "gif": lambda f, x, y: write(f / "d", classes(x, y, end="gif")),
    "tiff": lambda f, x, y: write(f / "d", classes(x, y, end="tif")),
    "float tiff": lambda f, x, y: write(f / "d", classes(x, y, lambda image: image.astype(np.float32), end="tif")),
    "webp": lambda f, x, y: write(f / "d", classes(x, y, end="webp", lossless=True)),
}  # fmt: skip


def together(images):
    """Return all images, labels and names of a set in the order of their numbers."""
    x = np.concatenate([images.train_images, images.test_images])
    codes = np.concatenate([images.train_labels, images.test_labels])
    names = np.concatenate([images.train_names, images.test_names])
    order = np.argsort([int(name.split("/")[-1].split(".")[0]) for name in names])
    return x[order], np.array(images.class_names)[codes[order]]


@pytest.mark.parametrize("form", ARRANGED)
def test_every_arrangement_holds_the_same(tmp_path, digits, form):
    x, y = digits
    found = datasets.load(str(ARRANGED[form](tmp_path, x, y)))
    pixels, labels = together(found)
    np.testing.assert_array_equal(pixels, x)
    assert pixels.dtype == np.uint8
    assert labels.tolist() == [str(c) for c in y]
    assert found.title == "d"
    assert found.skipped == ()
    assert found.recognised.startswith("120 ")


def test_flat_pictures_have_no_labels_and_stand_in_natural_order(tmp_path, digits):
    source = folders.read(write(tmp_path / "d", flat(*digits)), Asked())
    np.testing.assert_array_equal(source.parts["all"].images, digits[0])
    assert source.parts["all"].labels is None
    assert source.parts["all"].names[[0, 2, 10]].tolist() == ["0.png", "2.png", "10.png"]
    assert source.recognised == "120 PNG images of 8 × 8, without labels"


def test_a_part_for_validation_belongs_to_train(tmp_path, digits):
    found = datasets.load(str(write(tmp_path / "d", in_parts(*digits))))
    assert (len(found.train_images), len(found.test_images)) == (90, 30)
    assert {name.split("/")[0] for name in found.train_names} == {"train", "val"}
    assert found.recognised == "120 PNG images of 8 × 8 in train and test, in 10 folders, a class each"


def test_a_test_part_without_labels_joins_the_others(tmp_path, digits):
    files = below("train", classes(*digits)) | below("test", {f"a{i}.png": encoded(digits[0][i]) for i in range(5)})
    found = datasets.load(str(write(tmp_path / "d", files)))
    assert len(found.train_images) + len(found.test_images) == 125
    assert (np.concatenate([found.train_labels, found.test_labels]) == -1).sum() == 5
    assert (
        found.skipped[-1]
        == "The folder test has no labels: its pictures join the others, and test images are drawn from all."
    )


def test_a_table_wins_over_folders_and_says_what_it_does_not_name(tmp_path, digits):
    x, y = digits
    files = classes(x, y)
    rows = [f"{path},{'even' if c % 2 == 0 else 'odd'}" for path, c in zip(list(files)[1:], y[1:], strict=True)]
    files["labels.csv"] = "\n".join(["file,label", *rows, "gone.png,odd"]).encode()
    found = datasets.load(str(write(tmp_path / "d", files)))
    assert found.class_names == ("even", "odd")
    assert np.concatenate([found.train_labels, found.test_labels]).min() == -1
    assert found.skipped == (
        "1 row of labels.csv names no picture.",
        "1 picture without a row in labels.csv: the label is unknown.",
    )


def test_a_folder_may_be_called_none(tmp_path, digits):
    names = {0: "none", 1: "crack 10", 2: "crack 9"}
    files = {f"{names[i % 3]}/{i}.png": encoded(image) for i, image in enumerate(digits[0])}
    found = datasets.load(str(write(tmp_path / "d", files | {"flat.png": encoded(digits[0][0])})))
    assert found.class_names == ("crack 9", "crack 10", "none")
    assert np.bincount(np.concatenate([found.train_labels, found.test_labels]) + 1).tolist() == [1, 40, 40, 40]
    assert found.skipped == ("1 picture in no folder of a class: the label is unknown.",)


def test_labels_beside_pictures_are_matched_by_name(tmp_path, digits):
    x, y = digits
    folder = write(tmp_path / "d", flat(x, y))
    order = np.random.default_rng(0).permutation(N)
    (tmp_path / "mine.csv").write_text("\n".join(["image,class", *(f"{i}.png,{y[i]}" for i in order)]))
    found = datasets.load(str(folder), labels=str(tmp_path / "mine.csv"))
    assert together(found)[1].tolist() == [str(c) for c in y]
    assert found.recognised == "120 PNG images of 8 × 8; labels from mine.csv"
    (tmp_path / "column.txt").write_text("\n".join(str(c) for c in y) + "\n")
    assert together(datasets.load(str(folder), labels=str(tmp_path / "column.txt")))[1].tolist() == [str(c) for c in y]
    (tmp_path / "other.csv").write_text("image,class\nsomething.png,3\n")
    with pytest.raises(
        ReportError, match=r"names none of the images, such as 0\.png; its first row has something\.png"
    ):
        datasets.load(str(folder), labels=str(tmp_path / "other.csv"))


def test_hidden_and_foreign_files_are_counted(tmp_path, digits):
    files = classes(*digits) | {".DS_Store": b"x", "__MACOSX/0/._1.png": b"x", "notes.txt": b"x", "0/Thumbs.db": b"x"}
    for path in (write(tmp_path / "d", files), zipped(tmp_path / "d.zip", files)):
        found = datasets.load(str(path))
        assert len(found.train_images) + len(found.test_images) == N
        assert found.skipped == ("3 hidden files not looked at.", "1 file that is no picture: notes.txt.")


@pytest.mark.parametrize("bad", [b"", b"words", encoded(np.arange(0, 192, 3, np.uint8).reshape(8, 8))[:50]])
def test_a_picture_that_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path, digits, bad):
    folder = write(tmp_path / "d", classes(*digits) | {"3/bad.png": bad})
    found = datasets.load(str(folder))
    assert len(found.train_images) + len(found.test_images) == N
    assert found.skipped[0].startswith("1 picture cannot be read and is left out: 3/bad.png (")
    write(folder, {"4/worse.png": bad})
    with pytest.raises(ReportError, match=r"2 of 122 pictures cannot be read, more than 1%: 3/bad\.png"):
        datasets.load(str(folder))


def test_a_picture_of_too_many_pixels_is_named(tmp_path, digits, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    found = datasets.load(
        str(write(tmp_path / "d", classes(*digits) | {"1/large.png": encoded(np.zeros((20, 6), np.uint8))}))
    )
    assert found.skipped == ("1 picture cannot be read and is left out: 1/large.png (6 × 20 pixels are too many).",)


def test_sizes_that_differ_are_counted_or_brought_to_one(tmp_path, digits):
    x, _ = digits
    files = {f"{i}.png": encoded(image if i % 3 else np.pad(image, ((0, 8), (4, 4)))) for i, image in enumerate(x)}
    write(tmp_path / "d", files)
    with pytest.raises(ReportError, match=r"80 of 8 × 8, 40 of 16 × 16; SET=.dataset\.size=64. "):
        datasets.load(str(tmp_path / "d"))
    found = datasets.load(str(tmp_path / "d"), size=16)
    assert found.image_shape == (16, 16)
    assert found.recognised == (
        "120 PNG images of 2 sizes, most often 8 × 8, without labels; brought to a longest side of 16 pixels and padded to a "
        "square with the tone of their edge"
    )
    first = int(found.train_names[0].split(".")[0])
    assert first == 0
    np.testing.assert_array_equal(found.train_images[0], np.pad(x[0], ((0, 8), (4, 4))))
    assert found.originals.shape == (12, 96, 96, 3)


def test_colour_is_taken_by_a_stated_policy_and_shown_beside(tmp_path, digits):
    x, _ = digits
    write(
        tmp_path / "d",
        {f"{i}.png": encoded(np.dstack([image * 15, image * 7, image * 0])) for i, image in enumerate(x)},
    )
    found = datasets.load(str(tmp_path / "d"), colour="red")
    np.testing.assert_array_equal(found.train_images, x[found.train_rows] * 15)
    assert found.recognised == "120 PNG images of 8 × 8, without labels; of colour, red alone"
    shown = x[found.train_rows[:12]]
    np.testing.assert_array_equal(found.originals, np.stack([shown * 15, shown * 7, shown * 0], axis=-1))
    with pytest.raises(ReportError, match="are all the same"):
        datasets.load(str(tmp_path / "d"), colour="blue")


def test_what_is_transparent_is_white(tmp_path, digits):
    ink = [np.dstack([image * 0, image * 0, image * 0, image * 15]) for image in digits[0]]
    found = datasets.load(str(write(tmp_path / "d", {f"{i}.png": encoded(image) for i, image in enumerate(ink)})))
    np.testing.assert_array_equal(found.train_images, 255 - digits[0][found.train_rows] * 15)


def test_pictures_stand_upright_as_their_camera_says(tmp_path, digits):
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {f"{i}.png": encoded(np.rot90(image[:6]), exif=exif) for i, image in enumerate(digits[0])}
    found = folders.read(write(tmp_path / "d", files), Asked())
    np.testing.assert_array_equal(found.parts["all"].images, digits[0][:, :6])


def test_the_first_of_several_frames_is_taken(tmp_path, digits):
    x, y = digits
    frames = [Image.fromarray(image) for image in x[:2]]
    files = classes(x, y, end="gif") | {
        f"{y[0]}/0.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    }
    found = datasets.load(str(write(tmp_path / "d", files)))
    np.testing.assert_array_equal(together(found)[0], x)
    assert found.skipped == ("1 picture with several frames: the first frame is taken.",)


def pages(path, x, kind):
    first, *others = [Image.fromarray(image) for image in x]
    path.parent.mkdir(exist_ok=True)
    first.save(path, kind, save_all=True, append_images=others, **({"optimize": False} if kind == "GIF" else {}))
    return path


@pytest.mark.parametrize(("name", "change"), [
    ("d.tif", lambda x: x), ("d.tiff", lambda x: x.astype(np.uint16) * 1000), ("d.gif", lambda x: x * 15),
    ("d.tif", lambda x: np.stack([x * 15, x, x], axis=-1)), ("d.tif", lambda x: x / np.float32(7)),
])  # fmt: skip
@pytest.mark.parametrize("where", ["", "a folder", "a zip"])
def test_the_pages_of_a_single_file_are_images(tmp_path, digits, name, change, where):
    x = change(digits[0])
    kind = "GIF" if name.endswith("gif") else "TIFF"
    path = pages(tmp_path / "s" / name, x, kind)
    made = {
        "": lambda: path,
        "a folder": lambda: path.parent,
        "a zip": lambda: zipped(tmp_path / "d.zip", {f"s/{name}": path.read_bytes()}),
    }[where]()
    found = datasets.load(str(made))
    expected = pixels.as_grey(x, where="here").images
    np.testing.assert_array_equal(found.train_images, expected[found.train_rows])
    assert found.recognised.startswith(f"a {kind} file with 120 pages of 8 × 8, each an image, without labels")
    assert found.title == ("s" if where == "a folder" else "d")


def test_a_single_page_is_no_set_and_a_damaged_one_is_named(tmp_path, digits):
    path = pages(tmp_path / "d.tif", digits[0][:1], "TIFF")
    assert "one picture only; pictures are named by their folder" in refusal(path)
    path = pages(tmp_path / "e.tif", digits[0][:9], "TIFF")
    path.write_bytes(path.read_bytes()[:-200])
    assert "e.tif: page 8 cannot be read" in refusal(path)


def test_large_photographs_are_read_at_a_fraction(tmp_path, rng):
    scene = np.kron(rng.integers(0, 255, (6, 8)), np.ones((200, 200))).astype(np.uint8)
    write(tmp_path / "d", {f"{i}.jpg": encoded(np.roll(scene, 200 * i, axis=1), "JPEG", quality=95) for i in range(4)})
    image = folders.read(tmp_path / "d", Asked(size=32)).parts["all"].images[0]
    assert image.shape == (32, 32)
    np.testing.assert_allclose(image[4:-4][2::4, 2::4], scene[100::200, 100::200], atol=12)
    assert len(np.unique(image[:4])) == 1


def test_what_is_too_large_is_brought_down_unasked(tmp_path, rng):
    scene = np.kron(rng.integers(0, 255, (6, 8)), np.ones((100, 100))).astype(np.uint8)
    write(tmp_path / "d", {f"{i}.png": encoded(np.roll(scene, 100 * i, axis=1)) for i in range(4)})
    found = datasets.load(str(tmp_path / "d"), test_size=0.5)
    assert found.image_shape == (64, 64)
    assert "4 PNG images of 600 × 800, without labels; brought to a longest side of 64 pixels" in found.recognised
    write(tmp_path / "d", {"4.png": encoded(scene[:500])})
    assert "4 of 600 × 800, 1 of 500 × 800" in refusal(tmp_path / "d")


# --- what is refused ------------------------------------------------------------------------------------------------


def refusal(path, **options):
    with pytest.raises(ReportError) as caught:
        datasets.load(str(path), **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no pictures in it, no files; needs png, jpg"),
        ({"a.txt": b"x", "b/c.txt": b"x", "d": b"x"}, "no pictures in it, 2 of .txt, 1 of no suffix"),
        ({"sub/digits.npz": b"x"}, "name that file: DATA="),
    ],
)
def test_a_folder_without_pictures(tmp_path, files, said):
    (tmp_path / "d").mkdir()
    assert said in refusal(write(tmp_path / "d", files))


def test_an_archive_of_several_sets_says_what_to_do(tmp_path, digits):
    arrays = {f"d/{name}": (tmp_path / "a.npz") for name in ("a.npz", "b.npz")}
    np.savez(tmp_path / "a.npz", x=digits[0])
    path = zipped(tmp_path / "d.zip", {name: file.read_bytes() for name, file in arrays.items()})
    assert refusal(path) == f"{path}: holds d/a.npz, d/b.npz; unpack it and name one of them"
    path = zipped(tmp_path / "e.zip", {"a.zip": b"x", "b.zip": b"x"})
    assert refusal(path) == f"{path}: no pictures in it, but a.zip; unpack the archive and name that file"


def test_an_archive_in_an_archive_is_read_but_not_one_in_that(tmp_path, digits):
    inner = zipped(tmp_path / "inner.zip", classes(*digits))
    once = zipped(tmp_path / "once.zip", {"d/inner.zip": inner.read_bytes(), "d/README.txt": b"x"})
    found = formats.read(once, Asked()).parts["all"]
    np.testing.assert_array_equal(found.images, formats.read(inner, Asked()).parts["all"].images)
    twice = zipped(tmp_path / "twice.zip", {"once.zip": once.read_bytes()})
    assert refusal(twice) == f"{twice}: once.zip: lies in an archive and holds another; unpack it and name that"
    broken = zipped(tmp_path / "broken.zip", {"inner.zip": b"x"})
    assert refusal(broken).startswith(f"{broken}: inner.zip: truncated or corrupt archive")


def test_the_folder_of_idx_files_is_named(tmp_path):
    folder = write(tmp_path / "d", {f"MNIST/raw/{part}-images-idx3-ubyte.gz": b"x" for part in ("t10k", "train")})
    assert f"name that folder: DATA={folder / 'MNIST' / 'raw'}" in refusal(folder)


def test_what_is_wrong_with_a_table_in_an_archive_is_said_of_the_archive(tmp_path):
    path = zipped(tmp_path / "d.zip", {"d/digits.csv": b"label,pixel1", "read me.txt": b"x"})
    assert refusal(path).startswith(f"{path}: d/digits.csv: shape (0, 1) has no image")


def test_the_file_that_holds_images_is_named_and_not_the_one_to_hand_in(tmp_path):
    files = {"sample_submission.csv": b"Id,Label\n1,0\n", "train.npz": b"x", "notes.doc": b"x"}
    assert f"but train.npz; name that file: DATA={tmp_path / 'd' / 'train.npz'}" in refusal(
        write(tmp_path / "d", files)
    )


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "b/../../a.png", "C:\\a.png", "..\\a.png"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_paths_that_lead_out_of_an_archive(tmp_path, digits, name, pack):
    path = pack(
        tmp_path / ("d.zip" if pack is zipped else "d.tar.gz"), classes(*digits) | {name: encoded(digits[0][0])}
    )
    assert "which leads out of it" in refusal(path)
    assert not [*tmp_path.rglob("*a.png"), *tmp_path.parent.glob("*a.png")]


def test_links_in_an_archive(tmp_path, digits):
    with tarfile.open(tmp_path / "d.tar", "w") as archive:
        member = tarfile.TarInfo("a.png")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    assert "'a.png' in it is a link or a device" in refusal(tmp_path / "d.tar")
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        link = zipfile.ZipInfo("a.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert "'a.png' in it is a link or a device" in refusal(tmp_path / "d.zip")


def test_bombs_are_refused_by_what_they_announce_and_by_what_they_hold(tmp_path, digits, monkeypatch):
    zeros = {"zeros.png": bytes(2**20)}
    monkeypatch.setattr(archives, "MAX_UNPACKED", 2**19)
    for path in (zipped(tmp_path / "d.zip", classes(*digits) | zeros), tarred(tmp_path / "d.tar.gz", zeros)):
        assert "unpacks to 0.0 GiB; an archive may hold" in refusal(path)
    monkeypatch.setattr(archives, "_MAX_STREAM", 2**18)
    # A name of a megabyte: no entry of that size is announced.
    long = tarred(tmp_path / "long.tar.gz", {"a" * 2**20: b""})
    assert "an archive may hold" in refusal(long)


def test_a_name_that_claims_more_than_a_gigabyte_takes_no_memory(tmp_path):
    member = tarfile.TarInfo("././@LongLink")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 3 * 2**29
    path = tmp_path / "d.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(member.tobuf())
        for _ in range(64):
            file.write(bytes(2**20))
    tracemalloc.start()
    assert "truncated or corrupt archive (a name of 1,610,612,736 bytes)" in refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_ten_gigabytes_of_zeros(tmp_path):
    """Announced alone: the file itself is small, and nothing of it is unpacked."""
    member = tarfile.TarInfo("zeros.png")
    member.size = 10 * 2**30
    (tmp_path / "d.tar.gz").write_bytes(gzip.compress(member.tobuf() + bytes(2**20)))
    assert "unpacks to 10.0 GiB; an archive may hold 4 GiB" in refusal(tmp_path / "d.tar.gz")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_truncated_archive(tmp_path, digits, pack):
    path = pack(tmp_path / ("d.zip" if pack is zipped else "d.tar.gz"), classes(*digits))
    path.write_bytes(path.read_bytes()[:-3000])
    assert str(path) in refusal(path)


def test_a_path_that_does_not_exist_and_one_that_may_not_be_read(tmp_path, digits, monkeypatch):
    write(tmp_path / "digits", classes(*digits))
    assert "did you mean digits?" in refusal(tmp_path / "digit")

    def closed(*_, onerror, **__):
        onerror(PermissionError(13, "Permission denied", "digits/3"))

    monkeypatch.setattr(folders.os, "walk", closed)
    assert "digits/3: no permission to read it" in refusal(tmp_path / "digits")


def test_options_that_mean_nothing_for_pictures(tmp_path, digits):
    path = write(tmp_path / "d", classes(*digits))
    assert "dataset.transpose has no meaning for a folder of images" in refusal(path, transpose=True)


@pytest.mark.parametrize("name", ["mine.tar.gz", "mine.zip", "mine.csv", "mine-images-idx3-ubyte.gz", "mine"])
def test_a_set_is_called_as_its_file(tmp_path, name):
    assert own.title(tmp_path / name) == ("mine-images-idx3" if "idx" in name else "mine")


def test_an_entry_that_is_the_archive_itself(tmp_path, digits):
    path = zipped(tmp_path / "d.zip", {".": b"", **classes(*digits)})
    assert len(datasets.load(str(path)).train_images) > 0


def test_a_damaged_table_is_left_out_and_named(tmp_path, digits):
    path = write(tmp_path / "d", {**classes(*digits), "metadata.csv": b"file_name,label\n" + b"x" * 200_000 + b",1\n"})
    found = datasets.load(str(path))
    assert len(found.class_names) == 10
    assert any("Not used: metadata.csv" in sentence for sentence in found.skipped)


def test_a_table_of_many_columns_is_told_which_is_the_label(tmp_path, digits):
    x, y = digits
    pictures = {f"part_{i % 2}/IMG_{i}.png": encoded(image) for i, image in enumerate(x)}
    lines = ["lesion,image,dx,age", *(f"L{i},IMG_{i},{'abcdefghij'[label]},{i % 7}" for i, label in enumerate(y))]
    path = write(tmp_path / "d", {**pictures, "HAM_metadata.csv": "\n".join(lines).encode()})
    found = datasets.load(str(path))
    assert found.class_names == ("part_0", "part_1")
    (said,) = found.skipped
    assert "HAM_metadata.csv: its column image names the images, but which of lesion, dx, age is their label?" in said
    told = datasets.load(str(path), keys=["image", "dx"])
    labels = np.concatenate([told.train_labels, told.test_labels])
    rows = [int(name.split("_")[-1][:-4]) for name in np.concatenate([told.train_names, told.test_names])]
    assert [told.class_names[label] for label in labels] == ["abcdefghij"[y[row]] for row in rows]


def test_a_column_a_class_names_the_class(tmp_path, digits):
    x, y = digits
    rows = [f"{i}," + ",".join("1.0" if c == label else "0.0" for c in range(10)) for i, label in enumerate(y)]
    lines = ["image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK,OK", *rows]
    names = lines[0].split(",")[1:]
    (tmp_path / "truth.csv").write_text("\n".join(lines))
    beside = datasets.load(str(write(tmp_path / "d", flat(x, y))), labels=str(tmp_path / "truth.csv"))
    inside = datasets.load(str(write(tmp_path / "e", flat(x, y) | {"labels.csv": "\n".join(lines).encode()})))
    for found in (beside, inside):
        assert together(found)[1].tolist() == [names[label] for label in y]
    # Without names, the rows stand in the order of the images.
    np.save(tmp_path / "x.npy", x)
    (tmp_path / "order.csv").write_text("\n".join(line.split(",", 1)[1] for line in lines))
    found = datasets.load(str(tmp_path / "x.npy"), labels=str(tmp_path / "order.csv"))
    assert [found.class_names[i] for i in found.train_labels] == [names[y[row]] for row in found.train_rows]
    lines[5] = lines[5].replace("0.0", "1.0")
    (tmp_path / "truth.csv").write_text("\n".join(lines))
    with pytest.raises(ReportError, match=r"which of MEL, NV, BCC, .* is their label"):
        datasets.load(str(tmp_path / "d"), labels=str(tmp_path / "truth.csv"))


def test_a_column_of_names_is_known_by_what_it_holds(tmp_path, digits):
    x, y = digits
    lines = ["Bild;Tier", *(f"{i}.png;{label}" for i, label in enumerate(y))]
    path = write(tmp_path / "d", {**flat(x, y), "labels.csv": "\n".join(lines).encode()})
    found = datasets.load(str(path))
    assert together(found)[1].tolist() == [str(c) for c in y]


def test_pictures_for_validation_are_the_test_part_where_there_is_no_other(tmp_path, digits):
    x, y = digits
    files = {f"train/{name}": data for name, data in classes(x[:80], y[:80]).items()}
    files |= {f"val/{name}": data for name, data in classes(x[80:], y[80:]).items()}
    found = datasets.load(str(write(tmp_path / "d", files)))
    assert (len(found.train_images), len(found.test_images)) == (80, len(x) - 80)
    assert all(name.startswith("val/") for name in found.test_names)


def test_names_that_are_no_utf8_are_read_and_can_be_written(tmp_path, digits):
    folder = write(tmp_path / "d", flat(digits[0][:20], digits[1]))
    (folder / "0.png").rename(os.fsdecode(os.fsencode(folder) + b"/0 K\xe4se.png"))
    named = {f"{i}.png": encoded(image) for i, image in enumerate(digits[0][1:9])}
    tar = tarred(tmp_path / "d.tar", {os.fsdecode(b"0 K\xe4se.png"): encoded(digits[0][0]), **named})
    for path in (folder, tar):
        found = datasets.load(str(path), test_size=0.5)
        names = np.concatenate([found.train_names, found.test_names]).tolist()
        assert "0 K?se.png" in names
        assert all(name.encode() for name in names)


@pytest.mark.parametrize("names", [("a.csv", "a.csv/b.csv"), ("a.csv", f"{'long' * 100}.csv")])
def test_names_that_no_disk_takes(tmp_path, names):
    path = zipped(tmp_path / "d.zip", dict.fromkeys(names, b"label,pixel1\n1,2\n"))
    assert f"{path}: {names[1][:20]}" in refusal(path)
    assert "cannot be unpacked" in refusal(path)
