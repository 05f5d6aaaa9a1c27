"""A result in, a Plotly figure out."""

from report_lib.reduction.figures import comparison, layouts, linear
