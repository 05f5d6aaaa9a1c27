"""What an image can be represented by: the names that parameters have for it, parsed once; no PyTorch needed.

`pixels`, `pca` and `svd` stand for themselves, `pca-32` for that many components. `dense-64-32` is an autoencoder with
layers of 64 and 32 units down to the code, `conv-32-16` one with convolutions of 32 and 16 filters.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of representation: what readers call it, and how many sizes its names may have."""

    title: str
    sizes: range
    is_learnt: bool = False


KINDS = {
    "pixels": Kind("pixels", range(1)),
    "pca": Kind("PCA", range(2)),
    "svd": Kind("truncated SVD", range(2)),
    "dense": Kind("dense", range(1, 100), is_learnt=True),
    "conv": Kind("convolutional", range(1, 100), is_learnt=True),
}
KNOWN = "pixels, pca, svd, pca-32 (components), dense-64-32 (units of each layer), conv-32-16 (filters of each layer)"


@dataclass(frozen=True)
class RepresentationName:
    """A representation as parameters name it.

    Attributes
    ----------
    name : str
    kind : str
        One of `KINDS`.
    sizes : tuple of int
        Of its layers, or its number of components; empty where the name has none.
    """

    name: str
    kind: str
    sizes: tuple[int, ...]

    @property
    def is_learnt(self) -> bool:
        """Whether it is an autoencoder."""
        return KINDS[self.kind].is_learnt

    @property
    def title(self) -> str:
        """What a reader calls it, such as `dense 64-32`."""
        return f"{KINDS[self.kind].title} {'-'.join(map(str, self.sizes))}".rstrip()

    def code_shape(self, image_shape: tuple[int, int], n_components: int) -> tuple[int, ...]:
        """Return the shape of the code of one image.

        Sides that do not halve evenly are rounded up, so that a convolutional code may have a few more numbers than such
        an image.

        Parameters
        ----------
        n_components : int
            Of PCA and truncated SVD, where the name does not say.

        Raises
        ------
        ValueError
            When the layers do not fit the images, or the code would be larger than an image.
        """
        if self.kind == "conv":
            return _conv_code(self.sizes, image_shape)
        n_pixels = math.prod(image_shape)
        size = n_pixels if self.kind == "pixels" else [n_components, *self.sizes][-1]
        if self.sizes and size > n_pixels:
            raise ValueError(
                f"a code of {size:,} numbers is larger than an image of {n_pixels:,} pixels; make the last layer smaller"
                if self.is_learnt
                else f"an image has only {n_pixels:,} pixels, and no more components; ask for fewer"
            )
        return (size,)


def parse(name: str) -> RepresentationName:
    """Return the representation that a name stands for.

    Raises
    ------
    ValueError
        When it stands for none.
    """
    kind, *sizes = name.split("-")
    counted = all(re.fullmatch(r"[1-9][0-9]*", size) for size in sizes)
    if kind not in KINDS or len(sizes) not in KINDS[kind].sizes or not counted:
        raise ValueError(f"{name!r} is no representation; known are {KNOWN}")
    return RepresentationName(name, kind, tuple(map(int, sizes)))


def trained_once(titles: Iterable[str]) -> str:
    """Return what a title adds where it compares autoencoders, of which there is one training each; else nothing."""
    learnt = tuple(kind.title for kind in KINDS.values() if kind.is_learnt)
    return ", autoencoders trained once" if any(title.startswith(learnt) for title in titles) else ""


def halved(shape: tuple[int, int], times: int) -> list[tuple[int, int]]:
    """Return the sizes that 2 × 2 pooling leads through, rounded up; the first is `shape` itself."""
    sizes = [tuple(shape)]
    for _ in range(times):
        sizes.append(tuple(-(-side // 2) for side in sizes[-1]))
    return sizes


def _conv_code(filters: tuple[int, ...], image_shape: tuple[int, int]) -> tuple[int, int, int]:
    check_pooling(filters, image_shape)
    times = len(filters)
    if filters[-1] > 4**times:
        raise ValueError(
            f"{filters[-1]} channels after pooling {times} times make a code larger than the image; "
            f"end with at most {4**times} filters"
        )
    return (filters[-1], *halved(image_shape, times)[-1])


def check_pooling(filters: tuple[int, ...], image_shape: tuple[int, int]) -> None:
    """Refuse no filters at all, and more layers than the sides of the images can be halved times.

    Raises
    ------
    ValueError
    """
    if not filters or min(filters) < 1:
        raise ValueError(f"filters is {filters}; it takes one or more counts of channels, each at least 1")
    times, (height, width) = len(filters), image_shape
    if min(image_shape) < 2**times:
        raise ValueError(
            f"pooling {times} times needs images of at least {2**times} × {2**times} pixels, not {height} × {width}; "
            "give fewer layers"
        )
