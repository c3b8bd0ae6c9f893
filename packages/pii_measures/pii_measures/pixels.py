"""Arithmetic on small pictures with OpenCV where NumPy takes many times as long.

Pictures are float32, (h, w) or (h, w, 3), unless stated otherwise.
"""

import cv2
import numpy as np

_THIRDS = np.full((1, 3), 1 / 3, np.float32)
_WIDE = 4.0
"""Standard deviation, pixels, from which a blur is computed on a smaller copy."""


def mean_of(image: np.ndarray) -> np.ndarray:
    """Mean of three channels, (h, w)."""
    return cv2.transform(image, _THIRDS)


def weighted(image: np.ndarray, weights: tuple[float, float, float]) -> np.ndarray:
    """Weighted sum of three channels, (h, w)."""
    return cv2.transform(image, np.array([weights], np.float32))


def scaled(image: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Each channel times its gain (3,): (h, w, 3)."""
    return cv2.transform(image, np.diag(gains.astype(np.float32)))


def dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Dot product of the three channels of two pictures, (h, w)."""
    return weighted(cv2.multiply(first, second), (1, 1, 1))


def three(plane: np.ndarray) -> np.ndarray:
    """Plane (h, w) repeated in three channels, (h, w, 3)."""
    return cv2.merge((plane, plane, plane))


def times(image: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Each pixel (h, w, 3) times its gain (h, w)."""
    return cv2.multiply(image, three(gain))


def limited(image: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values clipped to two limits."""
    return image.clip(low, high)  # the function `np.clip` takes twice as long


def rounded(image: np.ndarray) -> np.ndarray:
    """Image rounded to uint8, limited to 0 to 255."""
    # OpenCV's stubs do not include scalar operands.
    return cv2.add(image, (0, 0, 0, 0), dtype=cv2.CV_8U)  # type: ignore[call-overload]


def quantile(values: np.ndarray, share: float) -> float:
    """Value at a rank (0 to 1), without interpolation; faster than `np.quantile`."""
    rank = round((values.size - 1) * share)
    return float(np.partition(values, rank, axis=None)[rank])


def median(values: np.ndarray) -> np.ndarray:
    """Median along the first axis; faster than `np.median` for few values."""
    low, high = (len(values) - 1) // 2, len(values) // 2
    ordered = np.partition(values, (low, high), axis=0)
    return (ordered[low] + ordered[high]) / 2


def soft(image: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur; a wide one is computed on a smaller copy."""
    step = int(sigma / _WIDE * 2)
    if step < 2:
        return cv2.GaussianBlur(image, (0, 0), sigma)
    height, width = image.shape[:2]
    size = max(round(width / step), 1), max(round(height / step), 1)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(
        small, (0, 0), sigmaX=sigma * size[0] / width, sigmaY=sigma * size[1] / height
    )
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
