"""Plotly figures as static pictures: for readers without a script, for paper, and until a chart is drawn."""

from report_lib.page.stills.figure import still
