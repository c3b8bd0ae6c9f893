"""The files that the stages exchange, one module per kind: model, reader and writer."""
