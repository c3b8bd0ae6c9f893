"""Another outline of a head: forehead, cheeks, jaw and chin of the photograph, moved a little.

What is around a new face would tell whose head it is drawn on, most of all to somebody who knows
how it was made. The pixels stay those of the photograph, so this is not seen.
"""

from itertools import pairwise

import cv2
import numpy as np

from natural_pii.replacement import Box

from .grid import smooth
from .pose import Pose

REACH = (-3.2, -3.3, 3.2, 5.0)
"""Extent of the moved part: u0, v0, u1, v1."""
_WIDER = 0.10
"""Largest change of the width of forehead, cheeks or jaw, relative to it."""
_LONGER = 0.28
"""Largest move of hairline and chin, units."""


def reshaped(window: np.ndarray, pose: Pose, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Patch whose head has another outline; unchanged at the ends of `REACH`.

    Args:
        window: the patch as it was, (h, w, 3) uint8.
        pose: place and rotation of the head.
        box: place of the patch.
        rng: source of the moves.
    """
    forehead, cheeks, jaw = rng.uniform(-_WIDER, _WIDER, 3)
    hairline, chin = rng.uniform(-_LONGER, _LONGER, 2)
    x = np.arange(box[0], box[2], dtype=np.float32) + 0.5
    y = np.arange(box[1], box[3], dtype=np.float32)[:, None] + 0.5
    across, down = (
        np.float32(row[0]) * x + np.float32(row[1]) * y + np.float32(row[2]) for row in pose.inverse
    )
    near = 1 - smooth(np.abs(across), 1.9, -REACH[0])
    near = near * smooth(down, REACH[1], -2.0) * (1 - smooth(down, 3.9, REACH[3]))
    # Eyes and brows stay where they are, and with them the arms of glasses.
    wider = _along(down, (-1.7, -0.8, 0.2, 1.2, 2.6), (forehead, 0.0, 0.0, cheeks, jaw))
    lower = _along(down, (-2.2, -0.9, 2.2, 3.6), (hairline, 0.0, 0.0, chin))
    u, v = across * (1 - wider * near), down - lower * near
    (a, b, left), (c, d, top) = pose.matrix.tolist()
    columns = np.float32(a) * u + np.float32(b) * v + np.float32(left - box[0] - 0.5)
    rows = np.float32(c) * u + np.float32(d) * v + np.float32(top - box[1] - 0.5)
    return cv2.remap(window, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _along(places: np.ndarray, knots: tuple[float, ...], values: tuple[float, ...]) -> np.ndarray:
    """Values at places, (h, w) float32, that go from knot to knot by smoothsteps."""
    result = np.full_like(places, values[0])
    for (low, high), (first, second) in zip(pairwise(knots), pairwise(values), strict=True):
        if first != second:
            result += np.float32(second - first) * smooth(places, low, high)
    return result
