"""Boxes of pixels."""

import math

import numpy as np

from workflow_scripts.contracts.regions import Region

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1, pixels."""


def enlarged(region: Region, margin: float) -> np.ndarray:
    """(2, 2), the corners of a region's box with a margin relative to its size."""
    across, down = margin * region.width, margin * region.height
    return np.array([
        (region.x0 - across, region.y0 - down), (region.x1 + across, region.y1 + down),
    ])  # fmt: skip


def clipped(corners: np.ndarray, frame: tuple[int, int]) -> Box | None:
    """The pixels that a box touches inside the frame (height, width); None for none."""
    height, width = frame
    (x0, y0), (x1, y1) = corners.tolist()
    x0, y0 = max(math.floor(x0), 0), max(math.floor(y0), 0)
    x1, y1 = min(math.ceil(x1), width), min(math.ceil(y1), height)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
