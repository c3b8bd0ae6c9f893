"""What comes in place of a face or a plate."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Route(StrEnum):
    """How a region was replaced."""

    NATURAL = "natural"
    NATURAL_WIDE = "natural_wide"
    """The first attempts were too like the original: more of it was painted anew."""
    FALLBACK = "fallback"
    """No attempt was unlike enough, or none could be drawn: a face is smeared, a plate loses its
    characters."""


@dataclass(frozen=True, eq=False)
class Replacement:
    """The new content of a part of an image."""

    patch: np.ndarray
    """(y1 - y0, x1 - x0, 3) uint8 RGB."""
    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 in pixels, inside the image: where the patch goes."""
    route: Route
    similarity: float | None = None
    """Of a face, correlation of the new and the old inner face; see `faces.gate.similarity`."""

    def paste(self, image: np.ndarray) -> None:
        """Write the patch into the image that it was made for, in place."""
        x0, y0, x1, y1 = self.box
        image[y0:y1, x0:x1] = self.patch
