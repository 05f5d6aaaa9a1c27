"""What is read off a notebook."""

import nbformat

from report_lib.common.notebooks import titled


def test_each_cell_has_the_title_of_its_section():
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    cells = [
        text("# Phase"),
        code("a"),
        text("why\n## One \nmore"),
        code("b"),
        code("c"),
        text("no heading"),
        code("d"),
    ]
    told = [
        (title, cell.source)
        for title, cell in titled(nbformat.v4.new_notebook(cells=cells))
        if cell.cell_type == "code"
    ]
    assert told == [("", "a"), ("One", "b"), ("One", "c"), ("One", "d")]
