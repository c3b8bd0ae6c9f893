"""Boxes and the pixels in them."""

import math
from collections.abc import Sequence

import numpy as np

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels; may extend beyond the image."""
MARGIN = 0.25
"""Largest distance of a box's changes from the box, as a share of its width and height."""


def window_of(box: Box, frame: tuple[int, int]) -> tuple[slice, slice] | None:
    """Rows and columns that a box touches; None if it has none inside the frame.

    Args:
        box: a box, possibly outside the frame.
        frame: height and width.
    """
    height, width = frame
    x0, y0 = max(math.floor(box[0]), 0), max(math.floor(box[1]), 0)
    x1, y1 = min(math.ceil(box[2]), width), min(math.ceil(box[3]), height)
    return None if x1 <= x0 or y1 <= y0 else (slice(y0, y1), slice(x0, x1))


def covered(boxes: Sequence[Box], frame: tuple[int, int], margin: float = 0.0) -> np.ndarray:
    """Pixels of boxes, (height, width) bool.

    Args:
        boxes: boxes, possibly outside the frame.
        frame: height and width.
        margin: added on each side, as a share of a box's width and height.
    """
    mask = np.zeros(frame, bool)
    for x0, y0, x1, y1 in boxes:
        across, down = margin * (x1 - x0), margin * (y1 - y0)
        if window := window_of((x0 - across, y0 - down, x1 + across, y1 + down), frame):
            mask[window] = True
    return mask
