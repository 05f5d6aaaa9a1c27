"""The sentences of the fourth phase follow the values: other values, other words."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from report_lib.classification import audit, few_labels, findings, planted, pseudo, supervised, unusual
from report_lib.classification.findings import caveats as about_caveats
from report_lib.classification.findings import headlines
from report_lib.classification.findings import pseudo as about_pseudo
from report_lib.classification.judges import Opinion
from report_lib.classification.label_choice import Choice
from report_lib.classification.supervised import League, Predictions
from report_lib.common import metrics
from report_lib.data.images import ImageSet
from tests.made import scored


def numbers_of_a_run(*, labelled):
    """What the first screen reads of `metrics.json`."""
    ends, mean = {"low": 0.6, "high": 0.7}, {"accuracy": 0.6, "ari": 0.41, "nmi": 0.52}
    # What the kept fit has is not what the page says first.
    scores = {
        **dict.fromkeys(mean, 0.99), "mean": mean, "mean_intervals_95": {"accuracy": ends},
        "by_seed": {"accuracy": [0.55, 0.65]},
    }  # fmt: skip
    forest = {"fidelity": 0.9, **({"accuracy": 0.61, "ceiling": 0.65} if labelled else {})}
    best = {"n_clusters": 2, "noise": 0.1, "n_clustered": 90, "n_outside_largest": 3, "silhouette": 0.2}
    return {
        "dataset": {"title": "Mine", "n_train": 30, "n_test": 10, "height": 4, "width": 5,
                    "class_names": ["a", "b"] * labelled},
        "understanding": {"near_duplicates": {"exact": {"total": 1}, "near": {"total": 0}},
                          "class_counts": {"a": 20, "b": 10}},
        "reduction": {"pca": {"components_for_95": 7}},
        "clustering": {
            "chosen": "graph", "chosen_on": "gradients",
            "methods": {"graph": {"n_clusters": 3, **(scores if labelled else {})}, "kmeans": {"n_clusters": 4}},
            "panel": {"suggested": {"silhouette": 2, "modularity": 5}, "given": 3},
            "density": {"PCA": {"eps": [0.1] * 6, "best": best}},
        },
        "classification": {"pseudo_labels": {"random_forest": forest}},
    }  # fmt: skip


def test_headlines_are_of_the_clusters_that_go_on(snapshot):
    for key, labelled in (("headlines/with labels", True), ("headlines/without labels", False)):
        numbers = numbers_of_a_run(labelled=labelled)
        said = [f"- **{one.figure}** {one.said} {one.note}".strip() for one in headlines.headlines(numbers)]
        snapshot(key, "\n".join([headlines.data_line(numbers), *said]))


def test_the_number_of_clusters_is_said_to_be_given_chosen_or_found():
    numbers = numbers_of_a_run(labelled=True)
    assert headlines.data_line(numbers).endswith("3 clusters were asked for")
    numbers["clustering"]["panel"]["support"] = {"number": 7, "supported": True, "nearly": [4], "found_again": True}
    assert [one.said for one in headlines.headlines(numbers) if one.figure == "7"] == [
        "clusters are what halves of the images support best; 4 may be as good. The run was given 3."
    ]
    numbers["clustering"]["panel"]["given"] = None
    assert headlines.data_line(numbers).endswith("3 clusters, a number chosen without labels")
    assert [one.said for one in headlines.headlines(numbers) if one.figure == "7"] == [
        "clusters are what halves of the images support best; 4 may be as good."
    ]
    numbers["clustering"]["panel"]["support"]["found_again"] = False
    assert [one.said for one in headlines.headlines(numbers) if one.figure == "7"] == [
        "clusters are what halves of the images support best; 4 may be as good, but they do not agree on the borders between "
        "them."
    ]
    del numbers["clustering"]["panel"]["support"]
    numbers["clustering"].update(chosen="dbscan")
    numbers["clustering"]["methods"]["dbscan"] = {"n_clusters": 5}
    assert headlines.data_line(numbers).endswith("5 clusters, as many as the method finds")


def of_a_league(*, on="PCA", seeds=(0.5, 0.7)):
    """What the caveats read of the clustering."""
    own = {
        "method": "kmeans", "on": on, "by_seed": {"n_clusters": [3] * len(seeds), "accuracy": list(seeds)},
        "standard_deviation": {"accuracy": None if len(seeds) == 1 else float(np.std(seeds))},
    }  # fmt: skip
    return {"kmeans": own}


def caveats(*, title="Mine", classified=None, support=None, marks=None, n_source=0, **of):
    numbers = numbers_of_a_run(labelled=True)
    more = {"marks": marks, "n_source": n_source}
    numbers["dataset"] |= {"title": title, **{name: value for name, value in more.items() if value}}
    numbers["clustering"]["league"] = of_a_league(**of)
    numbers["clustering"]["panel"] |= {"support": support, "given": None if support else 3}
    numbers["classification"] = {"map": {"same_nearby": 0.75, "same_nearby_on_map": 0.6}, **(classified or {})}
    return about_caveats.caveats(numbers)


def test_only_the_caveats_that_hold_for_a_run_are_told(snapshot):
    assert len(caveats()) == 3
    assert "was given" in caveats()[0]
    assert "K-Means on PCA runs from 50.0% to 70.0%" in " ".join(caveats())
    assert "with one seed" in " ".join(caveats(seeds=(0.5,)))
    assert "may not suit these images" in " ".join(caveats(on="oriented gradients"))
    assert "on other images expect less" in " ".join(caveats(on="oriented gradients", title="MNIST"))
    found = {"number": 3, "supported": True, "nearly": [4, 5], "found_again": True}
    assert caveats(support=found)[0].endswith("sees no labels, and 4 or 5 may be as good.")
    assert caveats(support={**found, "found_again": False})[0].endswith("put the borders between them elsewhere.")
    assert "Nothing in the images supports" in caveats(support={**found, "supported": False})[0]
    whole = caveats(on="oriented gradients", classified={"supervised": {"conv": {}}, "audit": {}})
    assert len(whole) == 6
    snapshot("headlines/how far to trust this", "\n".join(whole))


def test_corrected_labels_are_a_caveat_and_stand_on_the_first_line(snapshot):
    marks = {"n_corrected": {"train": 3, "test": 9}, "n_confirmed": 4, "n_unsure": 1, "file": "marks.csv"}
    snapshot("headlines/corrected labels", caveats(marks=marks)[0])
    assert len(caveats(marks={**marks, "n_corrected": {"train": 0, "test": 0}})) == len(caveats())
    numbers = numbers_of_a_run(labelled=True)
    assert "corrected" not in headlines.data_line(numbers)
    numbers["dataset"]["marks"] = marks
    assert " · 12 labels corrected by hand · " in headlines.data_line(numbers)


def test_that_only_some_of_the_images_were_looked_at_is_a_caveat_and_stands_on_the_first_line(snapshot):
    numbers = numbers_of_a_run(labelled=True)
    n = numbers["dataset"]["n_train"] + numbers["dataset"]["n_test"]
    assert f"{n:,} greyscale" in headlines.data_line(numbers)
    numbers["dataset"]["n_source"] = 9_000
    assert headlines.data_line(numbers).startswith(f"{n:,} of 9,000 greyscale images")
    snapshot("headlines/some of the images", caveats(n_source=9_000, classified={"all_images": {}})[0])
    assert "the model" not in caveats(n_source=9_000)[0]


def found_in(classified):
    """The findings of a run whose fourth phase has this too, by their evidence."""
    numbers = numbers_of_a_run(labelled=True)
    numbers["classification"] |= classified
    return {one.evidence: one for one in headlines.headlines(numbers)}


def test_the_finding_on_few_labels_gives_the_fewest():
    curves = {
        "graph_chosen": {"50": 0.7, "10": 0.61, "500": 0.85},
        "graph": {"10": 0.4, "50": 0.5, "500": 0.6},
    }
    one = found_in({"label_efficiency": curves})["classification-few-labels"]
    assert one.figure == "61.0%"
    assert "from 10 labels" in one.said
    assert "40.0% where as many labels of images drawn at random" in one.said
    assert "classification-few-labels" not in found_in({"label_efficiency": {"pixels": {"10": 0.5}}})


ALL_LABELS = "classification-all-labels"


@pytest.mark.parametrize(
    ("n_images", "speaks"),
    [
        ({"knn": 10, "conv": 60}, "a convolutional network that learnt 60 labels"),
        ({"knn": 10}, "a vote of the 5 nearest neighbours that learnt 10 labels"),
        ({"knn": 10, "svc": 10, "mlp": 60, "logistic_regression": 60}, "a network on pixels that learnt 60 labels"),
        ({"logistic_regression": 60}, "logistic regression that learnt 60 labels"),
        ({"hog_mlp": 60, "mlp": 60}, "a network on oriented gradients that learnt 60 labels"),
    ],
)
def test_who_speaks_for_all_labels_in_the_findings(n_images, speaks):
    ends = {"low": 0.91, "high": 0.93}
    found = {name: {"accuracy": 0.92, "n_images": n, "interval_95": ends} for name, n in n_images.items()}
    one = found_in({"supervised": found})[ALL_LABELS]
    assert (one.figure, one.said) == ("92.0%", f"named correctly by {speaks} (91.0% to 93.0%).")
    assert ALL_LABELS not in found_in({})


TRIED = {
    kind: {"200": {"precision": 0.4}, "100": {"precision": share}}
    for kind, share in (("random", 0.906), ("confused", 0.754))
}


def test_how_far_to_trust_the_list_of_doubts_is_a_finding_only_with_an_audit():
    place = "classification-labels-that-look-wrong"
    one = found_in({"audit": {"planted": {"test": {"share": 0.01, **TRIED}}}})[place]
    assert one.figure == "90.6%"
    assert "75.4% where they are made wrong between classes" in one.said
    assert place not in found_in({}) | found_in({"audit": {"planted": {}}})


def exact(value):
    return metrics.Interval(value, value, value)


def taught(name, fidelity, *, stratified=True):
    folds = [exact(fidelity - 0.1), exact(fidelity), exact(fidelity + 0.1)]
    report = pseudo.ClassReport(*np.array([[0.5, 0.9], [0.4, 0.8], [0.45, 0.85], [3, 4]]))
    return pseudo.PseudoLabelResult(
        name, 50, exact(fidelity - 0.2), folds, stratified, report, np.zeros(2), exact(fidelity)
    )  # fmt: skip


def found_of(*results, truth=None):
    return pseudo.PseudoLabels({own.name: own for own in results}, truth)


def test_what_is_learnt_from_clusters(snapshot):
    found = found_of(taught("svm", 0.8), taught("mlp", 0.7))
    snapshot("classification/fidelity", findings.fidelity(found))
    snapshot("classification/cluster by cluster", findings.cluster_report(found))
    assert findings.cluster_table(found)["F1"].tolist() == ["0.450", "0.850"]
    assert "folds are random" in findings.fidelity(found_of(taught("mlp", 0.7, stratified=False)))


@pytest.mark.parametrize(
    ("gain", "word"),
    [(0.05, "classifier is better"), (-0.05, "classifier is worse"), (0.0, "is not clearly different")],
)
def test_the_most_faithful_is_above_or_below_the_ceiling(gain, word):
    below = {"random_forest": exact(0.5), "svm": metrics.Interval(gain, gain - 0.01, gain + 0.01)}
    truth = pseudo.Truth({"random_forest": exact(0.99), "svm": exact(0.5 + gain)}, exact(0.5), below)
    told = findings.ceiling(found_of(taught("random_forest", 0.7), taught("svm", 0.9), truth=truth))
    assert word in told
    assert "The support vector machine on PCA" in told
    assert "99.0%" not in told
    assert findings.ceiling(found_of(taught("svm", 0.9))) is None


def test_the_headline_of_few_labels_gives_the_fewest(snapshot):
    numbers = {
        "label_efficiency": {
            "graph_chosen": {"50": 0.7, "10": 0.61, "500": 0.85},
            "graph": {"10": 0.4, "50": 0.5, "500": 0.6},
        },
        "label_efficiency_intervals_95": {"graph_chosen": {"10": {"low": 0.6, "high": 0.62}}},
    }
    snapshot("classification/headline of few labels", about_pseudo.few_labels_headline(numbers))
    assert about_pseudo.few_labels_headline({"label_efficiency": {"pixels": {"10": 0.5}}}) == ""
    assert about_pseudo.few_labels_headline({}) == ""


@pytest.mark.parametrize(
    ("n_images", "speaks"),
    [
        ({"knn": 10, "conv": 60}, "60 labels, a convolutional network gets"),
        ({"knn": 10}, "10 labels, a vote of the 5 nearest neighbours gets"),
        ({"knn": 10, "svc": 10, "mlp": 60, "logistic_regression": 60}, "60 labels, a network on pixels gets"),
        ({"logistic_regression": 60}, "60 labels, logistic regression gets"),
        ({"hog_mlp": 60, "mlp": 60}, "60 labels, a network on oriented gradients gets"),
    ],
)
def test_who_speaks_for_all_labels_is_settled_by_the_table(n_images, speaks):
    ends = {"low": 0.91, "high": 0.93}
    found = {name: {"accuracy": 0.92, "n_images": n, "interval_95": ends} for name, n in n_images.items()}
    assert f"{speaks} 92.0% (91.0% to 93.0%)" in about_pseudo.all_labels_headline({"supervised": found})
    assert about_pseudo.all_labels_headline({}) == ""


def test_the_headline_of_the_audit_is_there_only_with_an_audit(snapshot):
    found = {"audit": {"planted": {"test": {"share": 0.01, **TRIED}}}}
    snapshot("classification/headline of the audit", about_pseudo.audit_headline(found))
    assert about_pseudo.audit_headline({}) == about_pseudo.audit_headline({"audit": {"planted": {}}}) == ""


def noisy(seed):
    """Three draws of 500 images, about half right."""
    return np.random.default_rng(seed).random((3, 500)) < 0.5


def curves(chosen=None, **found):
    return few_labels.LearningCurves({name: few_labels.Curve(own) for name, own in found.items()}, [], 3, chosen)


def test_the_curve_that_leads_is_named_with_those_that_are_level(snapshot):
    found = curves(pixels={10: noisy(0), 100: noisy(0) & noisy(1)}, graph={10: noisy(2), 100: noisy(0) | noisy(1)})
    snapshot("classification/the curve that leads", findings.learning_curves(found))


def test_the_table_of_curves_leaves_out_the_spread_of_a_single_fit():
    right = np.array([[True, True]])
    found = curves(pixels={10: np.array([[True, False], [True, True]]), 20: right}, graph={10: right})
    table = findings.curves_table(found)
    assert table.loc["pixels"].tolist() == ["75.0% ± 35.4", "100.0%"]
    assert table.loc["graph"].tolist() == ["100.0%", ""]
    assert "over 3 draws" in findings.curves_key(found)
    assert "neighbours in the description of shape" in findings.curves_key(found)
    assert "neighbours on PCA, also" in findings.curves_key(replace(found, on="PCA"))
    assert findings.missing_sources(found) is None
    assert "dense-512" in findings.missing_sources(replace(found, missing=["dense-512"]))


def shares(**shares):
    """Two draws of 1,000 images, the given share right in both, by number of labels."""
    return {int(n[1:]): np.tile(np.arange(1000) < 1000 * share, (2, 1)) for n, share in shares.items()}


def test_choosing_is_compared_where_both_were_tried(snapshot):
    chosen = few_labels.Curve(shares(n10=0.6, n50=0.81))
    found = curves(chosen, graph=shares(n10=0.4, n50=0.8, n1000=0.9))
    snapshot("classification/chosen and random images", findings.choosing(found, n_clusters=10, n_classes=10))
    on_components = findings.choosing(replace(found, on="PCA"), n_clusters=6, n_classes=10)
    snapshot("classification/chosen and random images on components", on_components)
    spread = replace(found, chosen_spread=few_labels.Curve(shares(n10=0.55, n50=0.81)))
    snapshot("classification/clusters named after chosen images", findings.choosing(spread, n_clusters=8, n_classes=10))
    assert "named after" not in findings.choosing(spread, n_clusters=60, n_classes=10)


def test_the_list_to_label_names_its_rows_in_the_file(snapshot):
    images = ImageSet("made", np.zeros((3, 1, 1)), np.zeros((1, 1, 1)), train_rows=np.array([5, 7, 3]))
    choice = Choice(np.array([1, 2]), np.zeros(2, int), np.ones(2, int))
    snapshot("classification/images to label", findings.to_label(choice, images, "a/b.csv"))


def test_the_table_of_classifiers_stands_beside_the_published_figures(rng, snapshot):
    league = League(scored(rng), {"network on oriented gradients": "why not"}, {"conv": 0.9}, 60)
    table = findings.classifiers_table(league)
    assert list(table.index) == ["convolutional network", "support vector machine"]
    assert table["learnt from"].tolist() == ["60", "30"]
    assert table["published"].tolist() == ["90.0%", ""]
    assert table["calibration error"].tolist()[1] == "none given"
    assert "published" not in findings.classifiers_table(replace(league, published={}))
    snapshot("classification/what the table of classifiers holds", findings.classifiers_key(league))
    assert "published" not in findings.classifiers_key(replace(league, published={}))
    snapshot("classification/a missing classifier", findings.missing_classifiers(league))


def test_only_classifiers_that_are_there_are_explained():
    league = League([fake("logistic_regression", 0.9, 60, None)], {}, {}, 60)
    assert "30 steps" in findings.classifiers_key(league)
    assert "epochs" not in findings.classifiers_key(league)


def fake(name, accuracy, n_images, p_value):
    predictions = Predictions(name, n_images, np.zeros(0), np.zeros((0, 2)), {}, None)
    return SimpleNamespace(predictions=predictions, accuracy=exact(accuracy), p_value=p_value)


def league_of(*scores, **published):
    return League(list(scores), {}, published, 60)


def test_classifiers_that_cannot_be_told_from_the_first_are_named(snapshot):
    scores = [fake("conv", 0.9, 60, None), fake("svc", 0.89, 60, 0.2), fake("knn", 0.8, 60, 0.001)]
    snapshot("classification/one level with the first", findings.league(league_of(*scores)))
    snapshot("classification/none level with the first", findings.league(league_of(scores[0], scores[2])))
    assert "differ" not in findings.league(league_of(scores[0]))


def test_published_figures_are_matched_missed_or_not_comparable(snapshot):
    known = {"knn": 0.85, "svc": 0.9, "mlp": 0.87}
    near = [fake("knn", 0.855, 60, 1.0), fake("conv", 0.9, 60, 1.0)]
    far, fewer = fake("mlp", 0.9, 60, 1.0), fake("svc", 0.86, 10, 1.0)
    snapshot("classification/published figures matched", findings.published(league_of(*near, **known)))
    snapshot("classification/published figures missed", findings.published(league_of(*near, far, **known)))
    assert findings.published(league_of(fewer, **known)) is None
    assert findings.published(league_of(near[0], fewer, **known)).endswith(
        "Its other classifiers learnt from fewer images here."
    )
    assert findings.published(league_of(near[1], **known)) is None


def test_the_pairs_that_are_confused_most_count_both_ways(snapshot):
    score = SimpleNamespace(confusion=np.array([[5, 3, 0], [1, 7, 2], [0, 0, 9]]))
    snapshot("classification/mistakes", findings.confusion(score, ["a", "b", "c"]))
    right = SimpleNamespace(confusion=np.eye(3, dtype=int))
    snapshot("classification/no mistakes", findings.confusion(right, "abc"))


def test_a_class_without_test_images_is_said_to_be_missing():
    score = SimpleNamespace(support=np.array([3, 0, 2]))
    assert "&lt;b&gt;:" in findings.classes_without_images(score, ["a", "<b>", "c"])
    assert findings.classes_without_images(SimpleNamespace(support=np.array([1, 1])), "ab") is None


@pytest.mark.parametrize(
    ("says", "word"), [(0.99, "too sure"), (0.6, "not sure enough"), (0.8, "about as sure as it is right")]
)
def test_who_is_too_sure(says, word):
    proba = np.tile([says, 1 - says], (100, 1))
    one = fake("conv", 1, 1, 1)
    one.calibration = supervised.calibration(proba, (np.arange(100) >= 80).astype(int))
    assert f"is {word} (" in findings.calibration(league_of(one))


def audited():
    """Issues of four train and two test images, two judges who see them alike, and what was tried."""
    labels = {"train": np.array([0, 0, 1, 1]), "test": np.array([0, 1])}
    said = {"train": np.eye(2)[[0, 1, 1, 1]], "test": np.eye(2)[[0, 1]]}
    parts = {part: audit.judge(own, {title: Opinion(said[part]) for title in ("a network", "9 nearest images")})
             for part, own in labels.items()}  # fmt: skip
    shares = {kind: np.array([0.914, 0.5]) for kind in planted.KINDS}
    halves = {kind: own / 2 for kind, own in shares.items()}
    tried = {"train": planted.Planted(600, 1, (100, 200), shares, halves),
             "test": planted.Planted(2, 10, (10, 100), shares, halves)}  # fmt: skip
    return audit.Issues(parts, {}, tried)


def test_judges_are_named_with_how_often_they_agree(snapshot):
    issues = audited()
    snapshot("classification/suspects", findings.suspects(issues))
    alone = {part: audit.judge(own.labels, {"a network": Opinion(own.proba)}) for part, own in issues.parts.items()}
    assert "together" not in findings.suspects(audit.Issues(alone, {}, {}))
    assert "2 labels" in findings.audit_list([0, 1], "audit.csv")


def test_what_was_tried_is_told_with_its_shares(snapshot):
    table = findings.planted(audited())
    assert table.index[0] == "train, at random, first 100"
    assert table.loc["train, at random, first 200"].to_dict() == {"are wrong": "50%", "of all wrong ones": "25%"}
    assert table.loc["test, between confused classes, first 10"].tolist() == ["91%", "46%"]
    assert len(table) == 8
    snapshot("classification/trust in the audit", findings.trust(audited()))
    nothing = audit.Issues({}, {}, {})
    assert findings.planted(nothing) is None
    assert findings.trust(nothing) is None


def test_strangers_are_counted_by_part(snapshot):
    far = {"train": SimpleNamespace(far=np.arange(4) == 1), "test": SimpleNamespace(far=np.arange(4) > 1)}
    snapshot("classification/strangers", findings.strangers(far))
    assert findings.unusual_list([], "unusual.csv") is None
    assert "All 3 are in `unusual.csv`" in findings.unusual_list([0, 1, 2], "unusual.csv")


def test_copies_are_counted_with_those_that_disagree(snapshot):
    some = unusual.Copies(3, 1, 2, [], np.empty((0, 2), int), np.empty((0, 2, 1, 1)))
    snapshot("classification/copies", findings.copies(some))
    snapshot("classification/no copies", findings.copies(replace(some, n_pairs=0)))


def model(agreement=1.0, network=None, labels=None):
    answers = SimpleNamespace(
        probability=np.array([0.99, 0.95, 0.6, 0.5]),
        classes=np.array([0, 1, 1, 0]),
        like_seen=np.array([True, True, True, False]),
    )
    predictor = SimpleNamespace(network=network, labels=labels)
    unlike = {"as they are": 0.011, "inverted": 1.0, "upside down": 0.5}
    return SimpleNamespace(predictor=predictor, answers=answers, agreement=agreement, called_unlike=unlike)


def test_the_model_says_what_it_answers_with(snapshot):
    snapshot("classification/a model", findings.model(model(network="a network", labels=np.zeros(2)), "mine"))
    snapshot("classification/a model without labels", findings.model(model(agreement=0.97), "mine"))
    assert "a vote" in findings.model(model(labels=np.zeros(2)), "mine")
    snapshot("classification/unlike anything seen", findings.unlike(model()))


def test_how_far_to_trust_an_answer(snapshot):
    labels = np.array([0, 1, 1, 1])
    images = ImageSet("made", np.zeros((4, 1, 1)), np.zeros((4, 1, 1)), labels, labels)
    snapshot("classification/how far to trust the model", findings.answers(model(), images))
    assert "right" not in findings.answers(model(), replace(images, test_labels=None))
    # The surest of the four and the last, which is flagged, have no label: one is left on either side.
    some = findings.answers(model(), replace(images, test_labels=np.array([-1, 1, 0, -1])))
    assert some.endswith("50.0% of the test images. It is right for 100.0% of these and 0.0% of the others.")


def test_of_nothing_nothing_is_said(rng):
    images = ImageSet("made", np.zeros((4, 1, 1)), np.zeros((4, 1, 1)))
    alone = ("learning_curves", "curves_table", "curves_key", "missing_sources", "league", "published",
             "classifiers_table", "classifiers_key", "calibration", "suspects", "planted",
             "trust", "strangers", "copies", "unlike")  # fmt: skip
    assert [name for name in alone if getattr(findings, name)(None) is not None] == []
    assert findings.choosing(None, n_clusters=3, n_classes=3) is None
    beside = {"by_class": [], "confusion": [], "classes_without_images": [],
              "answers": images, "model": "mine", "audit_list": "path", "unusual_list": "path"}  # fmt: skip
    assert [name for name, other in beside.items() if getattr(findings, name)(None, other) is not None] == []


def test_the_phase_in_short_says_only_what_the_run_has():
    forest = {"random_forest": {"fidelity": 0.9, "accuracy": 0.61, "ceiling": 0.65}}
    assert findings.in_short({"pseudo_labels": forest}).count("- ") == 1
    found = {"pseudo_labels": forest, "audit": {"planted": {"test": {"share": 0.01, **TRIED}}}}
    assert findings.in_short(found).count("- ") == 2
