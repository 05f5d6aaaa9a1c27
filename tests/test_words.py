"""Every run says only what it has: no method, criterion or part is named that was not asked for or could not be had."""

import re

import nbformat
import numpy as np
import pytest
from ruamel.yaml import YAML

from report_lib.data import datasets
from report_lib.page import exporter
from report_lib.run.artifacts import PHASES, notebook_name
from report_lib.run.params import load_params
from report_lib.run.pipeline import run_report
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

QUICK = ["reduction.representations=[pixels,pca,dense-8]", "reduction.steps_dense=20", "reduction.maps=[umap]",
         "clustering.n_seeds=2", "classification.pseudo_models=[svm]", "classification.label_counts=[10,100]",
         "classification.label_sources=[pixels]", "classification.classifiers=[knn]",
         "classification.audit_folds=2"]  # fmt: skip


def classic():
    """The settings of params/classic.yaml that say what is done, not how much of it, on digits."""
    asked = YAML(typ="safe").load((ROOT / "params" / "classic.yaml").read_text())
    kept = {
        "reduction": ("representations", "maps"), "clustering": ("methods", "chosen", "n_seeds", "n_halves"),
        "classification": ("pseudo_models", "label_counts", "classifiers", "audit_folds", "keep_model"),
    }  # fmt: skip
    return [f"{part}.{name}={asked[part][name]}".replace("'", "").replace("False", "false")
            for part, names in kept.items() for name in names]  # fmt: skip


def two_classes(folder):
    """Ones and sevens."""
    digits = datasets.load("digits")
    rows = np.isin(digits.train_labels, [1, 7])
    np.savez(folder / "two.npz", images=digits.train_images[rows], labels=digits.train_labels[rows])
    return [*QUICK, f"dataset.source={folder / 'two.npz'}", "clustering.n_clusters=2", "clustering.k_min=2",
            "clustering.k_max=4", "clustering.methods=[kmeans,hdbscan]", "clustering.chosen=kmeans"]  # fmt: skip


@pytest.fixture(scope="module", params=["digits", "classic", "unlabelled", "two_classes", "drawn"])
def run(request, tmp_path_factory):
    """Parameters of a finished run, and the words of its four chapters as a reader sees them."""
    folder = tmp_path_factory.mktemp(request.param)
    settings = {"digits": QUICK, "classic": classic(), "unlabelled": [*QUICK, "dataset.use_labels=false"],
                "drawn": [*QUICK, "dataset.n_images=600"],
                "two_classes": two_classes(folder)}[request.param]  # fmt: skip
    params = load_params(ROOT / "params" / "digits.yaml", [*settings, "name=words"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORT_BUILD_DIR", str(folder / "build"))
        run_report(params)
    return params, request.param != "unlabelled", words_of(folder / "build" / "words" / "notebooks")


def words_of(folder):
    """Return the text of executed notebooks as the page has it, without code and pictures."""
    notebooks = {phase: nbformat.read(folder / notebook_name(phase), as_version=4) for phase in PHASES}
    body = "".join(exporter.fragment(n, *own)[0]["body"] for n, own in enumerate(notebooks.items(), start=1))
    for hidden in (r'<details class="code">.*?</details>', "<svg.*?</svg>", "<[^>]+>"):
        body = re.sub(hidden, " ", body, flags=re.S)
    return re.sub(r"\s+", " ", body)


def named(params, labelled):
    """Return what may be said, as a pattern, with whether this run has it."""
    reduction, clustering, classification = params.reduction, params.clustering, params.classification
    learnt = [name for name in reduction.representations if name.split("-")[0] in ("dense", "conv")]
    methods = clustering.methods
    judged = labelled and bool(classification.classifiers)
    return {
        "K-Means": True,
        r"[Gg]aussian mixture|BIC": "gaussian_mixture" in methods,
        "HDBSCAN": "hdbscan" in methods,
        r"[Gg]raph clustering|[Mm]odularity|Leiden|communities|oriented gradients|description of shape": "graph"
        in methods,
        r"\bstability\b": clustering.n_seeds > 1 or clustering.n_halves > 0,
        r"\b(other|over|over the|small dots the) seeds\b": clustering.n_seeds > 1,
        "UMAP": "umap" in reduction.maps,
        "t-SNE": "tsne" in reduction.maps,
        "[Aa]utoencoder": bool(learnt),
        "convolutional": any(name.startswith("conv") for name in learnt) or "conv" in classification.classifiers,
        r"[Rr]andom forest|Random Forest": {"random_forest"}
        <= {*classification.pseudo_models, *classification.classifiers},
        "McNemar": judged and len(classification.classifiers) > 1,
        r"[Rr]eliability|[Cc]alibration": judged,
        "make predict|new.predictions": classification.keep_model,
        r"All images|all_images|looks at 600 of 1,797 images|most unusual of all 1,797": params.dataset.n_images
        < 1_797,
        r"those of 1,677 images: all of the source but those held out": params.dataset.n_images < 1_797,
        r"[Pp]urity|majority accuracy|true class\b|matched accuracy": labelled,
        r"look wrong|suspect": classification.audit_folds > 0,
        r"where there (is|are) |whatever its rank|\bamid\b|rightly|wrongly|whose neighbours are whose|told of": False,
    }


def test_a_run_names_what_it_has_and_nothing_else(run):
    params, labelled, words = run
    said = {
        pattern: [found[0] for found in re.finditer(f".{{0,60}}(?:{pattern}).{{0,40}}", words)]
        for pattern in named(params, labelled)
    }
    too_much = {pattern: said[pattern] for pattern, has in named(params, labelled).items() if said[pattern] and not has}
    assert too_much == {}
    missing = [pattern for pattern, has in named(params, labelled).items() if has and not said[pattern]]
    assert not [pattern for pattern in missing if "1,797" in pattern or "1,677" in pattern]
