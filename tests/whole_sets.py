"""Graph clustering by the protocol of published figures: fitted to and scored on all images, the number of classes given.

`make report` fits to train images and scores test images, which no published clustering of these sets does. Here are the
rows of the README's table that can be set beside theirs: python -m tests.whole_sets fashion_mnist mnist
"""

import sys

import numpy as np

from report_lib.clustering.graph_clustering import GraphClustering
from report_lib.clustering.graphs import GraphChoice, Support, halves
from report_lib.clustering.hog import OrientedGradients
from report_lib.clustering.methods import HOG, PCA, titled
from report_lib.clustering.representations import Representation, with_graph
from report_lib.common import metrics, published
from report_lib.common.arrays import flatten
from report_lib.common.models import seeds_of_fits
from report_lib.data import datasets
from report_lib.data.images import ImageSet
from report_lib.reduction import linear
from report_lib.run.params import Params

N_SEEDS = 3
MEASURES = ("accuracy", "nmi", "ari")


def describe(images: np.ndarray, settings: Params) -> dict[str, Representation]:
    """Describe all images as a run describes its train images, with their neighbours."""
    codes = linear.encode(
        linear.fit(images, scaling=settings.reduction.scaling).first(settings.reduction.n_components), images
    )
    gradients = OrientedGradients(images.shape[1:]).fit_transform(flatten(images))
    few = slice(settings.clustering.n_neighbors)
    return {
        title: with_graph(Representation(title, own, own[few]), k=settings.clustering.n_neighbors)
        for title, own in ((HOG, gradients), (PCA, codes))
    }


def fits(on: Representation, n_clusters: int) -> list[GraphClustering]:
    """Cluster the graph of all images several times, with seeds of its own; a fit is its start of highest modularity."""
    k, seeds = on.graph.indices.shape[1], seeds_of_fits(0, N_SEEDS)
    models = [GraphClustering(n_clusters, n_neighbors=k, random_state=seed) for seed in seeds]
    return [model.fit(on.train, edges=on.edges) for model in models]


def score(model: GraphClustering, labels: np.ndarray, n_classes: int) -> dict[str, float]:
    """Score the clusters of all images: the best one-to-one matching with the classes, NMI and ARI."""
    return metrics.table_scores(metrics.contingency(labels, model.labels_, n_classes, model.n_clusters))


def measure(source: ImageSet, settings: Params) -> dict[str, list[dict[str, float]]]:
    """Return the scores of every fit on each description, the one first that is chosen without labels."""
    images = np.concatenate([source.train_images, source.test_images])
    labels, n_classes = np.concatenate([source.train_labels, source.test_labels]), len(source.class_names)
    described = describe(images, settings)
    fitted = {title: fits(own, n_classes) for title, own in described.items()}
    choice = GraphChoice({
        title: Support(float(max(m.modularity_.max() for m in own)), halves(described[title], n_classes, random_state=0))
        for title, own in fitted.items()
    })  # fmt: skip
    ordered = sorted(fitted, key=lambda title: title != choice.on)
    return {title: [score(model, labels, n_classes) for model in fitted[title]] for title in ordered}


def told(found: dict[str, list[dict[str, float]]], source: ImageSet) -> list[str]:
    """Return a row of Markdown for each description, and how far the first is from the best that others have published."""
    means = {title: [float(np.mean([fit[key] for fit in own])) for key in MEASURES] for title, own in found.items()}
    rows = [
        f"| {titled('graph', title)} | {', '.join(f'{value:.3f}' for value in own)} | "
        f"{', '.join('{accuracy:.3f} / {nmi:.3f}'.format(**fit) for fit in found[title])} |"
        for title, own in means.items()
    ]
    first, best = next(iter(means.values())), max(published.CLUSTERING[source.title], key=lambda own: own.accuracy)
    return [
        f"{source.title}, all {len(source.train_images) + len(source.test_images):,} images, mean of {N_SEEDS} fits; "
        "the first is chosen without labels",
        *rows,
        f"{best.method}: {best.accuracy}, {best.nmi}; beside it {first[0] - best.accuracy:+.3f} in accuracy, "
        f"{first[1] - best.nmi:+.3f} in NMI",
    ]


def main(names: list[str]) -> int:
    """Measure data sets by name, one after the other."""
    for name in names:
        source, settings = datasets.load(name), Params(name=name)
        print("\n".join(told(measure(source, settings), source)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
