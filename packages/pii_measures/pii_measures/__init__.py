"""Measurements of faces and license plates in images.

`face_crop` crops faces; `band_passed` and `correlation` compare them. `read_plate` reads plates;
`reads_alike` compares their characters. `plates.comparison` and `quality`, which compare images
before and after a change, are imported by their own names.
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
