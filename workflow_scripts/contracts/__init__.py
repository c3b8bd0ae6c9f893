"""The files on disk that the stages exchange, one module a kind: its model, reader and writer."""
