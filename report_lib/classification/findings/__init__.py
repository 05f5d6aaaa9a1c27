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
from report_lib.classification.findings.datamap import map_trust
from report_lib.classification.findings.few_labels import (
    choosing,
    curves_key,
    curves_table,
    learning_curves,
    medoids,
    missing_sources,
    to_label,
)
from report_lib.classification.findings.headlines import interpretation
from report_lib.classification.findings.new_images import answers, model, unlike
from report_lib.classification.findings.pseudo import ceiling, cluster_report, cluster_table, fidelity
from report_lib.classification.findings.supervised import (
    by_class,
    calibration,
    classes_without_images,
    classifier_times,
    classifiers_key,
    classifiers_table,
    confusion,
    league,
    missing_classifiers,
    published,
)
