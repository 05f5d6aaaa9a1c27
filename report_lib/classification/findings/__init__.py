"""Values in, sentences out."""

from report_lib.classification.findings import (
    audit,
    datamap,
    few_labels,
    headlines,
    new_images,
    pseudo_labels,
    supervised,
)
