"""Tolerance for the effect of a lossy codec, estimated beside the areas that may be changed.

Codecs alter detail more than flat areas, so only blocks with at least the median detail of the
blocks in the boxes are used. The constants were measured on faces in drawn scenes and photographs,
40 px wide and more, cropped to 5 to 95 % of the image; blurred, pixelated, replaced or unchanged;
JPEG and WebP with quality 75 and 90, JPEG with 75 and then 90, and with 90 and then 75. Unchanged
faces need a tolerance of at most 16 levels; changed faces are detected with a tolerance of up to 18
or more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .boxes import MARGIN, Box, covered

BLOCK = 16
"""Side of the blocks whose differences are compared, pixels; JPEG codes colours in such blocks."""
FEWEST_BLOCKS = 8
"""Number of blocks beside the boxes below which nothing is estimated."""
TEXTURE = 10
"""Smallest range of brightness, levels, of a block that any other encoder would alter; flat blocks
may look the same after all encoders."""
MIN_TOLERANCE = 5
"""Difference between decoders in the brightness of some pixels, measured on photographs that other
tools had anonymized and stored as JPEG."""
ASSUMED_TOLERANCE = 16
"""Tolerance where nothing can be estimated, levels; see above."""
ASSUMPTION = (
    "too little detail lies beside faces and license plates to measure what compression changed; "
    f"differences of up to {ASSUMED_TOLERANCE} of 255 levels did not count as changes"
)
"""Explanation for readers."""
MAX_TOLERANCE = 32
"""Difference above which a pixel counts as changed even if everything beside the boxes differs as
much."""
_FACTOR = 1.5
"""Ratio of the tolerance to the upper quartile over the blocks."""


@dataclass(frozen=True)
class Tolerance:
    """Largest difference that does not count as a change."""

    levels: int
    assumed: bool = False
    """Whether there is too little detail beside the boxes to estimate it."""


def tolerance_of(original: np.ndarray, differences: np.ndarray, boxes: Sequence[Box]) -> Tolerance:
    """Largest difference that coding explains, estimated from the image itself.

    Args:
        original: (h, w) uint8, brightness.
        differences: (h, w) uint8, difference of the twin's brightness.
        boxes: boxes of areas that may be changed.

    Returns:
        1.5 times the upper quartile over the blocks beside the boxes, between `MIN_TOLERANCE` and
        `MAX_TOLERANCE`. With too few blocks, `MIN_TOLERANCE` if no textured block beside the boxes
        differs at all, else `ASSUMED_TOLERANCE`.
    """
    height, width = differences.shape
    inside, near = (
        covered(boxes, (height, width), margin).view(np.uint8) for margin in (0, MARGIN)
    )
    peaks = _blocks(cv2.dilate, differences)
    detail = _blocks(cv2.dilate, original).astype(int) - _blocks(cv2.erode, original)
    of_boxes, beside = _blocks(cv2.dilate, inside) > 0, _blocks(cv2.dilate, near) == 0
    compared = detail[of_boxes] if of_boxes.any() else detail
    usable = beside & (detail >= np.median(compared)) if compared.size else beside
    if usable.sum() >= FEWEST_BLOCKS:
        reached = _FACTOR * float(np.percentile(peaks[usable], 75))
        return Tolerance(round(min(max(reached, MIN_TOLERANCE), MAX_TOLERANCE)))
    textured = beside & (detail >= TEXTURE)
    if textured.sum() >= FEWEST_BLOCKS and not peaks[textured].any():  # the same encoder
        return Tolerance(MIN_TOLERANCE)
    return Tolerance(ASSUMED_TOLERANCE, assumed=True)


def _blocks(extreme: Callable[..., np.ndarray], values: np.ndarray) -> np.ndarray:
    """Largest or smallest value (`cv2.dilate`, `cv2.erode`) of each block of (h, w) uint8."""
    middle = slice(BLOCK // 2, None, BLOCK)
    return extreme(values, np.ones((BLOCK, BLOCK), np.uint8))[middle, middle]
