"""A result in, a Plotly figure out."""

from report_lib.classification.figures.audit import copies, strangers, suspects
from report_lib.classification.figures.datamap import outcomes
from report_lib.classification.figures.few_labels import choosing, learning_curves, to_label
from report_lib.classification.figures.new_images import unlike
from report_lib.classification.figures.pseudo import fidelity, fidelity_and_accuracy
from report_lib.classification.figures.supervised import by_class, confusion, league, mistakes, reliability
