"""What the report says, kept in one file: tests of values stand in the tests, their wording stands in sentences.json."""

import json
import re
from pathlib import Path

import pytest

KEPT = Path(__file__).with_name("sentences.json")


class Sentences:
    """Compares texts with those that are kept in a file, by key.

    Parameters
    ----------
    path : Path
        A JSON object, sorted by key; a text of several sentences or lines is a list with one entry each.
    update : bool
        Whether a text that is new or differs is kept, rather than refused.
    test : str
        What to run to keep it.
    """

    def __init__(self, path: Path, *, update: bool, test: str):
        self.path, self.update, self.test = path, update, test

    def __call__(self, key: str, text: str) -> None:
        """Assert that a text is the one that is kept under the key."""
        kept = load(self.path)
        if self.update and kept.get(key) != text:
            save(self.path, {**kept, key: text})
            return
        command = f"\nIf it is right, keep it: pytest --update-sentences '{self.test}'"
        if key not in kept:
            pytest.fail(f"{self.path.name} has no {key!r}. The text is\n{text}{command}", pytrace=False)
        assert text == kept[key], f"{key} says something else.{command}"


def load(path: Path) -> dict[str, str]:
    """Return the kept texts by key."""
    return {key: "".join(pieces) for key, pieces in json.loads(path.read_text(encoding="utf8")).items()}


def save(path: Path, texts: dict[str, str]) -> None:
    """Keep texts, one line of the file for each of their sentences."""
    pieces = {key: re.split(r"(?<=\n)|(?<=[.?!] )", text) for key, text in sorted(texts.items())}
    shown = {key: several if len(several) > 1 else several[0] for key, several in pieces.items()}
    path.write_text(json.dumps(shown, indent=1, ensure_ascii=False) + "\n", encoding="utf8")
