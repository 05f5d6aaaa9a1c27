"""How time and memory grow with the number of images, section by section: `make bench SIZES="7500 15000 30000 60000"`.

Exponents are slopes of least squares through the logarithms of images and of the seconds that a run's own record has.
"""

from pathlib import Path
from typing import Any

import numpy as np

from report_lib.data import datasets
from report_lib.run.params import Params

Sections = dict[str, dict[str, float]]
# A section is judged if it takes so many seconds of the most images; the rest is start-up and noise.
LEAST_SECONDS = 1.0
# Repeated runs differ by a tenth: that much of a slope over three doublings.
TOLERANCE = 0.05


def write_some(asked: Params, n_images: int, folder: Path) -> Path | None:
    """Draw so many images of a run's set, and write them into a folder; return the file, None where the set has fewer.

    With labels it is an .npz file of the shares of the set's parts; without, an .npy file, of which runs read what they need.
    """
    spec = asked.dataset.model_dump() | {"n_images": n_images}
    images = datasets.load(**spec, seed=asked.seed)
    parts = {"train_images": images.train_images, "test_images": images.test_images}
    # Parts round their shares; only a set that is looked at as a whole may have fewer.
    if not images.n_source and sum(map(len, parts.values())) < n_images:
        return None
    path = folder / f"{n_images}.{'npz' if images.has_labels else 'npy'}"
    if images.has_labels:
        np.savez(path, **parts, train_labels=images.train_labels, test_labels=images.test_labels)
    else:
        np.save(path, np.concatenate([*parts.values()]))
    return path


def slope(sizes: list[int], values: list[float]) -> float:
    """Return the exponent of the power of the size that the values follow."""
    # Of what takes no time there is nothing to follow.
    return float(np.polyfit(np.log(sizes), np.log(np.maximum(values, 0.01)), 1)[0])


def summed_up(by_size: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Return what grows how.

    Parameters
    ----------
    by_size : dict of int to dict
        For each number of images `seconds` and `peak_memory` of a run and its `sections`: seconds by phase and section.

    Returns
    -------
    dict
        `exponents` of all, of memory and of each section that takes a while; `n_log_n`, the exponent that n log n has over
        these sizes; `faster`, the sections that grow faster than that.
    """
    sizes = sorted(by_size)
    named = {size: _named(by_size[size]["sections"]) for size in sizes}
    found, faster = {}, []
    for name in (name for name, seconds in named[sizes[-1]].items() if seconds >= LEAST_SECONDS):
        # What there is little to do for up to some size grows from there: all images are told of those that have a sample.
        own = [size for size in sizes if named[size].get(name, 0.0) >= LEAST_SECONDS]
        own = own if len(own) > 1 else sizes
        found[name] = slope(own, [named[size].get(name, 0.0) for size in own])
        faster += [name] * (found[name] > slope(own, [n * np.log(n) for n in own]) + TOLERANCE)
    bound = slope(sizes, [n * np.log(n) for n in sizes])
    whole = {name: slope(sizes, [by_size[size][name] for size in sizes]) for name in ("seconds", "peak_memory")}
    return {"exponents": whole | {"sections": found}, "n_log_n": bound, "faster": faster}


def _named(sections: Sections) -> dict[str, float]:
    return {f"{phase}: {title}": s for phase, own in sections.items() for title, s in own.items()}


def lines(by_size: dict[int, dict[str, Any]], grown: dict[str, Any]) -> list[str]:
    """Return the figures as a table: a row a section, a column a number of images, the exponent at the end."""
    sizes, exponents = sorted(by_size), grown["exponents"]
    rows = {"all, seconds": ([by_size[n]["seconds"] for n in sizes], exponents["seconds"])}
    rows["most memory, GB"] = [by_size[n]["peak_memory"] / 1e9 for n in sizes], exponents["peak_memory"]
    named = {n: _named(by_size[n]["sections"]) for n in sizes}
    for name, own in sorted(exponents["sections"].items(), key=lambda item: -item[1]):
        rows[f"{name}, seconds"] = [named[n].get(name, 0.0) for n in sizes], own
    wide = max(map(len, rows))
    head = f"  {'':{wide}}" + "".join(f"{n:>10,}" for n in sizes) + "  exponent"
    table = [
        f"  {name:{wide}}" + "".join(f"{value:10.2f}" for value in values) + f"{own:10.2f}"
        for name, (values, own) in rows.items()
    ]
    bound = f"n log n ({grown['n_log_n']:.2f})"
    said = f"nothing that takes {LEAST_SECONDS:g} s or more grows faster than {bound}"
    if grown["faster"]:
        said = f"faster than {bound}: {'; '.join(grown['faster'])}"
    return [head, *table, said]
