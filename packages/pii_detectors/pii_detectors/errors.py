"""Errors that the caller can put right; the message names the file, what was found and expected."""


class DetectorError(ValueError):
    """Weights that are missing, damaged or of another kind of network."""
