"""Where images come from, and every kind of file that is not what it should be."""

import gzip
import hashlib
import os
import pickle

import numpy as np
import pytest
from sklearn.datasets import load_digits

from report_lib.common.errors import ReportError
from report_lib.data import datasets, idx

# Read here, because the fixtures take it out of the environment.
DATA_DIR = os.path.abspath(os.environ["REPORT_DATA_DIR"]) if os.environ.get("REPORT_DATA_DIR") else ""

# --- IDX files ------------------------------------------------------------------------------------------------------


def idx_bytes(array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    return head + array.tobytes()


@pytest.fixture
def tiny(monkeypatch, rng):
    """A data set of our own in place of MNIST, with its files and right checksums; no other source has it."""
    parts = {
        "train_images": rng.integers(0, 256, (24, 4, 3)).astype(np.uint8),
        "train_labels": (np.arange(24) % 10).astype(np.uint8),
        "test_images": rng.integers(0, 256, (5, 4, 3)).astype(np.uint8),
        "test_labels": np.arange(5).astype(np.uint8),
    }
    files = {part: idx_bytes(array) for part, array in parts.items()}
    known = idx.IdxDataset(
        title="Tiny",
        class_names=tuple("0123456789"),
        sha256={part: hashlib.sha256(data).hexdigest() for part, data in files.items()},
        mirrors=("https://mirror.invalid/",),
        licence="none",
        debian_package="dataset-tiny",
        debian_folder="usr/share/tiny",
    )
    monkeypatch.setitem(idx.DATASETS, "mnist", known)
    monkeypatch.setattr(idx, "_from_mirror", lambda mirror: unavailable("no network"))
    monkeypatch.setattr(idx, "_from_debian", lambda dataset, name: unavailable("no apt-get"))
    return parts, files


def is_mapped(array):
    while array is not None and not isinstance(array, np.memmap):
        array = getattr(array, "base", None)
    return array is not None


def unavailable(reason):
    raise idx._Unavailable(reason)


def write_idx(folder, files, *, zipped=True):
    folder.mkdir(parents=True, exist_ok=True)
    for part, data in files.items():
        name = idx.FILES[part]
        (folder / (f"{name}.gz" if zipped else name)).write_bytes(gzip.compress(data) if zipped else data)
    return folder


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("sub", ["", "mnist"])
def test_idx_from_a_named_folder(tiny, tmp_path, sub, zipped):
    parts, files = tiny
    write_idx(tmp_path / "data" / sub, files, zipped=zipped)
    found = datasets.load("mnist", data_dir=str(tmp_path / "data"))
    np.testing.assert_array_equal(found.train_images, parts["train_images"])
    np.testing.assert_array_equal(found.test_labels, parts["test_labels"])
    assert found.hashes == idx.DATASETS["mnist"].sha256


def test_the_second_time_images_are_mapped_from_the_cache(tiny, tmp_path, monkeypatch):
    parts, files = tiny
    datasets.load("mnist", data_dir=str(write_idx(tmp_path / "data", files)))
    found = datasets.load("mnist")
    assert is_mapped(found.train_images)
    assert not found.train_images.flags.writeable
    np.testing.assert_array_equal(found.train_images, parts["train_images"])


def test_sources_are_tried_in_order_and_each_is_named(tiny, tmp_path, monkeypatch, caplog):
    _, files = tiny
    monkeypatch.setenv("REPORT_DATA_DIR", str(tmp_path / "nothing"))
    monkeypatch.setattr(idx, "_root", lambda: tmp_path / "root")
    write_idx(tmp_path / "root" / "usr/share/tiny", files)
    caplog.set_level("INFO", "report_lib")
    datasets.load("mnist")
    said = [record.getMessage() for record in caplog.records]
    assert [line.split(":")[1].split()[0] for line in said] == ["not", "not", "from"]
    assert "REPORT_DATA_DIR" in said[0]
    assert "the cache" in said[1]
    assert "dataset-tiny, installed" in said[2]


def test_an_environment_folder_with_other_data_sets_is_passed_over(tiny, tmp_path, monkeypatch):
    _, files = tiny
    (tmp_path / "env" / "fashion_mnist").mkdir(parents=True)
    monkeypatch.setenv("REPORT_DATA_DIR", str(tmp_path / "env"))
    write_idx(idx.cache_dir() / "mnist", files, zipped=False)
    assert len(datasets.load("mnist").train_images) == 24


def test_no_network_and_no_data(tiny):
    with pytest.raises(ReportError) as caught:
        datasets.load("mnist")
    said = str(caught.value)
    for part in ("Tiny was not found", "the cache", "https://mirror.invalid/", "no apt-get", "dataset.data_dir"):
        assert part in said
    assert "\n" not in said
    assert not list(idx.cache_dir().rglob("*ubyte*"))


def test_a_mirror_with_a_wrong_file_is_passed_over(tiny, monkeypatch):
    parts, files = tiny
    wrong = {**files, "train_labels": files["train_labels"][:-1] + b"\x09"}
    answers = {"https://a.invalid/": wrong, "https://b.invalid/": files}
    monkeypatch.setattr(idx, "_from_mirror", lambda mirror: answers[mirror])
    monkeypatch.setitem(
        idx.DATASETS, "mnist", idx.IdxDataset(**{**vars(idx.DATASETS["mnist"]), "mirrors": tuple(answers)})
    )
    np.testing.assert_array_equal(datasets.load("mnist").train_images, parts["train_images"])


def test_a_damaged_file_that_nobody_named_is_passed_over(tiny, tmp_path, monkeypatch):
    parts, files = tiny
    folder = write_idx(tmp_path / "root" / "usr/share/tiny", files)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"not gzip")
    monkeypatch.setattr(idx, "_root", lambda: tmp_path / "root")
    monkeypatch.setattr(idx, "_from_mirror", lambda mirror: files)
    np.testing.assert_array_equal(datasets.load("mnist").train_images, parts["train_images"])


def test_debians_package_is_the_last_resort(tiny, monkeypatch):
    parts, files = tiny
    monkeypatch.setattr(idx, "_from_debian", lambda dataset, name: files)
    np.testing.assert_array_equal(datasets.load("mnist").test_images, parts["test_images"])


def test_a_damaged_cache_is_made_anew(tiny, tmp_path):
    parts, files = tiny
    folder = write_idx(tmp_path / "data", files)
    datasets.load("mnist", data_dir=str(folder))
    (idx.cache_dir() / "mnist" / idx.FILES["train_images"]).write_bytes(b"\0" * 100)
    os.environ["REPORT_DATA_DIR"] = str(folder)
    try:
        np.testing.assert_array_equal(datasets.load("mnist").train_images, parts["train_images"])
    finally:
        del os.environ["REPORT_DATA_DIR"]
    np.testing.assert_array_equal(datasets.load("mnist").train_images, parts["train_images"])


def damaged(files, part, data):
    return {**files, part: data}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f[:-3], "wrong SHA-256"),
        (lambda f: f[:-1] + bytes([f[-1] ^ 1]), "wrong SHA-256"),
        (lambda f: b"", "wrong SHA-256"),
    ],
)
def test_a_wrong_file_in_a_named_folder_is_refused(tiny, tmp_path, change, said):
    _, files = tiny
    folder = write_idx(tmp_path / "data", {**files, "test_images": change(files["test_images"])})
    with pytest.raises(ReportError, match=said) as caught:
        datasets.load("mnist", data_dir=str(folder))
    assert "t10k-images-idx3-ubyte" in str(caught.value)
    assert not list(idx.cache_dir().rglob("*"))


@pytest.mark.parametrize(
    "cut", [lambda z: z[:-12], lambda z: z[:30], lambda z: b"not gzip", lambda z: z[:40] + b"x" * 20 + z[60:]]
)
def test_a_truncated_or_corrupt_gzip_file_is_refused(tiny, tmp_path, cut):
    _, files = tiny
    folder = write_idx(tmp_path / "data", files)
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(ReportError, match=r"train-images-idx3-ubyte.*(truncated or corrupt gzip|wrong SHA-256)"):
        datasets.load("mnist", data_dir=str(folder))


def test_a_missing_file_in_a_named_folder_is_refused(tiny, tmp_path):
    _, files = tiny
    folder = write_idx(tmp_path / "data", files)
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(ReportError, match=r"no train-labels-idx1-ubyte\.gz in"):
        datasets.load("mnist", data_dir=str(folder))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not an IDX file"),
        (b"\0\0\x0d\x01" + b"\0\0\0\x01" + b"\0" * 4, "not an IDX file"),
        (idx_bytes(np.zeros((3, 2), np.uint8))[:-1], "truncated or damaged IDX file, 17 bytes where 18"),
        (idx_bytes(np.zeros((3, 2), np.uint8)) + b"\0", "19 bytes where 18"),
    ],
)
def test_idx_that_is_not(data, said):
    with pytest.raises(ReportError, match=said):
        idx.parse(data, "here")


def test_idx_is_read_as_written(rng):
    array = rng.integers(0, 256, (3, 4, 5)).astype(np.uint8)
    np.testing.assert_array_equal(idx.parse(idx_bytes(array), "here"), array)


def test_debians_package_is_fetched_without_installing(tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(idx.shutil, "which", lambda name: f"/usr/bin/{name}")

    def run(command, folder):
        commands.append(command)
        if "download" in command:
            (idx.Path(folder) / "x.deb").write_bytes(b"")
        if command[0] == "dpkg-deb":
            target = idx.Path(command[-1]) / "usr/share/tiny"
            write_idx(target, dict.fromkeys(idx.FILES, b"data"))

    monkeypatch.setattr(idx, "_run", run)
    dataset = idx.IdxDataset("Tiny", (), {}, (), "", "dataset-tiny", "usr/share/tiny")
    assert idx._from_debian(dataset, "tiny") == dict.fromkeys(idx.FILES, b"data")
    assert [command[0] for command in commands] == ["apt-get", "apt-get", "dpkg-deb"]
    assert "install" not in str(commands)
    assert all("Dir::State::Lists=" in str(command) for command in commands[:2])


def test_a_failing_command_is_a_source_that_is_not_there(tmp_path):
    with pytest.raises(idx._Unavailable, match=r"ls failed: .*no-such-file"):
        idx._run(["ls", "no-such-file"], str(tmp_path))


def test_without_apt_get_debian_is_passed_over(monkeypatch):
    monkeypatch.setattr(idx.shutil, "which", lambda name: None)
    with pytest.raises(idx._Unavailable, match="no apt-get"):
        idx._from_debian(idx.DATASETS["fashion_mnist"], "fashion_mnist")


@pytest.mark.skipif(not DATA_DIR, reason="MNIST is not fetched for tests; set REPORT_DATA_DIR to a folder that has it")
def test_real_mnist():
    found = datasets.load("mnist", data_dir=DATA_DIR)
    assert found.train_images.shape == (60_000, 28, 28)
    assert found.test_labels[:5].tolist() == [7, 2, 1, 0, 4]


# --- digits and a person's own files --------------------------------------------------------------------------------


def test_digits_are_split_by_the_seed():
    found = datasets.load("digits", seed=1)
    bunch = load_digits()
    assert (len(found.train_images), len(found.test_images)) == (1438, 359)
    assert found.train_images.dtype == np.uint8
    together = np.concatenate([found.train_images, found.test_images])
    assert sorted(map(bytes, together)) == sorted(map(bytes, bunch.images.astype(np.uint8)))
    assert (found.test_images != datasets.load("digits", seed=2).test_images).any()


def save(tmp_path, array, name="mine.npy", **more):
    path = tmp_path / name
    np.savez(path, **more) if more else np.save(path, array)
    return str(path)


@pytest.mark.parametrize("shape", [(40, 7, 5), (40, 1, 7, 5), (40, 7, 5, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int64])
def test_every_shape_and_type_gives_the_same_images(tmp_path, images, shape, dtype):
    pixels, _ = images
    found = datasets.load(save(tmp_path, pixels.reshape(shape).astype(dtype)))
    assert found.image_shape == (7, 5)
    assert found.train_images.dtype == np.uint8
    assert not found.has_labels
    expected = datasets.load(save(tmp_path, pixels))
    np.testing.assert_array_equal(found.train_images, expected.train_images)
    assert (len(found.train_images), len(found.test_images)) == (32, 8)


def test_flat_rows_with_a_declared_shape(tmp_path, images):
    pixels, _ = images
    found = datasets.load(save(tmp_path, pixels.reshape(40, 35)), image_shape=[7, 5])
    assert found.image_shape == (7, 5)


def test_npz_with_labels_and_with_parts_of_its_own(tmp_path, images):
    pixels, labels = images
    names = np.array(["low", "high"])[labels]
    one = datasets.load(save(tmp_path, None, "a.npz", images=pixels, labels=names))
    assert one.class_names == ("high", "low")
    two = datasets.load(
        save(tmp_path, None, "b.npz", x_train=pixels[:30], y_train=labels[:30], x_test=pixels[30:], y_test=labels[30:])
    )
    np.testing.assert_array_equal(two.test_images, pixels[30:])
    np.testing.assert_array_equal(two.test_labels, labels[30:])
    alone = datasets.load(save(tmp_path, None, "c.npz", anything=pixels))
    assert not alone.has_labels


def test_labels_beside_a_npy(tmp_path, images):
    pixels, labels = images
    labelled = datasets.load(
        save(tmp_path, pixels), labels=save(tmp_path, labels * 10, "y.npy"), class_names=["up", "down"]
    )
    assert labelled.class_names == ("up", "down")
    assert set(labelled.train_labels.tolist()) == {0, 1}
    plain = datasets.load(save(tmp_path, pixels), labels=save(tmp_path, labels, "y.npy"), use_labels=False)
    assert not plain.has_labels
    assert plain.class_names == ()


class Trap:
    """Unpickling this would run code."""

    def __reduce__(self):
        return (os.mkdir, ("pickle-was-loaded",))


def test_pickles_are_never_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "a.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Trap()))
    np.savez(tmp_path / "c.npz", images=np.array([Trap()], dtype=object), allow_pickle=True)
    for name in ("a.npy", "b.npy", "c.npz"):
        with pytest.raises(ReportError, match="pickled Python objects"):
            datasets.load(str(tmp_path / name))
    assert not (tmp_path / "pickle-was-loaded").exists()


def broken_float(images, value):
    out = images.astype(np.float32)
    out[7, 2, 2] = value
    return out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: broken_float(x, np.nan), "NaN or infinity in 1 images, first in row 7"),
        (lambda x: broken_float(x, np.inf), "NaN or infinity in 1 images"),
        (lambda x: np.stack([x] * 2, axis=-1), "needs (n, h, w)"),
        (lambda x: x.reshape(40, 35), "rows of 35 pixels, which make no square"),
        (lambda x: x[0, 0], "needs (n, h, w)"),
        (lambda x: x[:0], "needs (n, h, w)"),
        (lambda x: x.astype(complex), "pixels are complex128"),
        (lambda x: x.astype(float) * 1e300, "beyond what can be squared in float32"),
        (lambda x: np.full_like(x, 9), "all the same"),
    ],
)
def test_images_that_cannot_be_used(tmp_path, images, change, said):
    pixels, _ = images
    with pytest.raises(ReportError) as caught:
        datasets.load(save(tmp_path, change(pixels)))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.arange(39) % 2, "40 images, but 39 labels"),
        (np.ones((40, 2)), "labels of shape (40, 2)"),
        (np.linspace(0, 1, 40), "fractions or infinity"),
    ],
)
def test_labels_that_cannot_be_used(tmp_path, images, labels, said):
    pixels, _ = images
    with pytest.raises(ReportError) as caught:
        datasets.load(save(tmp_path, pixels), labels=save(tmp_path, labels, "y.npy"))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.zeros(40, int), "all known labels are 0, so there is nothing to score against"),
        (np.arange(40), "40 classes for 32 train images look like ids; group them"),
    ],
)
def test_labels_that_nothing_can_be_scored_against_are_left_out_and_said(tmp_path, images, labels, said):
    found = datasets.load(save(tmp_path, images[0]), labels=save(tmp_path, labels, "y.npy"))
    assert not found.has_labels
    assert found.class_names == ()
    assert said in found.skipped[-1]


def test_one_image_is_refused(tmp_path, images):
    with pytest.raises(ReportError, match="there is one image only"):
        datasets.load(save(tmp_path, images[0][:1]))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"source": "fashion-mnist"}, "no data set 'fashion-mnist'; did you mean fashion_mnist? known:"),
        ({"source": "gone.npy"}, "gone.npy: no such file or folder"),
        ({"source": "digits", "data_dir": "x"}, "dataset.data_dir has no meaning for source 'digits'"),
        ({"source": "digits", "image_shape": [8, 8]}, "dataset.image_shape has no meaning"),
        ({"source": "digits", "class_names": ["a"]}, "1 names for 10 classes"),
        ({"source": "digits", "class_names": list("abcdefghia")}, "has a name twice"),
    ],
)
def test_requests_that_make_no_sense(options, said):
    with pytest.raises(ReportError) as caught:
        datasets.load(**options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": "x", "b": "x"}, "the images may be a or b; name images and labels in dataset.keys"),
        ({"images": "x", "x_train": "x", "x_test": "x"}, "the images may be x_train or images"),
        ({"x": "x", "y": "y", "target": "y"}, "the labels may be y or target"),
        ({"a": "y", "b": "y"}, "has a (40,), b (40,), none of which looks like images"),
        ({"x_train": "x", "y_train": "y", "y_test": "y"}, "has y_test, but no images to go with it"),
        ({"x_train": "x", "x_test": "x", "y_train": "y"}, "only one of the parts has labels, train, and test has none"),
        ({"x_train": "x", "x_test": "small"}, "train has images of 7 × 5 and test has images of 6 × 5; all need"),
        ({"x_train": "x", "x_test": "x", "y_train": "y", "y_test": "short"}, "test: 40 images, but 3 labels"),
    ],
)
def test_npz_files_that_do_not_fit_together(tmp_path, images, arrays, said):
    pixels, labels = images
    content = {"x": pixels, "y": labels, "small": pixels[:, 1:], "short": labels[:3]}
    path = save(tmp_path, None, "a.npz", **{key: content.get(value, value) for key, value in arrays.items()})
    with pytest.raises(ReportError) as caught:
        datasets.load(path)
    assert said in str(caught.value)


def test_truncated_and_corrupt_files(tmp_path, images):
    pixels, _ = images
    for name in ("a.npy", "a.npz"):
        path = tmp_path / name
        np.savez(path, images=pixels) if name.endswith("z") else np.save(path, pixels)
        whole = path.read_bytes()
        for part in (whole[:-100], whole[:40], b"", b"words"):
            path.write_bytes(part)
            with pytest.raises(ReportError, match=r"a\.np[yz]: (cannot be read|is not a \.np[yz] file)"):
                datasets.load(str(path))


def test_names_without_labels_and_shapes_that_differ(tmp_path, images):
    pixels, _ = images
    with pytest.raises(ReportError, match="the images have no labels"):
        datasets.load(save(tmp_path, pixels), class_names=["a", "b"])
    with pytest.raises(ReportError, match=r"images are 7 × 5, but dataset.image_shape is \[5, 7\]"):
        datasets.load(save(tmp_path, pixels), image_shape=[5, 7])
    with pytest.raises(ReportError, match=r"rows of 35 pixels, but image_shape \[6, 6\] makes 36"):
        datasets.load(save(tmp_path, pixels.reshape(40, 35)), image_shape=[6, 6])


def test_a_file_is_told_by_how_it_begins(tmp_path, images):
    pixels, _ = images
    np.save(tmp_path / "a.npy", pixels)
    np.savez(tmp_path / "b.npz", images=pixels)
    (tmp_path / "a.npy").rename(tmp_path / "a.npz")
    (tmp_path / "b.npz").rename(tmp_path / "b.npy")
    first, second = (datasets.load(str(tmp_path / name)) for name in ("a.npz", "b.npy"))
    np.testing.assert_array_equal(first.test_images, second.test_images)


def test_narrow_images_are_grey_when_their_shape_is_declared(tmp_path, images):
    pixels, _ = images
    path = save(tmp_path, pixels[:, :, :3])
    with pytest.raises(ReportError, match=r"looks like colour images.*need dataset\.image_shape"):
        datasets.load(path)
    assert datasets.load(path, image_shape=[7, 3]).image_shape == (7, 3)


# --- classes --------------------------------------------------------------------------------------------------------


def test_classes_are_counted_in_train_and_in_test():
    found = datasets.load("digits")
    counts = found.class_counts
    assert list(counts) == list("0123456789")
    for i, (n_train, n_test) in enumerate(counts.values()):
        assert (n_train, n_test) == ((found.train_labels == i).sum(), (found.test_labels == i).sum())
    assert tuple(map(sum, zip(*counts.values(), strict=True))) == (1438, 359)


def test_a_class_that_a_part_has_not_is_counted_too(tmp_path, images):
    pixels, _ = images
    y_train, y_test = np.repeat(["cat", "dog", "newt"], [14, 15, 1]), np.repeat(["cat", "eft", "yak"], [7, 1, 2])
    path = save(tmp_path, None, "a.npz", x_train=pixels[:30], y_train=y_train, x_test=pixels[30:], y_test=y_test)
    expected = {"cat": (14, 7), "dog": (15, 0), "eft": (0, 1), "newt": (1, 0), "yak": (0, 2)}
    assert datasets.load(path).class_counts == expected


def test_without_labels_there_are_no_classes_to_count():
    assert datasets.load("digits", use_labels=False).class_counts == {}


def test_few_known_labels_of_each_class_are_no_ids(tmp_path, images):
    labels = np.full(40, -1)
    labels[:20] = np.arange(20) % 12
    found = datasets.load(save(tmp_path, images[0]), labels=save(tmp_path, labels, "y.npy"))
    assert len(found.class_names) == 12
    assert found.skipped == ()


def test_a_later_phase_is_held_to_the_bytes_of_the_first(tmp_path):
    pixels, labels = np.arange(2000, dtype=np.uint16).reshape(20, 10, 10) % 251, np.arange(20) % 2
    source, named = save(tmp_path, pixels.astype(np.uint8)), save(tmp_path, labels, "labels.npy")
    read = datasets.load(source, labels=named).hashes
    assert datasets.load(source, labels=named, sha256=read).hashes == read
    save(tmp_path, 1 - labels, "labels.npy")
    with pytest.raises(ReportError, match=r"labels\.npy: replaced while the run was under way \(labels\)"):
        datasets.load(source, labels=named, sha256=read)
    save(tmp_path, pixels[::-1].astype(np.uint8))
    with pytest.raises(ReportError, match=rf"^{source}: replaced while the run was under way \(images, labels\)"):
        datasets.load(source, labels=named, sha256=read)
    assert datasets.load(source, labels=named, use_labels=False, sha256=None).hashes
