"""A result in, a Plotly figure out."""

from report_lib.classification.figures import audit, datamap, few_labels, new_images, pseudo_labels, supervised
