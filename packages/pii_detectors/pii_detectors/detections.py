"""Results of a search in an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np

from .boxes import non_maximum_suppression
from .views import View


@dataclass(frozen=True)
class BoxDetections:
    """Faces or license plates in an image, best first.

    Coordinates are pixels with the origin at the corner of the first pixel.

    Attributes:
        boxes: (n, 4) as x0, y0, x1, y1, not clipped to the image.
        scores: (n,), 0 to 1.
    """

    boxes: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        """Number of detections."""
        return len(self.boxes)

    def __getitem__(self, chosen: np.ndarray) -> Self:
        """Detections selected by a mask or indices."""
        return type(self)(*(values[chosen] for values in vars(self).values()))


@dataclass(frozen=True)
class FaceDetections(BoxDetections):
    """Faces with landmarks.

    Attributes:
        landmarks: (n, 5, 2), x and y as the viewer sees them: left eye, right eye, nose, left and
            right corner of the mouth.
    """

    landmarks: np.ndarray

    def seen_in(
        self, view: View, part: tuple[int, ...], image: tuple[int, ...]
    ) -> "FaceDetections":
        """Faces found in a view, in pixels of the image, without those cut by its border.

        Args:
            view: part of the image.
            part: shape of the resized part.
            image: shape of the image.
        """
        boxes = view.to_image(self.boxes.reshape(-1, 2, 2), part).reshape(-1, 4)
        faces = FaceDetections(boxes, self.scores, view.to_image(self.landmarks, part))
        return faces[~view.cuts(boxes, image)]


@dataclass(frozen=True)
class PlateDetections(BoxDetections):
    """License plates with corners.

    Attributes:
        quads: (n, 4, 2), x and y of the corners: top left, top right, bottom right, bottom left.
    """

    quads: np.ndarray


NO_BOXES = BoxDetections(np.zeros((0, 4)), np.zeros(0))
NO_FACES = FaceDetections(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2)))
NO_PLATES = PlateDetections(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 4, 2)))

Found = TypeVar("Found", bound=BoxDetections)


def together(parts: Sequence[Found]) -> Found:
    """Concatenation of the detections of at least one view."""
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return type(parts[0])(*(np.concatenate(column) for column in columns))


def joined(parts: Sequence[Found], max_iou: float) -> Found:
    """Detections of several views after non-maximum suppression, best first.

    Args:
        parts: detections of at least one view.
        max_iou: IoU with a better box above which a box is suppressed.
    """
    every = together(parts)
    return every[non_maximum_suppression(every.boxes, every.scores, max_iou)]
