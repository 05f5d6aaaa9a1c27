"""Templates and styles of a page, and data inside it."""

import base64
import functools
import gzip
import json
import math
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

TEMPLATES = Path(__file__).resolve().parent / "templates"
# Places on a chart are told to this share of their range, a third of a pixel.
FINEST = 1 / 3000


@functools.cache
def template(name: str) -> jinja2.Template:
    """Return a template by its name; what it is given is escaped unless it says otherwise."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    return environment.get_template(f"{name}.html.j2")


def read(*names: str) -> str:
    """Return files of the templates' folder, one after the other."""
    return "\n".join((TEMPLATES / name).read_text(encoding="utf8") for name in names)


def script_json(value: Any) -> str:
    """Write JSON that cannot end the script element that it stands in."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--")


def packed(content: bytes) -> str:
    """Return bytes gzipped and in base64, for the page's script to unpack."""
    return base64.b64encode(gzip.compress(content, compresslevel=9, mtime=0)).decode("ascii")


def short(figure: Any) -> Any:
    """Return a figure's JSON with its numbers of single precision, which are places, as no more digits than can be seen."""
    if isinstance(figure, list):
        return [short(value) for value in figure]
    if not isinstance(figure, dict):
        return figure
    if figure.get("dtype") == "f4" and "shape" not in figure:
        return _digits(np.frombuffer(base64.b64decode(figure["bdata"]), "<f4").astype(float))
    return {key: short(value) for key, value in figure.items()}


def _digits(places: np.ndarray) -> list[float | None]:
    seen = places[np.isfinite(places)]
    step = float(np.ptp(seen)) * FINEST if len(seen) else 0.0
    decimals = math.ceil(-math.log10(step)) if step > 0 else 6

    def told(value: float) -> float:
        # On a logarithmic axis small ones are as far apart as large ones.
        return round(value, decimals) if abs(value) >= 1000 * step else float(f"{value:.4g}")

    return [told(value) if math.isfinite(value) else None for value in places.tolist()]
