"""A result in, a Plotly figure out; None in, None out."""

from report_lib.reduction.figures.comparison import error_by_size, few_labels, kmeans_scores, loss_curves, rebuilt, walk
from report_lib.reduction.figures.layouts import faithfulness, layout
from report_lib.reduction.figures.linear import components, explained_variance, mse_curve, scatter
