"""Sentences and a table on all images of a source, of which a run looks at some."""

import pandas as pd

from report_lib.classification.everything import Everything
from report_lib.common.display import passes_none
from report_lib.common.prose import percent, shared


@passes_none
def all_images(told: Everything, name: str) -> str | None:
    """Say what the model says of all images, and how far it is right where nobody has looked."""
    said = (
        f"The report looks at {told.n_looked_at:,} of {told.n:,} images. The model has told the cluster of all of them, one "
        f"row an image in `{name}`. {told.n_unlike:,} of them ({percent(told.n_unlike / told.n, 1)}) are unlike anything that "
        "the report has looked at."
    )
    if told.right:
        said += f" Of {told.n_judged:,} other images with a label, it is right for {shared(told.right)}."
    return said


@passes_none
def all_clusters(told: Everything) -> pd.DataFrame | None:
    """Tabulate how many of all images each cluster has, beside its share of those that the run has looked at."""
    names = [*(f"C{i + 1}" for i in range(len(told.counts) - 1)), "noise"]
    rows = {
        name: {
            "images": f"{count:,}",
            "share of all": percent(count / told.n, 1),
            "share of those looked at": percent(seen / told.n_looked_at, 1),
        }
        for name, count, seen in zip(names, told.counts.tolist(), told.looked_at.tolist(), strict=True)
        if count or name != "noise"
    }
    return pd.DataFrame.from_dict(rows, orient="index")
