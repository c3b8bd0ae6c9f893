"""What is done where no face can be drawn: a smear of what lies around it."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures.face_likeness import window_of

from workflow_scripts.contracts.regions import Region

from .boxes import Box, clipped, enlarged
from .grid import smooth

MARGIN = 0.3
"""Of the ellipse around the box, relative to its size: from 0.21 on it holds the box."""
_FULL = 0.72
"""Share of the ellipse's radius up to which nothing of the old pixels is left."""
_SQUARE = 6
"""Power of the ellipse's norm where it has to hold corners."""
_REACH = 0.28
"""Sigma of the smear, relative to the smaller side of the box."""


@dataclass(frozen=True, eq=False)
class Soft:
    """Attributes: `patch`, (y1 - y0, x1 - x0, 3) uint8, that belongs into `box` of the image."""

    patch: np.ndarray
    box: Box


def smeared_ellipse(
    image: np.ndarray, region: Region, even: float, slope: float, whole: bool
) -> Soft:
    """Fill the ellipse around a region that lies at least partly inside the frame.

    A blurred face still correlates with itself. So what is filled in comes from around the
    ellipse, and where that happens to look like the old picture, from one colour.

    Args:
        image: (height, width, 3) uint8 RGB.
        region: a face.
        even: share of one colour, the mean of what is filled in, 0 to 1.
        slope: change of its brightness from the middle to the right edge of the box, a share.
        whole: cover all that likeness is measured by, with an ellipse that is nearly a rectangle.
    """
    power = _SQUARE if whole else 2
    reached = 0.5 + MARGIN
    if whole:
        reached = max(reached, _distance(_compared(region, image.shape[:2]), region, power) / _FULL)
    box = clipped(enlarged(region, reached - 0.5), image.shape[:2])
    x0, y0, x1, y1 = box
    sigma = max(_REACH * min(region.width, region.height), 1.0)
    pad = math.ceil(sigma)
    left, top = max(x0 - pad, 0), max(y0 - pad, 0)
    around = image[top : y1 + pad, left : x1 + pad].astype(np.float32)
    y, x = np.ogrid[top : top + around.shape[0], left : left + around.shape[1]]
    across = (x + 0.5 - (region.x0 + region.x1) / 2) / (region.width * reached)
    down = (y + 0.5 - (region.y0 + region.y1) / 2) / (region.height * reached)
    reach = (np.abs(across) ** power + np.abs(down) ** power) ** (1 / power)
    outside = np.float32(reach > _FULL)
    if not outside.any():  # the region is larger than the frame
        outside[:] = 1
    fill = _continued(around, outside, sigma)
    mean = fill[reach <= _FULL].mean(axis=0) if (reach <= _FULL).any() else fill.mean(axis=(0, 1))
    light = 1 + slope * np.clip(2 * reached * across, -1.6, 1.6)
    light = np.broadcast_to(light, reach.shape)[..., None]
    fill = fill + even * (mean * light - fill)
    alpha = 1 - smooth(reach, _FULL, 1.0)[..., None]
    if alpha.max() < 1:  # of a few pixels none has its centre inside
        alpha[:] = 1
    mixed = around + alpha * (fill - around)
    patch = mixed[y0 - top : y1 - top, x0 - left : x1 - left]
    return Soft(np.clip(np.rint(patch), 0, 255).astype(np.uint8), box)


def _compared(region: Region, frame: tuple[int, int]) -> np.ndarray:
    """(4, 2), corners of all pixels of a frame that likeness is measured by."""
    box = np.array(window_of(region, frame)).reshape(2, 2)
    corners = np.vstack([box, enlarged(region, 0)])
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def _distance(points: np.ndarray, region: Region, power: float) -> float:
    """How far the farthest point is from a box's middle, in widths and heights of it."""
    middle = (region.x0 + region.x1) / 2, (region.y0 + region.y1) / 2
    shares = np.abs(points - middle) / (region.width, region.height)
    return float(((shares**power).sum(axis=1) ** (1 / power)).max())


def _continued(pixels: np.ndarray, known: np.ndarray, sigma: float) -> np.ndarray:
    """The known pixels' colours carried over everything, and blurred; of a smaller copy."""
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
