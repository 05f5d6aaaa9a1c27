import re

import pytest

from report_lib.common.errors import ReportError
from report_lib.run.params import Params, check_size, load_params


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
    assert (params.name, params.seed, params.clustering.k_max, params.clustering.k_min) == ("run", 3, 9, 6)


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


def sized(**changes):
    return Params.model_validate({"name": "x", **changes})


SMALL = {"n_components": 20, "mse_grid": [5], "reconstruction_components": [10]}


@pytest.mark.parametrize(
    ("params", "size", "said"),
    [
        (
            sized(clustering={"n_clusters": 50}),
            (40, 10, 30),
            "clustering.n_clusters is 50, but there are only 40 train images",
        ),
        (sized(), (10_000, 100, 10), "reduction.max_components is 200, but an image has only 100 pixels"),
        (sized(), (150, 100, 30), "reduction.max_components is 200, but there are only 150 train images"),
        (
            sized(classification={"n_folds": 100}),
            (400, 100, 30),
            "classification.n_folds is 100, but 400 images cannot fill",
        ),
        (sized(clustering={"k_max": 30, "n_sweep": 20}), (400, 100, 30), "the panel sees only 20 images"),
        (sized(clustering={"dbscan_n_images": 3}), (400, 100, 30), "DBSCAN sees only 3 images"),
        (sized(classification={"n_pseudo_labels": 55}), (400, 100, 30), "learn the clusters from only 44 images"),
        (
            sized(clustering={"n_neighbors": 90}, reduction={**SMALL, "max_components": 20}),
            (90, 30, 30),
            "clustering.n_neighbors is 90, but there are only 90 train images; lower it",
        ),
        (
            sized(clustering={"n_mixture": 9}),
            (400, 100, 30),
            "clustering.k_max is 12, but a mixture sees only 9 images (clustering.n_mixture); lower it",
        ),
        (
            sized(clustering={"n_mixture": 9, "k_max": 9, "n_clusters": 10}),
            (400, 100, 30),
            "clustering.n_clusters is 10, but a mixture sees only 9 images (clustering.n_mixture); lower it",
        ),
        (
            sized(clustering={"n_sweep": 21, "k_max": 11}),
            (400, 100, 30),
            "clustering.k_max is 11, but half of what the panel sees is only 10 images (clustering.n_sweep); lower it",
        ),
        (
            sized(reduction={"representations": ["pca", "dense-64-901"]}),
            (400, 100, 30),
            "reduction.representations: dense-64-901: a code of 901 numbers is larger than an image of 900 pixels",
        ),
        (
            sized(reduction={"representations": ["conv-4-4-4-4-4"]}),
            (400, 100, 30),
            "conv-4-4-4-4-4: pooling 5 times needs images of at least 32 × 32 pixels, not 30 × 30; give fewer layers",
        ),
        (
            sized(reduction={"representations": ["conv-32-17"]}),
            (400, 100, 30),
            "end with at most 16 filters, or leave it out",
        ),
        (
            sized(reduction={"n_neighbors": 100, "n_tsne": 200}),
            (400, 100, 30),
            "reduction.n_neighbors is 100, but the maps are scored on only 200 images",
        ),
        (
            sized(reduction={"n_kmeans": 9}),
            (400, 100, 30),
            "reduction.n_clusters is 10, but K-Means sees only 9 images",
        ),
        (
            sized(classification={"n_components_pseudo": 901}, reduction={"max_components": 900}),
            (4_000, 100, 30),
            "classification.n_components_pseudo is 901, but an image has only 900 pixels; lower it",
        ),
        (sized(), (400, 1, 30), "dataset.test_size is 0.2, which holds out 1 images; raise it"),
    ],
)
def test_a_run_that_its_images_cannot_carry(params, size, said):
    n_train, n_test, side = size
    with pytest.raises(ReportError) as caught:
        check_size(params, n_train=n_train, n_test=n_test, image_shape=(side, side))
    assert said in str(caught.value)


def refused(params, *, n_train=400, n_test=100):
    with pytest.raises(ReportError) as caught:
        check_size(params, n_train=n_train, n_test=n_test, image_shape=(30, 30))
    return str(caught.value)


def test_methods_that_are_not_asked_for_need_nothing():
    others = {"methods": ["kmeans", "dbscan"], "chosen": "kmeans"}
    check_size(sized(clustering={**others, "n_mixture": 9}), n_train=400, n_test=100, image_shape=(30, 30))


def test_a_mixture_of_too_few_images_is_not_mended_by_fewer():
    """What is to be lowered is the number of clusters; fewer images would only make it worse."""
    for own, name in (({}, "k_max"), ({"k_max": 9}, "n_clusters")):
        said = refused(sized(clustering={"n_mixture": 9, "n_clusters": 10, **own}))
        assert re.fullmatch(rf"clustering\.{name} is \d+, but .* \(clustering\.n_mixture\); lower it", said)


def test_the_panel_needs_images_for_the_mixture_of_most_clusters():
    """The panel fits a mixture for each number of clusters, up to `k_max`."""
    said = refused(sized(clustering={"n_mixture": 11, "n_clusters": 10, "k_max": 12}))
    assert "clustering.k_max is 12, but a mixture sees only 11 images" in said
    check_size(sized(clustering={"n_mixture": 12, "k_max": 12}), n_train=400, n_test=100, image_shape=(30, 30))


def test_the_panel_needs_images_for_the_most_clusters_of_each_half():
    """Stability fits K-Means with `k_max` clusters to one half of what the panel sees."""
    assert "clustering.k_max is 12" in refused(sized(clustering={"n_sweep": 23, "k_max": 12}))
    for more in ({"n_sweep": 24}, {"n_sweep": 23, "n_halves": 0}):
        check_size(sized(clustering={"k_max": 12, **more}), n_train=400, n_test=100, image_shape=(30, 30))


def test_cards_need_as_many_neighbours_whatever_the_methods():
    """Margins are looked for among the nearest images even where no method makes a graph."""
    few = {"n_neighbors": 90, "methods": ["kmeans"], "chosen": "kmeans"}
    said = refused(sized(clustering=few, reduction={**SMALL, "max_components": 20}), n_train=90, n_test=30)
    assert "clustering.n_neighbors is 90" in said


def test_what_is_not_asked_for_needs_nothing():
    bare = sized(reduction={"representations": [], "maps": [], "n_neighbors": 100, "n_tsne": 50, "n_kmeans": 2})
    check_size(bare, n_train=400, n_test=100, image_shape=(30, 30))


# --- classes --------------------------------------------------------------------------------------------------------


def check_classes(counts, *, image_shape=(30, 30), **classification):
    params = sized(classification=classification, reduction={"representations": []})
    check_size(params, n_train=400, n_test=100, image_shape=image_shape, class_counts=counts)


def refused_classes(counts, **options):
    with pytest.raises(ReportError) as caught:
        check_classes(counts, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


EVEN = {"cat": (200, 50), "dog": (200, 50)}


def test_a_class_without_train_images_is_refused_where_something_would_learn_it():
    nothing = {"audit_folds": 0, "classifiers": [], "label_counts": []}
    check_classes({**EVEN, "newt": (0, 3)}, **nothing)
    for asked in (
        {},
        nothing | {"classifiers": ["knn"]},
        nothing | {"label_counts": [10]},
        nothing | {"audit_folds": 2},
    ):
        said = refused_classes({**EVEN, "newt": (0, 3)}, **asked)
        assert said.startswith(
            "class 'newt' has 3 test images and no train image, so nothing can learn it; give it train"
        )


def test_a_linear_description_larger_than_an_image_is_refused_for_learning_curves():
    said = refused_classes(EVEN, label_sources=["pca-5000"])
    assert said.startswith("classification.label_sources: pca-5000: an image has only")


def test_a_class_without_test_images_is_accepted():
    check_classes({**EVEN, "newt": (20, 0)})


def test_a_class_needs_a_train_image_for_each_fold_of_the_audit():
    said = refused_classes({**EVEN, "newt": (4, 3)}, audit_folds=5)
    assert "classification.audit_folds is 5, but class 'newt' has only 4 train images; lower it, or set it to 0" in said
    check_classes({**EVEN, "newt": (5, 3)}, audit_folds=5)
    check_classes({**EVEN, "newt": (4, 3)}, audit_folds=4)
    check_classes({**EVEN, "newt": (1, 3)}, audit_folds=0)


SMALL_IMAGES = {"image_shape": (20, 15), "conv_filters": [4, 4, 4, 4]}


def test_the_convolutional_network_needs_images_that_can_be_halved_so_often():
    said = refused_classes(EVEN, **SMALL_IMAGES)
    assert said.startswith(
        "classification.conv_filters: pooling 4 times needs images of at least 16 × 16 pixels, not 20 × 15"
    )
    assert said.endswith("give fewer layers, or leave conv out of classifiers")
    check_classes(EVEN, **SMALL_IMAGES | {"conv_filters": [4, 4, 4]})
    check_classes(EVEN, **SMALL_IMAGES | {"image_shape": (16, 20)})


@pytest.mark.parametrize("counts", [None, {}])
def test_without_labels_no_network_learns_so_its_layers_do_not_matter(counts):
    check_classes(counts, **SMALL_IMAGES)


def test_layers_of_a_network_that_is_not_asked_for_do_not_matter():
    check_classes(EVEN, **SMALL_IMAGES, classifiers=["knn", "hog_mlp"])


def test_lists_of_phase_four_may_be_empty_for_nothing():
    own = sized(classification={"label_counts": [], "label_sources": [], "classifiers": [], "audit_folds": 0})
    assert (own.classification.label_counts, own.classification.classifiers) == ([], [])
    assert own.classification.label_sources == []
    check_size(own, n_train=400, n_test=100, image_shape=(30, 30), class_counts=EVEN)


def test_a_run_that_its_images_can_carry():
    check_size(sized(), n_train=60_000, n_test=10_000, image_shape=(28, 28))
