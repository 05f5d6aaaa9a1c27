"""What the page would say of made images, held against what is known of them.

Each function makes one set of images, has the report's own functions look at it, and yields outcomes: a claim, how far it
is right, and how often the page says that it would be.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import binom, ttest_1samp

from report_lib.classification import audit
from report_lib.classification.planted import SHARE
from report_lib.clustering import density, fitting, league, number
from report_lib.clustering.findings.density import MEAGRE, overall
from report_lib.clustering.fitting import Clusters, Fitted
from report_lib.clustering.methods import PCA
from report_lib.clustering.number import Support
from report_lib.common import metrics
from report_lib.common.models import seeds_of_fits
from report_lib.data.images import ImageSet
from report_lib.understanding import measure
from tests.calibration import worlds
from tests.calibration.worlds import Described

# See `number` and `graphs`: how often the rules are said to be right, and how often images without groups are told.
RULE, TOLD, GRAPH = 48 / 63, 15 / 16, 45 / 48
# How often what is wrong may pass for chance.
CHANCE = 0.01


@dataclass(frozen=True)
class Outcome:
    """How far a claim is right, 1 or 0 or a share of what it is about, and how often it says that it is."""

    claim: str
    right: float
    said: float


@dataclass(frozen=True)
class Row:
    """All outcomes of one claim."""

    claim: str
    right: np.ndarray
    said: np.ndarray

    @property
    def held(self) -> bool:
        """Whether it is right as often as it says, or less often by no more than chance."""
        if np.isin(self.right, [0, 1]).all() and np.ptp(self.said) == 0:
            return bool(binom.cdf(self.right.sum(), len(self.right), self.said[0]) >= CHANCE)
        gain = self.right - self.said
        if np.ptp(gain) == 0:
            return bool(gain[0] >= 0)
        return bool(ttest_1samp(gain, 0, alternative="less").pvalue >= CHANCE)


def by_claim(outcomes: Iterable[Outcome]) -> list[Row]:
    """Put the outcomes of each claim together, claims as they come first."""
    found: dict[str, list[Outcome]] = {}
    for own in outcomes:
        found.setdefault(own.claim, []).append(own)
    return [Row(claim, *np.array([(o.right, o.said) for o in own], float).T) for claim, own in found.items()]


def supported(made: Described, n_clusters: Sequence[int] = range(2, 13)) -> Support:
    """Hear halves of the graphs about the number of clusters."""
    return number.support(made.by_title, made.images.train_images, made.shapes, n_clusters, random_state=0)


def with_groups(rng) -> Iterator[Outcome]:
    """Count groups, alike or of several sizes, noisy or clear, moved or not; choose the graph."""
    k, n = int(rng.integers(2, 11)), int(rng.integers(300, 700))
    options = {"noise": rng.choice([0.4, 0.7, 1.0]), "moved": rng.choice([0, 0.6]), "uneven": bool(rng.integers(2))}
    images, labels = worlds.groups(rng, k, n + 200, **options)
    made = worlds.described(images, n_test=200)
    found = supported(made)
    yield Outcome("groups: the number taken is theirs, or one beside it", abs(found.number - k) <= 1, RULE)
    yield Outcome("groups: it is theirs, or theirs is named beside it", k in (found.number, *found.nearly), RULE)
    yield Outcome("groups: they are not called none", found.is_there, TOLD)
    yield Outcome("groups: halves agree on their borders", found.found_again, TOLD)
    yield Outcome("groups: the graph taken is the better one, within 0.01", _chosen_well(made, labels, k), GRAPH)


def _chosen_well(made: Described, labels: np.ndarray, k: int) -> bool:
    fitted = fitting.fit_all(made.by_title, ["graph"], n_seeds=2, random_state=0, n_clusters=k)
    choice = league.choose_graph(fitted, made.by_title, random_state=0)
    rows = league.score(fitted, labels[:-200], labels[-200:], k, random_state=0)
    worth = {row.fitted.on: row.by_seed["accuracy"].mean() + row.by_seed["nmi"].mean() for row in rows}
    return worth[choice.on] / 2 >= max(worth.values()) / 2 - 0.01


def without_groups(rng) -> Iterator[Outcome]:
    """Look at images in which there is nothing: one Gaussian, pixels shuffled among images, noise."""
    for make in (worlds.one_gaussian, worlds.shuffled, worlds.noise):
        made = worlds.described(make(rng, int(rng.integers(300, 700))))
        yield Outcome("nothing: no number is called supported", not supported(made).is_there, TOLD)
        yield Outcome("nothing: DBSCAN finds no useful grouping", not _dense(made), 1)


def without_steps(rng) -> Iterator[Outcome]:
    """Look at images that differ, but by no step: one class, a spot anywhere, a bar at any angle."""
    for make in (worlds.one_picture, worlds.one_motion, worlds.one_turn):
        found = supported(worlds.described(make(rng, int(rng.integers(300, 700)))))
        counted = found.is_there and found.found_again
        yield Outcome("one class, or no step: no number is called that of groups", not counted, TOLD)


def _dense(made: Described) -> bool:
    """Say whether DBSCAN makes a useful grouping of principal components, as the page has it."""
    options = {"n_images": 10_000, "min_samples": 5, "percentiles": [10.0, 40.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.5]}
    tried = density.try_radii({PCA: made.by_title[PCA]}, **options, random_state=0)[PCA].sweep
    return tried.found_groups and overall(tried) >= MEAGRE


def with_strays(rng) -> Iterator[Outcome]:
    """Mix images that belong to no group among groups that stand apart, and see what HDBSCAN calls noise."""
    k = int(rng.integers(2, 9))
    images, labels = worlds.groups(rng, k, 600, noise=0.4)
    # Each a picture of its own.
    strays, _ = worlds.groups(rng, 60, 60, noise=0.4)
    order = rng.permutation(660)
    made = worlds.described(np.concatenate([images, strays])[order])
    labels = np.append(labels, np.full(60, -1))[order]
    options = {"hdbscan_share": 0.02, "dbscan_min_samples": 5, "dbscan_n_images": 10_000, "hdbscan_components": 10}
    own = fitting.fit_hdbscan(made.by_title[PCA], seeds=[0], **options).kept
    noise = own.train < 0
    yield Outcome("strays: what HDBSCAN calls noise is of no group", np.mean(labels[noise] < 0), TOLD)
    share = "strays: HDBSCAN covers as many images as groups have, within 0.05"
    yield Outcome(share, abs(noise.mean() - np.mean(labels < 0)) <= 0.05, TOLD)


def with_copies(rng) -> Iterator[Outcome]:
    """Plant copies and near-copies, within parts and across."""
    images, _ = worlds.groups(rng, 5, 600)
    places = rng.choice(600, 40, replace=False)
    first, later = places[:20], places[20:]
    images[later] = images[first]
    near = later[10:]
    images[near] = np.clip(images[near] + rng.normal(0, 2.0, images[near].shape), 0, 255).astype(np.uint8)
    found = measure.find_duplicates(images[:450], images[450:], rms=0.02)
    planted = {frozenset(pair) for pair in np.stack([first, later], axis=1).tolist()}
    listed = {frozenset(pair) for pair in found.pairs.tolist()}
    exact = {frozenset(pair) for pair in found.pairs[found.rms == 0].tolist()}
    yield Outcome("copies: all that were planted are found", planted <= listed, 1)
    yield Outcome("copies: none is found that was not planted", listed <= planted, 1)
    yield Outcome("copies: exact ones are told from near ones", len(exact) == 10 and exact <= planted, 1)


def with_wrong_labels(rng) -> Iterator[Outcome]:
    """Make 1% of the labels wrong; hold the list of doubtful labels against what is said of it where all are right."""
    n, n_test, k = 1500, 1000, 6
    images, labels = worlds.groups(rng, k, n + n_test, noise=1.2, moved=0.8)
    made = worlds.described(images, n_test=n_test)
    names = tuple(f"group {i}" for i in range(k))
    right = replace(made.images, train_labels=labels[:n], test_labels=labels[n:], class_names=names)
    said = _audited(made, right).planted
    flipped = {part: _flipped(rng, getattr(right, f"{part}_labels"), k) for part in ("train", "test")}
    wrong = replace(right, **{f"{part}_labels": own for part, own in flipped.items()})
    found = _audited(made, wrong).parts
    for part, own in found.items():
        really = flipped[part][own.first] != getattr(right, f"{part}_labels")[own.first]
        claim = f"suspects: of the first {part} labels as many are wrong as is said"
        yield Outcome(claim, really.mean(), said[part].precision["random"][0])


def _audited(made: Described, images: ImageSet) -> audit.Issues:
    shape = made.by_title["oriented gradients"]
    return audit.find_issues(images, shape, shape, None, n_folds=3, random_state=0)


def _flipped(rng, labels: np.ndarray, n_classes: int) -> np.ndarray:
    rows = rng.choice(len(labels), round(SHARE * len(labels)), replace=False)
    made = labels.copy()
    made[rows] = (made[rows] + rng.integers(1, n_classes, len(rows))) % n_classes
    return made


def with_seeds(rng, *, n_population=40, n_repeats=30) -> Iterator[Outcome]:
    """Repeat a table of scores: other seeds, other test images. The truth is the mean of many seeds on many images."""
    k, n_test = int(rng.integers(4, 11)), 6_000
    images, labels = worlds.groups(rng, k, 500 + n_test, noise=1.4, moved=0.8, uneven=True)
    made = worlds.described(images, n_test=n_test)
    seeds = seeds_of_fits(int(rng.integers(2**31)), n_population)
    fits = fitting.fit_kmeans(made.by_title[PCA], n_clusters=k, n_init=1, seeds=seeds).fits
    whole = league.score([Fitted("kmeans", PCA, fits, 0.0)], labels[:500], labels[500:], k, random_state=0)[0]
    covered: dict[str, list[bool]] = {}
    for _ in range(n_repeats):
        rows = rng.choice(n_test, int(rng.choice([200, 500])), replace=False)
        one, other = (_table(rng, fits, rows, labels, k) for _ in range(2))
        for name, own in one.mean.items():
            hit = own.low <= whole.by_seed[name].mean() <= own.high
            covered.setdefault(f"intervals: {name} of five seeds holds that of all", []).append(hit)
        gain = metrics.ahead([one.right], [other.right])[0]
        covered.setdefault("rank: of two alike none is called ahead", []).append(not metrics.is_clear(gain))
    for claim, hits in covered.items():
        yield Outcome(claim, float(np.mean(hits)), 0.95)


def _table(rng, fits: Sequence[Clusters], rows: np.ndarray, labels: np.ndarray, k: int) -> league.Row:
    """Score five of the fits by some of the test images."""
    seen = [replace(fits[i], test=fits[i].test[rows]) for i in rng.integers(0, len(fits), 5)]
    known, seed = (labels[:500], labels[500:][rows], k), int(rng.integers(2**31))
    return league.score([Fitted("kmeans", PCA, seen, 0.0)], *known, random_state=seed)[0]
