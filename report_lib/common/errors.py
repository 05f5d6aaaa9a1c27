"""The one exception that is meant for a person: what was wrong, where, and what to do, in one line."""


class ReportError(Exception):
    """A problem that the person who runs the report can mend."""
