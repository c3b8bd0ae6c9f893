"""How much of a plate's characters is left."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures.face_likeness import correlation
from pii_measures.plates.glyphs import READABLE
from pii_measures.plates.read import likeness
from pii_measures.plates.reading import read_plate
from pii_measures.plates.rectify import quad_of, rectify

from workflow_scripts.contracts.regions import Region

CELL = (12, 20)
"""Width and height to which characters are brought for comparison."""
FLAT = 0.01
"""Standard deviation of the share of ink up to which an area is flat."""
LEAST_CAP = 3.0
"""Height of characters in the image, pixels, from which there is something to compare: of smaller
ones, what correlates is the plate's edge and the light on it."""
LEGIBLE_CAP = 6.0
"""Height of characters in the image, pixels, from which a person may read them."""
IDENTICAL = 0.9
"""Correlation of two pictures of one character, whatever it reads as."""
CERTAIN = 0.75
"""Likeness to a character from which a reading is believed."""


@dataclass(frozen=True)
class Characters:
    """The characters of a plate that a person could read."""

    count: int
    unchanged: int
    """Those that look or read as before, at the same place."""


@dataclass(frozen=True, eq=False)
class PlateFinding:
    """The characters of a plate before and after."""

    old: np.ndarray
    """(n, 20, 12) float32, share of ink in the places of the original's n characters."""
    new: np.ndarray
    """The same in the anonymized image, read with the original's ink and ground."""
    characters: Characters | None
    """None where nobody could read the original's."""


def compare_plate(
    original: np.ndarray, anonymized: np.ndarray, region: Region
) -> PlateFinding | None:
    """What is left of a plate's characters.

    Args:
        original: (h, w, 3) uint8 RGB.
        anonymized: the same size.
        region: a plate of the original; without a quad, its box stands for it.

    Returns:
        None where it is too small to have characters, or outside of the image.
    """
    quad, box = quad_of(region), _visible(original, region)
    if quad is None or box is None:
        return None
    reading = read_plate(original, quad, box)
    before = reading.share
    after = reading.paint.share(rectify(anonymized, reading.frame))
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
        characters = Characters(len(cells), same)
    return PlateFinding(
        np.stack([_brought_to_size(before[cell]) for cell in cells]),
        np.stack([_brought_to_size(after[cell]) for cell in cells]),
        characters,
    )


def residual(first: np.ndarray, second: np.ndarray) -> float | None:
    """Mean correlation of the characters in turn, -1 to 1, as far as both plates have some.

    Character by character: that both plates have characters at these places says nothing.

    Args:
        first: (n, 20, 12), as `PlateFinding` has them.
        second: (m, 20, 12).

    Returns:
        None where the first has nothing but flat areas, in which nothing can be found again.
    """
    pairs = [(a, b) for a, b in zip(first, second, strict=False) if a.std() > FLAT]
    if not pairs:
        return None
    return float(np.mean([correlation(255 * a, 255 * b) for a, b in pairs]))


def _brought_to_size(cell: np.ndarray) -> np.ndarray:
    cell = np.clip(np.ascontiguousarray(cell, np.float32), 0, 1)
    return cv2.resize(cell, CELL, interpolation=cv2.INTER_AREA)


def _visible(image: np.ndarray, region: Region) -> tuple[int, int, int, int] | None:
    height, width = image.shape[:2]
    x0, y0 = max(math.floor(region.x0) - 1, 0), max(math.floor(region.y0) - 1, 0)
    x1, y1 = min(math.ceil(region.x1) + 1, width), min(math.ceil(region.y1) + 1, height)
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def _is_same(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether two pictures of ink show the same character."""
    if correlation(255 * before, 255 * after) > IDENTICAL:
        return True
    old, new = likeness(before), likeness(after)
    first, second = (max(READABLE, key=scores.__getitem__) for scores in (old, new))
    # Whatever is narrow reads as an I or a 1.
    narrow = before.shape[1] < 0.3 * before.shape[0]
    return not narrow and first == second and min(old[first], new[second]) > CERTAIN
