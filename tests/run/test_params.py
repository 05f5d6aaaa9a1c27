import itertools

import pytest

from report_lib.__main__ import main
from report_lib.common.errors import ReportError
from report_lib.run.params import Params, load_params


def write(tmp_path, text):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    return path


def refusal(tmp_path, text, settings=()):
    with pytest.raises(ReportError) as caught:
        load_params(write(tmp_path, text), list(settings))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_and_the_file_name(tmp_path):
    params = load_params(write(tmp_path, "seed: 3\nclustering:\n  k_max: 9\n"))
    assert (params.name, params.seed, params.clustering.k_max, params.clustering.k_min) == ("run", 3, 9, 2)


def test_an_empty_file_is_all_defaults(tmp_path):
    assert load_params(write(tmp_path, "# nothing\n")) == Params(name="run")


def test_settings_override_the_file(tmp_path):
    path = write(tmp_path, "clustering:\n  k_max: 9\n  k_min: 3\n")
    params = load_params(
        path, ["clustering.k_max=15", "seed=7", "clustering.n_clusters=auto", "dataset.image_shape=[2, 3]"]
    )
    assert (params.clustering.k_max, params.clustering.k_min, params.seed) == (15, 3, 7)
    assert params.clustering.n_clusters == "auto"
    assert params.dataset.image_shape == [2, 3]


def test_yaml_is_1_2(tmp_path):
    assert (
        load_params(write(tmp_path, "understanding:\n  near_duplicate_rms: 1e-3\n")).understanding.near_duplicate_rms
        == 0.001
    )
    assert "true or false" in refusal(tmp_path, "dataset:\n  use_labels: yes\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "clustering:\n  k_maxx: 9\n",
            ["line 2", "clustering.k_maxx is not a parameter", "did you mean k_max?", "n_init"],
        ),
        ("clusterin:\n  k_max: 9\n", ["line 1", "did you mean clustering?"]),
        (
            "seed: 1\nclustering:\n  k_max: many\n",
            ["line 3", "clustering.k_max is 'many'", "a whole number", "at least 2"],
        ),
        ("clustering:\n  k_max: 9.5\n", ["line 2", "a whole number"]),
        ("clustering:\n  k_max: '9'\n", ["line 2", "a whole number"]),
        ("clustering:\n  k_max: 1\n", ["line 2", "at least 2"]),
        ("clustering:\n  n_clusters: lots\n", ["line 2", "a whole number", "'auto'"]),
        ("clustering:\n  k_min: 9\n  k_max: 8\n", ["line 1", "k_min is 9, above k_max, 8"]),
        (
            "clustering:\n  methods: [kmeans, dbscan]\n",
            ["line 1", "chosen is graph, which is not one of methods: kmeans, dbscan"],
        ),
        ("clustering:\n  chosen: ward\n", ["line 2", "clustering.chosen is 'ward'", "one of kmeans", "graph"]),
        ("clustering:\n  methods: []\n", ["line 2", "at least 1 of them"]),
        ("clustering:\n  hdbscan_share: 1.0\n", ["line 2", "below 1"]),
        ("clustering:\n  resolutions: [0.1, 0]\n", ["line 2", "a list, each a number, above 0"]),
        ("clustering:\n  n_neighbors: 1\n", ["line 2", "at least 2"]),
        ("reduction:\n  scaling: minmax\n", ["line 2", "one of none, min-max, standard"]),
        ("reduction:\n  mse_grid: [5, 0]\n", ["line 2", "a list, each a whole number, at least 1"]),
        ("reduction:\n  n_components: 300\n", ["max_components is 200, but 300"]),
        (
            "classification:\n  n_components_forest: 50\n",
            ["line 2", "classification.n_components_forest is not a parameter", "did you mean n_components_pseudo?"],
        ),
        ("classification:\n  pseudo_models: []\n", ["line 2", "at least 1 of them"]),
        ("classification:\n  conv_filters: []\n", ["line 2", "at least 1 of them"]),
        ("classification:\n  conv_filters: [16, 0]\n", ["line 2", "a list, each a whole number, at least 1"]),
        ("classification:\n  label_counts: [10, 0]\n", ["line 2", "a list, each a whole number, at least 1"]),
        ("classification:\n  n_draws: 1\n", ["line 2", "at least 2"]),
        ("classification:\n  n_label_next: 0\n", ["line 2", "at least 1"]),
        ("classification:\n  audit_folds: 1\n", ["line 2", "audit_folds: it takes 0 for no audit, or at least 2"]),
        ("classification:\n  audit_folds: -1\n", ["line 2", "at least 0"]),
        ("classification:\n  keep_model: 1\n", ["line 2", "true or false"]),
        ("dataset:\n  test_size: 1.5\n", ["line 2", "above 0", "below 1"]),
        ("dataset:\n  image_shape: [28]\n", ["image_shape takes two numbers"]),
        ("name: lab\n", ["line 1", "name: build/lab holds what notebooks leave"]),
        ("name: ../up\n", ["line 1", "name is '../up'"]),
        ("clustering: 3\n", ["line 1", "a section"]),
        ("- a\n- b\n", ["line 1", "not a list"]),
        ("a: [1\n", ["not valid YAML"]),
        ("seed: 1\nseed: 2\n", ["not valid YAML", "duplicate key"]),
        ("seed: \x07\n", ["not a YAML text"]),
        ("1: 2\n", ["1 is not a parameter"]),
    ],
)
def test_refusals_say_where_and_what(tmp_path, text, said):
    message = refusal(tmp_path, text)
    assert "run.yaml" in message
    for part in said:
        assert part in message


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("clustering.k_max=0", "SET clustering.k_max=0: clustering.k_max is 0; it takes a whole number, at least 2"),
        ("clustering.kmax=5", "did you mean k_max?"),
        ("k_max", "write it as section.parameter=value"),
        (
            "reduction.representations=[pca, dens-3]",
            "'dens-3' is no representation; known are pixels, pca, svd, pca-32",
        ),
        ("reduction.representations=[pca, pca]", "each representation can be named once only"),
        ("reduction.maps=[umap, umap]", "each map can be named once only"),
        ("clustering.methods=[graph, kmeans, graph]", "each method can be named once only"),
        ("clustering.methods=[graph, ward]", "clustering.methods is 'ward'; it takes a list, each one of kmeans"),
        ("clustering.chosen=ward", "clustering.chosen is 'ward'; it takes one of kmeans"),
        (
            "classification.pseudo_models=[svm, forest]",
            "classification.pseudo_models is 'forest'; it takes a list, each one of random_forest, svm, mlp",
        ),
        ("classification.pseudo_models=[svm, mlp, svm]", "each pseudo_model can be named once only"),
        (
            "classification.classifiers=[knn, svm]",
            "classification.classifiers is 'svm'; it takes a list, each one of logistic_regression, knn, random_forest, mlp",
        ),
        ("classification.classifiers=[knn, knn]", "each classifier can be named once only"),
        (
            "classification.label_sources=[pca, dens-3]",
            "classification.label_sources: 'dens-3' is no representation; known are pixels, pca, svd, pca-32",
        ),
        (
            "classification.label_sources=[pca, graph]",
            "'graph' is no representation; known are pixels, pca, svd, pca-32",
        ),
        ("classification.label_sources=[pca, pca]", "each label_source can be named once only"),
        pytest.param(
            "classification.audit_folds=1",
            "SET classification.audit_folds=1: classification.audit_folds",
        ),
        ("classification.n_slow=all", "classification.n_slow is 'all'; it takes a whole number, at least 50"),
        ("reduction.steps_dense=0", "reduction.steps_dense is 0; it takes a whole number, at least 1"),
        ("reduction.maps=[isomap]", "reduction.maps is 'isomap'; it takes a list, each one of umap, tsne"),
        ("a.b.c=1", "write it as section.parameter=value"),
        ("seed=[1", "not a YAML value"),
        ("seed.x=1", "seed"),
    ],
)
def test_refused_settings_name_themselves(tmp_path, setting, said):
    assert said in refusal(tmp_path, "", [setting])


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_bytes(b"name: \xff\xfe")
    with pytest.raises(ReportError, match="not a YAML text in UTF-8"):
        load_params(path)


def test_anchors_and_merges_are_yaml_too(tmp_path):
    text = "clustering: &all\n  k_max: 9\nname: x\n"
    assert load_params(write(tmp_path, text)).clustering.k_max == 9
    merged = "base: &b {k_max: 9}\nclustering:\n  <<: *b\n  k_min: 3\n"
    assert "base is not a parameter" in refusal(tmp_path, merged)


def test_one_mistake_is_said_once(tmp_path):
    assert refusal(tmp_path, "clustering:\n  n_clusters: 1\n").count("n_clusters is 1") == 1


def test_a_missing_file_names_those_there(tmp_path):
    write(tmp_path, "")
    with pytest.raises(ReportError, match=r"no such file; YAML files there: .*run\.yaml"):
        load_params(tmp_path / "other.yaml")


def test_lists_of_phase_four_may_be_empty_for_nothing():
    nothing = {"label_counts": [], "label_sources": [], "classifiers": [], "audit_folds": 0}
    own = Params.model_validate({"name": "x", "classification": nothing})
    assert (own.classification.label_counts, own.classification.classifiers) == ([], [])
    assert own.classification.label_sources == []


# --- texts that were written to break it ----------------------------------------------------------------------------

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in itertools.pairwise("abcdefghi")
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "aliases written out"),
        ("seed: &a [*a]\n", "*a stands in itself"),
        ("seed: &a {b: {c: *a}}\n", "*a stands in itself"),
        ("seed: " + "[" * 50_000, "or 10 levels"),
        ("seed: " + "[" * 50 + "]" * 50, "or 10 levels"),
        ("seed: *nobody\n", "undefined alias"),
        ("seed: " + "9" * 5_000, "digits"),
        ("seed: 0x" + "f" * 50_000, "seed is too long a number; it takes a whole number"),
        ("seed: " + "9" * 4_000, "999…; it takes a whole number"),
        ("seed: 2026-99-99", "not a YAML text"),
        ("seed: !!python/object:os.system x", "line 1"),
        ("? [a, b]\n: 1", ""),
        ("? {a: b}\n: 1", ""),
        ("x" * 100_001, "at most 100,000 bytes"),
        ("clustering:\n" + "".join(f"  x{i}: 1\n" for i in range(500)), "and 495 more"),
        ('dataset:\n  source: "a\\0b"\n', "control character"),
        ('dataset:\n  source: "a\\ud800b"\n', ""),
        ('dataset:\n  class_names: ["a\\eb"]\n', "control character"),
    ],
)
def test_hostile_files_are_refused_in_one_short_line(tmp_path, text, said):
    message = refusal(tmp_path, text)
    assert said in message
    assert len(message) < 3000 + len(str(tmp_path))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("seed=\x01", "not a YAML value"),
        ("seed=" + "[" * 100_000, "not a YAML value"),
        ("seed=" + "9" * 5_000, "not a YAML value"),
        ("seed=&a [*a]", "stands in itself"),
        ("x" * 100_000, "write it as section.parameter=value"),
        ("seed=" + "x" * 50_000, "it takes a whole number"),
    ],
)
def test_hostile_settings_are_refused_in_one_short_line(tmp_path, setting, said):
    message = refusal(tmp_path, "", [setting])
    assert said in message
    assert len(message) < 1000


def test_what_is_said_on_a_terminal_cannot_steer_it(tmp_path, capsys):
    assert main(["data", "--params", str(write(tmp_path, "")), "--set", "x\x1b[2J=1"]) == 1
    assert capsys.readouterr().err.startswith("error: SET x\ufffd[2J=1: ")
