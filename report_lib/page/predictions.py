"""What a run says of new images, as a page with their pictures: the surest, the least sure, the strangest."""

from collections.abc import Sequence

import numpy as np

from report_lib.classification.new_images import told
from report_lib.classification.predictor import Answers
from report_lib.common import style
from report_lib.common.arrays import to_bytes
from report_lib.common.prose import plural
from report_lib.page.embed import read, template
from report_lib.page.explorer import stretched

# Pictures of each kind, at most.
MOST = 48


def predictions_page(
    answers: Answers,
    images: np.ndarray,
    called: Sequence[str] | None,
    class_names: Sequence[str],
    *,
    run: str,
    table: str,
    said: str,
) -> str:
    """Write the page that stands beside the table of answers.

    Parameters
    ----------
    images : ndarray of shape (n, h, w)
    called : sequence of str, or None
        What a person finds each image by, other than its row.
    class_names : sequence of str
        Empty where the run had no labels.
    run : str
        Which was asked.
    table : str
        The file of the table.
    said : str
        What the images were taken for, and what was done to them.

    Returns
    -------
    str
        HTML that fetches nothing and runs nothing.
    """
    pictures, names = stretched(to_bytes(images)), told(answers, class_names)

    def tiles(order: np.ndarray) -> list[dict[str, object]]:
        return [
            {
                "picture": style.png(pictures[i]),
                "name": called[i] if called is not None else f"row {i}",
                "told": names[i],
                "probability": "over 99%" if 0.995 <= answers.probability[i] < 1 else f"{answers.probability[i]:.0%}",
                "strange": not answers.like_seen[i],
            }
            for i in order[:MOST].tolist()
        ]

    strange = np.flatnonzero(~answers.like_seen)
    order = np.argsort(-answers.probability, kind="stable")
    sure, most = order[answers.like_seen[order]], max(1, min(MOST, len(order) // 2))
    by_strangeness = strange[np.lexsort((-answers.distance[strange], answers.as_unusual[strange]))]
    told_apart, counts = np.unique(names, return_counts=True)
    return template("predictions").render(
        css=read("predictions.css"),
        run=run,
        table=table,
        said=said,
        n=plural(len(images), "image"),
        n_strange=len(strange),
        of="class" if class_names else "cluster",
        counts=sorted(zip(counts.tolist(), told_apart.tolist(), strict=True), key=lambda row: (-row[0], row[1])),
        most=int(counts.max()),
        groups=[
            ("Surest", "With the highest probability.", tiles(sure[:most])),
            ("Least sure", "With the lowest probability: look at these first.", tiles(sure[::-1][:most])),
            (
                "Strangest",
                "Unlike anything that the run has seen: its answers for these mean little.",
                tiles(by_strangeness),
            ),
        ],
    )
