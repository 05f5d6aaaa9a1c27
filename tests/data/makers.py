"""The same digits in every form that people keep images in: a maker a form, a folder in and a path out."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from report_lib.data.source import Asked

PRESSED = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
N = 300
N_TRAIN = 200


def digits():
    """Return the first digits of scikit-learn as uint8 images from 0 to 255, and their labels."""
    bunch = load_digits()
    return (bunch.images[:N] / 16 * 255).astype(np.uint8), bunch.target[:N]


def idx_bytes(array):
    """Return an IDX file of an array of unsigned bytes."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    return head + np.ascontiguousarray(array, np.uint8).tobytes()


def png(image):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


# --- all images in one array ----------------------------------------------------------------------------------------


def npz(folder, **arrays):
    np.savez(folder / "digits.npz", **arrays)
    return folder / "digits.npz"


def idx(folder, x, y):
    (folder / "some-images-idx3-ubyte").write_bytes(idx_bytes(x))
    (folder / "some-labels-idx1-ubyte").write_bytes(idx_bytes(y))
    return folder / "some-images-idx3-ubyte"


def emnist(folder, x, y):
    for kind, array in (("images-idx3", x.transpose(0, 2, 1)), ("labels-idx1", y + 1)):
        data = gzip.compress(idx_bytes(array))
        (folder / f"emnist-letters-train-{kind}-ubyte.gz").write_bytes(data)
    return folder / "emnist-letters-train-images-idx3-ubyte.gz"


def all_of_emnist(folder, x, y):
    """Write two sets into one folder, images on their side, and return the keys of the second."""
    names = [f"{part}-{kind}-ubyte" for part in ("train", "test") for kind in ("images-idx3", "labels-idx1")]
    arrays = (x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:], y[N_TRAIN:])
    for of in ("balanced", "digits"):
        for name, array in zip(names, arrays, strict=True):
            data = idx_bytes(array.swapaxes(1, -1) if array.ndim == 3 else array)
            (folder / f"emnist-{of}-{name}.gz").write_bytes(gzip.compress(data))
    return tuple(f"emnist-digits-{name}" for name in names)


def csv_lines(x, y, *, header=True, separator=",", last=False):
    d = x[0].size
    order = (lambda label, pixels: [*pixels, label]) if last else (lambda label, pixels: [label, *pixels])
    lines = [order("label", [f"pixel{i + 1}" for i in range(d)])] if header else []
    lines += [order(label, image.ravel()) for label, image in zip(y, x, strict=True)]
    return "".join(separator.join(map(str, line)) + "\n" for line in lines)


def csv(folder, x, y, name="digits.csv", **options):
    data = csv_lines(x, y, **options).encode()
    (folder / name).write_bytes(PRESSED.get(Path(name).suffix, bytes)(data))
    return folder / name


def frame(x, y):
    import pandas as pd

    table = pd.DataFrame(x.reshape(len(x), -1), columns=[f"pixel{i}" for i in range(x[0].size)])
    table.insert(0, "class", y)
    return table


def one_hot(x, y, names):
    """Return a table of pixels with a column of 0 and 1 for each class."""
    import pandas as pd

    classes = pd.DataFrame(np.eye(10, dtype=int)[y], columns=names)
    return pd.concat([classes, frame(x, y).drop(columns="class")], axis=1)


def one_hot_csv(folder, x, y, names):
    one_hot(x, y, names).to_csv(folder / "digits.csv", index=False)
    return folder / "digits.csv"


def one_hot_parquet(folder, x, y):
    one_hot(x, y, list("0123456789")).to_parquet(folder / "digits.parquet")
    return folder / "digits.parquet"


def in_one_column(x, y):
    """Return a table as FER2013 has it: all pixels of an image in one field, with spaces between."""
    import pandas as pd

    return pd.DataFrame({"emotion": y, "pixels": [" ".join(map(str, image.ravel())) for image in x]})


def fer2013(folder, x, y, *, in_parts):
    table = in_one_column(x, y)
    if in_parts:
        usage = ["Training"] * N_TRAIN + ["PublicTest"] * 50 + ["PrivateTest"] * 50
        table[" Usage"] = usage
    table.to_csv(folder / "fer2013.csv", index=False)
    return folder / "fer2013.csv"


def parquet(folder, x, y):
    frame(x, y).to_parquet(folder / "digits.parquet")
    return folder / "digits.parquet"


def parquet_of_lists(folder, x, y, key="pixels"):
    import pandas as pd

    table = pd.DataFrame({"label": y, key: x.tolist(), "box": [[0, 0, 8, 8]] * len(x)})
    table.to_parquet(folder / "digits.parquet", row_group_size=70)
    return folder / "digits.parquet"


def hugging_face(folder, x, y, label="label", more=(), name="train-00000-of-00001.parquet"):
    import pyarrow as pa
    from pyarrow import parquet

    pictures = [{"bytes": png(image), "path": f"{i:04}.png"} for i, image in enumerate(x)]
    features = {"image": {"_type": "Image"}, label: {"names": list("0123456789"), "_type": "ClassLabel"}}
    table = pa.table({"image": pictures, label: y, **dict(more)})
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    parquet.write_table(table, folder / name)
    return folder / name


def mat(folder, **arrays):
    import scipy.io

    scipy.io.savemat(folder / "digits.mat", arrays)
    return folder / "digits.mat"


def mat73(folder, **arrays):
    """Write what MATLAB writes with -v7.3: HDF5 behind 512 bytes of its own, axes in reverse."""
    import h5py

    path = folder / "digits.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        for key, array in arrays.items():
            file[key] = array.T
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(128))
    return path


def hdf5(folder, **arrays):
    import h5py

    with h5py.File(folder / "digits.h5", "w") as file:
        for key, array in arrays.items():
            file[key.replace("__", "/")] = array
    return folder / "digits.h5"


def zarr(folder, version=3, **arrays):
    import zarr

    group = zarr.open_group(folder / "digits.zarr", mode="w", zarr_format=version)
    for key, array in arrays.items():
        group.create_array(key.replace("__", "/"), data=array, chunks=(7, *array.shape[1:]))
    return folder / "digits.zarr"


def npy(folder, x, name="digits.npy"):
    file = io.BytesIO()
    np.save(file, x)
    (folder / name).write_bytes(gzip.compress(file.getvalue()) if name.endswith(".gz") else file.getvalue())
    return folder / name


# --- in an archive -------------------------------------------------------------------------------------------------


def packed(folder, path, end):
    """Pack a file, or what lies in a folder, below a folder of the archive and beside a text."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    named = {f"digits/{file.relative_to(path) if path.is_dir() else file.name}": file.read_bytes() for file in files}
    named["digits/README.txt"] = b"Digits"
    if end == "zip":
        with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in named.items():
                archive.writestr(name, data)
        return folder / "all.zip"
    _, _, pressed = end.partition(".")
    with tarfile.open(folder / f"all.{end}", f"w:{pressed}") as archive:
        for name, data in named.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return folder / f"all.{end}"


# In each of these are the same images and labels, in one part; a path or a path and what must be asked.
FORMS = {
    "npz X y": lambda f, x, y: npz(f, X=x, y=y),
    "npz data labels": lambda f, x, y: npz(f, data=x, labels=y[:, None]),
    "npz images labels one-hot": lambda f, x, y: npz(f, images=x, labels=np.eye(10)[y]),
    "npz arr_0 arr_1": lambda f, x, y: npz(f, arr_0=x, arr_1=y.astype(float)),
    "npz arr_0 arr_1 the other way": lambda f, x, y: npz(f, arr_0=y, arr_1=x),
    "npz arr_1 one-hot": lambda f, x, y: npz(f, arr_0=x, arr_1=np.eye(10)[y]),
    "npz flat": lambda f, x, y: npz(f, data=x.reshape(len(x), -1), target=y),
    "npz (h, w, n)": lambda f, x, y: npz(f, images=x.transpose(1, 2, 0), labels=y),
    "npz with more in it": lambda f, x, y: npz(f, images=x, y=y, embedding=np.zeros((N, 4)), seed=np.array(3)),
    "npz by keys": lambda f, x, y: (npz(f, a=x, b=x[::-1], c=y), Asked(keys=("a", "c"))),
    "idx": idx,
    "emnist": lambda f, x, y: (emnist(f, x, y), Asked(transpose=True)),
    "csv": csv,
    "csv.gz": lambda f, x, y: csv(f, x, y, "digits.csv.gz"),
    "tsv": lambda f, x, y: csv(f, x, y, "digits.tsv", separator="\t"),
    "csv without a header": lambda f, x, y: csv(f, x, y, header=False),
    "csv without a header, label last": lambda f, x, y: csv(f, x, y, header=False, last=True),
    "csv with a header, label last": lambda f, x, y: csv(f, x, y, last=True),
    "csv, a column a class": lambda f, x, y: one_hot_csv(f, x, y, list("0123456789")),
    "csv, pixels in one column": lambda f, x, y: fer2013(f, x, y, in_parts=False),
    "parquet": parquet,
    "parquet, a column a class": one_hot_parquet,
    "parquet of flat lists": lambda f, x, y: parquet_of_lists(f, x.reshape(len(x), -1), y, "image_data"),
    "parquet of nested lists": parquet_of_lists,
    "hugging face": hugging_face,
    "hugging face, another name": lambda f, x, y: hugging_face(f, x, y, "digit", {"source": ["hand"] * N}),
    "mat": lambda f, x, y: mat(f, X=x, y=y[:, None]),
    "mat (h, w, n)": lambda f, x, y: mat(f, X=x.transpose(1, 2, 0), y=y),
    "mat columns": lambda f, x, y: mat(f, fea=x.reshape(N, -1).T, gnd=y),
    "mat 7.3": lambda f, x, y: mat73(f, X=x.transpose(1, 2, 0), y=y[:, None].astype(float)),
    "hdf5": lambda f, x, y: hdf5(f, images=x, labels=y),
    "zarr": lambda f, x, y: zarr(f, images=x, labels=y),
    "zarr 2": lambda f, x, y: zarr(f, 2, some__images=x, some__labels=y),
    "zip of csv": lambda f, x, y: packed(f, csv(f, x, y), "zip"),
    "tar.gz of csv": lambda f, x, y: packed(f, csv(f, x, y), "tar.gz"),
    "zip of npz": lambda f, x, y: packed(f, npz(f, X=x, y=y), "zip"),
    "tar of mat": lambda f, x, y: packed(f, mat(f, X=x, y=y), "tar"),
    "csv.xz": lambda f, x, y: csv(f, x, y, "digits.csv.xz"),
    "tar.xz of csv": lambda f, x, y: packed(f, csv(f, x, y), "tar.xz"),
    "tar.bz2 of a zip of csv": lambda f, x, y: packed(f, packed(f, csv(f, x, y), "zip"), "tar.bz2"),
    "zip of csv.gz": lambda f, x, y: packed(f, csv(f, x, y, "digits.csv.gz"), "zip"),
}


def _mnist_files(folder, x, y, zipped):
    folder = folder / "mine"
    folder.mkdir()
    parts = {"train-images-idx3": x[:N_TRAIN], "train-labels-idx1": y[:N_TRAIN],
             "t10k-images-idx3": x[N_TRAIN:], "t10k-labels-idx1": y[N_TRAIN:]}  # fmt: skip
    for key, array in parts.items():
        data = idx_bytes(array)
        (folder / f"{key}-ubyte{'.gz' * zipped}").write_bytes(gzip.compress(data) if zipped else data)
    return folder


def _tables(folder, x, y, write, end):
    """Write three tables, two of them for training, and one without images."""
    (folder / "mine").mkdir()
    for name, rows in (("train_1", slice(0, 150)), ("train_2", slice(150, N_TRAIN)), ("test", slice(N_TRAIN, N))):
        write(folder / "mine", x[rows], y[rows], name=f"{name}.{end}")
    (folder / "mine" / "README.md").write_text("Digits")
    return folder / "mine"


SHARDS = ("data/train-00000-of-00002", "data/train-00001-of-00002", "data/test-00000-of-00001")


def hugging_face_clone(
    folder, x, y, names=("data/train-00000-of-00002", "data/train-00001-of-00002", "data/test-00000-of-00001")
):
    """Write what `git clone` brings of a data set: shards in one folder, or in one for each part, and text beside it."""
    for name, rows in zip(names, (slice(0, 150), slice(150, N_TRAIN), slice(N_TRAIN, N)), strict=True):
        path = folder / "mine" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        hugging_face(path.parent, x[rows], y[rows], name=path.name)
    (folder / "mine" / "README.md").write_text("Digits")
    (folder / "mine" / ".gitattributes").write_text("*.parquet filter=lfs")
    (folder / "mine" / ".git").mkdir()
    return folder / "mine"


def _arrays(folder, x, y, end="npy"):
    (folder / "mine").mkdir()
    for name, array in four(x, y, "X_train", "y_train", "X_test", "y_test").items():
        npy(folder / "mine", array, f"{name}.{end}")
    return folder / "mine"


def four(x, y, *names):
    return dict(zip(names, (x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:], y[N_TRAIN:]), strict=True))


def medmnist(x, y):
    y = y[:, None]
    ends = {"train": slice(0, 150), "val": slice(150, N_TRAIN), "test": slice(N_TRAIN, N)}
    return {
        f"{part}_{kind}": array[rows] for part, rows in ends.items() for kind, array in (("images", x), ("labels", y))
    }


# The same with a part for training of 200 images and a part for testing.
FORMS_IN_PARTS = {
    "medmnist": lambda f, x, y: npz(f, **medmnist(x, y)),
    "keras": lambda f, x, y: npz(f, **four(x, y, "x_train", "y_train", "x_test", "y_test")),
    "scikit-learn": lambda f, x, y: npz(f, **four(x, y, "X_train", "y_train", "X_test", "y_test")),
    "trainX": lambda f, x, y: npz(f, **four(x, y, "trainX", "trainY", "testX", "testY")),
    "Xtr": lambda f, x, y: npz(f, **four(x, y, "Xtr", "ytr", "Xte", "yte")),
    "one part without a name": lambda f, x, y: npz(f, **four(x, y, "X", "y", "X_test", "y_test")),
    "usps": lambda f, x, y: hdf5(
        f, **four(x.reshape(N, 64) / np.float32(255), y, "train__data", "train__target", "test__data", "test__target")
    ),
    "keys": lambda f, x, y: (npz(f, **four(x, y, "a", "b", "c", "d")), Asked(keys=tuple("abcd"))),
    "all of emnist": lambda f, x, y: (f, Asked(keys=all_of_emnist(f, x, y), transpose=True)),
    "fer2013": lambda f, x, y: fer2013(f, x, y, in_parts=True),
    "folder of csv": lambda f, x, y: _tables(f, x, y, csv, "csv"),
    "folder of parquet": lambda f, x, y: _tables(
        f, x, y, lambda g, a, b, name: frame(a, b).to_parquet(g / name), "parquet"
    ),
    "clone from hugging face": hugging_face_clone,
    "parts from hugging face": lambda f, x, y: hugging_face_clone(f, x, y, ("train/0000", "train/0001", "test/0000")),
    "hugging face with a column split": lambda f, x, y: hugging_face(
        f, x, y, more=[("split", ["train"] * N_TRAIN + ["test"] * (N - N_TRAIN))]
    ),
    "zip of csv": lambda f, x, y: packed(f, _tables(f, x, y, csv, "csv"), "zip"),
    "zip of npy": lambda f, x, y: packed(f, _arrays(f, x, y), "zip"),
    "tar.gz of idx.gz": lambda f, x, y: packed(f, _mnist_files(f, x, y, True), "tar.gz"),
    "zip of a clone": lambda f, x, y: packed(f, hugging_face_clone(f, x, y), "zip"),
    "folder of npy": _arrays,
    "folder of npy.gz": lambda f, x, y: _arrays(f, x, y, "npy.gz"),
    "folder of idx": lambda f, x, y: _mnist_files(f, x, y, False),
    "folder of idx.gz": lambda f, x, y: _mnist_files(f, x, y, True),
}
