"""Shades of given colours that readers can tell apart, colour-blind ones too."""

from collections.abc import Sequence

import numpy as np

from report_lib.common import colors

# CIEDE2000 from which two groups are told apart, and a little more to aim at; contrast with the ground, likewise.
APART, AIM = 12.0, 12.2
CONTRAST, AIM_CONTRAST = 3.0, 3.05
# A shade has this much of its colour's chroma at least, and its hue to these degrees.
CHROMA, HUES = (0.5, 1.3), (-10, 0, 10)
# Darker than this all hues look black.
LIGHTNESS = np.arange(30, 92, 2)
MOST_MOVES = 40
# More groups than this are not told apart by colour alone.
MOST_GROUPS = 16


def distances(shown: Sequence[str], ground: str, opacity: float) -> np.ndarray:
    """Return how far apart colours on a ground are to whoever tells them apart worst, shape (n, n)."""
    seen = _seen(shown, ground, opacity)
    return _between(seen, seen)


def spread(bases: Sequence[str], beside: str, ground: str, opacity: float) -> list[str]:
    """Return a shade of each colour, the colour itself where it can be, so that all are told apart if that can be.

    Very many keep their colours: they need another mark anyway.

    The two that are closest are looked for, and whichever gains more takes its best shade, until all are apart.

    Parameters
    ----------
    bases : sequence of str
        One a group; groups may have the same.
    beside, ground : str
        A colour that all have to be told from, and what they stand on.
    opacity : float
    """
    if len(bases) > MOST_GROUPS:
        return list(bases)
    own = {base: [base, *_shades(base, ground, opacity)] for base in set(bases)}
    seen = {base: _seen(shades, ground, opacity) for base, shades in own.items()}
    chosen, best = [0] * len(bases), (-1.0, [0] * len(bases))
    other = _seen([beside], ground, opacity)
    for _ in range(MOST_MOVES):
        now = np.concatenate([*(seen[base][:, [at]] for base, at in zip(bases, chosen, strict=True)), other], axis=1)
        apart = _between(now, now) + 1e3 * np.eye(len(bases) + 1)
        best = max(best, (float(apart.min()), list(chosen)), key=lambda one: one[0])
        pair = np.unravel_index(np.round(apart, 2).argmin(), apart.shape)
        moves = [_best(seen[bases[i]], np.delete(now, i, axis=1), int(i)) for i in sorted(pair)[::-1] if i < len(bases)]
        moves = [move for move in moves if move[2] != chosen[move[1]]]
        if best[0] >= AIM or not moves:
            break
        _, i, at = max(moves, key=lambda move: move[0])
        chosen[i] = at
    return [own[base][at] for base, at in zip(bases, best[1], strict=True)]


def _best(shades: np.ndarray, others: np.ndarray, i: int) -> tuple[float, int, int]:
    """Return how far the best shade is from all others, whose it is, and which."""
    # Rounded, so that no last digit decides.
    nearest = np.round(_between(shades, others).min(axis=1), 2)
    return float(nearest.max()), i, int(nearest.argmax())


def _shades(base: str, ground: str, opacity: float) -> list[str]:
    """Return shades of a colour that stand out from a ground."""
    _, a, b = colors.lab(colors.read([base]))[0]
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a))
    grid = np.meshgrid(LIGHTNESS, np.linspace(*CHROMA, 9) * chroma, hue + np.array(HUES), indexing="ij")
    light, c, h = (values.ravel() for values in grid)
    shades, shown = colors.from_lab(np.stack([light, c * np.cos(np.radians(h)), c * np.sin(np.radians(h))], axis=-1))
    on = colors.read([ground])[0]
    stand_out = colors.contrast(colors.over(shades, on, opacity), on) >= AIM_CONTRAST
    return colors.write(shades[shown & stand_out])


def _seen(shown: Sequence[str], ground: str, opacity: float) -> np.ndarray:
    """Return colours in CIELAB as each kind of reader sees them, shape (kinds, n, 3)."""
    seen = colors.over(colors.read(shown), colors.read([ground])[0], opacity)
    return colors.lab(np.stack([seen, *(colors.as_deuteranope(seen, model) for model in colors.DEUTERANOPIA)]))


def _between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return colors.difference(one[:, :, None], other[:, None]).min(axis=0)
