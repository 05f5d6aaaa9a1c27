"""A result in, a Plotly figure out."""

from report_lib.classification.figures.audit import copies, strangers, suspects
from report_lib.classification.figures.everything import strangest
from report_lib.classification.figures.few_labels import learning_curves, to_label
from report_lib.classification.figures.pseudo import fidelity
from report_lib.classification.figures.supervised import by_class, confusion, league, mistakes, reliability
