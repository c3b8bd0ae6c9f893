"""Stage `pii`: detection and statistics of faces and license plates."""
