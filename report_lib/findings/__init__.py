"""Values in, sentences out, one module a phase: every number in the report's prose is written here."""
