"""Faces and license plates of a scene, as drawn and as far as visible."""

from dataclasses import dataclass

import numpy as np

from .canvas import Pen


@dataclass(frozen=True)
class Mark:
    """Face or plate drawn as a separate surface.

    Attributes:
        pen: its surface.
        outline: (n, 2) image pixels around all of it, also outside the image; the corners tl, tr,
            br, bl of a plate.
        landmarks: (5, 2) image pixels for a face: eyes, nose, mouth corners, left in the image
            first; None for a plate.
        text: registration of a plate.
    """

    pen: Pen
    outline: np.ndarray
    landmarks: np.ndarray | None = None
    text: str = ""

    @property
    def box(self) -> np.ndarray:
        """Box x0, y0, x1, y1 in image pixels around all of it, also outside the image."""
        return np.concatenate([self.outline.min(axis=0), self.outline.max(axis=0)])


@dataclass(frozen=True)
class VisibleMark:
    """Visible part of a face or a license plate.

    Attributes:
        box: x0, y0, x1, y1 in image pixels around the visible part.
        visible: visible share, above 0 and at most 1; parts beyond the image border are hidden.
        instance: value of the person or vehicle in the id image.
    """

    box: tuple[float, float, float, float]
    visible: float
    instance: int


@dataclass(frozen=True)
class VisibleFace(VisibleMark):
    """Visible part of a face.

    Attributes:
        landmarks: (5, 2) image pixels: left eye, right eye, nose, left and right mouth corner,
            left as seen in the image; may be behind an object that hides the face.
    """

    landmarks: np.ndarray


@dataclass(frozen=True)
class VisiblePlate(VisibleMark):
    """Visible part of a license plate.

    Attributes:
        quad: (4, 2) image pixels: top left, top right, bottom right, bottom left; may extend
            beyond the image.
        text: registration with groups separated by spaces.
    """

    quad: np.ndarray
    text: str
