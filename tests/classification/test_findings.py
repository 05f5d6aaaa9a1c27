"""The sentences of the fourth phase follow the values: other values, other words."""

from types import SimpleNamespace

import numpy as np
import pytest

from report_lib.classification import audit, few_labels, pseudo_labels, supervised
from report_lib.classification.findings import audit as about_audit
from report_lib.classification.findings import few_labels as about_labels
from report_lib.classification.findings import headlines
from report_lib.classification.findings import new_images as about_predicting
from report_lib.classification.findings import pseudo_labels as about_classification
from report_lib.classification.findings import supervised as about_classifiers
from report_lib.common import metrics, published
from tests.made import scored


def numbers_of_a_run(*, labelled):
    """What the first screen reads of `metrics.json`."""
    ends = {"low": 0.6, "high": 0.7}
    scores = {
        "accuracy": 0.6,
        "majority_accuracy": 0.65,
        "ari": 0.41,
        "nmi": 0.52,
        "intervals_95": {"majority_accuracy": ends},
    }
    forest = {"fidelity": 0.9, **({"accuracy": 0.61, "ceiling": 0.65} if labelled else {})}
    best = {"n_clusters": 2, "noise": 0.1, "n_clustered": 90, "n_outside_largest": 3, "silhouette": 0.2}
    return {
        "dataset": {"n_train": 30, "n_test": 10, "height": 4, "width": 5, "class_names": ["a", "b"] * labelled},
        "understanding": {"near_duplicates": {"exact": {"total": 1}, "near": {"total": 0}},
                          "class_counts": {"a": 20, "b": 10}},
        "reduction": {"pca": {"components_for_95": 7}},
        "clustering": {
            "chosen": "graph", "chosen_on": "gradients",
            "methods": {"graph": {"n_clusters": 3, **(scores if labelled else {})}, "kmeans": {"n_clusters": 4}},
            "panel": {"suggested": {"silhouette": 2, "modularity": 5}},
            "density": {"PCA": {"eps": [0.1] * 6, "best": best}},
        },
        "classification": {"pseudo_labels": {"random_forest": forest}},
    }  # fmt: skip


def test_headlines_are_of_the_clusters_that_go_on(snapshot):
    for key, labelled in (("headlines/with labels", True), ("headlines/without labels", False)):
        numbers = numbers_of_a_run(labelled=labelled)
        snapshot(key, f"{headlines.lede(numbers)}\n{headlines.interpretation(numbers)}")


def exact(value):
    return metrics.Interval(value, value, value)


def pseudo(fidelity, *, stratified=True):
    folds = [exact(fidelity - 0.1), exact(fidelity), exact(fidelity + 0.1)]
    return SimpleNamespace(
        n_images=50, folds=folds, stratified=stratified, fidelity=exact(fidelity), holdout=exact(0.5)
    )


def test_every_classifier_has_the_mean_and_spread_of_its_folds():
    said = about_classification.fidelity({"svm": pseudo(0.8), "mlp": pseudo(0.7, stratified=False)})
    assert "Taught 50 train images" in said
    assert "in cross-validation of 3 folds" in said
    assert "the support vector machine 0.800 ± 0.100 and the network 0.700 ± 0.100" in said
    assert "folds are random" not in said
    assert "folds are random" in about_classification.fidelity({"mlp": pseudo(0.7, stratified=False)})


@pytest.mark.parametrize(
    ("gain", "word"), [(0.05, "it is better"), (-0.05, "it is worse"), (0.0, "cannot be told from them")]
)
def test_the_most_faithful_is_above_or_below_the_ceiling(gain, word):
    results = {"random_forest": pseudo(0.7), "svm": pseudo(0.9)}
    below = {"random_forest": exact(0.5), "svm": metrics.Interval(gain, gain - 0.01, gain + 0.01)}
    truth = pseudo_labels.Truth({"random_forest": exact(0.99), "svm": exact(0.5 + gain)}, exact(0.5), below)
    said = about_classification.ceiling(results, truth)
    assert word in said
    assert "The most faithful of them, the support vector machine" in said
    assert "0.990" not in said


def test_the_headline_of_few_labels_gives_the_fewest():
    numbers = {
        "label_efficiency": {
            "graph_chosen": {"50": 0.7, "10": 0.61, "500": 0.85},
            "graph": {"10": 0.4, "50": 0.5, "500": 0.6},
        },
        "label_efficiency_intervals_95": {"graph_chosen": {"10": {"low": 0.6, "high": 0.62}}},
    }
    assert about_classification.few_labels_headline(numbers) == (
        "10 labels, on the middles of clusters and spread over the neighbour graph, name 61.0% (60.0% to 62.0%) of the test "
        "images rightly; on images drawn at random 40.0%."
    )
    assert about_classification.few_labels_headline({"label_efficiency": {"pixels": {"10": 0.5}}}) == ""
    assert about_classification.few_labels_headline({}) == ""


def test_the_headline_of_all_labels_is_that_of_the_convolutional_network():
    network = {"accuracy": 0.92, "n_images": 60_000, "interval_95": {"low": 0.91, "high": 0.93}}
    other = {**network, "accuracy": 0.95, "n_images": 10_000}
    assert about_classification.all_labels_headline({"supervised": {"knn": other, "conv": network}}) == (
        "Taught 60,000 labels, a convolutional network names 92.0% (91.0% to 93.0%) of the test images rightly."
    )
    assert about_classification.all_labels_headline({"supervised": {"knn": other}}).startswith(
        "Taught 10,000 labels, a vote of the nearest images names 95.0%"
    )
    slow = {"knn": other, "svc": other, "mlp": {**network, "accuracy": 0.88}}
    assert "a network on pixels names 88.0%" in about_classification.all_labels_headline({"supervised": slow})
    assert about_classification.all_labels_headline({}) == ""


def test_the_headline_of_the_audit_is_there_only_with_an_audit():
    found = {"audit": {"likely_label_errors": {"train": 1750, "test": 3}}}
    assert "1,750 train and 3 test labels look wrong" in about_classification.audit_headline(found)
    assert about_classification.audit_headline({}) == ""
    assert headlines.audit_headline is about_classification.audit_headline


def curve(**shares):
    """Curve of two draws of 1,000 images, the given share right in both."""
    return few_labels.Curve(
        {int(n[1:]): np.tile(np.arange(1000) < 1000 * share, (2, 1)) for n, share in shares.items()}
    )


def test_the_curve_that_leads_is_named_with_those_that_are_level():
    found = {"pixels": few_labels.Curve({10: noisy(0), 100: noisy(0) & noisy(1)}),
             "graph": few_labels.Curve({10: noisy(2), 100: noisy(0) | noisy(1)})}  # fmt: skip
    said = about_labels.curves(found, few_labels.level_with)
    assert said.startswith("With 10 labels, ")
    assert "but cannot be told from" in said.split(";")[0]
    assert "with 100 labels, graph does best" in said
    assert "cannot be told" not in said.split(";")[1]


def noisy(seed):
    """Three draws of 500 images, about half right."""
    return np.random.default_rng(seed).random((3, 500)) < 0.5


def test_the_table_of_curves_leaves_out_the_spread_of_a_single_fit():
    one = few_labels.Curve({10: np.array([[True, False], [True, True]]), 20: np.array([[True, True]])})
    table = about_labels.table({"pixels": one, "graph": few_labels.Curve({10: np.array([[True, True]])})})
    assert table.loc["pixels"].tolist() == ["0.750 ± 0.354", "1.000"]
    assert table.loc["graph"].tolist() == ["1.000", ""]


def test_choosing_is_compared_where_both_were_tried():
    said = about_labels.choosing(curve(n10=0.4, n50=0.8, n1000=0.9), curve(n10=0.6, n50=0.81))
    assert "10: 0.600 against 0.400 and 50: 0.810 against 0.800 (their intervals overlap)" in said
    assert "1000" not in said


def test_the_list_to_label_names_its_first_rows():
    said = about_labels.to_label(np.array([7, 3]), "a/b.csv")
    assert "The list of 2 images is in `a/b.csv`" in said
    assert "7, 3" in said
    assert about_labels.absent([]) == ""
    assert "dense-512" in about_labels.absent(["dense-512"])


def test_the_table_of_classifiers_stands_beside_the_published_figures(rng):
    scores = scored(rng)
    table = about_classifiers.table(scores, {"svc": 0.9})
    assert list(table.index) == [one.predictions.title for one in scores]
    assert table["learnt from"].tolist() == ["60", "30"]
    assert table["published"].tolist() == ["", "0.900"]
    assert table["calibration error"].tolist()[1] == "none given"
    assert "published" not in about_classifiers.table(scores, {})
    assert "Table 3" in about_classifiers.key(published.CLASSIFIERS_SOURCE)
    assert "published" not in about_classifiers.key(None)


def fake(name, accuracy, n_images, p_value):
    predictions = SimpleNamespace(name=name, title=supervised.TITLES[name], n_images=n_images)
    return SimpleNamespace(predictions=predictions, accuracy=exact(accuracy), p_value=p_value)


def test_classifiers_that_cannot_be_told_from_the_first_are_named():
    scores = [fake("conv", 0.9, 60, None), fake("svc", 0.89, 60, 0.2), fake("knn", 0.8, 60, 0.001)]
    assert "cannot be told from the support vector machine (McNemar" in about_classifiers.league(scores)
    assert "All others differ from the convolutional network" in about_classifiers.league([scores[0], scores[2]])
    assert "differ" not in about_classifiers.league(scores[:1])


def test_published_figures_are_matched_missed_or_not_comparable():
    known = {"knn": 0.85, "svc": 0.9, "mlp": 0.87}
    near = [fake("knn", 0.855, 60, 1.0), fake("conv", 0.9, 60, 1.0)]
    said = about_classifiers.published(near, known, "Table 3", 60)
    assert said == "Taught all 60 images, 1 classifier of Table 3 comes out within 0.01 of the published accuracy."
    far = [*near, fake("mlp", 0.9, 60, 1.0)]
    assert "and not network, 100 units (+0.030)" in about_classifiers.published(far, known, "Table 3", 60)
    fewer = [fake("svc", 0.86, 10, 1.0)]
    said = about_classifiers.published(fewer, known, "Table 3", 60)
    assert "10 images alone taught these" in said
    assert "support vector machine -0.040" in said
    assert "within" not in said
    assert about_classifiers.published(near[1:], known, "Table 3", 60) == ""


def test_the_pairs_that_are_confused_most_count_both_ways():
    score = SimpleNamespace(confusion=np.array([[5, 3, 0], [1, 7, 2], [0, 0, 9]]))
    assert (
        about_classifiers.confusion(score, ["a", "b", "c"])
        == "Of 6 mistakes, most are between a and b (4) and b and c (2)."
    )
    right = SimpleNamespace(confusion=np.eye(3, dtype=int))
    assert about_classifiers.confusion(right, "abc") == "Not one test image is named wrongly."


def test_a_class_without_test_images_is_said_to_be_missing():
    score = SimpleNamespace(support=np.array([3, 0, 2]))
    assert about_classifiers.missing(score, ["a", "<b>", "c"]).startswith("Nothing can be said of &lt;b&gt;:")
    assert about_classifiers.missing(SimpleNamespace(support=np.array([1, 1])), "ab") == ""


@pytest.mark.parametrize(
    ("says", "word"), [(0.99, "too sure"), (0.6, "not sure enough"), (0.8, "about as sure as it is right")]
)
def test_who_is_too_sure(says, word):
    proba = np.tile([says, 1 - says], (100, 1))
    labels = (np.arange(100) >= 80).astype(int)
    one = SimpleNamespace(
        predictions=fake("conv", 1, 1, 1).predictions, calibration=supervised.calibration(proba, labels)
    )
    assert f"is {word} (" in about_classifiers.calibration([one])


def part(labels, predicted, issue, far=None):
    n = len(labels)
    far = np.zeros(n, bool) if far is None else np.array(far)
    proba = np.eye(2, dtype=np.float32)[predicted]
    return audit.Part(np.array(labels), np.array(predicted), proba, np.full(n, 0.1), np.array(issue), np.ones(n), far)


def test_suspects_are_counted_by_part_and_class():
    parts = {"train": part([0, 0, 1, 1], [0, 1, 1, 1], [False, True, False, False], [True, False, False, False]),
             "test": part([0, 1], [0, 1], [False, False])}  # fmt: skip
    said = about_audit.labels(parts)
    assert "1 of 4 train labels (25.0%) and 0 of 2 test labels (0.0%) look wrong" in said
    assert "right itself for 75.0% of the train images" in said
    table = about_audit.by_class(parts, ["a", "b"])
    assert table["train"].tolist() == ["1 of 2", "0 of 2"]
    assert about_audit.titles_of(np.array([1]), parts["train"], ["a", "b"]) == ["a: rather b?"]
    assert about_audit.strangers(parts).startswith("1 train image and 0 test images are far")


@pytest.mark.parametrize(
    ("n_gained", "word"), [(40, "makes it better"), (-40, "makes it worse"), (0, "no gain and no loss")]
)
def test_what_leaving_suspects_out_does(n_gained, word):
    with_all = np.arange(1000) < 500
    without = np.arange(1000) < 500 + n_gained
    kept = np.arange(1000) < 900
    said = about_audit.removal(audit.Removal(with_all, without, with_all, kept))
    assert word in said
    assert f"{n_gained / 1000:+.4f}" in said
    assert "from 0.5000 to 0.5556, but that means little" in said
    whole = audit.Removal(with_all, without, with_all, np.ones(1000, bool))
    assert "means little" not in about_audit.removal(whole)


def test_copies_are_counted_with_those_that_disagree():
    said = about_audit.copies(np.array([[0, 1], [1, 2], [3, 4]]), np.array([0.0, 0.01, 0.02]), 2)
    assert "there is 1 pair of copies and 2 pairs of near-copies; 2 of them have two different labels." in said
    assert "no copies or near-copies" in about_audit.copies(np.empty((0, 2), int), np.empty(0), 0)


def test_strange_images_are_told_or_not():
    said = about_predicting.unlike({"as they are": 0.011, "inverted": 1.0, "upside down": 0.5})
    assert "1.1% of ordinary images" in said
    assert "inverted 100.0%, upside down 50.0%" in said


def test_the_model_says_what_it_answers_with():
    said = about_predicting.model("mine", has_network=True, has_labels=True, agreement=1.0)
    assert "the class by the convolutional network" in said
    assert "RUN=mine" in said
    assert "not the method itself" not in said
    said = about_predicting.model("mine", has_network=False, has_labels=False, agreement=0.97)
    assert "no class, as there were no labels" in said
    assert "for 97.0% of the test images" in said
    assert "a vote" in about_predicting.model("mine", has_network=False, has_labels=True, agreement=1.0)


def test_how_far_to_trust_an_answer():
    found = SimpleNamespace(
        probability=np.array([0.99, 0.95, 0.6, 0.5]),
        classes=np.array([0, 1, 1, 0]),
        like_seen=np.array([True, True, True, False]),
    )
    said = about_predicting.answers(found, np.array([0, 1, 1, 1]))
    assert (
        "at least 90% sure of 50.0% of the test images. Of these it names 100.0%, of the others 50.0% rightly." in said
    )
    assert (
        "Of the 1 test images that are flagged as unlike anything seen it names 0.0% rightly, of the rest 100.0%."
        in said
    )
    assert "rightly" not in about_predicting.answers(found, None)
