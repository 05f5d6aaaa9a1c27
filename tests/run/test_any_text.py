"""Whatever text is given as parameters or as names: it is taken or refused in a line, and shown as text and nothing else."""

import csv
import html
import json
import os
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from report_lib.__main__ import LONGEST, _load, _parser
from report_lib.classification.predictor import Answers
from report_lib.common import style
from report_lib.common.errors import ReportError
from report_lib.data import text
from report_lib.page.embed import script_json
from report_lib.page.predictions import predictions_page
from report_lib.page.stills.text import plain
from report_lib.run.artifacts import write_csv
from report_lib.run.params import SECTIONS, Params, load_params
from tests import hostile

# More by hand: TEXTS=10000.
tried = settings(
    max_examples=int(os.environ.get("TEXTS", "100")),
    deadline=None,
    derandomize="TEXTS" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PARAMETERS = [f"{section}.{name}" for section in SECTIONS for name in SECTIONS[section].model_fields]
VALUES = st.one_of(
    st.text(max_size=40),
    st.integers().map(str),
    st.floats().map(str),
    st.lists(st.integers(), max_size=4).map(str),
    st.sampled_from(["~", "[", "{a: &a [*a]}", "!!python/object:os.system x", "auto", "[auto, auto]", "1e999", "0x1F", "yes",
                     "9" * 5000, "[" * 300, "*x", "|", "? a", "<<: 1", "2001-01-01", "\0", "\x85", "'", "-0", ".nan"]),
)  # fmt: skip
SETTINGS = st.one_of(
    st.builds("{}={}".format, st.sampled_from([*PARAMETERS, "seed", "name"]), VALUES), st.text(max_size=60)
)
LINES = st.one_of(
    st.builds("{}: {}".format, st.sampled_from([*SECTIONS, "seed", "name", "<<"]), VALUES),
    st.builds("  {}: {}".format, st.sampled_from([name.partition(".")[2] for name in PARAMETERS]), VALUES),
    st.text(max_size=30),
)
NAMES = st.one_of(st.sampled_from(hostile.CLASSES + hostile.FILES), st.text(max_size=80))


def taken_or_refused(load):
    said = "taken"
    try:
        assert isinstance(load(), Params)
    except ReportError as error:
        said = str(error)
    assert len(said.splitlines()) == 1
    assert len(said) <= LONGEST


@tried
@given(lines=st.lists(LINES, max_size=6))
def test_any_parameter_file(lines, tmp_path):
    (tmp_path / "any.yaml").write_text("\n".join(lines), encoding="utf8", errors="replace", newline="")
    taken_or_refused(lambda: load_params(tmp_path / "any.yaml"))


@tried
@given(data=st.binary(max_size=200))
def test_any_bytes_as_a_parameter_file(data, tmp_path):
    (tmp_path / "any.yaml").write_bytes(data)
    taken_or_refused(lambda: load_params(tmp_path / "any.yaml"))


@tried
@given(given_settings=st.lists(SETTINGS, max_size=3))
def test_any_settings(given_settings):
    words = ["report", "--params", "params/digits.yaml", f"--set={' '.join(given_settings)}"]
    taken_or_refused(lambda: _load(_parser().parse_args(words)))


class Seen(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, tuple(name for name, _ in attributes)))

    def handle_data(self, data):
        self.texts.append(data)


def answered(name, called):
    ones = np.ones(3, np.float32)
    answers = Answers(np.zeros(3, int), np.array([0, 1, 0]), ones, ones, ones, ones, ones)
    images = np.zeros((3, 4, 4), np.uint8)
    return Seen(
        predictions_page(answers, images, [called] * 3, [name, "other"], run="a run", table="x.csv", said=called)
    )


@tried
@given(name=NAMES, called=NAMES)
def test_any_name_is_text_on_the_page_of_predictions(name, called):
    name, called = text.visible(np.array([f"{name}.", f"{called}."])).tolist()
    seen, plain = answered(name, called), answered("plain", "plain")
    assert seen.tags == plain.tags
    assert name.strip() in "".join(seen.texts)


@tried
@given(name=NAMES)
def test_any_name_is_text_in_charts_and_their_pictures(name):
    escaped = style.escape(name)
    assert "<" not in escaped
    assert html.unescape(escaped) == name
    inside = plain(escaped)
    ElementTree.fromstring(f"<svg>{html.escape(inside, quote=False)}</svg>")


@tried
@given(names=st.lists(NAMES, max_size=5))
def test_any_name_is_data_in_the_pages_script(names):
    told = script_json({"names": names})
    assert json.loads(told) == {"names": names}
    assert "</" not in told
    assert "<!--" not in told


@tried
@given(names=st.lists(NAMES, min_size=2, max_size=4))
def test_any_name_is_a_cell_of_a_table(names, tmp_path):
    names = text.visible(np.array(names)).tolist()
    write_csv(tmp_path / "any.csv", names, [names])
    with (tmp_path / "any.csv").open(encoding="utf8", newline="") as file:
        head, row = csv.reader(file)
    assert head == row
    assert [cell.removeprefix("'") for cell in row] == [name.removeprefix("'") for name in names]
    for cell in row:
        if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
            float(cell)


@tried
@given(names=st.lists(NAMES, max_size=6))
def test_names_of_classes_are_short_visible_and_different(names):
    shown = text.visible_classes(names)
    assert len(set(shown)) == len(shown) == len(names)
    assert all(len(name) <= 70 for name in shown)
    assert not set("".join(shown)) & set("\0\x1b\n\u202e\u2066")
    assert all(
        a == b for a, b in zip(shown, names, strict=True) if b.isprintable() and len(b) <= 60 and names.count(b) == 1
    )


@pytest.mark.parametrize("name", ["Ankle boot", "می\u200cخواهم", "👩\u200d🔬", "T-shirt/top", "名前", "a  b"])
def test_what_people_call_things_stays_as_it_is(name):
    assert text.visible_classes([name]) == (name,)


def test_names_that_look_alike_once_they_are_short_are_numbered():
    assert text.visible_classes(["x" * 100, "x" * 101, "\0", "\1"]) == (
        "x" * 59 + "…",
        "x" * 59 + "… (2)",
        "\N{REPLACEMENT CHARACTER}",
        "\N{REPLACEMENT CHARACTER} (2)",
    )
