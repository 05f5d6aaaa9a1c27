"""Images as rows, rows chunk by chunk, and samples of rows."""

import hashlib
import mmap
from collections.abc import Iterator

import numpy as np

# Rows that are worked on at once.
CHUNK = 8192
# The label of an image that nobody has looked at, and the cluster of one that is in none.
UNKNOWN, NOISE = -1, -1


def flatten(images: np.ndarray) -> np.ndarray:
    """Return images of shape (n, h, w) as rows of shape (n, h * w), not copied."""
    return images.reshape(len(images), -1)


def chunks(X: np.ndarray) -> Iterator[np.ndarray]:
    """Yield rows chunk by chunk, as float32."""
    for i in range(0, len(X), CHUNK):
        yield np.asarray(X[i : i + CHUNK], dtype=np.float32)


def blocks_of(array: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the place of the first row of each chunk, and a copy of its rows; of a mapped file no more stays in memory."""
    file = _file_of(array)
    for start in range(0, len(array), CHUNK):
        yield start, np.array(array[start : start + CHUNK])
        if file is not None and hasattr(mmap, "MADV_DONTNEED"):
            file.madvise(mmap.MADV_DONTNEED)


def rows_of(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return a copy of some rows, which ascend; of a mapped file no more than a chunk is in memory beside them."""
    if _file_of(array) is None:
        return array[rows]
    found = np.empty((len(rows), *array.shape[1:]), array.dtype)
    for start, block in blocks_of(array):
        own = slice(*np.searchsorted(rows, [start, start + len(block)]))
        found[own] = block[rows[own] - start]
    return found


def _file_of(array: np.ndarray) -> mmap.mmap | None:
    """Return the mapped file that an array is a view of; None for one in memory."""
    base = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None


def fingerprint(image: np.ndarray) -> bytes:
    """Return a hash of 128 bits of the bytes of an image, equal for equal ones."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def sample_rows(n: int, n_sample: int, random_state: int) -> np.ndarray:
    """Draw rows without replacement, in ascending order; all of them where there are no more than asked for."""
    if n <= n_sample:
        return np.arange(n)
    return np.sort(np.random.default_rng(random_state).choice(n, n_sample, replace=False))


def labels_of(labels: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    """Return the labels of some rows; None without labels."""
    return None if labels is None else labels[rows]


def to_bytes(images: np.ndarray) -> np.ndarray:
    """Return images as uint8, the darkest pixel of all as 0 and the brightest as 255; uint8 is left as it is."""
    if images.dtype == np.uint8:
        return np.array(images)
    low, high = float(images.min()), float(images.max())
    return np.round((images - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)


def in_unit(rows: np.ndarray, low: float, high: float) -> np.ndarray:
    """Bring pixels to [0, 1], which stands for the range from `low` to `high`, as float32; what lies beyond is cut."""
    wide = np.asarray(rows, np.float64 if rows.dtype == np.float64 else np.float32)
    scaled = (wide - wide.dtype.type(low)) / wide.dtype.type((high - low) or 1.0)
    return np.clip(scaled, 0, 1).astype(np.float32, copy=False)
