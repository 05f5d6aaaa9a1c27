"""Names that would do something, were they taken for anything but text."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

# Each holds a word of its own by which it is found on a page.
CLASSES = [
    "<script>alert('scripted')</script>",
    "</title></script><img src=x onerror=alert('closed')>",
    "'\"onload=alert('quoted') x=\"",
    "{{7*7}}{% raw %}braced",
    "%s%(x)s%{text}formatted",
    "&amp;&lt;b&gt;entity",
    "\u202egnihtemos turned\u202c",
    "$x$ \\(y\\) <b>marked</b><a href='javascript:alert(1)'>linked</a>",
    "nul\0led\x1b[31m",
    '=HYPERLINK("http://sheet.example/")',
    "long" + "g" * 10_000,
]
FILES = [
    "<img src=x onerror=alert('filed')>.png",
    "</title>titled.png".replace("/", "\u2215"),
    "\"onload='alert(4)' .png",
    "{{ 7*7 }}.png",
    "%s%n.png",
    "&lt;amp.png",
    "\u202egnp.evil.png",
    "$a$ <b>bold.png",
    "=1+1.png",
]


def folder(path: Path, n: int, seed: int = 0) -> Path:
    """Write n pictures under hostile names, with a table that gives each a hostile class; return their folder."""
    path.mkdir()
    rng, rows = np.random.default_rng(seed), []
    for i in range(n):
        name = f"{i:03d}{FILES[i % len(FILES)]}"
        label = i % len(CLASSES)
        pixels = rng.integers(0, 60, (8, 8)).astype(np.uint8)
        pixels[label % 8, :] += 150
        pixels[:, label // 2] += 40
        Image.fromarray(pixels).save(path / name)
        rows.append((name, CLASSES[label]))
    with (path / "labels.csv").open("w", newline="", encoding="utf8") as file:
        csv.writer(file).writerows([("file_name", "label"), *rows])
    return path
