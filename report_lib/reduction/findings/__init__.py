"""Values in, sentences out; None in, None out."""

from report_lib.reduction.findings.comparison import (
    error_by_size,
    few_labels,
    kmeans,
    middles,
    missing,
    table,
    table_key,
    training,
)
from report_lib.reduction.findings.layouts import faithfulness, tsne_shape
from report_lib.reduction.findings.linear import (
    components_needed,
    first_components,
    in_short,
    learnt_from_all,
    pca_and_svd,
    reconstruction,
)
