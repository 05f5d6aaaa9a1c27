"""Values in, sentences out."""

from report_lib.reduction.findings import comparison, layouts, linear
