"""Faces and license plates with their surroundings, cropped from frames."""

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from pii_measures import BoxRegion, FaceRegion, PlateRegion

PlaceT = TypeVar("PlaceT", bound=BoxRegion)


@dataclass(frozen=True, eq=False)
class Cutout(Generic[PlaceT]):
    """A region and its surroundings."""

    region: str
    """Id of the region, the same in the original and in each treated image."""
    person: str
    """Person or vehicle in the region; the region's id if unknown."""
    image: str
    """File name of the frame."""
    pixels: np.ndarray
    """(height, width, 3) uint8 RGB."""
    place: PlaceT
    """The original region, in pixels of `pixels`."""


FaceCutout = Cutout[FaceRegion]
PlateCutout = Cutout[PlateRegion]


def without_landmarks(cutout: FaceCutout) -> FaceCutout:
    """A treated face as known to an attacker: the box, but not the landmarks.

    Landmarks of the original reveal its pose, which distinguishes even people behind black boxes.
    """
    return replace(cutout, place=replace(cutout.place, landmarks=None))
