"""Values in, sentences out."""

from report_lib.clustering.findings.cards import cards_key, cards_summary, cards_table, naming
from report_lib.clustering.findings.clusters import (
    cluster_classes,
    cluster_scores,
    in_short,
    scaling,
    unconnected,
)
from report_lib.clustering.findings.density import contrast, dbscan, knee
from report_lib.clustering.findings.graphs import graph_choice
from report_lib.clustering.findings.hog import gradient_settings, same_class
from report_lib.clustering.findings.league import (
    LEAGUE_KEY,
    against_published,
    at_panel_number,
    leaders,
    league_table,
    published_table,
    scores_explained,
    terms,
)
from report_lib.clustering.findings.panel import resolutions, separation, suggestions
