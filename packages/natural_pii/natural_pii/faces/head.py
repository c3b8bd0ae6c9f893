"""Shape of a face, as a height field over the grid."""

import cv2
import numpy as np

from .grid import Grid, blurred, smooth
from .identity import Identity

_DEPTH = 2.5
"""Distance of the sides of a head behind its middle, units."""
_SEEN = 0.91
"""Share of the width that is shown. Beyond it, cheeks turn away and darken, which would look like
an edge beside the old cheeks."""
_SPOTS = np.array([
    (0, -0.62, 0.5, 0.30), (0, -1.5, 1.2, 0.6), (0.95, -0.66, 0.62, 0.28),
    (0.92, -0.04, 0.58, 0.36), (0.52, -0.08, 0.18, 0.30), (1.0, 0.0, 0.34, 0.26),
    (1.25, 0.95, 0.55, 0.45), (1.45, 2.0, 0.45, 0.6), (0.8, 1.75, 0.35, 0.4),
    (0, 1.75, 0.10, 0.2), (0, 2.76, 0.55, 0.17),
])  # fmt: skip
"""Forehead, brows, sockets, lids, cheeks, and spots beside, above and below the mouth: u, v, width
and height of each."""


def half_width(grid: Grid, who: Identity) -> np.ndarray:
    """Half of the width of the face in each row, (height, 1) float32."""
    end = who.chin
    v = (-2.5, -2.0, -1.0, 0.6, 1.5, 0.62 * end, 0.80 * end, 0.92 * end, end, end + 0.6)
    jaw = who.jaw
    w = (0.78, 0.90, 0.985, 1.0, 0.96, 0.86 * jaw, 0.68 * jaw, 0.49 * jaw, 0.30 * jaw, 0.10)
    rows = np.interp(grid.v[:, 0], v, w).astype(np.float32) * np.float32(who.width)
    kernel = max(int(0.45 * grid.density) | 1, 3)
    return cv2.blur(rows[:, None], (1, kernel), borderType=cv2.BORDER_REPLICATE)


def height_field(grid: Grid, who: Identity, half: np.ndarray) -> np.ndarray:
    """Height z of the right half of a head, (height, width) float32.

    Args:
        grid: sample points of that half.
        who: the person.
        half: half of the width of the face in each row, (height, 1).
    """
    end = who.chin
    v = (-2.5, -1.6, -0.9, -0.55, 0.0, 0.9, 1.7, 2.05, 2.3, 2.8, end - 0.4, end, end + 0.7)
    z = (-0.55, 0.06, 0.22, 0.26, 0.12, 0.22, 0.40, 0.46, 0.45, 0.36, 0.44, 0.10, -0.9)
    middle = np.interp(grid.v, v, z).astype(np.float32)
    across = np.minimum(_SEEN * grid.u / half, np.float32(0.995))
    field = middle - _DEPTH * (1 - np.sqrt(1 - cv2.pow(across, 2.5)))
    field = blurred(field, 0.16 * grid.density) + _relief(grid, who)
    window = grid.window(0, -0.5, 1.1, who.nose_tip + 0.7)
    field[window] += _nose(grid.crop(window), who)
    return field


def _nose(grid: Grid, who: Identity) -> np.ndarray:
    tip = who.nose_tip
    ridge = np.interp(grid.v, (-0.35, 0.0, tip * 0.8, tip, tip + 0.20, tip + 0.56),
                      (0.0, 0.045, 0.12, 0.17, 0.15, 0.0)).astype(np.float32)  # fmt: skip
    wide = np.interp(grid.v, (-0.3, 0.1, tip, tip + 0.4), (0.30, 0.22, 0.33, 0.2)).astype(
        np.float32
    )
    wide *= np.where(grid.v < tip * 0.7, np.float32(who.bridge), np.float32(who.nose_wide))
    nose = who.nose_height * ridge * cv2.exp(-cv2.pow(grid.u / wide, 2.2))
    return blurred(nose, 0.05 * grid.density)


def _relief(grid: Grid, who: Identity) -> np.ndarray:
    """Height of brows, sockets, lids, cheeks, tip and wings of the nose, lips and chin."""
    lip, v = who.mouth_wide, 2.19 + who.mouth_down
    tip, wide, round_by = who.nose_tip, who.nose_wide, 0.2 * (0.6 + 0.4 * who.tip)
    spots = (
        (lip + 0.08, v - 0.01, 0.14, 0.16), (0, v - 0.17, lip * 0.62, 0.15),
        (0, v + 0.19, lip * 0.58, 0.15), (0, v, lip * 0.8, 0.05), (0, who.chin - 0.42, 0.50, 0.32),
        (0, tip, round_by * wide + 0.04, round_by), (0.36 * wide, tip + 0.04, 0.16, 0.17),
    )  # fmt: skip
    deep, cheek = who.socket, who.cheek + 0.8 * who.smiling
    heights = (0.04, 0.06, 0.08, -0.24 * deep, -0.10 * deep, 0.17, 0.15 * cheek, -0.10 * cheek,
               0.06, -0.03, -0.09)  # fmt: skip
    others = (-0.07, 0.11, 0.14, -0.08, 0.08, 0.10 * who.nose_height * who.tip, 0.10 * who.wing)
    strong = np.concatenate([np.multiply(heights, who.bones), others])
    field = grid.bumps(np.concatenate([_SPOTS, spots]), strong)
    return field * smooth(2.1 - grid.u, 0.0, 0.5)
