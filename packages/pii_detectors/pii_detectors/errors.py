"""User errors; the message names the file, what was found and what was expected."""


class DetectorError(ValueError):
    """Weights that are missing, damaged or of another kind of network."""
