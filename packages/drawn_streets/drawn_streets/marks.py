"""What identifies someone in a scene: the faces and plates, as they were drawn."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .canvas import Pen


class MarkKind(StrEnum):
    """What kind of personal information a region shows."""

    FACE = "face"
    PLATE = "license_plate"


@dataclass(frozen=True)
class Mark:
    """A face or a plate that was drawn as a surface of its own.

    Attributes:
        kind: face or plate.
        pen: its surface.
        outline: (n, 2) image pixels around all of it, also outside the image; a plate's are its
            corners tl, tr, br, bl.
        landmarks: of a face, (5, 2) image pixels: eyes, nose, mouth corners; left in the image
            first.
        text: of a plate.
    """

    kind: MarkKind
    pen: Pen
    outline: np.ndarray
    landmarks: np.ndarray | None = None
    text: str | None = None

    @property
    def box(self) -> np.ndarray:
        """x0, y0, x1, y1 in image pixels around all of it, also outside the image."""
        return np.concatenate([self.outline.min(axis=0), self.outline.max(axis=0)])


@dataclass(frozen=True)
class Region:
    """The visible part of a face or a plate.

    Attributes:
        kind: face or plate.
        box: x0, y0, x1, y1 in image pixels around the visible part.
        visible: share of it that is visible, above 0 to 1; the image's border hides too.
        instance: value of its person or vehicle in the id image.
        landmarks: of a face, (5, 2) image pixels: left eye, right eye, nose, left and right corner
            of the mouth, left as seen in the image; may lie behind what hides the face.
        quad: of a plate, (4, 2) image pixels: tl, tr, br, bl; may lie outside the image.
        text: of a plate.
    """

    kind: MarkKind
    box: tuple[float, float, float, float]
    visible: float
    instance: int
    landmarks: np.ndarray | None = None
    quad: np.ndarray | None = None
    text: str | None = None
