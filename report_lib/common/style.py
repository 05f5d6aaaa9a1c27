"""The one template, the one map from class to colour, and the shapes that several phases draw."""

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
from PIL import Image

from report_lib.common.prose import percent, written

# Ten colours that stay apart for colour-blind readers: Paul Tol's "muted" set, its indigo lightened for dark pages,
# and the orange of his "vibrant" set as the tenth.
PALETTE = (
    "#5566cc", "#cc6677", "#117733", "#ddcc77", "#88ccee", "#882255", "#44aa99", "#ee7733", "#aa4499", "#999933",
)  # fmt: skip
# Clusters are not classes, so they have colours of their own: Petroff's accessible ten, his two greys replaced.
CLUSTER_PALETTE = (
    "#3f90da", "#ffa90e", "#bd1f01", "#1f9e77", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#e377c2", "#92dadd",
)  # fmt: skip
# Past ten groups the colours come again, with another mark.
SYMBOLS = ("circle", "diamond", "square", "cross", "x", "triangle-up")
# What the darkest of them become on a dark page, where they would vanish.
ON_DARK = {
    "#5566cc": "#7f8cf0", "#117733": "#3aa564", "#882255": "#c2518f", "#bd1f01": "#e2533a", "#832db6": "#b06be0",
}  # fmt: skip
# Things that are neither classes nor clusters: methods, scores.
SERIES_COLORS = ("#3d6fd1", "#ee7733", "#1f9e77", "#aa4499", "#999933", "#a96b59")
NOISE_COLOR = "#9aa0a6"
ACCENT = "#3d6fd1"
SECOND = "#ee7733"
INK = "#717780"
SEQUENTIAL = [[0.0, "#f3f6fc"], [1.0, "#3d6fd1"]]
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


def color(index: int, *, clusters: bool = False) -> str:
    """Return the colour of a class, or of a cluster, by its position; noise, -1, is grey."""
    palette = CLUSTER_PALETTE if clusters else PALETTE
    return NOISE_COLOR if index < 0 else palette[index % len(palette)]


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
    x: np.ndarray, y: np.ndarray, groups: np.ndarray | None, names: Sequence[str], *, clusters: bool = False
) -> go.Figure:
    """Draw points in two dimensions, one colour a group; group -1, grey, is noise, or of classes unknown.

    As SVG, in which some 4,000 are drawn without delay: Plotly's WebGL needs `unsafe-eval`, which the page forbids.
    """
    fig = go.Figure()
    for group, rows, name in split_groups(groups, len(x), names, nobody="noise" if clusters else "unknown"):
        # A handful of points would be lost among thousands.
        marker = {"size": 4 if len(rows) > 50 else 9, "opacity": 0.65, "color": color(group, clusters=clusters),
                  "symbol": SYMBOLS[max(group, 0) // len(PALETTE) % len(SYMBOLS)]}  # fmt: skip
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
        By name of a series, the single values of each row, as small pale dots of its colour.
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
                            marker={"size": 5, "color": hue, "opacity": 0.4}, showlegend=False,
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
