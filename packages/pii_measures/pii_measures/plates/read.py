"""Guessing which character a patch of ink shows, by comparison with our own glyphs."""

from functools import lru_cache

import cv2
import numpy as np

from pii_measures.pixels import limited

from .glyphs import READABLE, glyph

SIZE = (12, 20)
"""Width and height to which characters are brought for comparison."""


_NARROW = ((READABLE.index("I"), 0.95), (READABLE.index("1"), 0.9))


@lru_cache(maxsize=1)
def _templates() -> np.ndarray:
    """(72, 240) float32: each glyph at two weights, without its mean, of length 1."""
    rows = [_vector(glyph(char, weight)) for weight in (0.12, 0.17) for char in READABLE]
    return np.float32(rows)


def _vector(ink: np.ndarray) -> np.ndarray:
    small = cv2.resize(ink, SIZE, interpolation=cv2.INTER_AREA)
    vector = cv2.GaussianBlur(small, (0, 0), 0.8).ravel()
    vector -= vector.sum() / vector.size
    return vector / max(float(vector @ vector) ** 0.5, 1e-6)


def likeness(ink: np.ndarray) -> dict[str, float]:
    """How much a patch looks like each character, -1 to 1.

    Args:
        ink: (h, w) float32, 0 to 1, cut to the box of the character.
    """
    return dict(zip(READABLE, _scores(ink).tolist(), strict=True))


def best_likeness(ink: np.ndarray) -> float:
    """How much a patch, (h, w) float32, looks like the character that it resembles most."""
    return float(_scores(ink).max())


def _scores(ink: np.ndarray) -> np.ndarray:
    """(36,), in the order of `READABLE`."""
    height, width = ink.shape
    if min(height, width) < 2:
        return np.zeros(len(READABLE), np.float32)
    scores = (_templates() @ _vector(limited(ink, 0, 1))).reshape(2, -1).max(axis=0)
    # Brought to one width, the bar of an I resembles nothing, and everything narrow is a 1 or an I.
    if width < 0.3 * height:
        for index, score in _NARROW:
            scores[index] = score
    return scores
