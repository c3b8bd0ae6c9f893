"""Pixels that differ between an image and its anonymized twin."""

import io

import cv2
import numpy as np
from PIL import Image, JpegImagePlugin

BLOCK = 16
"""Side of the blocks whose differences are compared, pixels; JPEG codes colours in such blocks."""
MIN_TOLERANCE = 5
"""Difference between decoders in the brightness of some pixels, measured on photographs that other
tools had anonymized and stored as JPEG."""
MAX_TOLERANCE = 32
"""Difference above which a pixel counts as changed even if most of the image differs as much."""
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


def changed_pixels(
    original: np.ndarray, changed: np.ndarray, *, lossy: bool = False, specks: bool = False
) -> np.ndarray:
    """Pixels that were changed on purpose.

    Args:
        original: (h, w, 3) uint8.
        changed: same shape.
        lossy: whether the changed image went through a lossy codec, which alters every pixel
            slightly. Only brightness is then compared, since decoders enlarge the coded colours
            differently. Differences found in most of the image are tolerated, up to
            `MAX_TOLERANCE`; small holes are closed and specks dropped. `coded_like` removes most
            of these differences beforehand.
        specks: whether to keep specks, to detect small changes.

    Returns:
        (h, w) bool. Without `lossy`, every pixel that differs at all.
    """
    if not lossy:
        return difference(original, changed) > 0
    differences = cv2.absdiff(
        cv2.cvtColor(original, cv2.COLOR_RGB2GRAY), cv2.cvtColor(changed, cv2.COLOR_RGB2GRAY)
    )
    found: np.ndarray = (differences > tolerance_of(differences)).astype(np.uint8)
    if specks:
        return found > 0
    # Small holes are closed first, so that opening does not remove the parts between them.
    found = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((SPECK, SPECK), np.uint8))
    return cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((SPECK, SPECK), np.uint8)) > 0


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


def tolerance_of(differences: np.ndarray) -> int:
    """Largest difference that coding explains, estimated from the image itself.

    Args:
        differences: (h, w) uint8, of two images most of whose area shows the same.

    Returns:
        Twice the upper quartile over the image's blocks, between `MIN_TOLERANCE` and
        `MAX_TOLERANCE`.
    """
    kernel = np.ones((BLOCK, BLOCK), np.uint8)
    peaks = cv2.dilate(differences, kernel)[BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK]
    reached = np.percentile(peaks, 75) if peaks.size else 0
    return round(min(max(2 * float(reached), MIN_TOLERANCE), MAX_TOLERANCE))


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
