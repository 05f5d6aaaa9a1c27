"""Foresee what each section of a first run takes, from a small and a large one: writes the table that `progress` reads.

python -m tests.usual build/digits build/fashion_mnist

Both are to be runs of which nothing was kept: `make report FORCE=1`.
"""

import json
import sys
from pathlib import Path

from report_lib.run import progress

Times = dict[str, dict[str, float]]


def foresee(few: int, small: Times, many: int, large: Times) -> dict[str, dict[str, list[float]]]:
    """Return for each section the seconds that it takes whatever the number of images, and for each of them."""
    table: dict[str, dict[str, list[float]]] = {}
    for phase, sections in large.items():
        for section, seconds in sections.items():
            each = max(0.0, seconds - small[phase].get(section, 0.0)) / (many - few)
            table.setdefault(phase, {})[section] = [round(max(0.0, seconds - each * many), 2), round(each, 7)]
    return table


def _read(folder: Path) -> tuple[int, Times]:
    record, metrics = (json.loads((folder / f"{name}.json").read_text("utf8")) for name in ("provenance", "metrics"))
    return metrics["dataset"]["n_train"] + metrics["dataset"]["n_test"], record["sections"]


if __name__ == "__main__":
    table = foresee(*(value for folder in sys.argv[1:3] for value in _read(Path(folder))))
    progress.USUAL.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf8")
