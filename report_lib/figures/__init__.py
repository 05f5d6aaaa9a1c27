"""One module a phase: a result in, a Plotly figure out. `style` holds the template and what all of them share."""

from report_lib.figures import (
    cards,
    classification,
    clustering,
    comparison,
    density,
    gradients,
    layouts,
    league,
    panel,
    reduction,
    style,
    understanding,
)
