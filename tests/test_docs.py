"""What the documents say of the page is so."""

import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]


def sections():
    """`Chapter · Section` of every section of the notebooks."""
    found = set()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]
        chapter = re.match(r"# \d · (\w+):", cells[0])[1]
        found |= {f"{chapter} · {title}" for cell in cells for title in re.findall(r"^## (.+)$", cell, re.M)}
    return found


def test_every_place_that_the_table_of_sources_names_is_in_the_page():
    rows = [line.split("|")[1:-1] for line in (ROOT / "docs" / "sources.md").read_text().splitlines()
            if line.startswith("|")][2:]  # fmt: skip
    places = {row[2].strip() for row in rows}
    assert len(rows) > 25
    assert places - sections() == set()
    assert {own.strip() for row in rows for own in row[0].split(",")} == {"A", "B", "C"}
