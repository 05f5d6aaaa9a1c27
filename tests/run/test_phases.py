"""What each phase is made of: exactly the phases run again that something of was changed."""

import json
import shutil

import nbformat
import pytest

from report_lib import ROOT
from report_lib.common import facts, sources
from report_lib.common.store import Store
from report_lib.run import phases
from report_lib.run.artifacts import PHASES, Run, notebook_name
from report_lib.run.params import load_params
from report_lib.run.plan import notebook_parameters

NOTEBOOKS = ROOT / "notebooks"
CLUSTERING = "clustering"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the library and its notebooks that a test may change, and a run of which nothing is there."""
    shutil.copytree(ROOT / "report_lib", tmp_path / "report_lib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*"))
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    return tmp_path


def made_of(project, *settings, images="hash", run=None):
    params = load_params(ROOT / "params" / "digits.yaml", list(settings))
    run = run or Run(params.name, project / "build" / params.name)
    read = {phase: phases.read_source(project / "notebooks" / notebook_name(phase)) for phase in PHASES}
    return {p: phases.parts_of(read[p], p, notebook_parameters(params, p), images, run) for p in PHASES}


def changed(before, after):
    return [phase for phase in PHASES if phases.key_of(phase, before[phase]) != phases.key_of(phase, after[phase])]


def edit(project, phase, position, text):
    path = project / "notebooks" / notebook_name(phase)
    nb = nbformat.read(path, as_version=4)
    nb.cells[position].source += text
    nbformat.write(nb, path)


def first(project, phase, kind):
    nb = nbformat.read(project / "notebooks" / notebook_name(phase), as_version=4)
    return next(i for i, cell in enumerate(nb.cells) if cell.cell_type == kind and i > 3)


def test_nothing_changed(project):
    assert changed(made_of(project), made_of(project)) == []


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("clustering.k_max=15", ["clustering"]),
        # The other phases hang on the labels, which the hash of the images holds.
        ("dataset.corrections=marks.csv", ["understanding"]),
        ("classification.n_folds=4", ["classification"]),
        ("understanding.n_bins=9", ["understanding"]),
        ("dataset.use_labels=false", ["understanding"]),
        ("seed=7", list(PHASES)),
        ("store_gigabytes=1", []),
        ("cell_timeout=10", []),
        # The last phase says how to ask the run by its name.
        ("name=another", ["classification"]),
    ],
)
def test_a_parameter_concerns_the_phases_that_are_given_it(project, setting, expected):
    assert changed(made_of(project), made_of(project, setting)) == expected


def test_code_of_a_notebook_concerns_its_phase(project):
    before = made_of(project)
    edit(project, CLUSTERING, first(project, CLUSTERING, "code"), "\nmore = 1")
    assert changed(before, made_of(project)) == [CLUSTERING]


def test_markdown_and_comments_of_a_notebook_concern_nothing(project):
    before = made_of(project)
    edit(project, CLUSTERING, first(project, CLUSTERING, "markdown"), "\n\nAnother sentence.")
    edit(project, CLUSTERING, first(project, CLUSTERING, "code"), "\n# Why this is so.")
    assert changed(before, made_of(project)) == []


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("clustering/figures/panel", ["clustering"]),
        # The last phase sums up what all have found.
        ("clustering/panel", ["clustering", "classification"]),
        ("reduction/figures/layouts", ["reduction"]),
        ("common/style", list(PHASES)),
        # Three imports away from every notebook.
        ("common/errors", list(PHASES)),
        ("page/exporter", []),
        ("page/stills/axes", []),
        ("run/sizes", []),
    ],
)
def test_a_module_concerns_the_phases_that_import_it(project, module, expected):
    before = made_of(project)
    path = project / "report_lib" / f"{module}.py"
    path.write_text(path.read_text() + "\nMORE = 1\n")
    after = made_of(project)
    if module == "clustering/panel":
        assert CLUSTERING in changed(before, after)
        assert {"understanding", "reduction"}.isdisjoint(changed(before, after))
    else:
        assert changed(before, after) == expected


def test_more_markdown_moves_cells_and_concerns_nothing(project):
    before = made_of(project)
    path = project / "notebooks" / notebook_name(CLUSTERING)
    nb = nbformat.read(path, as_version=4)
    nb.cells.insert(5, nbformat.v4.new_markdown_cell("More words."))
    nbformat.write(nb, path)
    assert changed(before, made_of(project)) == []


def test_of_the_cell_of_parameters_what_is_no_parameter_counts(project):
    before = made_of(project)
    edit(project, CLUSTERING, 2, "\nseed = 5")
    assert changed(before, made_of(project)) == []
    edit(project, CLUSTERING, 2, "\nthreshold = 0.5")
    half = made_of(project)
    assert changed(before, half) == [CLUSTERING]
    edit(project, CLUSTERING, 2, "\nthreshold = 0.7")
    assert changed(half, made_of(project)) == [CLUSTERING]


def test_what_is_not_plain_python_may_use_anything(project):
    edit(project, CLUSTERING, 1, "\n%matplotlib inline")
    before = made_of(project)
    path = project / "report_lib" / "page" / "pdf.py"
    path.write_text(path.read_text() + "\nMORE = 1\n")
    assert changed(before, made_of(project)) == [CLUSTERING]


@pytest.mark.parametrize(
    "code",
    ["x = [folder.load(k) for k in ('maps',)]", "x = folder.load(key='autoencoders')", "x = folder.path('autoencoders')",
     "%time folder.load('autoencoders')"],
)  # fmt: skip
def test_what_is_loaded_some_other_way_counts_too(project, code):
    run = Run("digits", project / "build" / "digits")
    run.path("autoencoders").parent.mkdir(parents=True)
    run.path("autoencoders").write_bytes(b"one")
    edit(project, CLUSTERING, first(project, CLUSTERING, "code"), f"\n{code}")
    before = made_of(project, run=run)
    run.path("autoencoders").write_bytes(b"other")
    assert CLUSTERING in changed(before, made_of(project, run=run))


def test_other_images_concern_all(project):
    assert changed(made_of(project), made_of(project, images="other")) == list(PHASES)


@pytest.mark.parametrize("name", ["lock", "python", "numpy", "threads", "processor"])
def test_the_lock_python_packages_and_the_machine_concern_all(project, monkeypatch, name):
    before, now = made_of(project), facts.surroundings()
    monkeypatch.setattr(facts, "surroundings", lambda: now | {name: "another"})
    assert changed(before, made_of(project)) == list(PHASES)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("features", ["clustering", "classification"]),
        ("clusters", ["classification"]),
        ("autoencoders", ["classification"]),
        # Nobody computes with what a clock has measured.
        ("times", []),
    ],
)
def test_an_artifact_concerns_the_phases_that_read_it(project, key, expected):
    run = Run("digits", project / "build" / "digits")
    run.path(key).parent.mkdir(parents=True)
    run.path(key).write_bytes(b"one")
    before = made_of(project, run=run)
    run.path(key).write_bytes(b"other")
    assert changed(before, made_of(project, run=run)) == expected


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ({}, None, "for the first time"),
        ({"parameter k_max": "15"}, {"parameter k_max": "12"}, "because k_max changed from 12 to 15"),
        ({"module report_lib.clustering.panel": "a"}, {"module report_lib.clustering.panel": "b"},
         "because report_lib/clustering/panel.py changed"),
        ({"images": "a"}, {"images": "b"}, "because the images changed"),
        ({"fact lock": "a"}, {"fact lock": "b"}, "because requirements.lock changed"),
        ({"fact python": "3.12.1"}, {"fact python": "3.11.7"}, "because python changed from 3.11.7 to 3.12.1"),
        ({"cell 1": "a"}, {"cell 1": "b"}, "because the code under 'How many groups' changed"),
        ({"parameter a": "1", "parameter b": "2", "images": "x", "fact lock": "y"}, {"images": "z"},
         "because a changed from nothing to 1, b changed from nothing to 2 and 2 more"),
        ({"images": "a"}, {"images": "a"}, "because what it left is not there any more"),
    ],
)  # fmt: skip
def test_it_is_said_why_a_phase_runs(now, before, said):
    cells = [
        {"cell_type": "markdown", "source": "## How many groups\n\nWords."},
        {"cell_type": "code", "source": ""},
        {"cell_type": "code", "source": "1"},
    ]
    assert phases.why(now, before, {"cells": cells}) == said


def test_what_a_phase_left_comes_back_with_the_words_of_today(tmp_path):
    source = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_markdown_cell("old words"),
        nbformat.v4.new_code_cell("run = 1", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("print(1)"),
    ])  # fmt: skip
    executed = nbformat.v4.new_notebook(cells=[
        source.cells[0], source.cells[1],
        nbformat.v4.new_code_cell('run = "one"\nk = 3', metadata={"tags": ["injected-parameters"]}),
        nbformat.v4.new_code_cell("print(1)", outputs=[nbformat.v4.new_output("stream", text="1")], execution_count=3),
    ])  # fmt: skip
    store, one, two = Store(tmp_path / "store"), Run("one", tmp_path / "one"), Run("two", tmp_path / "two")
    one.save("clusters", train=[1, 2])
    phases.keep(store, "key", CLUSTERING, phases.Finished(executed, {"sections": {"a": 1.0}}), one)
    source.cells[0].source, source.cells[2].source = "new words", "print(1)  # so"
    told = phases.read_source(_written(source, tmp_path / "source.ipynb"))
    found = phases.take(store, "key", CLUSTERING, told, two)
    assert [cell.source for cell in found.notebook.cells] == [
        "new words",
        "run = 1",
        'run = "two"\nk = 3',
        "print(1)  # so",
    ]
    assert found.notebook.cells[3].outputs[0].text == "1"
    assert found.facts == {"sections": {"a": 1.0}}
    assert two.path("clusters").read_bytes() == one.path("clusters").read_bytes()
    assert phases.take(store, "another", CLUSTERING, told, two) is None


def _written(nb, path):
    nbformat.write(nb, path)
    return path


@pytest.mark.parametrize("text", ["", "{", "[]", '{"phases": {}}', "null", '"a"'])
def test_a_record_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / phases.MADE_OF).write_text(text)
    assert phases.read_made_of(tmp_path) == {}


def test_files_are_known_by_their_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    found = phases.files_of(tmp_path)
    assert list(found) == ["a/x"]
    (tmp_path / "a" / "x").write_text("2")
    assert phases.files_of(tmp_path, found) != found
    (tmp_path / "a" / "x").unlink()
    assert phases.files_of(tmp_path, found) == {"a/x": "not there"}
    assert json.dumps(found)
