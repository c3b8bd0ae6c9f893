"""What is done where no face can be drawn: a strong blur that nobody takes for a face."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from workflow_scripts.regions import Region

from .boxes import Box, clipped, enlarged
from .grid import smooth

MARGIN = 0.3
"""Of the ellipse around the box, relative to its size: from 0.21 on it holds the box."""
STRENGTH = 0.45
"""Sigma of the blur, relative to the smaller side of the box."""


@dataclass(frozen=True, eq=False)
class Soft:
    """Attributes: `patch`, (y1 - y0, x1 - x0, 3) uint8, that belongs into `box` of the image."""

    patch: np.ndarray
    box: Box


def blurred_ellipse(image: np.ndarray, region: Region) -> Soft:
    """Blur the ellipse around a region that lies at least partly inside the frame.

    Its edge is soft: the box that was found is blurred fully, and what is beyond fades.
    """
    box = clipped(enlarged(region, MARGIN), image.shape[:2])
    x0, y0, x1, y1 = box
    sigma = max(STRENGTH * min(region.width, region.height), 1.0)
    pad = math.ceil(2 * sigma)
    top, left = max(y0 - pad, 0), max(x0 - pad, 0)
    around = image[top : y1 + pad, left : x1 + pad]
    soft = _blurred(around, sigma)[y0 - top : y1 - top, x0 - left : x1 - left]
    y, x = np.ogrid[y0:y1, x0:x1]
    across = (x + 0.5 - (region.x0 + region.x1) / 2) / (region.width * (0.5 + MARGIN))
    down = (y + 0.5 - (region.y0 + region.y1) / 2) / (region.height * (0.5 + MARGIN))
    reach = np.sqrt(across**2 + down**2)
    alpha = 1 - smooth(reach, 0.72, 1.0)[..., None]
    if alpha.max() < 1:  # of a few pixels none has its centre inside
        alpha[:] = 1
    mixed = image[y0:y1, x0:x1] * (1 - alpha) + soft * alpha
    return Soft(np.rint(mixed).astype(np.uint8), box)


def _blurred(pixels: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur; a wide one of a smaller copy, which is the same and fast."""
    height, width = pixels.shape[:2]
    step = max(int(sigma / 4), 1)
    size = math.ceil(width / step), math.ceil(height / step)
    small = cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
