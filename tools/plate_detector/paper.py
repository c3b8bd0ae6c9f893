"""Drawing on a flat surface in metres (vehicles, plates, walls, signs); noise and stencils."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

Colour = tuple[float, float, float]
"""RGB, each 0 to 255."""
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in metres, y downwards."""

_SHIFT = 4
"""Bits of the fractional coordinates in OpenCV's drawing functions."""
_REACH = 20_000
"""Limit of coordinates in pixels, far outside any picture."""
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
)


@dataclass(frozen=True)
class Paper:
    """Picture with a scale in metres.

    Attributes:
        pixels: (height, width, 3) uint8 RGB, drawn on in place.
        scale: pixels per metre.
        origin: (x, y) in pixels of the point (0, 0).
    """

    pixels: np.ndarray
    scale: float
    origin: tuple[float, float]

    def at(self, points: Sequence | np.ndarray) -> np.ndarray:
        """Points (n, 2) in metres, converted to pixels, float64."""
        return np.asarray(points, float).reshape(-1, 2) * self.scale + self.origin

    def polygon(self, points: Sequence | np.ndarray, colour: Colour) -> None:
        """Fill a polygon (n, 2) in metres."""
        fixed = np.rint(np.clip(self.at(points), -_REACH, _REACH) * 2**_SHIFT - 2 ** (_SHIFT - 1))
        cv2.fillPoly(self.pixels, [fixed.astype(np.int32)], colour, cv2.LINE_AA, _SHIFT)

    def rectangle(self, box: Box, colour: Colour, *, corner: float = 0.0) -> None:
        """Fill a box whose corners are cut off by `corner` metres."""
        x0, y0, x1, y1 = box
        if corner <= 0:
            self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)
            return
        c = min(corner, (x1 - x0) / 2.1, (y1 - y0) / 2.1)
        m = 0.3 * c
        self.polygon(
            [
                (x0, y0 + c), (x0 + m, y0 + m), (x0 + c, y0),
                (x1 - c, y0), (x1 - m, y0 + m), (x1, y0 + c),
                (x1, y1 - c), (x1 - m, y1 - m), (x1 - c, y1),
                (x0 + c, y1), (x0 + m, y1 - m), (x0, y1 - c),
            ],
            colour,
        )  # fmt: skip

    def ellipse(self, centre: tuple[float, float], rx: float, ry: float, colour: Colour) -> None:
        """Fill an ellipse with radii in metres."""
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        points = np.stack((np.cos(angles) * rx, np.sin(angles) * ry), axis=1) + centre
        self.polygon(points, colour)

    def line(
        self, start: tuple[float, float], end: tuple[float, float], width: float, colour: Colour
    ) -> None:
        """Draw a line `width` metres thick, at least one pixel."""
        (x0, y0), (x1, y1) = np.clip(self.at([start, end]), -_REACH, _REACH)
        thickness = max(round(width * self.scale), 1)
        points = (round(x0), round(y0)), (round(x1), round(y1))
        cv2.line(self.pixels, *points, colour, thickness, cv2.LINE_AA)

    def text(
        self, text: str, box: Box, colour: Colour, *, font: int = FONTS[0], weight: float = 0.13
    ) -> None:
        """Write a text that fills a box; `weight` is the stroke width as a share of its height."""
        x0, y0, x1, y1 = box
        width, height = (x1 - x0) * self.scale, (y1 - y0) * self.scale
        left, top = self.at([(x0, y0)])[0]
        inside = left < self.pixels.shape[1] and top < self.pixels.shape[0]
        if height < 2 or width < 2 or not inside or left + width < 0 or top + height < 0:
            return
        letters = lettering(text, font, weight)
        size = max(round(width), 1), max(round(height), 1)
        paste(
            self.pixels, cv2.resize(letters, size, interpolation=cv2.INTER_AREA), left, top, colour
        )


def lettering(text: str, font: int, weight: float, height: int = 40) -> np.ndarray:
    """Text as a stencil cropped to its letters, float32 (h, w) from 0 to 1.

    Args:
        text: text to write, ASCII.
        font: one of OpenCV's fonts.
        weight: stroke width as a share of the height.
        height: height of capitals, pixels.
    """
    stroke = max(round(weight * height), 1)
    (_, unit), _ = cv2.getTextSize("H", font, 1.0, 1)
    scale = height / max(unit, 1)
    (width, _), _ = cv2.getTextSize(text, font, scale, stroke)
    stencil = np.zeros((height + 2 * stroke + 2, width + 2 * stroke + 2), np.uint8)
    cv2.putText(stencil, text, (stroke, height + stroke), font, scale, 255, stroke, cv2.LINE_AA)
    columns = np.flatnonzero(stencil.any(axis=0))
    rows = np.flatnonzero(stencil.any(axis=1))
    if not columns.size:
        return np.zeros((1, 1), np.float32)
    cut = stencil[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cut.astype(np.float32) / 255


def paste(pixels: np.ndarray, stencil: np.ndarray, left: float, top: float, colour: Colour) -> None:
    """Colour `pixels` through a stencil (h, w) from 0 to 1 whose corner is at (left, top)."""
    x, y = round(left), round(top)
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + stencil.shape[1], pixels.shape[1]), min(y + stencil.shape[0], pixels.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    share = stencil[y0 - y : y1 - y, x0 - x : x1 - x, None]
    part = pixels[y0:y1, x0:x1]
    part[:] = part * (1 - share) + np.asarray(colour, np.float32) * share


def varied(
    rng: np.random.Generator, colour: Colour, by: float, low: float = 0, high: float = 255
) -> Colour:
    """Colour with normal noise of standard deviation `by`, limited to `low` and `high`."""
    red, green, blue = np.clip(np.asarray(colour) + rng.normal(0, by, 3), low, high).tolist()
    return red, green, blue


def tinted(rng: np.random.Generator, colour: Colour) -> Colour:
    """Colour of a single object, which is never quite that of its kind."""
    return varied(rng, colour, 12, 5, 250)


def dimmed(colour: Colour, share: float) -> Colour:
    """Colour with its brightness multiplied, limited to white."""
    red, green, blue = (min(value * share, 255.0) for value in colour)
    return red, green, blue


def texture(rng: np.random.Generator, height: int, width: int, finest: int = 2) -> np.ndarray:
    """Noise at several scales, float32 (height, width), about -1 to 1.

    Args:
        rng: random generator for the noise.
        height: height, pixels.
        width: width, pixels.
        finest: size of the smallest grain, pixels.
    """
    total = np.zeros((height, width), np.float32)
    grain = max(finest, 1)
    for weight in (0.25, 0.35, 0.5):
        shape = height // grain + 2, width // grain + 2
        coarse = rng.uniform(-1, 1, shape).astype(np.float32) * weight
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
        grain *= 4
    return total


def shaded(pixels: np.ndarray, gain: np.ndarray) -> None:
    """Multiply `pixels` (h, w, 3) uint8 by `gain` (h, w) in place."""
    wide = cv2.merge([gain.astype(np.float32)] * 3)
    np.copyto(pixels, cv2.multiply(pixels, wide, dtype=cv2.CV_8U))
