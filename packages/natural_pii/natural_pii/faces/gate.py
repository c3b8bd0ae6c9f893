"""How much a new face still has of the old one."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures.face_likeness import SIDE, band_passed, correlation, crop_of

from workflow_scripts.contracts.regions import Region

from .boxes import enlarged

MAX_SIMILARITY = 0.5
"""No face that replaces another one may be more alike."""
MARGIN = 0.2
"""Of the detector's box, at each side, that is not compared."""


@dataclass(frozen=True, eq=False)
class Look:
    """What is compared of a face: three times (32, 32) float32 grey.

    Attributes:
        aligned: the inner face, brought upright by its landmarks: what the privacy audit compares.
        details: the same, band-passed.
        boxed: the middle of the detector's box as it is.
    """

    aligned: np.ndarray
    details: np.ndarray
    boxed: np.ndarray


def look_of(image: np.ndarray, region: Region) -> Look:
    """What of an image, (height, width, 3) uint8 RGB, is compared for a region."""
    aligned = crop_of(image, region)
    return Look(aligned, band_passed(aligned), _middle(image, region))


def _middle(image: np.ndarray, region: Region) -> np.ndarray:
    """The inner 60 % of a box, in whole pixels."""
    (x0, y0), (x1, y1) = np.rint(enlarged(region, -MARGIN)).astype(int).tolist()
    height, width = image.shape[:2]
    x0, y0 = min(max(x0, 0), width - 1), min(max(y0, 0), height - 1)
    part = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def alikeness(first: Look, second: Look) -> float:
    """The highest of the correlations of two looks: of details, and of all that is seen, aligned
    and in the box.
    """
    return max(
        correlation(first.details, second.details),
        correlation(first.aligned, second.aligned),
        correlation(first.boxed, second.boxed),
    )


def similarity(original: np.ndarray, replaced: np.ndarray, region: Region) -> float:
    """How similar the inner face of a region is in two versions of an image, -1 to 1.

    Two people correlate as well, since all faces have eyes and mouths at the same places: see
    `between_people`.

    Args:
        original: (height, width, 3) uint8 RGB.
        replaced: the same size.
        region: a face.
    """
    return alikeness(*(look_of(image, region) for image in (original, replaced)))


def between_people(looks: Sequence[Look]) -> np.ndarray:
    """`alikeness` of all pairs of different people, (n (n - 1) / 2,)."""
    pairs = [alikeness(a, b) for index, a in enumerate(looks) for b in looks[:index]]
    return np.array(pairs)
