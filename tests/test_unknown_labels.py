"""Labels that are not known yet: such images take part in everything but the scores, through all phases."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn import metrics as sk
from sklearn.cluster import KMeans
from sklearn.neighbors import KNeighborsClassifier

from report_lib.classification import audit, datamap, few_labels, pseudo, supervised, unusual
from report_lib.classification.findings.few_labels import to_label
from report_lib.clustering import league, scaling, scores
from report_lib.clustering.fitting import Clusters, Fitted
from report_lib.clustering.graph_clustering import jaccard_edges
from report_lib.clustering.representations import Representation
from report_lib.common.arrays import UNKNOWN, flatten
from report_lib.common.metrics import wilson_interval
from report_lib.common.models import draws, small_network
from report_lib.common.neighbors import nearest, nearest_to
from report_lib.data import datasets
from report_lib.reduction import comparison, layouts, linear
from report_lib.run.params import load_params
from report_lib.run.pipeline import run_report
from report_lib.understanding import findings, measure
from tests.conftest import ROOT


def hidden(labels, share, seed):
    """Return labels, that share of them unknown."""
    return np.where(np.random.default_rng(seed).random(len(labels)) < share, UNKNOWN, labels)


@pytest.fixture(scope="module")
def whole():
    return datasets.load("digits")


@pytest.fixture(scope="module")
def images(whole):
    """The digits, 60% of the train labels and 30% of the test labels unknown."""
    labels = {"train_labels": hidden(whole.train_labels, 0.6, 0), "test_labels": hidden(whole.test_labels, 0.3, 1)}
    return replace(whole, **labels)


@pytest.fixture(scope="module")
def space(images):
    """Pixels as a description with neighbours, called what the classifiers look for shapes in."""
    train, test = (flatten(part).astype(np.float32) for part in (images.train_images, images.test_images))
    graph = nearest(train, 10)
    title = "oriented gradients"
    return Representation(title, train, test, graph, nearest_to(train, test, 10), jaccard_edges(graph))


@pytest.fixture(scope="module")
def clusters(space):
    """Twelve clusters by K-Means, and a few images of each part as noise."""
    model = KMeans(12, n_init=1, random_state=0).fit(space.train)
    train, test = model.labels_.astype(np.int64), model.predict(space.test).astype(np.int64)
    train[::50] = test[::40] = -1
    return Clusters(12, train, test)


# --- what is known --------------------------------------------------------------------------------------------------


def test_the_known_images_stand_where_they_stood(whole, images):
    named = replace(images, test_names=np.array([f"{row}.png" for row in images.test_rows]))
    known = named.known
    for part in ("train", "test"):
        mask = getattr(images, f"{part}_labels") != UNKNOWN
        np.testing.assert_array_equal(images.labelled[part], mask)
        for kind in ("images", "labels"):
            np.testing.assert_array_equal(getattr(known, f"{part}_{kind}"), getattr(whole, f"{part}_{kind}")[mask])
        np.testing.assert_array_equal(known.rows[part], whole.rows[part][mask])
    assert known.train_names is None
    assert known.test_names.tolist() == [f"{row}.png" for row in known.test_rows]
    assert whole.known is whole


def test_labels_that_nothing_can_be_judged_by_are_put_aside(whole, images):
    nothing = np.full(len(images.test_images), UNKNOWN)
    nothing[5] = 3
    one = np.where(images.train_labels == 3, 3, UNKNOWN)
    for changes in ({"test_labels": nothing}, {"train_labels": one}):
        some = replace(images, **changes)
        found = some.with_labels_to_judge_by()
        assert not found.has_labels
        assert (found.train_labels, found.test_labels, found.class_names) == (None, None, ())
        # Which images have one is not forgotten: they need not be labelled again.
        np.testing.assert_array_equal(found.labelled["train"], some.train_labels != UNKNOWN)
        assert found.known is found
        assert "nothing to judge by" in findings.unknown(measure.facts(found))
    for kept in (whole, images, replace(whole, train_labels=None, test_labels=None, class_names=())):
        assert kept.with_labels_to_judge_by() is kept


# --- the phases -----------------------------------------------------------------------------------------------------


def test_what_is_counted_by_class_is_counted_among_the_known(images):
    known = images.known
    expected = np.bincount(known.train_labels, minlength=10)
    np.testing.assert_array_equal(measure.class_counts(images.train_labels, 10), expected)
    overall, by_class = measure.mean_images(images.train_images, images.train_labels, 10)
    np.testing.assert_allclose(overall, images.train_images.mean(axis=0))
    np.testing.assert_allclose(by_class, measure.mean_images(known.train_images, known.train_labels, 10)[1])
    bright = measure.brightness(images.train_images, images.train_labels)
    assert sorted(bright.groups) == list(range(10))
    assert sorted(measure.pick_examples(images, "test").titles) == list(images.class_names)
    assert images.class_counts["7"] == tuple(int(np.sum(y == 7)) for y in (images.train_labels, images.test_labels))


def test_the_page_says_how_many_are_unknown(whole, images):
    n_train, n_test = (int(np.sum(y == UNKNOWN)) for y in (images.train_labels, images.test_labels))
    facts = measure.facts(images)
    assert facts["n_unknown"] == {"train": n_train, "test": n_test}
    said = findings.unknown(json.loads(json.dumps(facts, sort_keys=True)))
    assert f"{n_train:,} of 1,438 train images and {n_test:,} of 359 test images" in said
    assert "n_unknown" not in measure.facts(whole)
    assert findings.unknown(measure.facts(whole)) == ""


def test_clusters_are_scored_as_scikit_learn_scores_them_on_the_known_alone(images, clusters):
    known = images.labelled["test"]
    labels, found = images.test_labels[known], clusters.test[known]
    scored = scores.score_clusters(clusters, images.train_labels, images.test_labels, 10)
    assert scored.coverage == np.mean(clusters.test != -1)
    assert scored.ari.value == pytest.approx(sk.adjusted_rand_score(labels, found))
    assert scored.nmi.value == pytest.approx(sk.normalized_mutual_info_score(labels, found))
    assert scored.ami == pytest.approx(sk.adjusted_mutual_info_score(labels, found))
    table = sk.cluster.contingency_matrix(labels, found)[:, 1:]  # the first column is noise
    assert scored.accuracy.value == pytest.approx(table[linear_sum_assignment(-table)].sum() / len(labels))
    plain = scores.plain_scores(clusters, images.train_labels, images.test_labels, 10)
    assert plain["ami"] == scored.ami
    assert plain["majority_accuracy"] == scored.majority_accuracy.value
    assert scored.clustered["ari"] == pytest.approx(sk.adjusted_rand_score(labels[found >= 0], found[found >= 0]))


def test_clusters_are_named_by_their_known_train_images(images, clusters):
    known = images.labelled
    names = [np.bincount(images.train_labels[known["train"] & (clusters.train == i)]).argmax() for i in range(12)]
    labels, found = images.test_labels[known["test"]], clusters.test[known["test"]]
    right = np.mean((found >= 0) & (np.array(names)[found] == labels))
    scored = scores.score_clusters(clusters, images.train_labels, images.test_labels, 10)
    assert scored.majority_accuracy.value == pytest.approx(right)


def test_noise_is_no_unknown_label(images, clusters, space):
    rows = league.score([Fitted("kmeans", "PCA", [clusters], 0.1)], images.train_labels, images.test_labels, 10,
                        random_state=0)  # fmt: skip
    chosen = league.choose(rows, "kmeans", {"PCA": space}, images.test_labels)
    known = images.labelled["test"]
    assert chosen.numbers_as_classes == np.mean(clusters.test[known] == images.test_labels[known])


def test_scalings_are_scored_on_the_known(images, clusters):
    known = images.labelled["test"]
    found = scaling.score({"min-max": [clusters]}, images.test_labels, 10)["min-max"]
    assert found["ari"][0] == pytest.approx(sk.adjusted_rand_score(images.test_labels[known], clusters.test[known]))


def test_neighbours_are_compared_where_both_labels_are_known(images, space):
    labels = images.train_labels
    pairs = [
        (labels[i], float(np.mean([labels[j] == labels[i] for j in near if labels[j] != UNKNOWN])))
        for i, near in enumerate(space.graph.indices.tolist())
        if labels[i] != UNKNOWN and any(labels[j] != UNKNOWN for j in near)
    ]
    expected = [np.mean([hit for label, hit in pairs if label == c]) for c in range(10)]
    np.testing.assert_allclose(layouts.neighborhood_hit(space.graph, labels, 10), expected)
    lonely = np.full(len(labels), UNKNOWN)
    lonely[0] = 3
    assert layouts.neighborhood_hit(space.graph, lonely, 10) is None


def test_a_layout_at_random_hits_as_often_as_two_known_labels_agree(images):
    known = images.known.train_labels
    expected = np.square(np.bincount(known) / len(known)).sum()
    assert layouts.chance(len(images.train_labels), images.train_labels, k=5).hit == pytest.approx(expected)
    codes = flatten(images.train_images)[:400]
    found = layouts.faithfulness(codes, {"itself": codes}, images.train_labels[:400], k=5)["itself"]
    alike = [a == b for a, near in zip(images.train_labels, nearest(codes, 5).indices, strict=False)
             for b in images.train_labels[near] if UNKNOWN not in (a, b)]  # fmt: skip
    assert found.hit == pytest.approx(np.mean(alike))


def test_labelled_images_are_drawn_among_the_known_and_tried_on_the_known(images, space):
    known = images.known
    asked = {"counts": (40, 100_000), "autoencoders": {}, "kept": {}, "scaling": "min-max", "n_components": 8}
    found = few_labels.learning_curves(["pca"], images, space, space, **asked, n_draws=2, random_state=0)
    n = len(known.train_labels)
    for curve in found.curves.values():
        assert {count: right.shape for count, right in curve.right.items()} == {
            40: (2, len(known.test_labels)), n: (1, len(known.test_labels)),
        }  # fmt: skip
    neighbours = KNeighborsClassifier(10, weights="distance").fit(known_codes(images, space), known.train_labels)
    alone = neighbours.score(space.test[images.labelled["test"]], known.test_labels)
    assert abs(found.curves["graph"].accuracy[n].value - alone) < 0.05


def known_codes(images, space):
    return space.train[images.labelled["train"]]


def test_labels_spread_over_all_images(images, space):
    rows = np.flatnonzero(images.labelled["train"])[:30]
    (right,) = few_labels.graph_curve(space, images, {30: [rows]}).right[30]
    graph = few_labels.as_matrix(space.edges)
    found = few_labels.spread_to(graph, space.test_graph, rows, images.train_labels[rows], 10)
    known = images.labelled["test"]
    np.testing.assert_array_equal(right, found[known] == images.test_labels[known])


def test_chosen_images_have_a_label_and_those_to_label_next_have_none(whole, images, space, clusters, monkeypatch):
    seen = []
    monkeypatch.setattr(few_labels, "graph_curve", lambda hog, images, chosen: seen.append(chosen))
    curves = few_labels.LearningCurves({"graph": few_labels.Curve({20: np.ones((2, 3), bool)})}, [], 2)
    few_labels.with_chosen(curves, images, space, {"train": clusters.train, "test": clusters.test}, random_state=0)
    assert all(images.labelled["train"][rows].all() and len(rows) == 20 for rows in seen[0][20])
    found = few_labels.label_next(images, space, clusters.train, 50, random_state=0)
    assert len(found.rows) == 50
    assert not images.labelled["train"][found.rows].any()
    n_known = int(images.labelled["train"].sum())
    assert f"The {n_known} train images with a label are left out" in to_label(found, images, "x.csv")
    everything = few_labels.label_next(whole, space, clusters.train, 50, random_state=0)
    np.testing.assert_array_equal(
        everything.rows, few_labels.choose(space.train, clusters.train, 50, random_state=0).rows
    )
    aside = replace(images, test_labels=np.full(359, UNKNOWN)).with_labels_to_judge_by()
    np.testing.assert_array_equal(
        few_labels.label_next(aside, space, clusters.train, 50, random_state=0).rows, found.rows
    )


def test_a_share_of_labels_is_a_share_of_the_known(images):
    fitted, _ = comparison.fit_representations(
        ["pixels"], images.train_images, images.test_images, linear.fit(images.train_images, scaling="min-max"),
        n_components=4, autoencoders={},
    )  # fmt: skip
    found = comparison.few_labels(fitted, images, label_share=0.1, n_repeats=2, random_state=3)["pixels"]
    known = images.known
    (n,) = found.right
    assert n == round(0.1 * len(known.train_labels))
    own = np.flatnonzero(images.labelled["train"])
    seed, rows = draws(len(own), n, 2, 3)[0]
    network = small_network(fitted[0].train[own[rows]], images.train_labels[own[rows]], seed)
    np.testing.assert_array_equal(
        found.right[n][0], network.predict(fitted[0].test)[images.labelled["test"]] == known.test_labels
    )


def test_classifiers_learn_and_are_scored_on_the_known(images, space):
    known, described = images.known, space.of(images.labelled)
    options = {"n_slow": 6_000, "conv_filters": (4,), "conv_epochs": 1, "random_state": 0}
    found = supervised.begin(["knn", "hog_mlp"], known, described, **options).finish()
    assert found.n_train == len(known.train_labels)
    by_name = {one.predictions.name: one for one in found.scores}
    assert set(by_name) == {"knn", "hog_mlp"}
    alone = KNeighborsClassifier(5).fit(flatten(known.train_images), known.train_labels)
    assert by_name["knn"].accuracy.value == alone.score(flatten(known.test_images), known.test_labels)
    assert by_name["knn"].accuracy == wilson_interval(
        round(by_name["knn"].accuracy.value * len(known.test_labels)), len(known.test_labels)
    )
    report = sk.f1_score(known.test_labels, by_name["knn"].predictions.classes, average=None)
    np.testing.assert_allclose(by_name["knn"].f1, report)


def test_the_audit_lists_known_labels_alone(images, space, tmp_path):
    labels = images.train_labels.copy()
    wrong = np.flatnonzero(labels == 0)[:3]
    labels[wrong] = 7
    images = replace(images, train_labels=labels)
    known = images.known
    found = audit.find_issues(images, space, space, None, n_folds=3, random_state=0)
    assert len(found.parts["train"].labels) == len(known.train_labels)
    first, last = np.flatnonzero(images.labelled["train"])[[0, -1]]
    nobody = np.flatnonzero(~images.labelled["train"])[0]
    in_test = int(np.flatnonzero(images.labelled["test"])[2])
    pairs = np.array([[first, last], [nobody, last], [last, len(labels) + in_test]])
    copies = unusual.among_known({"pairs": pairs, "rms": np.array([0.0, 0.0, 0.1])}, images)
    rows = audit.rows_of(found, known)
    listed = {part: [row for own, row, *_ in rows if own == part] for part in ("train", "test")}
    assert set(images.train_rows[wrong]) <= set(listed["train"][:10])
    assert {part: sorted(own) for part, own in listed.items()} == {p: sorted(own) for p, own in known.rows.items()}
    unusual_rows = unusual.rows_of(found.distances, copies, known)
    assert [
        (part, row, other, other_row) for part, row, finding, *_, other, other_row in unusual_rows if "copy" in finding
    ] == [
        ("train", images.train_rows[first], "train", images.train_rows[last]),
        ("train", images.train_rows[last], "test", images.test_rows[in_test]),
    ]
    at = dict(zip((f"{part} {i}" for part in images.rows for i in images.rows[part]),
                  np.concatenate([images.train_labels, images.test_labels]), strict=True))  # fmt: skip
    assert all(label == images.class_names[at[f"{part} {row}"]] for part, row, _, _, label, *_ in rows)
    assert all(label == images.class_names[at[f"{part} {row}"]] for part, row, _, label, *_ in unusual_rows)
    chart = datamap.build(images, space, np.zeros(359, np.int64), None, issues=found, random_state=0)
    np.testing.assert_array_equal(
        np.flatnonzero(chart.suspects), np.flatnonzero(images.labelled["test"])[found.parts["test"].first]
    )


def test_what_learnt_clusters_is_judged_on_the_known(images, clusters):
    taught = pseudo.PseudoLabels({"svm": made_result(clusters)})
    judged = pseudo.judge(taught, {"train": clusters.train, "test": clusters.test}, images)
    expected = scores.score_clusters(clusters, images.train_labels, images.test_labels, 10).majority_accuracy
    assert judged.truth.ceiling == expected
    assert judged.truth.accuracy["svm"] == expected


def made_result(clusters):
    none = wilson_interval(1, 2)
    return pseudo.PseudoLabelResult("svm", 1, none, [none], True, None, clusters.test, none)


# --- classes of few images, or in one part only -----------------------------------------------------------------------


def one_in_a_hundred(whole):
    """Two classes, 99 to 1, and half of the labels unknown."""
    parts = {part: np.where(np.arange(len(y)) % 100 == 0, 1, 0)
             for part, y in (("train", whole.train_labels), ("test", whole.test_labels))}  # fmt: skip
    return replace(
        whole,
        train_labels=hidden(parts["train"], 0.5, 4),
        test_labels=hidden(parts["test"], 0.5, 5),
        class_names=("a", "b"),
    )


def in_train_only(whole):
    return replace(whole, test_labels=np.where(whole.test_labels == 9, UNKNOWN, whole.test_labels))


def in_test_only(whole):
    return replace(whole, train_labels=np.where(whole.train_labels == 9, UNKNOWN, whole.train_labels))


def few(whole):
    """Twelve known train labels and two known test labels."""
    train, test = (np.full(len(y), UNKNOWN) for y in (whole.train_labels, whole.test_labels))
    train[:12], test[5:7] = whole.train_labels[:12], whole.test_labels[5:7]
    return replace(whole, train_labels=train, test_labels=test)


@pytest.mark.parametrize("some", [one_in_a_hundred, in_train_only, in_test_only, few])
def test_every_phase_takes_rare_classes_and_classes_of_one_part(whole, space, clusters, some):
    images = some(whole)
    known, described, n_classes = images.known, space.of(images.labelled), len(images.class_names)
    assert images.with_labels_to_judge_by() is images
    scored = scores.score_clusters(clusters, images.train_labels, images.test_labels, n_classes)
    assert scored.table.sum() == len(known.test_labels)
    assert sk.adjusted_rand_score(known.test_labels, clusters.test[images.labelled["test"]]) == pytest.approx(
        scored.ari.value
    )
    options = {"n_slow": 6_000, "conv_filters": (4,), "conv_epochs": 1, "random_state": 0}
    found = supervised.begin(["logistic_regression", "knn", "hog_mlp"], known, described, **options).finish()
    for one in found.scores:
        assert one.accuracy.value == np.mean(one.predictions.classes == known.test_labels)
        np.testing.assert_array_equal(one.support, np.bincount(known.test_labels, minlength=n_classes))
    issues = audit.find_issues(images, space, space, None, n_folds=2, random_state=0)
    assert [len(part.labels) for part in issues.parts.values()] == [len(known.train_labels), len(known.test_labels)]
    asked = {"counts": (10,), "autoencoders": {}, "kept": {}, "scaling": "min-max", "n_components": 8}
    curves = few_labels.learning_curves(["pca"], images, space, space, **asked, n_draws=2, random_state=0)
    assert curves.curves["graph"].right[10].shape == (2, len(known.test_labels))


# --- the whole run --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_whole_run_of_images_of_which_some_have_a_label(images, tmp_path, monkeypatch):
    monkeypatch.setenv("REPORT_BUILD_DIR", str(tmp_path / "build"))
    path = tmp_path / "second_week.npz"
    np.savez(path, x_train=images.train_images, y_train=images.train_labels, x_test=images.test_images,
             y_test=images.test_labels)  # fmt: skip
    settings = [f"dataset.source={path}", "name=second_week", *SMALL]
    run_report(load_params(Path(ROOT) / "params" / "digits.yaml", settings))
    folder = tmp_path / "build" / "second_week"
    found, known = json.loads((folder / "metrics.json").read_text()), images.known
    assert found["dataset"]["n_unknown"] == {
        part: len(images.rows[part]) - len(known.rows[part]) for part in ("train", "test")
    }
    assert found["understanding"]["class_counts"] == {name: n for name, (n, _) in images.class_counts.items()}
    assert found["dataset"]["class_names"] == list(images.class_names)
    assert findings.unknown(found["dataset"]) in (folder / "report.html").read_text()
    with np.load(folder / "artifacts" / "clustering" / "clusters.npz") as kept:
        labels, clusters = known.test_labels, kept["test"][images.labelled["test"]]
    scored = found["clustering"]["methods"]["graph"]
    assert scored["ari"] == pytest.approx(sk.adjusted_rand_score(labels, clusters))
    assert scored["ami"] == pytest.approx(sk.adjusted_mutual_info_score(labels, clusters))
    assert np.sum(found["classification"]["supervised"]["knn"]["confusion"]) == len(labels)
    with (folder / "artifacts" / "classification" / "label_next.csv").open() as file:
        rows = [int(row["row"]) for row in csv.DictReader(file)]
    assert len(rows) == 30
    assert not images.labelled["train"][rows].any()


SMALL = [
    "reduction.representations=[pca]", "reduction.maps=[]", "clustering.methods=[kmeans,graph]",
    "classification.pseudo_models=[svm]", "classification.label_sources=[pca]", "classification.label_counts=[10]",
    "classification.classifiers=[knn,hog_mlp]",
]  # fmt: skip
