"""Values in, sentences out, one module a phase: every number in the report's prose is written here."""

from report_lib.findings import (
    audit,
    cards,
    classification,
    clustering,
    comparison,
    datamap,
    density,
    few_labels,
    gradients,
    headlines,
    layouts,
    league,
    panel,
    predicting,
    reduction,
    scores,
    supervised,
    understanding,
)
