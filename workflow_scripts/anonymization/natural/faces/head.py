"""The shape of a face: how far each point of the grid stands out."""

import numpy as np

from .grid import Grid, blurred, smooth
from .identity import Identity

EYES = ((-1.0, 0.0, 0.0), (1.0, 0.0, 0.0))
NOSE = (0.0, 1.12, 1.05)
MOUTH = ((-0.82, 2.10, 0.40), (0.82, 2.10, 0.40))
LANDMARKS = np.array([*EYES, NOSE, *MOUTH])
"""(5, 3): where a detector's landmarks lie on an average face, as (u, v, z)."""

_DEPTH = 2.5
"""How far the sides lie behind the middle."""
_SEEN = 0.91
"""Share of the width up to which it is shown: beyond, cheeks turn away and darken, which would
look like an edge where the old cheeks go on."""


def half_width(grid: Grid, who: Identity) -> np.ndarray:
    """Half of the face's width in each row, (height, 1) float32."""
    end = who.chin
    v = (-2.5, -2.0, -1.0, 0.6, 1.5, 0.62 * end, 0.80 * end, 0.92 * end, end, end + 0.6)
    jaw = who.jaw
    w = (0.78, 0.90, 0.985, 1.0, 0.96, 0.86 * jaw, 0.68 * jaw, 0.49 * jaw, 0.30 * jaw, 0.10)
    rows = np.interp(grid.v[:, 0], v, w).astype(np.float32)
    kernel = max(int(0.45 * grid.density) | 1, 3)
    padded = np.pad(rows, kernel // 2, mode="edge")
    return np.convolve(padded, np.ones(kernel) / kernel, "valid")[:, None] * np.float32(who.width)


def height_field(grid: Grid, who: Identity) -> np.ndarray:
    """Z over the grid, (height, width) float32."""
    end = who.chin
    v = (-2.5, -1.6, -0.9, -0.55, 0.0, 0.9, 1.7, 2.05, 2.3, 2.8, end - 0.4, end, end + 0.7)
    z = (-0.55, 0.06, 0.22, 0.26, 0.12, 0.22, 0.40, 0.46, 0.45, 0.36, 0.44, 0.10, -0.9)
    middle = np.interp(grid.v, v, z).astype(np.float32)
    across = np.clip(_SEEN * np.abs(grid.u) / half_width(grid, who), 0, 0.995)
    field = middle - _DEPTH * (1 - np.sqrt(1 - across**2.5))
    field = blurred(field, 0.16 * grid.density)
    return (field + _nose(grid, who) + _relief(grid, who)).astype(np.float32)


def _nose(grid: Grid, who: Identity) -> np.ndarray:
    tip = 1.18 * who.nose_length
    stretch, high = who.nose_width, who.nose_height
    ridge = np.interp(grid.v, (-0.35, 0.0, tip * 0.8, tip, tip + 0.20, tip + 0.56),
                      (0.0, 0.13, 0.44, 0.52, 0.38, 0.0)).astype(np.float32)  # fmt: skip
    wide = np.interp(grid.v, (-0.3, 0.1, tip, tip + 0.4), (0.30, 0.22, 0.33, 0.2)).astype(
        np.float32
    )
    wide = wide * np.where(grid.v < tip * 0.7, who.bridge, stretch)
    nose = high * ridge * np.exp(-((np.abs(grid.u) / wide) ** 2.2))
    nose += high * 0.10 * grid.bump(0, tip, 0.24 * stretch, 0.2)
    for side in (-1, 1):
        nose += 0.17 * grid.bump(side * 0.36 * stretch, tip + 0.04, 0.16, 0.17)
    return blurred(nose.astype(np.float32), 0.05 * grid.density)


def _relief(grid: Grid, who: Identity) -> np.ndarray:
    """Brows, sockets, lids, cheeks, lips and chin."""
    bump = grid.bump
    field = 0.04 * bump(0, -0.62, 0.5, 0.30)
    field += 0.06 * bump(0, -1.5, 1.2, 0.6)
    for side in (-1, 1):
        field += 0.08 * bump(side * 0.95, -0.66, 0.62, 0.28)
        field -= 0.24 * who.socket * bump(side * 0.92, -0.04, 0.58, 0.36)
        field -= 0.10 * who.socket * bump(side * 0.52, -0.08, 0.18, 0.30)
        field += 0.17 * bump(side * 1.0, 0.0, 0.34, 0.26)
        field += 0.15 * who.cheek * bump(side * 1.25, 0.95, 0.55, 0.45)
        field -= 0.10 * who.cheek * bump(side * 1.45, 2.0, 0.45, 0.6)
        field += 0.06 * bump(side * 0.8, 1.75, 0.35, 0.4)
        field -= 0.07 * bump(side * (who.mouth_width + 0.08), 2.18 + who.mouth_down, 0.14, 0.16)
    lip, v = who.mouth_width, 2.19 + who.mouth_down
    field += 0.11 * bump(0, v - 0.17, lip * 0.62, 0.15) + 0.14 * bump(0, v + 0.19, lip * 0.58, 0.15)
    field -= 0.08 * bump(0, v, lip * 0.8, 0.05)
    field -= 0.03 * bump(0, 1.75, 0.10, 0.2)
    field -= 0.09 * bump(0, 2.76, 0.55, 0.17)
    field += 0.08 * bump(0, who.chin - 0.42, 0.50, 0.32)
    return field * smooth(2.1 - np.abs(grid.u), 0.0, 0.5)
