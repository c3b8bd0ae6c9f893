"""Smears in place of faces that no other face can be drawn over."""

import math

import cv2
import numpy as np
from pii_measures import FaceRegion

from natural_pii.replacement import Box, clipped, enlarged

from .grid import smooth

MARGIN = 0.3
"""Margin of the ellipse around the box, relative to its size; from 0.21 on it holds the box."""
_FULL = 0.72
"""Share of the ellipse's radius within which nothing of the old pixels is left."""
_REACH = 0.28
"""Standard deviation of the smear, relative to the smaller side of the box."""


def smeared_ellipse(image: np.ndarray, region: FaceRegion) -> tuple[np.ndarray, Box]:
    """Ellipse around a face, filled with what lies around it.

    A blurred face would still show whose it was, so the filling comes from outside of the ellipse.

    Args:
        image: (height, width, 3) uint8 RGB.
        region: a face, at least partly inside of the image.

    Returns:
        A patch (y1 - y0, x1 - x0, 3) uint8, and its box in the image.
    """
    box = clipped(enlarged(region, MARGIN), image.shape[:2])
    assert box is not None  # the region lies partly inside
    x0, y0, x1, y1 = box
    sigma = max(_REACH * min(region.width, region.height), 1.0)
    pad = math.ceil(sigma)
    left, top = max(x0 - pad, 0), max(y0 - pad, 0)
    around = image[top : y1 + pad, left : x1 + pad].astype(np.float32)
    y, x = np.ogrid[top : top + around.shape[0], left : left + around.shape[1]]
    half = 0.5 + MARGIN
    across = (x + 0.5 - (region.x0 + region.x1) / 2) / (region.width * half)
    down = (y + 0.5 - (region.y0 + region.y1) / 2) / (region.height * half)
    reach = np.sqrt(across**2 + down**2)
    outside = (reach > _FULL).astype(np.float32)
    if not outside.any():  # the region is larger than the frame
        outside[:] = 1
    fill = _continued(around, outside, sigma)
    alpha = 1 - smooth(reach, _FULL, 1.0)[..., None]
    if alpha.max() < 1:  # few pixels, none of which has its centre inside
        alpha[:] = 1
    mixed = around + alpha * (fill - around)
    patch = mixed[y0 - top : y1 - top, x0 - left : x1 - left]
    return np.clip(np.rint(patch), 0, 255).astype(np.uint8), box


def _continued(pixels: np.ndarray, known: np.ndarray, sigma: float) -> np.ndarray:
    """Colours of the known pixels, continued over the others and blurred, on a smaller copy."""
    height, width = pixels.shape[:2]
    step = max(int(sigma / 3), 1)
    size = math.ceil(width / step), math.ceil(height / step)
    colour, weight = (
        cv2.resize(values, size, interpolation=cv2.INTER_AREA)
        for values in (pixels * known[..., None], known)
    )
    result = (colour.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-3)).astype(np.float32)
    for factor in (3.0, 1.5, 1.0):
        near = cv2.GaussianBlur(weight, (0, 0), factor * sigma / step)[..., None]
        sums = cv2.GaussianBlur(colour, (0, 0), factor * sigma / step)
        result = (sums + 0.03 * result) / (near + 0.03)
    return cv2.resize(result, (width, height), interpolation=cv2.INTER_LINEAR)
