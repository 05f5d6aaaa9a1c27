"""One entry a classifier: distinct titles, everything that reads the table finds it, and nothing heavy is imported."""

import subprocess
import sys

import pytest

from report_lib.classification import classifiers
from report_lib.classification.classifiers import CLASSIFIERS, PSEUDO, Setting
from report_lib.run.params import Classification


def test_distinct_models_have_distinct_titles():
    titles = [own.title.lower() for own in (*CLASSIFIERS.values(), *PSEUDO.values())]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", list(CLASSIFIERS))
def test_every_classifier_can_be_asked_for_and_built(name):
    assert Classification(classifiers=[name]).classifiers == [name]
    model = CLASSIFIERS[name].build(Setting(100, 0, (8, 8), (4,), 1))
    assert hasattr(model, "fit")
    assert not CLASSIFIERS[name].named or CLASSIFIERS[name].named.endswith(CLASSIFIERS[name].title)


def test_published_figures_stand_where_there_are_some():
    assert classifiers.published("MNIST")["svc"] == 0.973
    assert set(classifiers.published("Fashion-MNIST")) == set(classifiers.published("MNIST"))
    assert classifiers.published("Digits") == {}


def test_the_table_imports_nothing_heavy():
    code = "import sys, report_lib.classification.classifiers; print(*{'numpy', 'sklearn', 'torch'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []
