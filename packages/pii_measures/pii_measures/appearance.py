"""How a part of a photograph looks, whatever it shows: its noise, its sharpness, soft edges."""

from functools import lru_cache

import cv2
import numpy as np

from pii_measures.pixels import quantile, weighted

_TILE = 512
"""Side of the noise that parts are cut from, pixels."""
_IMMERKAER = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
_GAIN = 6.0
"""Standard deviation that this kernel makes of white noise of standard deviation 1."""


def grey(image: np.ndarray) -> np.ndarray:
    """(h, w, 3) RGB, uint8 or float32, to (h, w) float32 luma, in the same range."""
    return weighted(np.float32(image), (0.299, 0.587, 0.114))


def noise_level(patch: np.ndarray) -> float:
    """Standard deviation of the noise in a patch.

    Immerkær's Laplacian difference (Computer Vision and Image Understanding 64, 1996), as a
    quantile instead of a mean, since in small patches half of the pixels may be edges.

    Args:
        patch: (h, w) or (h, w, 3), 0 to 255; at least 3x3, else the level is 0.

    Returns:
        In grey levels, 0 to 12: above that it is texture.
    """
    luma = grey(patch) if patch.ndim == 3 else patch.astype(np.float32)
    if min(luma.shape) < 3:
        return 0.0
    response = np.abs(cv2.filter2D(luma, cv2.CV_32F, _IMMERKAER)[1:-1, 1:-1])
    # The third of a half normal distribution below 0.43 standard deviations.
    return float(min(quantile(response, 1 / 3) / 0.43 / _GAIN, 12.0))


def noise(
    shape: tuple[int, int], level: float, rng: np.random.Generator, colour: float = 0.4
) -> np.ndarray:
    """Noise like that of a camera: finer in brightness than in colour, slightly correlated.

    Args:
        shape: height and width.
        level: standard deviation of the luma as `noise_level` measures it.
        rng: source of the noise.
        colour: standard deviation of the colour noise relative to `level`.

    Returns:
        (h, w, 3) float32, to be added.
    """
    return np.float32(level) * cut_out(_camera_noise(colour), shape, rng)


@lru_cache(maxsize=2)
def _camera_noise(colour: float) -> np.ndarray:
    white = white_noise()
    luma = cv2.GaussianBlur(white[..., 0], (3, 3), 0.4)
    chroma = 2 * cv2.GaussianBlur(white[..., 1:], (5, 5), 0.9)
    return 1.25 * luma[..., None] + np.float32(colour) * chroma


@lru_cache(maxsize=1)
def white_noise() -> np.ndarray:
    """(512, 512, 4) float32 of unit variance, always the same; must not be written to.

    Drawing noise anew takes longer than all else that is done to a small picture.
    """
    return np.random.default_rng(0).standard_normal((_TILE, _TILE, 4), np.float32)


def cut_out(tile: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A part of a tile, (height, width, n), from a random place; must not be written to."""
    y, x = (int(start) for start in rng.integers(0, _TILE, 2))
    if y + shape[0] <= _TILE and x + shape[1] <= _TILE:
        return tile[y : y + shape[0], x : x + shape[1]]
    rows, columns = (
        (start + np.arange(length)) % _TILE for start, length in zip((y, x), shape, strict=True)
    )
    return tile[np.ix_(rows, columns)]


def blur_sigma(patch: np.ndarray) -> float:
    """Standard deviation of the Gaussian that softened the sharpest edges of a patch.

    A step of height C, blurred and sampled, has neighbours that differ by at most
    C erf(1 / (2 sqrt(2) sigma)); this is solved for sigma.

    Args:
        patch: (h, w) or (h, w, 3), 0 to 255.

    Returns:
        In pixels, 0.2 to 5; 0.5 where there is no edge to tell.
    """
    luma = grey(patch) if patch.ndim == 3 else patch.astype(np.float32)
    if min(luma.shape) < 3:
        return 0.5
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
    """Standard deviations, and the largest step that each leaves of an edge of height 1."""
    sigmas = np.geomspace(0.2, 5, 60)
    # Abramowitz and Stegun 7.1.27, good to 5e-4: NumPy has no erf.
    x = 1 / (2 * np.sqrt(2) * sigmas)
    erf = 1 - 1 / (1 + 0.278393 * x + 0.230389 * x**2 + 0.000972 * x**3 + 0.078108 * x**4) ** 4
    return sigmas, erf


def feather(mask: np.ndarray, px: float) -> np.ndarray:
    """Soften a mask's border towards its inside; outside of it stays 0.

    Args:
        mask: (h, w) bool.
        px: width of the border, pixels; 0 leaves it hard.

    Returns:
        (h, w) float32, 0 to 1. What lies beyond the array counts as inside.
    """
    if px <= 0:
        return mask.astype(np.float32)
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    return np.clip(depth / np.float32(px + 1), 0, 1)
