"""Boxes of pixels."""

import math

import numpy as np

from workflow_scripts.regions import Region

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1, pixels."""


def enlarged(region: Region, margin: float) -> np.ndarray:
    """(2, 2), the corners of a region's box with a margin relative to its size."""
    corners = np.array([(region.x0, region.y0), (region.x1, region.y1)])
    return corners + np.array([[-margin], [margin]]) * (region.width, region.height)


def clipped(corners: np.ndarray, frame: tuple[int, int]) -> Box | None:
    """The pixels that a box touches inside the frame (height, width); None for none."""
    height, width = frame
    x0, y0 = (max(math.floor(value), 0) for value in corners[0])
    x1, y1 = (min(math.ceil(v), end) for v, end in zip(corners[1], (width, height), strict=True))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
