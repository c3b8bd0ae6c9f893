"""Names of images in a list that somebody wrote, and the images of a data set that they mean."""

from .matching import Match, Written, match_names

__all__ = ["Match", "Written", "match_names"]
