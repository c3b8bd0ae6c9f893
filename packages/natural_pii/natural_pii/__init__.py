"""Faces and license plates replaced by others, so that the image stays natural.

`anonymize` treats a whole image; `replace_plate` one plate. `unwrapped` and `donors_of` make the
`Donors` that new faces can be mixed from.
"""

from pii_measures import FaceRegion, PlateRegion

from .faces.donors import LEAST as LEAST_PEOPLE
from .faces.donors import Donors
from .faces.gather import donors_of
from .faces.unwrap import UnwrappedFace, unwrapped
from .image import anonymize
from .plates.replace import replace_plate
from .replacement import FallbackReason, Replacement, Route

__all__ = [
    "LEAST_PEOPLE",
    "Donors",
    "FaceRegion",
    "FallbackReason",
    "PlateRegion",
    "Replacement",
    "Route",
    "UnwrappedFace",
    "anonymize",
    "donors_of",
    "replace_plate",
    "unwrapped",
]
