"""A result in, a Plotly figure out; None in, None out."""

from report_lib.reduction.figures.comparison import (
    code_images,
    error_by_size,
    few_labels,
    kmeans_scores,
    loss_curves,
    rebuilt,
    walk,
)
from report_lib.reduction.figures.layouts import faithfulness, layout, neighbor_distances, neighborhood_hit
from report_lib.reduction.figures.linear import (
    components,
    explained_variance,
    mse_curve,
    reconstructions,
    scatter_2d,
    scatter_3d,
    variance_comparison,
)
