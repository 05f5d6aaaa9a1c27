"""What a run may ask for: names, types, ranges and defaults, one class for each section of the YAML file.

The `parameters` cell of each notebook repeats the names, types and defaults of its sections; a test compares them.
"""

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent

from report_lib.classification.classifiers import CLASSIFIERS, PSEUDO
from report_lib.clustering.methods import METHODS
from report_lib.common import representations
from report_lib.common.errors import ReportError, did_you_mean

AUTO = "auto"
# Of a file of parameters, and of what is said about it.
MOST_BYTES, MOST_VALUES, DEEPEST, MOST_SAID, LONGEST_SHOWN = 100_000, 10_000, 10, 5, 100
# What ruamel.yaml makes of texts that were written to break it.
_UNREADABLE = (
    YAMLError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    AssertionError,
    RecursionError,
    NotImplementedError,
)
Positive = Annotated[int, Field(ge=1)]
Several = Annotated[int, Field(ge=2)]
Count = Annotated[int, Field(ge=0)]
Neighbors = Annotated[int, Field(ge=2, le=100)]
Share = Annotated[float, Field(gt=0, lt=1)]
Value = TypeVar("Value")
# What depends on the images may be left to `sizes.resolve`. A tagged union, so that a mistake is said of one side alone.
OrAuto = Annotated[
    Annotated[Value, Tag("given")] | Annotated[Literal["auto"], Tag(AUTO)],
    Discriminator(lambda value: AUTO if value == AUTO else "given"),
]


def _is_writable(text: str) -> bool:
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


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

    @field_validator("*")
    @classmethod
    def _can_be_written(cls, value: Any) -> Any:
        texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        if any(isinstance(text, str) and not _is_writable(text) for text in texts):
            raise ValueError("there is a control character or half a character in the text")
        return value


class Dataset(Section):
    """Which images, and from where."""

    source: str = Field(
        "fashion_mnist", description="fashion_mnist, mnist, digits, or the path of a file or folder of images"
    )
    data_dir: str = Field("", description="folder with the IDX files of a named set, looked into first")
    labels: str = Field("", description=".npy, .csv or .txt file with a label for each image, or a table of file names")
    corrections: str = Field("", description="CSV of labels that were marked in a report, taken instead of those")
    keys: list[str] = Field([], description="arrays or columns of images and labels, where names do not tell")
    image_shape: list[Positive] = Field([], description="[height, width], where shapes do not tell")
    transpose: bool = Field(False, description="true: rows and columns change places, as EMNIST needs")
    colour: Literal["luminance", "red", "green", "blue", "saturation"] = Field(
        "luminance", description="what is kept of a colour: luminance, red, green, blue, saturation"
    )
    size: int = Field(0, ge=0, le=96, description="longest side that images are brought to, in pixels; 0: as they are")
    class_names: list[str] = Field([], description="one name a class, in the order of the sorted labels")
    test_size: Share = Field(0.2, description="share of the images held out, where there is no test part")
    n_images: int = Field(
        70_000,
        ge=100,
        description="images that the report looks at; of more they are drawn, and the rest told at the end",
    )
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
    n_components: OrAuto[Annotated[int, Field(ge=3)]] = Field(
        100, description="components that the next phases work with"
    )
    max_components: OrAuto[Annotated[int, Field(ge=3)]] = Field(
        200, description="PCA and truncated SVD are compared up to here"
    )
    mse_grid: OrAuto[Annotated[list[Positive], Field(min_length=1)]] = Field(
        [5, 10, 20, 30, 50, 75, 100, 150, 200], description="component counts of the error curve"
    )
    reconstruction_components: OrAuto[Annotated[list[Positive], Field(min_length=1, max_length=8)]] = Field(
        [10, 50, 100, 200], description="component counts of the reconstructions"
    )
    n_scatter: OrAuto[Positive] = Field(4_000, description="images in the scatter plots, at most")
    representations: OrAuto[Representations] = Field(
        ["pixels", "pca", "svd", "pca-32", "dense-64-32", "dense-512", "conv-32-16"],
        description="what is compared: pixels, pca, svd, pca-32; dense-64-32, conv-32-16, autoencoders; [] for none",
    )
    steps_dense: OrAuto[Positive] = Field(
        1_700, description="training steps of a dense autoencoder, 256 images each, at most"
    )
    steps_conv: OrAuto[Positive] = Field(640, description="training steps of a convolutional autoencoder, at most")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="of training: float32, bfloat16, or auto, bfloat16 where the processor has it"
    )
    n_repeats: OrAuto[Several] = Field(5, description="seeds of K-Means and draws of labelled images in the comparison")
    n_clusters: OrAuto[Several] = Field(10, description="clusters of K-Means on each representation")
    n_kmeans: OrAuto[Positive] = Field(
        20_000, description="train images that each K-Means of the comparison sees, at most"
    )
    label_share: OrAuto[Share] = Field(
        0.1, description="share of the train images that the small network has labels for"
    )
    maps: OrAuto[Annotated[list[Literal["umap", "tsne"]], Once]] = Field(
        ["umap", "tsne"], description="umap, tsne, both, or [] for none"
    )
    n_neighbors: OrAuto[Neighbors] = Field(15, description="neighbours of an image in the graph and the maps")
    umap_epochs: OrAuto[Annotated[int, Field(ge=10)]] = Field(200, description="steps of UMAP's layout")
    n_tsne: OrAuto[Annotated[int, Field(ge=50)]] = Field(4_000, description="train images in t-SNE's map, at most")
    tsne_iterations: OrAuto[Annotated[int, Field(ge=250)]] = Field(500, description="steps of t-SNE's layout")

    @model_validator(mode="after")
    def _within_max(self) -> "Reduction":
        asked = [self.n_components, *self.mse_grid, *self.reconstruction_components]
        largest = max([n for n in asked if isinstance(n, int)], default=0)
        if self.max_components != AUTO and largest > self.max_components:
            raise ValueError(f"max_components is {self.max_components}, but {largest} components are asked for")
        return self


Methods = Literal[*METHODS]


class Clustering(Section):
    """What groups the images fall into."""

    n_clusters: OrAuto[Several] = Field(
        10, description='clusters that are looked for; "auto" takes what the panel supports best'
    )
    methods: Annotated[list[Methods], Once] = Field(
        ["kmeans", "gaussian_mixture", "dbscan", "hdbscan", "graph"], min_length=1, description="what looks for them"
    )
    chosen: Methods = Field("graph", description="the method whose clusters the next phase takes, one of those")
    n_seeds: OrAuto[Positive] = Field(5, description="fits of each method, with a seed each")
    n_neighbors: OrAuto[Neighbors] = Field(
        15, description="nearest neighbours of an image in the graphs that are clustered"
    )
    resolutions: list[Annotated[float, Field(gt=0, le=100)]] = Field(
        [0.05, 0.1, 0.2, 0.4, 0.8, 1.6],
        min_length=1,
        description="resolutions at which communities of the graph are counted",
    )
    k_min: OrAuto[Several] = Field(2, description="smallest K that the panel looks at")
    k_max: OrAuto[Several] = Field(16, description="largest K that the panel looks at")
    n_sweep: OrAuto[Positive] = Field(10_000, description="train images that the panel sees, at most")
    n_init_sweep: OrAuto[Positive] = Field(2, description="starts of each K-Means of the panel")
    n_halves: OrAuto[Count] = Field(3, description="pairs of halves that stability is measured on; 0 for none")
    n_init: OrAuto[Positive] = Field(2, description="starts of K-Means for each seed")
    n_mixture: OrAuto[Positive] = Field(6_000, description="train images that a Gaussian mixture learns from, at most")
    mixture_components: OrAuto[Positive] = Field(
        20, description="dimensions of a description that a Gaussian mixture sees, at most"
    )
    n_refits: OrAuto[Several] = Field(
        5, description="refits of K-Means on halves of a sample, to see what scaling changes"
    )
    dbscan_n_images: OrAuto[Positive] = Field(10_000, description="train images given to DBSCAN and HDBSCAN, at most")
    dbscan_min_samples: OrAuto[Several] = Field(
        5, description="neighbours that make a core point of DBSCAN and HDBSCAN"
    )
    dbscan_eps_percentiles: list[Annotated[float, Field(gt=0, le=100)]] = Field(
        [10.0, 40.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.5],
        min_length=1,
        description="eps tried: percentiles of the k-distances",
    )
    hdbscan_components: OrAuto[Positive] = Field(
        10, description="dimensions of a description that HDBSCAN sees, at most"
    )
    hdbscan_share: OrAuto[Share] = Field(0.01, description="smallest cluster of HDBSCAN, as a share of its images")

    @model_validator(mode="after")
    def _ordered(self) -> "Clustering":
        if AUTO not in (self.k_min, self.k_max) and self.k_min > self.k_max:
            raise ValueError(f"k_min is {self.k_min}, above k_max, {self.k_max}")
        if self.chosen not in self.methods:
            raise ValueError(f"chosen is {self.chosen}, which is not one of methods: {', '.join(self.methods)}")
        return self


class Classification(Section):
    """What can be told of a new image."""

    pseudo_models: Annotated[list[Literal[*PSEUDO]], Once] = Field(
        ["random_forest", "svm", "mlp"], min_length=1, description="classifiers that learn the clusters"
    )
    n_pseudo_labels: OrAuto[Positive] = Field(3_000, description="train images that they learn from, at most")
    n_components_pseudo: OrAuto[Positive] = Field(50, description="PCA components that they see")
    n_estimators: OrAuto[Positive] = Field(100, description="trees of their Random Forest")
    n_folds: OrAuto[Several] = Field(5, description="folds of their cross-validation")
    holdout_size: Share = Field(0.2, description="share of those images held out")
    label_counts: OrAuto[list[Positive]] = Field(
        [10, 50, 100, 500, 1_000, 6_000, 60_000],
        description="labelled train images in the learning curves, each at most all; [] for no curves",
    )
    label_sources: OrAuto[Representations] = Field(
        ["pixels", "pca", "conv-32-16"],
        description="descriptions that learning curves are drawn for, of those in reduction.representations",
    )
    n_draws: OrAuto[Several] = Field(5, description="draws of the labelled images for each of these numbers")
    n_label_next: OrAuto[Positive] = Field(100, description="images on the list of those to label next")
    classifiers: OrAuto[Annotated[list[Literal[*CLASSIFIERS]], Once]] = Field(
        ["logistic_regression", "knn", "random_forest", "mlp", "svc", "hog_mlp", "conv"],
        description="classifiers that learn all labels; [] for none",
    )
    n_slow: OrAuto[Annotated[int, Field(ge=50)]] = Field(
        6_000,
        description="train images that nearest neighbours, Random Forest and support vectors learn from, at most",
    )
    conv_filters: OrAuto[Annotated[list[Positive], Field(min_length=1)]] = Field(
        [16, 32, 64], description="filters of each layer of the convolutional network"
    )
    conv_epochs: OrAuto[Positive] = Field(5, description="epochs of the convolutional network")
    audit_folds: OrAuto[Count] = Field(4, description="folds that train labels are judged in; 0 for no audit")
    keep_model: bool = Field(True, description="whether a model for new images is kept")

    @field_validator("audit_folds")
    @classmethod
    def _none_or_several(cls, n: int | str) -> int | str:
        if n == 1:
            raise ValueError("it takes 0 for no audit, or at least 2")
        return n


class Params(Section):
    """One run."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="folder of the run under build/")
    seed: int = Field(0, ge=0, lt=2**32, description="the one seed that feeds everything random")
    store_gigabytes: float = Field(
        4.0, ge=0, description="room for what is kept of all runs, so that only what changed runs again"
    )
    cell_timeout: int = Field(
        3600, ge=1, le=10**6, description="seconds that a cell of a notebook may take before the run is stopped"
    )
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


def load_params(
    path: str | Path, settings: list[str] | None = None, given: dict[str, tuple[Any, str]] | None = None
) -> Params:
    """Read a run's parameters.

    Parameters
    ----------
    path : str or Path
        YAML 1.2 file; what it does not set keeps its default. `name` defaults to the file's stem.
    settings : list of str
        `section.parameter=value`, each overriding the file; values are written as in YAML.
    given : dict of str to (value, str)
        By `section.parameter`, a value that overrides the file, and where it stands, for whoever has to mend it.

    Raises
    ------
    ReportError
        One line that names the file, the line, the parameter, what is allowed and the nearest known name.
    """
    path = Path(path)
    values, lines = read_yaml(path)
    values.setdefault("name", path.stem)
    origin = {key: f"{path}, line {line}" for key, line in lines.items()}
    for setting in settings or []:
        _apply_setting(setting, values, origin)
    for name, (value, where) in (given or {}).items():
        _put(tuple(name.split(".")), value, where, values, origin)
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        # Names and values that are told may hold ends of lines of any kind.
        said = list(dict.fromkeys(" ".join(_explain(e, origin, path).splitlines()) for e in error.errors()))
        more = [f"and {len(said) - MOST_SAID} more"] if len(said) > MOST_SAID else []
        raise ReportError("; ".join([*said[:MOST_SAID], *more])) from error


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """Return what a YAML file holds, and the line of each key by all keys down to it; ReportError where it is no mapping."""
    if not path.is_file():
        known = ", ".join(sorted(str(p) for p in path.parent.glob("*.yaml"))) or "none"
        raise ReportError(f"{path}: no such file; YAML files there: {known}")
    if path.stat().st_size > MOST_BYTES:
        raise ReportError(f"{path}: a parameter file has at most {MOST_BYTES:,} bytes; is it another file?")
    try:
        text = path.read_text(encoding="utf8")
        values = _parse(text)
        marked = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ReportError(f"{path}{line}: not valid YAML: {_first_line(error.problem)}") from error
    except _UNREADABLE as error:
        raise ReportError(f"{path}: not a YAML text in UTF-8: {_first_line(error)}") from error
    if values is None:
        return {}, {}
    if not isinstance(values, dict):
        raise ReportError(f"{path}, line 1: expected `section:` with parameters beneath, not {_kind(values)}")
    return _with_text_keys(values), dict(_key_lines(marked))


def _parse(text: str) -> Any:
    """Return what a YAML text holds; one that aliases or brackets blow up is refused before it is built."""
    if len(text) > MOST_BYTES:
        raise ValueError(f"longer than {MOST_BYTES:,} characters")
    n_values, within, sizes = 0, [], {}
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            if event.anchor in [anchor for anchor, _ in within]:
                raise ValueError(f"*{event.anchor} stands in itself")
            n_values += sizes.get(event.anchor, 1)
        elif isinstance(event, (CollectionStartEvent, ScalarEvent)):
            within.append((event.anchor, n_values))
            n_values += 1
        if isinstance(event, (CollectionEndEvent, ScalarEvent)):
            anchor, before = within.pop()
            sizes[anchor] = n_values - before
        if n_values > MOST_VALUES or len(within) > DEEPEST:
            raise ValueError(f"more than {MOST_VALUES:,} values, aliases written out, or {DEEPEST} levels")
    return YAML(typ="safe", pure=True).load(text)


def _first_line(said: object) -> str:
    return (str(said).splitlines() or [""])[0]


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
        raise ReportError(f"SET {_shown(setting)}: write it as section.parameter=value, such as clustering.k_max=15")
    try:
        value = _parse(text)
    except _UNREADABLE as error:
        why = _first_line(getattr(error, "problem", None) or error)
        raise ReportError(f"SET {_shown(setting)}: not a YAML value: {why}") from error
    _put(keys, "" if value is None else value, f"SET {name.strip()}={_shorter(text)}", values, origin)


def _put(
    keys: tuple[str, ...], value: Any, where: str, values: dict[str, Any], origin: dict[tuple[str, ...], str]
) -> None:
    target = values
    if len(keys) == 2:
        section = values.get(keys[0])
        target = values[keys[0]] = dict(section) if isinstance(section, dict) else {}
    target[keys[-1]] = value
    origin[keys] = where


def _explain(error: dict[str, Any], origin: dict[tuple[str, ...], str], path: Path) -> str:
    depth = 2 if SECTIONS.keys() & error["loc"][:1] else 1
    keys = tuple(str(k) for k in error["loc"] if not isinstance(k, int))[:depth]
    where = origin.get(keys) or origin.get(keys[:1]) or str(path)
    name = ".".join(keys)
    if error["type"] == "extra_forbidden":
        return f"{where}: {_unknown(keys)}"
    if error["type"] == "value_error":
        return f"{where}: {name}: {error['ctx']['error']}"
    return f"{where}: {name} is {_shown(error['input'])}; {_allowed(keys) or error['msg']}"


def _unknown(keys: tuple[str, ...]) -> str:
    known = list((Params if len(keys) == 1 else SECTIONS[keys[0]]).model_fields)
    hint = did_you_mean(keys[-1], known, cutoff=0.5)
    return f"{'.'.join(keys)} is not a parameter; {hint and hint + ' '}known here: {', '.join(known)}"


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
    for either in schema.keys() & {"anyOf", "oneOf"}:
        return " or ".join(_describe(s) for s in schema[either])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return repr(schema["const"])
    kind = _TYPES.get(schema.get("type", ""), "a value")
    if schema.get("type") == "array":
        kind = f"a list, each {_describe(schema['items'])}"
    return ", ".join([kind, *(text.format(schema[key]) for key, text in _BOUNDS.items() if key in schema)])


def _shown(value: Any) -> str:
    try:
        return _shorter(repr(value))
    except ValueError:
        # Python does not write whole numbers of more than 4,300 digits.
        return "too long a number"


def _shorter(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _kind(value: Any) -> str:
    return {list: "a list", str: "text"}.get(type(value), f"a {type(value).__name__}")
