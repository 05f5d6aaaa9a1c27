"""The table on the first screen: which rows it has, in which order, and what stands in each cell."""

import pytest

from report_lib.classification.classifiers import CLASSIFIERS
from report_lib.common.published import CLUSTERING, Published
from report_lib.page import scores


@pytest.fixture(autouse=True)
def others(monkeypatch):
    """What others have published on images called Theirs."""
    own = [Published("Theirs, good", 0.75, 0.71), Published("Theirs, poor", 0.5, 0.41)]
    monkeypatch.setitem(CLUSTERING, "Theirs", own)
    monkeypatch.setitem(CLASSIFIERS["knn"].published, "Theirs", 0.854)
    monkeypatch.setitem(CLASSIFIERS["svc"].published, "Theirs", 0.9)


def ends(value):
    return {"low": value - 0.011, "high": value + 0.022}


def clustered(method, on, accuracy):
    found = {"accuracy": accuracy, "nmi": accuracy - 0.1, "ari": accuracy - 0.2}
    # What is kept is not what the table shows.
    return {
        "method": method, "on": on, **dict.fromkeys(found, 0.123), "mean": found, "by_seed": {key: [0, 0] for key in found},
        "mean_intervals_95": {key: ends(value) for key, value in found.items()},
    }  # fmt: skip


def taught(accuracy, n_images=60_000):
    return {"accuracy": accuracy, "n_images": n_images, "interval_95": ends(accuracy)}


def made(**changes):
    """What `metrics.json` holds of all that the table looks at."""
    curves = {"graph_chosen": {"10": 0.8, "50": 0.81, "100": 0.82}, "graph": {"10": 0.6, "100": 0.7, "500": 0.79},
              "pixels": {"10": 0.3}}  # fmt: skip
    classified = {
        "label_efficiency": curves,
        "label_efficiency_intervals_95": {k: {n: ends(v) for n, v in c.items()} for k, c in curves.items()},
        "supervised": {"conv": taught(0.91), "svc": taught(0.95, n_images=10_000), "knn": taught(0.85),
                       "hog_mlp": taught(0.93)},
    }  # fmt: skip
    methods = {"kmeans": clustered("kmeans", "PCA", 0.6), "graph": clustered("graph", "gradients", 0.9),
               "dbscan": clustered("dbscan", "UMAP", 0.4)}  # fmt: skip
    league = [*methods.values(), clustered("kmeans", "gradients", 0.7), clustered("kmeans", "UMAP", 0.8),
              clustered("graph", "PCA", 0.65), clustered("dbscan", "PCA", 0.3)]  # fmt: skip
    league = {f"{own['method']} on {own['on']}": own for own in league}
    return {
        "clustering": {"chosen": "graph", "chosen_on": "gradients", "methods": methods, "league": league},
        "classification": classified,
        "dataset": {"title": "Theirs", "n_train": 60_000},
        **changes,
    }


def test_methods_are_sorted_among_those_of_others():
    table = scores.table(made())
    clusters, few, full = table["groups"]
    assert table["header"] == ("method", "accuracy", "published", "NMI", "ARI")
    assert [group["title"] for group in table["groups"]] == [
        "Clusters, without labels", "With few labels", "With all labels",
    ]  # fmt: skip
    assert [row["name"] for row in clusters["rows"]] == [
        "Graph clustering on gradients", "Theirs, good", "K-Means on gradients", "Graph clustering on PCA",
        "K-Means on PCA", "Theirs, poor", "DBSCAN on UMAP",
    ]  # fmt: skip
    assert [row["name"] for row in clusters["rows"] if row.get("by_others")] == ["Theirs, good", "Theirs, poor"]
    assert [[cell["value"] for cell in row["cells"]] for row in clusters["rows"][:2]] == [
        ["90.0%", "", "0.800", "0.700"], ["", "75.0%", "0.710", ""],
    ]  # fmt: skip
    assert [cell["note"] for cell in clusters["rows"][0]["cells"]] == [
        "88.9% to 92.2%", "", "0.789 to 0.822", "0.689 to 0.722",
    ]  # fmt: skip
    assert [row["name"] for row in full["rows"]] == [
        "Network on oriented gradients",
        "Convolutional network",
        "5 nearest neighbours",
    ]
    assert [row["cells"][1]["value"] for row in full["rows"]] == ["", "", "85.4%"]
    assert all(len(row["cells"]) == 4 for group in (clusters, few, full) for row in group["rows"])


def test_few_labels_are_told_where_they_were_tried():
    (few,) = [g for g in scores.table(made())["groups"] if g["title"] == "With few labels"]
    assert [(row["name"], row["cells"][0]["value"]) for row in few["rows"]] == [
        ("10 labels on chosen images", "80.0%"), ("10 labels on random images", "60.0%"),
        ("100 labels on chosen images", "82.0%"), ("100 labels on random images", "70.0%"),
        ("500 labels on random images", "79.0%"),
    ]  # fmt: skip
    assert few["rows"][0]["cells"][0]["note"] == "78.9% to 82.2%"


def test_classifiers_that_were_taught_fewer_images_are_left_out():
    names = [row["name"] for row in scores.table(made())["groups"][2]["rows"]]
    assert names == ["Network on oriented gradients", "Convolutional network", "5 nearest neighbours"]
    whole = scores.table(made(dataset={"title": "MNIST", "n_train": 10_000}))["groups"][2]["rows"]
    assert [(row["name"], row["cells"][0]["value"]) for row in whole] == [("Support vector machine", "95.0%")]


def test_all_labels_are_all_that_are_known():
    known = made(dataset={"title": "Mine", "n_train": 60_000, "n_unknown": {"train": 50_000, "test": 3}})
    assert [row["name"] for row in scores.table(known)["groups"][2]["rows"]] == ["Support vector machine"]


def test_groups_without_rows_are_left_out():
    (group,) = scores.table(made(classification={}))["groups"]
    assert group["title"] == "Clusters, without labels"


def test_the_note_names_its_sources_where_there_are_any(snapshot):
    snapshot("page/note of the scores", scores.table(made())["note"])
    other = scores.table(made(dataset={"title": "Mine", "n_train": 60_000}))
    assert "Published" not in other["note"]
    assert not any(row.get("by_others") for group in other["groups"] for row in group["rows"])
    assert not any(row["cells"][1]["value"] for group in other["groups"] for row in group["rows"])


def test_without_labels_clusters_are_counted():
    methods = {
        "graph": {"method": "graph", "on": "gradients", "n_clusters": 11, "coverage": 1.0},
        "hdbscan": {"method": "hdbscan", "on": "UMAP", "n_clusters": 1234, "coverage": 0.8969},
    }
    table = scores.table(made(clustering={"chosen": "graph", "methods": methods}, classification={}))
    assert table["header"] == ("method", "clusters", "covered")
    (group,) = table["groups"]
    assert [(row["name"], [cell["value"] for cell in row["cells"]]) for row in group["rows"]] == [
        ("Graph clustering on gradients", ["11", "100.0%"]), ("HDBSCAN on UMAP", ["1,234", "89.7%"]),
    ]  # fmt: skip
    assert "not noise" in table["note"]
    assert "`" not in table["note"]


def test_the_highest_of_each_column_is_marked_and_accuracies_are_drawn():
    clusters = scores.table(made())["groups"][0]["rows"]
    best = [(row["name"], cell["value"]) for row in clusters for cell in row["cells"] if cell["best"]]
    assert best == [
        ("Graph clustering on gradients", "90.0%"), ("Graph clustering on gradients", "0.800"),
        ("Graph clustering on gradients", "0.700"), ("Theirs, good", "75.0%"),
    ]  # fmt: skip
    drawn = [bool(cell.get("drawn")) for cell in clusters[0]["cells"]]
    assert drawn == [True, False, False, False]
    assert "--at:90.0;--low:88.9;--high:92.2" in clusters[0]["cells"][0]["drawn"]
