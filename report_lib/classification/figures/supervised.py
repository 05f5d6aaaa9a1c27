"""Figures of what all labels give."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from report_lib.classification.supervised import League, Score
from report_lib.common import style
from report_lib.common.display import passes_none
from report_lib.common.prose import decimal, percent, plural
from report_lib.data.images import ImageSet

# A bin of fewer images says little of how often they are right.
LEAST_IN_BIN = 20


@passes_none
def league(league: League) -> go.Figure | None:
    """Draw the accuracy of each classifier with its interval, beside what is published."""
    scores, published = league.scores, league.published
    names = [f"{one.predictions.title} ({one.predictions.n_images:,})" for one in scores]
    values, low, high = ([getattr(one.accuracy, end) for one in scores] for end in ("value", "low", "high"))
    fig = style.dots(
        names, {"here": values}, score="share of test images right", row="classifier", form=".1%",
        intervals={"here": (low, high)},
    )  # fmt: skip
    known = {name: published[one.predictions.name] for name, one in zip(names, scores, strict=True)
             if one.predictions.name in published and one.predictions.n_images == league.n_train}  # fmt: skip
    if known:
        fig.update_traces(showlegend=True)
        fig.add_scatter(x=list(known.values()), y=list(known), mode="markers", name="published",
                        marker={"size": 11, "color": style.SECOND, "symbol": "line-ns-open", "line_width": 3},
                        hovertemplate="%{y}, published: %{x:.1%}<extra></extra>")  # fmt: skip
    once = ", of one training each" * (len(scores) > 1)
    beside = " Orange: as published, where taught as many images." if known else ""
    return style.finish(
        fig,
        title=f"{style.sentence(scores[0].predictions.title)} is right most often{once}: {percent(values[0], 1)}",
        caption="Share of the test images that each classifier gets right, with 95% intervals; in brackets, how many train "
        f"images it learnt from.{beside}",
        numbers=style.listing(names, values, ".1%"),
        xaxis_nticks=8,
        legend={"orientation": "h", "y": 1.12, "x": 1, "xanchor": "right"},
    )


@passes_none
def by_class(score: Score, names: Sequence[str]) -> go.Figure | None:
    """Draw precision, recall and F1 of each class, the hardest on top."""
    order = np.argsort(score.f1, kind="stable")
    order = order[score.support[order] > 0]
    shown = {"precision": score.precision[order], "recall": score.recall[order], "F1": score.f1[order]}
    labels = [names[i] for i in order]
    return style.finish(
        style.dots(labels, shown, score="share", row="class", form=".0%"),
        title=f"{labels[0]} is the hardest class (F1 {decimal(score.f1[order[0]])}), {labels[-1]} the easiest "
        f"({decimal(score.f1[order[-1]])})",
        caption=f"Test images, {score.predictions.title}. Precision: of the images called so, how many are. Recall: of the "
        "images that are, how many are called so. F1: their harmonic mean.",
        numbers=" ".join(
            f"{name}: {style.listing(labels, own, '.3f' if name == 'F1' else '.1%')}" for name, own in shown.items()
        ),
    )


@passes_none
def confusion(score: Score, images: ImageSet) -> go.Figure | None:
    """Draw the confusion matrix with the surest image in each cell and the count above it."""
    counts, names, n = score.confusion, images.class_names, len(images.class_names)
    h, w = images.image_shape
    label = max(5, round(0.34 * h))
    tiles = np.where((counts.ravel() > 0)[:, None, None], images.test_images[score.examples().ravel()], np.nan)
    fig = style.image_grid(tiles, columns=n, limits=images.limits, label=label)
    step_x, step_y = w + style.GAP, h + label
    size = max(7, 11 - max(0, n - 10) // 2)
    notes = [
        {"x": j * step_x + (w - 1) / 2, "y": i * step_y + label - 1, "text": f"{count:,}", "showarrow": False,
         "yanchor": "bottom", "font": {"size": size, "weight": 700 if i == j else 400}}
        for (i, j), count in np.ndenumerate(counts) if count
    ]  # fmt: skip
    for i, name in enumerate(names):
        at = {"text": style.escape(name), "showarrow": False, "font": {"size": 12}}
        notes.append({"x": 0, "xref": "paper", "xshift": -8, "y": i * step_y + label + h / 2, "xanchor": "right", **at})
        notes.append({"y": 1, "yref": "paper", "yshift": 6, "x": i * step_x + w / 2, "yanchor": "bottom",
                      "textangle": -35, "xanchor": "left", **at})  # fmt: skip
    # Names over the columns are at a slant.
    room = 50 + 4 * min(12, max(len(str(name)) for name in names))
    # Roots, as mistakes are few beside what is right.
    shades = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    fig.update_layout(meta={**fig.layout.meta, "shades": np.round(shades, 3).ravel().tolist()})
    off = counts - np.diag(np.diag(counts))
    worst = np.unravel_index(off.argmax(), off.shape)
    true, called = names[worst[0]], names[worst[1]]
    said = f"The most frequent mistake: {true} called {called}, {off[worst]:,} of {counts[worst[0]].sum():,}"
    return style.finish(
        fig,
        reading=(
            "The row is the true class, the column what the classifier said. On the diagonal it is right. Two cells mirrored "
            "at the diagonal are two classes taken for each other."
        ),
        title=said if off.any() else "Every test image is right",
        caption=f"Test images, {score.predictions.title}. Rows: the true class. Columns: what it is called. Each cell shows "
        "the surest image, and above it how many there are; the darker a cell, the more of its row are there. The diagonal "
        "is right.",
        numbers=" ".join(f"{names[i]} is called {style.listing(names, counts[i], ',d')}" for i in range(n)),
        annotations=notes,
        margin_l=110,
        margin_r=64,
        margin_t=50 + room,
        height=fig.layout.height + room,
    )


def mistakes(score: Score | None, images: ImageSet, *, most: int = 12) -> go.Figure | None:
    """Draw test images that are wrong with the highest probability, with what each is and is called."""
    rows = [] if score is None else score.mistakes(most)
    if not len(rows):
        return None
    names, called = images.class_names, score.predictions.classes
    titles = [f"{names[images.test_labels[row]]} → {names[called[row]]}" for row in rows]
    fig = style.image_grid(images.test_images[rows], columns=min(6, len(rows)), titles=titles, limits=images.limits)
    places = images.called("test", rows)
    return style.finish(
        fig,
        title=f"The {len(rows)} surest mistakes of the {score.predictions.title}",
        caption="Test images that get a wrong class with the highest probability, the surest first. Over each, its label and "
        "what it is called. Some of the labels may be wrong.",
        numbers="; ".join(f"{place}: {title}" for place, title in zip(places, titles, strict=True)) + ".",
    )


def reliability(league: League | None) -> go.Figure | None:
    """Draw how often the three best classifiers with probabilities are right against how sure they are."""
    if league is None or not league.sure:
        return None
    scores = league.sure[:3]
    fig = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", name="as sure as right", hoverinfo="skip",
                               line={"color": style.INK, "dash": "dot"}))  # fmt: skip
    for i, one in enumerate(scores):
        found = one.calibration
        kept = found.count >= LEAST_IN_BIN
        size = 6 + 14 * np.sqrt(found.count[kept] / found.count.sum())
        fig.add_scatter(x=found.confidence[kept], y=found.accuracy[kept], mode="lines+markers", text=found.count[kept],
                        name=one.predictions.title, line={"color": style.series(i)}, marker={"size": size},
                        hovertemplate="sure %{x:.2f}, right %{y:.2f}, %{text:,} images")  # fmt: skip
    fig.update_xaxes(title_text="how sure: highest probability, mean of the bin", range=[0, 1.02])
    fig.update_yaxes(title_text="how often right", range=[0, 1.02])
    errors = {one.predictions.title: one.calibration.expected_error for one in scores}
    return style.finish(
        fig,
        reading=(
            "On the diagonal, a classifier that is half sure is half the time right. Below it, it is too sure; above it, not "
            "sure enough."
        ),
        title="How far from as sure as right: "
        + ", ".join(f"{name} {percent(own, 1)}" for name, own in errors.items()),
        caption=f"Reliability on the test images, {plural(len(scores), 'classifier')}. On the dotted line a classifier is as "
        f"often right as it says. Larger marks hold more images; bins of fewer than {LEAST_IN_BIN} are not drawn.",
        numbers="Expected calibration error: " + style.listing(list(errors), list(errors.values()), ".1%"),
        height=460,
        legend={"orientation": "h", "y": -0.2},
    )
