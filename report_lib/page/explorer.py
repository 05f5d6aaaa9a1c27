"""What the page's data map shows, packed into strings: numbers, names and colours, thumbnails, and a still.

Numbers travel as one gzipped block of little-endian arrays, thumbnails as one AVIF sprite; the page's own script
unpacks both.
"""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from report_lib.common import style
from report_lib.common.arrays import UNKNOWN
from report_lib.page import islands
from report_lib.page.embed import packed, script_json

COLUMNS = 100
LARGEST_SIDE = 32
# A small sprite is kept as it is: lossy compression blurs tiles of 8 x 8 into one another.
LOSSLESS_BYTES = 50_000
# Pictures that are few are looked at closely; those of thousands have to be small, and are no worse than WebP a third larger.
FEW_PIXELS = 400_000
FINE, COARSE = 60, 25
# Four decimals of a margin in 0..1, which is what a reader can use, and what fits two bytes.
MARGIN_STEPS = 10_000
STEPS = 65_535
STILL_POINTS = 3000


def pack(arrays: dict[str, np.ndarray], class_names: Sequence[str], method: str) -> dict[str, Any]:
    """Turn the arrays of a map into the strings that `map.html.j2` puts into the page.

    Parameters
    ----------
    arrays : dict of str to ndarray
        `positions` (n, 2), `rows` (n,), `thumbnails` uint8 (n, h, w), `clusters` (n,) with -1 for noise and
        `neighbors` (n, k); and `names`, `labels`, -1 for unknown, `predicted`, `margins` and `suspects`, each (n,) or
        empty.
    class_names : sequence of str
        Any text; the page never reads it as markup.
    method : str
        What the train images were laid out with, `UMAP`, or else the description whose first axes these are.

    Returns
    -------
    dict
        `data` (JSON), `bytes` (base64 of the gzipped arrays), `sprite` (a data URI), `still` (SVG), `islands` (names on
        it, their places in percent, and pictures), `key` (name and look of the groups in it) and `text` (sentences);
        names and text are not escaped.
    """
    fields = _fields(arrays, len(class_names))
    block = b"".join(values.tobytes() for values in fields.values())
    thumbnails = reduced(stretched(arrays["thumbnails"]))
    labelled, looks = len(arrays["labels"]) > 0, cluster_looks(arrays, len(class_names))
    facts = _facts(arrays, fields, thumbnails, class_names, looks)
    shown = facts["classes" if labelled else "clusters"]
    named = islands.islands(arrays["positions"], arrays["clusters"], arrays["labels"], class_names)
    facts["islands"] = _on_map([one.place for one in named], arrays["positions"])
    return {
        "data": script_json(facts),
        "bytes": packed(block),
        "sprite": sprite(thumbnails),
        "still": picture(
            arrays["positions"],
            arrays["labels"] if labelled else arrays["clusters"],
            style.class_looks(len(class_names)) if labelled else looks,
        ),
        "text": f"Each point is one of {len(arrays['rows']):,} test images, {_placed(method)}: images that look alike tend "
        "to lie close together, but distances between groups, and their sizes, mean little. Those most like an image are its "
        "nearest in the description, not on the map. Rows are counted from 0 in the file that they came from.",
        "islands": [
            {
                "name": one.name,
                "note": one.note,
                "x": 100 * one.place[0],
                "y": 100 * one.place[1],
                "wide": one.wide,
                "number": one.number,
                "share": one.share,
                "look": looks[one.cluster],
                "pictures": [style.png(thumbnails[row]) for row in one.rows],
            }
            for one in named
        ],
        "key": [(group["name"], group) for group in shown],
    }


def cluster_looks(arrays: dict[str, np.ndarray], n_classes: int) -> list[style.Look]:
    """Return how the clusters of a map look: named after the classes of their points."""
    # As in `style.cluster_looks`, for new images.
    from report_lib.common import metrics

    n, labels, clusters = int(arrays["clusters"].max()) + 1, arrays["labels"], arrays["clusters"]
    return style.cluster_looks(n, metrics.contingency(labels, clusters, n_classes, n) if len(labels) else None)


def _placed(method: str) -> str:
    if method == "UMAP":
        return "placed among its nearest train images on their UMAP map"
    return f"on the first two axes of its description, {method}"


def picture(positions: np.ndarray, groups: np.ndarray, looks: Sequence[style.Look]) -> str:
    """Draw a still of the map as SVG, for readers without JavaScript and until the script is there.

    Parameters
    ----------
    positions : ndarray of shape (n, 2)
    groups : ndarray of shape (n,)
        Class or cluster of each point; -1 is noise.
    looks : sequence of Look
        One a group.
    """
    kept = np.unique(np.linspace(0, len(positions) - 1, min(len(positions), STILL_POINTS)).astype(int))
    xy, groups = np.round(islands.fitted(positions[kept], positions)).astype(int), groups[kept]
    looks = [*looks, style.NOISE_LOOK]
    paths = [_path(xy[groups == group], looks[group]) for group in np.unique(groups)]
    return (
        f'<svg class="map-still" aria-hidden="true" viewBox="0 0 {islands.WIDTH} {islands.HEIGHT}" fill="none" '
        f'stroke-width="3" stroke-linecap="round" stroke-opacity="{style.OPACITY}">{"".join(paths)}</svg>'
    )


def _path(xy: np.ndarray, look: style.Look) -> str:
    # In order down the page, each point is a short step from the one before, which takes fewer digits.
    xy = xy[np.lexsort((xy[:, 0], xy[:, 1]))]
    steps = np.diff(xy, axis=0, prepend=np.zeros((1, 2), int))
    dots = "".join(f"m{x}{y:+d}h0".replace("+", " ") for x, y in steps)
    # A browser that does not know light-dark() keeps the attribute.
    return f'<path stroke="{look.color}" style="stroke:light-dark({look.color},{look.dark})" d="{dots}"/>'


def _fields(arrays: dict[str, np.ndarray], n_classes: int) -> dict[str, np.ndarray]:
    """Return what the script gets of each point, wide numbers first so that every array begins where it may."""
    x, y = _quantised(arrays["positions"]).T
    fields = {"rows": arrays["rows"].astype("<u4"), "x": x, "y": y, "neighbors": arrays["neighbors"].astype("<u2")}
    if len(arrays["margins"]):
        fields["margins"] = np.round(np.clip(arrays["margins"], 0, 1) * MARGIN_STEPS).astype("<u2")
    # Noise, -1, becomes 0.
    fields["clusters"] = _small(arrays["clusters"] + 1)
    for name in ("labels", "predicted", "suspects"):
        if len(arrays[name]):
            # The unknown, -1, come after all classes.
            fields[name] = _small(np.where(arrays[name] < 0, n_classes, arrays[name]))
    return dict(sorted(fields.items(), key=lambda item: -item[1].itemsize))


def _quantised(positions: np.ndarray) -> np.ndarray:
    """Round positions to 65,535 steps along the longer side of their box, and as many a unit along the other."""
    return np.round(_in_steps(positions, positions)).clip(0, STEPS).astype("<u2")


def _in_steps(places: np.ndarray, positions: np.ndarray) -> np.ndarray:
    low = positions.min(axis=0).astype(np.float64)
    span = max(float((positions.max(axis=0) - low).max()), 1e-12)
    return (places - low) * (STEPS / span)


def _on_map(places: Sequence[tuple[float, float]], positions: np.ndarray) -> list[list[int]]:
    """Return where shares of the still's width and height lie, in steps."""
    on_still = np.array(places).reshape(-1, 2) * [islands.WIDTH, islands.HEIGHT]
    return np.round(_in_steps(islands.among(on_still, positions), positions)).astype(int).tolist()


def _small(values: np.ndarray) -> np.ndarray:
    return values.astype("u1" if int(values.max()) < 256 else "<u2")


def _facts(
    arrays: dict[str, np.ndarray],
    fields: dict[str, np.ndarray],
    thumbnails: np.ndarray,
    class_names: Sequence[str],
    looks: Sequence[style.Look],
) -> dict[str, Any]:
    names = style.cluster_names(len(looks))
    unknown = [_group("unknown", style.NOISE_LOOK) | {"unknown": True}] if (arrays["labels"] == UNKNOWN).any() else []
    return {
        "n": len(arrays["rows"]),
        "k": int(arrays["neighbors"].shape[1]),
        "tile": [int(thumbnails.shape[2]), int(thumbnails.shape[1])],
        "columns": min(COLUMNS, len(thumbnails)),
        "marginSteps": MARGIN_STEPS,
        "fields": [[name, f"uint{8 * values.itemsize}", int(values.size)] for name, values in fields.items()],
        "classes": list(map(_group, map(str, class_names), style.class_looks(len(class_names)))) + unknown,
        "clusters": list(map(_group, names, looks)),
        "noise": _group("noise", style.NOISE_LOOK),
        "ramp": style.RAMP,
        "opacity": style.OPACITY,
        "names": arrays["names"].tolist(),
    }


def _group(name: str, look: style.Look) -> dict[str, str | bool]:
    return {"name": name, **vars(look)}


def stretched(images: np.ndarray) -> np.ndarray:
    """Return the images with the brightest of all their pixels white: some files use only 16 greys of 256."""
    brightest = int(images.max())
    return images if brightest in (0, 255) else np.round(images * (255 / brightest)).astype(np.uint8)


def reduced(images: np.ndarray) -> np.ndarray:
    """Return the images no larger than `LARGEST_SIDE`; small ones as they are."""
    height, width = images.shape[1:]
    scale = LARGEST_SIDE / max(height, width)
    if scale >= 1:
        return images
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.stack([np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX)) for image in images])


def sprite(images: np.ndarray) -> str:
    """Write all images into one picture, `COLUMNS` a row, as a data URI."""
    sheet = _sheet(images)
    exact = _encoded(sheet, "WEBP", lossless=True, quality=75, method=4) if sheet.size <= FEW_PIXELS else None
    if exact and len(exact) <= LOSSLESS_BYTES:
        return _uri("webp", exact)
    return _uri("avif", _encoded(sheet, "AVIF", **_how_avif(FINE if sheet.size <= FEW_PIXELS else COARSE)))


def _sheet(images: np.ndarray) -> np.ndarray:
    n, height, width = images.shape
    columns = min(COLUMNS, n)
    lines = -(-n // columns)
    sheet = np.zeros((lines * columns, height, width), dtype=np.uint8)
    sheet[:n] = images
    return sheet.reshape(lines, columns, height, width).swapaxes(1, 2).reshape(lines * height, columns * width)


def _how_avif(quality: int) -> dict[str, Any]:
    # Grey alone; by one thread, so that every machine writes the same bytes; close to the pixels, which libaom's own
    # default, for photographs seen from afar, is not.
    return {
        "quality": quality,
        "speed": 8,
        "subsampling": "4:0:0",
        "max_threads": 1,
        "codec": "aom",
        "advanced": {"tune": "psnr"},
    }


def _encoded(sheet: np.ndarray, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, format=form, **options)
    return buffer.getvalue()


def _uri(form: str, content: bytes) -> str:
    return f"data:image/{form};base64," + base64.b64encode(content).decode("ascii")
