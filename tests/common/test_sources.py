"""Which code a module rests on, followed through its imports."""

import ast
import os

import pytest

from report_lib.common import sources

FILES = {
    "__init__": "",
    "one/__init__": "",
    "one/top": '"""Words."""\nfrom report_lib.one import middle\n\n\ndef run():\n    """Words."""\n    return middle.run()\n',
    "one/middle": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from report_lib.one import types\n\n\n"
    "def run():\n    from report_lib.one.bottom import VALUE\n\n    return VALUE\n",
    "one/bottom": "# why\nVALUE = 1\nFUNCTION = 'table.function'\n",
    "one/table": "def function():\n    return 2\n",
    "one/types": "class Kind: ...\n",
    "one/other": "VALUE = 3\n",
}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name, text in FILES.items():
        path = tmp_path / "report_lib" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    return tmp_path / "report_lib" / "one"


def closure():
    return sources.closure(["report_lib.one.top"])


def test_imports_are_followed_also_lazy_ones_and_those_that_a_table_names(tree):
    names = [name.removeprefix("report_lib.one.") for name in closure()]
    assert names == ["report_lib", "report_lib.one", "bottom", "middle", "table", "top"]


@pytest.mark.parametrize("name", ["top", "middle", "bottom", "table"])
def test_a_change_anywhere_below_is_seen(tree, name):
    before = closure()
    path = tree / f"{name}.py"
    path.write_text(path.read_text() + "\nMORE = 1\n")
    after = closure()
    assert [own for own in before if before[own] != after[own]] == [f"report_lib.one.{name}"]


@pytest.mark.parametrize("name", ["types", "other"])
def test_what_is_not_imported_at_run_time_does_not_count(tree, name):
    before = closure()
    (tree / f"{name}.py").write_text("VALUE = 4\n")
    assert closure() == before


def test_words_about_code_do_not_count(tree):
    before = closure()
    path = tree / "top.py"
    path.write_text("# A comment.\n" + path.read_text().replace("Words.", "Other\nwords.").replace("\n\n\n", "\n\n"))
    assert closure() == before


@pytest.mark.parametrize(
    ("one", "other"),
    [('TEXT = """\n# one\n"""', 'TEXT = """\n# two\n"""'), ('def f(): "d"; return 1', 'def f(): "d"; return 2'),
     ("def f(x=1): ...", "def f(x=2): ...")],
)  # fmt: skip
def test_what_only_looks_like_words_counts(tree, one, other):
    (tree / "bottom.py").write_text(one)
    before = closure()
    (tree / "bottom.py").write_text(other)
    assert closure() != before
    (tree / "bottom.py").write_text(other + "  # why")
    after = closure()
    (tree / "bottom.py").write_text(other)
    assert closure() == after


def test_what_was_written_after_a_start_is_known(tree):
    path = tree / "bottom.py"
    os.utime(path, (1_000, 1_000))
    assert not sources.changed_since(["report_lib.one.bottom"], 1_000)
    assert sources.changed_since(["report_lib.one.bottom"], 999)


def test_a_string_that_is_no_docstring_counts(tree):
    before = closure()
    path = tree / "bottom.py"
    path.write_text(path.read_text().replace("'table.function'", "'table.another'"))
    assert closure() != before


def test_what_a_cell_imports(tree):
    cell = ast.parse("from report_lib.one import middle, top\nimport numpy as np\nfrom report_lib.one.top import run\n")
    assert sources.imported_by(cell) == ["report_lib", "report_lib.one", "report_lib.one.middle", "report_lib.one.top"]


def test_the_librarys_own_tables_are_followed():
    found = sources.closure(["report_lib.clustering.methods"])
    assert "report_lib.clustering.fitting" in found
    assert "report_lib.clustering.graph_clustering" in found
    assert not [name for name in found if ".figures" in name or ".findings" in name or ".page" in name]
