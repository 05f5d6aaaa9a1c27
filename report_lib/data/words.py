"""What people call things: columns and arrays of labels and names, and the parts of a set."""

import re

# Arrays of images, and columns that have all pixels of one.
IMAGES = {"x", "image", "images", "img", "imgs", "data", "pixel", "pixels", "face", "faces", "fea", "feature",
          "features", "input", "inputs"}  # fmt: skip
# Columns and arrays of labels; where none is called so, those behind.
LABELS = ("label", "labels", "class", "y", "target", "targets", "category", "classes", "cls", "lab", "gnd")
LABELS_ELSE = ("class_name", "label_name", "category_name")
# Columns that say which image a row is about, the most telling first.
NAMES = ("file_name", "filename", "file", "image", "image_name", "image_id", "id", "name", "path", "img")
# Columns that say which part a row belongs to.
SPLITS = ("usage", "split", "subset", "partition", "set", "part")
_PARTS = {
    "train": {"train", "training", "trn", "tr"},
    "validation": {"val", "valid", "validation", "dev"},
    "test": {"test", "testing", "tst", "te", "t10k"},
}
_GLUED = re.compile(r"([xy])(train|tr|test|te|val|valid)|(train|test|val|valid)([xy])")


def words(key: str) -> set[str]:
    """Return the words of a name in small letters: of `testImages`, test and images; of `xtr`, x and tr."""
    found = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", key)}
    glued = [match for match in map(_GLUED.fullmatch, found) if match]
    return (
        found
        | {half for match in glued for half in match.groups() if half}
        | ({"t10k"} if "t10k" in key.lower() else set())
    )


def part_of(key: str) -> str:
    """Return the part that a name says: `train`, `validation` or `test`; else `all`."""
    found = words(key)
    return next((name for name, known in _PARTS.items() if found & known), "all")
