"""The one template, the one map from class to colour, and the shapes that several phases draw."""

import base64
import functools
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
from PIL import Image

from report_lib.common import shades
from report_lib.common.prose import percent, written

# What figures stand on, light and dark, and how much of a point's own colour is seen where others shine through.
GROUNDS = {"light": "#ffffff", "dark": "#1b1f24"}
OPACITY = 0.9
# Ten colours, and what they become on a dark page. They were searched for: each stands out from its ground three to one and
# none is nearly black, and any two of them, and grey, are told apart also by readers without green-sensitive cones; a test
# measures it.
PALETTE = (
    "#014d7f", "#145623", "#e45881", "#0f7d91", "#80315c", "#d34ee4", "#f2520a", "#6f49df", "#39765b", "#9f3405",
)  # fmt: skip
PALETTE_ON_DARK = (
    "#69a7f7", "#95b001", "#ef8da3", "#018fa7", "#f5b0ff", "#af596f", "#f9b68a", "#5a5efd", "#23b05f", "#fcd525",
)  # fmt: skip
NOISE_COLOR, NOISE_ON_DARK = "#7d838a", "#8a9098"
# Groups whose colours cannot be told apart have another mark.
SYMBOLS = ("circle", "diamond", "square", "cross", "x", "triangle-up")
# Things that are neither classes nor clusters: methods, scores.
SERIES_COLORS = ("#3d6fd1", "#ce5a12", "#1b8a67", "#aa4499", "#77771f", "#a0604f")
ACCENT, SECOND = SERIES_COLORS[:2]
# What colours of charts become on a dark page, where they would be lost.
ON_DARK = {
    **dict(zip(PALETTE, PALETTE_ON_DARK, strict=True)), NOISE_COLOR: NOISE_ON_DARK, "#ce5a12": "#ee8844",
    "#1b8a67": "#35b48b", "#aa4499": "#cf74c0", "#77771f": "#abab45", "#a0604f": "#c98a79",
}  # fmt: skip
# Doubt in orange, safety in blue, for points.
RAMP = {"light": ("#c9520a", "#85757f", "#2f5fbf"), "dark": ("#ff9a4d", "#a9a0a6", "#6f9bf5")}
INK = "#717780"
SEQUENTIAL = [[0.0, "#f3f6fc"], [1.0, "#3d6fd1"]]
# On a dark page the palest cell of a heatmap has to be dark.
SEQUENTIAL_ON_DARK = [[0.0, "#222831"], [1.0, "#3d6fd1"]]
TEMPLATE = "report"
GAP = 3
MARGIN = {"l": 64, "r": 16, "t": 56, "b": 56}
HEIGHT = 420
# What a title takes of a figure's height. The page writes titles itself, and leaves that much out, but for some air.
TITLE_HEIGHT = 44
AIR = 12


def _template() -> go.layout.Template:
    axis = {"gridcolor": "rgba(128,134,145,0.22)", "zeroline": False, "automargin": True, "title": {"standoff": 8},
            "linecolor": "rgba(128,134,145,0.45)", "ticks": ""}  # fmt: skip
    return go.layout.Template(
        layout={
            "font": {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 13, "color": INK},
            "title": {"x": 0, "xanchor": "left", "font": {"size": 16}},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(PALETTE),
            "xaxis": axis,
            "yaxis": axis,
            "legend": {"itemsizing": "constant", "bgcolor": "rgba(0,0,0,0)"},
            "margin": MARGIN,
            "height": HEIGHT,
            "hoverlabel": {"align": "left"},
            "bargap": 0.25,
        }
    )


pio.templates[TEMPLATE] = _template()


def finish(
    fig: go.Figure, *, title: str, caption: str, numbers: str = "", reading: str = "", **layout: object
) -> go.Figure:
    """Give a figure the template, a title that says what is seen, and a caption that can stand in for it.

    Parameters
    ----------
    fig : Figure
    title, caption : str
        Plain text; the caption travels in `layout.meta` and becomes the page's `figcaption`.
    numbers : str
        Every value drawn, in words, where there are few; the page folds them under the caption.
    reading : str
        How to read the figure, where that is not plain; folded there too.
    **layout
        Further layout, such as `height`.
    """
    meta = {**(fig.layout.meta or {}), "caption": caption, "numbers": numbers, "reading": reading}
    return fig.update_layout(template=TEMPLATE, title_text=escape(title), meta=meta, **layout)


def without_title(layout: dict[str, Any]) -> dict[str, Any]:
    """Return a layout as the page has it: without title and template, its height and its upper margin given."""
    top = layout.get("margin", {}).get("t", MARGIN["t"])
    margin = {**MARGIN, **layout.get("margin", {}), "t": max(AIR, top - TITLE_HEIGHT)}
    kept = {key: value for key, value in layout.items() if key not in ("template", "title", "meta")}
    return {**kept, "height": layout.get("height", HEIGHT), "margin": margin}


def escape(text: object) -> str:
    """Make text from data safe inside Plotly, which reads a little HTML."""
    return html.escape(str(text), quote=False)


def sentence(text: str) -> str:
    """Return text as it begins a sentence."""
    return text[:1].upper() + text[1:]


def color(index: int) -> str:
    """Return the colour of a class by its position; the unknown, -1, are grey."""
    return NOISE_COLOR if index < 0 else PALETTE[index % len(PALETTE)]


@dataclass(frozen=True)
class Look:
    """How a group's points look: their colour, the one on a dark page, and their mark, a name of Plotly's."""

    color: str
    dark: str
    mark: str


NOISE_LOOK = Look(NOISE_COLOR, NOISE_ON_DARK, "circle")


def class_looks(n: int) -> list[Look]:
    """Return how the first `n` classes look."""
    at = [i % len(PALETTE) for i in range(n)]
    return list(_looks(tuple((PALETTE[i], PALETTE_ON_DARK[i]) for i in at)))


def cluster_looks(n: int, table: np.ndarray | None = None) -> list[Look]:
    """Return how the first `n` clusters look: in shades of the colours of the classes that they are named after.

    Parameters
    ----------
    table : ndarray of shape (n_classes, n + 1), optional
        Images of each class in each cluster, and in none. Without it, and where it has no image of a cluster, clusters
        take the colours of classes in turn.
    """
    # SciPy, which scores take, is slow to import, and new images need no clusters' colours.
    from report_lib.common import metrics

    named = np.full(n, -1) if table is None else metrics.majority_map(table)
    return list(_shaded(tuple(int(c) % len(PALETTE) if c >= 0 else i % len(PALETTE) for i, c in enumerate(named))))


@functools.cache
def _shaded(classes: tuple[int, ...]) -> tuple[Look, ...]:
    light = shades.spread([PALETTE[c] for c in classes], NOISE_COLOR, GROUNDS["light"], OPACITY)
    dark = shades.spread([PALETTE_ON_DARK[c] for c in classes], NOISE_ON_DARK, GROUNDS["dark"], OPACITY)
    pairs = zip(light, dark, strict=True)
    return _looks(tuple((_alone(own, other), other) for own, other in pairs))


def _alone(own: str, dark: str) -> str:
    """Return a colour, a hair off where another shade of it on a dark page is known: charts go by the colour alone."""
    return own if ON_DARK.get(own, dark) == dark else f"{own[:5]}{int(own[5:], 16) ^ 1:02x}"


@functools.cache
def _looks(pairs: tuple[tuple[str, str], ...]) -> tuple[Look, ...]:
    """Give each group the first mark that no group has whose colour is too much alike; when there is none, the rarest."""
    own = zip(*pairs, strict=True) if pairs else ((), ())
    apart = [shades.distances(c, g, OPACITY) for c, g in zip(own, GROUNDS.values(), strict=True)]
    alike = np.minimum(*apart) < shades.APART
    marks: list[str] = []
    for i in range(len(pairs)):
        taken = [marks[j] for j in np.flatnonzero(alike[i, :i])]
        marks.append(min(SYMBOLS, key=taken.count))
    return tuple(Look(*pair, mark) for pair, mark in zip(pairs, marks, strict=True))


def cluster_names(n: int, letter: str = "C") -> list[str]:
    """Name clusters C1 to Cn, largest first: a number alone would look like a class; other clusterings have other letters."""
    return [f"{letter}{i + 1}" for i in range(n)]


def series(index: int) -> str:
    """Return the colour of a method or a score by its position."""
    return SERIES_COLORS[index % len(SERIES_COLORS)]


def interval_bars(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, object]:
    """Return `error_x` that spans from `low` to `high` around each value."""
    return {"type": "data", "symmetric": False, "array": high - values, "arrayminus": values - low, "color": INK,
            "thickness": 1.2}  # fmt: skip


def component_axis(i: int, ratio: np.ndarray) -> str:
    """Name the axis of a component, counted from 0, with its share of the variance."""
    return f"component {i + 1} ({percent(ratio[i], 1)} of the variance)"


def listing(names: Sequence[object], values: Sequence[float], form: str) -> str:
    """Write names with their values, as prose does, such as Bag 41%, Coat 63%."""
    told = [f"{name} {written(value, form)}" for name, value in zip(names, values, strict=True)]
    return ", ".join(told) + "."


def listings(names: Sequence[object], measures: dict[str, Sequence[float]], form: str) -> str:
    """Write one `listing` a measure, of the same names, each after what it measures."""
    return " ".join(f"{measure}: {listing(names, values, form)}" for measure, values in measures.items())


def image_grid(
    images: np.ndarray,
    *,
    columns: int,
    titles: Sequence[str] = (),
    rows: Sequence[str] = (),
    diverging: bool = False,
    limits: tuple[float, float] | None = None,
    label: int = 0,
    row_colors: Sequence[str] = (),
) -> go.Figure:
    """Draw images as one PNG, upright and square, with a title over each tile or each column.

    Parameters
    ----------
    images : ndarray of shape (n, h, w), or (n, h, w, 3) of uint8
        Row by row; colours are drawn as they are. Grey is stretched to its own range where `diverging`, to one
        range of all where not. A tile of NaN is left empty.
    columns : int
    titles : sequence of str
        One an image, or one a column where `rows` is given.
    rows : sequence of str
        Names of the rows, at their left.
    diverging : bool
        Whether the images have a sign: zero is mid grey.
    limits : (low, high)
        What is drawn black and white; the range of the images unless given, and what lies beyond is cut.
    label : int
        Pixels left free above each tile; 0 for what its title needs.
    row_colors : sequence of str
        A colour beside each of the names of rows.
    """
    n, h, w = images.shape[:3]
    n_rows = -(-n // columns)
    label = label or (max(4, round(0.3 * h)) if titles and not rows else GAP)
    step_x, step_y = w + GAP, h + label
    tiles = images if images.ndim == 4 else _to_bytes(images, diverging, limits)[..., None]
    sheet = np.zeros((n_rows * step_y, columns * step_x - GAP, tiles.shape[3] + 1), dtype=np.uint8)
    corners = [((i % columns) * step_x, (i // columns) * step_y + label) for i in range(n)]
    there = ~np.isnan(images).reshape(n, -1).all(axis=1)
    for tile, drawn, (x, y) in zip(tiles, there, corners, strict=True):
        sheet[y : y + h, x : x + w, :-1] = tile
        sheet[y : y + h, x : x + w, -1] = 255 * drawn
    fig = go.Figure(go.Image(source=png(sheet), hoverinfo="skip"))
    _label_tiles(fig, corners, titles, rows, (h, w), columns)
    for note, own in zip([note for note in fig.layout.annotations if note.xref == "paper"], row_colors, strict=False):
        note.update(bordercolor=own, borderwidth=2, borderpad=3)
    hidden = {"visible": False, "showgrid": False}
    fig.update_xaxes(range=[-0.5, sheet.shape[1] - 0.5], constrain="domain", **hidden)
    fig.update_yaxes(range=[sheet.shape[0] - 0.5, -0.5], scaleanchor="x", constrain="domain", **hidden)
    top = 28 if rows else 4
    margin = {"l": 84 if rows else 4, "r": 4, "t": top + TITLE_HEIGHT, "b": 4}
    height = round(720 * sheet.shape[0] / sheet.shape[1]) + top + TITLE_HEIGHT + 4
    meta = {"columns": columns, "tile": [h, w], "label": label, "step": [step_x, step_y], "n": n}
    return fig.update_layout(margin=margin, showlegend=False, height=height, meta=meta)


def image_rows(images: Sequence[np.ndarray], rows: Sequence[str], titles: Sequence[str]) -> go.Figure:
    """Draw one row of images after the other, each with its name, black and white as in the first of them."""
    limits = (float(images[0].min()), float(images[0].max()))
    return image_grid(np.concatenate(images), columns=len(images[0]), titles=titles, rows=rows, limits=limits)


def name_in_colors(fig: go.Figure, *, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Draw a line of its colour along the cells beside each name of a matrix."""
    side, top = {"xref": "x domain", "x0": 0.003, "x1": 0.003}, {"yref": "y domain", "y0": 0.995, "y1": 0.995}
    for i, own in enumerate(rows):
        fig.add_shape(type="line", y0=i - 0.4, y1=i + 0.4, line={"color": own, "width": 4}, **side)
    for i, own in enumerate(columns):
        fig.add_shape(type="line", x0=i - 0.4, x1=i + 0.4, line={"color": own, "width": 4}, **top)


def _to_bytes(images: np.ndarray, diverging: bool, limits: tuple[float, float] | None) -> np.ndarray:
    images = np.nan_to_num(images.astype(np.float64))
    if diverging:
        reach = np.abs(images).max(axis=(1, 2), keepdims=True)
        images, low, high = images / np.maximum(reach, 1e-12), -1.0, 1.0
    else:
        low, high = limits or (images.min(), images.max())
    return np.round(255 * np.clip((images - low) / max(high - low, 1e-12), 0, 1)).astype(np.uint8)


def png(pixels: np.ndarray) -> str:
    """Return a picture as a PNG data URI: uint8 of shape (h, w) or (h, w, 3), or one more with an opacity."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _label_tiles(fig, corners, titles, rows, size, columns) -> None:
    h, w = size
    over = corners[:columns] if rows else corners
    for text, (x, y) in zip(titles, over, strict=False):
        fig.add_annotation(x=x + (w - 1) / 2, y=y - 1, text=escape(text), showarrow=False, yanchor="bottom",
                           font_size=12)  # fmt: skip
    for text, (_, y) in zip(rows, corners[::columns], strict=False):
        fig.add_annotation(x=0, xref="paper", xshift=-8, y=y + h / 2, text=escape(text), showarrow=False,
                           xanchor="right", font_size=12)  # fmt: skip


def scatter(
    x: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray | None,
    names: Sequence[str],
    *,
    looks: Sequence[Look] | None = None,
    nobody: str = "unknown",
) -> go.Figure:
    """Draw points in two dimensions, each group as it looks, classes unless given; group -1, grey, is `nobody`.

    As SVG, in which some 4,000 are drawn without delay: Plotly's WebGL needs `unsafe-eval`, which the page forbids.
    """
    fig, looks = go.Figure(), [*(looks or class_looks(len(names) or 1)), NOISE_LOOK]
    for group, rows, name in split_groups(groups, len(x), names, nobody=nobody):
        # A handful of points would be lost among thousands.
        marker = {"size": 4 if len(rows) > 50 else 9, "opacity": OPACITY, "color": looks[group].color,
                  "symbol": looks[group].mark}  # fmt: skip
        xy = {"x": np.asarray(x[rows], np.float32), "y": np.asarray(y[rows], np.float32)}
        fig.add_scatter(**xy, mode="markers", name=name, marker=marker, hoverinfo="name")
    return fig.update_layout(height=560, dragmode="pan")


def name_map_axes(fig: go.Figure, method: str) -> None:
    """Name the axes of a map, which have no units and no meaning of their own, and give both the same scale."""
    fig.update_xaxes(showticklabels=False, title_text=f"{method}, first axis (no unit)")
    fig.update_yaxes(showticklabels=False, title_text=f"{method}, second axis (no unit)", scaleanchor="x")


def split_groups(
    groups: np.ndarray | None, n: int, names: Sequence[str], *, nobody: str = "unknown"
) -> list[tuple[int, np.ndarray, str]]:
    """Return (group, rows, name) of each group that has rows; -1, called `nobody`, first so that it lies beneath."""
    if groups is None:
        return [(0, np.arange(n), "images")]
    present = [int(g) for g in np.unique(groups)]
    return [(g, np.flatnonzero(groups == g), nobody if g < 0 else escape(names[g])) for g in present]


def bars(
    names: Sequence[str], values: np.ndarray, *, colors: Sequence[str] | str = ACCENT, text: str = ""
) -> go.Figure:
    """Draw horizontal bars, first on top, so that long names can be read; `text` formats the value at the end."""
    fig = go.Figure(
        go.Bar(x=np.asarray(values), y=[escape(n) for n in names], orientation="h", marker_color=colors,
               texttemplate="%{x" + text + "}", textposition="outside", cliponaxis=False,
               hovertemplate="%{y}: %{x" + text + "}<extra></extra>")
    )  # fmt: skip
    fig.update_yaxes(autorange="reversed", showgrid=False, type="category")
    fig.update_xaxes(rangemode="tozero")
    return fig.update_layout(height=120 + 30 * len(names), margin_r=64)


def dots(
    rows: Sequence[str],
    series: dict[str, Sequence[float]],
    *,
    score: str,
    row: str = "",
    form: str = ".3f",
    intervals: dict[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    repeats: dict[str, Sequence[Sequence[float]]] | None = None,
    colors: Sequence[str] | None = None,
    spread: float = 0.0,
) -> go.Figure:
    """Draw scores as marks, a line a row, the first on top.

    Parameters
    ----------
    rows : sequence of str
        Names of the rows.
    series : dict of str to sequence of float
        By name, one value a row; each series has a colour and a mark.
    score, row : str
        What the axes measure and name.
    form : str
        How a value is written when it is pointed at.
    intervals : dict of str to (low, high)
        Bars of a series, ends for each row.
    repeats : dict of str to sequence of sequences of float
        By name of a series, the single values of each row, as small dots of its colour.
    colors : sequence of str
        One a row, where rows have colours and there is one series.
    spread : float
        How far apart the series stand within a row, the distance of two rows being 1.
    """
    fig, names = go.Figure(), [escape(name) for name in rows]
    at = names if not spread else None
    for i, (name, values) in enumerate(series.items()):
        hue = SERIES_COLORS[i % len(SERIES_COLORS)]
        y = at or np.arange(len(rows)) + (i - (len(series) - 1) / 2) * spread
        marker = {
            "size": 10,
            "color": colors or hue,
            "symbol": SYMBOLS[i % len(SYMBOLS)],
        }
        ends = (intervals or {}).get(name)
        bars = {"error_x": interval_bars(*map(np.asarray, (values, *ends)))} if ends else {}
        said = f"%{{text}}, {escape(name)}: %{{x:{form}}}<extra></extra>"
        fig.add_scatter(x=np.asarray(values), y=y, mode="markers", name=escape(name), text=names, marker=marker,
                        hovertemplate=said, showlegend=len(series) > 1, **bars)  # fmt: skip
        own = (repeats or {}).get(name)
        if own is not None:
            fig.add_scatter(x=np.concatenate(own), y=np.repeat(y, [len(some) for some in own]), mode="markers",
                            marker={"size": 4, "color": hue}, showlegend=False,
                            hoverinfo="skip")  # fmt: skip
    ticks = {"type": "category"} if at else {"tickvals": list(range(len(rows))), "ticktext": names}
    fig.update_yaxes(autorange="reversed", showgrid=False, title_text=row, **ticks)
    fig.update_xaxes(title_text=score, tickformat=form if form.endswith("%") else None)
    return fig.update_layout(height=150 + round((36 + 80 * spread) * len(rows)))


def heatmap(values: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, text: str, top: float) -> go.Figure:
    """Draw a matrix with its numbers; the first row is on top."""
    fig = go.Figure(
        go.Heatmap(z=values, x=[escape(c) for c in columns], y=[escape(r) for r in rows], zmin=0, zmax=top,
                   colorscale=SEQUENTIAL, showscale=False, texttemplate="%{z" + text + "}", xgap=1, ygap=1,
                   hovertemplate="%{y}, %{x}: %{z" + text + "}<extra></extra>")
    )  # fmt: skip
    fig.update_yaxes(autorange="reversed", type="category", showgrid=False)
    fig.update_xaxes(side="top", type="category", showgrid=False)
    return fig.update_layout(height=110 + 30 * len(rows), margin_b=16)
