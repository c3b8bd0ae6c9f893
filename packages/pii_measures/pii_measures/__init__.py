"""Measures of what an image shows of a face or a license plate.

Faces are cut out by `face_crop` and compared by `band_passed` and `correlation`. Plates are read by
`read_plate`; `reads_alike` compares their characters. Import `plates.comparison` and
`quality`, which compare images before and after a change, by their own names.
"""

from .faces import band_passed, correlation, face_crop
from .plates.characters import reads_alike
from .plates.reading import Reading, read_plate
from .plates.rectify import quad_of, rectify
from .regions import BoxRegion, FaceRegion, PlateRegion

__all__ = [
    "BoxRegion",
    "FaceRegion",
    "PlateRegion",
    "Reading",
    "band_passed",
    "correlation",
    "face_crop",
    "quad_of",
    "read_plate",
    "reads_alike",
    "rectify",
]
