"""Brightness, noise and sharpness of a part of a photograph."""

from functools import lru_cache

import cv2
import numpy as np

from .pixels import quantile, weighted

_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_GAIN = 6.0
"""Gain of the Laplacian kernel: standard deviation of filtered white noise of unit variance."""


def grey(image: np.ndarray) -> np.ndarray:
    """Luma (h, w) float32 of an RGB image (h, w, 3) uint8 or float32, in the same range."""
    return weighted(image.astype(np.float32, copy=False), (0.299, 0.587, 0.114))


def noise_level(patch: np.ndarray) -> float:
    """Standard deviation of the noise in a patch.

    Immerkær's Laplacian difference (Computer Vision and Image Understanding 64, 1996), with a
    quantile in place of the mean, since half of the pixels of a small patch may be edges.

    Args:
        patch: (h, w) or (h, w, 3), 0 to 255; the level is 0 if a side is below 3 pixels.

    Returns:
        Grey levels, 0 to 12; anything above is texture.
    """
    if min(patch.shape[:2]) < 3:
        return 0.0
    luma = grey(patch) if patch.ndim == 3 else patch.astype(np.float32)
    response = np.abs(cv2.filter2D(luma, cv2.CV_32F, _IMMERKAER)[1:-1, 1:-1])
    # A third of a half-normal distribution is below 0.43 standard deviations.
    return float(min(quantile(response, 1 / 3) / 0.43 / _GAIN, 12.0))


def blur_sigma(patch: np.ndarray) -> float:
    """Standard deviation of the Gaussian that blurred the sharpest edges of a patch.

    A step of height C, blurred and sampled, has neighbours that differ by at most
    C erf(1 / (2 sqrt(2) sigma)), which is solved for sigma.

    Args:
        patch: (h, w) or (h, w, 3), 0 to 255.

    Returns:
        Pixels, 0.2 to 5; 0.5 if there is no edge.
    """
    if min(patch.shape[:2]) < 3:
        return 0.5
    luma = grey(patch) if patch.ndim == 3 else patch.astype(np.float32)
    low, high = (quantile(luma, share) for share in (0.03, 0.97))
    if high - low < 8:
        return 0.5
    steps = max(
        quantile(np.abs(part), 0.985) for part in (luma[1:] - luma[:-1], luma[:, 1:] - luma[:, :-1])
    )
    sigmas, largest = _largest_steps()
    return float(sigmas[np.abs(largest - steps / (high - low)).argmin()])


@lru_cache(maxsize=1)
def _largest_steps() -> tuple[np.ndarray, np.ndarray]:
    """Standard deviations (60,), and the largest step of an edge of height 1 after each blur."""
    sigmas = np.geomspace(0.2, 5, 60)
    # Abramowitz and Stegun 7.1.27, accurate to 5e-4, since NumPy has no erf.
    x = 1 / (2 * np.sqrt(2) * sigmas)
    erf = 1 - 1 / (1 + 0.278393 * x + 0.230389 * x**2 + 0.000972 * x**3 + 0.078108 * x**4) ** 4
    return sigmas, erf
