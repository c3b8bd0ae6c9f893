"""Parts of an image that a network searches: tiles, or the surroundings of known objects."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

MARGIN = 0.06
"""Margin around the box of a known object, as a share of its sides; labels are not exact."""
MORE = 8
"""Additional margin on each side, pixels."""
OVERLAP = 256
"""Overlap of two tiles, pixels; a narrower object is complete in one of them."""
SHORT = 256
"""Longer side, pixels, at which the largest faces and plates of a frame are small enough."""
PERSON = 256.0
"""Height to which persons are scaled, pixels; their faces are then 20 to 60 pixels."""
ENLARGED = 2.0
"""Largest enlargement of the surroundings of an object."""


@dataclass(frozen=True)
class View:
    """Part of an image that a network searches.

    Attributes:
        x0: left edge, pixels.
        y0: upper edge.
        x1: right edge.
        y1: lower edge.
        scale: factor by which it is resized.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    scale: float = 1.0

    def of(self, image: np.ndarray) -> np.ndarray:
        """Pixels of the view (h, w, 3), resized."""
        part = image[self.y0 : self.y1, self.x0 : self.x1]
        if self.scale == 1:
            return part
        height, width = part.shape[:2]
        size = max(round(width * self.scale), 1), max(round(height * self.scale), 1)
        how = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
        return cv2.resize(part, size, interpolation=how)

    def to_image(self, points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Map points (..., 2) of the resized part with the given shape to pixels of the image."""
        ratio = np.array((self.x1 - self.x0, self.y1 - self.y0)) / shape[1::-1]
        return points * ratio + (self.x0, self.y0)

    def cuts(self, boxes: np.ndarray, image: tuple[int, ...]) -> np.ndarray:
        """Whether each box (n, 4) is cut by the border of the view, but not by that of the image.

        Args:
            boxes: x0, y0, x1, y1 in pixels of the image.
            image: shape of the image.
        """
        near = 1 / self.scale
        low, high = np.array((self.x0, self.y0)), np.array((self.x1, self.y1))
        before = (low > 0) & (boxes[:, :2] < low + near)
        behind = (high < image[1::-1]) & (boxes[:, 2:] > high - near)
        return np.any(before | behind, axis=1)


def tiles(width: int, height: int, side: int, scale: float = 1.0) -> Iterator[View]:
    """Tiles that cover a frame and overlap by 256 pixels, or by half a tile if that is less."""
    overlap = min(OVERLAP, side // 2)
    for y in _starts(height, side, overlap):
        for x in _starts(width, side, overlap):
            yield View(x, y, min(x + side, width), min(y + side, height), scale)


def smaller_scales(width: int, height: int, scale: float) -> list[float]:
    """A half, a quarter, … of a scale, smallest first, until a frame's longer side is short."""
    scales: list[float] = []
    while max(width, height) * scale > SHORT:
        scale /= 2
        scales.insert(0, scale)
    return scales


def _starts(length: int, side: int, overlap: int) -> list[int]:
    if length <= side:
        return [0]
    count = -(-(length - overlap) // (side - overlap))
    return [round(start) for start in np.linspace(0, length - side, count)]


def around(
    boxes: np.ndarray, width: int, height: int, scale_of: Callable[[int, int], float]
) -> Iterator[View]:
    """A view of each box (n, 4) as x0, y0, x1, y1 in pixels, with a margin, inside the frame.

    Args:
        boxes: boxes of known objects; those outside the frame are left out.
        width: width of the frame.
        height: height of the frame.
        scale_of: function from a view's width and height in pixels to its scale.
    """
    for x0, y0, x1, y1 in boxes:
        across, down = MORE + MARGIN * np.array((x1 - x0, y1 - y0))
        left, top = max(int(x0 - across), 0), max(int(y0 - down), 0)
        right, low = min(int(x1 + across) + 1, width), min(int(y1 + down) + 1, height)
        if right > left and low > top:
            yield View(left, top, right, low, scale_of(right - left, low - top))


def scale_of_person(width: int, height: int) -> float:
    """Factor by which a view of a person, or a group, of this size is resized."""
    return min(PERSON / height, ENLARGED)
