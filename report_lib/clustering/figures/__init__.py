"""A result in, a Plotly figure out."""

from report_lib.clustering.figures.cards import cluster_cards
from report_lib.clustering.figures.clusters import best_recall, centroids, class_by_cluster, purity
from report_lib.clustering.figures.density import dbscan_sweep, k_distances
from report_lib.clustering.figures.hog import edges, gradient_settings, same_class
from report_lib.clustering.figures.league import league_scores
from report_lib.clustering.figures.panel import criteria, inertia, resolutions
from report_lib.clustering.figures.planes import dense_places, scatter
