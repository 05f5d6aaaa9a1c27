"""The rules of the house: where things are, who may import whom, what is never in the repository."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from report_lib.common.facts import PACKAGES
from report_lib.run.artifacts import PHASES, notebook_name
from report_lib.run.params import Params, load_params

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "report_lib").rglob("*.py"))
SOURCES = [*LIBRARY, *sorted((ROOT / "tests").rglob("*.py"))]
KERNEL_MODULES = {"report_lib", "report_lib.common.errors"}


def imports(path):
    """Return every module that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def own(path):
    """Return which modules of the library a file imports."""
    modules = {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for p in LIBRARY}
    return {name for name in imports(path) if name in modules} - {"report_lib"}


# --- who may import whom --------------------------------------------------------------------------------------------

# Data flows from left to right; a package imports what stands left of it.
ORDER = ("common", "data", *PHASES, "page", "run", "__main__")


def place(module):
    """Return where a module of the library, or a file of it, stands in the flow."""
    parts = module.relative_to(ROOT).with_suffix("").parts if isinstance(module, Path) else module.split(".")
    return ORDER.index(parts[1])


def within_the_library():
    return [path for path in LIBRARY if path != ROOT / "report_lib" / "__init__.py"]


def test_every_module_has_a_room():
    assert {path.name for path in (ROOT / "report_lib").glob("*.py")} == {"__init__.py", "__main__.py"}
    assert {path.parent.name for path in (ROOT / "report_lib").glob("*/__init__.py")} == set(ORDER[:-1])


def test_imports_go_with_the_flow():
    back = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in within_the_library()
        for name in own(path)
        if place(name) > place(path)
    }
    assert back == set()


def test_what_computes_imports_no_figure_and_no_sentence():
    draws = re.compile(r"\.(figures|findings)(\.|$)")
    computing = [p for phase in PHASES for p in (ROOT / "report_lib" / phase).glob("*.py")
                 if p.stem not in ("figures", "findings")]  # fmt: skip
    assert computing
    assert {p.name: [n for n in own(p) if draws.search(n)] for p in computing if any(map(draws.search, own(p)))} == {}


@pytest.mark.parametrize("module", ["representations", "metrics", "prose", "display", "errors", "parallel"])
def test_what_everyone_uses_uses_little(module):
    assert own(ROOT / "report_lib" / "common" / f"{module}.py") <= {
        "report_lib.common",
        "report_lib.common.arrays",
        "report_lib.common.engine",
        "report_lib.common.errors",
        "report_lib.common.facts",
        "report_lib.common.keep",
        "report_lib.common.memory",
        "report_lib.common.prose",
    }


NAMES = {"PIL": "pillow", "sklearn": "scikit-learn", "ruamel": "ruamel-yaml", "IPython": "ipython",
         "jupyter_client": "jupyter-client", "jupyter_core": "jupyter-core", "umap": "umap-learn",
         "faiss": "faiss-cpu"}  # fmt: skip


def libraries(paths):
    """Return the distributions that files import, but for Python's own and this one."""
    used = {name.split(".")[0] for path in paths for name in imports(path)} - {"report_lib"}
    return {NAMES.get(name, name) for name in used if name not in sys.stdlib_module_names}


def test_every_import_is_a_declared_dependency():
    # ipykernel is what the notebooks run in.
    extras = requirements("files") | requirements("cluster")
    assert libraries(LIBRARY) == (requirements("dependencies") | extras) - {"ipykernel"}
    assert extras <= requirements("dev")


def test_a_report_names_every_library_that_makes_its_numbers():
    computing = [path for phase in PHASES for path in (ROOT / "report_lib" / phase).glob("*.py")
                 if path.stem not in ("figures", "findings")]  # fmt: skip
    # pydantic checks what was kept of a model.
    assert libraries(computing) - {"pydantic"} <= set(PACKAGES)


# --- one name for each thing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_a_phase_has_one_name_everywhere(phase):
    room = ROOT / "report_lib" / phase
    assert (ROOT / "notebooks" / notebook_name(phase)).is_file()
    assert all((room / kind).is_dir() or (room / f"{kind}.py").is_file() for kind in ("figures", "findings"))
    assert list((ROOT / "tests" / phase).glob("test_*.py"))
    assert phase in Params.model_fields


@pytest.mark.parametrize("path", sorted((ROOT / "params").glob("*.yaml")), ids=lambda p: p.name)
def test_shipped_parameters_are_valid(path):
    assert load_params(path).name == path.stem


def test_classic_states_what_the_textbook_does():
    params = load_params(ROOT / "params" / "classic.yaml")
    clustering = params.clustering
    assert (clustering.k_min, clustering.k_max, clustering.n_sweep, clustering.n_init_sweep) == (6, 12, 20_000, 10)
    assert (clustering.n_init, clustering.dbscan_n_images, len(clustering.dbscan_eps_percentiles)) == (20, 10_000, 6)
    assert params.reduction.mse_grid == [5, 10, 20, 30, 50, 75, 100, 150, 200]


# --- the shape of the code ------------------------------------------------------------------------------------------


def test_files_and_functions_are_short():
    too_long = []
    for path in SOURCES:
        text = path.read_text(encoding="utf8")
        too_long += [path.name] if len(text.splitlines()) > (500 if path in LIBRARY else 600) else []
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                too_long += [f"{path.name}: {node.name}"] if body and node.end_lineno - body[0].lineno >= 45 else []
    assert too_long == []


def test_options_are_keyword_only():
    for path in LIBRARY:
        for node in ast.parse(path.read_text(encoding="utf8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                booleans = [d for d in node.args.defaults if isinstance(d, ast.Constant) and isinstance(d.value, bool)]
                assert not booleans, f"{path.name}: {node.name} takes a switch by position"


def test_nothing_is_unpickled():
    for path in LIBRARY:
        text = path.read_text(encoding="utf8")
        unsafe = (
            r"allow_pickle\s*=\s*True|^\s*(import|from) (pickle|dill)|import joblib|torch\.load|(load|dump).* joblib"
        )
        assert not re.search(unsafe, text, re.M), path.name


# --- set-up ---------------------------------------------------------------------------------------------------------


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(kind):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = project["dependencies"] if kind == "dependencies" else project["optional-dependencies"][kind]
    return {canonical(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in listed}


def locked():
    """Return name -> versions, by environment marker."""
    found = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        name, version, marker = re.fullmatch(r"([a-z0-9-]+)==([^ ;]+)(?: ; (.*))?", line).groups()
        found.setdefault(name, {})[marker] = version
    return found


def test_the_lock_pins_what_pyproject_asks_for():
    assert requirements("dependencies") | requirements("dev") <= set(locked())
    assert locked()["torch"] == {None: "2.13.0"}


def test_the_lock_names_no_host_and_no_path():
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?:|file:|--|@|/", text)


def test_conda_gets_the_same_set():
    environment = YAML(typ="safe").load((ROOT / "environment.yml").read_text())
    (listed,) = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    options = [line for line in listed if line.startswith("--")]
    assert options == ["--constraint requirements.lock", "--editable ."]
    pinned = dict(line.split("==") for line in listed if line not in options)
    lock = locked()
    for name, version in pinned.items():
        markers = lock[name]
        own = [
            marker
            for marker in markers
            if marker is None or "python_full_version < '3.12'" in marker or len(markers) == 1
        ]
        assert [version] == [markers[marker] for marker in own], name
    assert set(pinned) == requirements("dependencies") | requirements("dev")
    assert environment["name"] in (ROOT / "Makefile").read_text()


def test_every_target_is_documented():
    text = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", text, re.M)[1].split()
    listing = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in targets:
        assert f"make {target} " in listing


def test_nothing_generated_is_committed():
    found = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if found.returncode:
        pytest.skip("not in a git checkout")
    generated = re.compile(r"^(build|\.venv)/|\.(npy|npz|gz|html|pkl|pyc)$|ubyte")
    assert [name for name in found.stdout.splitlines() if generated.search(name)] == []
