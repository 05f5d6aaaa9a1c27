"""How much the clusters hang on the settings of the oriented gradients, tried on some train images with a small grid.

Each setting describes the same images, and the graphs of their halves are clustered. Without labels settings are ranked as
`graphs` ranks descriptions, by modularity times agreement of halves; where there are labels, NMI says what each is worth.
A run keeps its own settings: the grid shows what that choice may have cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from report_lib.clustering.gradients import BLUR
from report_lib.clustering.hog import OrientedGradients
from report_lib.clustering.number import cut_halves, supported_by
from report_lib.clustering.representations import Shapes
from report_lib.common.arrays import flatten, sample_rows
from report_lib.common.keep import kept
from report_lib.common.metrics import contingency, normalized_mutual_info
from report_lib.common.models import seeds_of_fits
from report_lib.common.parallel import at_once

# Train images that are looked at, pairs of halves of them, and how many a run has at least: of fewer it takes as long as
# all else that is done with the graphs, and says less.
N_IMAGES, PAIRS, LEAST = 2_000, 2, 10_000
# Cells along a side, directions, and blur: one at a time away from a run's own, and both first together.
GRID = (
    (7, 16, BLUR),
    (5, 16, BLUR),
    (10, 16, BLUR),
    (7, 8, BLUR),
    (5, 8, BLUR),
    (10, 8, BLUR),
    (7, 16, 0.1),
    (7, 16, 0.35),
)


@dataclass(frozen=True)
class Setting:
    """Settings of the oriented gradients, as `hog.OrientedGradients` has them."""

    n_cells: int
    n_orientations: int
    blur: float

    @property
    def title(self) -> str:
        """For readers."""
        return f"{self.n_cells} cells with {self.n_orientations} directions and blur {self.blur:g}"


@dataclass(frozen=True)
class SettingsTried:
    """What several settings come to; the run's own are the first.

    Attributes
    ----------
    settings : list of Setting
    n_clusters, n_images : int
    support : ndarray of shape (m, n_pairs), float64
        Modularity times agreement of halves, by setting and pair of halves.
    nmi : ndarray of shape (m, 2 * n_pairs), float64, or None without labels
        Of what each half makes of all images.
    """

    settings: list[Setting]
    n_clusters: int
    n_images: int
    support: np.ndarray
    nmi: np.ndarray | None

    @property
    def chosen(self) -> int:
        """Position of the setting that would be taken without labels; the first of equals."""
        return int(self.support.mean(axis=1).argmax())

    def as_dict(self) -> dict[str, object]:
        """Return the numbers under the names of `metrics.json`."""
        titles, nmi = [own.title for own in self.settings], self.nmi
        found = {"own": titles[0], "chosen": titles[self.chosen], "n_images": self.n_images,
                 "support": dict(zip(titles, self.support.mean(axis=1), strict=True))}  # fmt: skip
        return found if nmi is None else found | {"nmi": dict(zip(titles, nmi.mean(axis=1), strict=True))}


@kept
def try_settings(
    images: np.ndarray,
    labels: np.ndarray | None,
    n_classes: int,
    shapes: Shapes | None,
    *,
    n_clusters: int,
    n_neighbors: int,
    random_state: int,
) -> SettingsTried | None:
    """Cluster halves of some train images after each setting; None without a graph of shapes, or for few images.

    Parameters
    ----------
    images : ndarray of shape (n, h, w)
        The train images.
    labels : ndarray of shape (n,), int64, or None
        Unknown ones, -1, are left out.
    """
    if shapes is None or len(images) < LEAST or 2 * n_clusters > N_IMAGES // 2:
        return None
    rows = sample_rows(len(images), N_IMAGES, random_state)
    pixels, known = flatten(images[rows]), None if labels is None else labels[rows]
    settings, seeds = for_images(images.shape[1:]), seeds_of_fits(random_state, PAIRS)
    named = {"n_clusters": n_clusters, "n_neighbors": n_neighbors, "seeds": seeds}
    calls = [(_try, (pixels, images.shape[1:], own, known, n_classes), named) for own in settings]
    support, nmi = (np.stack(found) for found in zip(*at_once(calls), strict=True))
    return SettingsTried(settings, n_clusters, N_IMAGES, support, None if labels is None else nmi)


def for_images(image_shape: tuple[int, int]) -> list[Setting]:
    """Return the settings that are different ones for images of a size: a cell has at least two pixels."""
    most = max(1, max(image_shape) // 2)
    return list(dict.fromkeys(Setting(min(cells, most), *others) for cells, *others in GRID))


def _try(
    pixels: np.ndarray,
    image_shape: tuple[int, int],
    own: Setting,
    labels: np.ndarray | None,
    n_classes: int,
    *,
    n_clusters: int,
    n_neighbors: int,
    seeds: Sequence[int],
) -> tuple[np.ndarray, np.ndarray]:
    """Return what supports one setting, for each pair of halves, and NMI of each half."""
    codes = OrientedGradients(image_shape, **vars(own)).fit_transform(pixels)
    pairs = [cut_halves(codes, [n_clusters], n_neighbors, seed) for seed in seeds]
    support = np.array([supported_by(*halves)[0, 0] for halves in pairs])
    if labels is None:
        return support, np.zeros(0)
    tables = [contingency(labels, half.found[0], n_classes, n_clusters) for halves in pairs for half in halves]
    return support, np.array([float(normalized_mutual_info(table)) for table in tables])
