"""Values in, sentences out: every number in the report's prose is written here, by the run that found it."""

import html
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd


def text(value: object) -> str:
    """Make text from data safe inside Markdown."""
    return re.sub(r"([\\`*_\[\]#|])", r"\\\1", html.escape(str(value)))


def listed(items: Sequence[object]) -> str:
    """Join items as prose does: a, b and c."""
    words = [str(item) for item in items]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def percent(share: float, digits: int = 0) -> str:
    """Write a share as a percentage."""
    return f"{share:.{digits}%}"


def scored(interval: Any, digits: int = 3) -> str:
    """Write a score with its 95% interval."""
    return f"{interval.value:.{digits}f} ({interval.low:.{digits}f} to {interval.high:.{digits}f})"


def plural(n: int, word: str) -> str:
    """Write a count with its noun."""
    return f"{n:,} {word if n == 1 else word + 's'}"


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
        f"{_count(missing, 'pixel is', 'pixels are')} missing and {_count(blank, 'image is', 'images are')} blank."
    )


def _count(n: int, one: str, many: str) -> str:
    return f"{'No' if n == 0 else f'{n:,}'} {one if n == 1 else many}"


def class_balance(counts: np.ndarray, names: Sequence[str]) -> str:
    """Say how even the classes are, and what a guess is worth."""
    guess = percent(counts.max() / counts.sum(), 1)
    if counts.min() == counts.max():
        return (
            f"The {len(counts)} classes are exactly balanced, {counts[0]:,} train images each: accuracy is a fair "
            f"score here, and always guessing one class earns {guess}."
        )
    low, high = text(names[counts.argmin()]), text(names[counts.argmax()])
    return (
        f"The {len(counts)} classes are not quite even: {high} has {counts.max():,} train images and {low} "
        f"{counts.min():,}, {counts.max() / max(counts.min(), 1):.1f} times fewer. Always guessing {high} earns {guess}."
    )


def intensity(histogram: Any) -> str:
    """Say how the pixels are spread."""
    centers = (histogram.edges[:-1] + histogram.edges[1:]) / 2
    share = histogram.counts / histogram.counts.sum()
    upper = percent(share[centers > (centers[0] + centers[-1]) / 2].sum())
    return f"{percent(share[0])} of the pixels lie in the darkest bin, {upper} in the brighter half of the range. " + (
        "Most of an image is background, so few pixels carry what tells images apart."
        if share[0] > 0.5
        else "Less than half of an image is background, so most pixels may carry something."
    )


def brightness(result: Any, names: Sequence[str]) -> str:
    """Say how far brightness alone tells classes apart."""
    if len(result.groups) == 1:
        return f"The mean image has a brightness of {percent(result.means[0], 1)}; half of all images lie between \
{percent(result.lower[0], 1)} and {percent(result.upper[0], 1)}."
    dark, light = text(names[result.groups[0]]), text(names[result.groups[-1]])
    apart = int((result.lower[1:] > result.upper[:-1]).sum())
    return (
        f"{light} images are {result.means[-1] / max(result.means[0], 1e-12):.1f} times as bright as {dark} images. "
        f"Of the {len(result.groups) - 1} neighbouring pairs in this order, {apart} have middle halves that do not "
        "overlap: brightness says something of the class, and not enough."
    )


def class_means(class_images: np.ndarray, names: Sequence[str]) -> str:
    """Say which prototypes are most alike."""
    flat = class_images.reshape(len(class_images), -1)
    kept = np.flatnonzero(np.isfinite(flat).all(axis=1))
    distances = np.sqrt(((flat[kept][:, None] - flat[kept][None]) ** 2).mean(axis=2))
    np.fill_diagonal(distances, np.inf)
    i, j = np.unravel_index(distances.argmin(), distances.shape)
    np.fill_diagonal(distances, -np.inf)
    k, m = np.unravel_index(distances.argmax(), distances.shape)
    near, far = ([text(names[kept[a]]) for a in pair] for pair in ((i, j), (k, m)))
    return (
        f"The two prototypes most alike are {listed(near)}, the two least alike {listed(far)}: "
        "pixel by pixel, the first pair will be hard to tell apart."
    )


def duplicates(result: Any, limit: float) -> str:
    """Say how many images are copies of others."""
    exact, near = result.count(exact=True), result.count(exact=False)
    across = exact["across"] + near["across"]
    leak = (
        f"{plural(across, 'pair')} {'joins' if across == 1 else 'join'} a train and a test image, so that a test score "
        "is that little too kind."
        if across
        else "None joins a train and a test image."
    )
    return (
        f"{plural(sum(exact.values()), 'pair')} of images {'is' if sum(exact.values()) == 1 else 'are'} equal pixel by "
        f"pixel, and {plural(sum(near.values()), 'more pair')} differ by at most {percent(limit)} of the range "
        f"(root mean square). {leak}"
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


def bullets(*sentences: str) -> str:
    """Write sentences as a Markdown list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


# --- reduction ------------------------------------------------------------------------------------------------------


def components_needed(marks: dict[float, int], n_pixels: int) -> str:
    """Say how many components hold how much."""
    rows = [f"{count} for {percent(share)}" for share, count in marks.items()]
    half = next(iter(marks.items()))
    return (
        f"Of {n_pixels} components, {listed(rows)} of the variance of the train images. Pixels are largely redundant: "
        f"{percent(half[1] / n_pixels)} of the coordinates do {percent(half[0])} of the work."
    )


def first_components(ratio: np.ndarray) -> str:
    """Say what the first axes hold."""
    n = min(3, len(ratio))
    shares = listed([percent(r, 1) for r in ratio[:n]])
    return (
        f"The first {n} components hold {shares} of the variance. They are smooth and large, like sums of whole shapes; "
        "an eigenvector has no sign of its own, so light and dark could be exchanged."
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
        f"{mse[last]:.5f}, {mse[first] / max(mse[last], 1e-12):.1f} times less. The mean image alone leaves {mse[0]:.5f}."
    )


def pca_and_svd(grid: Sequence[int], pca: np.ndarray, svd: np.ndarray) -> str:
    """Compare two methods that differ in one subtraction."""
    rows = np.asarray(grid)
    gaps = svd[rows] / np.maximum(pca[rows], 1e-12) - 1
    worst = int(gaps.argmax())
    return (
        f"PCA subtracts the mean image and truncated SVD does not. On test images SVD's error is larger by at most "
        f"{percent(gaps[worst], 2)}, at k = {rows[worst]}, and by {percent(gaps[-1], 2)} at k = {rows[-1]}: "
        "its first axis goes to the mean, and one component more makes up for it."
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
    verdict = "touch more than they stand apart" if best < 0.25 else "stand apart to some degree"
    return (
        f"The silhouette is largest at K = {result.best}, {reason}. It is only {best:.3f} there, and all K tried lie "
        f"within {spread:.3f}: the groups {verdict}, and no K is clearly right. Inertia falls with every K "
        "and has no say in it."
    )


def cluster_scores(scores: Any) -> str:
    """Say how well clusters agree with classes that they never saw."""
    return (
        f"On test images: Hungarian accuracy {scored(scores.accuracy)}, majority accuracy {scored(scores.majority_accuracy)}, "
        f"adjusted Rand index {scored(scores.ari)}, normalised mutual information {scored(scores.nmi)}, adjusted mutual "
        f"information {scores.ami:.3f}. Intervals are 95%, over the draw of test images. Hungarian accuracy gives each class "
        "one cluster at most; majority accuracy names each cluster after its commonest train class."
    )


def cluster_classes(table: np.ndarray, mapping: np.ndarray, names: Sequence[str]) -> str:
    """Say which classes merge, and which split."""
    counts = table[:, :-1]
    share = counts / np.maximum(table.sum(axis=1, keepdims=True), 1)
    merged = [np.flatnonzero(share[:, c] >= 0.3) for c in range(counts.shape[1])]
    merges = [
        f"C{c + 1} holds much of {listed([text(names[i]) for i in m])}" for c, m in enumerate(merged) if len(m) > 1
    ]
    splits = [text(names[i]) for i in range(len(names)) if share[i].max() < 0.5]
    lost = [text(names[i]) for i in range(len(names)) if i not in set(mapping.tolist())]
    parts = [
        "Merged: " + "; ".join(merges) + "." if merges else "No cluster holds a large part of two classes.",
        f"Split, with no cluster holding half: {listed(splits)}." if splits else "No class is split below a half.",
        f"No cluster is named after {listed(lost)}." if lost else "Every class has a cluster named after it.",
    ]
    return " ".join(parts)


def scaling(agreement: np.ndarray, names: Sequence[str], scores: dict[str, Any] | None) -> str:
    """Say what scaling does to K-Means."""
    base = agreement[0]
    said = (
        f"Standardising each pixel before PCA moves the clusters: they agree with those of min-max scaling at an adjusted Rand "
        f"index of {base[list(names).index('standard')]:.2f}, those of whitened components at "
        f"{base[list(names).index('whitened')]:.2f}. "
    )
    if scores is None:
        return (
            said + "Without labels nothing says which of them is better; silhouettes are not comparable between them."
        )
    best = max(scores, key=lambda name: scores[name].ari.value)
    listing = listed([f"{name} {scored(s.ari)}" for name, s in scores.items()])
    return (
        said + f"Against the true classes the adjusted Rand index is {listing}: {best} scaling does best here. "
        "Whitening gives noise the same weight as shape, and standardising lifts pixels that hardly ever change."
    )


def knee(result: Any) -> str:
    """Say where the k-distances bend."""
    if result.knee is None:
        return "The curve has no knee: no radius parts dense from sparse, which is a bad sign for DBSCAN."
    above = 1 - (result.knee + 1) / len(result.distances)
    return (
        f"The knee is at {result.knee_eps:.2f}; {percent(above, 1)} of the images have their neighbour number {result.k} "
        "farther away. Distances in many dimensions are much alike, so the curve is flat for long before it bends."
    )


def dbscan(result: Any) -> str:
    """Say what density finds."""
    if not result.found_groups:
        return (
            f"At none of the {plural(len(result.eps), 'radius').replace('radiuss', 'radii')} does DBSCAN find two "
            "clusters: it sees one body of images with noise around it."
        )
    i = result.best_index
    return (
        f"The best silhouette among the images that are not noise, {result.silhouette[i]:.2f}, is at eps "
        f"{result.eps[i]:.2f} with {plural(int(result.n_clusters[i]), 'cluster')} and {percent(result.noise[i], 1)} noise; "
        f"the largest cluster holds all but {plural(int(result.n_outside[i]), 'image')} of the {result.n_clustered[i]:,} "
        "that are clustered. "
        + (
            "That is one body of images with crumbs beside it, not a grouping: in this many dimensions no single "
            "density parts the groups."
            if result.n_outside[i] < 0.1 * result.n_clustered[i]
            else "A score of the kept images alone flatters, so read it together with the noise."
        )
    )


def clustering(numbers: dict[str, Any]) -> str:
    """Sum up the third phase."""
    kmeans, dbscan = numbers["methods"]["kmeans"], numbers["methods"]["dbscan"]
    said = [f"K-Means makes {kmeans['n_clusters']} clusters; the silhouette prefers {numbers['sweep']['best_k']}."]
    if "ari" in kmeans:
        said.append(
            f"Against the true classes of the test images: adjusted Rand index {kmeans['ari']:.3f}, normalised mutual "
            f"information {kmeans['nmi']:.3f}, majority accuracy {kmeans['majority_accuracy']:.3f}."
        )
    said.append(_dbscan_headline(dbscan))
    return bullets(*said)


# --- classification -------------------------------------------------------------------------------------------------


def fidelity(result: Any) -> str:
    """Say how well a forest repeats the clusters."""
    spread = "" if result.stratified else " A cluster was too small to be spread over the folds, so folds are random."
    return (
        f"Trained on {result.n_images:,} images with their clusters as labels, the forest agrees with the clusters of "
        f"held-out images at {scored(result.holdout)}, and in {len(result.folds)}-fold cross-validation at "
        f"{result.folds.mean():.3f} ± {result.folds.std(ddof=1):.3f} (standard deviation over the folds).{spread} Scaler, "
        "PCA and forest were fitted anew in each fold; the clusters themselves were found on all train images."
    )


def forest_report(report: Any) -> str:
    """Say which clusters are hardest to repeat."""
    worst, best = int(np.argmin(report.f1)), int(np.argmax(report.f1))
    return (
        f"C{best + 1} is repeated best (F1 {report.f1[best]:.2f}) and C{worst + 1} worst (F1 {report.f1[worst]:.2f}). "
        "This table measures agreement with K-Means, not with any truth."
    )


def ceiling(fidelity: Any, accuracy: Any, ceiling: Any) -> str:
    """Set fidelity, accuracy and the clusters' own accuracy side by side."""
    gap = accuracy.value - ceiling.value
    moved = "as much as" if abs(gap) < 0.0005 else f"{abs(gap):.3f} {'more' if gap > 0 else 'less'} than"
    return (
        f"On test images the forest agrees with the clusters at {scored(fidelity)}, and with the true classes at "
        f"{scored(accuracy)}. The clusters themselves, each named after its commonest train class, reach {scored(ceiling)}: "
        f"the forest gives {moved} that. It was taught the clusters, mistakes included, and a high fidelity says only "
        "that it learnt its lesson."
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
        f"{data['n_train']:,} train and {data['n_test']:,} test images of {data['height']} × {data['width']} pixels; "
        f"{plural(near['exact']['total'] + near['near']['total'], 'pair')} of them are copies or nearly so.",
        f"{reduced['components_for_95']} of {data['height'] * data['width']} principal components hold 95% of the variance.",
        _sweep_headline(clustered["sweep"]),
    ]
    if "ari" in kmeans:
        ends = kmeans["intervals_95"]["majority_accuracy"]
        said.append(
            f"Found without labels, the clusters name {percent(kmeans['majority_accuracy'], 1)} of the test images rightly "
            f"({percent(ends['low'], 1)} to {percent(ends['high'], 1)}); adjusted Rand index {kmeans['ari']:.2f}, "
            f"normalised mutual information {kmeans['nmi']:.2f}."
        )
    else:
        said.append("There are no labels, so the report cannot say how well clusters agree with anything true.")
    said.append(_dbscan_headline(clustered["methods"]["dbscan"]))
    said.append(_forest_headline(classified))
    return said


def _sweep_headline(swept: dict[str, Any]) -> str:
    verdict = "the groups touch" if swept["best_silhouette"] < 0.25 else "the groups stand apart to some degree"
    ks = sorted(map(int, swept["silhouette"]))
    return (
        f"Of K = {ks[0]} to {ks[-1]} clusters, K-Means has its best silhouette at K = {swept['best_k']}, and it is "
        f"{swept['best_silhouette']:.2f}: {verdict}."
    )


def _dbscan_headline(dbscan: dict[str, Any]) -> str:
    if dbscan["n_clusters"] < 2:
        return "DBSCAN finds no two groups at any radius tried."
    return (
        f"DBSCAN at its best radius makes {plural(dbscan['n_clusters'], 'cluster')}, and the largest holds all but "
        f"{plural(dbscan['n_outside_largest'], 'image')} of the {dbscan['n_clustered']:,} that are not noise."
    )


def _forest_headline(forest: dict[str, Any]) -> str:
    said = f"A Random Forest taught these clusters repeats them for {percent(forest['fidelity'], 1)} of new images"
    if "accuracy" not in forest:
        return said + "; how many it names rightly cannot be known without labels."
    return said + (
        f" and is right about the true class of {percent(forest['accuracy'], 1)}, held down by the clusters' "
        f"{percent(forest['ceiling'], 1)}."
    )


def interpretation(metrics: dict[str, Any]) -> str:
    """Write the headlines as a list."""
    return bullets(*headlines(metrics))
