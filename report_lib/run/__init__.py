"""One run: its parameters, its files, the order of its phases."""
