"""Faces and license plates with their surroundings, cut from frames."""

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from pii_measures import BoxRegion, FaceRegion, PlateRegion

PlaceT = TypeVar("PlaceT", bound=BoxRegion)


@dataclass(frozen=True, eq=False)
class Cutout(Generic[PlaceT]):
    """A region and its surroundings."""

    region: str
    """Id of the region: the same in the original and in each treated image."""
    person: str
    """Who, or which vehicle, it shows: the region's id where nobody knows."""
    image: str
    """File name of the frame."""
    pixels: np.ndarray
    """(height, width, 3) uint8 RGB."""
    place: PlaceT
    """The region within `pixels`: pixels, as it was in the original."""


FaceCutout = Cutout[FaceRegion]
PlateCutout = Cutout[PlateRegion]


def without_landmarks(cutout: FaceCutout) -> FaceCutout:
    """A treated face as an attacker has it, who knows the box but not what it hid.

    Landmarks of the original tell its pose, by which even people behind black boxes are told apart.
    """
    return replace(cutout, place=replace(cutout.place, landmarks=None))
