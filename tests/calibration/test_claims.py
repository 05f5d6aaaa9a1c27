"""What the page claims of made images is right as often as it says; a few of each kind, `make calibrate` tries many."""

import numpy as np
import pytest

from tests.calibration import __main__ as calibrate
from tests.calibration.claims import Outcome, by_claim


@pytest.mark.parametrize("make", calibrate.REPEATS, ids=lambda make: make.__name__)
def test_claims_are_right_as_often_as_they_say(make):
    rows = calibrate.tried(make, calibrate.REPEATS[make][1])
    assert rows
    assert [(row.claim, row.right.mean(), row.said.mean()) for row in rows if not row.held] == []


@pytest.mark.parametrize(
    ("right", "said", "held"),
    [
        ([1] * 19 + [0], 1.0, False),
        ([1] * 20, 1.0, True),
        ([1] * 18 + [0] * 2, 0.95, True),
        ([1] * 14 + [0] * 6, 0.95, False),
        ([0.5, 0.6, 0.4, 0.5], 0.95, False),
        ([0.97, 0.93, 0.9, 0.99], 0.95, True),
        ([0.7, 0.7], 0.8, False),
    ],
)
def test_a_claim_is_held_unless_it_is_wrong_more_often_than_by_chance(right, said, held):
    assert by_claim([Outcome("it is so", own, said) for own in right])[0].held == held


def test_what_is_said_may_differ_from_one_set_to_the_next():
    said = np.array([0.2, 0.5, 0.8])
    near = [Outcome("as many", own + gap, own) for own, gap in zip(said, (0.1, -0.1, 0.05), strict=True)]
    assert by_claim(near)[0].held
    worse = [Outcome("as many", own - gap, own) for own, gap in zip(said, (0.11, 0.1, 0.09), strict=True)]
    assert not by_claim(worse)[0].held
    assert [row.claim for row in by_claim([*worse, Outcome("another", 1, 1)])] == ["as many", "another"]


def test_the_command_prints_a_line_for_each_claim_and_fails_where_one_is_not_held(monkeypatch, capsys):
    def make(rng):
        yield Outcome("always", 1, 1)
        yield Outcome("never", 0, 1)

    monkeypatch.setattr(calibrate, "REPEATS", {make: (3, 1)})
    assert calibrate.main() == 1
    _, always, never = capsys.readouterr().out.splitlines()
    assert always.split() == ["always", "1.000", "1.000", "3"]
    assert never.endswith("less often than it says")
