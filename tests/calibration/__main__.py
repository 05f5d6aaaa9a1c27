"""Try the page's claims on made images of which all is known, many times: `make calibrate`; minutes.

Prints how often each claim is right beside how often the page says so; where that is less than chance explains, returns 1.
"""

import sys

import numpy as np

from tests.calibration import claims

# How often each is tried here, and by the tests.
REPEATS = {
    claims.with_groups: (40, 6), claims.without_groups: (16, 3), claims.without_steps: (16, 3), claims.with_strays: (20, 4),
    claims.with_copies: (20, 4), claims.with_wrong_labels: (16, 2), claims.with_seeds: (30, 4),
}  # fmt: skip


def tried(make, n: int) -> list[claims.Row]:
    """Make so many sets, each from a seed of its own, and put the outcomes of each claim together."""
    return claims.by_claim(outcome for seed in range(n) for outcome in make(np.random.default_rng([n, seed])))


def main() -> int:
    """Print a line for each claim."""
    rows = []
    print(f"{'claim':<66} {'right':>6} {'said':>6} {'of':>4}")
    for make, (n, _) in REPEATS.items():
        for row in tried(make, n):
            verdict = "" if row.held else "  less often than it says"
            print(
                f"{row.claim:<66} {row.right.mean():6.3f} {row.said.mean():6.3f} {len(row.right):4}{verdict}",
                flush=True,
            )
            rows.append(row)
    return int(not all(row.held for row in rows))


if __name__ == "__main__":
    sys.exit(main())
