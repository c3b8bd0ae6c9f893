"""Faces and license plates replaced by others, so that the image stays natural.

`anonymize` treats a whole image; `replace_plate` one plate.
"""

from pii_measures import FaceRegion, PlateRegion

from .image import anonymize
from .plates.replace import replace_plate
from .replacement import FallbackReason, Replacement, Route

__all__ = [
    "FaceRegion",
    "FallbackReason",
    "PlateRegion",
    "Replacement",
    "Route",
    "anonymize",
    "replace_plate",
]
