"""Similarity of two pictures of a face, by their pixels."""

from functools import lru_cache

import cv2
import numpy as np

from .regions import FaceRegion

SIDE = 32
"""Side of a face's crop, pixels."""
TEMPLATE = np.array([(0.24, 0.27), (0.76, 0.27), (0.5, 0.55), (0.3, 0.81), (0.7, 0.81)])
"""Positions of eyes, nose and corners of the mouth in a crop, as shares of its side, (5, 2)."""
INNER = (0.18, 0.22, 0.82, 0.92)
"""Part of a box that is compared for faces without landmarks: x0, y0, x1, y1 as shares of it."""
FINE, COARSE = 0.8, 4.0
"""Standard deviations of the band-pass in pixels of the crop: finer is noise, coarser is light."""


def face_crop(image: np.ndarray, region: FaceRegion) -> np.ndarray:
    """Inner face, aligned and of standard size: (32, 32) float32 grey, 0 to 255.

    Args:
        image: (h, w, 3) uint8 RGB, or (h, w) of any type.
        region: a face, aligned by the least-squares similarity transform of its five landmarks to
            `TEMPLATE`. If it has no landmarks, or these coincide, the inner part of its box is
            used.
    """
    to_image = _to_image(region)
    x0, y0, x1, y1 = window_of(region, image.shape[:2])
    part = image[y0:y1, x0:x1]
    if part.ndim == 3:
        part = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY)
    grey: np.ndarray = part.astype(np.float32)
    step = float(abs(to_image[0, 0] * to_image[1, 1] - to_image[0, 1] * to_image[1, 0])) ** 0.5
    if step > 1:  # a pixel of the crop represents several of the image
        # More than the part's size makes no difference, but a kernel without limit.
        grey = cv2.GaussianBlur(grey, (0, 0), min(0.5 * step, max(grey.shape)))
    matrix = to_image.copy()
    # OpenCV's origin is the centre of a pixel, that of regions its corner.
    matrix[:, 2] += to_image[:, :2] @ (0.5, 0.5) - 0.5 - (x0, y0)
    return cv2.warpAffine(
        grey,
        matrix,
        (SIDE, SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _corners_of(region: FaceRegion) -> np.ndarray:
    """Corners of the area shown in a crop, (4, 2) pixels; may be outside the frame."""
    return (_to_image(region) @ np.array([[0, SIDE, SIDE, 0], [0, 0, SIDE, SIDE], [1] * 4])).T


@lru_cache(maxsize=256)
def window_of(region: FaceRegion, frame: tuple[int, int]) -> tuple[int, int, int, int]:
    """Box (x0, y0, x1, y1) of the pixels of a frame (height, width) that a crop depends on."""
    corners, end = _corners_of(region), np.array(frame[::-1])
    low = np.clip(np.floor(corners.min(axis=0)) - 3, 0, end - 1)
    high = np.clip(np.ceil(corners.max(axis=0)) + 4, low + 1, end)
    x0, y0, x1, y1 = np.concatenate([low, high]).astype(int).tolist()
    return x0, y0, x1, y1


@lru_cache(maxsize=256)
def _to_image(region: FaceRegion) -> np.ndarray:
    """Affine map (2, 3) from pixels of the crop to pixels of the image; read-only."""
    points = landmarks_of(region)
    if points is not None:
        matrix = similarity_transform(TEMPLATE * SIDE, points)
        if matrix is not None:
            return matrix
    left, top, right, bottom = INNER
    return np.array([
        [(right - left) * region.width / SIDE, 0, region.x0 + left * region.width],
        [0, (bottom - top) * region.height / SIDE, region.y0 + top * region.height],
    ])  # fmt: skip


def landmarks_of(region: FaceRegion) -> np.ndarray | None:
    """Landmarks, (5, 2) pixels; None if a face has none, or none inside its box."""
    if region.landmarks is None or len(region.landmarks) != len(TEMPLATE):
        return None
    points = np.array(region.landmarks, np.float64)
    size = np.maximum((region.width, region.height), 1e-6)
    inner = (points.mean(axis=0) - (region.x0, region.y0)) / size
    near = np.isfinite(points).all() and (np.abs(inner - 0.5) < 1).all()
    return points if near and (np.ptp(points, axis=0) < 2 * size).all() else None


def similarity_transform(source: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """Least-squares similarity transform (rotation, scale and shift) from points to others.

    Args:
        source: (n, 2).
        target: (n, 2).

    Returns:
        Affine map (2, 3); None if the target's points coincide or are not finite.
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
    """One crop (32, 32), or several (32, 32, n), without noise and light."""
    return cv2.GaussianBlur(crop, (0, 0), FINE) - cv2.GaussianBlur(crop, (0, 0), COARSE)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson correlation of two arrays of the same shape, -1 to 1; 0 if one is flat."""
    a, b = (values.astype(np.float64).ravel() for values in (first, second))
    a, b = a - a.sum() / a.size, b - b.sum() / b.size
    own, other = float(a @ a), float(b @ b)
    # Rounding leaves a flat area flat: its deviation is below a tenth of a grey level.
    return float(a @ b) / (own * other) ** 0.5 if min(own, other) > 0.01 * a.size else 0.0
