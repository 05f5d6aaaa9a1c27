"""Sentences on what the images can be described with."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from report_lib.common.display import passes_none
from report_lib.common.prose import bullets, listed, percent
from report_lib.reduction.comparison import PCACurve
from report_lib.reduction.findings import comparison, layouts
from report_lib.reduction.linear import Moments


def components_needed(marks: dict[float, int], n_pixels: int) -> str:
    """Say how many components hold how much."""
    rows = [f"{count} hold {share:.0%}" for share, count in marks.items()]
    return f"Of {n_pixels} components, as many as pixels, {listed(rows)} of the variance of the train images."


@passes_none
def learnt_from_all(known: Moments | None, images: np.ndarray) -> str | None:
    """Say that components come from more images than the run looks at."""
    return (
        f"Mean and covariance, and so the components, are those of {known.n:,} images: all of the source but those held out, "
        f"summed up in one pass. The {len(images):,} train images that the report looks at are among them."
    )


def first_components(ratio: np.ndarray) -> str:
    """Say what the first axes hold."""
    n = min(3, len(ratio))
    shares = listed([percent(r, 1) for r in ratio[:n]])
    return f"The first {n} components hold {shares} of the variance."


def reconstruction(counts: Sequence[int], mse: np.ndarray) -> str:
    """Say what components buy."""
    first, last = counts[0], counts[-1]
    return (
        f"With {first} principal components the mean squared error on test images is {mse[first]:.5f}, with {last} "
        f"{mse[last]:.5f}. The mean image alone leaves {mse[0]:.5f}."
    )


def pca_and_svd(grid: Sequence[int], pca: np.ndarray, svd: np.ndarray) -> str:
    """Compare two methods that differ in one subtraction."""
    gaps = svd[1:] / np.maximum(pca[1:], 1e-12) - 1
    beyond = np.flatnonzero(np.abs(gaps[: max(grid)]) > 0.01)
    start = int(beyond[-1]) + 2 if len(beyond) else 1
    close = (
        f"From {start} components to {max(grid)} the two are within 1% of each other."
        if start <= max(grid)
        else f"Up to {max(grid)} components the two stay more than 1% apart."
    )
    return (
        f"PCA subtracts the mean image and truncated SVD does not. With one component, the error of SVD is "
        f"{percent(abs(gaps[0]), 1)} {'larger' if gaps[0] > 0 else 'smaller'}. {close}"
    )


def in_short(numbers: dict[str, Any], curve: PCACurve | None) -> str:
    """Sum up the second phase."""
    pca = numbers["pca"]
    largest = max(pca["test_mse"], key=int)
    return bullets(
        f"{pca['components_for_90']} principal components hold 90% of the variance, {pca['components_for_95']} hold 95% and "
        f"{pca['components_for_99']} hold 99%.",
        f"With {largest} components the mean squared error on test images is {pca['test_mse'][largest]:.5f}.",
        *comparison.in_short(numbers["representations"], curve),
        *layouts.in_short(numbers["maps"]),
    )
