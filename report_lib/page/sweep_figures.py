"""Figures of a sweep: all runs as lines over all parameters and outcomes, and an outcome against each parameter."""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.common import style
from report_lib.common.prose import plural
from report_lib.page.spread import SEED, SHARES, SHORT, Swept, are_numbers, levels, told

# Lines are drawn in this order, so that the best lies on top.
OTHERS, TOP, BEST = "other runs", "best quarter", "best run"
COLORS = {OTHERS: style.NOISE_COLOR, TOP: style.ACCENT, BEST: style.SECOND}
# Values of a parameter that can be written along its axis.
MOST_WRITTEN = 12


def parallel(runs: Sequence[Swept], outcomes: dict[str, np.ndarray]) -> go.Figure:
    """Draw each run as a line from axis to axis, parameters first and outcomes after them, from its least to its most."""
    main_name, main = next(iter(outcomes.items()))
    parameters = {key.rpartition(".")[2]: _of_levels(*levels(runs, key)) for key in runs[0].varies}
    came = {SHORT[name]: _of_values(name, own) for name, own in outcomes.items() if np.ptp(own) > 0}
    axes, groups = [*parameters.items(), *came.items()], _groups(main)
    fig = go.Figure()
    for name, color in COLORS.items():
        rows = np.flatnonzero(groups == name)
        if len(rows):
            fig.add_scatter(
                **_lines(rows, [places for _, (places, _) in axes]), mode="lines", name=name, line_color=color
            )
    for i, (name, (_, ticks)) in enumerate(axes):
        _add_axis(fig, i, name, ticks)
    # Many axes scroll in their frame on a phone.
    fig.update_layout(meta={"columns": len(axes)})
    fig.update_xaxes(showticklabels=False, range=[-0.5, len(axes) - 0.3], showgrid=False)
    fig.update_yaxes(showticklabels=False, range=[-0.25, 1.1], showgrid=False)
    return style.finish(
        fig,
        title=f"{plural(len(runs), 'run')} by {plural(len(parameters), 'parameter')} and what they came to: "
        f"{runs[int(main.argmax())].run.name} has the highest {main_name}",
        caption="A line a run. Each axis goes from its lowest value at the bottom to its highest at the top, the values of a "
        f"parameter evenly spaced; what came out the same in all runs has none. Colours go by {main_name}.",
        height=480,
        legend={"orientation": "h", "y": -0.05},
    )


def _add_axis(fig: go.Figure, i: int, name: str, ticks: list[tuple[float, str]]) -> None:
    """Draw an axis with its values, and its name beneath it: every other name a line lower, so that they find room."""
    fig.add_shape(type="line", x0=i, x1=i, y0=0, y1=1, line_color="rgba(128,134,145,0.45)")
    note = {"x": i, "showarrow": False, "yanchor": "middle"}
    fig.add_annotation(**note, y=-0.13 - 0.06 * (i % 2), text=style.escape(name), xanchor="center")
    for place, text in ticks:
        inside = 0 < place < 1
        at = place if inside else place + (0.05 if place else -0.05)
        beside = {"x": i + 0.06, "xanchor": "left"} if inside else {"xanchor": "center"}
        fig.add_annotation(**{**note, **beside}, y=at, text=style.escape(text))


def against(runs: Sequence[Swept], parameter: str, outcome: str, values: np.ndarray) -> go.Figure:
    """Draw an outcome of every run against a parameter, and the mean at each of its values where one has several runs."""
    names, groups = levels(runs, parameter)
    means, several = np.array([values[groups == i].mean() for i in range(len(names))]), len(names) < len(runs)
    what, ticks, fig = style.sentence(outcome), [style.escape(name) for name in names], go.Figure()
    fig.add_scatter(x=[ticks[i] for i in groups], y=values, mode="markers", name="a run", text=[own.run.name for own in runs],
                    marker={"size": 7, "color": style.NOISE_COLOR, "opacity": 0.8})  # fmt: skip
    if several:
        # A line only where values have an order.
        mode = (
            "lines+markers" if parameter != SEED and are_numbers([own.varies[parameter] for own in runs]) else "markers"
        )
        fig.add_scatter(x=ticks, y=means, mode=mode, name="mean", line_color=style.ACCENT,
                        marker={"size": 9, "color": style.ACCENT})  # fmt: skip
    fig.update_xaxes(type="category", title_text=style.escape(parameter), showgrid=False)
    # As many digits as tell the ticks of so small a range apart.
    digits = max(0, math.ceil(-math.log10(25 * np.ptp(values))))
    fig.update_yaxes(title_text=outcome, tickformat=f".{digits}%" if outcome in SHARES else None)
    return style.finish(
        fig,
        title=f"{what} {_goes(parameter, names, outcome, means, several)}",
        caption=f"{what} of every run against {parameter}{', and the mean at each of its values' * several}.",
        numbers=", ".join(f"{name} {told(outcome, mean)}" for name, mean in zip(names, means, strict=True)) + ".",
        height=380,
    )


def _goes(parameter: str, names: Sequence[str], outcome: str, means: np.ndarray, several: bool) -> str:
    """Say where an outcome is highest; of seeds, of which none is better than another, only how far it goes."""
    highest, on_average = int(means.argmax()), " on average" * several
    if parameter == SEED:
        low, high = told(outcome, means.min()), told(outcome, means.max())
        return f"goes from {low} to {high}{on_average} over {plural(len(names), 'seed')}"
    return f"is highest{on_average} where {parameter} is {names[highest]}: {told(outcome, means[highest])}"


def _groups(main: np.ndarray) -> np.ndarray:
    """Tell the best run, the best quarter, and the others apart."""
    groups = np.where(main >= np.quantile(main, 0.75), TOP, OTHERS).astype(object)
    groups[int(main.argmax())] = BEST
    return groups


def _lines(rows: np.ndarray, places: list[np.ndarray]) -> dict[str, list[float | None]]:
    """Return lines one after the other, with a gap between them."""
    x = [*range(len(places)), None]
    return {"x": x * len(rows), "y": [own for row in rows for own in (*(float(axis[row]) for axis in places), None)]}


def _of_levels(names: list[str], groups: np.ndarray) -> tuple[np.ndarray, list[tuple[float, str]]]:
    top = max(1, len(names) - 1)
    shown = range(len(names)) if len(names) <= MOST_WRITTEN else (0, len(names) - 1)
    return groups / top, [(i / top, names[i]) for i in shown]


def _of_values(outcome: str, values: np.ndarray) -> tuple[np.ndarray, list[tuple[float, str]]]:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low), [(0.0, told(outcome, low)), (1.0, told(outcome, high))]
