"""Replacement of a face or a plate, and the random generator that it is drawn from."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from operator import index

import numpy as np
from pii_measures import BoxRegion, FaceRegion

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in whole pixels."""


class Route(StrEnum):
    """How a region was replaced."""

    NATURAL = "natural"
    NATURAL_WIDE = "natural_wide"
    """A plate that was repainted entirely, since there were strokes beside its lines."""
    FALLBACK = "fallback"
    """A face over which none can be drawn, smeared; or a plate without characters, since the old
    ones would have remained legible otherwise, or out of focus, since there are none."""
    LARGE = "large_smear"
    """A face above the largest width that is drawn, smeared."""


class FallbackReason(StrEnum):
    """Reason why no face or no characters were drawn."""

    TURNED_AWAY = "turned away"
    """The head is turned or tilted too far, or its landmarks do not form a face."""
    NO_SKIN = "no skin"
    """The colours are not those of skin: a mask, a sign, a mirror, the back of a head."""
    NO_TEXT = "no text"
    """A region that does not read as a plate: a lamp, a badge, or a plate that cannot be read."""
    TOO_SMALL = "too small"
    """A plate of less than 6 x 2 pixels, which has no room for characters."""


@dataclass(frozen=True, eq=False)
class Replacement:
    """New content of a part of an image."""

    patch: np.ndarray
    """(y1 - y0, x1 - x0, 3) uint8 RGB."""
    box: Box
    """Position of the patch, inside the image."""
    route: Route
    reason: FallbackReason | None = None
    """Reason for a fallback; None for other routes, and where new characters failed the check."""

    def paste(self, image: np.ndarray) -> None:
        """Write the patch into the image that it was made for, in place."""
        x0, y0, x1, y1 = self.box
        image[y0:y1, x0:x1] = self.patch


def check_image(image: np.ndarray) -> None:
    """Check the type and shape of an image.

    Raises:
        ValueError: it is not (height, width, 3) uint8.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f"image: expected (height, width, 3) uint8 RGB, found {image.shape} {image.dtype}"
        )


def seeds_of(seed: int | Sequence[int]) -> tuple[int, ...]:
    """One or more seeds, which may be NumPy's integers.

    Raises:
        ValueError: they are not integers from 0.
    """
    given = seed if isinstance(seed, Iterable) else [seed]
    try:
        found = tuple(map(index, given))
    except TypeError:
        found = (-1,)
    if min(found, default=0) < 0:
        raise ValueError(f"seed: expected one or more integers from 0, found {seed!r}")
    return found


def generator_of(seed: Sequence[int], region: BoxRegion) -> np.random.Generator:
    """Random generator of a region, determined by the seed and the region's kind and box.

    It does not depend on the region's position in a list.
    """
    kind = "face" if isinstance(region, FaceRegion) else "license_plate"
    box = (region.x0, region.y0, region.x1, region.y1)
    place = sha256(f"{kind} {box}".encode()).hexdigest()
    return np.random.default_rng((*seed, int(place[:16], 16)))


def place_of(region: BoxRegion) -> tuple[float, float, float, float, str]:
    """Sort key of an image's regions: the box, then landmarks or quad.

    Numbers that are none count as 0: they compare with nothing, and would leave others unsorted.
    """
    y0, x0, y1, x1 = np.nan_to_num([region.y0, region.x0, region.y1, region.x1]).tolist()
    return y0, x0, y1, x1, repr(region)


def enlarged(region: BoxRegion, margin: float) -> np.ndarray:
    """Corners (2, 2) of a region's box with a margin relative to its size, pixels."""
    across, down = margin * region.width, margin * region.height
    low, high = (region.x0 - across, region.y0 - down), (region.x1 + across, region.y1 + down)
    return np.array([low, high])


def clipped(corners: np.ndarray, frame: tuple[int, ...]) -> Box | None:
    """Box of the pixels of a frame (height, width, ...) that a box (2, 2) touches; None if none."""
    (x0, y0), (x1, y1) = corners.tolist()
    x0, y0 = max(math.floor(x0), 0), max(math.floor(y0), 0)
    x1, y1 = min(math.ceil(x1), frame[1]), min(math.ceil(y1), frame[0])
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
