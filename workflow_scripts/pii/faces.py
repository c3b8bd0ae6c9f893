"""Faces with landmarks, as networks find them, and the size at which persons are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.boxes import non_maximum_suppression
from workflow_scripts.imaging.detection import as_points, region_inside
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.imaging.tiling import View

PERSON = 256.0
"""Labelled persons are scaled to this height, pixels: their faces are then 20 to 60 pixels."""
ENLARGED = 2.0
"""By how much at most."""


@dataclass(frozen=True)
class Faces:
    """Faces in an image.

    Attributes:
        boxes: (n, 4) as x0, y0, x1, y1, pixels, unclipped.
        landmarks: (n, 5, 2) as (x, y), pixels, in the order of `Region.landmarks`.
        scores: (n,).
    """

    boxes: np.ndarray
    landmarks: np.ndarray
    scores: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Faces":
        """Those that a mask or indices choose."""
        return Faces(self.boxes[chosen], self.landmarks[chosen], self.scores[chosen])

    def seen_in(self, view: View, part: tuple[int, ...], image: tuple[int, ...]) -> "Faces":
        """Faces found in a view, in pixels of the image; without those that its border cuts.

        Args:
            view: the part of the image.
            part: shape of the resized part.
            image: shape of the image.
        """
        boxes = view.to_image(self.boxes.reshape(-1, 2, 2), part).reshape(-1, 4)
        whole = ~view.cuts(boxes, image)
        return Faces(boxes, view.to_image(self.landmarks, part), self.scores)[whole]

    def regions(self, picture: Picture) -> list[Region]:
        """The faces as regions of a picture."""
        found = [
            region_inside(picture, Kind.FACE, score, box, landmarks=as_points(points))
            for box, points, score in zip(self.boxes, self.landmarks, self.scores, strict=True)
        ]
        return [region for region in found if region is not None]


NOTHING = Faces(np.zeros((0, 4)), np.zeros((0, 5, 2)), np.zeros(0))


def joined(parts: Sequence[Faces], max_iou: float) -> Faces:
    """All faces, best first, but of two boxes that overlap too much only the better one."""
    boxes, landmarks, scores = (
        np.concatenate([getattr(part, name) for part in (NOTHING, *parts)])
        for name in ("boxes", "landmarks", "scores")
    )
    return Faces(boxes, landmarks, scores)[non_maximum_suppression(boxes, scores, max_iou)]


def scale_of_person(width: int, height: int) -> float:
    """By what a view of a person of this size, or of a group, is resized."""
    return min(PERSON / height, ENLARGED)
