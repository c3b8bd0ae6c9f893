"""How alike two pictures of a face are, by pixels: what a gate promises and an audit measures."""

import cv2
import numpy as np

from workflow_scripts.regions import Region

SIDE = 32
"""Of the crops, pixels."""
TEMPLATE = np.array([(0.24, 0.27), (0.76, 0.27), (0.5, 0.55), (0.3, 0.81), (0.7, 0.81)])
"""Where eyes, nose and corners of the mouth come to lie, as shares of the crop's sides."""
INNER = (0.18, 0.22, 0.82, 0.92)
"""Without landmarks: the part of a box that is compared, x0, y0, x1, y1 as shares of it."""
FINE, COARSE = 0.8, 4.0
"""Sigmas of the band-pass in pixels of the crop: finer is noise, coarser is light."""


def crop_of(image: np.ndarray, region: Region) -> np.ndarray:
    """The inner face, aligned and of standard size: (32, 32) float32 grey, 0 to 255.

    Args:
        image: (h, w, 3) uint8 RGB.
        region: a face; its five landmarks are brought to `TEMPLATE` by the similarity transform
            with the least squared error. Without landmarks, or where they lie in one place, the
            inner part of its box is taken.
    """
    to_image = _to_image(region)
    corners = to_image @ np.array([[0, SIDE, 0, SIDE], [0, 0, SIDE, SIDE], [1, 1, 1, 1]])
    height, width = image.shape[:2]
    low = np.clip(np.floor(corners.min(axis=1)) - 3, 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(corners.max(axis=1)) + 4, low + 1, (width, height)).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]]
    grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY).astype(np.float32)
    step = float(np.sqrt(abs(np.linalg.det(to_image[:, :2]))))
    if step > 1:  # a pixel of the crop stands for several of the image
        grey = cv2.GaussianBlur(grey, (0, 0), 0.5 * step)
    matrix = to_image.copy()
    # OpenCV counts from the middle of a pixel, regions from its corner.
    matrix[:, 2] += to_image[:, :2] @ (0.5, 0.5) - 0.5 - low
    return cv2.warpAffine(
        grey,
        matrix,
        (SIDE, SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _to_image(region: Region) -> np.ndarray:
    """(2, 3), from pixels of the crop to pixels of the image."""
    if region.landmarks is not None:
        matrix = similarity_transform(TEMPLATE * SIDE, np.float64(region.landmarks))
        if matrix is not None:
            return matrix
    left, top, right, bottom = INNER
    return np.array([
        [(right - left) * region.width / SIDE, 0, region.x0 + left * region.width],
        [0, (bottom - top) * region.height / SIDE, region.y0 + top * region.height],
    ])  # fmt: skip


def similarity_transform(source: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """Rotation, scale and shift that bring points closest to others, least squares.

    Args:
        source: (n, 2).
        target: (n, 2).

    Returns:
        (2, 3); None where the target's points lie in one place or are not finite.
    """
    if not np.isfinite(target).all():
        return None
    first, second = (points @ (1, 1j) for points in (source, target))
    start = first - first.mean()
    turn = (start.conj() @ (second - second.mean())) / (start.conj() @ start)
    if abs(turn) * SIDE < 1:
        return None
    shift = second.mean() - turn * first.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def band_passed(crop: np.ndarray) -> np.ndarray:
    """A crop without noise and light, (32, 32) float32."""
    return cv2.GaussianBlur(crop, (0, 0), FINE) - cv2.GaussianBlur(crop, (0, 0), COARSE)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's correlation of two arrays of one shape, -1 to 1; 0 where one is flat."""
    a, b = (values.astype(np.float64).ravel() for values in (first, second))
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    # A flat area that was coded with rounding is still flat: less than a grey level deviation.
    return float(a @ b) / size if min(a @ a, b @ b) > 0.01 * a.size else 0.0
