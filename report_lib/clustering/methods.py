"""The table of clustering methods: one entry each, which parameters, fits, figures, sentences and tests read.

It imports nothing heavy, so that the command line refuses a misspelt name at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

# Titles of the representations that clusters are looked for in.
PCA, HOG, MAP = "PCA", "oriented gradients", "UMAP"


@dataclass(frozen=True)
class Method:
    """One way to look for clusters.

    Attributes
    ----------
    name : str
        In parameters and in `metrics.json`.
    title : str
        For readers.
    places : tuple of str
        Representations that it is tried on; the first that a run has is what `metrics.json` gives under its name, but for
        graphs, of which `graphs` says which comes first.
    function : str
        `module.function` of this package: takes a `Representation`, `seeds` and, by keywords of their names, those
        parameters of a run that it needs, and returns a `Fitted`.
    subject : str
        How a sentence speaks of it; its title unless given.
    n_images, n_components : str
        Parameters that say how many train images, and how many dimensions, it sees at most; all unless given.
    threaded : bool
        Whether one fit of it keeps several threads busy.
    """

    name: str
    title: str
    places: tuple[str, ...]
    function: str
    subject: str = ""
    n_images: str = ""
    n_components: str = ""
    threaded: bool = False

    @property
    def fit(self) -> Callable:
        """The function, imported when it is asked for."""
        module, name = self.function.split(".")
        return getattr(import_module(f"report_lib.clustering.{module}"), name)

    @property
    def spoken(self) -> str:
        """How a sentence speaks of it."""
        return self.subject or self.title


_ENTRIES = (
    Method("kmeans", "K-Means", (PCA, HOG, MAP), "fitting.fit_kmeans", threaded=True),
    Method(
        "gaussian_mixture",
        "Gaussian mixture",
        (PCA, HOG, MAP),
        "fitting.fit_gaussian_mixture",
        subject="a Gaussian mixture",
        n_images="n_mixture",
        n_components="mixture_components",
    ),
    Method("dbscan", "DBSCAN", (MAP, PCA), "fitting.fit_dbscan", n_images="dbscan_n_images"),
    Method(
        "hdbscan",
        "HDBSCAN",
        (MAP, PCA),
        "fitting.fit_hdbscan",
        n_images="dbscan_n_images",
        n_components="hdbscan_components",
    ),
    Method(
        "graph",
        "Graph clustering",
        (HOG, PCA),
        "fitting.fit_graph",
        subject="graph clustering",
    ),
)
METHODS = {entry.name: entry for entry in _ENTRIES}


def titled(method: str, on: str) -> str:
    """Name a method and the description that it was put to."""
    return f"{METHODS[method].title} on {on}"
