"""Every form that people keep images in says the same: images, labels, names of classes."""

import numpy as np
import pytest

from report_lib.data import formats, labels
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
    np.testing.assert_allclose(found * (1 if found.dtype == np.uint8 else 255), x, rtol=1e-6)
    assert len(source.parts["train"].images) == makers.N_TRAIN
    np.testing.assert_array_equal(np.concatenate([codes["train"], codes["test"]]), y)
    assert names == tuple("0123456789")
    assert source.recognised.startswith("200 + 100 images (train, test) of 8 × 8, ")
