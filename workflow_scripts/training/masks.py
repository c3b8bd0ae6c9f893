"""From the small mask that a model predicts for a box to the run-length code of its frame."""

import numpy as np

from workflow_scripts.contracts.coco import Rle
from workflow_scripts.imaging.masks import encode_mask

THRESHOLD = 0.5


def encode_detection(probabilities: np.ndarray, box: np.ndarray, height: int, width: int) -> Rle:
    """Interpolate a mask within its box, threshold it, and encode it.

    The geometry is that of detectron2's `paste_masks_in_image`: bilinear at the pixels' centres,
    zero outside. (torchvision's cuts boxes to whole pixels first, which shifts small masks.) Only
    the box's pixels are touched.

    Args:
        probabilities: (m, m) float32 in [0, 1].
        box: (4,) float32, xyxy in the frame's pixels.
        height: of the frame, pixels.
        width: of the frame, pixels.
    """
    x0, y0, x1, y1 = box.astype(np.float64)
    left, columns = _interpolation(x0, x1, width, probabilities.shape[1])
    upper, rows = _interpolation(y0, y1, height, probabilities.shape[0])
    soft = rows @ probabilities @ columns.T
    return encode_mask(soft >= THRESHOLD, left, upper, height, width)


def _interpolation(start: float, end: float, limit: int, cells: int) -> tuple[int, np.ndarray]:
    """Linear interpolation along one side of a box.

    Args:
        start: where the box begins, pixels.
        end: where it ends.
        limit: the frame's size along this side.
        cells: the mask's.

    Returns:
        The first pixel that the box may cover, and the weight of each cell for it and each pixel
        after it, (pixels, cells).
    """
    # The outermost cells fade out over half a cell beyond the box.
    fade = (end - start) / cells / 2
    first = min(max(int(np.floor(start - fade)), 0), limit - 1)
    last = min(max(int(np.ceil(end + fade)), first + 1), limit)
    centres = np.arange(first, last) + 0.5
    places = (centres - start) / max(end - start, 1e-6) * cells - 0.5
    return first, np.maximum(0, 1 - np.abs(places[:, None] - np.arange(cells)))
