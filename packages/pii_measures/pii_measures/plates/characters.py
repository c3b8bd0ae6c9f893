"""Recognition of single characters by comparison with the glyphs of this package."""

from functools import lru_cache

import cv2
import numpy as np

from pii_measures.pixels import limited

from .glyphs import READABLE, glyph

SIZE = (12, 20)
"""Width and height to which characters are resized for comparison, pixels."""
CERTAIN = 0.75
"""Likeness from which a recognised character is trusted."""
_NARROW = ((READABLE.index("I"), 0.95), (READABLE.index("1"), 0.9))


@lru_cache(maxsize=1)
def _templates() -> np.ndarray:
    """Each glyph with two stroke widths, (72, 240) float32, with zero mean and unit length."""
    rows = [_vector(glyph(char, weight)) for weight in (0.12, 0.17) for char in READABLE]
    return np.array(rows, np.float32)


def _vector(ink: np.ndarray) -> np.ndarray:
    small = cv2.resize(ink, SIZE, interpolation=cv2.INTER_AREA)
    vector = cv2.GaussianBlur(small, (0, 0), 0.8).ravel()
    vector -= vector.sum() / vector.size
    return vector / max(float(vector @ vector) ** 0.5, 1e-6)


def likeness(ink: np.ndarray) -> dict[str, float]:
    """Likeness of a patch to each character, -1 to 1.

    Args:
        ink: (h, w) float32 share of ink, 0 to 1, cropped to the box of the character.
    """
    return dict(zip(READABLE, _scores(ink).tolist(), strict=True))


def best_likeness(ink: np.ndarray) -> float:
    """Likeness of a patch, (h, w) float32, to the character that it resembles most."""
    return float(_scores(ink).max())


def reads_alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two patches of the same shape, (h, w) float32, certainly show the same character.

    False for narrow ones, all of which read as an I or a 1.
    """
    if first.shape[1] < 0.3 * first.shape[0]:
        return False
    one, other = (_scores(ink) for ink in (first, second))
    best = int(one.argmax())
    return best == int(other.argmax()) and bool(min(one[best], other[best]) > CERTAIN)


def _scores(ink: np.ndarray) -> np.ndarray:
    """Likeness to each character, (36,) float32, in the order of `READABLE`."""
    height, width = ink.shape
    if min(height, width) < 2:
        return np.zeros(len(READABLE), np.float32)
    scores = (_templates() @ _vector(limited(ink, 0, 1))).reshape(2, -1).max(axis=0)
    # Resized to the usual width, the bar of an I resembles nothing; a narrow one is a 1 or an I.
    if width < 0.3 * height:
        for index, score in _NARROW:
            scores[index] = score
    return scores
