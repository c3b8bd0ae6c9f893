"""Comparison of a plate's characters before and after anonymization."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from pii_measures.faces import correlation
from pii_measures.regions import PlateRegion

from .characters import reads_alike
from .outside import with_outside
from .reading import read_plate
from .rectify import quad_of, rectify

CELL = (12, 20)
"""Width and height to which characters are resized for comparison, pixels."""
FLAT = 0.01
"""Standard deviation of the share of ink up to which an area counts as flat."""
LEAST_CAP = 3.0
"""Height of characters in the image, pixels, from which they are compared. For smaller ones, the
plate's edge and the light on it would correlate."""
LEGIBLE_CAP = 6.0
"""Height of characters in the image, pixels, from which a person may be able to read them."""
IDENTICAL = 0.9
"""Correlation from which two pictures count as the same character, however it reads."""


@dataclass(frozen=True)
class CharacterMatch:
    """Comparison of the characters that a person could read."""

    count: int
    unchanged: int
    """Number of characters that look or read as before, at the same position."""


@dataclass(frozen=True, eq=False)
class PlateComparison:
    """Characters of a plate before and after anonymization."""

    old: np.ndarray
    """Share of ink at the positions of the original's n characters, (n, 20, 12) float32."""
    new: np.ndarray
    """Share of ink there in the anonymized image, by the ink and ground of the original."""
    characters: CharacterMatch | None
    """Matches of legible characters; None if the original is illegible."""


def compare_plate(
    original: np.ndarray, anonymized: np.ndarray, region: PlateRegion
) -> PlateComparison | None:
    """Compare a plate's characters, including those beyond a quad that is too short.

    Args:
        original: (h, w, 3) uint8 RGB.
        anonymized: same size.
        region: a plate of the original; without a quad, its box is read.

    Returns:
        None if the plate is outside the image, or too small to have characters.
    """
    quad, box = quad_of(region), _visible(original, region)
    if quad is None or box is None:
        return None
    reading = with_outside(original, read_plate(original, quad, box))
    before = reading.share
    after = reading.model.share(rectify(anonymized, reading.frame))
    lines = reading.layout.lines
    cap = min((line.cap for line in lines), default=0.0) / reading.frame.scale
    if cap < LEAST_CAP:
        return None
    cells = [
        (slice(max(round(line.y0), 0), round(line.y1) + 1), slice(max(round(x0), 0), round(x1) + 1))
        for line in lines
        for x0, x1 in line.boxes
    ]
    cells = [cell for cell in cells if min(before[cell].shape) >= 2]
    if not cells:
        return None
    characters = None
    if reading.layout.legible and cap >= LEGIBLE_CAP:
        same = sum(_is_same(before[cell], after[cell]) for cell in cells)
        characters = CharacterMatch(len(cells), same)
    return PlateComparison(
        np.stack([_resized(before[cell]) for cell in cells]),
        np.stack([_resized(after[cell]) for cell in cells]),
        characters,
    )


def residual(first: np.ndarray, second: np.ndarray) -> float | None:
    """Mean correlation of the characters in order, -1 to 1, up to the shorter plate's length.

    Characters are compared individually, since all plates have characters at about the same
    positions.

    Args:
        first: (n, 20, 12), as in `PlateComparison`.
        second: (m, 20, 12).

    Returns:
        None if the first has only flat areas, which correlate with nothing.
    """
    pairs = [(a, b) for a, b in zip(first, second, strict=False) if a.std() > FLAT]
    if not pairs:
        return None
    return float(np.mean([correlation(255 * a, 255 * b) for a, b in pairs]))


def _resized(cell: np.ndarray) -> np.ndarray:
    cell = np.clip(np.ascontiguousarray(cell, np.float32), 0, 1)
    return cv2.resize(cell, CELL, interpolation=cv2.INTER_AREA)


def _visible(image: np.ndarray, region: PlateRegion) -> tuple[int, int, int, int] | None:
    height, width = image.shape[:2]
    x0, y0 = max(math.floor(region.x0) - 1, 0), max(math.floor(region.y0) - 1, 0)
    x1, y1 = min(math.ceil(region.x1) + 1, width), min(math.ceil(region.y1) + 1, height)
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def _is_same(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether two pictures of ink show the same character."""
    alike = correlation(255 * before, 255 * after) > IDENTICAL
    return alike or reads_alike(before, after)
