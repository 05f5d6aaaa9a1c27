"""One module a phase: a result in, a Plotly figure out. `style` holds the template and what all of them share."""
