"""Pixels that differ between an image and its anonymized twin."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, JpegImagePlugin

from .boxes import Box
from .tolerance import Tolerance, tolerance_of

SPECK = 5
"""Width, pixels, below which an area with slightly more difference than coding explains is
dropped."""
GAP = 9
"""Largest distance of changed pixels that belong together, pixels."""


def difference(original: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """Largest difference of each pixel over the channels.

    Args:
        original: (h, w, 3) uint8.
        changed: same shape.

    Returns:
        (h, w) uint8.
    """
    red, green, blue = cv2.split(cv2.absdiff(original, changed))
    return cv2.max(cv2.max(red, green), blue)  # NumPy's max takes ten times as long


@dataclass(frozen=True, eq=False)
class Differences:
    """Differences of a twin from its original."""

    levels: np.ndarray
    """(h, w) uint8, difference of each pixel."""
    tolerance: Tolerance | None
    """Differences that a lossy codec explains; None for a lossless one."""

    @property
    def is_assumed(self) -> bool:
        """Whether the tolerance could not be estimated."""
        return self.tolerance is not None and self.tolerance.assumed

    def changed(self, *, specks: bool = False) -> np.ndarray:
        """Pixels that were changed on purpose, (h, w) bool.

        After a lossy codec, small holes are closed and specks dropped.

        Args:
            specks: whether to keep specks, to detect small changes.
        """
        if self.tolerance is None:
            return self.levels > 0
        found: np.ndarray = (self.levels > self.tolerance.levels).astype(np.uint8)
        if specks:
            return found > 0
        # Small holes are closed first, so that opening does not remove the parts between them.
        found = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((SPECK, SPECK), np.uint8))
        return cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((SPECK, SPECK), np.uint8)) > 0


def compared(
    original: np.ndarray,
    twin: np.ndarray,
    *,
    coded: bytes | None = None,
    boxes: Sequence[Box] = (),
    whole_image: bool = False,
) -> Differences:
    """Differences of a twin from its original.

    Args:
        original: (h, w, 3) uint8 RGB.
        twin: same shape.
        coded: content of the twin's file if it went through a lossy codec, which alters every
            pixel slightly. Only brightness is then compared, since decoders enlarge the coded
            colours differently, and differences that coding explains are tolerated.
        boxes: boxes of areas that may be changed; the effect of coding is measured beside them.
        whole_image: whether any pixel may be changed.
    """
    if coded is None:
        return Differences(difference(original, twin), None)
    height, width = original.shape[:2]
    before, after = (
        cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (coded_like(original, coded), twin)
    )
    levels = cv2.absdiff(before, after)
    changeable = [*boxes, (0, 0, width, height)] if whole_image else boxes
    return Differences(levels, tolerance_of(before, levels, changeable))


def coded_like(original: np.ndarray, file: bytes) -> np.ndarray:
    """Original after coding as a JPEG file like another one.

    Where nothing was changed, a JPEG made from the original then shows no difference, or a small
    one if its encoder was different. Without this, edges differ as much as a blurred face.

    Args:
        original: (h, w, 3) uint8 RGB.
        file: content of an image file.

    Returns:
        (h, w, 3) uint8 RGB; the original itself if the file is not a JPEG.
    """
    with Image.open(io.BytesIO(file)) as coded:
        if not isinstance(coded, JpegImagePlugin.JpegImageFile):
            return original
        tables, sampling = coded.quantization, JpegImagePlugin.get_sampling(coded)
    again = io.BytesIO()
    Image.fromarray(original).save(again, "JPEG", qtables=tables, subsampling=sampling)
    coded_again = cv2.imdecode(np.frombuffer(again.getvalue(), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert coded_again is not None  # Pillow has just written it
    return coded_again


def boxes_of(mask: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) int of the parts found by `parts_of`."""
    return parts_of(mask)[1]


def parts_of(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Connected parts of a mask; pixels at most `GAP` apart belong together.

    Args:
        mask: (h, w) bool.

    Returns:
        labels: (h, w) int, number of each pixel's part, from 1; 0 outside the mask.
        boxes: (n, 4) int, x0, y0, x1, y1 in pixels, of parts 1 to n. Each pixel of the mask is in
            at least one of them.
    """
    near = cv2.dilate(mask.astype(np.uint8), np.ones((GAP, GAP), np.uint8))
    count, connected = cv2.connectedComponents(near)
    labels: np.ndarray = connected
    labels[~mask] = 0
    rows, columns = np.nonzero(mask)
    parts = labels[rows, columns]
    boxes = np.full((count, 4), -1)
    boxes[:, :2] = max(mask.shape)
    np.minimum.at(boxes[:, 0], parts, columns)
    np.minimum.at(boxes[:, 1], parts, rows)
    np.maximum.at(boxes[:, 2], parts, columns + 1)
    np.maximum.at(boxes[:, 3], parts, rows + 1)
    return labels, boxes[1:]
