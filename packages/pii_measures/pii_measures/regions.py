"""Position of a face or a license plate in an image.

Coordinates are pixels with the origin at the upper left corner of the upper left pixel: the pixel
in column i covers i to i + 1. Boxes, landmarks and quads may extend beyond the image.
"""

from dataclasses import dataclass

import numpy as np

Points = tuple[tuple[float, float], ...]
"""Points (x, y) in pixels."""


@dataclass(frozen=True)
class BoxRegion:
    """Box (x0, y0, x1, y1), pixels.

    Numbers and points of any type, such as NumPy's, become Python floats and tuples.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None:
                plain = np.asarray(value, float).tolist()
                points = tuple(map(tuple, plain)) if isinstance(plain, list) else plain
                object.__setattr__(self, name, points)

    @property
    def width(self) -> float:
        """Width of the box, pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height of the box, pixels."""
        return self.y1 - self.y0


@dataclass(frozen=True)
class FaceRegion(BoxRegion):
    """Face in an image."""

    landmarks: Points | None = None
    """Left eye, right eye, nose, left and right corner of the mouth, as the viewer sees them."""


@dataclass(frozen=True)
class PlateRegion(BoxRegion):
    """License plate in an image."""

    quad: Points | None = None
    """Corners: top left, top right, bottom right, bottom left."""
