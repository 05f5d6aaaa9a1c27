"""Labels that a person has corrected: taken where they fit the images, refused in one line where they do not."""

import hashlib

import numpy as np
import pytest

from report_lib.common import values
from report_lib.common.errors import ReportError
from report_lib.data import datasets
from report_lib.data.corrections import apply
from report_lib.data.images import ImageSet

HEAD = "part,row,label,was,mark"


@pytest.fixture
def images(rng):
    """Five train and three test images from one file, of which the test part has every third; one label is unknown."""
    pictures = rng.integers(0, 256, (8, 4, 4)).astype(np.uint8)
    return ImageSet(
        "Made", pictures[:5], pictures[5:], np.array([0, 1, 2, 0, -1]), np.array([1, 1, 2]), ("Coat", "Bag", "-1 or so"),
        train_rows=np.array([1, 2, 4, 5, 7]), test_rows=np.array([0, 3, 6]), hashes={"images": "x"},
    )  # fmt: skip


def written(tmp_path, *lines, head=HEAD, name="marks.csv"):
    path = tmp_path / name
    path.write_text("\n".join([head, *lines, ""]), encoding="utf8")
    return str(path)


def test_marked_labels_are_taken_and_all_else_stays(images, tmp_path):
    path = written(
        tmp_path, "train,7,Bag,,wrong", "train,1,Bag,Coat,wrong", "test,6,-1 or so,-1 or so,right",
        "test,0,,Bag,unsure", "test,3,Coat,Bag,wrong",
    )  # fmt: skip
    found = apply(images, path)
    assert found.train_labels.tolist() == [1, 1, 2, 0, 1]
    assert found.test_labels.tolist() == [1, 0, 2]
    assert images.test_labels.tolist() == [1, 1, 2]
    assert found.marks.n_corrected == {"train": 2, "test": 1}
    assert (found.marks.n_confirmed, found.marks.n_unsure, found.marks.file) == (1, 1, "marks.csv")
    assert found.marks.rows["train"].tolist() == [1, 7]
    assert found.marks.before["train"].tolist() == [0, -1]
    digest = hashlib.sha256((tmp_path / "marks.csv").read_bytes()).hexdigest()
    assert found.hashes == {"images": "x", "corrections": digest}
    assert values.digest(found) != values.digest(images)


@pytest.mark.parametrize("head", ["part;row;label", "Part\trow\tLABEL", "\ufeffrow,name,label,part"])
def test_what_a_spreadsheet_makes_of_the_file_is_read(images, tmp_path, head):
    cells = {"part": "train", "row": "4", "label": "'-1 or so", "name": "x, y"}
    separator = next(s for s in ";\t," if s in head)
    line = separator.join(f'"{cells[name.strip(chr(0xFEFF)).lower()]}"' for name in head.split(separator))
    assert apply(images, written(tmp_path, line, head=head)).marks.n_confirmed == 1


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["test,1,Coat,Bag,wrong"], r"line 2: no test image has row 1; mark images in a report on this data"),
        (["test,0,Coat,Bag,wrong", "train,99,Bag,,"], r"line 3: no train image has row 99; "),
        (["test,0,Boot,Bag,wrong"], r"line 2: no class 'Boot'; did you mean Coat\?|classes are Coat, Bag"),
        (["test,0,Bog,Bag,wrong"], r"line 2: no class 'Bog'; did you mean Bag\?"),
        (
            ["test,0,Coat,Coat,wrong"],
            r"line 2: the label of test row 0 is Bag and not 'Coat'; the marks are of other labels",
        ),
        (["train,7,Coat,Coat,wrong"], r"the label of train row 7 is unknown and not 'Coat'"),
        (["test,0,Coat,Bag,", "test,0,Bag,Bag,"], r"line 3: a second label for test row 0; leave one of the two"),
        (["val,0,Coat,Bag,"], r"line 2: part is 'val'; write train or test"),
        (["test,first,Coat,Bag,"], r"line 2: row is 'first'; write the number"),
        (["test,-3,Coat,Bag,"], r"line 2: row is '-3'; "),
        (["test"], r"line 2: row is ''; "),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_one_line(images, tmp_path, lines, said):
    with pytest.raises(ReportError, match=said) as refused:
        apply(images, written(tmp_path, *lines))
    assert "\n" not in str(refused.value)
    assert "marks.csv" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: no column part, row or label; it takes part, row, label"),
        ("image,label\n1,Bag\n", "line 1: no column part or row"),
    ],
)
def test_another_table_is_refused(images, tmp_path, content, said):
    (tmp_path / "other.csv").write_text(content)
    with pytest.raises(ReportError, match=said):
        apply(images, str(tmp_path / "other.csv"))


def test_a_file_that_is_not_there_and_images_without_labels_are_refused(images, tmp_path):
    path = written(tmp_path, "test,0,Coat,Bag,wrong")
    with pytest.raises(ReportError, match=r"marks2\.csv: no such file or folder; did you mean marks\.csv\?"):
        apply(images, path.replace("marks", "marks2"))
    with pytest.raises(ReportError, match="is a folder; name the CSV file"):
        apply(images, str(tmp_path))
    with pytest.raises(ReportError, match="corrects labels, and there are none; leave it out"):
        apply(images.without_labels(), path)


def test_a_data_set_is_loaded_with_its_corrections(tmp_path):
    plain = datasets.load("digits")
    row, was = plain.rows["test"][3], plain.test_labels[3]
    path = written(tmp_path, f"test,{row},{(was + 1) % 10},{was},wrong")
    found = datasets.load("digits", corrections=path)
    assert np.flatnonzero(found.test_labels != plain.test_labels).tolist() == [3]
    assert found.known.marks is found.marks
    assert found.without_labels().marks is None
    # A later phase holds itself to the file that the first one read.
    assert datasets.load("digits", corrections=path, sha256=found.hashes).marks.n_corrected["test"] == 1
    written(tmp_path, f"test,{row},{was},{was},right")
    with pytest.raises(ReportError, match=r"marks\.csv: replaced while the run was under way \(corrections\)"):
        datasets.load("digits", corrections=path, sha256=found.hashes)
