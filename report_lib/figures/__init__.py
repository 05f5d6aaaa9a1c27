"""One module a phase: a result in, a Plotly figure out. `style` holds the template and what all of them share."""

from report_lib.figures import (
    audit,
    cards,
    classification,
    clustering,
    comparison,
    datamap,
    density,
    few_labels,
    gradients,
    layouts,
    league,
    panel,
    predicting,
    reduction,
    style,
    supervised,
    understanding,
)
