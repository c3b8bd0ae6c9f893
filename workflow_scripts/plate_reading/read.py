"""Guessing which character a patch of ink shows, by comparison with our own glyphs."""

from functools import lru_cache

import cv2
import numpy as np

from .glyphs import READABLE, glyph

SIZE = (12, 20)
"""Width and height to which characters are brought for comparison."""


@lru_cache(maxsize=1)
def _templates() -> np.ndarray:
    """(2, 36, 240) float32: each glyph at two weights, without its mean, of length 1."""
    rows = [[_vector(glyph(char, weight)) for char in READABLE] for weight in (0.12, 0.17)]
    return np.float32(rows)


def _vector(ink: np.ndarray) -> np.ndarray:
    small = cv2.resize(np.ascontiguousarray(ink, np.float32), SIZE, interpolation=cv2.INTER_AREA)
    vector = cv2.GaussianBlur(small, (0, 0), 0.8).ravel()
    vector = vector - vector.mean()
    return vector / max(float(np.linalg.norm(vector)), 1e-6)


def likeness(ink: np.ndarray) -> dict[str, float]:
    """How much a patch looks like each character, -1 to 1.

    Args:
        ink: (h, w) float32, 0 to 1, cut to the box of the character.
    """
    if min(ink.shape) < 2:
        return dict.fromkeys(READABLE, 0.0)
    scores = (_templates() @ _vector(np.clip(ink, 0, 1))).max(axis=0)
    result = dict(zip(READABLE, scores.tolist(), strict=True))
    # Brought to one width, the bar of an I resembles nothing, and everything narrow is a 1 or an I.
    if ink.shape[1] < 0.3 * ink.shape[0]:
        result |= {"I": 0.95, "1": 0.9}
    return result
