"""Files of every form with some of their bytes changed are read, or refused in a line: nothing else ever comes out."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from report_lib.common.errors import ReportError
from report_lib.data import datasets
from report_lib.data.images import ImageSet
from tests.data import makers

N = 24


def zip_of_pictures(folder, x, y):
    (folder / "pictures").mkdir()
    for i, (image, label) in enumerate(zip(x, y, strict=True)):
        (folder / "pictures" / f"{label}").mkdir(exist_ok=True)
        (folder / "pictures" / f"{label}" / f"{i}.png").write_bytes(makers.png(image))
    return makers.packed(folder, folder / "pictures", "zip")


FORMS = {
    "npy": lambda f, x, y: makers.npy(f, x),
    "npz": lambda f, x, y: makers.npz(f, X=x, y=y),
    "csv": makers.csv,
    "idx": makers.idx,
    "zip of pictures": zip_of_pictures,
    "tar of csv": lambda f, x, y: makers.packed(f, makers.csv(f, x, y), "tar"),
    "parquet": makers.parquet,
    "mat": lambda f, x, y: makers.mat(f, X=x, y=y),
}
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "put", "insert", "remove", "cut"]),
        # Heads and ends are what readers believe.
        st.one_of(st.integers(0, 130), st.integers(-130, -1), st.integers(0, 2**20)),
        st.binary(min_size=1, max_size=9),
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the path and the bytes of a good file of each form, each in a folder of its own."""
    x, y = (array[:N] for array in makers.digits())
    paths = {form: make(tmp_path_factory.mktemp("good"), x, y % 3) for form, make in FORMS.items()}
    return {form: (path, path.read_bytes()) for form, path in paths.items()}


def changed(data, changes):
    for kind, at, by in changes:
        at %= len(data) or 1
        after = {"put": at + len(by), "insert": at, "remove": at + 16 * len(by), "cut": len(data)}[kind]
        data = data[:at] + (by if kind in ("put", "insert") else b"") + data[after:]
    return data


@settings(max_examples=300, derandomize=True, deadline=None, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(form=st.sampled_from(sorted(FORMS)), changes=CHANGES)
def test_changed_bytes_are_read_or_refused_in_a_line(made, form, changes):
    path, data = made[form]
    path.write_bytes(changed(data, changes))
    said, found = outcome(path)
    assert len(said) < 500
    assert "\n" not in said
    assert said or (isinstance(found, ImageSet) and found.train_images.dtype in (np.uint8, np.float32))


def outcome(path):
    """Return what is said against a file, or else what it holds."""
    try:
        return "", datasets.load(str(path))
    except ReportError as error:
        return str(error), None
