"""The names that representations have in a run's parameters, and how large a code each gives; no PyTorch needed.

`pixels`, `pca` and `svd` stand for themselves, `pca-32` for that many components. `dense-64-32` is an autoencoder with
layers of 64 and 32 units down to the code, `conv-32-16` one with convolutions of 32 and 16 filters.
"""

import math
import re

LINEAR = {"pixels": "pixels", "pca": "PCA", "svd": "truncated SVD"}
LEARNT = {"dense": "dense", "conv": "convolutional"}
KNOWN = "pixels, pca, svd, pca-32 (components), dense-64-32 (units of each layer), conv-32-16 (filters of each layer)"


def parse(name: str) -> tuple[str, tuple[int, ...]]:
    """Return the kind of a representation and the sizes of its layers, none for those without layers.

    Raises
    ------
    ValueError
        When the name is of no known kind.
    """
    kind, *sizes = name.split("-")
    counted = bool(sizes) and all(re.fullmatch(r"[1-9][0-9]*", size) for size in sizes)
    if name in LINEAR or (counted and (kind in LEARNT or (kind in ("pca", "svd") and len(sizes) == 1))):
        return kind, tuple(map(int, sizes))
    raise ValueError(f"{name!r} is no representation; known are {KNOWN}")


def is_learnt(name: str) -> bool:
    """Say whether a representation is an autoencoder."""
    return parse(name)[0] in LEARNT


def title(name: str) -> str:
    """Return what a reader calls it, such as `dense 64-32`."""
    kind, sizes = parse(name)
    return " ".join([LINEAR.get(kind) or LEARNT[kind], "-".join(map(str, sizes))]).rstrip()


def halved(shape: tuple[int, int], times: int) -> list[tuple[int, int]]:
    """Return the sizes that 2 × 2 pooling leads through, rounded up; the first is `shape` itself."""
    sizes = [tuple(shape)]
    for _ in range(times):
        sizes.append(tuple(-(-side // 2) for side in sizes[-1]))
    return sizes


def code_shape(name: str, image_shape: tuple[int, int], n_components: int) -> tuple[int, ...]:
    """Return the shape of the code of one image.

    Raises
    ------
    ValueError
        When the layers do not fit the images, or the code would be larger than an image.
    """
    kind, sizes = parse(name)
    if kind == "dense":
        return dense_code(sizes, math.prod(image_shape))
    if kind == "conv":
        return conv_code(sizes, image_shape)
    n_pixels = math.prod(image_shape)
    if kind != "pixels" and sizes and sizes[0] > n_pixels:
        raise ValueError(f"an image has only {n_pixels:,} pixels, and no more components; ask for fewer")
    return (n_pixels if kind == "pixels" else sizes[0] if sizes else n_components,)


def dense_code(hidden: tuple[int, ...], n_pixels: int) -> tuple[int]:
    """Return the shape of a dense autoencoder's code; raises as `code_shape` does."""
    if not hidden or min(hidden) < 1:
        raise ValueError(f"hidden is {hidden}; it takes one or more counts of units, each at least 1")
    if hidden[-1] > n_pixels:
        raise ValueError(
            f"a code of {hidden[-1]:,} numbers is larger than an image of {n_pixels:,} pixels; make the last layer smaller"
        )
    return (hidden[-1],)


def conv_code(filters: tuple[int, ...], image_shape: tuple[int, int]) -> tuple[int, int, int]:
    """Return the shape of a convolutional autoencoder's code; raises as `code_shape` does.

    Sides that do not halve evenly are rounded up, so that the code may have a few more numbers than such an image.
    """
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
