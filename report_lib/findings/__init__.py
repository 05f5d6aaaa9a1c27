"""Values in, sentences out, one module a phase: every number in the report's prose is written here."""

from report_lib.findings import (
    cards,
    classification,
    clustering,
    comparison,
    density,
    gradients,
    headlines,
    layouts,
    league,
    panel,
    reduction,
    understanding,
)
