"""Values in, sentences out."""

from report_lib.clustering.findings import cards, clusters, density, hog, league, panel
