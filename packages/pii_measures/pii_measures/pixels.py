"""Arithmetic on small pictures, by OpenCV where NumPy takes many times as long.

Pictures are float32, (h, w) or (h, w, 3), unless said otherwise.
"""

import cv2
import numpy as np

_WIDE = 4.0
"""Sigma, pixels, from which a blur is computed on fewer pixels."""


def mean_of(image: np.ndarray) -> np.ndarray:
    """(h, w) mean of three channels."""
    return weighted(image, (1 / 3, 1 / 3, 1 / 3))


def weighted(image: np.ndarray, weights: tuple[float, float, float]) -> np.ndarray:
    """(h, w) sum of three channels, each with its weight."""
    return cv2.transform(image, np.float32([weights]))


def scaled(image: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """(h, w, 3), each channel times its gain (3,)."""
    return cv2.transform(image, np.diag(np.float32(gains)))


def dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(h, w) sum of the products of three channels."""
    return weighted(cv2.multiply(first, second), (1, 1, 1))


def three(plane: np.ndarray) -> np.ndarray:
    """(h, w, 3): the same in three channels."""
    return cv2.merge((plane, plane, plane))


def times(image: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """(h, w, 3), each pixel times its gain (h, w)."""
    return cv2.multiply(image, three(gain))


def limited(image: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values between two limits."""
    return np.minimum(np.maximum(image, np.float32(low)), np.float32(high))


def rounded(image: np.ndarray) -> np.ndarray:
    """The nearest uint8, 0 to 255."""
    return cv2.add(image, (0, 0, 0, 0), dtype=cv2.CV_8U)


def quantile(values: np.ndarray, share: float) -> float:
    """The value at a rank, 0 to 1; without the mean of two ranks, which costs more than sorting."""
    rank = round((values.size - 1) * share)
    return float(np.partition(values, rank, axis=None)[rank])


def soft(image: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur; of a smaller copy where it is wide."""
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
