"""The embedded data set: drawn street scenes with exact masks and known faces and plates."""
