"""Tables as a notebook shows them: what is marked and drawn in their cells."""

import re

import pandas as pd
import pytest

from report_lib.common import display


def cells(frame):
    return re.findall(r"<td>(.+?)</td>", display._table(frame))


def test_the_highest_is_marked_and_its_interval_drawn():
    frame = pd.DataFrame({"accuracy": ["9.5% (9.0% to 10.0%)", "50.0% (40.0% to 60.0%)"], "F1": ["0.9", "0.8"]})
    frame.attrs["best"] = ["accuracy", "F1"]
    span = '<span class="span" style="--at:{};--low:{};--high:{}"></span>'
    assert cells(frame) == [
        "9.5%" + span.format("9.5", "9.0", "10.0") + ' <span class="ends">(9.0% to 10.0%)</span>',
        '<b class="best">0.9</b>',
        '<b class="best">50.0%' + span.format("50.0", "40.0", "60.0") + ' <span class="ends">(40.0% to 60.0%)</span></b>',
        "0.8",
    ]  # fmt: skip


def test_nothing_is_marked_in_a_table_without_an_order_or_of_one_row():
    plain = pd.DataFrame({"a": ["0.1", "0.2"]})
    alone = pd.DataFrame({"a": ["none"]})
    alone.attrs["best"] = ["a"]
    assert cells(plain) == ["0.1", "0.2"]
    assert cells(alone) == ["none"]


def test_text_from_data_is_no_markup():
    frame = pd.DataFrame({"<i>": ["<b>x</b>"]}, index=["<u>"])
    table = display._table(frame)
    assert "<b>x" not in table
    assert "<i>" not in table
    assert "<u>" not in table
    assert cells(frame) == ["&lt;b&gt;x&lt;/b&gt;"]


@pytest.mark.parametrize(("ends", "drawn"), [((0.5, -1.0, 2.0), ("50.0", "0.0", "100.0"))])
def test_an_interval_ends_with_the_scale(ends, drawn):
    assert re.findall(r":([\d.]+)", display.interval_drawn(*ends)) == list(drawn)
