"""Natural-looking replacement of faces and license plates in images.

`anonymize` processes a whole image, and `replace_plate` a single plate. `unwrapped` and `donors_of`
prepare the `Donors` from whose faces new ones can be mixed.
"""

from pii_measures import FaceRegion, PlateRegion

from .faces.donors import Donors
from .faces.gather import LeftOut, donors_of
from .faces.unwrap import UnwrappedFace, unwrapped
from .image import anonymize
from .plates.replace import replace_plate
from .replacement import FallbackReason, Replacement, Route

__all__ = [
    "Donors",
    "FaceRegion",
    "FallbackReason",
    "LeftOut",
    "PlateRegion",
    "Replacement",
    "Route",
    "UnwrappedFace",
    "anonymize",
    "donors_of",
    "replace_plate",
    "unwrapped",
]
