"""Likeness of a new face to the old one."""

from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures import FaceRegion, band_passed, correlation, face_crop
from pii_measures.faces import SIDE

from natural_pii.replacement import enlarged

MAX_SIMILARITY = 0.5
"""Likeness that no new face may exceed."""
MARGIN = 0.2
"""Margin inside of the detector's box that is not compared, relative to its size."""


@dataclass(frozen=True, eq=False)
class Look:
    """Pictures of a face that are compared, (32, 32) float32 grey each.

    Attributes:
        aligned: inner face, upright by its landmarks: what an audit compares.
        details: `aligned`, band-passed.
        boxed: middle of the detector's box as it is.
    """

    aligned: np.ndarray
    details: np.ndarray
    boxed: np.ndarray


def look_of(image: np.ndarray, region: FaceRegion) -> Look:
    """Look of a region in an image (height, width, 3) uint8 RGB."""
    aligned = face_crop(image, region)
    return Look(aligned, band_passed(aligned), _middle(image, region))


def _middle(image: np.ndarray, region: FaceRegion) -> np.ndarray:
    """Inner 60 % of a box, in whole pixels."""
    (x0, y0), (x1, y1) = np.rint(enlarged(region, -MARGIN)).astype(int).tolist()
    height, width = image.shape[:2]
    x0, y0 = min(max(x0, 0), width - 1), min(max(y0, 0), height - 1)
    part = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def alikeness(first: Look, second: Look) -> float:
    """Highest of the correlations of two looks' three pictures, -1 to 1."""
    return max(
        correlation(first.details, second.details),
        correlation(first.aligned, second.aligned),
        correlation(first.boxed, second.boxed),
    )
