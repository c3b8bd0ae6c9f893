"""Method `blur`: Gaussian blur."""

import math
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from workflow_scripts.anonymization.redaction import Area, Redaction

REACH = 3
"""Number of standard deviations at which a Gaussian is truncated."""
FULL_RESOLUTION = 4.0
"""Maximum standard deviation (pixels) for a blur at full resolution."""


class Blur(Redaction):
    """Blur with a Gaussian."""

    method: Literal["blur"] = "blur"
    """Blur with a Gaussian."""
    strength: float = Field(0.3, gt=0, le=2)
    """Standard deviation of the Gaussian, relative to the smaller side of the region."""

    def fill(self, image: np.ndarray, area: Area) -> np.ndarray:
        """The blurred area, into which its surroundings blend, as in a blurred photograph."""
        sigma = max(self.strength * area.side, 1)
        reach = math.ceil(REACH * sigma)
        top, left = max(area.y0 - reach, 0), max(area.x0 - reach, 0)
        crop = image[top : area.y1 + reach, left : area.x1 + reach]
        blurred = gaussian(crop, sigma)
        return blurred[area.y0 - top : area.y1 - top, area.x0 - left : area.x1 - left]


def gaussian(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur (height, width, 3) uint8; wide Gaussians are computed on a smaller copy.

    The result of a wide Gaussian has no detail that the smaller copy could lose, and at full
    resolution the cost would grow with its width.
    """
    factor = max(sigma / FULL_RESOLUTION, 1)
    height, width = image.shape[:2]
    small = (max(round(width / factor), 1), max(round(height / factor), 1))
    if factor > 1:
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    image = cv2.GaussianBlur(
        image,
        (0, 0),
        sigmaX=sigma * small[0] / width,
        sigmaY=sigma * small[1] / height,
        borderType=cv2.BORDER_REFLECT,  # between pixels, whatever their size
    )
    if factor > 1:
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
    return image
