"""Sentences are compared with those that are kept; none is kept that no test says."""

import json
import re
from pathlib import Path

import pytest

from tests.sentences import KEPT, Sentences, load, save

TEXT = "One sentence. Another; and:\n* a line\n* <b>é</b>\n"


def test_texts_come_back_as_they_were_kept(tmp_path):
    texts = {"b": TEXT, "a/c": "", "a": "one"}
    save(tmp_path / "kept.json", texts)
    assert load(tmp_path / "kept.json") == texts
    kept = json.loads((tmp_path / "kept.json").read_text(encoding="utf8"))
    assert list(kept) == ["a", "a/c", "b"]
    assert kept["b"][:2] == ["One sentence. ", "Another; and:\n"]


def test_a_text_is_new_or_other_or_the_same(tmp_path):
    path = tmp_path / "kept.json"
    save(path, {"other": "one"})
    strict, update = (Sentences(path, update=update, test="tests/x.py::y") for update in (False, True))
    with pytest.raises(pytest.fail.Exception, match=r"no 'new'.*\n.*two\n.*--update-sentences 'tests/x.py::y'"):
        strict("new", "two")
    with pytest.raises(AssertionError, match=r"other says something else.\n.*--update-sentences"):
        strict("other", "two")
    update("new", "two")
    update("other", "two")
    strict("new", "two")
    strict("other", "two")
    assert load(path) == {"new": "two", "other": "two"}


def test_every_kept_sentence_is_said_by_a_test(request):
    said = "".join(path.read_text(encoding="utf8") for path in Path(__file__).parent.rglob("test_*.py"))
    kept = load(KEPT)
    mentioned = {key: text for key, text in kept.items() if f'"{key}"' in said}
    if request.config.getoption("update_sentences"):
        save(KEPT, mentioned)
    else:
        assert set(kept) - set(mentioned) == set(), "pytest --update-sentences tests/test_sentences.py drops them"


# What the page's rule for numbers forbids: `common.prose` writes them otherwise.
FORBIDDEN = {
    "a hyphen as a minus sign": r"(?<![\w/.-])-\d",
    "a share as a fraction": r"accuracy[^.;,:]{0,12} 0\.\d",
    "a range with a dash": r"\d%?[–-]\d+\.\d",
    "an interval without `to`": r"\(\d+\.\d+%?, \d",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_numbers_are_written_one_way(what):
    found = {key: re.findall(FORBIDDEN[what], text) for key, text in load(KEPT).items()}
    assert {key: hits for key, hits in found.items() if hits} == {}


def test_a_score_has_as_many_digits_wherever_it_stands():
    scores = {
        key: re.findall(r"\b(?:ARI|NMI|AMI|F1)\)? (?:is |of )?(0\.\d+)", text) for key, text in load(KEPT).items()
    }
    assert {key: own for key, own in scores.items() if any(len(score) != len("0.000") for score in own)} == {}
    assert sum(map(len, scores.values())) > 20
