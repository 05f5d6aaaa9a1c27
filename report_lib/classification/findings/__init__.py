"""Values in, sentences out."""

from report_lib.classification.findings.audit import (
    audit_list,
    copies,
    planted,
    strangers,
    suspects,
    trust,
    unusual_list,
)
from report_lib.classification.findings.everything import all_clusters, all_images
from report_lib.classification.findings.few_labels import (
    choosing,
    curves_key,
    curves_table,
    learning_curves,
    missing_sources,
    to_label,
)
from report_lib.classification.findings.new_images import answers, model, unlike
from report_lib.classification.findings.pseudo import ceiling, cluster_report, cluster_table, fidelity, in_short
from report_lib.classification.findings.supervised import (
    by_class,
    calibration,
    classes_without_images,
    classifiers_key,
    classifiers_table,
    confusion,
    corrected_labels,
    league,
    missing_classifiers,
    published,
)
