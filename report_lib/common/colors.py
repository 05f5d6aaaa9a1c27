"""What colours are to an eye: contrast, difference, and how they look to a colour-blind reader.

Colours are sRGB, in 0..1, of shape (..., 3); `read` makes them of `#rrggbb`.
"""

from collections.abc import Sequence

import numpy as np

# From linear sRGB to CIE XYZ, white D65 (IEC 61966-2-1).
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _XYZ.sum(axis=1)
# Linear sRGB as people without green-sensitive cones see it: Machado, Oliveira and Fernandes, 2009, at full severity, and
# Viénot, Brettel and Mollon, 1999. The two differ a little, so what has to be told apart is held against both.
DEUTERANOPIA = {
    "Machado": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "Viénot": np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
}
_KNEE = 6 / 29


def read(names: Sequence[str]) -> np.ndarray:
    """Return colours written `#rrggbb` as numbers in 0..1, shape (n, 3)."""
    return np.array([[int(name[at : at + 2], 16) for at in (1, 3, 5)] for name in names], float).reshape(-1, 3) / 255


def write(colours: np.ndarray) -> list[str]:
    """Return colours as `#rrggbb`."""
    return ["#" + bytes(colour).hex() for colour in np.round(255 * np.clip(colours, 0, 1)).astype(np.uint8)]


def linear(colours: np.ndarray) -> np.ndarray:
    """Return colours as amounts of light."""
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def from_linear(light: np.ndarray) -> np.ndarray:
    """Return amounts of light as colours; what no screen can show is clipped."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def over(colours: np.ndarray, ground: np.ndarray, opacity: float) -> np.ndarray:
    """Return what is seen of colours that let a ground shine through."""
    return opacity * colours + (1 - opacity) * ground


def contrast(colours: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Return the contrast of colours with a ground, 1 to 21, as WCAG 2 defines it."""
    one, other = (linear(own) @ _XYZ[1] + 0.05 for own in (colours, ground))
    return np.maximum(one, other) / np.minimum(one, other)


def as_deuteranope(colours: np.ndarray, model: str) -> np.ndarray:
    """Return colours as a reader sees them who has no green-sensitive cones."""
    return from_linear(linear(colours) @ DEUTERANOPIA[model].T)


def lab(colours: np.ndarray) -> np.ndarray:
    """Return colours in CIELAB, white D65."""
    share = linear(colours) @ _XYZ.T / _WHITE
    f = np.where(share > _KNEE**3, np.cbrt(share), share / (3 * _KNEE**2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def from_lab(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return places in CIELAB as colours, and which of them a screen can show."""
    y = (places[..., 0] + 16) / 116
    f = np.stack([y + places[..., 1] / 500, y, y - places[..., 2] / 200], axis=-1)
    xyz = np.where(f > _KNEE, f**3, 3 * _KNEE**2 * (f - 4 / 29)) * _WHITE
    light = xyz @ np.linalg.inv(_XYZ).T
    return from_linear(light), ((light >= -1e-3) & (light <= 1 + 1e-3)).all(axis=-1)


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the difference of places in CIELAB by CIEDE2000 (Sharma, Wu and Dalal, 2005, equations 2 to 22)."""
    (l1, c1, h1), (l2, c2, h2) = _turned(one, other)
    turn = (h2 - h1 + 180) % 360 - 180
    grey = c1 * c2 == 0
    d_hue = np.where(grey, 0, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)))
    light, c = (l1 + l2) / 2, (c1 + c2) / 2
    h = np.where(grey, h1 + h2, (h1 + turn / 2) % 360)
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c, 1 + 0.015 * c * _hue_weight(h)
    r = -np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2)))) * 2 * _seventh(c)
    d_l, d_c, d_h = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    return np.sqrt(d_l**2 + d_c**2 + d_h**2 + r * d_c * d_h)


def _seventh(chroma: np.ndarray) -> np.ndarray:
    return np.sqrt(chroma**7 / (chroma**7 + 25.0**7))


def _hue_weight(h: np.ndarray) -> np.ndarray:
    terms = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    return 1 + sum(weight * np.cos(np.radians(times * h + shift)) for weight, times, shift in terms)


def _turned(*places: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return lightness, chroma and hue in degrees, with greys stretched as CIEDE2000 has it."""
    mean = sum(np.hypot(own[..., 1], own[..., 2]) for own in places) / 2
    stretch = 1 + 0.5 * (1 - _seventh(mean))
    return [
        (
            own[..., 0],
            np.hypot(stretch * own[..., 1], own[..., 2]),
            np.degrees(np.arctan2(own[..., 2], stretch * own[..., 1])) % 360,
        )
        for own in places
    ]
