"""The words everyone speaks: identifiers, errors, redaction, logging, paths."""
