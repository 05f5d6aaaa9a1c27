"""A page of the data map's own, with made data and the policy of the report's page, and what tests do to it."""

import base64
import hashlib
import json

import jinja2
import numpy as np

from report_lib.page import explorer

TEMPLATES = explorer.__file__.replace("explorer.py", "templates")

COLUMNS, LINES = 20, 15
N = COLUMNS * LINES
NAMES = ["Shirt", "T-shirt/top", 'Bag, "small"', "<script>alert(1)</script>", "Shirt & <b>tie</b>"]
SHELL = """
:root { color-scheme: light dark; --page: light-dark(#fdfdfc, #14171b); --raised: light-dark(#ffffff, #1d2126);
  --ink: light-dark(#1c2128, #e6e8eb); --ink-soft: light-dark(#565e6a, #a9b1bc); --line: light-dark(#e3e5e8, #2e343b);
  --accent: light-dark(#2f5fc4, #8fb0f5); --tint: light-dark(#f1f4fa, #1b222d); }
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--page); color: var(--ink); font: 17px/1.6 system-ui, sans-serif; }
"""


def made(**replaced):
    """Points on a grid, each a little off, so that it is known which one lies where."""
    rng = np.random.default_rng(3)
    x, y = np.arange(N) % COLUMNS, np.arange(N) // COLUMNS
    grid = np.column_stack([x, y])
    distance = ((grid[:, None] - grid[None]) ** 2).sum(-1) + rng.random((N, N)) / 10 + 1e6 * np.eye(N)
    arrays = {
        "positions": (grid + rng.uniform(-0.2, 0.2, (N, 2))).astype(np.float32),
        "rows": rng.permutation(5000)[:N],
        "names": np.empty(0, str),
        "thumbnails": np.broadcast_to(rng.integers(40, 250, (N, 1, 1)), (N, 28, 28)).astype(np.uint8),
        "clusters": np.where(x < 18, x // 6, -1),
        "labels": y // 3,
        "predicted": rng.integers(0, 5, N),
        "margins": (rng.integers(0, 10_001, N) / 10_000).astype(np.float32),
        "suspects": rng.random(N) < 0.1,
        "neighbors": distance.argsort(1)[:, :6].astype(np.int32),
    }
    return arrays | replaced


def write_page(path, arrays, names, above):
    """Write the parts of the map as the report's page would, with the same policy."""
    css = SHELL + _read("map.css")
    script = (
        '"use strict";(() => {'
        + "\n".join(map(_read, ("js/base.js", "js/map_view.js", "js/map_panel.js", "js/map.js")))
        + "\nstartMap(); })();"
    )
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    body = environment.get_template("map.html.j2").render(map=explorer.pack(arrays, names, "UMAP"))
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src-elem {_digest(css)}; "
        "style-src-attr 'unsafe-inline'; img-src data: blob:"
    )
    path.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Map</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><style>{css}</style></head>'
        f'<body><main><h1 style="padding-bottom:{above}px">Page</h1><h2>Map</h2>{body}</main>'
        f"<script>{script}</script></body></html>",
        encoding="utf8",
    )


def _read(name):
    with open(f"{TEMPLATES}/{name}", encoding="utf8") as file:
        return file.read()


def _digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf8')).digest()).decode()}'"


def until(page, condition):
    """Wait until an expression is true, ten seconds at most."""
    outcome = page.evaluate(
        f"""() => new Promise((done) => {{
            const end = performance.now() + 10000;
            const look = () => ({condition}) ? done("") : performance.now() > end ? done("never") : setTimeout(look, 20);
            look();
        }})"""
    )
    assert not outcome, f"{condition}; the map says {page.locator('#map').get_attribute('data-state')}"


def state(page):
    return json.loads(page.locator("#map").get_attribute("data-state"))


def wait(page, **wanted):
    """Wait until the map's state says so."""
    parts = [f"state.{key} === {json.dumps(value)}" for key, value in wanted.items()]
    until(page, f"((state) => {' && '.join(parts)})(JSON.parse(document.getElementById('map').dataset.state))")


def part(page, name):
    return page.locator(f"[data-map={name}]")


def on_screen(page, *points, arrays=None):
    """Return where points lie in the window."""
    xy = explorer._quantised((arrays or made())["positions"]).astype(float)[list(points)]
    scale, left, top = state(page)["place"]
    box = part(page, "over").bounding_box()
    return [(box["x"] + left + scale * x, box["y"] + top - scale * y) for x, y in xy]


def pin(page, point):
    page.mouse.click(*on_screen(page, point)[0])
    wait(page, pinned=int(made()["rows"][point]))


def lasso(page, *corners):
    """Draw round the corners, given in the window, and let go."""
    part(page, "lasso").click()
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=3)
    page.mouse.up()


def facts(locator):
    terms, texts = locator.locator("dt").all_inner_texts(), locator.locator("dd").all_inner_texts()
    return dict(zip(terms, texts, strict=True))


def told(arrays, i):
    """What the page should say of a point."""
    cluster = arrays["clusters"][i]
    return {
        "Label": NAMES[arrays["labels"][i]],
        "Prediction": NAMES[arrays["predicted"][i]],
        "Margin": f"{arrays['margins'][i] + 1e-9:.2f}",
        "Cluster": "noise" if cluster < 0 else f"C{cluster + 1}",
    }
