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


@pytest.fixture
def notes(tree, tmp_path):
    """Where processes share what they have read, and a way to forget all of it, as a new process has."""
    file = tmp_path / "store" / "notes.json"

    def forget():
        sources._notes.clear()
        sources._parsed.cache_clear()
        sources.share_in(file)

    forget()
    yield file, forget
    sources.share_in(None)
    sources._notes.clear()


def test_what_one_process_has_read_another_need_not_parse(tree, notes, monkeypatch):
    _, forget = notes
    before = closure()
    forget()
    with monkeypatch.context() as patch:
        patch.setattr(sources.ast, "parse", None)
        assert closure() == before
    forget()
    (tree / "bottom.py").write_text("VALUE = 2\n")
    changed = closure()
    assert changed["report_lib.one.bottom"] != before["report_lib.one.bottom"]
    assert "report_lib.one.table" not in changed


def test_a_module_that_is_new_is_found_although_nothing_else_changed(tree, notes):
    _, forget = notes
    (tree / "table.py").unlink()
    assert "report_lib.one.table" not in closure()
    forget()
    (tree / "table.py").write_text("VALUE = 5\n")
    assert "report_lib.one.table" in closure()


@pytest.mark.parametrize(
    "damage",
    [lambda _: "", lambda text: text[:-9], lambda _: "[1]", lambda _: '{"sum": 1, "notes": 2}',
     lambda text: text.replace("one.table", "one.other")],
)  # fmt: skip
def test_notes_that_are_not_what_was_written_are_made_again(notes, damage):
    file, forget = notes
    before, written = closure(), file.read_text()
    file.write_text(damage(written))
    forget()
    assert closure() == before
    assert file.read_text() == written


def test_who_only_reads_notes_does_not_write_them(notes):
    file, forget = notes
    closure()
    os.utime(file, (1_000, 1_000))
    forget()
    closure()
    assert file.stat().st_mtime == 1_000


def test_where_nothing_can_be_written_nothing_is_shared(notes):
    file, forget = notes
    before = closure()
    file.unlink()
    file.parent.rmdir()
    file.parent.write_text("not a folder")
    forget()
    assert closure() == before
