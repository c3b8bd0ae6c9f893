"""Natural anonymization: what is private becomes something else of the same kind."""
