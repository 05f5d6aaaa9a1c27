"""Executed notebooks in, one HTML page out."""
