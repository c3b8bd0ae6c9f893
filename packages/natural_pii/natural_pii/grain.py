"""Synthetic camera noise, and masks with soft borders."""

from functools import lru_cache

import cv2
import numpy as np

_TILE = 512
"""Side of the noise tile that parts are cut from, pixels."""


def noise(
    shape: tuple[int, int], level: float, rng: np.random.Generator, colour: float = 0.4
) -> np.ndarray:
    """Camera-like noise: finer in brightness than in colour, slightly correlated.

    Args:
        shape: height and width.
        level: standard deviation of the luma, as `pii_measures.appearance.noise_level` measures it.
        rng: random generator that chooses the noise.
        colour: standard deviation of the colour noise relative to `level`.

    Returns:
        (h, w, 3) float32, to add to an image.
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
    """White noise of unit variance, (512, 512, 4) float32, always the same; read-only.

    It is cached because drawing new noise would take longer than all other steps on a small image.
    """
    return np.random.default_rng(0).standard_normal((_TILE, _TILE, 4), np.float32)


def cut_out(tile: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Randomly placed part (height, width, n) of a tile; a read-only view."""
    y, x = (int(start) for start in rng.integers(0, _TILE, 2))
    if y + shape[0] <= _TILE and x + shape[1] <= _TILE:
        return tile[y : y + shape[0], x : x + shape[1]]
    rows, columns = (
        (start + np.arange(length)) % _TILE for start, length in zip((y, x), shape, strict=True)
    )
    return tile[np.ix_(rows, columns)]


def feather(mask: np.ndarray, px: float) -> np.ndarray:
    """Mask with a soft border on the inside; the outside stays 0.

    Args:
        mask: (h, w) bool.
        px: width of the border, pixels; 0 for a hard border.

    Returns:
        (h, w) float32, 0 to 1. The area beyond the array counts as inside.
    """
    if px <= 0:
        return mask.astype(np.float32)
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    return np.clip(depth / np.float32(px + 1), 0, 1)
