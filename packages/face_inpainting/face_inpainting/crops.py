"""Square crops around faces with the faces removed, and pasting of the painted results."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels; may extend beyond the image."""
SMALLEST_SIDE = 16
"""Least side of a square, pixels, at which it shows some surroundings even of the smallest face."""


@dataclass(frozen=True)
class Hole:
    """Area to inpaint for a face."""

    face: Box
    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 in pixels, inside the frame: the face enlarged by the margin."""
    margin: float
    """Margin on each side, relative to the face's size."""

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the box."""
        x0, y0, x1, y1 = self.box
        return slice(y0, y1), slice(x0, x1)

    def weights(self) -> np.ndarray:
        """(y1 - y0, x1 - x0, 1) float, weight of the new pixels: 1 on each pixel that the face
        touches, decreasing to 0 over the margin.
        """
        x0, y0, x1, y1 = self.box
        left, top, right, bottom = self.face
        rows = _ramp(y0, y1, top, bottom, self.margin * (bottom - top))
        columns = _ramp(x0, x1, left, right, self.margin * (right - left))
        return (rows[:, None] * columns[None, :])[..., None]


def hole_of(face: Box, frame: tuple[int, int], margin: float) -> Hole | None:
    """Area to inpaint; None for a face that is empty or outside the frame.

    Args:
        face: box of the face.
        frame: height and width, pixels.
        margin: margin on each side, relative to the face's size.
    """
    if face[2] <= face[0] or face[3] <= face[1]:
        return None
    corners = np.array(face, np.float64).reshape(2, 2)
    centre = corners.mean(axis=0)
    low, high = centre + (corners - centre) * (1 + 2 * margin)
    height, width = frame
    x0, y0 = (max(math.floor(value), 0) for value in low)
    x1, y1 = (min(math.ceil(value), end) for value, end in zip(high, (width, height), strict=True))
    return Hole(face, (x0, y0, x1, y1), margin) if x1 > x0 and y1 > y0 else None


def holes_mask(holes: list[Hole], frame: tuple[int, int]) -> np.ndarray:
    """(height, width) bool, the pixels of all holes."""
    mask = np.zeros(frame, bool)
    for hole in holes:
        mask[hole.window] = True
    return mask


@dataclass(frozen=True, eq=False)
class Crop:
    """Square of an image with a hole in its middle, at the model's size."""

    hole: Hole
    x0: int
    """Left edge in the image, pixels; a square larger than the frame extends beyond it."""
    y0: int
    side: int
    """Side in pixels of the image."""
    image: np.ndarray
    """(size, size, 3) uint8 RGB; all holes are filled with colours of their surroundings."""
    mask: np.ndarray
    """(size, size) bool, pixels to paint: all holes visible in the square."""

    def paste(self, painted: np.ndarray, image: np.ndarray) -> None:
        """Write the hole of a painted square into the image, in place, blended over the margin.

        Args:
            painted: (size, size, 3) uint8 RGB.
            image: (height, width, 3) uint8 RGB.
        """
        smaller = self.side < painted.shape[0]
        how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
        x0, y0, x1, y1 = self.hole.box
        whole = cv2.resize(painted, (self.side, self.side), interpolation=how)
        new = whole[y0 - self.y0 : y1 - self.y0, x0 - self.x0 : x1 - self.x0]
        weights = self.hole.weights()
        mixed = weights * new + (1 - weights) * image[self.hole.window]
        image[self.hole.window] = np.round(mixed).astype(np.uint8)


def crop_around(hole: Hole, image: np.ndarray, mask: np.ndarray, context: float, size: int) -> Crop:
    """Square around a hole.

    Args:
        hole: the hole, in the middle of the square as far as the frame allows.
        image: (height, width, 3) uint8 RGB.
        mask: (height, width) bool, all holes of the image.
        context: the square's side relative to the hole's longer side.
        size: side of the result, pixels.
    """
    x0, y0, x1, y1 = hole.box
    height, width = mask.shape
    side = max(math.ceil(context * max(x1 - x0, y1 - y0)), SMALLEST_SIDE)
    side = min(side, max(width, height))
    left, top = _start(x0, x1, side, width), _start(y0, y1, side, height)
    # Beyond the frame, its border is repeated.
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    part = np.ix_(rows, columns)
    hidden = mask[part]
    emptied = _filled(image[part], hidden)
    how = cv2.INTER_AREA if size < side else cv2.INTER_CUBIC
    return Crop(
        hole,
        left,
        top,
        side,
        cv2.resize(emptied, (size, size), interpolation=how),
        cv2.resize(hidden.astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST) > 0,
    )


def _start(low: int, high: int, side: int, length: int) -> int:
    """Start of a side centred on low to high, inside 0 to length if it fits."""
    start = (low + high - side) // 2
    return start if side > length else min(max(start, 0), length - side)


def _filled(image: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Image with smooth colours of the surroundings in the hidden areas."""
    known = (~hidden).astype(np.float32)[..., None]
    kernel = (image.shape[0] // 2 * 2 + 1,) * 2
    weights = cv2.blur(known, kernel, borderType=cv2.BORDER_CONSTANT)[..., None]
    colours = cv2.blur(image * known, kernel, borderType=cv2.BORDER_CONSTANT)
    smooth = np.where(weights > 1e-6, colours / np.maximum(weights, 1e-6), 128)
    return np.where(hidden[..., None], np.clip(np.round(smooth), 0, 255).astype(np.uint8), image)


def _ramp(start: int, end: int, low: float, high: float, width: float) -> np.ndarray:
    """1 for the pixels from start to end that low to high touches, decreasing over `width`."""
    pixels = np.arange(start, end)
    before, behind = np.maximum(low - (pixels + 1), 0), np.maximum(pixels - high, 0)
    return np.clip(1 - np.maximum(before, behind) / max(width, 1e-6), 0, 1)
