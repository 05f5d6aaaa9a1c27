"""Finished runs, made up: what a comparison and a sweep read of a run's folder, and no more."""

import json

import nbformat.v4 as v4
import numpy as np
import plotly.graph_objects as go

from report_lib.common import style
from report_lib.page.exporter import PLOTLY
from report_lib.run.artifacts import HOMES, PHASES, notebook_name
from report_lib.run.params import load_params

NAMES = ["<b>boot", "coat"]


def score(value, half, draws):
    """Return what the league has of a clustering with that mean accuracy."""
    keys = ("accuracy", "nmi", "ari")
    return {
        "method": "graph", "on": "PCA",
        "mean": dict.fromkeys(keys, value),
        "mean_intervals_95": {key: {"low": value - half, "high": value + half} for key in keys},
        "standard_deviation": dict.fromkeys(keys, float(np.std(draws, ddof=1))),
        "by_seed": {key: list(draws) for key in keys},
    }  # fmt: skip


def metrics(accuracy=0.6, conv=0.9, half=0.01):
    """Return the metrics of each phase of a run."""
    graph = score(accuracy, half, [accuracy - 0.001, accuracy, accuracy + 0.001])
    return {
        "understanding": {
            "dataset": {"title": "Made", "class_names": NAMES, "sha256": {"images": "x"}},
            "class_counts": {"0": 6, "1": 6},
        },
        "reduction": {"pca": {"components_for_95": 3}},
        "clustering": {
            "chosen": "graph", "league": {"graph on PCA": graph}, "methods": {"graph": {"n_clusters": 2, **graph}},
        },
        "classification": {"supervised": {"conv": {
            "accuracy": conv, "n_images": 40, "interval_95": {"low": conv - half, "high": conv + half}}}},
    }  # fmt: skip


def points(**changes):
    """Return twelve test images of two classes and two clusters, all named rightly."""
    labels = np.arange(12) % 2
    made = {
        "rows": np.arange(12), "thumbnails": np.full((12, 4, 4), 9, np.uint8), "clusters": labels, "labels": labels,
        "predicted": labels, "margins": np.linspace(0, 1, 12, dtype=np.float32), "suspects": np.zeros(12, bool),
        "method": np.array("UMAP"),
    }  # fmt: skip
    return made | changes


def figure(y):
    fig = style.finish(go.Figure(go.Scatter(x=[1, 2], y=y, mode="lines")), title=f"It ends at {y[-1]}", caption="Made.")
    return json.loads(fig.to_json())


def write_run(build, name, *, found=None, shown=None, settings=(), data="x", **record):
    """Write a finished run on made images; `shown` is what the one figure of each notebook draws."""
    folder = build / name
    given = load_params("params/digits.yaml", [f"name={name}", *settings]).model_dump(mode="json")
    told = {"parameters": given, "data": {"images": data, "labels": "y"}, "commit": "c" * 40, "sections": {}, **record}
    (folder / "notebooks").mkdir(parents=True)
    (folder / "provenance.json").write_text(json.dumps(told))
    (folder / ".report-run").write_text("")
    for phase, own in (found or metrics()).items():
        (folder / "artifacts" / phase).mkdir(parents=True)
        (folder / "artifacts" / phase / "metrics.json").write_text(json.dumps(own))
    for phase in PHASES:
        output = v4.new_output("display_data", {PLOTLY: figure(shown or [1, 2])})
        cells = [v4.new_markdown_cell("# T"), v4.new_markdown_cell("## One"), v4.new_code_cell("x", outputs=[output])]
        text = json.dumps(v4.new_notebook(cells=cells))
        (folder / "notebooks" / notebook_name(phase)).write_text(text)
    write_points(folder, points())
    return folder


def write_points(folder, arrays):
    np.savez(folder / "artifacts" / "/".join(HOMES["datamap"]), **arrays)
