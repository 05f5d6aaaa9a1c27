"""A record says what to do again, where today differs from it, and whether the same came out."""

import json
import re
import subprocess
import sys

import pytest

from report_lib import ROOT
from report_lib.common.errors import ReportError
from report_lib.run import publish, record, reproduce
from report_lib.run.params import load_params

RECORD = {
    "parameters": {"name": "mine", "seed": 3}, "commit": "a" * 40, "changes": "", "lock": "b" * 64, "threads": 2,
    "processor": "one", "versions": {"numpy": "2.4.6"}, "data": {"images": "c" * 64},
}  # fmt: skip


def test_a_page_and_a_folder_carry_the_record(tmp_path):
    text = json.dumps(RECORD)
    (tmp_path / "provenance.json").write_text(text)
    (tmp_path / "report.html").write_text(f'<p>x</p><script type="application/json" id="provenance">{text}</script>')
    for path in (tmp_path, tmp_path / "provenance.json", tmp_path / "report.html"):
        assert reproduce.read(path) == RECORD
    assert reproduce.params_of(RECORD, tmp_path).seed == 3


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", "{"), ("a.json", "[]"), ("a.json", '{"parameters": 1}'), ("a.html", "<p>nothing</p>")]
)
def test_what_holds_no_record_is_refused_in_one_line(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(ReportError, match="holds no record of a run"):
        reproduce.read(tmp_path / name)
    with pytest.raises(ReportError, match=r"not-there\.json: No such file"):
        reproduce.read(tmp_path / "not-there.json")


def test_a_record_of_another_version_says_what_it_does_not_know(tmp_path):
    record = RECORD | {"parameters": {"name": "mine", "clustering": {"k_most": 3}}}
    with pytest.raises(ReportError, match=r"clustering\.k_most: Extra inputs .* another version .* aaaaaaaaaaaa"):
        reproduce.params_of(record, tmp_path)


def test_all_that_a_run_is_asked_for_can_be_read_from_its_record():
    params = load_params("params/own.yaml", ["dataset.source=digits", "clustering.k_max=9"])
    record = json.loads(json.dumps({"parameters": params.model_dump(mode="json")}))
    assert reproduce.params_of(record, None) == params


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"commit": "d" * 40}, ["commit: aaaaaaaaaaaa in the record, dddddddddddd now"]),
        ({"changes": "e" * 64}, ["changes to the commit: none in the record, eeeeeeeeeeee now"]),
        ({"lock": "f" * 64}, ["requirements.lock: bbbbbbbbbbbb in the record, ffffffffffff now"]),
        ({"threads": 1}, ["threads: 2 in the record, 1 now"]),
        ({"versions": {"numpy": "3.0"}}, ["numpy: 2.4.6 in the record, 3.0 now"]),
        ({"versions": RECORD["versions"] | {"torch": "2"}}, ["torch: none in the record, 2 now"]),
        ({"data": {"images": "0"}}, ["images are other data than those of the record"]),
    ],
)  # fmt: skip
def test_it_is_said_where_today_differs(changed, said):
    assert reproduce.differences(RECORD, RECORD | changed) == said


@pytest.fixture
def pair(tmp_path):
    def make(one, other):
        folders = []
        for name, numbers in (("one", one), ("other", other)):
            folder = tmp_path / name
            folder.mkdir()
            (folder / "metrics.json").write_text(json.dumps(numbers))
            folders.append(folder)
        return folders

    return make


def test_numbers_that_differ_are_listed_one_by_one(pair):
    one, other = pair({"a": {"x": 1.0, "y": [1, 2]}, "n": None}, {"a": {"x": 1.0000001, "y": [1, 3]}, "n": 1, "m": 2})
    assert list(reproduce.compare(one, other, alike=True)) == [
        "a.x: 1.0000001, not 1.0", "a.y[1]: 3, not 2", "m: 2, not None", "n: 1, not None"
    ]  # fmt: skip
    # On another machine the last digits may differ.
    assert "a.x: 1.0000001, not 1.0" not in list(reproduce.compare(one, other, alike=False))
    assert "a.y[1]: 3, not 2" in list(reproduce.compare(one, other, alike=False))


def test_files_are_compared_where_the_same_bytes_are_to_be_expected(pair):
    one, other = pair({"a": 1}, {"a": 1})
    block = '<script type="application/json" id="provenance">{}</script>'
    for folder, time in ((one, "1"), (other, "2")):
        (folder / "report.html").write_text("page" + block.format(time))
        (folder / "times.json").write_text(time)
    names = ["metrics.json", "report.html", "times.json", "x.npz"]
    (one / publish.MADE).write_text("".join(f"{'0' * 64}  {name}\n" for name in names))
    assert list(reproduce.compare(one, other, alike=True)) == []
    (other / "report.html").write_text("another page" + block.format("2"))
    (one / "x.npz").write_bytes(b"1")
    assert list(reproduce.compare(one, other, alike=True)) == ["report.html: other bytes", "x.npz: other bytes"]
    assert list(reproduce.compare(one, other, alike=False)) == []


@pytest.mark.parametrize(
    ("path", "settings", "command"),
    [
        ("fashion_mnist", [], "make report"),
        ("classic", [], "make report PARAMS=params/classic.yaml"),
        (
            "digits",
            ["seed=7", "reduction.representations=[pixels,pca]"],
            'make report PARAMS=params/digits.yaml SET="seed=7 reduction.representations=[pixels,pca]"',
        ),
        # Whoever has the page alone has its record.
        ("digits", ["name=other"], "make report FROM=report.html"),
        ("digits", ["dataset.class_names=[a b,c,d,e,f,g,h,i,'j$(k)',l]"], "make report FROM=report.html"),
    ],
)
def test_the_command_asks_for_the_same_run(path, settings, command):
    asked = load_params(ROOT / "params" / f"{path}.yaml", settings)
    assert record.command(asked) == command
    given = re.search(r'SET="(.*)"', command)
    if "FROM" not in command:
        assert load_params(ROOT / "params" / f"{path}.yaml", given[1].split() if given else []) == asked


def test_memory_is_that_of_a_process_and_of_what_it_starts():
    large = "import sys; held = b'1' * 150_000_000; print('ready', flush=True); sys.stdin.read()"
    starter = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {large!r}])"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", starter], **pipes) as process:
        process.stdout.readline()
        seen = {}
        with record.peak_memory(process.pid, seen):
            pass
        process.stdin.close()
    assert 150e6 < seen["peak_memory"] < 220e6
