"""What a run may ask for: names, types, ranges and defaults, one class for each section of the YAML file.

The `parameters` cell of each notebook repeats the names, types and defaults of its sections; a test compares them.
"""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError, ValidationInfo, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from report_lib.classification.classifiers import CLASSIFIERS, PSEUDO
from report_lib.clustering.methods import METHODS
from report_lib.common import representations
from report_lib.common.errors import ReportError

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1)]


def _known(names: list[str]) -> list[str]:
    for name in names:
        representations.parse(name)
    return names


def _named_once(names: list[str], info: ValidationInfo) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError(f"each {info.field_name.removesuffix('s')} can be named once only")
    return names


Once = AfterValidator(_named_once)
Representations = Annotated[list[str], AfterValidator(_known), Once]


class Section(BaseModel, extra="forbid", strict=True, frozen=True):
    """Values are taken as they are written: no text that looks like a number, no unknown names."""


class Dataset(Section):
    """Which images, and from where."""

    source: str = Field("fashion_mnist", description="fashion_mnist, mnist, digits, or the path of a .npy or .npz file")
    data_dir: str = Field("", description="folder with the IDX files, looked into first")
    labels_path: str = Field("", description=".npy file with one label for each image of a .npy file")
    image_shape: list[Positive] = Field([], description="[height, width], where the file holds flat rows")
    class_names: list[str] = Field([], description="one name a class, in the order of the sorted labels")
    test_size: Share = Field(0.2, description="share of the images held out, where the file has no test part")
    use_labels: bool = Field(True, description="false: as if there were no labels")

    @model_validator(mode="after")
    def _two_sides(self) -> "Dataset":
        if len(self.image_shape) not in (0, 2):
            raise ValueError("image_shape takes two numbers, [height, width]")
        return self


class Understanding(Section):
    """What we have."""

    n_bins: int = Field(64, ge=2, le=256, description="bins of the pixel-intensity histogram")
    near_duplicate_rms: float = Field(
        0.02, gt=0, le=0.05, description="images whose pixels differ by less (root mean square, share of the range)"
    )


class Reduction(Section):
    """What the images can be described with."""

    scaling: Literal["none", "min-max", "standard"] = Field("min-max", description="none, min-max or standard")
    n_components: int = Field(100, ge=3, description="components that the next phases work with")
    max_components: int = Field(200, ge=3, description="PCA and truncated SVD are compared up to here")
    mse_grid: list[Positive] = Field(
        [5, 10, 20, 30, 50, 75, 100, 150, 200], min_length=1, description="component counts of the error curve"
    )
    reconstruction_components: list[Positive] = Field(
        [10, 50, 100, 200], min_length=1, max_length=8, description="component counts of the reconstructions"
    )
    n_scatter: Positive = Field(4_000, description="images in the scatter plots, at most")
    representations: Representations = Field(
        ["pixels", "pca", "svd", "pca-32", "dense-64-32", "dense-512", "conv-32-16"],
        description="what is compared: pixels, pca, svd, pca-32; dense-64-32, conv-32-16, autoencoders; [] for none",
    )
    steps_dense: Positive = Field(1_700, description="training steps of a dense autoencoder, 256 images each, at most")
    steps_conv: Positive = Field(640, description="training steps of a convolutional autoencoder, at most")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="of training: float32, bfloat16, or auto, bfloat16 where the processor has it"
    )
    n_repeats: int = Field(5, ge=2, description="seeds of K-Means and draws of labelled images in the comparison")
    n_clusters: int = Field(10, ge=2, description="clusters of K-Means on each representation")
    n_kmeans: Positive = Field(20_000, description="train images that each K-Means of the comparison sees, at most")
    label_share: Share = Field(0.1, description="share of the train images that the small network has labels for")
    maps: Annotated[list[Literal["umap", "tsne"]], Once] = Field(
        ["umap", "tsne"], description="umap, tsne, both, or [] for none"
    )
    n_neighbors: int = Field(15, ge=2, le=100, description="neighbours of an image in the graph and the maps")
    umap_epochs: int = Field(200, ge=10, description="steps of UMAP's layout")
    n_tsne: int = Field(4_000, ge=50, description="train images in t-SNE's map, at most")
    tsne_iterations: int = Field(500, ge=250, description="steps of t-SNE's layout")

    @model_validator(mode="after")
    def _within_max(self) -> "Reduction":
        largest = max([self.n_components, *self.mse_grid, *self.reconstruction_components])
        if largest > self.max_components:
            raise ValueError(f"max_components is {self.max_components}, but {largest} components are asked for")
        return self


Methods = Literal[*METHODS]


class Clustering(Section):
    """What groups the images fall into."""

    n_clusters: Annotated[int, Field(ge=2)] | Literal["auto"] = Field(
        10, description='clusters that are looked for; "auto" takes what the panel supports best'
    )
    methods: Annotated[list[Methods], Once] = Field(
        ["kmeans", "gaussian_mixture", "dbscan", "hdbscan", "graph"], min_length=1, description="what looks for them"
    )
    chosen: Methods = Field("graph", description="the method whose clusters the next phase takes, one of those")
    n_seeds: Positive = Field(5, description="fits of each method, with a seed each")
    n_neighbors: int = Field(
        15, ge=2, le=100, description="nearest neighbours of an image in the graphs that are clustered"
    )
    resolutions: list[Annotated[float, Field(gt=0, le=100)]] = Field(
        [0.05, 0.1, 0.2, 0.4, 0.8, 1.6],
        min_length=1,
        description="resolutions at which communities of the graph are counted",
    )
    k_min: int = Field(6, ge=2, description="smallest K that the panel looks at")
    k_max: int = Field(12, ge=2, description="largest K that the panel looks at")
    n_sweep: Positive = Field(20_000, description="train images that the panel sees, at most")
    n_init_sweep: Positive = Field(2, description="starts of each K-Means of the panel")
    n_halves: int = Field(3, ge=0, description="pairs of halves that stability is measured on; 0 for none")
    n_init: Positive = Field(2, description="starts of K-Means for each seed")
    n_mixture: Positive = Field(6_000, description="train images that a Gaussian mixture learns from, at most")
    mixture_components: Positive = Field(
        20, description="dimensions of a description that a Gaussian mixture sees, at most"
    )
    n_refits: int = Field(5, ge=2, description="refits of K-Means on halves of a sample, to see what scaling changes")
    dbscan_n_images: Positive = Field(10_000, description="train images given to DBSCAN and HDBSCAN, at most")
    dbscan_min_samples: int = Field(5, ge=2, description="neighbours that make a core point of DBSCAN and HDBSCAN")
    dbscan_eps_percentiles: list[Annotated[float, Field(gt=0, le=100)]] = Field(
        [10.0, 40.0, 80.0, 90.0, 95.0, 98.0],
        min_length=1,
        description="eps tried: percentiles of the k-distances",
    )
    hdbscan_components: Positive = Field(10, description="dimensions of a description that HDBSCAN sees, at most")
    hdbscan_share: Share = Field(0.01, description="smallest cluster of HDBSCAN, as a share of its images")

    @model_validator(mode="after")
    def _ordered(self) -> "Clustering":
        if self.k_min > self.k_max:
            raise ValueError(f"k_min is {self.k_min}, above k_max, {self.k_max}")
        if self.chosen not in self.methods:
            raise ValueError(f"chosen is {self.chosen}, which is not one of methods: {', '.join(self.methods)}")
        return self


class Classification(Section):
    """What can be told of a new image."""

    pseudo_models: Annotated[list[Literal[*PSEUDO]], Once] = Field(
        ["random_forest", "svm", "mlp"], min_length=1, description="classifiers that learn the clusters"
    )
    n_pseudo_labels: Positive = Field(3_000, description="train images that they learn from, at most")
    n_components_pseudo: Positive = Field(50, description="PCA components that they see")
    n_estimators: Positive = Field(100, description="trees of their Random Forest")
    n_folds: int = Field(5, ge=2, description="folds of their cross-validation")
    holdout_size: Share = Field(0.2, description="share of those images held out")
    label_counts: list[Positive] = Field(
        [10, 50, 100, 500, 1_000, 6_000, 60_000],
        description="labelled train images in the learning curves, each at most all; [] for no curves",
    )
    label_sources: Representations = Field(
        ["pixels", "pca", "conv-32-16"],
        description="descriptions that learning curves are drawn for, of those in reduction.representations",
    )
    n_draws: int = Field(5, ge=2, description="draws of the labelled images for each of these numbers")
    n_label_next: Positive = Field(100, description="images on the list of those to label next")
    classifiers: Annotated[list[Literal[*CLASSIFIERS]], Once] = Field(
        ["logistic_regression", "knn", "random_forest", "mlp", "svc", "hog_mlp", "conv"],
        description="classifiers that learn all labels; [] for none",
    )
    n_slow: int = Field(
        6_000,
        ge=50,
        description="train images that nearest neighbours, Random Forest and support vectors learn from, at most",
    )
    conv_filters: list[Positive] = Field(
        [16, 32, 64], min_length=1, description="filters of each layer of the convolutional network"
    )
    conv_epochs: Positive = Field(5, description="epochs of the convolutional network")
    audit_folds: int = Field(4, ge=0, description="folds that train labels are judged in; 0 for no audit")
    keep_model: bool = Field(True, description="whether a model for new images is kept")

    @field_validator("audit_folds")
    @classmethod
    def _none_or_several(cls, n: int) -> int:
        if n == 1:
            raise ValueError("it takes 0 for no audit, or at least 2")
        return n


class Params(Section):
    """One run."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="folder of the run under build/")
    seed: int = Field(0, ge=0, lt=2**32, description="the one seed that feeds everything random")
    dataset: Dataset = Dataset()
    understanding: Understanding = Understanding()
    reduction: Reduction = Reduction()
    clustering: Clustering = Clustering()
    classification: Classification = Classification()

    @field_validator("name")
    @classmethod
    def _not_the_lab(cls, name: str) -> str:
        if name == "lab":
            raise ValueError("build/lab holds what notebooks leave that are run by hand; take another name")
        return name


SECTIONS = {name: field.annotation for name, field in Params.model_fields.items() if isinstance(field.default, Section)}


def load_params(path: str | Path, settings: list[str] | None = None) -> Params:
    """Read a run's parameters.

    Parameters
    ----------
    path : str or Path
        YAML 1.2 file; what it does not set keeps its default. `name` defaults to the file's stem.
    settings : list of str
        `section.parameter=value`, each overriding the file; values are written as in YAML.

    Raises
    ------
    ReportError
        One line that names the file, the line, the parameter, what is allowed and the nearest known name.
    """
    path = Path(path)
    values, lines = _read_yaml(path)
    values.setdefault("name", path.stem)
    origin = {key: f"{path}, line {line}" for key, line in lines.items()}
    for setting in settings or []:
        _apply_setting(setting, values, origin)
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        said = dict.fromkeys(_explain(e, origin, path) for e in error.errors())
        raise ReportError("; ".join(said)) from error


def _read_yaml(path: Path) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    if not path.is_file():
        known = ", ".join(sorted(str(p) for p in path.parent.glob("*.yaml"))) or "none"
        raise ReportError(f"{path}: no such file; YAML files there: {known}")
    try:
        text = path.read_text(encoding="utf8")
        values = YAML(typ="safe", pure=True).load(text)
        marked = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ReportError(f"{path}{line}: not valid YAML: {error.problem}") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise ReportError(f"{path}: not a YAML text in UTF-8: {str(error).splitlines()[0]}") from error
    if values is None:
        return {}, {}
    if not isinstance(values, dict):
        raise ReportError(f"{path}, line 1: expected `section:` with parameters beneath, not {_kind(values)}")
    return _with_text_keys(values), dict(_key_lines(marked))


def _with_text_keys(values: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): _with_text_keys(item) if isinstance(item, dict) else item for key, item in values.items()}


def _key_lines(mapping: Any, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    for key, value in mapping.items():
        here = (*prefix, str(key))
        if key in (mapping.lc.data or {}):
            yield here, mapping.lc.key(key)[0] + 1
        if isinstance(value, dict):
            yield from _key_lines(value, here)


def _apply_setting(setting: str, values: dict[str, Any], origin: dict[tuple[str, ...], str]) -> None:
    name, equals, text = setting.partition("=")
    keys = tuple(name.strip().split("."))
    if not equals or not all(keys) or len(keys) > 2:
        raise ReportError(f"SET {setting!r}: write it as section.parameter=value, such as clustering.k_max=15")
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        raise ReportError(f"SET {setting!r}: not a YAML value: {error.problem}") from error
    target = values
    if len(keys) == 2:
        section = values.get(keys[0])
        target = values[keys[0]] = dict(section) if isinstance(section, dict) else {}
    target[keys[-1]] = "" if value is None else value
    origin[keys] = f"SET {setting}"


def _explain(error: dict[str, Any], origin: dict[tuple[str, ...], str], path: Path) -> str:
    depth = 2 if SECTIONS.keys() & error["loc"][:1] else 1
    keys = tuple(str(k) for k in error["loc"] if not isinstance(k, int))[:depth]
    where = origin.get(keys) or origin.get(keys[:1]) or str(path)
    name = ".".join(keys)
    if error["type"] == "extra_forbidden":
        return f"{where}: {_unknown(keys)}"
    if error["type"] == "value_error":
        return f"{where}: {name}: {error['ctx']['error']}"
    return f"{where}: {name} is {error['input']!r}; {_allowed(keys) or error['msg']}"


def _unknown(keys: tuple[str, ...]) -> str:
    known = list((Params if len(keys) == 1 else SECTIONS[keys[0]]).model_fields)
    near = difflib.get_close_matches(keys[-1], known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{'.'.join(keys)} is not a parameter; {hint}known here: {', '.join(known)}"


def _allowed(keys: tuple[str, ...]) -> str:
    """Say what a parameter takes, from its type and bounds in the model's JSON schema."""
    if len(keys) == 1 and keys[0] in SECTIONS:
        return "it takes a section with parameters beneath"
    model = Params if len(keys) == 1 else SECTIONS[keys[0]]
    return "it takes " + _describe(model.model_json_schema()["properties"].get(keys[-1], {}))


_TYPES = {"integer": "a whole number", "number": "a number", "string": "text", "boolean": "true or false"}
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
    "pattern": "letters, digits, - and _ alone",
}


def _describe(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_describe(s) for s in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return repr(schema["const"])
    kind = _TYPES.get(schema.get("type", ""), "a value")
    if schema.get("type") == "array":
        kind = f"a list, each {_describe(schema['items'])}"
    return ", ".join([kind, *(text.format(schema[key]) for key, text in _BOUNDS.items() if key in schema)])


def _kind(value: Any) -> str:
    return {list: "a list", str: "text"}.get(type(value), f"a {type(value).__name__}")


def check_size(
    params: Params,
    *,
    n_train: int,
    n_test: int,
    image_shape: tuple[int, int],
    class_counts: dict[str, tuple[int, int]] | None = None,
) -> None:
    """Refuse a run that asks for more than its images can give.

    Parameters
    ----------
    class_counts : dict of str to (int, int)
        Train and test images of each class; empty without labels.

    Raises
    ------
    ReportError
        When there are fewer images, pixels or components than a parameter asks for.
    """
    n_pixels, class_counts = image_shape[0] * image_shape[1], class_counts or {}
    clustering, reduction, classification = params.clustering, params.reduction, params.classification
    n_clusters = clustering.n_clusters if isinstance(clustering.n_clusters, int) else clustering.k_max
    n_pseudo = min(classification.n_pseudo_labels, n_train)
    n_learnt = int(n_pseudo * min(1 - 1 / classification.n_folds, 1 - classification.holdout_size))
    sweep, dbscan = min(clustering.n_sweep, n_train), min(clustering.dbscan_n_images, n_train)
    images, pixels = f"there are only {n_train} train images", f"an image has only {n_pixels} pixels"
    needs = [
        ("clustering.n_clusters", n_clusters, n_train, images),
        ("clustering.k_max", clustering.k_max, sweep - 1, f"the panel sees only {sweep} images"),
        *_needs_of_panel(clustering, n_clusters, sweep, min(clustering.n_mixture, n_train)),
        ("clustering.dbscan_min_samples", clustering.dbscan_min_samples, dbscan, f"DBSCAN sees only {dbscan} images"),
        ("clustering.n_neighbors", clustering.n_neighbors, min(10_000, n_train) - 1, images),
        ("reduction.max_components", reduction.max_components, n_pixels, pixels),
        ("reduction.max_components", reduction.max_components, n_train, images),
        *_needs_of_maps(reduction, n_train),
        ("classification.n_components_pseudo", classification.n_components_pseudo, n_pixels, pixels),
        ("classification.n_folds", classification.n_folds * n_clusters, n_pseudo,
         f"{n_pseudo} images cannot fill {classification.n_folds} folds of {n_clusters} clusters"),
        ("classification.n_components_pseudo", classification.n_components_pseudo, n_learnt,
         f"classifiers learn the clusters from only {n_learnt} images when the rest is held out"),
    ]  # fmt: skip
    if n_test < 2:
        raise ReportError(f"dataset.test_size is {params.dataset.test_size}, which holds out {n_test} images; raise it")
    for name, asked, available, reason in needs:
        if asked > available:
            section, key = name.split(".")
            raise ReportError(f"{name} is {getattr(getattr(params, section), key)}, but {reason}; lower it")
    learnt = bool(class_counts) and bool(classification.label_counts)
    sources = [n for n in classification.label_sources if not representations.parse(n).is_learnt] if learnt else []
    _check_representations(reduction, sources, image_shape)
    if "conv" in classification.classifiers and class_counts:
        try:
            representations.check_pooling(tuple(classification.conv_filters), image_shape)
        except ValueError as error:
            raise ReportError(f"classification.conv_filters: {error}, or leave conv out of classifiers") from error
    _check_classes(classification, class_counts)


def _check_classes(classification: Classification, class_counts: dict[str, tuple[int, int]]) -> None:
    """Refuse classes that nothing can learn, or that the folds of the audit cannot share."""
    learns = bool(classification.label_counts or classification.classifiers or classification.audit_folds)
    for name, (n_train, n_test) in class_counts.items():
        if n_train == 0 and learns:
            raise ReportError(
                f"class {name!r} has {n_test} test images and no train image, so nothing can learn it; give it train "
                "images, or another seed or dataset.test_size where they are drawn"
            )
        if n_train < classification.audit_folds:
            raise ReportError(
                f"classification.audit_folds is {classification.audit_folds}, but class {name!r} has only {n_train} train "
                "images; lower it, or set it to 0 for no audit"
            )


def _needs_of_panel(
    clustering: Clustering, n_clusters: int, sweep: int, mixture: int
) -> list[tuple[str, int, int, str]]:
    """Return what the criteria for the number of clusters need, where they are asked for."""
    needs = []
    if clustering.n_halves:
        seen = f"half of what the panel sees is only {sweep // 2} images (clustering.n_sweep)"
        needs.append(("clustering.k_max", clustering.k_max, sweep // 2, seen))
    if "gaussian_mixture" in clustering.methods:
        seen = f"a mixture sees only {mixture} images (clustering.n_mixture)"
        needs += [
            ("clustering.k_max", clustering.k_max, mixture, seen),
            ("clustering.n_clusters", n_clusters, mixture, seen),
        ]
    return needs


def _needs_of_maps(reduction: Reduction, n_train: int) -> list[tuple[str, int, int, str]]:
    """Return what the comparison and the maps need, where they are asked for."""
    needs, n_tsne, n_kmeans = [], min(reduction.n_tsne, n_train), min(reduction.n_kmeans, n_train)
    if reduction.maps:
        seen = f"the maps are scored on only {n_tsne} images, and need more than twice as many as neighbours"
        needs.append(("reduction.n_neighbors", reduction.n_neighbors, (n_tsne - 1) // 2, seen))
    if reduction.representations:
        few = f"K-Means sees only {n_kmeans} images"
        needs.append(("reduction.n_clusters", reduction.n_clusters, n_kmeans, few))
    return needs


def _check_representations(reduction: Reduction, sources: list[str], image_shape: tuple[int, int]) -> None:
    asked = {"reduction.representations": reduction.representations, "classification.label_sources": sources}
    for parameter, name in ((parameter, name) for parameter, names in asked.items() for name in names):
        try:
            representations.parse(name).code_shape(image_shape, reduction.n_components)
        except ValueError as error:
            raise ReportError(f"{parameter}: {name}: {error}, or leave it out") from error
