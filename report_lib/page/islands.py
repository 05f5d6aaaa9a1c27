"""Names on the map: what each cluster is made of, with a few of its images, where they cover the fewest points.

Places are looked for on a plane as large as the map is on a wide screen. Narrower ones show those names that have room; on a
phone each cluster has its number on the map, and its name below.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from report_lib.common.prose import percent

# The plane, in pixels, and the rim that points keep from its edge.
WIDTH, HEIGHT, RIM = 920, 560, 24
CELL = 10
# Of a letter, a line, an image in a name's block, and the air around it.
LETTER, LINE, PICTURE, AIR = 7.4, 20, 30, 6
N_PICTURES = 3
MOST_NAMED = 30
# Classes that make up so much of a cluster name it, at most so many, each with at least such a share.
ENOUGH, MOST_CLASSES, LEAST = 0.75, 3, 0.12
# A name goes no farther from the middle of its cluster than this, and each pixel of way counts as so many points covered.
FARTHEST, WAY = 220, 0.35
# A point of another cluster counts as so many of its own.
OTHERS = 3
ROUNDS = 4
# Where the map's own buttons are.
BUTTONS = (32.0, 70.0, 64.0, 140.0)
# So wide is a map that is no longer a phone's.
NARROW = 600


@dataclass(frozen=True)
class Island:
    """A cluster's name on the map.

    Attributes
    ----------
    cluster : int
    name, note : str
        What it is made of, or its number; its number and its share of the images, or its share.
    share : str
        Of the images.
    place : tuple of float
        Of the middle of the name, on the plane, as shares of its width and height.
    rows : list of int
        Of its most typical images on the map.
    wide : bool
        Whether it has room only on a wide screen.
    """

    cluster: int
    name: str
    note: str
    share: str
    place: tuple[float, float]
    rows: list[int]
    wide: bool

    @property
    def number(self) -> str:
        """Its number, as it stands everywhere on the page."""
        return _number(self.cluster)


def islands(positions: np.ndarray, clusters: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> list[Island]:
    """Name the clusters on the map, the largest first.

    Parameters
    ----------
    positions : ndarray of shape (n, 2)
    clusters : ndarray of shape (n,), int
        Noise, -1, has no name.
    labels : ndarray of shape (n,), int; or (0,)
        -1 is unknown.
    """
    xy = fitted(positions, positions)
    sizes = np.bincount(clusters[clusters >= 0], minlength=1)
    order = [int(c) for c in np.argsort(-sizes, kind="stable")[:MOST_NAMED] if sizes[c]]
    texts = [_text(c, sizes[c] / len(clusters), labels[clusters == c] if len(labels) else labels, names) for c in order]
    boxes = _placed(xy, clusters, order, [_block(*text) for text in texts])
    wide = _wide([box[:2] for box in boxes], [_letters(*text) for text in texts])
    return [
        Island(
            c,
            *text,
            percent(sizes[c] / len(clusters)),
            (float(x) / WIDTH, float(y) / HEIGHT),
            _typical(xy, np.flatnonzero(clusters == c)),
            only,
        )
        for c, text, (x, y, *_), only in zip(order, texts, boxes, wide, strict=True)
    ]


def fitted(places: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Bring places among the points to the plane, as the script brings them to its canvas: upright, centred, to scale."""
    middle, scale = _scale(positions)
    return (places - middle) * scale * [1, -1] + [WIDTH / 2, HEIGHT / 2]


def among(places: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Bring places on the plane back among the points."""
    middle, scale = _scale(positions)
    return (places - [WIDTH / 2, HEIGHT / 2]) * [1, -1] / scale + middle


def _scale(positions: np.ndarray) -> tuple[np.ndarray, float]:
    low, high = positions.min(axis=0).astype(float), positions.max(axis=0).astype(float)
    room = np.array([WIDTH, HEIGHT]) - 2 * RIM
    return (low + high) / 2, float((room / np.maximum(high - low, 1e-12)).min())


def made_of(labels: np.ndarray, names: Sequence[str]) -> str:
    """Name the classes that make up most of a cluster, the largest first; empty where no few of them do."""
    known = labels[labels >= 0]
    if not len(known):
        return ""
    share = np.bincount(known, minlength=len(names)) / len(known)
    largest = [c for c in np.argsort(-share, kind="stable")[:MOST_CLASSES] if share[c] >= LEAST]
    n = int(np.searchsorted(np.cumsum(share[largest]), ENOUGH)) + 1
    return " · ".join(names[c] for c in largest[:n]) if share[largest].sum() >= 0.5 else ""


def _number(cluster: int) -> str:
    return f"C{cluster + 1}"


def _text(cluster: int, share: float, labels: np.ndarray, names: Sequence[str]) -> tuple[str, str]:
    number = _number(cluster)
    said = made_of(labels, names)
    told = percent(share)
    return (said, f"{number}\N{NO-BREAK SPACE}{told}") if said else (number, told)


def _letters(name: str, note: str) -> int:
    # Its colour before it takes the room of two letters.
    return len(name) + len(note) + 3


def _block(name: str, note: str) -> tuple[float, float]:
    """Return the width and the height of a name with its images."""
    width = max(LETTER * _letters(name, note), N_PICTURES * (PICTURE + 2))
    return width + 2 * AIR, LINE + PICTURE + 2 * AIR


def _placed(
    xy: np.ndarray, clusters: np.ndarray, order: Sequence[int], blocks: Sequence[tuple[float, float]]
) -> list[tuple[float, float, float, float]]:
    """Find a place for each block, (x, y, width, height), where it covers no other and the fewest points.

    A name that is nearer to the middle of another cluster is taken for that one's: those that find no room of their own
    choose first in another round.
    """
    everything, counts = _counts(xy), [_counts(xy[clusters == cluster]) for cluster in order]
    middles = np.array([np.median(xy[clusters == cluster], axis=0) for cluster in order])
    sequence = list(range(len(order)))
    for _ in range(ROUNDS):
        found: dict[int, tuple[float, float, float, float]] = {}
        for i in sequence:
            places, cost = _costs(blocks[i], middles[i], counts[i], everything)
            cost += len(xy) * (_nearest(places, middles) != i)
            cost += 1e6 * np.array([_overlaps((*place, *blocks[i]), [BUTTONS, *found.values()]) for place in places])
            x, y = places[int(np.argmin(cost))]
            found[i] = (float(x), float(y), *blocks[i])
        mistaken = [i for i in sequence if _nearest(np.array([found[i][:2]]), middles)[0] != i]
        if not mistaken:
            break
        sequence = [*mistaken, *(i for i in sequence if i not in mistaken)]
    return [found[i] for i in range(len(order))]


def _nearest(places: np.ndarray, middles: np.ndarray) -> np.ndarray:
    return np.linalg.norm(places[:, None] - middles, axis=2).argmin(axis=1)


def _costs(
    block: tuple[float, float], middle: np.ndarray, own: np.ndarray, everything: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the places that a block may take near the middle of its cluster, and what it would cover there."""
    width, height = block
    places = _grid(width, height)
    away = np.hypot(*(places - middle).T)
    places, away = places[away <= FARTHEST], away[away <= FARTHEST]
    if not len(places):
        within = np.clip(middle, [width / 2, height / 2], [WIDTH - width / 2, HEIGHT - height / 2])
        places, away = within[None], np.zeros(1)
    covered = _within(own, places, width, height)
    return places, WAY * away + covered + OTHERS * (_within(everything, places, width, height) - covered)


def _grid(width: float, height: float) -> np.ndarray:
    """Return the places that the middle of a block may take on the plane, shape (n, 2)."""
    x, y = np.arange(width / 2, WIDTH - width / 2, CELL), np.arange(height / 2, HEIGHT - height / 2, CELL)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _counts(xy: np.ndarray) -> np.ndarray:
    """Count points left of and above each corner of the cells, shape (HEIGHT / CELL + 1, WIDTH / CELL + 1)."""
    edges = (np.arange(0, HEIGHT + 1, CELL), np.arange(0, WIDTH + 1, CELL))
    cells = np.histogram2d(xy[:, 1], xy[:, 0], bins=edges)[0]
    return np.pad(cells.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))


def _within(counts: np.ndarray, places: np.ndarray, width: float, height: float) -> np.ndarray:
    """Count the points under a block at each place, to the nearest cell."""
    half = np.array([width, height]) / 2
    low, high = (np.round(corner / CELL).astype(int) for corner in (places - half, places + half))
    (left, top), (right, bottom) = low.T, high.T
    right, bottom = np.minimum(right, WIDTH // CELL), np.minimum(bottom, HEIGHT // CELL)
    return counts[bottom, right] - counts[top, right] - counts[bottom, left] + counts[top, left]


def _overlaps(box: tuple[float, ...], others: Sequence[tuple[float, ...]]) -> bool:
    x, y, width, height = box
    return any(abs(x - a) * 2 < width + w and abs(y - b) * 2 < height + h for a, b, w, h in others)


def _wide(places: Sequence[tuple[float, float]], letters: Sequence[int]) -> list[bool]:
    """Say of each name whether a screen of `NARROW` has no room for it beside those before it."""
    taken: list[tuple[float, ...]] = []
    wide = []
    for (x, y), n in zip(places, letters, strict=True):
        scale = NARROW / WIDTH
        box = (x * scale, y * scale, LETTER * n, LINE)
        wide.append(not box[2] / 2 <= box[0] <= NARROW - box[2] / 2 or _overlaps(box, taken))
        if not wide[-1]:
            taken.append(box)
    return wide


def _typical(xy: np.ndarray, rows: np.ndarray) -> list[int]:
    """Return the rows of images spread over the middle half of a cluster, by their distance from its middle."""
    away = np.hypot(*(xy[rows] - np.median(xy[rows], axis=0)).T)
    near = rows[np.argsort(away, kind="stable")]
    at = np.linspace(0, (len(near) - 1) / 2, N_PICTURES).astype(int)
    return list(dict.fromkeys(near[at].tolist()))
