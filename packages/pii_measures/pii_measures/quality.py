"""Global change of an image: changed pixels outside boxes, SSIM and squared error."""

import itertools
from collections.abc import Iterable

import cv2
import numpy as np

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels, inside the frame."""

RADIUS = 5
"""Radius of the SSIM's window, pixels."""
_SIGMA = 1.5
_TILE = 64
"""Side of the tiles in which it is computed, pixels; it is 1 in unchanged tiles."""
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def outside_of(changed: np.ndarray, boxes: Iterable[Box]) -> int:
    """Number of pixels that changed outside all boxes.

    Args:
        changed: (h, w) bool.
        boxes: areas of intended changes.
    """
    rest = changed.copy()
    for x0, y0, x1, y1 in boxes:
        rest[y0:y1, x0:x1] = False
    return int(np.count_nonzero(rest))


def ssim_map(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Structural similarity of each pixel's surroundings, (h, w) float64, at most 1.

    Wang et al., "Image Quality Assessment" (2004): Gaussian window of 11 pixels and sigma 1.5,
    K1 = 0.01, K2 = 0.03, without the sample correction. It equals scikit-image's
    `structural_similarity(..., gaussian_weights=True, use_sample_covariance=False)` in a tenth of
    the time.

    Args:
        first: (h, w) uint8.
        second: (h, w) uint8.
    """
    x, y = first.astype(np.float64), second.astype(np.float64)
    mean_x, mean_y = _windowed(x), _windowed(y)
    var_x = _windowed(x * x) - mean_x * mean_x
    var_y = _windowed(y * y) - mean_y * mean_y
    both = _windowed(x * y) - mean_x * mean_y
    like = (2 * mean_x * mean_y + _C1) * (2 * both + _C2)
    return like / ((mean_x * mean_x + mean_y * mean_y + _C1) * (var_x + var_y + _C2))


def _windowed(values: np.ndarray) -> np.ndarray:
    side = 2 * RADIUS + 1
    return cv2.GaussianBlur(values, (side, side), _SIGMA, borderType=cv2.BORDER_REFLECT)


def ssim_where_changed(
    original: np.ndarray, anonymized: np.ndarray, changed: np.ndarray
) -> np.ndarray:
    """SSIM of a whole image's grey values, computed only where it can differ from 1.

    Args:
        original: (h, w, 3) uint8 RGB.
        anonymized: same size.
        changed: (h, w) bool, the pixels that differ.

    Returns:
        (h, w) float32.
    """
    result = np.ones(changed.shape, np.float32)
    height, width = changed.shape
    kernel = np.ones((2 * RADIUS + 1,) * 2, np.uint8)
    for top, left in itertools.product(range(0, height, _TILE), range(0, width, _TILE)):
        # Pixels with a change in their window are in the tile; their windows extend beyond it.
        y0, x0 = max(top - RADIUS, 0), max(left - RADIUS, 0)
        part = (slice(y0, top + _TILE + RADIUS), slice(x0, left + _TILE + RADIUS))
        if not changed[part].any():
            continue
        touched = cv2.dilate(changed[part].view(np.uint8), kernel) > 0
        grey = [cv2.cvtColor(np.ascontiguousarray(image[part]), cv2.COLOR_RGB2GRAY)
                for image in (original, anonymized)]  # fmt: skip
        local = np.where(touched, ssim_map(*grey), 1)
        tile = (slice(top, top + _TILE), slice(left, left + _TILE))
        result[tile] = local[top - y0 :, left - x0 :][:_TILE, :_TILE]
    return result


def squared_error(original: np.ndarray, anonymized: np.ndarray) -> float:
    """Mean squared difference of two uint8 images, over pixels and channels."""
    return cv2.norm(original, anonymized, cv2.NORM_L2SQR) / original.size


def psnr_of(mean_squared_error: float) -> float | None:
    """Peak signal to noise ratio in dB; None for equal images, where it is infinite."""
    if mean_squared_error <= 0:
        return None
    return float(10 * np.log10(255**2 / mean_squared_error))
