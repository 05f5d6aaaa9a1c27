"""Plotly figures as static pictures: for readers without a script, for paper, and until a chart is drawn."""

from report_lib.html.stills.figure import still
