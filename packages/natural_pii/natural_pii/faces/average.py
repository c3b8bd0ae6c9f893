"""Average difference between photographed and drawn heads."""

from functools import lru_cache

import cv2
import numpy as np

from .estimate import GAMMA
from .grid import Grid, mirrored
from .identity import Mouth
from .paint import Colour

_CONTRAST = 1.5
"""Exponent of the contrast between features and skin: painted features are too pale."""
# Fitted to the mean of 150 photographed faces minus that of as many drawn ones, each without its
# smooth skin. Half of the mouths are closed, half smile. Nobody is recognisable in the mean.
_SPOTS = np.array([
    (1.35, -1.09, 0.34, 0.31), (0.33, -1.08, 0.27, 0.24), (1.6, -0.84, 0.18, 0.53),
    (0.76, -0.42, 0.55, 0.32), (0.92, -0.37, 0.4, 0.18), (0.34, -0.28, 0.19, 0.66),
    (0.92, -0.16, 0.62, 0.15), (0.09, -0.04, 0.41, 0.36), (1.48, -0.01, 0.2, 0.33),
    (0.99, 0.02, 0.21, 0.16), (1.28, 0.13, 0.18, 0.17), (0.72, 0.33, 0.36, 0.88),
    (0.76, 0.52, 0.29, 0.46), (1.27, 1.25, 0.3, 0.33), (1.23, 1.42, 0.37, 0.35),
    (0.33, 1.45, 0.31, 0.29), (0, 1.86, 0.91, 0.24), (0.22, 1.98, 0.3, 0.52),
    (0.6, 2.11, 0.54, 0.27), (0.29, 2.3, 0.36, 0.17), (0.18, 2.65, 0.31, 0.13),
    (0.36, 2.91, 0.39, 0.25), (1.59, 3.02, 0.21, 0.3), (0.55, 3.03, 0.43, 0.26),
])  # fmt: skip
"""Positions, widths and heights of soft spots, in the format of `Grid.bumps`."""
_CLOSED = np.array([
    (-0.08, -0.11, -0.14), (0.05, 0.05, 0.07), (-0.07, -0.07, -0.08), (0.4, 0.43, 0.43),
    (-0.33, -0.35, -0.37), (-0.13, -0.13, -0.14), (-0.02, -0.05, -0.09), (0.03, 0.04, 0.04),
    (-0.23, -0.29, -0.33), (0.4, 0.3, 0.25), (-0.13, -0.17, -0.18), (-0.13, -0.22, -0.25),
    (0.09, 0.17, 0.21), (0.11, 0.23, 0.3), (-0.09, -0.17, -0.22), (-0.22, -0.29, -0.33),
    (-0.11, -0.14, -0.13), (0.07, 0.03, 0.06), (-0.11, -0.2, -0.24), (0.13, 0.18, 0.22),
    (0.1, 0.11, 0.11), (-0.3, -0.42, -0.43), (-0.2, -0.18, -0.19), (0.21, 0.29, 0.29),
])  # fmt: skip
_SMILING = np.array([
    (-0.1, -0.13, -0.17), (0.05, 0.05, 0.07), (-0.13, -0.12, -0.12), (0.56, 0.62, 0.64),
    (-0.45, -0.42, -0.42), (-0.1, -0.09, -0.1), (0.12, 0.11, 0.08), (0.02, 0.03, 0.02),
    (-0.26, -0.26, -0.27), (0.02, 0.04, 0.08), (-0.21, -0.22, -0.22), (-0.29, -0.37, -0.39),
    (0.2, 0.27, 0.29), (0.23, 0.34, 0.43), (-0.16, -0.24, -0.32), (-0.15, -0.24, -0.27),
    (-0.19, -0.29, -0.29), (0.2, 0.35, 0.39), (0.06, 0.07, 0.08), (-0.08, -0.25, -0.22),
    (0.19, 0.21, 0.26), (-0.22, -0.35, -0.36), (-0.18, -0.11, -0.11), (0.09, 0.16, 0.17),
])  # fmt: skip
"""Logarithms of the gain of red, green and blue (display values) at each spot."""


def like_photographs(grid: Grid, rgb: np.ndarray, mouth: Mouth, tone: Colour) -> np.ndarray:
    """Drawn head adjusted to the average brightness of photographed heads at each point.

    Args:
        grid: its sample points.
        rgb: its linear RGB, (height, width, 3).
        mouth: state of its mouth.
        tone: colour of its skin.
    """
    skin = np.log(np.array(tone, np.float32))
    own = cv2.log(np.maximum(rgb, np.float32(1e-4))) - skin
    return cv2.exp(own * np.float32(_CONTRAST) + _missing(grid, mouth is not Mouth.CLOSED) + skin)


@lru_cache(maxsize=64)
def _missing(grid: Grid, smiling: bool) -> np.ndarray:
    """Logarithms of the gains of linear colours, (height, width, 3) float32."""
    heights = np.float32(GAMMA) * (_SMILING if smiling else _CLOSED).T
    return np.ascontiguousarray(mirrored(grid.right.bumps(_SPOTS, heights)).transpose(1, 2, 0))
