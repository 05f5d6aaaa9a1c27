"""The notebooks keep their contract, and each runs by itself."""

import ast
import io
import re
import tokenize
import typing
from pathlib import Path

import nbformat
import papermill
import pytest

from report_lib.run.artifacts import PHASES, notebook_name
from report_lib.run.params import Params, load_params
from report_lib.run.pipeline import notebook_parameters

ROOT = Path(__file__).resolve().parent.parent
KINDS = {"int": int, "float": float, "str": str, "bool": bool, "list": list, "int, str": (int, str)}


def read(phase):
    return nbformat.read(ROOT / "notebooks" / notebook_name(phase), as_version=4)


def parameter_cell(phase):
    (cell,) = [c for c in read(phase).cells if "parameters" in c.metadata.get("tags", [])]
    return cell.source


def declared(source):
    """Return name -> (annotation, default, comment) of a parameters cell."""
    comments = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            comments[token.start[0]] = token.string.lstrip("# ")
    found = {}
    for node in ast.parse(source).body:
        assert isinstance(node, ast.AnnAssign), f"not a typed parameter: {ast.unparse(node)}"
        annotation = (
            node.annotation.value if isinstance(node.annotation, ast.Constant) else ast.unparse(node.annotation)
        )
        found[node.target.id] = (annotation, ast.literal_eval(node.value), comments.get(node.end_lineno, ""))
    return found


def sections(phase):
    names = ("dataset", phase) if phase == PHASES[0] else (phase,)
    return [Params.model_fields[name].annotation for name in names]


@pytest.mark.parametrize("phase", PHASES)
def test_parameter_cells_repeat_the_parameters(phase):
    cell = declared(parameter_cell(phase))
    assert cell.pop("run")[:2] == ("str", "fashion_mnist")
    assert cell.pop("seed") == ("int", 0, Params.model_fields["seed"].description)
    fields = {name: field for section in sections(phase) for name, field in section.model_fields.items()}
    assert list(cell) == list(fields)
    for name, (annotation, default, comment) in cell.items():
        assert default == fields[name].default, name
        assert comment == fields[name].description, name
        assert isinstance(default, KINDS[annotation]), name
        kinds = typing.get_args(fields[name].annotation) if annotation == "int, str" else (fields[name].annotation,)
        assert len(kinds) == len(annotation.split(",")), name


@pytest.mark.parametrize("phase", PHASES)
def test_papermill_knows_every_parameter(phase):
    found = papermill.inspect_notebook(str(ROOT / "notebooks" / notebook_name(phase)))
    assert set(found) == set(declared(parameter_cell(phase)))


@pytest.mark.parametrize("phase", PHASES)
def test_what_the_pipeline_gives_is_what_the_cell_takes(phase):
    assert set(notebook_parameters(Params(name="x"), phase)) == set(declared(parameter_cell(phase)))


FIGURE = re.compile(r"(?<![\w.])\d+\.\d+|\d\s?%")


@pytest.mark.parametrize("phase", PHASES)
def test_no_figure_is_typed_into_prose(phase):
    prose = [cell.source for cell in read(phase).cells if cell.cell_type == "markdown"]
    assert [source for source in prose if FIGURE.search(source)] == []


@pytest.mark.parametrize("phase", PHASES)
def test_notebooks_are_committed_clean_and_short(phase):
    for i, cell in enumerate(read(phase).cells):
        if cell.cell_type == "markdown":
            continue
        assert cell.outputs == []
        assert cell.execution_count is None
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= 12 or i == 1 or "parameters" in cell.metadata.get("tags", [])
        kinds = {type(node) for node in ast.walk(ast.parse(cell.source))}
        assert not kinds & {ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda}


@pytest.mark.parametrize("phase", PHASES)
def test_notebooks_have_their_parts(phase):
    cells = read(phase).cells
    assert cells[0].source.startswith("# ")
    assert "?" in cells[0].source.splitlines()[0]
    first = ast.parse(cells[1].source).body
    assert all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in first), (
        "the first code cell imports, and does nothing else"
    )
    sections = [cell.source for cell in cells if cell.cell_type == "markdown" and cell.source.startswith("## ")]
    for section in sections[:-1]:
        sentences = re.findall(r"[.?!](?:\s|$)", section.split("\n\n", 1)[1])
        assert 2 <= len(sentences) <= 5, f"a section that does not say why in a few sentences: {section}"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Every notebook, run by papermill alone, by phase; the folder of runs; and what a finished run held before.

    What the first two leave is made a finished run, beside which the others are run.
    """
    folder = tmp_path_factory.mktemp("notebooks")
    quick = ["reduction.representations=[pca, dense-8]", "reduction.steps_dense=20", "reduction.maps=[]",
             "clustering.n_seeds=2", "classification.pseudo_models=[svm]", "classification.label_counts=[]",
             "classification.label_sources=[]", "classification.classifiers=[knn]", "classification.audit_folds=0"]  # fmt: skip
    params, build = load_params(ROOT / "params" / "digits.yaml", quick), folder / "build"

    def execute(phase):
        name = notebook_name(phase)
        values = notebook_parameters(params, phase)
        return papermill.execute_notebook(
            ROOT / "notebooks" / name, folder / name, values, progress_bar=False, cwd=ROOT
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORT_BUILD_DIR", str(build))
        done = {phase: execute(phase) for phase in PHASES[:2]}
        (build / "lab" / "digits").rename(build / "digits")
        before = contents(build / "digits")
        done |= {phase: execute(phase) for phase in PHASES[2:]}
    return done, build, before


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_each_notebook_runs_by_plain_papermill(executed):
    done, build, _ = executed
    for phase in PHASES:
        assert all(cell.execution_count for cell in done[phase].cells if cell.cell_type == "code")
    for path in ("clustering/clusters.npz", "classification/label_next.csv", "classification/model.npz"):
        assert (build / "lab" / "digits" / "artifacts" / path).is_file()


@pytest.mark.slow
def test_a_notebook_that_is_run_by_hand_leaves_the_finished_run_as_it_was(executed):
    _, build, before = executed
    assert contents(build / "digits") == before


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
def test_no_notebook_warns_or_prints_but_for_where_it_reads_from(executed, phase):
    done, build, _ = executed
    outputs = [o for cell in done[phase].cells if cell.cell_type == "code" for o in cell.outputs]
    assert outputs
    lab, digits = build / "lab" / "digits", build / "digits"
    read = f"What {lab} does not have yet is read from the finished run, {digits}.\n"
    said = [o.get("text") for o in outputs if o.output_type != "display_data"]
    assert said == ([read] if phase in PHASES[2:] else [])


@pytest.mark.slow
def test_a_notebook_run_too_early_says_what_to_run(tmp_path):
    with pytest.raises(
        papermill.PapermillExecutionError, match=r"first run notebooks/02_reduction.ipynb|01_understanding"
    ):
        papermill.execute_notebook(
            ROOT / "notebooks" / notebook_name("clustering"), tmp_path / "out.ipynb", {"run": "new"}, progress_bar=False
        )
