"""A result in, a Plotly figure out."""

from report_lib.clustering.figures import cards, clusters, density, hog, league, panel
