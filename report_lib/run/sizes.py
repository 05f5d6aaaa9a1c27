"""What a run asks for, fitted to its images: `auto` becomes a number, and what is too large for them is lowered.

To give a parameter the value `auto` is to add its rule to `RULES`; what can be too large has a line in `_limits`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from report_lib.classification.classifiers import CLASSIFIERS
from report_lib.common import representations
from report_lib.common.errors import ReportError
from report_lib.common.prose import listed, plural
from report_lib.run.params import AUTO, SECTIONS, Params

# From so many train images on, `auto` is what the defaults are: what was chosen for sets of that size.
MANY = 20_000
# Fewer train images than these support no learning curves, no autoencoder, no map.
LEAST_FOR_CURVES, LEAST_FOR_NETWORKS, LEAST_FOR_MAPS = 100, 500, 30
LEAST_TRAIN, LEAST_TEST = 6, 2
# Classes that a part lacks are named one by one up to here.
MOST_NAMED = 5


@dataclass(frozen=True)
class Sizes:
    """How large the images and their parts are.

    Attributes
    ----------
    n_train, n_test : int
        Images.
    image_shape : (int, int)
    class_counts : dict of str to (int, int)
        Train and test images of each class; empty without labels.
    """

    n_train: int
    n_test: int
    image_shape: tuple[int, int]
    class_counts: dict[str, tuple[int, int]]

    @property
    def n_pixels(self) -> int:
        """Of an image."""
        return math.prod(self.image_shape)

    @property
    def is_small(self) -> bool:
        """Whether a convolution over an image is a matter of milliseconds."""
        return self.n_pixels <= 64 * 64

    @property
    def n_components(self) -> int:
        """As many as there can be."""
        return min(self.n_pixels, self.n_train)

    @property
    def rarest(self) -> tuple[str, int]:
        """The class with the fewest train images, of those that have any, and how many it has."""
        learnt = {name: n_train for name, (n_train, _) in self.class_counts.items() if n_train}
        return min(learnt.items(), key=lambda item: item[1])

    @property
    def n_neighbors(self) -> int:
        """Neighbours that say something of so many images: few of few."""
        return min(15, max(2, self.n_train // 8))

    def by_number(self, few: Any, some: Any, many: Any) -> Any:
        """Return one of three values, by the number of train images."""
        return few if self.n_train < 2_000 else some if self.n_train < MANY else many


def _up_to(most: int, counts: Sequence[int]) -> list[int]:
    """Return the counts that are below `most`, and `most` itself."""
    return [*(n for n in counts if n < most), most]


def _representations(s: Sizes) -> list[str]:
    units = 64 if s.n_pixels >= 256 else 32
    dense = [f"dense-{units}-{units // 2}"] if s.n_train >= LEAST_FOR_NETWORKS else []
    convolutional = [f"conv-{units // 2}-{units // 4}"] if s.n_train >= MANY and s.is_small else []
    return ["pixels", "pca", *dense, *convolutional]


def _label_counts(s: Sizes) -> list[int]:
    counts = s.by_number([10, 100, 500], [10, 100, 1_000], [10, 50, 100, 500, 1_000, 6_000])
    return _up_to(s.n_train, counts) if s.n_train >= LEAST_FOR_CURVES else []


def _classifiers(s: Sizes) -> list[str]:
    slow = s.by_number({"mlp"}, {"mlp"}, set()) | (set() if s.is_small else {"conv"})
    return [name for name in CLASSIFIERS if name not in slow]


# What `auto` stands for. The rules give what is wanted; `_limits` cuts it down to what there is.
RULES: dict[str, Callable[[Sizes], Any]] = {
    "reduction.n_components": lambda s: min(100, s.n_pixels // 2, s.n_train // 2),
    "reduction.max_components": lambda s: min(200, s.n_components),
    "reduction.mse_grid": lambda s: _up_to(min(200, s.n_components), [2, 5, 10, 20, 30, 50, 75, 100, 150]),
    "reduction.reconstruction_components": lambda s: _up_to(min(200, s.n_components), [5, 10, 20, 50, 100])[-4:],
    "reduction.n_scatter": lambda s: 4_000,
    "reduction.representations": _representations,
    "reduction.steps_dense": lambda s: min(1_700, max(200, s.n_train // 12)),
    "reduction.steps_conv": lambda s: min(640, max(100, s.n_train // 40)),
    "reduction.n_repeats": lambda s: s.by_number(3, 3, 5),
    "reduction.n_clusters": lambda s: max(2, len(s.class_counts)) if s.class_counts else 10,
    "reduction.n_kmeans": lambda s: s.by_number(2_000, 4_000, 20_000),
    "reduction.label_share": lambda s: min(0.5, max(0.1, 50 / s.n_train)),
    "reduction.maps": lambda s: ["umap", "tsne"] if s.n_train >= LEAST_FOR_MAPS else [],
    "reduction.n_neighbors": lambda s: s.n_neighbors,
    "reduction.umap_epochs": lambda s: 200,
    "reduction.n_tsne": lambda s: s.by_number(1_000, 1_500, 4_000),
    "reduction.tsne_iterations": lambda s: s.by_number(300, 400, 500),
    "clustering.n_seeds": lambda s: s.by_number(3, 3, 5),
    "clustering.n_neighbors": lambda s: s.n_neighbors,
    "clustering.k_min": lambda s: 2,
    "clustering.k_max": lambda s: min(15, max(3, round(math.sqrt(s.n_train / 2)))),
    "clustering.n_sweep": lambda s: s.by_number(2_000, 4_000, 10_000),
    "clustering.n_init_sweep": lambda s: 2,
    "clustering.n_halves": lambda s: 3,
    "clustering.n_init": lambda s: 2,
    "clustering.n_mixture": lambda s: s.by_number(2_000, 3_000, 6_000),
    "clustering.mixture_components": lambda s: min(20, max(2, s.n_train // 10)),
    "clustering.n_refits": lambda s: s.by_number(3, 3, 5),
    "clustering.dbscan_n_images": lambda s: s.by_number(2_000, 4_000, 10_000),
    "clustering.dbscan_min_samples": lambda s: min(5, max(2, s.n_train // 10)),
    "clustering.hdbscan_components": lambda s: 10,
    "clustering.hdbscan_share": lambda s: min(0.5, max(0.01, 5 / s.n_train)),
    "classification.n_pseudo_labels": lambda s: s.by_number(1_000, 1_500, 3_000),
    "classification.n_components_pseudo": lambda s: 50,
    "classification.n_estimators": lambda s: s.by_number(50, 50, 100),
    "classification.n_folds": lambda s: s.by_number(3, 3, 5),
    "classification.label_counts": _label_counts,
    "classification.label_sources": lambda s: [name for name in _representations(s) if name != "pixels"],
    "classification.n_draws": lambda s: s.by_number(3, 3, 5),
    "classification.n_label_next": lambda s: min(100, max(5, s.n_train // 10)),
    "classification.classifiers": _classifiers,
    "classification.n_slow": lambda s: s.by_number(2_000, 4_000, 6_000),
    "classification.conv_filters": lambda s: [16, 32, 64],
    "classification.conv_epochs": lambda s: 5,
    "classification.audit_folds": lambda s: s.by_number(3, 3, 4),
}


@dataclass(frozen=True)
class Limit:
    """The largest value of a parameter that the images can carry, and why."""

    parameter: str
    most: int
    why: str


def resolve(
    params: Params,
    *,
    n_train: int,
    n_test: int,
    image_shape: tuple[int, int],
    class_counts: dict[str, tuple[int, int]] | None = None,
) -> tuple[Params, list[str]]:
    """Give every parameter that is `auto` a value, and lower those that are too large for the images.

    Parameters
    ----------
    class_counts : dict of str to (int, int)
        Train and test images of each class; empty without labels.

    Returns
    -------
    resolved : Params
        With nothing left `auto` but what a phase decides by itself: `clustering.n_clusters`, `reduction.precision`.
    adjusted : list of str
        A sentence for each parameter that was lowered, and for each part that so few images leave out.

    Raises
    ------
    ReportError
        When there are too few images for anything.
    """
    sizes = Sizes(n_train, n_test, image_shape, class_counts or {})
    if n_train < LEAST_TRAIN or n_test < LEAST_TEST:
        raise ReportError(
            f"{plural(n_train, 'train image')} and {plural(n_test, 'test image')} are too few for a report: "
            f"it takes {LEAST_TRAIN} and {LEAST_TEST}; give it more, or another dataset.test_size"
        )
    values = {
        f"{section}.{name}": value
        for section in SECTIONS
        for name, value in getattr(params, section).model_dump().items()
    }
    asked = {name for name in RULES if values[name] == AUTO}
    values |= {name: RULES[name](sizes) for name in asked}
    said = [
        *_lower(values, asked, sizes),
        *_leave_out(values, sizes),
        *_left_out(values, asked, sizes),
        *_lacking(sizes),
    ]
    sections = {
        section: getattr(params, section).model_copy(
            update={name: values[f"{section}.{name}"] for name in SECTIONS[section].model_fields}
        )
        for section in SECTIONS
    }
    return params.model_copy(update=sections), said


def _lower(values: dict[str, Any], asked: set[str], sizes: Sizes) -> Iterator[str]:
    """Bring each value below its limit, in place; say so of those that were given."""
    for limit in _limits(values, sizes):
        value = values[limit.parameter]
        if isinstance(value, list):
            kept = [n for n in value if n <= limit.most] or [limit.most]
            dropped = [n for n in value if n not in kept]
            said = f"{limit.parameter} leaves out {listed(dropped)}: {limit.why}" if dropped else ""
        else:
            kept = value if value == AUTO else min(value, limit.most)
            said = f"{limit.parameter} is {kept}, not {value}: {limit.why}" if kept != value else ""
        values[limit.parameter] = kept
        if said and limit.parameter not in asked:
            yield said


def _limits(values: dict[str, Any], sizes: Sizes) -> Iterator[Limit]:
    """Yield limits in an order in which each may rest on what those before it have lowered."""
    n = sizes.n_train
    images = f"there are {plural(n, 'train image')}"
    few_pixels = sizes.n_pixels <= n
    why = f"an image has {plural(sizes.n_pixels, 'pixel')}" if few_pixels else images
    yield Limit("reduction.max_components", sizes.n_components, why)
    most, why = values["reduction.max_components"], f"reduction.max_components is {values['reduction.max_components']}"
    for name in ("n_components", "mse_grid", "reconstruction_components"):
        yield Limit(f"reduction.{name}", most, why)
    seen = min(values["reduction.n_tsne"], n)
    why = f"the maps are scored on {plural(seen, 'image')}, and need more than twice as many as neighbours"
    yield Limit("reduction.n_neighbors", max(2, (seen - 1) // 2), why)
    seen = min(values["reduction.n_kmeans"], n)
    yield Limit("reduction.n_clusters", seen, f"K-Means sees {plural(seen, 'image')}")
    yield from _limits_of_clustering(values, n)
    yield from _limits_of_classification(values, sizes)


def _limits_of_clustering(values: dict[str, Any], n: int) -> Iterator[Limit]:
    seen = min(values["clustering.n_sweep"], n)
    yield Limit("clustering.k_max", seen - 1, f"the panel sees {plural(seen, 'image')}")
    if values["clustering.n_halves"]:
        yield Limit("clustering.k_max", seen // 2, f"half of what the panel sees is {plural(seen // 2, 'image')}")
    yield Limit("clustering.n_clusters", n // 2, f"there are {plural(n, 'train image')}")
    if "gaussian_mixture" in values["clustering.methods"]:
        seen = min(values["clustering.n_mixture"], n)
        for name in ("k_max", "n_clusters"):
            yield Limit(f"clustering.{name}", seen, f"a Gaussian mixture sees {plural(seen, 'image')}")
    yield Limit("clustering.k_min", values["clustering.k_max"], f"clustering.k_max is {values['clustering.k_max']}")
    seen = min(values["clustering.dbscan_n_images"], n)
    yield Limit("clustering.dbscan_min_samples", seen, f"DBSCAN sees {plural(seen, 'image')}")
    seen = min(10_000, n)
    yield Limit("clustering.n_neighbors", seen - 1, f"cards are made of {plural(seen, 'image')}")


def _limits_of_classification(values: dict[str, Any], sizes: Sizes) -> Iterator[Limit]:
    n_pseudo = min(values["classification.n_pseudo_labels"], sizes.n_train)
    K = values["clustering.n_clusters"] if values["clustering.n_clusters"] != AUTO else values["clustering.k_max"]
    yield Limit(
        "classification.n_folds", max(2, n_pseudo // K), f"{n_pseudo} images are to fill them with {K} clusters"
    )
    n_learnt = int(n_pseudo * min(1 - 1 / values["classification.n_folds"], 1 - values["classification.holdout_size"]))
    why = f"classifiers learn the clusters from {plural(n_learnt, 'image')} when the rest is held out"
    yield Limit("classification.n_components_pseudo", n_learnt, why)
    why = f"an image has {plural(sizes.n_pixels, 'pixel')}"
    yield Limit("classification.n_components_pseudo", sizes.n_pixels, why)
    if sizes.class_counts:
        name, fewest = sizes.rarest
        why = f"class {name!r} has {plural(fewest, 'train image')}"
        yield Limit("classification.audit_folds", fewest if fewest >= 2 else 0, why)


def _leave_out(values: dict[str, Any], sizes: Sizes) -> Iterator[str]:
    """Take out of lists what the images are too small for, in place; say what and why."""
    for parameter in ("reduction.representations", "classification.label_sources"):
        kept = []
        for name in values[parameter]:
            try:
                representations.parse(name).code_shape(sizes.image_shape, values["reduction.n_components"])
                kept.append(name)
            except ValueError as error:
                yield f"{parameter} leaves out {name}: {error}"
        values[parameter] = kept
    filters = values["classification.conv_filters"]
    fitting = filters[: int(math.log2(min(sizes.image_shape)))]
    values["classification.conv_filters"] = fitting or filters
    if not fitting and "conv" in values["classification.classifiers"]:
        values["classification.classifiers"] = [c for c in values["classification.classifiers"] if c != "conv"]
        yield f"classification.classifiers leaves out conv: images of {sizes.image_shape} cannot be pooled"
    elif len(fitting) < len(filters) and sizes.class_counts and "conv" in values["classification.classifiers"]:
        height, width = sizes.image_shape
        yield f"classification.conv_filters is {fitting}, not {filters}: images of {height} × {width} are halved so often only"


def _left_out(values: dict[str, Any], asked: set[str], sizes: Sizes) -> Iterator[str]:
    """Say which parts of the report `auto` has left out."""
    few = f"{plural(sizes.n_train, 'train image')} are too few"
    if "reduction.representations" in asked and sizes.n_train < LEAST_FOR_NETWORKS:
        yield f"There are no autoencoders: {few} to teach one"
    if "reduction.maps" in asked and not values["reduction.maps"]:
        yield f"There are no maps: {few} for one"
    if sizes.class_counts and "classification.label_counts" in asked and not values["classification.label_counts"]:
        yield f"There are no learning curves: {few} to draw labelled ones from"
    if sizes.class_counts and "classification.audit_folds" in asked and not values["classification.audit_folds"]:
        name, fewest = sizes.rarest
        yield f"The labels are not audited: class {name!r} has {plural(fewest, 'train image')}"


def _lacking(sizes: Sizes) -> Iterator[str]:
    """Name the classes that one of the two parts lacks."""
    for part, consequence in ((0, "nothing can learn it"), (1, "nothing is scored on it")):
        lacking = [name for name, counts in sizes.class_counts.items() if counts[part] == 0]
        kind, other = ("train", "test") if part == 0 else ("test", "train")
        for name in lacking[:MOST_NAMED]:
            n = sizes.class_counts[name][1 - part]
            yield f"Class {name!r} has {plural(n, f'{other} image')} and no {kind} image, so {consequence}"
        if lacking[MOST_NAMED:]:
            yield f"{len(lacking) - MOST_NAMED} more have no {kind} image either"
