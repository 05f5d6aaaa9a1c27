"""Values in, sentences out: every number in the report's prose is written here, by the run that found it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform

from report_lib.prose import bullets, count_of, listed, percent, plural, scored, text


def not_without_labels(what: str) -> str:
    """Say what cannot be told of images without labels."""
    return f"> The images have no labels, so the report cannot say {what}."


# --- understanding --------------------------------------------------------------------------------------------------


def summary_table(parts: Sequence[Any]) -> pd.DataFrame:
    """Tabulate `understanding.Summary` objects, one row a part."""
    rows = {
        s.part: {
            "images": f"{s.n_images:,}",
            "size": f"{s.height} × {s.width}",
            "type": s.dtype,
            "range": f"{s.minimum:g} to {s.maximum:g}",
            "mean": f"{s.mean:.2f}",
            "missing pixels": f"{s.n_missing:,}",
            "blank images": f"{s.n_blank:,}",
        }
        for s in parts
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def summary(parts: Sequence[Any], origin: str) -> str:
    """Say what the images are."""
    train = parts[0]
    missing, blank = sum(s.n_missing for s in parts), sum(s.n_blank for s in parts)
    return (
        f"{text(origin)} An image is a point with {train.height * train.width:,} coordinates, one a pixel. "
        f"{count_of(missing, 'pixel is', 'pixels are').capitalize()} missing and "
        f"{count_of(blank, 'image is', 'images are')} blank."
    )


def class_balance(counts: np.ndarray, names: Sequence[str]) -> str:
    """Say how even the classes are, and what a guess is worth."""
    guess = percent(counts.max() / counts.sum(), 1)
    if counts.min() == counts.max():
        return (
            f"The {len(counts)} classes are exactly balanced, {counts[0]:,} train images each: accuracy is a fair "
            f"score here, and always guessing one class earns {guess}."
        )
    low, high = text(names[counts.argmin()]), text(names[counts.argmax()])
    if counts.min() == 0:
        return f"{high} has {counts.max():,} train images and {low} has none. Always guessing {high} earns {guess}."
    return (
        f"The {len(counts)} classes are not quite even: {high} has {counts.max():,} train images and {low} "
        f"{counts.min():,}, {percent(counts.min() / counts.max())} of that. Always guessing {high} earns {guess}."
    )


def intensity(histogram: Any) -> str:
    """Say how the pixels are spread."""
    centers = (histogram.edges[:-1] + histogram.edges[1:]) / 2
    share = histogram.counts / histogram.counts.sum()
    upper = percent(share[centers > (centers[0] + centers[-1]) / 2].sum())
    ends = f"{percent(share[0])} of the pixels lie in the darkest bin, {percent(share[-1])} in the brightest, and {upper} in "
    fullest = share[[0, -1]].max()
    return f"{ends}the brighter half of the range. " + (
        "More than half of all pixels have one value, or nearly, so distances between images come from the others."
        if fullest > 0.5
        else "No single value takes up half of the pixels, so distances between images come from all over the range."
    )


def brightness(result: Any, names: Sequence[str]) -> str:
    """Say how far brightness alone tells classes apart."""
    if len(result.groups) == 1:
        half = f"{percent(result.lower[0], 1)} and {percent(result.upper[0], 1)}"
        return (
            f"The mean brightness of an image is {percent(result.means[0], 1)}; half of all images lie between {half}."
        )
    dark, light = text(names[result.groups[0]]), text(names[result.groups[-1]])
    pairs = len(result.groups) - 1
    overlap = pairs - int((result.lower[1:] > result.upper[:-1]).sum())
    return (
        f"Images of {light} are {result.means[-1] / max(result.means[0], 1e-12):.1f} times as bright as images of {dark}. "
        f"Of the {plural(pairs, 'pair')} of neighbours in this order, {overlap} {'has' if overlap == 1 else 'have'} middle "
        f"halves that overlap: brightness alone {'cannot tell those' if overlap else 'nearly tells these'} classes apart."
    )


def class_means(class_images: np.ndarray, names: Sequence[str]) -> str:
    """Say which prototypes are most alike."""
    flat = class_images.reshape(len(class_images), -1)
    kept = np.flatnonzero(np.isfinite(flat).all(axis=1))
    if len(kept) < 3:
        return f"With {len(kept)} prototypes there is only one pair to compare."
    distances = squareform(pdist(flat[kept]))
    np.fill_diagonal(distances, np.inf)
    i, j = np.unravel_index(distances.argmin(), distances.shape)
    np.fill_diagonal(distances, -np.inf)
    k, m = np.unravel_index(distances.argmax(), distances.shape)
    near, far = ([text(names[kept[a]]) for a in pair] for pair in ((i, j), (k, m)))
    return f"Pixel by pixel, the two prototypes most alike are {listed(near)}, the two least alike {listed(far)}."


def duplicates(result: Any, limit: float) -> str:
    """Say how many images are copies of others."""
    exact, near = result.count(exact=True), result.count(exact=False)
    across = exact["across"] + near["across"]
    copies, close = sum(exact.values()), sum(near.values())
    joined = (
        f"{plural(across, 'pair')} {'joins' if across == 1 else 'join'} a train and a test image: at most that many test "
        "images are easier than they should be."
        if across
        else "None joins a train and a test image."
    )
    return (
        f"{count_of(copies, 'image is a copy', 'images are copies').capitalize()} of an earlier one, pixel by pixel, and "
        f"{count_of(close, 'more pair differs', 'more pairs differ')} by at most {percent(limit, 1)} of the range (root mean "
        f"square). {joined}"
    )


def understanding(numbers: dict[str, Any]) -> str:
    """Sum up the first phase."""
    data = numbers["dataset"]
    bright = numbers["mean_brightness"]
    return bullets(
        f"{data['n_train']:,} train and {data['n_test']:,} test images of {data['height']} × {data['width']} pixels, "
        + (f"in {len(data['class_names'])} classes." if data["class_names"] else "without labels."),
        f"{percent(numbers['share_darkest_bin'])} of the pixels are in the darkest bin.",
        f"Mean brightness runs from {percent(min(bright.values()))} to {percent(max(bright.values()))} between classes."
        if len(bright) > 1
        else f"Mean brightness is {percent(next(iter(bright.values())))}.",
    )


# --- reduction ------------------------------------------------------------------------------------------------------


def components_needed(marks: dict[float, int], n_pixels: int) -> str:
    """Say how many components hold how much."""
    rows = [f"{count} hold {percent(share)}" for share, count in marks.items()]
    return (
        f"Of {n_pixels} components, {listed(rows)} of the variance of the train images. There are as many components as "
        f"pixels, and the last {n_pixels - max(marks.values())} share what is left."
    )


def first_components(ratio: np.ndarray) -> str:
    """Say what the first axes hold."""
    n = min(3, len(ratio))
    shares = listed([percent(r, 1) for r in ratio[:n]])
    return (
        f"The first {n} components hold {shares} of the variance. The sign of a component is a convention: light and dark "
        "could be exchanged."
    )


def scatter(ratio: np.ndarray) -> str:
    """Warn of what two or three components leave out."""
    return (
        f"Two components leave out {percent(1 - ratio[:2].sum())} of the variance, three {percent(1 - ratio[:3].sum())}: "
        "overlap in these pictures is no proof that classes or groups overlap."
    )


def reconstruction(counts: Sequence[int], mse: np.ndarray) -> str:
    """Say what components buy."""
    first, last = counts[0], counts[-1]
    return (
        f"With {first} components the test error is {mse[first]:.5f} (mean square, in scaled pixels), with {last} it is "
        f"{mse[last]:.5f}, or {percent(mse[last] / mse[first])} of that. The mean image alone leaves {mse[0]:.5f}."
    )


def pca_and_svd(grid: Sequence[int], pca: np.ndarray, svd: np.ndarray) -> str:
    """Compare two methods that differ in one subtraction."""
    gaps = svd[1:] / np.maximum(pca[1:], 1e-12) - 1
    beyond = np.flatnonzero(np.abs(gaps[: max(grid)]) > 0.01)
    start = int(beyond[-1]) + 2 if len(beyond) else 1
    close = (
        f"from {start} components to {max(grid)} the two are within 1% of one another"
        if start <= max(grid)
        else f"and up to {max(grid)} components the two stay more than 1% apart"
    )
    return (
        f"PCA subtracts the mean image and truncated SVD does not. With one component, SVD's error on test images is "
        f"{percent(abs(gaps[0]), 1)} {'larger' if gaps[0] > 0 else 'smaller'} than PCA's; {close}."
    )


def reduction(numbers: dict[str, Any]) -> str:
    """Sum up the second phase."""
    pca = numbers["pca"]
    largest = max(pca["test_mse"], key=int)
    return bullets(
        f"{pca['components_for_90']} components hold 90% of the variance, {pca['components_for_95']} hold 95% and "
        f"{pca['components_for_99']} hold 99%.",
        f"With {largest} components the mean squared error on test images is {pca['test_mse'][largest]:.6f} for PCA and "
        f"{numbers['truncated_svd']['test_mse'][largest]:.6f} for truncated SVD.",
    )


# --- clustering -----------------------------------------------------------------------------------------------------


def sweep(result: Any, chosen: int, auto: bool) -> str:
    """Say which K the silhouette likes, and how much that is worth."""
    best = float(np.nanmax(result.silhouette))
    spread = best - float(np.nanmin(result.silhouette))
    reason = "and the run takes it" if auto else f"while the run was asked for {chosen} clusters"
    if not auto and chosen == result.best:
        reason = "which is also what the run was asked for"
    ks = result.n_clusters
    edge = " That is the edge of what was tried." if result.best in (ks[0], ks[-1]) and len(ks) > 1 else ""
    return (
        f"Of K = {ks[0]} to {ks[-1]}, the silhouette is largest at K = {result.best}, {reason}.{edge} It is {best:.3f} there, "
        f"and all K tried lie within {spread:.3f}: {_apart(best)}. Inertia falls with every K and has no say in it."
    )


def _apart(silhouette: float) -> str:
    if silhouette < 0.25:
        return "the groups touch more than they stand apart"
    return "the groups stand apart to some degree" if silhouette < 0.5 else "the groups stand well apart"


def cluster_scores(scores: Any) -> str:
    """Say how well clusters agree with classes that they never saw."""
    return (
        f"On test images: Hungarian accuracy {scored(scores.accuracy)}, majority accuracy {scored(scores.majority_accuracy)}, "
        f"adjusted Rand index {scored(scores.ari)}, normalised mutual information {scored(scores.nmi)}, adjusted mutual "
        f"information {scores.ami:.3f}. Intervals are 95%, over the draw of test images, for this one fit; refits move the "
        "scores further, as the section on scaling shows. Hungarian accuracy gives each class one cluster at most, matched "
        "on the test images themselves; majority accuracy names each cluster after its commonest train class."
    )


def cluster_classes(table: np.ndarray, mapping: np.ndarray, names: Sequence[str]) -> str:
    """Say which classes merge, and which split."""
    counts = table[:, :-1]
    share = counts / np.maximum(table.sum(axis=1, keepdims=True), 1)
    merged = [np.flatnonzero(share[:, c] >= 0.3) for c in range(counts.shape[1])]
    merges = [f"C{c + 1} holds {listed([text(names[i]) for i in m])}" for c, m in enumerate(merged) if len(m) > 1]
    splits = [text(names[i]) for i in range(len(names)) if table[i].sum() and share[i].max() < 0.5]
    lost = [text(names[i]) for i in range(len(names)) if i not in set(mapping.tolist())]
    parts = [
        f"Merged, at least 30% of each class in one cluster: {'; '.join(merges)}."
        if merges
        else "No cluster holds 30% of two classes.",
        f"Split, with no cluster holding half: {listed(splits)}." if splits else "No class is split below a half.",
        f"No cluster is named after {listed(lost, 'or')}." if lost else "Every class has a cluster named after it.",
    ]
    return " ".join(parts)


def scaling(agreement: np.ndarray, scores: dict[str, dict[str, np.ndarray]], n_images: int) -> str:
    """Say what scaling does to K-Means, beyond what refitting does."""
    names = list(scores)
    same = listed([f"{value:.2f} ({name})" for name, value in zip(names, np.diag(agreement), strict=True)])
    moved = [name for i, name in enumerate(names) if i and agreement[0, i] < agreement[0, 0] - 0.1]
    kept = [name for name in names[1:] if name not in moved]
    said = f"Refits on {n_images:,} images after the same scaling agree with one another at {same}. "
    if moved:
        said += (
            f"Compared with {names[0]}, {listed(moved)} {'moves' if len(moved) == 1 else 'move'} the clusters further. "
        )
    if kept:
        said += f"Compared with {names[0]}, {listed(kept)} changes little more than refitting does. "
    if not scores[names[0]]:
        return said + "Without labels nothing says which is better; silhouettes are not comparable between them."
    ranges = listed([f"{name} {found['ari'].min():.3f} to {found['ari'].max():.3f}" for name, found in scores.items()])
    return said + f"Against the true classes, the adjusted Rand index of the refits is {ranges}: {_leader(scores)}."


def _leader(scores: dict[str, dict[str, np.ndarray]]) -> str:
    """Name a winner only where its worst refit beats the best of all others."""
    for name, found in scores.items():
        if all(found["ari"].min() > other["ari"].max() for key, other in scores.items() if key != name):
            return f"{name} does best in every refit"
    best = max(scores, key=lambda name: scores[name]["ari"].mean())
    level = [name for name, found in scores.items() if found["ari"].max() >= scores[best]["ari"].min()]
    return f"the ranges of {listed(level)} overlap, so none of them is clearly best"


def knee(result: Any) -> str:
    """Say where the k-distances bend."""
    low, high = np.quantile(result.distances, [0.1, 0.9])
    spread = f"Nine images in ten have theirs within {high:.2f}, one in ten within {low:.2f}."
    if result.knee is None:
        return f"The curve has no knee: no radius parts dense from sparse. {spread}"
    above = 1 - (result.knee + 1) / len(result.distances)
    return (
        f"The knee is at {result.knee_eps:.2f}; {percent(above, 1)} of the images have their neighbour number {result.k} "
        f"farther away. {spread}"
    )


def dbscan(result: Any) -> str:
    """Say what density finds."""
    i, n = result.best_index, len(result.eps)
    if not result.found_groups:
        return (
            f"At none of the {n} radii tried does DBSCAN find two clusters: it sees one body of images, or noise alone."
        )
    edge = (
        " It is the edge of what was tried, so a radius beyond it may do better." if i in (0, n - 1) and n > 1 else ""
    )
    outside, kept = int(result.n_outside[i]), int(result.n_clustered[i])
    verdict = (
        "That is one body of images with crumbs beside it, not a grouping."
        if outside < 0.1 * kept
        else "The silhouette is of the images that were kept, and flatters where few were: read it together with the noise."
    )
    return (
        f"Of {n} radii, eps {result.eps[i]:.2f} has the best silhouette among the images that are not noise, "
        f"{result.silhouette[i]:.2f}, with {plural(int(result.n_clusters[i]), 'cluster')} and "
        f"{percent(result.noise[i], 1)} noise; {outside:,} of the {kept:,} clustered images lie outside the largest "
        f"cluster.{edge} {verdict}"
    )


def clustering(numbers: dict[str, Any]) -> str:
    """Sum up the third phase."""
    kmeans, swept = numbers["methods"]["kmeans"], numbers["sweep"]
    said = [f"K-Means makes {kmeans['n_clusters']} clusters. {_sweep_headline(swept)}"]
    if "ari" in kmeans:
        said.append(
            f"Against the true classes of the test images: adjusted Rand index {kmeans['ari']:.3f}, normalised mutual "
            f"information {kmeans['nmi']:.3f}, majority accuracy {kmeans['majority_accuracy']:.3f}."
        )
    said.append(_dbscan_headline(numbers["methods"]["dbscan"]))
    return bullets(*said)


# --- classification -------------------------------------------------------------------------------------------------


def fidelity(result: Any) -> str:
    """Say how well a forest repeats the clusters."""
    spread = "" if result.stratified else " A cluster was too small to be spread over the folds, so folds are random."
    folds = np.array([fold.value for fold in result.folds])
    return (
        f"Taught {result.n_learnt:,} images with their clusters as labels, the forest agrees with the clusters of the "
        f"{result.n_images - result.n_learnt:,} held out at {scored(result.holdout)}, and in {len(folds)}-fold "
        f"cross-validation at {folds.mean():.3f} ± {folds.std(ddof=1):.3f} (standard deviation over the folds).{spread} "
        "Where clusters come from K-Means, an image's cluster is a fixed rule, the nearest centre, and this is how well the "
        "forest imitates it."
    )


def report_table(report: Any) -> pd.DataFrame:
    """Tabulate precision, recall and F1 of each cluster on the held-out images."""
    columns = {
        "precision": [f"{v:.3f}" for v in report.precision],
        "recall": [f"{v:.3f}" for v in report.recall],
        "F1": [f"{v:.3f}" for v in report.f1],
        "held-out images": [f"{v:,}" for v in report.support],
    }
    return pd.DataFrame(columns, index=[f"C{i + 1}" for i in range(len(report.f1))])


def forest_report(report: Any) -> str:
    """Say how far clusters differ in how well they are repeated."""
    worst, best = int(np.argmin(report.f1)), int(np.argmax(report.f1))
    return (
        f"F1 runs from {report.f1[worst]:.2f} (C{worst + 1}) to {report.f1[best]:.2f} (C{best + 1}). "
        "The table measures agreement with the clusters, not with any truth."
    )


def ceiling(fidelity: Any, accuracy: Any, ceiling: Any) -> str:
    """Set fidelity, accuracy and the clusters' own accuracy side by side."""
    overlap = accuracy.low <= ceiling.high and ceiling.low <= accuracy.high
    beside = "no different within the intervals" if overlap else "better" if accuracy.value > ceiling.value else "worse"
    return (
        f"On test images the forest agrees with the clusters at {scored(fidelity)}, and with the true classes at "
        f"{scored(accuracy)}. The clusters themselves, each named after its commonest train class, reach {scored(ceiling)}: "
        f"the forest is {beside}. It was taught the clusters, mistakes included, and a high fidelity says only that it "
        "learnt its lesson."
    )


# --- the whole ------------------------------------------------------------------------------------------------------


def lede(metrics: dict[str, Any]) -> str:
    """Say in one sentence what was asked."""
    data = metrics["dataset"]
    judged = (
        f"how far those groups agree with the {len(data['class_names'])} classes that people see"
        if data["class_names"]
        else "with no labels to judge them by"
    )
    return (
        f"{data['n_train'] + data['n_test']:,} greyscale images: what they can be described with, what groups they fall "
        f"into, {judged}, and what can be told of a new one."
    )


def headlines(metrics: dict[str, Any]) -> list[str]:
    """Return the findings that matter most, as sentences made from the run's metrics."""
    data, reduced = metrics["dataset"], metrics["reduction"]["pca"]
    clustered, classified = metrics["clustering"], metrics["classification"]["pseudo_labels"]["random_forest"]
    kmeans = clustered["methods"]["kmeans"]
    near = metrics["understanding"]["near_duplicates"]
    said = [
        f"{data['n_train']:,} train and {data['n_test']:,} test images of {data['height']} × {data['width']} pixels: "
        f"{count_of(near['exact']['total'], 'exact copy', 'exact copies')}, and "
        f"{count_of(near['near']['total'], 'pair', 'pairs')} of near-copies.",
        f"{reduced['components_for_95']} of {data['height'] * data['width']} principal components hold 95% of the variance.",
        _sweep_headline(clustered["sweep"]),
    ]
    if "ari" in kmeans:
        ends = kmeans["intervals_95"]["majority_accuracy"]
        counts = metrics["understanding"]["class_counts"].values()
        said.append(
            f"{plural(kmeans['n_clusters'], 'cluster')}, found without labels and each then named after its commonest train "
            f"class, agree with the class of {percent(kmeans['majority_accuracy'], 1)} of the test images "
            f"({percent(ends['low'], 1)} to {percent(ends['high'], 1)} for this one fit; a blind guess: "
            f"{percent(max(counts) / sum(counts), 1)}). Adjusted Rand index {kmeans['ari']:.2f}, normalised mutual "
            f"information {kmeans['nmi']:.2f}."
        )
    else:
        said.append("There are no labels, so the report cannot say how well clusters agree with anything true.")
    said.append(_dbscan_headline(clustered["methods"]["dbscan"]))
    said.append(_forest_headline(classified))
    return said


def _sweep_headline(swept: dict[str, Any]) -> str:
    ks = sorted(map(int, swept["silhouette"]))
    return (
        f"Of K = {ks[0]} to {ks[-1]} clusters, K-Means has its best silhouette at K = {swept['best_k']}, and it is "
        f"{swept['best_silhouette']:.2f}: {_apart(swept['best_silhouette'])}."
    )


def _dbscan_headline(dbscan: dict[str, Any]) -> str:
    if dbscan["n_clusters"] < 2:
        return f"DBSCAN finds no two groups at any of the {dbscan['n_radii']} radii tried."
    return (
        f"DBSCAN, at the best of {dbscan['n_radii']} radii, makes {plural(dbscan['n_clusters'], 'cluster')} and calls "
        f"{percent(dbscan['noise'], 1)} of the images noise; {dbscan['n_outside_largest']:,} of the "
        f"{dbscan['n_clustered']:,} clustered lie outside the largest cluster."
    )


def _forest_headline(forest: dict[str, Any]) -> str:
    said = f"A Random Forest taught these clusters repeats them for {percent(forest['fidelity'], 1)} of the test images"
    if "accuracy" not in forest:
        return said + "; how many it names rightly cannot be known without labels."
    return said + (
        f" and agrees with the true class of {percent(forest['accuracy'], 1)}; the clusters themselves agree with "
        f"{percent(forest['ceiling'], 1)}."
    )


def interpretation(metrics: dict[str, Any]) -> str:
    """Write the headlines as a list."""
    return bullets(*headlines(metrics))
