"""A cloud in three dimensions, as a still: seen from where the camera stands, from far away."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from report_lib.page.stills import paths as sp
from report_lib.page.stills import text as st
from report_lib.page.stills.axes import labels, multiples, nice_step
from report_lib.page.stills.marks import draw_marks
from report_lib.page.stills.trace import Trace

# Of the plot, that the box fills; the rest is for its labels.
FILLED = 0.86
# A mark of a cloud is drawn larger than it says, as plotly.js does.
LARGER = 1.7


def project(points: np.ndarray, eye: dict[str, float], up: Sequence[float] = (0, 0, 1)) -> np.ndarray:
    """Project points on the plane that a camera at `eye` sees, without perspective.

    Parameters
    ----------
    points : ndarray of shape (n, 3)
    eye : dict
        `x`, `y` and `z`; the camera looks at the origin.
    up : sequence of float
        What is up on the plane.

    Returns
    -------
    ndarray of shape (n, 3)
        To the right, upwards, and towards the camera.
    """
    towards = np.array([float(eye[axis]) for axis in "xyz"])
    towards /= np.linalg.norm(towards)
    right = np.cross(up, towards)
    right /= np.linalg.norm(right)
    return points @ np.array([right, np.cross(towards, right), towards]).T


def draw(traces: Sequence[Trace], scene: dict[str, Any], area: tuple[float, float, float, float]) -> str:
    """Draw clouds in the part of the picture that `area` (left, top, width, height) says."""
    clouds = [np.column_stack([t.picked(st.numbers(t.column(axis))) for axis in "xyz"]) for t in traces]
    known = np.concatenate([cloud[np.isfinite(cloud).all(axis=1)] for cloud in clouds])
    low, high = known.min(axis=0), known.max(axis=0)
    high = np.where(high > low, high, low + 1)
    spans = high - low if scene.get("aspectmode") == "data" else np.ones(3)
    sides = spans / spans.max()
    eye = scene["camera"]["eye"]
    corners = project(np.array(list(product((-0.5, 0.5), repeat=3))) * sides, eye)
    left, top, width, height = area
    reach = np.ptp(corners[:, :2], axis=0)
    scale = FILLED * min(width / reach[0], height / reach[1])
    middle = (corners[:, :2].min(axis=0) + corners[:, :2].max(axis=0)) / 2

    def place(shares: np.ndarray) -> np.ndarray:
        """Return pixels, and nearness, of points given as shares of the box's sides."""
        seen = project((shares - 0.5) * sides, eye)
        seen[:, 0] = left + width / 2 + (seen[:, 0] - middle[0]) * scale
        seen[:, 1] = top + height / 2 - (seen[:, 1] - middle[1]) * scale
        return seen

    drawn = [
        draw_marks(trace, *place((cloud - low) / (high - low)).T[:2], larger=LARGER)
        for trace, cloud in zip(traces, clouds, strict=True)
    ]
    return _box(place) + "".join(drawn) + _axes(place, scene, low, high)


def _box(place: Any) -> str:
    """Draw the three sides of the box that are behind the cloud."""
    corners = np.array(list(product((0, 1), repeat=3)), dtype=float)
    seen = place(corners)
    back = corners[seen[:, 2].argmin()]
    path = ""
    for a, b in product(range(8), repeat=2):
        edge = corners[a] != corners[b]
        if a < b and edge.sum() == 1 and ((corners[a] == back) & ~edge).any():
            path += sp.polyline(*seen[[a, b], :2].T)
    return f'<path fill="none" stroke="currentColor" stroke-opacity=".3" d="{path}"/>'


def _axes(place: Any, scene: dict[str, Any], low: np.ndarray, high: np.ndarray) -> str:
    """Write ticks and titles along one edge a dimension: the lowest ones in front, and the leftmost upright one."""
    corners = np.array(list(product((0, 1), repeat=3)), dtype=float)
    middle = place(np.full((1, 3), 0.5))[0, :2]
    parts = []
    for i, letter in enumerate("xyz"):
        begins = corners[corners[:, i] == 0]
        ends = begins + np.eye(3)[i]
        halfway = place((begins + ends) / 2)
        # Outermost edges alone: downwards for those that lie, to the left for the one that stands.
        best = halfway[:, 0].argmin() if letter == "z" else halfway[:, 1].argmax()
        title = scene[f"{letter}axis"].get("title", {}).get("text", "")
        parts += _edge(place, (begins[best], ends[best]), (low[i], high[i]), title, middle)
    return st.group(parts, 'text-anchor="middle"')


def _edge(place: Any, ends: tuple, limits: tuple[float, float], title: str, middle: np.ndarray) -> list[str]:
    step = nice_step(limits[1] - limits[0], 8, 8)
    values = multiples(step, *limits)
    shares = (values - limits[0]) / (limits[1] - limits[0])
    at = place(ends[0] + shares[:, None] * (ends[1] - ends[0]))[:, :2]
    halfway = place(((ends[0] + ends[1]) / 2)[None])[0, :2]
    along = np.diff(place(np.array(ends))[:, :2], axis=0)[0]
    out = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    out = out if out @ (halfway - middle) > 0 else -out
    parts = [st.text(*(p + 13 * out), label) for p, label in zip(at, labels(values, step), strict=True)]
    turn = float(np.degrees(np.arctan2(along[1], along[0])))
    turn += 180 * (turn < -90) - 180 * (turn > 90)
    return [*parts, st.text(*(halfway + 34 * out), title, size=13, angle=turn)]
