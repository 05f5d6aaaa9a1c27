import math

import pytest
from ruamel.yaml import YAML

from report_lib import ROOT
from report_lib.common.errors import ReportError
from report_lib.run.params import AUTO, SECTIONS, Params, load_params
from report_lib.run.sizes import RULES, resolve


def sized(**changes):
    return Params.model_validate({"name": "x", **changes})


def fitted(params, n_train=400, n_test=100, side=30, class_counts=None, *, shape=None):
    return resolve(params, n_train=n_train, n_test=n_test, image_shape=shape or (side, side), class_counts=class_counts)


def everything_auto():
    rows = {}
    for name in (*RULES, "clustering.n_clusters"):
        section, key = name.split(".")
        rows.setdefault(section, {})[key] = AUTO
    return sized(**rows)


SMALL = {"n_components": 20, "mse_grid": [5], "reconstruction_components": [10]}


def test_a_run_that_its_images_can_carry_is_left_as_it_is():
    for params in (sized(), *(load_params(path) for path in (ROOT / "params").glob("*mnist.yaml"))):
        assert fitted(params, 60_000, 10_000, 28, {str(i): (6_000, 1_000) for i in range(10)}) == (params, [])


@pytest.mark.parametrize(
    ("changes", "size", "lowered", "said"),
    [
        (
            {"clustering": {"n_clusters": 50}},
            (40, 10, 30),
            {"clustering.n_clusters": 20},
            "clustering.n_clusters is 20, not 50: there are 40 train images",
        ),
        (
            {},
            (10_000, 100, 10),
            {"reduction.max_components": 100, "reduction.mse_grid": [5, 10, 20, 30, 50, 75, 100]},
            "reduction.max_components is 100, not 200: an image has 100 pixels",
        ),
        (
            {},
            (150, 100, 30),
            {"reduction.max_components": 150, "reduction.reconstruction_components": [10, 50, 100]},
            "reduction.reconstruction_components leaves out 200: reduction.max_components is 150",
        ),
        (
            {"classification": {"n_folds": 100}},
            (400, 100, 30),
            {"classification.n_folds": 40},
            "classification.n_folds is 40, not 100: 400 images are to fill them with 10 clusters",
        ),
        (
            {"clustering": {"k_max": 30, "n_sweep": 20}},
            (400, 100, 30),
            {"clustering.k_max": 10},
            "clustering.k_max is 10, not 19: half of what the panel sees is 10 images",
        ),
        (
            {"clustering": {"k_max": 30, "n_sweep": 20, "n_halves": 0}},
            (400, 100, 30),
            {"clustering.k_max": 19},
            "clustering.k_max is 19, not 30: the panel sees 20 images",
        ),
        (
            {"clustering": {"n_mixture": 5, "k_min": 6}},
            (400, 100, 30),
            {"clustering.k_max": 5, "clustering.k_min": 5, "clustering.n_clusters": 5},
            "clustering.k_min is 5, not 6: clustering.k_max is 5",
        ),
        (
            {"clustering": {"dbscan_n_images": 3}},
            (400, 100, 30),
            {"clustering.dbscan_min_samples": 3},
            "clustering.dbscan_min_samples is 3, not 5: DBSCAN sees 3 images",
        ),
        (
            {"classification": {"n_pseudo_labels": 55}},
            (400, 100, 30),
            {"classification.n_components_pseudo": 44},
            "classification.n_components_pseudo is 44, not 50: classifiers learn the clusters from 44 images",
        ),
        (
            {"clustering": {"n_neighbors": 90}},
            (90, 30, 30),
            {"clustering.n_neighbors": 89},
            "clustering.n_neighbors is 89, not 90: cards are made of 90 images",
        ),
        (
            {"reduction": {"n_neighbors": 100, "n_tsne": 200}},
            (400, 100, 30),
            {"reduction.n_neighbors": 99},
            "reduction.n_neighbors is 99, not 100: the maps are scored on 200 images, and need more than twice as many",
        ),
        (
            {"reduction": {"n_kmeans": 9}},
            (400, 100, 30),
            {"reduction.n_clusters": 9},
            "reduction.n_clusters is 9, not 10: K-Means sees 9 images",
        ),
        (
            {"reduction": {"representations": ["pca", "dense-64-901", "conv-4-4-4-4-4", "conv-32-17"]}},
            (400, 100, 30),
            {"reduction.representations": ["pca"]},
            "reduction.representations leaves out dense-64-901: a code of 901 numbers is larger than an image of 900 pixels",
        ),
        (
            {"classification": {"label_sources": ["pca", "pca-5000"]}},
            (400, 100, 30),
            {"classification.label_sources": ["pca"]},
            "classification.label_sources leaves out pca-5000: an image has only 900 pixels",
        ),
    ],
)
def test_what_is_too_large_for_the_images_is_lowered_and_said(changes, size, lowered, said):
    params, adjusted = fitted(sized(**changes), *size)
    for name, value in lowered.items():
        section, key = name.split(".")
        assert getattr(getattr(params, section), key) == value
    assert any(sentence.startswith(said) for sentence in adjusted), adjusted


def test_methods_that_are_not_asked_for_lower_nothing():
    others = {"methods": ["kmeans", "dbscan"], "chosen": "kmeans", "n_mixture": 9}
    assert fitted(sized(clustering=others))[1] == []


EVEN = {"cat": (200, 50), "dog": (200, 50)}


def test_the_audit_has_as_many_folds_as_the_smallest_class_has_images():
    for fewest, folds, asked in ((4, 4, 5), (1, 0, 4), (5, 5, 5)):
        params, said = fitted(sized(classification={"audit_folds": asked}), class_counts={**EVEN, "newt": (fewest, 3)})
        assert params.classification.audit_folds == folds
        lowered = f"classification.audit_folds is {folds}, not {asked}: class 'newt' has {fewest} train image"
        assert any(lowered in sentence for sentence in said) == (folds != asked)


def test_a_class_that_a_part_lacks_is_named_and_not_in_the_way():
    params, said = fitted(sized(), class_counts={**EVEN, "newt": (0, 3), "eft": (20, 0)})
    assert said[-2:] == [
        "Class 'newt' has 3 test images and no train image, so nothing can learn it",
        "Class 'eft' has 20 train images and no test image, so nothing is scored on it",
    ]
    assert params.classification.audit_folds == 4
    many = {f"c{i}": (9, 0) for i in range(8)}
    assert fitted(sized(), class_counts={**EVEN, **many})[1][-1] == "3 more have no test image either"


def test_a_convolutional_network_has_as_many_layers_as_images_can_be_halved():
    params, said = fitted(sized(classification={"conv_filters": [4, 4, 4, 4]}), class_counts=EVEN, shape=(20, 15))
    assert params.classification.conv_filters == [4, 4, 4]
    assert (
        "classification.conv_filters is [4, 4, 4], not [4, 4, 4, 4]: images of 20 × 15 are halved so often only" in said
    )
    params, said = fitted(sized(), class_counts=EVEN, shape=(900, 1))
    assert "conv" not in params.classification.classifiers
    assert any("leaves out conv" in sentence for sentence in said)


SIZES = [
    (16, 4, (8, 8), {}),
    (6, 2, (3, 3), {"a": (5, 1), "b": (1, 1)}),
    (48, 12, (9, 21), {"a": (40, 10), "b": (8, 2)}),
    (960, 240, (28, 28), {str(i): (96, 24) for i in range(10)}),
    (960, 240, (16, 16), {str(i): (10, 2) for i in range(100)}),
    (60_000, 10_000, (96, 96), {}),
]


@pytest.mark.parametrize("size", SIZES)
def test_auto_fits_any_images_and_passes_for_what_one_could_have_written(size):
    params, _ = fitted(everything_auto(), *size[:2], shape=size[2], class_counts=size[3])
    left = [
        f"{section}.{name}"
        for section in SECTIONS
        for name, value in getattr(params, section).model_dump().items()
        if value == AUTO
    ]
    assert left == ["reduction.precision", "clustering.n_clusters"]
    again, said = fitted(Params.model_validate(params.model_dump()), *size[:2], shape=size[2], class_counts=size[3])
    assert again == params
    assert said == []


def test_auto_says_what_it_leaves_out_and_nothing_else():
    _, said = fitted(everything_auto(), 16, 4, 8)
    assert said == [
        "There are no autoencoders: 16 train images are too few to teach one",
        "There are no maps: 16 train images are too few for one",
    ]
    assert fitted(everything_auto(), 5_000, 1_000, 28, EVEN)[1] == []


def test_auto_takes_from_many_images_what_the_defaults_do():
    params, _ = fitted(everything_auto(), 60_000, 10_000, 28)
    assert (params.reduction.n_components, params.reduction.max_components) == (100, 200)
    assert (params.clustering.n_sweep, params.clustering.n_seeds) == (10_000, 5)


def test_the_number_of_clusters_stays_open_for_the_panel_and_sees_no_label():
    own = load_params(ROOT / "params" / "own.yaml")
    known, unknown = (fitted(own, class_counts=counts)[0].clustering for counts in (EVEN, None))
    assert known == unknown
    assert (known.n_clusters, known.k_min, known.k_max) == (AUTO, 2, round(math.sqrt(200)))


def test_own_images_leave_every_size_to_the_images():
    own = YAML(typ="safe", pure=True).load(ROOT / "params" / "own.yaml")
    for name in (*RULES, "clustering.n_clusters"):
        section, key = name.split(".")
        assert own[section][key] == AUTO, name


def test_rules_are_for_parameters_that_take_auto():
    for name in RULES:
        section, key = name.split(".")
        assert getattr(getattr(load_params(ROOT / "params" / "own.yaml"), section), key) == AUTO


@pytest.mark.parametrize(("n_train", "n_test"), [(400, 1), (5, 2)])
def test_too_few_images_for_anything_are_refused(n_train, n_test):
    with pytest.raises(ReportError, match="too few for a report: it takes 6 and 2") as caught:
        fitted(sized(), n_train, n_test)
    assert "\n" not in str(caught.value)
